"""The events of one question as they come, and a way to end them from another thread."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator

from .llm import Model, hang_up
from .types import Event


class Held:
    """A model as one reader has it, who may leave: then it is cut off, and asked nothing more."""

    def __init__(self, model: Model) -> None:
        self.name = model.name
        self._model = model
        self._replies: list[Iterator[str]] = []
        self._lock = threading.Lock()
        self._left = False

    @property
    def usage(self) -> dict[str, int]:
        return self._model.usage

    def spent(self) -> dict[str, int]:
        """Tokens by kind of all this reader's calls so far; {} where a call did not say."""
        spent: Counter[str] = Counter()
        for reply in self._replies:
            counts = getattr(reply, "usage", {})
            if not counts:
                return {}
            spent.update(counts)
        return dict(spent)

    @property
    def context_tokens(self) -> int:
        return self._model.context_tokens

    def stream(self, system: str, user: str) -> Iterator[str]:
        reply = self._model.stream(system, user)
        with self._lock:
            self._replies.append(reply)
            left = self._left
        if left:
            _cut(reply)
        return reply

    def cut(self) -> None:
        """From any thread: whoever waits for a piece of an answer waits no longer."""
        with self._lock:
            self._left = True
            replies = list(self._replies)
        for reply in replies:
            _cut(reply)


def _cut(reply: Iterator[str]) -> None:
    cut: Callable[[], None] = getattr(reply, "cut", lambda: None)
    cut()


class Stream(Iterator[Event]):
    """What `Answerer.stream` gives: Searched, Found, each Claim once checked, the Answer last.

    `close` ends it where it stands; `stop` does so from another thread, while this one waits for
    the model: no event comes after it.
    """

    def __init__(self, events: Iterator[Event], model: Held | None = None) -> None:
        self._events = events
        self._model = model
        self._stopped = False

    def __next__(self) -> Event:
        event = None if self._stopped else next(self._events)
        if event is None or self._stopped:
            self.close()
            raise StopIteration
        return event

    def spent(self) -> dict[str, int]:
        """Tokens by kind of all that the model was asked, the rewriting of the question too."""
        return self._model.spent() if self._model else {}

    def close(self) -> None:
        """End it, from the thread that takes its events."""
        hang_up(self._events)

    def stop(self) -> None:
        """End it from any thread; a model that is writing is cut off."""
        self._stopped = True
        if self._model:
            self._model.cut()
