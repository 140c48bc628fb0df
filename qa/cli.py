"""The command `qa`: add, list, show, remove, check, reindex, export, ask, chat."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from index.errors import FootnoteError
from index.store import Index
from index.types import Article

from . import adding, config, serving
from .llm import FORMS
from .terminal import FAILED, OK, WRONG_USE, Progress
from .types import plain

_MODEL_HELP = f"what answers: {FORMS}; extractive, the default, is the articles' own sentences"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0: done (an abstention too), 1: failed, 2: wrong use."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()  # here, where what goes wrong with it is caught
    except FootnoteError as problem:
        print(f"qa: {problem}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # the reader of our output left, as `head` does
        # What is still held back would be written at the end, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        print("qa: stopped; what was committed is kept, the same command goes on", file=sys.stderr)
        return 130
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
    command.add_argument("--index", type=Path, metavar="DIR", help="the index folder")
    command.set_defaults(run=run)
    return command


def _open(arguments: argparse.Namespace) -> Index:
    return Index.open(config.index_folder(arguments.index))


def _list(arguments: argparse.Namespace) -> int:
    with _open(arguments) as index:
        article = None
        for article in index.each_article():
            print(_as_json(article) if arguments.json else _as_line(article))
    if article is None and not arguments.json:
        print("the index is empty (qa add FOLDER)")
    return OK


def _as_json(article: Article) -> str:
    fields = ("id", "title", "source", "published", "path")
    return json.dumps({f: plain(getattr(article, f)) for f in fields}, ensure_ascii=False)


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
    print(f"{article.title}\n{_about(article)}\n")
    if address["start"] is None:
        print(article.text)
        return OK
    start, end = int(address["start"]), int(address["end"])
    if not 0 <= start < end <= len(article.text):
        raise FootnoteError(
            f"{start}-{end} is not a stretch of this article (0 to {len(article.text)})"
        )
    before, after = max(0, start - CONTEXT), min(len(article.text), end + CONTEXT)
    marked = f"{article.text[before:start]}[[{article.text[start:end]}]]{article.text[end:after]}"
    print(f"{'...' if before else ''}{marked}{'...' if after < len(article.text) else ''}")
    return OK


def _about(article: Article) -> str:
    published = article.published.isoformat() if article.published else "undated"
    return ", ".join(v for v in (article.source, published, article.author, article.url) if v)


def _remove(arguments: argparse.Namespace) -> int:
    with _open(arguments) as index:
        found = [article for what in arguments.articles for article in index.named(what)]
        index.remove(article.id for article in found)
    for article in found:
        print(f"removed {_as_line(article)}")
    return OK


def _check(arguments: argparse.Namespace) -> int:
    with _open(arguments) as index:
        if arguments.repair:
            index.repair()
        report = index.check()
    for line in report.damage:
        print(f"damaged: {line}")
    for line in report.lags:
        print(f"behind (made up for in memory, the next qa add catches up): {line}")
    verdict = "sound" if report.sound else "DAMAGED"
    print(f"{report.articles} articles, {report.chunks} chunks: {verdict}")
    return OK if report.sound else FAILED


def _reindex(arguments: argparse.Namespace) -> int:
    folder = config.index_folder(arguments.index)
    with Progress("chunk") as progress:
        done = Index.reindex(folder, progress=progress)
    print(f"{done} chunks embedded again in {folder}")
    return OK


def _export(arguments: argparse.Namespace) -> int:
    with _open(arguments) as index:
        for article in index.each_article():
            fields = plain(article)
            del fields["version"], fields["path"], fields["pages"]
            print(json.dumps(fields, ensure_ascii=False))
    return OK


def _ask(arguments: argparse.Namespace) -> int:
    from .answerer import Answerer

    with _open(arguments) as index:
        answerer = Answerer(
            index, arguments.model, strict=arguments.strict, verifier=arguments.verifier
        )
        answer = answerer.ask(arguments.question)
    if arguments.json:
        print(json.dumps(answer.to_json(), ensure_ascii=False))
    else:
        print(answer)
    return OK


if __name__ == "__main__":
    sys.exit(main())
