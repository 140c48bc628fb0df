"""Files that are whole or not there, and that are what was written."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Put a whole file in place of another, durably: write, fsync, rename, fsync the folder.

    Nothing is replaced where the block fails.
    """
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable: what was made, moved or deleted there."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def is_there(path: str) -> bool:
    """Whether a file is there, or may be: where its folder cannot be looked into."""
    try:
        return Path(path).exists()
    except OSError:
        return True


def certainly(said: Callable[[], bool]) -> bool:
    """What is said of a path; not so where it cannot be looked at: who reads it says why."""
    try:
        return said()
    except OSError:
        return False


_OF_AN_INDEX = re.compile(
    r"index\.sqlite(-wal|-shm|-journal|\.new.*)?|dense-\d+\.faiss(\.new)?"
    r"|derived\.json(\.new)?|writer\.(lock|json)"
)


def is_index_file(path: Path) -> bool:
    """Whether a file is one that an index made, by its name and by what lies beside it."""
    words = path.parent.name == "lexical"
    if not words and not _OF_AN_INDEX.fullmatch(path.name):
        return False
    folder = path.parent.parent if words else path.parent
    return is_there(str(folder / "index.sqlite"))


def may_write(file: Path) -> bool:
    """Whether a file may be written to, or made where there is none, and others beside it.

    By permissions and by how its disk is mounted.
    """
    there = os.access(file, os.F_OK)
    return os.access(file.parent, os.W_OK | os.X_OK) and (not there or os.access(file, os.W_OK))


def forbidden(file: Path) -> str | None:
    """What this process may not do with a file of an index, with the remedy; None where it may."""
    folder = file.parent
    if not is_there(str(folder)):
        return None
    unread = folder if not os.access(folder, os.R_OK | os.X_OK) else file
    if not os.access(unread, os.R_OK) and is_there(str(unread)):
        return f"you may not read {unread} (ask its owner to let you)"
    if not may_write(file):
        which = folder if not os.access(folder, os.W_OK | os.X_OK) else file
        return f"you may not write in {which} (ask its owner to let you, or work on a copy of it)"
    return None


def digest(path: Path) -> str:
    """The sha256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Verified:
    """Remembers which files this process has found to be what was written.

    A file is read again once its size or its time of change is another.
    """

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[str, int, int, int]] = {}

    def holds(self, path: Path, sha256: str) -> bool:
        """Whether a file is there and has this hash."""
        try:
            found = path.stat()
            mark = (sha256, found.st_ino, found.st_size, found.st_mtime_ns)
            if self._seen.get(path) != mark:
                if digest(path) != sha256:
                    return False
                self._seen[path] = mark
        except OSError:
            return False
        return True
