"""The Gradio chat: a page, a panel of sources beside it, and the server that carries them.

No reasoning happens here: the page posts a question to one Gradio API function, gets an Answer
as JSON, and draws it with our own static script (`static/`), which writes text with `textContent`
only. Gradio's own components never receive article or model text, since some of them run it as
code. Only this module imports gradio, fastapi and uvicorn; import it only to serve.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import logging
import os
import re
import socket
import webbrowser
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import fastapi
import gradio as gr
import uvicorn
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import BadQuestion, FootnoteError, UnknownArticle

from .answerer import MAX_QUESTION, Answerer

if TYPE_CHECKING:
    from index.store import Index

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"

TURN_LIMIT = 20
REPLY_LIMIT = 4_000
"""Characters of an earlier answer that may come back as history; the page cuts to it."""
BODY_LIMIT = 1_000_000
"""Bytes of a request. 20 turns at the limits above fit, in any script."""
FAILURE = "Something went wrong. The details are in the log of the program."
CONTEXT = 300
"""Characters shown on each side of a quote."""

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

_HEAD = (
    "".join(
        f'<link rel="stylesheet" href="footnote/static/{name}.css">'
        for name in ("chat", "answer", "panel")
    )
    + '<script type="module" src="footnote/static/chat.js"></script>'
)

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

    `hosts` are the names under which the program may be called, None for any: a program that
    listens on this machine alone must not answer a web page that points its own name here.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str] | None = None) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        guarded = _with_headers(send, CLOSED_POLICY)
        refused = self._refusal(scope)
        body = b"" if refused else await _read(receive)
        if body is None:
            refused = _error(413, f"The request is over {BODY_LIMIT:,} bytes.")
        if refused:
            await refused(scope, receive, guarded)
        elif scope["path"] == "/":
            await self._page(scope, _replay(body or b"", receive), send)
        else:
            await self.app(scope, _replay(body or b"", receive), guarded)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        if self.hosts is not None and _host_name(headers.get("host", "")) not in self.hosts:
            return _error(400, "This program answers only under its own address.")
        # Another site's page can send a form here, with no leave asked: questions cost money.
        own = headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        if not own and scope["method"] not in ("GET", "HEAD"):
            return _error(403, "Questions are taken from this program's own page only.")
        path = scope["path"]
        if not path.startswith("/footnote/") and not GRADIO_PATHS.fullmatch(path):
            return _error(404, "There is nothing at this address.")
        return None

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


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _error(status: int, detail: str) -> JSONResponse:
    headers = {**SECURITY_HEADERS, "Content-Security-Policy": CLOSED_POLICY}
    return JSONResponse({"detail": detail}, status, headers)


async def _failed(request: fastapi.Request, error: Exception) -> JSONResponse:
    """What a route of ours says when it breaks; Starlette sends this outside of every middleware,
    and then logs the error."""
    return _error(500, FAILURE)


def context(text: str, start: int, end: int) -> dict[str, Any]:
    """The stretch `text[start:end]` with up to CONTEXT characters each side, in whole sentences.

    Offsets are code points, so the cutting is done here and not in the page: JavaScript counts
    UTF-16. The segments put together are a contiguous stretch of the text.
    """
    first, last = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    if first > 0:
        first += _cut(text[first:start], r"\n\s*|(?<=[.!?])\s+", r"\s+")
    if last < len(text):
        # Read backwards, so that what follows is cut at the last good place and not the first.
        last -= _cut(text[end:last][::-1], r"\s*\n|\s+(?=[.!?])", r"\s+")
    parts = ((text[first:start], False), (text[start:end], True), (text[end:last], False))
    return {
        "segments": [{"text": part, "cited": cited} for part, cited in parts if part],
        "more_before": first > 0,
        "more_after": last < len(text.rstrip()),
    }


def _cut(edge: str, *places: str) -> int:
    """Where `edge` may begin: after the first place that leaves something of it, else at once."""
    for place in places:
        for found in re.finditer(place, edge):
            if found.end() < len(edge):
                return found.end()
    return 0


def web_url(url: str | None) -> str | None:
    """The URL when it is a web address, else None: `javascript:` and its kin stay out of links."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def _routes(index: Index, title_of_index: str) -> fastapi.APIRouter:
    router = fastapi.APIRouter(prefix="/footnote")

    @functools.lru_cache(maxsize=1)
    def count(version: int) -> int:
        return len(index.articles())

    @router.get("/about")
    def about() -> dict[str, Any]:
        limits = {"question": MAX_QUESTION, "turns": TURN_LIMIT, "reply": REPLY_LIMIT}
        return {"index": title_of_index, "articles": count(index.version), "limits": limits}

    @router.get("/context")
    def cited(article: str, version: str, start: int, end: int) -> dict[str, Any]:
        try:
            found = index.article(article, version)
        except UnknownArticle as unknown:
            raise fastapi.HTTPException(404, "The index holds no such article.") from unknown
        if not 0 <= start < end <= len(found.text):
            raise fastapi.HTTPException(
                422, f"start and end must be 0 <= start < end <= {len(found.text)}."
            )
        return {
            "title": found.title,
            "source": found.source,
            "published": found.published and found.published.isoformat(),
            "url": web_url(found.url),
            **context(found.text, start, end),
        }

    return router


