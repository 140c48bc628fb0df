"""Forks, and strace at one thread of one of them."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .driver import Operation, perform

TIMEOUT = 40.0
"""Seconds after which a trial's process counts as hanging."""

PAUSED = "/torture-pause"
"""A name that the driver asks for, so that the log shows where it paused."""

CALLS = (
    "open,openat,creat,read,pread64,readv,preadv,write,pwrite64,writev,pwritev,pwritev2,"
    "copy_file_range,sendfile,truncate,ftruncate,fallocate,fsync,fdatasync,msync,rename,renameat,"
    "renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat,stat,lstat,fstat,"
    "newfstatat,statx,access,faccessat,faccessat2,getdents64,flock,fcntl,close,lseek,mmap,chmod,"
    "fchmod,fchown,readlink,statfs,fstatfs,fadvise64"
)


def work_folder() -> Path:
    """A new folder, in memory where there is a place for that: a killed process loses nothing."""
    memory = Path("/dev/shm")
    inside = memory if os.access(memory, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="torture-", dir=inside))


@contextmanager
def copied(folder: Path, into: Path) -> Iterator[Path]:
    """A copy of an index (none where there is none) in a folder of its own, for one trial."""
    place = Path(tempfile.mkdtemp(dir=into))
    try:
        if folder.exists():
            shutil.copytree(folder, place / "i")
        yield place / "i"
    finally:
        shutil.rmtree(place)


def in_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a fork of this process gives back; "died", "hung" or "raised" says why it did not."""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(out)
        _quiet()
        try:
            found = work()
        except BaseException as problem:
            found = {"raised": f"{type(problem).__name__}: {problem}", "kinds": _kinds(problem)}
        with os.fdopen(into, "w") as file:
            json.dump(found, file)
        os._exit(0)
    os.close(into)
    text = b""
    end = time.monotonic() + TIMEOUT
    while select.select([out], [], [], max(0, end - time.monotonic()))[0]:
        if not (piece := os.read(out, 1 << 16)):
            break
        text += piece
    else:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(out)
        return {"hung": True}
    os.close(out)
    status = os.waitpid(pid, 0)[1]
    return json.loads(text) if status == 0 and text else {"died": status}


def _kinds(problem: BaseException) -> list[str]:
    return [kind.__name__ for kind in type(problem).__mro__]


def _quiet() -> None:
    """Panics of tantivy's threads print where nobody wants to read them."""
    sys.stdout.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


@dataclass
class Run:
    """An operation in a process of its own that stands still until told to go."""

    pid: int
    said: int
    go: int
    go_on: int
    text: bytes = b""

    @classmethod
    def start(cls, operation: Operation, folder: Path) -> Run:
        said, say = os.pipe()
        wait, go = os.pipe()
        wait_more, go_on = os.pipe()
        pid = os.fork()
        if pid == 0:
            for unused in (said, go, go_on):
                os.close(unused)
            _quiet()
            _child(operation, folder, say, wait, wait_more)
        for unused in (say, wait, wait_more):
            os.close(unused)
        return cls(pid, said, go, go_on)

    def proceed(self, *ends: int) -> None:
        with suppress(BrokenPipeError):  # it has died before its pause
            for end in ends:
                os.write(end, b"!")

    def threads(self) -> dict[str, list[int]]:
        """The process's threads by what they are for, once it pauses; none where it never does."""
        while "paused" not in self.lines():
            if not self._read(time.monotonic() + TIMEOUT):
                return {}
        return _threads(self.pid)

    def end(self) -> int | None:
        """Its wait status, None where it had to be stopped."""
        limit = time.monotonic() + TIMEOUT
        while self._read(limit):
            pass
        hung = time.monotonic() >= limit
        if hung:
            os.kill(self.pid, signal.SIGKILL)
        status = os.waitpid(self.pid, 0)[1]
        for end in (self.said, self.go, self.go_on):
            os.close(end)
        return None if hung else status

    def lines(self) -> list[str]:
        return self.text[: self.text.rfind(b"\n") + 1].decode().splitlines()

    def _read(self, limit: float) -> bool:
        if not select.select([self.said], [], [], max(0, limit - time.monotonic()))[0]:
            return False
        piece = os.read(self.said, 1 << 16)
        self.text += piece
        return bool(piece)


def _child(operation: Operation, folder: Path, say: int, wait: int, wait_more: int) -> None:
    def tell(line: str) -> None:
        with suppress(OSError):  # the fault may come here, too
            os.write(say, line.replace("\n", " ").encode() + b"\n")

    paused = []

    def pause() -> None:
        if not paused:  # once: not in a repetition
            paused.append(True)
            tell("paused")
            os.access(PAUSED, os.F_OK)
            _await(wait_more)

    _await(wait)
    try:
        perform(operation, folder, tell, pause)
    finally:
        os._exit(0)


def _await(end: int) -> None:
    """Poll and do not read: what is not traced cannot be counted."""
    poll = select.poll()
    poll.register(end, select.POLLIN)
    poll.poll()


def _threads(pid: int) -> dict[str, list[int]]:
    """Thread ids by what they are for: of tantivy's four for merging, any one may do the work."""
    end = time.monotonic() + 1
    while True:
        names = _thread_names(pid)
        # A new thread bears the name of the one that made it, until it gives itself its own.
        if list(names.values()).count(names[pid]) == 1 or time.monotonic() > end:
            break
        time.sleep(0.001)
    found: dict[str, list[int]] = {}
    for thread, name in names.items():
        role = "main" if thread == pid else name.rstrip("0123456789")
        found.setdefault(role, []).append(thread)
    return found


def _thread_names(pid: int) -> dict[int, str]:
    names = {}
    for place in sorted(Path(f"/proc/{pid}/task").iterdir()):
        with suppress(OSError):  # it has ended since
            names[int(place.name)] = (place / "comm").read_text().strip()
    return names


def attach(threads: list[int], log: Path, *options: str) -> subprocess.Popen[bytes]:
    """strace at some threads; returns once it sees every call that they make."""
    command = ["strace", "-y", "-o", str(log), *options]
    for thread in threads:
        command += ["-p", str(thread)]
    tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    end = time.monotonic() + TIMEOUT
    while not all(map(_traced, threads)):
        if tracer.poll() is not None or time.monotonic() > end:
            assert tracer.stderr
            message = tracer.stderr.read().decode()
            raise RuntimeError(f"strace cannot trace a process here: {message}")
        time.sleep(0.001)
    return tracer


def _traced(thread: int) -> bool:
    return "TracerPid:\t0\n" not in Path(f"/proc/{thread}/status").read_text()


def finished(tracer: subprocess.Popen[bytes]) -> None:
    tracer.communicate(timeout=TIMEOUT)
