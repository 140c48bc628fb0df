"""One call to a model: its time limits, the one retry loop, the breaker, what a failure says."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from index.errors import FootnoteError

from .breaker import Breaker
from .faults import Fault, explain
from .provider import Provider
from .reading import Patience, read

RETRIES = 2
"""How often a call is made again. The providers' clients make none of their own."""

_LONGEST_HOLD = 300.0


class ModelFailed(FootnoteError):
    """The model gave no answer, or stopped in the middle of one: then its pieces came before this.

    final:  asking again cannot help, because the key, the name or the address is wrong.
    """

    def __init__(self, reason: str, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that a reader waits for a model.

    connect:      until the line stands.
    first_token:  until the first text, or the first thought; a local model reads slowly.
    stall:        between two pieces of text after that. Signs of life without text do not count.
    total:        all that is waited for one answer, retries included. What the reader's own side
                  does between two pieces does not count.
    pause:        the longest wait that a busy provider may ask for (Retry-After).
    """

    connect: float = 10
    first_token: float = 120
    stall: float = 30
    total: float = 300
    pause: float = 20


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the breaker and the retries see it; `wall` is seconds since 1970.

    sleep:  for so many seconds, or until the event: then nobody waits any more.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[threading.Event, float], object] = threading.Event.wait


class Reply(Iterator[str]):
    """The pieces of one answer, as they come.

    usage:  tokens read ("input") and written ("output"), once it has ended, if the provider says.

    Raises ModelFailed in place of the next piece. `close` hangs up on the model, and so does `cut`
    from another thread, while this one waits for a piece.
    """

    def __init__(self, pieces: Iterator[str], usage: dict[str, int], patience: Patience) -> None:
        self._pieces = pieces
        self._patience = patience
        self.usage = usage

    def __next__(self) -> str:
        return next(self._pieces)

    def close(self) -> None:
        """Leave; a model that is still writing is cut off."""
        hang_up(self._pieces)

    def cut(self) -> None:
        """Leave for a thread that waits for a piece; it is told ModelFailed at once."""
        self._patience.leave()


def hang_up(pieces: Iterator[object]) -> None:
    """Close what is taken piece by piece, where it can be: from the thread that takes them."""
    close: Callable[[], None] = getattr(pieces, "close", lambda: None)
    close()


class Model(Protocol):
    """A language model.

    name:  the model string, without a folder.
    """

    name: str

    @property
    def usage(self) -> dict[str, int]:
        """Tokens of the call that ended last, whoever made it; `Reply.usage` is one call's own."""

    @property
    def context_tokens(self) -> int:
        """Tokens that question, evidence and answer may take together."""

    def stream(self, system: str, user: str) -> Iterator[str]:
        """The answer in pieces, as they come. Raises ModelFailed, between two pieces too."""


class LanguageModel:
    """A Model over a provider; safe to share between threads."""

    def __init__(self, name: str, provider: Provider, timeouts: Timeouts, clock: Clock) -> None:
        self.name = name
        self.usage: dict[str, int] = {}
        self._provider = provider
        self._timeouts = timeouts
        self._clock = clock
        self._breaker = Breaker(clock.monotonic)

    @property
    def context_tokens(self) -> int:
        return self._provider.context_tokens

    def stream(self, system: str, user: str) -> Reply:
        usage: dict[str, int] = {}
        patience = Patience(self._timeouts.total)
        return Reply(self._pieces(system, user, usage, patience), usage, patience)

    def _pieces(
        self, system: str, user: str, usage: dict[str, int], patience: Patience
    ) -> Iterator[str]:
        """All attempts. The error is raised outside of `except`, so that it drags none along."""
        for attempt in range(RETRIES + 1):
            if patience.gone:
                raise ModelFailed(f"nobody waits for {self.name} any more")
            if held := self._breaker.held():
                raise ModelFailed(f"{self.name} kept failing; it is asked again in {held:.0f} s")
            fault, begun = None, False
            try:
                for piece in read(self._provider, self._timeouts, patience, (system, user), usage):
                    begun = True
                    yield piece
            except Fault as problem:
                fault = problem.bare()
            except GeneratorExit:
                self._left(begun)
                raise
            self.usage = usage
            if patience.gone:
                self._left(begun)
                raise ModelFailed(f"nobody waits for {self.name} any more")
            held = self._counted(fault)
            if fault is None:
                return
            last = begun or not fault.again or attempt == RETRIES
            if last or not self._paused(fault, held, patience, attempt):
                raise ModelFailed(explain(fault, self.name, self._provider, begun), fault.final)

    def _counted(self, fault: Fault | None) -> float:
        """Tell the breaker how an attempt went. Seconds until the model may be asked again."""
        if fault is None or fault.answered:
            self._breaker.worked()
            return 0.0
        return self._breaker.failed(min(fault.pause(self._clock.wall()) or 0, _LONGEST_HOLD))

    def _left(self, begun: bool) -> None:
        """Tell the breaker that the reader has gone, which by itself says nothing of the model."""
        if begun:
            self._breaker.worked()
        else:
            self._breaker.let_go()

    def _paused(self, fault: Fault, held: float, patience: Patience, attempt: int) -> bool:
        """Wait before the next attempt; False when that is longer than a reader should."""
        asked = fault.pause(self._clock.wall())
        # Without jitter all readers that one busy moment has turned away come back together.
        pause = asked if asked is not None else 0.5 * 2**attempt * random.uniform(0.75, 1.25)
        if max(pause, held) > self._timeouts.pause or pause >= patience.left:
            return False
        patience.left -= pause
        self._clock.sleep(patience.left_early, pause)
        return True
