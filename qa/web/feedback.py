"""What readers think of answers: lines of JSON in the index folder, and nothing else of them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path

from index.files import sync_folder

NAME = "feedback.jsonl"
MOST = 20_000_000
"""Bytes of the file: a page that is pressed by a program must not fill the disk."""

_lock = threading.Lock()


def store(folder: Path, feedback: Mapping[str, str]) -> bool:
    """Append it, so that it is there when the power is back; False when the file is full.

    Raises OSError where the folder cannot be written.
    """
    line = (json.dumps(feedback) + "\n").encode()
    path = folder / NAME
    with _lock:
        new = not path.exists()
        with path.open("ab") as file:
            if file.tell() + len(line) > MOST:
                return False
            file.write(_mend(path) + line)
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync_folder(folder)
    return True


def _mend(path: Path) -> bytes:
    """What ends a line that a crash has cut, so that it spoils no other."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return b""
        file.seek(-1, os.SEEK_END)
        return b"" if file.read(1) == b"\n" else b"\n"
