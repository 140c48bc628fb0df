"""Untrusted files, read in processes that can be killed: a file costs its own reading at most.

    with closing(read_all(files)) as results:
        for (path, root), found in results:
            for item in found: ...

A thread of this process drives each reading process. What is read ahead is bounded, and comes out
in the order of the files.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ..errors import FootnoteError
from ..readers import Skipped
from ..types import Article
from .process import Process

SECONDS = 30.0
"""The longest that the reading of one file may take."""

MEMORY = 1024 * 1024 * 1024
"""Bytes that the reading of one file may take, over what its process has once started."""

MAX_WORKERS = 4
"""Processes: reading is seldom what a batch waits for, and each may take MEMORY."""

AHEAD_FILES = 128
"""Files that are begun, or waiting for a process, before the caller has come to them."""

AHEAD_CHARACTERS = 16_000_000
"""Characters that are read ahead of the caller, and one article more for each process."""


def read_all(
    files: Iterable[tuple[Path, Path]],
    *,
    workers: int | None = None,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Generator[tuple[tuple[Path, Path], Iterator[Article | Skipped]], None, None]:
    """Each file, as (path, the folder that was added), with what is read from it, in their order.

    What a file brings must be taken before the next file is. A file that takes over `seconds` or
    `memory` bytes, or that its process dies of, is Skipped, after what was read of it by then.
    Close the generator, or exhaust it: its processes then end. Raises FootnoteError when none
    can be started.
    """
    count = workers or min(MAX_WORKERS, os.cpu_count() or 1)
    pool = _Pool(iter(files), count, seconds, memory)
    try:
        yield from pool.results()
    finally:
        pool.close()


@dataclass(eq=False)
class _Job:
    """One file, and what has been read of it and not been taken yet."""

    path: Path
    root: Path
    found: deque[Article | Skipped] = field(default_factory=deque)
    ended: bool = False
    problem: str | None = None


class _Pool:
    """The files of one call and the threads that read them. `_change` guards every field."""

    def __init__(
        self, files: Iterator[tuple[Path, Path]], count: int, seconds: float, memory: int
    ) -> None:
        self._files = files
        self._count = count
        self._limits = (seconds, memory)
        self._change = threading.Condition()
        self._order: deque[_Job] = deque()
        self._waiting: deque[_Job] = deque()
        self._threads: list[threading.Thread] = []
        self._workers: set[Process] = set()
        self._ahead = 0
        self._closed = False

    def results(self) -> Iterator[tuple[tuple[Path, Path], Iterator[Article | Skipped]]]:
        while True:
            self._fill()
            if not self._order:
                return
            job = self._order[0]
            found = self._taken(job)
            yield (job.path, job.root), found
            for _ in found:  # what the caller has not taken
                pass
            with self._change:
                self._order.popleft()
                self._change.notify_all()

    def _fill(self) -> None:
        """Have as many files under way as may be."""
        new = [_Job(*file) for file in islice(self._files, AHEAD_FILES - len(self._order))]
        with self._change:
            self._order.extend(new)
            self._waiting.extend(new)
            self._change.notify_all()
        while len(self._threads) < min(self._count, len(self._order)):
            thread = threading.Thread(target=self._work, name="reader", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _taken(self, job: _Job) -> Iterator[Article | Skipped]:
        while True:
            with self._change:
                self._change.wait_for(lambda: job.found or job.ended)
                if job.problem:
                    raise FootnoteError(job.problem)
                if not job.found:
                    return
                item = job.found.popleft()
                self._ahead -= _size(item)
                self._change.notify_all()
            yield item

    def close(self) -> None:
        """End all processes and threads."""
        with self._change:
            self._closed = True
            for worker in self._workers:
                worker.kill()
            self._change.notify_all()
        for thread in self._threads:
            thread.join()

    # In the threads

    def _work(self) -> None:
        worker: Process | None = None
        while (job := self._next()) is not None:
            problem: str | None = "the thread that reads files broke down"
            try:
                if worker is None:
                    worker = Process(*self._limits)
                    self._enter(worker)
                for item in worker.read(job.path, job.root):
                    self._deliver(job, item)
                problem = None
            except (FootnoteError, OSError) as failure:
                problem = str(failure)
            finally:
                self._finish(job, problem)
            if worker is not None and worker.ended:
                self._leave(worker)
                worker = None
        if worker is not None:
            self._leave(worker)

    def _next(self) -> _Job | None:
        with self._change:
            self._change.wait_for(lambda: self._closed or self._waiting)
            return None if self._closed else self._waiting.popleft()

    def _enter(self, worker: Process) -> None:
        with self._change:
            self._workers.add(worker)
            if self._closed:
                worker.kill()

    def _leave(self, worker: Process) -> None:
        with self._change:
            self._workers.discard(worker)
        worker.end()

    def _finish(self, job: _Job, problem: str | None) -> None:
        with self._change:
            job.problem, job.ended = problem, True
            self._change.notify_all()

    def _deliver(self, job: _Job, item: Article | Skipped) -> None:
        def room() -> bool:
            # The file that the caller is at always gets through: all others wait for it.
            wanted = bool(self._order) and job is self._order[0] and not job.found
            return self._closed or wanted or self._ahead < AHEAD_CHARACTERS

        with self._change:
            self._change.wait_for(room)
            job.found.append(item)
            self._ahead += _size(item)
            self._change.notify_all()


def _size(item: Article | Skipped) -> int:
    return len(item.text) if isinstance(item, Article) else 0