def checked_text(value: object, limit: int, name: str) -> str:
    """`value` when it is text within `limit` characters. Raises BadQuestion otherwise."""
    if not isinstance(value, str):
        raise BadQuestion(f"{name} must be text, not {type(value).__name__}.")
    if len(value) > limit:
        raise BadQuestion(f"{name} has {len(value):,} characters; the limit is {limit:,}.")
    # JSON can carry half of a surrogate pair, which no database and no model can take.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise BadQuestion(f"{name} holds a broken character (half of a surrogate pair).")
    return value


def checked_question(value: object) -> str:
    """A question as typed, stripped. Raises BadQuestion."""
    question = checked_text(value, MAX_QUESTION, "The question").strip()
    if not question:
        raise BadQuestion("Type a question first.")
    return question


def checked_history(value: object) -> list[tuple[str, str]]:
    """Earlier turns as the page sends them, which anybody can forge. Raises BadQuestion."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > TURN_LIMIT:
        raise BadQuestion(f"The history must be a list of at most {TURN_LIMIT} turns.")
    turns = []
    for turn in value:
        if not isinstance(turn, list) or len(turn) != 2:
            raise BadQuestion("Each turn of the history must be [question, answer].")
        question = checked_text(turn[0], MAX_QUESTION, "A question in the history")
        turns.append((question, checked_text(turn[1], REPLY_LIMIT, "An answer in the history")))
    return turns


def _asker(answerer: Answerer) -> Callable[[str, list[list[str]] | None], dict[str, Any]]:
    def ask(question: str, history: list[list[str]] | None = None) -> dict[str, Any]:
        """Answer a question from the articles; every statement comes with its citations.

        history: earlier turns of this conversation as [question, answer text], oldest first.
        Returns an Answer as JSON (its field "schema" names the version of the format).
        """
        try:
            turns = checked_history(history)
            return answerer.ask(checked_question(question), history=turns).to_json()
        except FootnoteError as error:
            raise gr.Error(_sentence(str(error)), print_exception=False) from error
        except Exception as error:  # the edge: a page must get a sentence, the log the rest
            log.exception("A question failed.")
            raise gr.Error(FAILURE, print_exception=False) from error

    return ask


def _sentence(message: str) -> str:
    """An error's message as the page shows it; a terminal shows it after "error: "."""
    return message[:1].upper() + message[1:] + "." * (not message.endswith((".", ")")))


def _page(answerer: Answerer) -> gr.Blocks:
    """The frame that the script fills: empty columns, a text box, a button, one API function."""
    with gr.Blocks(title="Footnote", analytics_enabled=False, fill_width=True) as page:
        gr.Column(elem_id="footnote-header")
        with gr.Row(elem_id="footnote-body"):
            with gr.Column(elem_id="footnote-main"):
                gr.Column(elem_id="footnote-conversation")
                with gr.Row(elem_id="footnote-form"):
                    gr.Textbox(
                        elem_id="footnote-question",
                        label="Your question",
                        placeholder="Ask about the articles",
                        max_length=MAX_QUESTION,
                        max_lines=5,
                        container=False,
                    )
                    gr.Button("Ask", elem_id="footnote-ask", variant="primary")
            gr.Column(elem_id="footnote-sources")
        gr.api(_asker(answerer), api_name="ask")
    page.state_session_capacity = 100
    return page.queue(default_concurrency_limit=4, max_size=32, api_open=False)


def build_app(
    answerer: Answerer,
    index: Index,
    title_of_index: str | None = None,
    hosts: Sequence[str] | None = None,
) -> fastapi.FastAPI:
    """The chat as an ASGI app. `hosts`: the names it may be called by, None for any (see Gate)."""
    # FastAPI's own documentation pages load scripts from elsewhere.
    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_routes(index, title_of_index or index.path.resolve().name))
    app.mount("/footnote/static", StaticFiles(directory=STATIC))
    # With a list of its own on the parent, Gradio adds no permissions for other origins.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(Gate, hosts=hosts)
    app.add_exception_handler(Exception, _failed)
    system_ui = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
    # Every setting that Gradio would otherwise take from the environment is named.
    gr.mount_gradio_app(
        app,
        _page(answerer),
        path="/",
        footer_links=[],
        run_history=False,
        allowed_paths=[],
        favicon_path=str(STATIC / "footnote.svg"),
        show_error=False,
        max_file_size="1kb",
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        # A theme's own fonts would come from Google.
        theme=gr.themes.Base(font=system_ui, font_mono=("ui-monospace", "monospace")),
        head=_HEAD,
    )
    return app


def serve(
    answerer: Answerer,
    index: Index,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
) -> None:
    """Serve the chat until interrupted. Raises FootnoteError when the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise FootnoteError(
            f"Port {port} on {host} cannot be used ({reason}). Choose another with --port."
        ) from error
    local = host in LOOPBACK
    app = build_app(answerer, index, hosts=LOOPBACK if local else None)
    address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    print(f"Footnote is at {address} (Ctrl+C stops it).")
    if not local:
        print("Anybody who can reach this address can ask, and can read the articles.")
    if open_browser:
        webbrowser.open(address)  # the socket listens already, so the browser waits its turn
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
