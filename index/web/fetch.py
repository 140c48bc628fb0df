"""One page from the web, from a public address only, and never more of it than was agreed.

The socket goes to the very address that was checked, and HTTP is read from it directly: there are
no proxies, cookies, pools or redirects of a client library to switch off.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from ..errors import BadFile
from .address import Address, check_public, join, parse, shown
from .wire import LIMITS, Limits, NotFetched, Wire, gunzip, time_left, words

_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True, slots=True)
class Page:
    """What a server sent. `url` is where the redirects ended; `body` is decompressed.

    charset: the encoding that the server names, in lower case; "" where it names none.
    """

    url: str
    content_type: str
    body: bytes
    charset: str = ""


class Network(Protocol):
    """The two things that touch the net. What they are asked for has been checked before."""

    @property
    def authorities(self) -> str:
        """The file of certificates that servers must be vouched for by."""
        ...

    def resolve(self, host: str) -> list[str]:
        """The numeric addresses of a name. Raises OSError when it has none."""
        ...

    def connect(self, address: str, port: int, timeout: float) -> socket.socket:
        """A TCP connection to a numeric address. Raises OSError."""
        ...


class System:
    """The system's resolver and sockets."""

    @property
    def authorities(self) -> str:
        import certifi

        return certifi.where()

    def resolve(self, host: str) -> list[str]:
        # Bytes: a str would go through Python's older reading of international names.
        found = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(place[0]) for *_, place in found))

    def connect(self, address: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((address, port), timeout)


SYSTEM = System()


def fetch(
    url: str,
    limits: Limits = LIMITS,
    network: Network = SYSTEM,
    types: Collection[str] | None = None,
) -> Page:
    """Get one page from a public address. `types` are the content types taken; None takes all.

    Each hop's name is resolved once, every address it has must be public, and the connection
    goes to one of these. Raises BadFile for a URL that is not fetched, NotFetched for a page.
    """
    deadline = time.monotonic() + limits.total
    place = parse(url)
    seen = [place.url]
    while True:
        try:
            found = _visit(place, limits, network, types, deadline)
        except BadFile as problem:
            if len(seen) == 1:
                raise
            status = problem.status if isinstance(problem, NotFetched) else None
            raise NotFetched(f"is redirected to {shown(place.url)}: {problem}", status) from None
        if isinstance(found, Page):
            return found
        if place.scheme == "https" and found.scheme == "http":
            raise NotFetched(f"is redirected from https to plain http ({shown(found.url)})")
        if found.url in seen:
            raise NotFetched(f"is redirected in a circle ({shown(found.url)})")
        if len(seen) > limits.redirects:
            raise NotFetched(f"is redirected more than {limits.redirects} times")
        seen.append(found.url)
        place = found


def _visit(
    place: Address,
    limits: Limits,
    network: Network,
    types: Collection[str] | None,
    deadline: float,
) -> Page | Address:
    """One hop: the page, or the address that the server names instead."""
    with _connected(place, limits, deadline, network) as line:
        if place.scheme == "http":
            return _exchange(place, Wire(line, limits, deadline), types, limits)
        patience = time_left(deadline, limits.connect)
        with _secured(line, place.host, network.authorities, patience) as secure:
            return _exchange(place, Wire(secure, limits, deadline), types, limits)


def _connected(place: Address, limits: Limits, deadline: float, network: Network) -> socket.socket:
    """A connection to the first address that takes it, after all of them have been checked."""
    try:
        numbers = [place.literal] if place.literal else network.resolve(place.host)
    except OSError as problem:
        raise NotFetched(f"{place.host} has no address: {words(problem)}") from None
    last = f"{place.host} has no address"
    for address in [check_public(number) for number in numbers]:
        try:
            return network.connect(address, place.port, time_left(deadline, limits.connect))
        except OSError as problem:
            last = f"{place.host} cannot be reached: {words(problem)}"
    raise NotFetched(last)


def _secured(line: socket.socket, host: str, authorities: str, timeout: float) -> ssl.SSLSocket:
    """TLS for the name in the URL. Whoever cannot prove it is refused; there is no second try."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks the certificate and the name
    context.hostname_checks_common_name = False
    # Some Pythons (3.11.2, not 3.11.7) have OpenSSL 3 take any end for a proper one.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", ssl.Options(0))
    context.load_verify_locations(authorities)
    try:
        line.settimeout(timeout)
        # A connection that ends without TLS's own end may have been cut short by anybody.
        return context.wrap_socket(line, server_hostname=host, suppress_ragged_eofs=False)
    except ssl.SSLCertVerificationError as problem:
        raise NotFetched(f"{host} cannot prove its name: {problem.verify_message}") from None
    except OSError as problem:
        raise NotFetched(f"no secure connection to {host}: {words(problem)}") from None


def _exchange(
    place: Address, wire: Wire, types: Collection[str] | None, limits: Limits
) -> Page | Address:
    status, headers = wire.ask(place, types)
    if status in _REDIRECTS:
        return _redirected(place, headers.get("location", ""))
    if status != HTTPStatus.OK:
        known = {known.value: f" {known.phrase}" for known in HTTPStatus}
        raise NotFetched(f"is answered with {status}{known.get(status, '')}", status)
    kind, _, more = headers.get("content-type", "").lower().partition(";")
    kind = kind.strip()
    charset = re.search(r"\bcharset\s*=\s*[\"']?([\w.:-]+)", more)
    if types is not None and kind not in types:
        raise NotFetched(f'is of the type "{shown(kind)}" (known are {", ".join(types)})', status)
    body = _body(wire, headers, limits.body)
    return Page(place.url, kind, body, charset[1] if charset else "")


def _redirected(place: Address, location: str) -> Address:
    try:
        return join(place, location)
    except BadFile as problem:
        raise NotFetched(f'is redirected to "{shown(location)}": {problem}') from None


def _body(wire: Wire, headers: dict[str, str], limit: int) -> bytes:
    too_large = f"has more than {limit:,} bytes (save it and add the file)"
    if int(headers.get("content-length", 0)) > limit:  # h11 has seen to it that it is a number
        raise NotFetched(too_large)
    encoding = headers.get("content-encoding", "identity").lower()
    if encoding == "identity":
        body = wire.read(limit + 1)
    elif encoding in ("gzip", "x-gzip"):
        body = gunzip(wire, limit + 1)
    else:
        raise NotFetched(f'is encoded as "{shown(encoding)}" (only gzip was asked for)')
    if len(body) > limit:
        raise NotFetched(too_large)
    return body
