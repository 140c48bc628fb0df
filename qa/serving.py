"""The command `qa chat`: the chat over an index, for one reader or for many."""

from __future__ import annotations

import argparse
import ctypes
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from index.errors import FootnoteError

from . import config
from .llm import FORMS
from .terminal import OK, WRONG_USE, Progress

if TYPE_CHECKING:
    from index.store import Index

VERIFIER_HELP = "an NLI cross-encoder, by folder or name, that checks what the model says"


def configure(chat: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    chat.add_argument(
        "--model",
        action="append",
        metavar="MODEL",
        help=f"what answers: {FORMS}; extractive, the default, is the articles' own sentences. "
        "Given again, readers choose; the first answers if they do not",
    )
    chat.add_argument(
        "--price",
        action="append",
        default=[],
        type=_price,
        metavar="MODEL=IN,OUT",
        help="US dollars for a million tokens that a model reads and writes: answers show the cost",
    )
    chat.add_argument("--verifier", metavar="NAME", help=VERIFIER_HELP)
    chat.add_argument("--host", default="127.0.0.1")
    chat.add_argument("--port", type=int, default=7860)
    chat.add_argument("--auth", metavar="USER:PASSWORD", help="who may ask (or QA_AUTH)")
    chat.add_argument(
        "--no-auth", action="store_true", help="on another --host: anybody who reaches it may ask"
    )
    chat.add_argument("--allow-add", action="store_true", help="readers may add articles")
    chat.add_argument("--seeds", action="store_true", help="over the checkout's sample articles")


def _price(text: str) -> tuple[str, tuple[float, float]]:
    found = re.fullmatch(r"(.+)=(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f'"{text}" is not MODEL=IN,OUT, such as openai/x=0.25,2')
    return found[1], (float(found[2]), float(found[3]))


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    _share_heaps()
    from index.store import Index

    from .answerer import Answerer
    from .chat import serve

    if arguments.seeds and arguments.index:
        print("qa: --seeds has an index of its own; leave out --index", file=sys.stderr)
        return WRONG_USE
    folder = config.seeds_index() if arguments.seeds else config.index_folder(arguments.index)
    if arguments.allow_add and folder.resolve() == config.seeds_index().resolve():
        raise FootnoteError(f"{folder} is kept for the sample articles; name another --index")
    if arguments.seeds:
        with Index.open(folder, create=True) as index:
            add_samples(index)
    with Index.open(folder) as index:
        named = arguments.model or [None]
        answerers = [Answerer(index, model, verifier=arguments.verifier) for model in named]
        serve(
            answerers,
            index,
            arguments.host,
            arguments.port,
            auth=config.auth(arguments.auth),
            no_auth=arguments.no_auth,
            allow_add=arguments.allow_add,
            prices=_prices(arguments.price, [answerer.model for answerer in answerers]),
        )
    return OK


def _share_heaps() -> None:
    """Have glibc keep two heaps, not one for each thread: 30 MB less for an idle chat."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_ARENA_MAX, 2)


_ARENA_MAX = -8
"""M_ARENA_MAX of malloc.h."""


def _prices(
    given: Sequence[tuple[str, tuple[float, float]]], models: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """By the names under which models answer. Raises FootnoteError for a model that is not here."""
    twice = [name for name in models if models.count(name) > 1]
    if twice:
        raise FootnoteError(f"the model {twice[0]} is named twice (readers could not choose)")
    for name, _ in given:
        if name not in models:
            raise FootnoteError(
                f"--price {name}: no such model answers (here: {', '.join(models)})"
            )
    return dict(given)


def add_samples(index: Index) -> None:
    """Bring the index over the sample articles up to date."""
    from index.ingest import add_paths

    if not config.seeds().is_dir():
        raise FootnoteError(f"{config.seeds()}: the sample articles come with a checkout only")
    with Progress("file") as progress:
        add_paths(index, [config.seeds()], prune=True, progress=progress)
