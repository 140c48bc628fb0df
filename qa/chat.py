"""The Gradio chat: a page, a panel of sources beside it, and the server that carries them.

No reasoning happens here: the page posts a question to one Gradio API function, gets an Answer
as JSON, and draws it with our own static script (`static/`), which writes text with `textContent`
only. Gradio's own components never receive article or model text, since some of them run it as
code. Only this module imports gradio, fastapi and uvicorn; import it only to serve.
"""

from __future__ import annotations

import functools
import logging
import os
import re
import shlex
import socket
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import fastapi
import gradio as gr
import uvicorn
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from index.errors import BadQuestion, FootnoteError, UnknownArticle

from . import config
from .answerer import MAX_QUESTION, Answerer
from .gate import LOOPBACK, Gate, refusal

if TYPE_CHECKING:
    from index.store import Index

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"

TURN_LIMIT = 20
REPLY_LIMIT = 4_000
"""Characters of an earlier answer that may come back as history; the page cuts to it."""

FAILURE = "Something went wrong. The details are in the log of the program."

CONTEXT = 300
"""Characters shown on each side of a quote."""

_HEAD = (
    "".join(
        f'<link rel="stylesheet" href="footnote/static/{name}.css">'
        for name in ("chat", "answer", "evidence", "panel", "forms")
    )
    + '<script type="module" src="footnote/static/chat.js"></script>'
)


async def _failed(request: fastapi.Request, error: Exception) -> JSONResponse:
    """What a route of ours says when it breaks; Starlette sends this outside of every middleware,
    and then logs the error."""
    return refusal(500, FAILURE)


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


def add_command(folder: Path) -> str:
    """The command that adds articles to the index in `folder`, from wherever it is typed."""
    folder = folder.resolve()
    if folder == config.seeds_index().resolve():
        return "qa add FOLDER && qa chat"  # one's own articles never mix with the samples
    if folder == config.new_index_folder().resolve():
        return "qa add FOLDER"
    return f"qa add FOLDER --index {shlex.quote(str(folder))}"


def _routes(index: Index, local: bool) -> fastapi.APIRouter:
    router = fastapi.APIRouter(prefix="/footnote")

    @functools.lru_cache(maxsize=1)
    def count(version: int) -> int:
        return len(index.articles())

    @router.get("/about")
    def about() -> dict[str, Any]:
        limits = {"question": MAX_QUESTION, "turns": TURN_LIMIT, "reply": REPLY_LIMIT}
        return {
            "index": config.index_name(index.path),
            "articles": count(index.version),
            # Who asks from another machine can add nothing, and need not know its folders.
            "add": add_command(index.path) if local else None,
            "limits": limits,
        }

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
    answerer: Answerer, index: Index, hosts: Sequence[str] | None = None
) -> fastapi.FastAPI:
    """The chat as an ASGI app. `hosts`: the names it may be called by, None for any (see Gate)."""
    # FastAPI's own documentation pages load scripts from elsewhere.
    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_routes(index, local=hosts is not None))
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
