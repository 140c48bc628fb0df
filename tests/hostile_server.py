"""A web server that does its worst, on real sockets, and the net that leads to it.

Names and addresses look public to whoever asks; `Lab.connect` leads them to this machine. So the
guard is tested as it is, with nothing allowed for the tests, and whatever address it asks for
that is not one of the lab's own is an escape.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator

Script = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
MEGABYTE = 1_000_000


def answer(
    body: bytes | str = b"",
    kind: str = "text/html; charset=utf-8",
    status: str = "200 OK",
    **headers: str,
) -> bytes:
    """A whole and proper response."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(raw)}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + raw


def redirect(to: str, status: str = "302 Found") -> bytes:
    return answer(b"", status=status, Location=to)


def zipped(body: str, kind: str = "text/html") -> bytes:
    return answer(gzip.compress(body.encode()), kind, Content_Encoding="gzip")


class Server:
    """Answers each `host/path` with bytes, or hands the connection to a script.

    requests:  the head of each request, as it came.
    """

    def __init__(self, secure: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, bytes | Script] = {}
        self.requests: list[str] = []
        self._secure = secure
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def asked(self) -> list[str]:
        """`host/path` of each request, in order."""
        found = []
        for head in self.requests:
            lines = head.split("\r\n")
            host = next(line[6:] for line in lines if line.lower().startswith("host: "))
            found.append(host + lines[0].split(" ")[1])
        return found

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=[line], daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        # Whoever is refused hangs up on us: that is what most of these are for.
        with contextlib.suppress(OSError), line:
            line.settimeout(20)
            if self._secure:
                line = self._secure.wrap_socket(line, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                if not (piece := line.recv(65_536)):
                    return
                head += piece
            self.requests.append(head.decode("latin-1"))
            found = self.answers.get(self.asked()[-1], answer("nothing", status="404 Not Found"))
            if callable(found):
                found(line)
            else:
                line.sendall(found)
            if self._secure and not callable(found):
                line.unwrap()
            line.close()


class _Counted(socket.socket):
    """A socket that counts what its reader takes from it."""

    taken = 0

    def recv(self, *arguments: int) -> bytes:
        data = super().recv(*arguments)
        self.taken += len(data)
        return data


class Escaped(AssertionError):
    """The guard let a connection to a forbidden address through."""


class Lab:
    """A Network whose names are a table and whose public addresses are servers of ours.

    names:  what each name resolves to, one list for each time that it is asked for; the last
            one stays.
    doors:  the server behind an address and port; None refuses connections.
    """

    def __init__(self, authorities: str = "") -> None:
        self.authorities = authorities
        self.names: dict[str, list[list[str]]] = {}
        self.doors: dict[tuple[str, int], Server | None] = {}
        self.resolved: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self.escaped: list[tuple[str, int]] = []
        self._lines: list[_Counted] = []

    @property
    def taken(self) -> int:
        """Bytes that were read from plain connections."""
        return sum(line.taken for line in self._lines)

    def resolve(self, host: str) -> list[str]:
        self.resolved.append(host)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self.names[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def connect(self, address: str, port: int, timeout: float) -> socket.socket:
        if (address, port) not in self.doors:
            self.escaped.append((address, port))
            raise Escaped(f"{address} port {port}")
        self.connected.append((address, port))
        server = self.doors[address, port]
        if server is None:
            raise ConnectionRefusedError(111, "Connection refused")
        line = _Counted(socket.AF_INET, socket.SOCK_STREAM)
        line.settimeout(timeout)
        line.connect(("127.0.0.1", server.port))
        self._lines.append(line)
        return line


# What a server can do wrong with a connection


def endless(start: bytes, piece: bytes) -> Script:
    """Goes on as long as somebody reads."""

    def run(line: socket.socket) -> None:
        line.sendall(start)
        block = piece * max(1, 65_536 // len(piece))
        while True:
            line.sendall(block)

    return run


def dripping(start: bytes, piece: bytes, every: float = 0.05) -> Script:
    """A few bytes at a time, each in time, for ever."""

    def run(line: socket.socket) -> None:
        line.sendall(start)
        while True:
            line.sendall(piece)
            time.sleep(every)

    return run


def says(*parts: bytes) -> Script:
    """Sends that and hangs up."""

    def run(line: socket.socket) -> None:
        for part in parts:
            line.sendall(part)

    return run


def silent(start: bytes = b"") -> Script:
    """Sends that and then waits for the other side to leave."""

    def run(line: socket.socket) -> None:
        line.sendall(start)
        while line.recv(1):
            pass

    return run


def reset(start: bytes) -> Script:
    """Sends that and breaks the connection off hard."""

    def run(line: socket.socket) -> None:
        line.sendall(start)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()

    return run


def bomb(pieces: Iterator[bytes], encoding: str) -> Script:
    """A compressed body, sent without its length."""

    def run(line: socket.socket) -> None:
        line.sendall(HEAD + f"Content-Encoding: {encoding}\r\n\r\n".encode())
        for piece in pieces:
            line.sendall(piece)

    return run


def zeros(megabytes: int, wbits: int = 31) -> Iterator[bytes]:
    """Noughts compressed a thousand to one: gzip, or with 15 zlib, with -15 raw deflate."""
    packer = zlib.compressobj(9, wbits=wbits)
    for _ in range(megabytes):
        yield packer.compress(bytes(MEGABYTE))
    yield packer.flush()


def members() -> Iterator[bytes]:
    """Gzip files of a megabyte each, one after the other, for ever."""
    return itertools.repeat(gzip.compress(bytes(MEGABYTE)))


def endless_name() -> Iterator[bytes]:
    """A gzip header whose file name does not end."""
    start = b"\x1f\x8b\x08\x08" + bytes(6)
    return itertools.chain([start], itertools.repeat(b"a" * 65_536))
