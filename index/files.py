"""Files that are whole or not there, and that are what was written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
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
