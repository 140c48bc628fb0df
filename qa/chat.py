"""The Gradio chat: the frame of the page, one API function, and the server that carries them.

No reasoning happens here, and none of the page either: our own static script (`static/`) draws it
over our own routes (`web/`), with `textContent` only. Gradio's components never receive article or
model text, since some of them run it as code. Only this module imports gradio and uvicorn; import
it only to serve.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastapi
import gradio as gr
import uvicorn
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from index.errors import BadQuestion, FootnoteError

from . import config
from .answerer import Answerer
from .types import Answer
from .web.adding import UPLOAD_BYTES
from .web.asking import FAILURE, READERS, Desk, Prices, sentence
from .web.checked import checked_history, checked_question
from .web.gate import LOOPBACK, Gate, refusal
from .web.lines import Crew
from .web.routes import routes

if TYPE_CHECKING:
    from index.store import Index

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"

CONNECTIONS = 400
"""That are open at once; a page of Gradio's keeps one or two."""

HEAD_SECONDS = 20
"""In which a connection must have asked for something, or for something more: else silent ones,
which cost their owner nothing, would take all places."""

GRACE = 3
"""Seconds that answers under way are given when the program is stopped."""

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


async def _bad(request: fastapi.Request, error: Exception) -> JSONResponse:
    return refusal(422, sentence(str(error)))


async def _odd(request: fastapi.Request, error: Exception) -> JSONResponse:
    return refusal(422, "The address has a value that cannot be read.")


def add_command(folder: Path) -> str:
    """The command that adds articles to the index in `folder`, from wherever it is typed."""
    folder = folder.resolve()
    if folder == config.seeds_index().resolve():
        return "qa add FOLDER && qa chat"  # one's own articles never mix with the samples
    if folder == config.new_index_folder().resolve():
        return "qa add FOLDER"
    return f"qa add FOLDER --index {shlex.quote(str(folder))}"


def _asker(
    answerer: Answerer, crew: Crew
) -> Callable[[str, list[list[str]] | None], dict[str, Any]]:
    def ask(question: str, history: list[list[str]] | None = None) -> dict[str, Any]:
        """Answer a question from the articles; every statement comes with its citations.

        history: earlier turns of this conversation as [question, answer text], oldest first.
        Returns an Answer as JSON (its field "schema" names the version of the format).
        """
        try:
            stream = answerer.stream(checked_question(question), checked_history(history))
            with crew.ending(stream.stop):
                answer = next((e for e in stream if isinstance(e, Answer)), None)
            if answer is None:
                raise FootnoteError("the program is ending")
            return answer.to_json()
        except FootnoteError as error:
            raise gr.Error(sentence(str(error)), print_exception=False) from error
        except Exception as error:  # the edge: a page must get a sentence, the log the rest
            log.exception("A question failed.")
            raise gr.Error(FAILURE, print_exception=False) from error

    return ask


def _page(answerer: Answerer, crew: Crew) -> gr.Blocks:
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
                        max_lines=5,
                        container=False,
                    )
                    gr.Button("Ask", elem_id="footnote-ask", variant="primary")
            gr.Column(elem_id="footnote-sources")
        gr.api(_asker(answerer, crew), api_name="ask")
    page.state_session_capacity = 100
    return page.queue(default_concurrency_limit=4, max_size=32, api_open=False)


def build_app(
    answerers: Sequence[Answerer],
    index: Index,
    hosts: Sequence[str] | None = None,
    *,
    auth: str | None = None,
    allow_add: bool = False,
    prices: Prices | None = None,
    readers: int = READERS,
) -> fastapi.FastAPI:
    """The chat as an ASGI app.

    answerers:  one for each model that a reader may choose; the first is who answers if none is.
    hosts:      the names it may be called by, None for any (see Gate).
    auth:       "user:password" that every request must bring.
    readers:    how many are answered at once; the next is told to come again.
    """
    # FastAPI's own documentation pages load scripts from elsewhere.
    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # Who asks from another machine can type no command, and need not know the folders here.
    command = add_command(index.path) if hosts is not None else None
    desk = Desk.of(answerers, readers, prices or {})
    app.include_router(routes(index, desk, command, allow_add))
    app.state.stop = desk.crew.stop
    app.mount("/footnote/static", StaticFiles(directory=STATIC))
    # With a list of its own on the parent, Gradio adds no permissions for other origins.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    streamed = {"/footnote/add": UPLOAD_BYTES + 100_000} if allow_add else {}
    app.add_middleware(Gate, hosts=hosts, auth=auth, streamed=streamed)
    app.add_exception_handler(Exception, _failed)
    app.add_exception_handler(BadQuestion, _bad)
    app.add_exception_handler(RequestValidationError, _odd)
    system_ui = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
    # Every setting that Gradio would otherwise take from the environment is named.
    gr.mount_gradio_app(
        app,
        _page(answerers[0], desk.crew),
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
    answerers: Sequence[Answerer],
    index: Index,
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    auth: str | None = None,
    no_auth: bool = False,
    allow_add: bool = False,
    prices: Prices | None = None,
) -> None:
    """Serve the chat until interrupted.

    no_auth:  whoever reaches an address other than this machine's own may ask; for the rest see
              build_app.

    Raises FootnoteError when the port cannot be had, and for another address that is not guarded.
    """
    local = host in LOOPBACK
    if not (local or auth or no_auth):
        raise FootnoteError(
            f"{host} can be reached from other machines: say who may ask with "
            "--auth USER:PASSWORD, or that anybody may with --no-auth"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise FootnoteError(
            f"Port {port} on {host} cannot be used ({reason}). Choose another with --port."
        ) from error
    app = build_app(
        answerers,
        index,
        LOOPBACK if local else None,
        auth=auth,
        allow_add=allow_add,
        prices=prices,
    )
    address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    print(f"Footnote is at {address} (Ctrl+C stops it).")
    if not (local or auth):
        print("Anybody who can reach this address can ask, and can read the articles.")
    elif not local:
        print("The password crosses the network as it is, unless something adds TLS in front.")
    settings = uvicorn.Config(
        app,
        log_level="warning",
        http=Impatient,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE,
    )
    _Server(settings).run(sockets=[listener])


class Impatient(H11Protocol):
    """Hangs up on a connection that says nothing, or never ends what it says."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_another()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._await_another()

    def _await_another(self) -> None:
        self.loop.call_later(HEAD_SECONDS, self._hang_up, self.cycle)

    def _hang_up(self, last: RequestResponseCycle | None) -> None:
        """Unless a request has come since the last."""
        if self.cycle is last and (last is None or last.response_complete):
            self.transport.close()


class _Server(uvicorn.Server):
    """Ends the answers under way when it is stopped, and then waits for their last lines."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.stop()  # type: ignore[union-attr]
        # A page that stays open keeps a line of Gradio's, whose end is no error to report.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)
