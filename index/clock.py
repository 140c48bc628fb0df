"""Where the seconds of one question go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Seconds by stage since it was made; a stage that comes again adds up."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self._stages[name] = self._stages.get(name, 0.0) + spent

    def first(self, name: str) -> None:
        """Note when something came for the first time, counted from the beginning."""
        self._stages.setdefault(name, time.perf_counter() - self._start)

    def seconds(self) -> dict[str, float]:
        """By stage, and "total"."""
        total = time.perf_counter() - self._start
        return {name: round(s, 6) for name, s in {**self._stages, "total": total}.items()}
