"""Files that harm whoever reads them, and a look at processes from outside (Linux)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

DEADLINE = 60.0
"""Seconds that a test waits for what must come at last."""

# YAML 1.1 has numbers to the base of 60; one of so many places takes minutes to add up.
SLOW = "---\ntitle: Slow\nn: 1" + ":1" * 1_500_000 + "\n---\nText.\n"

# Each mapping merges the one before twice: a kilobyte that doubles thirty times.
HUNGRY = (
    "---\na0: &a0 {x: 1, y: 2}\n"
    + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 31))
    + "---\nText.\n"
)


def wait_for(what: Callable[[], T]) -> T:
    """What `what` gives as soon as it is true."""
    end = time.monotonic() + DEADLINE
    while not (found := what()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; none when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def children(parent: int) -> list[int]:
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [
        pid for pid in pids if (_stat(pid) or "Z")[0] != "Z" and int(_stat_parent(pid)) == parent
    ]


def _stat_parent(pid: int) -> str:
    return (_stat(pid) or ["Z", "-1"])[1]


def busy(parent: int) -> int | None:
    """A child that has computed for longer than its start takes, so that it is on its file."""
    for pid in children(parent):
        fields = _stat(pid)
        if fields and int(fields[11]) / os.sysconf("SC_CLK_TCK") > 0.6:
            return pid
    return None


def gone(pid: int) -> bool:
    return (_stat(pid) or "Z")[0] == "Z"
