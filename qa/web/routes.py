"""What is served under /footnote beside the page's own script."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import fastapi
from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from index.errors import UnknownArticle
from index.store import Index

from .. import config
from ..answerer import MAX_QUESTION
from . import adding, feedback
from .articles import Listing, as_page
from .asking import Desk
from .checked import (
    ANSWER_LIMIT,
    KEY_LIMIT,
    NAME_LIMIT,
    NOTE_LIMIT,
    REPLY_LIMIT,
    TURN_LIMIT,
    checked_asked,
    checked_feedback,
    checked_marks,
    checked_page,
    checked_range,
    checked_text,
    optional,
    parsed,
)
from .examples import examples
from .lines import Crew
from .once import Once

log = logging.getLogger(__name__)

LIMITS = {
    "question": MAX_QUESTION,
    "turns": TURN_LIMIT,
    "reply": REPLY_LIMIT,
    "note": NOTE_LIMIT,
    "answer": ANSWER_LIMIT,
    "upload_bytes": adding.UPLOAD_BYTES,
    "files": adding.FILES,
    "paste": adding.PASTE,
}


def routes(index: Index, desk: Desk, add: str | None, allow_add: bool) -> fastapi.APIRouter:
    """The routes over one index. `add`: the command that adds articles, None where it helps not."""
    stopped = threading.Event()
    holds = Once(lambda: index.version, lambda: Listing.of(index.headings()))
    questions = Once(
        lambda: index.version,
        lambda: examples(index, Listing.of(index.headings()).headings, stopped.is_set),
    )
    adders = Crew(1, "adding")  # one at a time: an index has one writer

    @asynccontextmanager
    async def lifespan(app: fastapi.FastAPI) -> AsyncIterator[None]:
        # The first reader should not wait for them.
        first = asyncio.create_task(questions.now())
        yield
        stopped.set()
        for crew in (desk.crew, adders):
            crew.closing.set()
        await asyncio.gather(first, questions.now(), return_exceptions=True)
        for crew in (desk.crew, adders):
            await run_in_threadpool(crew.close)

    router = fastapi.APIRouter(prefix="/footnote", lifespan=lifespan)
    models = [{"name": name, "label": config.model_label(name)} for name in desk.answerers]

    @router.get("/about")
    async def about() -> dict[str, Any]:
        listing = await holds.now()
        return {
            "index": config.index_name(index.path),
            **listing.about,
            "add": add,
            "allow_add": allow_add,
            "models": models,
            "limits": LIMITS,
        }

    # Apart, for it takes seconds: the page is there before them.
    @router.get("/examples")
    async def example_questions() -> dict[str, Any]:
        return {"examples": await questions.now()}

    @router.post("/ask")
    async def ask(request: Request) -> Response:
        return desk.ask(checked_asked(parsed(await request.body()), list(desk.answerers)))

    @router.post("/article")
    async def article(request: Request) -> dict[str, Any]:
        return await run_in_threadpool(_article, index, parsed(await request.body()))

    @router.get("/articles")
    async def articles(
        search: str = "", since: str = "", until: str = "", source: str = "", page: str = "1"
    ) -> dict[str, Any]:
        number, words = checked_page(page), checked_text(search, NAME_LIMIT, "search")
        days = checked_range(since or None, until or None)
        outlet = optional(source, NAME_LIMIT, "source")
        listing = await holds.now()
        return await run_in_threadpool(listing.page, number, words, *days, outlet)

    @router.post("/feedback", status_code=204)
    async def judge(request: Request) -> None:
        checked = checked_feedback(parsed(await request.body()))
        await run_in_threadpool(_store, index, checked)

    if allow_add:
        _add_route(router, index, adders)
    return router


def _add_route(router: fastapi.APIRouter, index: Index, crew: Crew) -> None:
    @router.post("/add")
    async def add(request: Request) -> Response:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            files = await adding.uploads(request)
            return adding.added(index, crew, adding.from_files(files), lambda: _close(files))
        article = adding.pasted(parsed(await request.body()))
        return adding.added(index, crew, adding.from_paste(article), lambda: None)


def _close(files: list[adding.Upload]) -> None:
    for upload in files:
        upload.file.close()


def _article(index: Index, body: dict[str, Any]) -> dict[str, Any]:
    article_id = checked_text(body.get("article"), KEY_LIMIT, "The article")
    version = optional(body.get("version"), KEY_LIMIT, "The version")
    marks = checked_marks(body.get("marks"))
    try:
        found = index.article(article_id, version)
        current = index.article(article_id).version == found.version
    except UnknownArticle:
        raise HTTPException(404, "The index holds no such article.") from None
    return as_page(found, marks, current)


def _store(index: Index, checked: dict[str, str]) -> None:
    try:
        kept = feedback.store(index.path, checked)
    except OSError:
        log.exception("Feedback could not be stored.")
        raise HTTPException(503, "It could not be stored in the index folder.") from None
    if not kept:
        raise HTTPException(503, "It could not be stored: the file of judgements is full.")
