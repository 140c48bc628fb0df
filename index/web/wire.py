"""HTTP over a socket that is there already, with a cap on every byte and every wait (h11)."""

from __future__ import annotations

import socket
import time
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile
from typing import TYPE_CHECKING, Any

from ..errors import BadFile
from .address import Address, shown

if TYPE_CHECKING:
    import h11

AGENT = "footnote-qa"
"""How we name ourselves to servers, and the name that robots.txt knows us by."""

_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Limits:
    """What a fetch may take.

    body:       bytes of a page, as it is sent and again after decompression.
    headers:    bytes until a response's headers have ended.
    redirects:  how many are followed.
    connect, read, total:  seconds: to connect (and again for TLS), between two pieces of a
                           response, and for a page with its redirects. The name is resolved by
                           the system, with the system's own time limit.
    pages:      how many pages of one feed or sitemap are taken.
    lists:      how many sitemaps of one sitemap index are read.
    """

    body: int = 20_000_000
    headers: int = 65_536
    redirects: int = 5
    connect: float = 10
    read: float = 15
    total: float = 60
    pages: int = 100
    lists: int = 20


LIMITS = Limits()


class NotFetched(BadFile):
    """A page that was refused or did not come. `status` is the server's, where it gave one."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class Wire:
    """A connection that hands out no more bytes, and waits no longer, than it was allowed.

    Each method raises NotFetched for what goes wrong on the way.
    """

    def __init__(self, line: socket.socket, limits: Limits, deadline: float) -> None:
        import h11

        self._line = line
        self._limits = limits
        self._deadline = deadline
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=limits.headers + 1)
        self._held = bytearray()
        self._ended = False
        self._allow(limits.headers)

    def _allow(self, size: int) -> None:
        """From here on `size` bytes may come."""
        self._allowed = self._rest = size

    def ask(self, place: Address, types: Collection[str] | None) -> tuple[int, dict[str, str]]:
        """Ask for a page; the status of the answer and its headers, their names in lower case.

        A header that is given twice is joined, and so fits nothing that is known.
        """
        import h11

        self._send(place, types)
        while isinstance(event := self._event(), h11.InformationalResponse):
            pass
        if not isinstance(event, h11.Response):
            raise NotFetched("the server hung up without an answer")
        headers: dict[str, str] = {}
        for name, value in event.headers:
            key, text = name.decode("ascii"), value.decode("utf-8", "replace").strip()
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        self._allow(self._limits.body + 1)
        return event.status_code, headers

    def read(self, size: int) -> bytes:
        """Up to `size` bytes of the body as it is sent; fewer only at its end."""
        import h11

        while len(self._held) < size and not self._ended:
            event = self._event()
            if isinstance(event, h11.Data):
                # One buffer: a body in chunks of one byte would be millions of objects.
                self._held += event.data
            elif isinstance(event, h11.EndOfMessage):
                self._ended = True
            else:
                raise NotFetched("the server hung up in the middle")
        piece = bytes(self._held[:size])
        del self._held[:size]
        return piece

    def _send(self, place: Address, types: Collection[str] | None) -> None:
        import h11

        headers = [
            ("Host", place.authority),
            ("User-Agent", AGENT),
            ("Accept", ", ".join(types) if types else "*/*"),
            ("Accept-Encoding", "gzip"),
            ("Connection", "close"),
        ]
        request = h11.Request(method="GET", target=place.target, headers=headers)
        parts = [self._http.send(event) for event in (request, h11.EndOfMessage())]
        try:
            self._line.settimeout(time_left(self._deadline, self._limits.read))
            self._line.sendall(b"".join(part for part in parts if part))
        except OSError as problem:
            raise NotFetched(f"the connection broke off: {words(problem)}") from None

    def _event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        import h11

        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(self._received())
        except h11.RemoteProtocolError as problem:
            raise NotFetched(f"the server does not keep to HTTP: {shown(str(problem))}") from None
        return event

    def _received(self) -> bytes:
        if self._rest <= 0:
            raise NotFetched(f"the server sends more than {self._allowed:,} bytes")
        try:
            self._line.settimeout(time_left(self._deadline, self._limits.read))
            data = self._line.recv(min(_PIECE, self._rest))
        except TimeoutError:
            slow = f"{self._limits.read:g} s between two pieces, {self._limits.total:g} s in all"
            raise NotFetched(f"the server is too slow (it may take {slow})") from None
        except OSError as problem:
            raise NotFetched(f"the connection broke off: {words(problem)}") from None
        self._rest -= len(data)
        return data


def gunzip(source: Any, size: int) -> bytes:
    """The first `size` bytes of what `source.read(n)` gives compressed, made no further.

    Raises NotFetched where it is damaged.
    """
    try:
        return GzipFile(fileobj=source).read(size)
    except (EOFError, zlib.error, BadGzipFile) as problem:
        raise NotFetched(f"is damaged gzip: {shown(str(problem))}") from None


def time_left(deadline: float, most: float) -> float:
    """Seconds that the next step may take. Raises NotFetched when there are none left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise NotFetched("took too long altogether (try again later, or save it and add the file)")
    return min(left, most)


def words(problem: OSError) -> str:
    """What the system says of an error."""
    return shown(problem.strerror or str(problem) or type(problem).__name__)
