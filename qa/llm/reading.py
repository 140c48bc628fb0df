"""Reading a stream within its time limits, whatever the provider's library waits for.

The libraries' own limits do not do: theirs is for the time between two bytes, and a server that
sends signs of life and no text passes it for ever. So a thread of its own reads, and whoever
waits for it leaves in time.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .faults import Fault, fault_of
from .provider import Chunk, Provider
from .thinking import Spoken

if TYPE_CHECKING:
    from .model import Timeouts

_END = object()


class Patience:
    """What is left of the time that a reader has for one answer.

    left:        seconds.
    left_early:  set when nobody waits any more.
    """

    def __init__(self, left: float) -> None:
        self.left = left
        self.left_early = threading.Event()
        self._came: queue.SimpleQueue[object] | None = None

    def leave(self) -> None:
        """The reader has gone: whoever waits for the model is woken. From any thread."""
        self.left_early.set()
        if self._came is not None:
            self._came.put(Fault("nobody waits for the answer"))

    @property
    def gone(self) -> bool:
        """Nobody waits any more."""
        return self.left_early.is_set()

    def next(self, came: queue.SimpleQueue[object], most: float) -> object:
        """What comes next. Raises queue.Empty after `most` seconds, or when none are left."""
        self._came = came  # before the look at `gone`: who leaves between the two is seen
        if self.gone:
            return Fault("nobody waits for the answer")
        began = time.monotonic()
        try:
            return came.get(timeout=max(0.0, min(most, self.left)))
        finally:
            self.left -= time.monotonic() - began


def read(
    provider: Provider,
    limits: Timeouts,
    patience: Patience,
    prompt: tuple[str, str],
    usage: dict[str, int],
) -> Iterator[str]:
    """The pieces of one attempt, without thoughts and white space before the first word.

    Raises Fault, also for an answer that is empty or was not finished.
    """
    line = _Line(provider, prompt)
    spoken, begun, finish = Spoken(), False, None
    limit = limits.first_token
    try:
        while (chunk := _wait(line, patience, limit, begun, usage)) is not None:
            finish = chunk.finish or finish
            limit = limits.stall
            if text := spoken.feed(chunk.text):
                begun = True
                yield text
        rest = spoken.end()
        if fault := _ending(finish, begun or bool(rest), provider.says_how_ended):
            raise fault
        if rest:
            yield rest
    finally:
        line.leave()


def _wait(
    line: _Line, patience: Patience, limit: float, begun: bool, usage: dict[str, int]
) -> Chunk | None:
    """The next chunk that gets on with the answer; None at the end."""
    deadline = time.monotonic() + limit
    while True:
        try:
            item = patience.next(line.came, deadline - time.monotonic())
        except queue.Empty:
            spent = patience.left <= 0
            raise Fault(
                "it took too long altogether"
                if spent
                else f"no text came for {limit:g} s"
                if begun
                else f"it did not begin to answer within {limit:g} s",
                again=not spent,
            ) from None
        if item is _END:
            return None
        if isinstance(item, BaseException):
            raise fault_of(item, line.secrets)
        if isinstance(item, Chunk):
            usage.update(item.usage)
            if item.text or item.thought or item.finish:
                return item


_STOPPED = {"stop", "end_turn", "stop_sequence", "eos"}
_CUT = {"length", "max_tokens"}


def _ending(finish: str | None, begun: bool, says_how_ended: bool) -> Fault | None:
    """What is wrong with the way in which a stream ended."""
    word = (finish or "").lower()
    if word in _CUT:
        return Fault("the answer was cut off at its longest", answered=True)
    if word and word not in _STOPPED:
        filtered = re.search("filter|safety|refusal|recitation|prohibited|blocklist", word)
        whose = "the provider's content filter" if filtered else "the provider"
        return Fault(f"{whose} ended the answer", answered=True)
    if not word and says_how_ended:
        return Fault("the stream broke off before its end", again=True)
    if not begun:
        return Fault("the answer was empty", again=True)
    return None


class _Line:
    """A thread that reads a provider's stream into a queue, until it ends or nobody listens."""

    def __init__(self, provider: Provider, prompt: tuple[str, str]) -> None:
        self.came: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.secrets = provider.secrets
        self._provider = provider
        self._left = False
        self._thread = threading.Thread(target=self._read, args=prompt, daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Hang up; a reader that is past its end is not touched."""
        self._left = True
        self._provider.cut(self._thread)

    def _read(self, system: str, user: str) -> None:
        try:
            for chunk in self._provider.chunks(system, user):
                self.came.put(chunk)
                if self._left:
                    return
            self.came.put(_END)
        except Exception as problem:  # not swallowed: whoever waits has it, as a Fault
            self.came.put(problem)
