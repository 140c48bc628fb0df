"""Answers that come in lines of JSON: made in threads, sent at once, ended when the reader goes."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

ALIVE = 5.0
"""Seconds without a line after which one says that there is still somebody."""

NDJSON = "application/x-ndjson"

Line = dict[str, Any]
Put = Callable[[Line], None]


def as_line(line: Line) -> str:
    """In ASCII, so that no text of a model or an article can break the line or its encoding."""
    return json.dumps(line, separators=(",", ":")) + "\n"


def busy(message: str) -> Response:
    """The one line that a reader beyond the limit gets."""
    line = as_line({"event": "error", "kind": "busy", "message": message})
    return Response(line, 503, {"Retry-After": "5"}, NDJSON)


class Crew:
    """Threads that make lines, `limit` at once; who comes when all are at work is not kept."""

    def __init__(self, limit: int, name: str) -> None:
        self._free = threading.BoundedSemaphore(limit)
        self._threads = ThreadPoolExecutor(limit, name)
        self._stops: set[Callable[[], None]] = set()
        self.closing = threading.Event()

    def lines(self, make: Callable[[Put], None], stop: Callable[[], None]) -> Response | None:
        """What `make` puts, as a response; None when all are at work.

        make:  called in a thread; the response ends when it returns.
        stop:  called when the reader has gone or all is sent, in another thread: `make` ends soon.
        """
        if not self._free.acquire(blocking=False):
            return None
        self._stops.add(stop)
        return _Lines(lambda put: self._work(make, put, stop), stop, self._threads)

    @contextmanager
    def ending(self, stop: Callable[[], None]) -> Iterator[None]:
        """What is made inside, in a thread of another's, ends with the program too."""
        self._stops.add(stop)
        try:
            yield
        finally:
            self._stops.discard(stop)

    def stop(self) -> None:
        """End what is being made: a program that ends waits for its readers only so long."""
        for stop in list(self._stops):
            stop()

    def close(self) -> None:
        """Wait for those at work, once the program ends; `closing` tells them."""
        self.closing.set()
        self._threads.shutdown(cancel_futures=True)

    def _work(self, make: Callable[[Put], None], put: Put, stop: Callable[[], None]) -> None:
        try:
            make(put)
        finally:
            self._stops.discard(stop)
            self._free.release()


class _Lines(StreamingResponse):
    """Begins its work at once, so that the thread is given back whoever reads the lines."""

    def __init__(
        self, work: Callable[[Put], None], stop: Callable[[], None], threads: ThreadPoolExecutor
    ) -> None:
        self._stop = stop
        self._loop = asyncio.get_running_loop()
        self._came: asyncio.Queue[Line | None] = asyncio.Queue()
        threads.submit(self._run, work)
        super().__init__(self._lines(), media_type=NDJSON, headers={"Cache-Control": "no-store"})

    def _run(self, work: Callable[[Put], None]) -> None:
        try:
            work(self._put)
        finally:
            self._put(None)

    def _put(self, line: Line | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._came.put_nowait, line)

    async def _lines(self) -> AsyncIterator[str]:
        while True:
            try:
                line = await asyncio.wait_for(self._came.get(), ALIVE)
            except TimeoutError:
                line = {"event": "alive"}
            if line is None:
                return
            yield as_line(line)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stop()
