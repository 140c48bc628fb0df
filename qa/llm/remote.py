"""What the providers have in common: a library's stream as a Provider."""

from __future__ import annotations

import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from index.errors import FootnoteError

from .provider import Chunk

if TYPE_CHECKING:
    import httpx

    from .model import Timeouts

ANSWER_TOKENS = 4_096
"""The longest answer that is asked for; at most a quarter of the context."""

SMALL_CONTEXT = 8_192
"""Assumed of a server that does not say, and asked of a local one."""

HOSTED_CONTEXT = 32_000
"""Assumed of a hosted model that the library does not know; all that are current take more."""

CONTEXT_AGAIN = 5.0
"""Seconds after which a server that could not say its context is asked for it again."""


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Imports inside need the optional extra `name`."""
    try:
        yield
    except ImportError as missing:
        raise FootnoteError(
            f"packages are missing for this model: pip install 'footnote-qa[{name}]' ({missing})"
        ) from None


@dataclass(slots=True, repr=False)
class Remote:
    """A Provider over the stream of a llama-index LLM, or of OpenAI's own client.

    ask:      begins the stream; what it yields is the library's.
    read:     one step of it as a Chunk.
    context:  tokens, found out when they are first asked for; None when that cannot be done yet.
    keep:     what has to live as long as the model.
    """

    ask: Callable[[str, str], Iterator[Any]]
    read: Callable[[Any], Chunk]
    context: Callable[[], int | None]
    unknown: str
    key_name: str = ""
    secrets: tuple[str, ...] = ()
    says_how_ended: bool = True
    lines: Lines | None = None
    keep: object = None
    _context: int | None = field(default=None, init=False)
    _asked: float = field(default=-CONTEXT_AGAIN, init=False)

    @property
    def context_tokens(self) -> int:
        if self._context is None and time.monotonic() >= self._asked + CONTEXT_AGAIN:
            self._context = self.context()
            self._asked = time.monotonic()
        return self._context or SMALL_CONTEXT

    def chunks(self, system: str, user: str) -> Iterator[Chunk]:
        if self.lines:
            self.lines.begin()
        try:
            for step in self.ask(system, user):
                yield self.read(step)
        finally:
            if self.lines:
                self.lines.forget()

    def cut(self, thread: threading.Thread) -> None:
        if self.lines:
            self.lines.cut(thread)


class Lines:
    """The lines of one httpx client that threads read from, so that others can cut them.

    Each call has a line of its own (see `line_settings`), so that none cuts another's. Threads are
    kept as such: the system gives the number of one that has ended to the next.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, Any] = {}
        # Weak: who is cut when it has ended, or before it begins, stays no longer than it lives.
        self._cut: weakref.WeakSet[threading.Thread] = weakref.WeakSet()

    def begin(self) -> None:
        """This thread is about to ask."""
        with self._lock:
            self._open[threading.current_thread()] = None

    def watch(self, request: httpx.Request) -> None:
        """A hook for httpx, called in the thread that asks: a server may never begin to answer."""
        request.extensions["trace"] = self._traced

    def _traced(self, event: str, info: Mapping[str, Any]) -> None:
        if event not in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            return
        with self._lock:
            thread = threading.current_thread()
            self._open[thread] = info["return_value"]
            left = thread in self._cut
        if left:
            info["return_value"].close()

    def forget(self) -> None:
        """This thread has ended."""
        with self._lock:
            self._open.pop(threading.current_thread(), None)
            self._cut.discard(threading.current_thread())

    def cut(self, thread: threading.Thread) -> None:
        """End a read that waits, or will: closing its socket would not wake it, shutting it down
        does."""
        with self._lock:
            self._cut.add(thread)
            stream = self._open.get(thread)
        line = stream.get_extra_info("socket") if stream else None
        if isinstance(line, socket.socket):
            with suppress(OSError):  # it has ended by itself
                # The plain one: TLS's own first lets go of the encryption, and the thread that
                # asks could send the rest of its request without.
                socket.socket.shutdown(line, socket.SHUT_RDWR)


def messages(system: str, user: str) -> Sequence[Any]:
    """The two messages of a call."""
    from llama_index.core.llms import ChatMessage

    return [ChatMessage(role="system", content=system), ChatMessage(role="user", content=user)]


def longest_wait(timeouts: Timeouts) -> float:
    """Seconds between two bytes after which a library may give up: never before the reader."""
    return max(timeouts.first_token, timeouts.stall) + 1


def is_near(place: str) -> bool:
    """Whether an address is this machine's own: a proxy is no way there."""
    import httpx

    return httpx.URL(place).host in ("localhost", "127.0.0.1", "::1")


def line_settings(place: str, timeouts: Timeouts, lines: Lines) -> dict[str, Any]:
    """Settings of an httpx client: a line for each call, cut when asked for, no redirects.

    A redirect would carry text or key elsewhere.
    """
    import httpx

    return {
        "trust_env": not is_near(place),
        "timeout": httpx.Timeout(longest_wait(timeouts), connect=timeouts.connect),
        "limits": httpx.Limits(max_keepalive_connections=0),
        "follow_redirects": False,
        "event_hooks": {"request": [lines.watch]},
    }


def tokens(read: Any, written: Any) -> dict[str, int]:
    pairs = {"input": read, "output": written}
    return {kind: count for kind, count in pairs.items() if isinstance(count, int)}


def known(size: Callable[[str], int], name: str) -> int:
    try:
        return size(name)
    except ValueError:
        return HOSTED_CONTEXT
