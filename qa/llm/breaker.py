"""A model that keeps failing is left alone for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable

FAILURES = 5
HOLD = 30.0
"""After so many failures in a row, nobody asks for so many seconds; then one may try."""


class Breaker:
    """Counts the failures in a row of one model, of all threads."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0
        self._trying: threading.Thread | None = None

    def held(self) -> float:
        """Seconds that are left to wait; 0 when the caller may ask.

        The first caller after the wait tries alone: the others go on waiting for what it finds.
        """
        with self._lock:
            now = self._now()
            if now < self._until:
                return self._until - now
            if self._failures >= FAILURES:
                self._until = now + HOLD
                self._trying = threading.current_thread()
            return 0.0

    def let_go(self) -> None:
        """This caller has left before the model said anything: the try is another's."""
        with self._lock:
            if self._trying is threading.current_thread():
                self._until, self._trying = self._now(), None

    def worked(self) -> None:
        """The model answered."""
        with self._lock:
            self._failures = 0
            self._until = 0.0
            self._trying = None

    def failed(self, pause: float = 0.0) -> float:
        """The model failed, and said to wait for `pause` seconds. Seconds until somebody asks."""
        with self._lock:
            self._failures += 1
            self._trying = None
            hold = HOLD if self._failures >= FAILURES else 0.0
            self._until = self._now() + max(hold, pause)
            return max(hold, pause)
