"""The command `qa add`: files, folders and web pages into the index, once or until Ctrl-C."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import FootnoteError
from index.files import is_there
from index.sandbox.pool import MEMORY, SECONDS

from . import config, terminal
from .terminal import FAILED, OK, Progress, say, say_json
from .types import plain

if TYPE_CHECKING:
    from index.ingest import Report

ABOUT = "bring files, folders and web pages into the index"
MEGABYTE = 1024 * 1024

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
"""How an address on the web begins; no path does."""


def configure(add: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add.add_argument("paths", nargs="+", metavar="PATH|URL")
    add.add_argument(
        "--allow-network", action="store_true", help="fetch URLs: a page, a feed or a sitemap"
    )
    add.add_argument("--prune", action="store_true", help="remove articles whose file is gone")
    add.add_argument("--json", action="store_true", help="report as JSON")
    add.add_argument("--watch", action="store_true", help="go on with what changes, until Ctrl-C")
    add.add_argument(
        "--seconds",
        type=_limit,
        default=SECONDS,
        metavar="N",
        help=f"for the reading of one file ({SECONDS:g})",
    )
    add.add_argument(
        "--memory",
        type=_limit,
        default=MEMORY // MEGABYTE,
        metavar="N",
        help=f"megabytes for the reading of one file ({MEMORY // MEGABYTE})",
    )


def _limit(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a whole number from 1 up')
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Add what is named; 1 when nothing of it could be read."""
    folder = _folder(arguments)
    urls = [given for given in arguments.paths if _SCHEME.match(given)]
    paths = [Path(given) for given in arguments.paths if given not in urls]
    _admit(urls, paths, arguments)
    limits = {"seconds": arguments.seconds, "memory": arguments.memory * MEGABYTE}
    if arguments.watch:
        return _watch(arguments, paths, folder, limits)
    from index.ingest import add_fetched, add_paths
    from index.store import Index

    with Index.open(folder, create=True) as index, Progress("file") as progress:
        report = add_paths(index, paths, arguments.prune, progress, **limits)
        if urls:
            from index.web.pages import articles

            fetched = (found for url in urls for found in articles(url, **limits))
            add_fetched(index, fetched, report)
    if arguments.json:
        say_json(plain(report))
    else:
        _print_report(report, folder)
    return FAILED if report.skipped and not report.handled else OK


def _folder(arguments: argparse.Namespace) -> Path:
    """Where to add to. Raises FootnoteError for what cannot be, or is not to be, that."""
    folder = config.new_index_folder(arguments.index)
    if not is_there(str(folder)) and folder.is_symlink():
        raise FootnoteError(
            f"{folder} is a link to {folder.readlink()}, which is not there "
            "(make that folder, or name another --index)"
        )
    if folder.resolve() == config.seeds_index().resolve():
        raise FootnoteError(f"{folder} is kept for the sample articles; name another --index")
    return folder


def _admit(urls: list[str], paths: list[Path], arguments: argparse.Namespace) -> None:
    """Raises FootnoteError for what cannot be added, before anything is changed."""
    if urls and not arguments.allow_network:
        raise FootnoteError(f"{urls[0]} would be fetched from the net: say so with --allow-network")
    if urls and arguments.watch:
        raise FootnoteError(f"{urls[0]} cannot be watched: --watch is for folders")
    for path in paths:
        try:
            there = path.exists()
        except OSError as problem:  # a name that is too long, a folder that is closed to us
            raise FootnoteError(
                f"{path} cannot be looked at: {problem.strerror} (check the name and who may "
                "read it)"
            ) from None
        if not there:
            raise FootnoteError(f"{path}: there is no such file or folder")


def _watch(
    arguments: argparse.Namespace, paths: list[Path], folder: Path, limits: dict[str, Any]
) -> int:
    from index.store import Index
    from index.watch import watch_folders

    rounds = 0

    def changed(report: Report) -> None:
        nonlocal rounds
        rounds += 1
        if arguments.json:
            say_json(plain(report))
        elif rounds == 1:
            _print_report(report, folder)
            say("watching for changes (Ctrl-C ends it)")
        else:
            _print_changes(report)
        terminal.flush()

    def waiting(why: str) -> None:
        print(f"qa: {why}; trying again", file=sys.stderr, flush=True)

    try:
        with Index.open(folder, create=True) as index:
            watch_folders(index, paths, arguments.prune, changed, waiting, **limits)
    except KeyboardInterrupt:
        print("qa: stopped watching; what was committed is kept", file=sys.stderr)
    return OK


def _print_changes(report: Report) -> None:
    """A line for each change of a folder that is watched."""
    for name in ("added", "updated"):
        for path in getattr(report, name):
            say(f"{name} {path}")
    _print_trouble(report)


def _print_trouble(report: Report) -> None:
    for skipped in report.skipped:
        say(f"skipped {skipped.path}: {skipped.reason}")
    for path in report.vanished:
        say(f"vanished {path}" + ("" if report.removed else " (--prune removes it)"))


def _print_report(report: Report, folder: Path) -> None:
    _print_trouble(report)
    counts = ", ".join(
        f"{len(getattr(report, name))} {name}"
        for name in ("added", "updated", "unchanged", "vanished", "removed", "skipped")
        if getattr(report, name) or name == "added"
    )
    say(f"{counts} in {folder}")
