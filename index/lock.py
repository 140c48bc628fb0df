"""One writer at a time: the others are told at once who it is."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from .errors import FootnoteError, IndexLocked
from .files import forbidden

WAIT = 0.5
"""Seconds that a second writer waits before it is refused."""


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """The writer's lock of an index folder, for one block.

    The system gives it back when the process ends, however that is; a process forked meanwhile
    does not have it. Raises IndexLocked when another writer has it, and FootnoteError where this
    process may not write.
    """
    import filelock

    # Before all work: an add embeds what it has read before it writes any of it.
    if why := forbidden(folder / "index.sqlite"):
        raise FootnoteError(why)
    path, about = folder / "writer.lock", folder / "writer.json"
    lock = filelock.FileLock(path, timeout=WAIT)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise IndexLocked(
            f"{folder} is being written to by {_holder(about)} (wait for it, or stop it)"
        ) from None
    except OSError as problem:
        raise FootnoteError(
            forbidden(path)
            or f"{path} cannot be written: {problem.strerror} (make room or mend the disk)"
        ) from None
    try:
        with suppress(OSError):  # it is only for others' messages
            about.write_text(json.dumps(_ourselves()), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            about.unlink()
        lock.release()


def _ourselves() -> dict[str, str | int]:
    command = " ".join([Path(sys.argv[0] or "python").name, *sys.argv[1:2]])
    return {"pid": os.getpid(), "command": command, "since": f"{datetime.now():%H:%M:%S}"}


def _holder(about: Path) -> str:
    try:
        found = json.loads(about.read_text(encoding="utf-8"))
        return f"process {found['pid']} ({found['command']}, since {found['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
