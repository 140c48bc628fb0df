"""What the commands share: how they end, what they write, and a bar for what takes long."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from index.errors import FootnoteError

OK, FAILED, WRONG_USE = 0, 1, 2
"""Exit statuses. An abstention is OK."""


def make_ready() -> None:
    """Have streams that can be written to, whatever the shell has done with them."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by `>&-`; a file opened now could take its place
            nowhere = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(nowhere, "w", errors="replace"))
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper) and out.errors in ("strict", "surrogateescape"):
        out.reconfigure(errors="replace")  # for quotation marks, where the locale has ASCII only


def say(text: object) -> None:
    """Print a part of what was asked for. Raises FootnoteError where it cannot be written."""
    with _writing():
        print(text)


def say_json(record: Any) -> None:
    """The same on one line; a sign that the encoding may lack is escaped, so that none is lost."""
    escaped = "utf" not in (sys.stdout.encoding or "utf-8").lower()
    say(json.dumps(record, ensure_ascii=escaped))


def flush() -> None:
    """Write what has been held back. Raises FootnoteError where it cannot be written."""
    with _writing():
        sys.stdout.flush()


def drop() -> None:
    """Forget what cannot be written: Python would try again at its end, and fail with a trace."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # that its reader has left is no failure
    except OSError as problem:
        raise FootnoteError(
            f"what was asked for could not be written: {problem.strerror}"
        ) from None


class Progress:
    """A bar with rate and time left, for whatever takes over two seconds."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._bar: Any = None

    def __enter__(self) -> Progress:
        return self

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(total=total, unit=self._unit, delay=2, leave=False)
        self._bar.update(done - self._bar.n)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
