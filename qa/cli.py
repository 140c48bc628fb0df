"""The command `qa`: add, list, show, remove, check, reindex, export, ask, chat."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import BadQuestion, FootnoteError

from . import adding, config, serving, terminal
from .llm import FORMS
from .terminal import FAILED, OK, WRONG_USE, Progress, say, say_json
from .types import plain

if TYPE_CHECKING:  # what takes long to load is loaded inside of `main`, which knows Ctrl-C
    from index.store import Index
    from index.types import Article

_MODEL_HELP = f"what answers: {FORMS}; extractive, the default, is the articles' own sentences"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0: done (an abstention too), 1: failed, 2: wrong use."""
    terminal.make_ready()
    try:
        arguments = _parser().parse_args(argv)
        status: int = arguments.run(arguments)
        terminal.flush()  # here, where what goes wrong with it is caught
    except FootnoteError as problem:
        print(f"qa: {problem}", file=sys.stderr)
        return WRONG_USE if isinstance(problem, BadQuestion) else FAILED
    except BrokenPipeError:  # the reader of our output left, as `head` does
        return OK
    except KeyboardInterrupt:
        print("qa: stopped; what was committed is kept, the same command goes on", file=sys.stderr)
        return 130
    finally:
        terminal.drop()
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qa", description="Ask a collection of articles; every sentence is cited and checked."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    adding.configure(_command(commands, "add", adding.run, adding.ABOUT))

    listing = _command(commands, "list", _list, "list the articles")
    listing.add_argument("--json", action="store_true", help="one object per article")

    show = _command(commands, "show", _show, "print an article, or a cited stretch in its context")
    show.add_argument("article", metavar="ID[:START-END]")

    remove = _command(commands, "remove", _remove, "forget articles")
    remove.add_argument("articles", nargs="+", metavar="ID|URL|PATH")

    check = _command(commands, "check", _check, "verify everything that is stored")
    check.add_argument("--repair", action="store_true", help="make anew what is derived")

    _command(commands, "export", _export, "print all articles as JSON lines, for qa add")

    _command(commands, "reindex", _reindex, "embed all articles again, with today's encoder")

    ask = _command(commands, "ask", _ask, "answer a question")
    ask.add_argument("question")
    ask.add_argument("--json", action="store_true", help="the whole Answer as JSON")
    ask.add_argument("--model", metavar="MODEL", help=_MODEL_HELP)
    ask.add_argument("--strict", action="store_true", help="leave out what no source carries")

    ask.add_argument("--verifier", metavar="NAME", help=serving.VERIFIER_HELP)

    chat = _command(commands, "chat", serving.run, "serve the chat on 127.0.0.1:7860")
    serving.configure(chat)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    about: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=about, description=about)
    command.add_argument("--index", type=_folder, metavar="DIR", help="the index folder")
    command.set_defaults(run=run)
    return command


def _folder(text: str) -> Path:
    if not text:  # of a variable that is not set; as a path it would be the folder we are in
        raise argparse.ArgumentTypeError("--index is empty; name a folder")
    return Path(text)


def _open(arguments: argparse.Namespace) -> Index:
    from index.store import Index

    return Index.open(config.index_folder(arguments.index))


def _list(arguments: argparse.Namespace) -> int:
    with _open(arguments) as index:
        article = None
        for article in index.each_article():
            if arguments.json:
                say_json(_as_record(article))
            else:
                say(_as_line(article))
    if article is None and not arguments.json:
        say("the index is empty (qa add FOLDER)")
    return OK


def _as_record(article: Article) -> dict[str, Any]:
    fields = ("id", "title", "source", "published", "path")
    return {field: plain(getattr(article, field)) for field in fields}


def _as_line(article: Article) -> str:
    published = article.published.isoformat() if article.published else "undated   "
    return f"{article.id}  {published}  {article.source or '-'}: {article.title}"


_ADDRESS = re.compile(r"(?P<id>[^:]+)(?::(?P<start>\d+)-(?P<end>\d+))?")
CONTEXT = 300
"""Characters shown before and after a cited stretch."""


def _show(arguments: argparse.Namespace) -> int:
    address = _ADDRESS.fullmatch(arguments.article)
    if address is None:
        print(f'qa: "{arguments.article}" is not ID or ID:START-END', file=sys.stderr)
        return WRONG_USE
    with _open(arguments) as index:
        article = index.find(address["id"])
    shown = article.text
    if address["start"] is not None:
        shown = _in_context(article.text, int(address["start"]), int(address["end"]))
    say(f"{article.title}\n{_about(article)}\n\n{shown}")
    return OK


def _in_context(text: str, start: int, end: int) -> str:
    """A stretch in brackets, with what stands about it. Raises FootnoteError for none."""
    if not 0 <= start < end <= len(text):
        raise FootnoteError(f"{start}-{end} is not a stretch of this article (0 to {len(text)})")
    before, after = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    marked = f"{text[before:start]}[[{text[start:end]}]]{text[end:after]}"
    return f"{'...' if before else ''}{marked}{'...' if after < len(text) else ''}"


def _about(article: Article) -> str:
    published = article.published.isoformat() if article.published else "undated"
    return ", ".join(v for v in (article.source, published, article.author, article.url) if v)


def _remove(arguments: argparse.Namespace) -> int:
    with _open(arguments) as index:
        found = [article for what in arguments.articles for article in index.named(what)]
        index.remove(article.id for article in found)
    for article in found:
        say(f"removed {_as_line(article)}")
    return OK


def _check(arguments: argparse.Namespace) -> int:
    with _open(arguments) as index:
        if arguments.repair:
            index.repair()
        report = index.check()
    for line in report.damage:
        say(f"damaged: {line}")
    for line in report.lags:
        say(f"behind (made up for in memory, the next qa add catches up): {line}")
    verdict = "sound" if report.sound else "DAMAGED"
    say(f"{report.articles} articles, {report.chunks} chunks: {verdict}")
    return OK if report.sound else FAILED


def _reindex(arguments: argparse.Namespace) -> int:
    from index.store import Index

    folder = config.index_folder(arguments.index)
    with Progress("chunk") as progress:
        done = Index.reindex(folder, progress=progress)
    say(f"{done} chunks embedded again in {folder}")
    return OK


def _export(arguments: argparse.Namespace) -> int:
    with _open(arguments) as index:
        for article in index.each_article():
            fields = plain(article)
            del fields["version"], fields["path"], fields["pages"]
            say_json(fields)
    return OK


def _ask(arguments: argparse.Namespace) -> int:
    from .answerer import Answerer, clean_question

    clean_question(arguments.question)  # before anything is made or loaded for it
    with _open_to_ask(arguments) as index:
        answerer = Answerer(
            index, arguments.model, strict=arguments.strict, verifier=arguments.verifier
        )
        answer = answerer.ask(arguments.question)
    if arguments.json:
        say_json(answer.to_json())
    else:
        say(answer)
    return OK


def _open_to_ask(arguments: argparse.Namespace) -> Index:
    """The index; in a checkout, for whoever has none, that of the samples, made if need be."""
    if not config.asks_samples(arguments.index):
        return _open(arguments)
    from index.store import Index

    index = Index.open(config.seeds_index(), create=True)
    try:
        if index.version == 0:  # new, or whoever began it was stopped
            print(
                "qa: there is no index yet (qa add FOLDER makes your own); the sample articles "
                "are indexed for this once",
                file=sys.stderr,
            )
            serving.add_samples(index)
    except BaseException:
        index.close()
        raise
    return index


if __name__ == "__main__":
    sys.exit(main())
