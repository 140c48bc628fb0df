"""The process that reads untrusted files: one after the other, until its pipe is closed.

Started by process.py, with the pipe as its standard input. It knows neither the index nor its lock.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import TracebackType

from ..readers import read_path
from .wire import pack, packed, unpack

GRACE = 5.0
"""Seconds over its limit after which a reader ends itself: its parent should have done so."""

MAX_FILES = 2_000
"""A process is replaced after so many files, in case that a library keeps something of each."""


def main(parent: int, seconds: float, memory: int) -> None:
    """Read what is asked for. `memory` is in bytes, over what the process has once started."""
    pipe = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # a library that prints must not end up in the pipe
        os.dup2(nothing, standard)
    _end_with(parent)
    sys.excepthook = _Last(pipe)
    started = _size()
    _limit(started + memory)
    _send(pipe, pack("ready"))
    for count in range(1, MAX_FILES + 1):
        try:
            path, root = map(str, unpack(lambda length: _receive(pipe, length)))
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_REAL, seconds + GRACE)
        for found in read_path(Path(path), Path(root)):
            frame = packed(found)
            signal.setitimer(signal.ITIMER_REAL, 0)  # the other side may take its time
            _send(pipe, frame)
            signal.setitimer(signal.ITIMER_REAL, seconds + GRACE)
        signal.setitimer(signal.ITIMER_REAL, 0)
        # What was not given back is missing from the next file's allowance.
        last = count == MAX_FILES or _size() - started > memory // 4
        _send(pipe, pack("end", last))
        if last:
            return


class _Last:
    """Tells the other side what this process died of."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def __call__(
        self, kind: type[BaseException], problem: BaseException, _: TracebackType | None
    ) -> None:
        if issubclass(kind, MemoryError):
            _send(self._pipe, pack("memory"))
        else:
            said = f"{kind.__name__}: {problem}"[:200].encode("utf-8", "replace").decode()
            _send(self._pipe, pack("failed", said))


def _send(pipe: int, frame: bytes) -> None:
    rest = memoryview(frame)
    while rest:
        rest = rest[os.write(pipe, rest) :]


def _receive(pipe: int, length: int) -> bytes:
    got = bytearray()
    while len(got) < length:
        part = os.read(pipe, length - len(got))
        if not part:
            raise EOFError
        got += part
    return bytes(got)


def _end_with(parent: int) -> None:
    """Have Linux kill this process with its parent, even in a loop that reads no pipe.

    Elsewhere the timer of each file does it.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            sys.exit()  # it died before we asked


def _size() -> int:
    """Bytes of address space in use, which is what RLIMIT_AS limits; 0 where /proc is missing."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _limit(size: int) -> None:
    """Only Linux keeps to this limit; macOS takes it and does nothing."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY or size < most:
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
