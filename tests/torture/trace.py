"""What strace wrote of an unfaulted run: every call, by thread, with its place in the run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .driver import Operation
from .processes import CALLS, PAUSED, Run, attach, finished

_LINE = re.compile(r"(\d+) +(.*)")
_CALL = re.compile(r"(\w+)\((.*)", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)", re.DOTALL)
_UNFINISHED = " <unfinished ...>"

_TAKES_SPACE = {
    *("write", "pwrite64", "writev", "pwritev", "ftruncate", "fallocate", "fsync", "fdatasync"),
    *("mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat"),
}


@dataclass(frozen=True)
class Call:
    """One call of a run. `count`: which of this name in its thread, since strace can be there."""

    thread: str
    name: str
    count: int
    arguments: str
    ours: bool
    said: bool

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults to try here.

        A failed `close` closes all the same, an injected one does not; memory is mapped in places
        that differ from run to run.
        """
        if self.said:
            return ("SIGKILL",)
        if not self.ours:
            return ()
        if self.name in ("close", "mmap"):
            return ("SIGKILL",)
        full = self.name in _TAKES_SPACE or "O_CREAT" in self.arguments
        return ("SIGKILL", "EIO", *(("ENOSPC",) if full else ()))


def lines(log: Path) -> Iterator[tuple[int, str, bool]]:
    """Thread id, text and whether it is the end of a call that others came between."""
    for line in log.read_text().splitlines():
        found = _LINE.match(line)
        if found:
            yield int(found[1]), found[2], found[2].startswith("<...")


def joined(log: Path) -> Iterator[tuple[int, str, str, str]]:
    """Calls in the order in which they ended: thread id, name, arguments, result."""
    begun: dict[int, str] = {}
    for thread, text, resumed in lines(log):
        if text.endswith(_UNFINISHED):
            begun[thread] = text.removesuffix(_UNFINISHED)
            continue
        if resumed:
            end = _RESUMED.match(text)
            text = begun.pop(thread, "") + (end[1] if end else "")
        call = _CALL.match(text)
        if call and ") = " in call[2]:
            arguments, _, result = call[2].rpartition(") = ")
            yield thread, call[1], arguments, result
        elif call and re.search(r"\) += ", call[2]):
            arguments, result = re.split(r"\) += ", call[2], maxsplit=1)
            yield thread, call[1], arguments, result


def recorded(operation: Operation, folder: Path, log: Path, *options: str) -> dict[int, str]:
    """Run an operation unfaulted under strace; its threads' ids with what they are for."""
    run = Run.start(operation, folder)
    tracer = attach([run.pid], log, "-f", "-e", f"trace={CALLS}", *options)
    run.proceed(run.go)
    names = {thread: role for role, threads in run.threads().items() for thread in threads}
    run.proceed(run.go_on)
    assert run.end() == 0 and run.lines()[-1] == "done", run.lines()
    finished(tracer)
    return names


def calls(operation: Operation, folder: Path, log: Path) -> list[Call]:
    """Every call of an operation, as trials have to count them."""
    names = recorded(operation, folder, log)
    counts: Counter[tuple[str, str]] = Counter()
    found, paused = [], False
    for thread, text, resumed in lines(log):
        call = _CALL.match(text)
        if resumed or not call:
            continue
        paused = paused or PAUSED in text
        name = names.get(thread, "later")
        # strace comes to the other threads when the run pauses, and counts from there.
        if name == "main" or (name != "later" and paused):
            counts[name, call[1]] += 1
            said = call[1] == "write" and "<pipe:" in text
            ours = str(folder) in text
            found.append(Call(name, call[1], counts[name, call[1]], call[2], ours, said))
        elif str(folder) in text:
            # Threads that come and go within the operation: tantivy's reader of its meta.json, and
            # the compressor of its store. strace cannot wait for them: see power.py.
            found.append(Call("passing", call[1], 0, call[2], False, False))
    return found
