"""The gate before the chat: which requests pass, and under which headers the answers leave.

It stands between the network and Gradio, which by itself opens more doors than this program uses
and sends no Content-Security-Policy. It knows nothing of questions and articles.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .guesses import Guesses

BODY_LIMIT = 1_500_000
"""Bytes of a request. The longest history that the chat takes fits, in any script."""

BODY_SECONDS = 30.0
"""In which a request's body must have come: one that never ends would keep its place."""

SLOWEST = 50_000
"""Bytes that bring a form of files one more second: it may be long, and must get on."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")

GRADIO_PATHS = re.compile(
    r"/|/(assets|static)/.+|/(favicon\.ico|theme\.css|manifest\.json|pwa_icon|robots\.txt|config)"
    r"|/gradio_api/(info|openapi\.json|startup-events|queue/join|queue/data|heartbeat/\w+"
    r"|call/(v2/)?ask(/\w+)?)"
)
"""What the page and Gradio's Python client need. Gradio's other routes (uploads, files, a proxy,
component servers, recording, monitoring) are doors that nobody here uses, so they stay shut."""

CLOSED_POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src-elem 'self'{styles}; "
    "style-src-attr 'unsafe-hashes'{attributes}; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)
"""Gradio's page has inline scripts and styles: those that the server sent are allowed by their
hashes, so nothing that is put into the page later can run. `'unsafe-eval'` is not needed as long as
the page has no gr.HTML and no `js=` handlers."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def page_policy(html: str) -> str:
    """The Content-Security-Policy of a page: its own inline parts by hash, and nothing else."""
    return PAGE_POLICY.format(
        scripts=_hashes(re.findall(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", html, re.S)),
        styles=_hashes(re.findall(r"<style[^>]*>(.*?)</style>", html, re.S)),
        attributes=_hashes(re.findall(r'\sstyle="([^"]*)"', html)),
    )


def _hashes(inline: Iterable[str]) -> str:
    # A browser hashes a script after it has turned CR LF into LF.
    texts = dict.fromkeys(text.replace("\r\n", "\n") for text in inline)
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


class Gate:
    """ASGI middleware: refuses what no page of ours sends, and puts headers on every response.

    hosts:     the names under which the program may be called, None for any: a program that
               listens on this machine alone must not answer a web page that points its own name
               here.
    auth:      "user:password" that every request must bring, None for none.
    streamed:  paths that take forms of files, and the bytes that one may have. They are passed on
               as they come: who reads one gets an HTTPException when it is longer, or too slow.
               Every other body is read here, up to BODY_LIMIT, before it is passed on.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Sequence[str] | None = None,
        auth: str | None = None,
        streamed: Mapping[str, int] | None = None,
    ) -> None:
        self.app = app
        self.hosts = hosts
        self.auth = _digest(auth) if auth else None
        self.guesses = Guesses()
        self.streamed = streamed or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # nothing here speaks it
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope = {**scope, "headers": [each for each in scope["headers"] if _is_believed(*each)]}
        guarded = _with_headers(send, CLOSED_POLICY)
        streamed = self._form_limit(scope)
        refused = self._refusal(scope, streamed or BODY_LIMIT)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = b"" if refused or streamed else await _read(receive)
        except TimeoutError:
            body = b""
            refused = refusal(408, f"The request did not come within {BODY_SECONDS:g} seconds.")
        if body is None:
            refused = refusal(413, f"The request is over {BODY_LIMIT:,} bytes.")
        if refused:
            await refused(scope, receive, guarded)
        elif streamed:
            await self.app(scope, _counted(receive, streamed), guarded)
        elif scope["path"] == "/":
            await self._page(scope, _replay(body or b"", receive), send)
        else:
            await self.app(scope, _replay(body or b"", receive), guarded)

    def _form_limit(self, scope: Scope) -> int | None:
        """The bytes of a form of files that is passed on as it comes; None for any other body."""
        kind = Headers(scope=scope).get("content-type", "")
        files = kind.startswith("multipart/form-data")
        return self.streamed.get(scope["path"]) if files else None

    def _refusal(self, scope: Scope, limit: int) -> JSONResponse | None:
        headers = Headers(scope=scope)
        unknown = self._stranger(scope, headers.get("authorization")) if self.auth else None
        if unknown:
            return unknown
        if self.hosts is not None and _host_name(headers.get("host", "")) not in self.hosts:
            return refusal(400, "This program answers only under its own address.")
        # Another site's page can send a form here, with no leave asked: questions cost money.
        own = headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        if not (own and _same_origin(headers)) and scope["method"] not in ("GET", "HEAD"):
            return refusal(403, "Questions are taken from this program's own page only.")
        path = scope["path"]
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > limit:
            return refusal(413, f"The request is over {limit:,} bytes.")
        if not path.startswith("/footnote/") and not GRADIO_PATHS.fullmatch(path):
            return refusal(404, "There is nothing at this address.")
        return None

    def _stranger(self, scope: Scope, said: str | None) -> JSONResponse | None:
        """What who does not know the password is told; None for who does."""
        if said is None or self.auth is None:
            return _unknown()  # a browser asks without one first: that is no guess
        address = (scope.get("client") or ("", 0))[0]
        seconds = self.guesses.pause(address)
        if seconds:
            # A right one is not looked at either, or the pause would cost a guesser nothing.
            return _too_many(seconds)
        if _knows(said, self.auth):
            return None
        self.guesses.wrong(address)
        return _unknown()

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the page whole, since its policy needs its hashes first."""
        # Uncompressed, so that the hashes can be taken.
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        await self.app({**scope, "headers": plain}, receive, collect)
        html = b"".join(message.get("body", b"") for message in messages).decode()
        guarded = _with_headers(send, page_policy(html))
        for message in messages:
            await guarded(message)


def _is_believed(name: bytes, value: bytes) -> bool:
    """Whether a header is passed on: Gradio writes into its page what two of them say that its
    address is. One serves nobody here; the other is set by proxies, and holds a host."""
    if name == b"x-forwarded-host":
        return re.fullmatch(rb"[\w.:,\[\] -]+", value) is not None
    return name != b"x-gradio-server"


def _with_headers(send: Send, policy: str) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update({**SECURITY_HEADERS, "Content-Security-Policy": policy})
        await send(message)

    return guarded


async def _read(receive: Receive) -> bytes | None:
    """The body of a request, or None when it is over the limit (a length can be left out)."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _counted(receive: Receive, limit: int) -> Receive:
    """The body as it comes. Raises HTTPException past its limit, and when it comes too slowly."""
    began = asyncio.get_running_loop().time()
    taken, ended = 0, False

    async def counted() -> Message:
        nonlocal taken, ended
        if ended:
            return await receive()  # waits until the reader goes, which may be long
        try:
            async with asyncio.timeout_at(began + BODY_SECONDS + taken / SLOWEST):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, "The request came too slowly.") from None
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413, f"The request is over {limit:,} bytes.")
        ended = not message.get("more_body", False)
        return message

    return counted


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


def _digest(auth: str) -> bytes:
    """Of one length for every password, so that comparing tells nothing of it."""
    return hashlib.sha256(auth.encode("utf-8", "surrogateescape")).digest()


def _knows(header: str, auth: bytes) -> bool:
    """Whether a header Authorization (Basic) holds what hashes to `auth`."""
    scheme, _, given = header.partition(" ")
    try:
        said = base64.b64decode(given.strip(), validate=True)
    except ValueError:
        said = b""
    same = hmac.compare_digest(hashlib.sha256(said).digest(), auth)
    return same and scheme.lower() == "basic"


def _unknown() -> JSONResponse:
    refused = refusal(401, "A name and a password are needed here.")
    refused.headers["WWW-Authenticate"] = 'Basic realm="Footnote", charset="UTF-8"'
    return refused


def _too_many(seconds: int) -> JSONResponse:
    words = "second" if seconds == 1 else "seconds"
    refused = refusal(
        429, f"Too many wrong passwords came from this address. Try again in {seconds} {words}."
    )
    refused.headers["Retry-After"] = str(seconds)
    return refused


def _same_origin(headers: Headers) -> bool:
    """Whether the page that sends this, where a browser names it, is of the host it is sent to."""
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == headers.get("host", "")
    except ValueError:
        return False


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def refusal(status: int, detail: str) -> JSONResponse:
    """A JSON error with the headers on it, for senders that no middleware stands in front of."""
    headers = {**SECURITY_HEADERS, "Content-Security-Policy": CLOSED_POLICY}
    return JSONResponse({"detail": detail}, status, headers)
