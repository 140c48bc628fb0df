"""Wrong passwords, counted by the address that they come from: a growing pause after a few."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

FREE = 5
"""Wrong guesses that cost nothing: people mistype."""

LONGEST = 60.0
"""Seconds of the longest pause. Whoever shares an address with a guesser waits with it, so that it
cannot be hours; 1,440 guesses a day find no password worth the name."""

MEMORY = 900.0
"""Seconds after the last wrong guess when an address is forgotten."""

ADDRESSES = 10_000
"""That are remembered at once; the one whose last guess is the oldest gives way to a new one."""


class Guesses:
    """How long an address must wait before its next guess.

    A right password forgives nothing: else a reader who shares the guesser's address (behind a
    proxy that names no reader) would with every request give it new guesses.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        """By address, how many were wrong and when the last was; the oldest of these first."""

    def __len__(self) -> int:
        return len(self._wrong)

    def pause(self, address: str) -> int:
        """Whole seconds for which nothing that an address says is looked at; 0: it may guess."""
        count, last = self._wrong.get(network(address), (0, 0.0))
        if count < FREE:
            return 0
        length = min(LONGEST, 2.0 ** min(count - FREE, 10))
        return max(0, math.ceil(last + length - self._clock()))

    def wrong(self, address: str) -> None:
        """Count a wrong guess."""
        now = self._clock()
        while self._wrong and now - next(iter(self._wrong.values()))[1] > MEMORY:
            self._wrong.popitem(last=False)
        key = network(address)
        count, _ = self._wrong.pop(key, (0, 0.0))
        self._wrong[key] = (count + 1, now)
        if len(self._wrong) > ADDRESSES:
            self._wrong.popitem(last=False)


def network(address: str) -> str:
    """What one household or one machine has: an IPv4 address, 64 bits of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return address[:64]  # no address of the net, as behind a socket of the file system
    if parsed.version == 6:
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
