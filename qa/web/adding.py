"""POST /footnote/add: articles that readers upload or paste. The route exists only when allowed."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import IO, Any

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response

from index.errors import BadFile, BadQuestion, IndexLocked
from index.ingest import Report, add_fetched
from index.readers import FORMATS, Skipped, identity, make_article
from index.sandbox.pool import read_all
from index.store import Index
from index.types import Article

from .asking import FAILURE
from .checked import NAME_LIMIT, checked_day, checked_text, optional
from .lines import Crew, Line, Put, busy

log = logging.getLogger(__name__)

UPLOAD_BYTES = 20_000_000
"""Of one request, all files together."""

FILES = 20
PASTE = 200_000
"""Characters of a pasted article."""

ARTICLES = 500
"""That one request may bring: a file of a megabyte can hold thousands."""

BUSY = "Somebody else is adding articles at the moment. Try again when that is done."
LOCKED = "Another program is writing to the index. Try again when it is done."

Found = Article | Skipped
Source = Callable[[Path, Put], Iterator[Found]]
"""Reads what came, in a folder of its own that is thrown away afterwards, telling how far it is."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came: what its sender calls it, and its bytes."""

    label: str
    file: IO[bytes]


def pasted(body: dict[str, Any]) -> Article:
    """A pasted article. Raises BadQuestion."""
    title = optional(body.get("title"), NAME_LIMIT, "The title")
    if not title:
        raise BadQuestion("Give the article a title.")
    text = checked_text(body.get("text") or "", PASTE, "The text")
    if not text.strip():
        raise BadQuestion("Give the article a text.")
    url = optional(body.get("url"), NAME_LIMIT, "The address")
    if url and not re.match(r"https?://[^\s/]", url):
        raise BadQuestion("The address must begin with http:// or https://.")
    try:
        return make_article(
            title,
            text,
            source=optional(body.get("source"), NAME_LIMIT, "The source"),
            published=checked_day(body.get("published"), "published"),
            url=url,
        )
    except BadFile as problem:
        raise BadQuestion(f"The article {problem}.") from None


async def uploads(request: Request) -> list[Upload]:
    """The files of a request, on disk where they are large. Raises HTTPException."""
    # Their bytes are counted by the gate.
    parser = MultiPartParser(
        request.headers, request.stream(), max_files=FILES, max_fields=0, max_part_size=1_000
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as problem:
        said = getattr(problem, "message", "")
        if "files" in said:
            raise HTTPException(413, f"At most {FILES} files can be added at once.") from None
        raise HTTPException(422, "The upload must be a form of files.") from None
    files = [item for _, item in form.multi_items() if isinstance(item, UploadFile)]
    if not files:
        raise HTTPException(422, "Choose a file first.")
    return [Upload(label(file.filename), file.file) for file in files]


def label(name: str | None) -> str:
    """What a file is called, whatever path its sender named: one name of plain signs."""
    last = re.split(r"[/\\]", name or "")[-1]
    stem, dot, suffix = last.rpartition(".")
    plain = re.sub(r"[^\w ()-]+", "_", stem if dot else last)[:60].strip(" _") or "file"
    return f"{plain}.{re.sub('[^a-z]', '', suffix.lower())[:10]}" if dot else plain


def added(index: Index, crew: Crew, source: Source, close: Callable[[], None]) -> Response:
    """Add in a thread, telling how far it is; what was sent is added though the reader goes.

    close:  called in the end, whatever came of it.
    """

    def make(put: Put) -> None:
        try:
            put(_added(index, source, put, crew.closing.is_set))
        except IndexLocked:
            put(_error("busy", LOCKED))
        except Exception:  # the edge: a page must get a sentence, the log the rest
            log.exception("Adding articles failed.")
            put(_error("internal", FAILURE))
        finally:
            close()

    lines = crew.lines(make, lambda: None)
    if lines is None:
        close()
    return lines or busy(BUSY)


def _error(kind: str, message: str) -> Line:
    return {"event": "error", "kind": kind, "message": message}


def _added(index: Index, source: Source, put: Put, stopped: Callable[[], bool]) -> Line:
    report = Report()
    with tempfile.TemporaryDirectory(prefix="footnote-") as place:
        # A reader adds to the owner's articles, and replaces none of them.
        add_fetched(index, _at_most(source(Path(place), put), stopped), report, replaces=False)
    return {
        "event": "report",
        "added": len(report.added),
        "updated": len(report.updated),
        "unchanged": len(report.unchanged),
        "skipped": [{"name": s.path, "reason": s.reason} for s in report.skipped],
    }


def _at_most(found: Iterator[Found], stopped: Callable[[], bool]) -> Iterator[Found]:
    count = 0
    for item in found:
        count += isinstance(item, Article)
        if count > ARTICLES or stopped():
            more = f"goes over {ARTICLES} articles at once (use qa add for the rest)"
            reason = "was not added: the program was stopped" if stopped() else more
            yield Skipped(item.path or "what was sent", reason)
            return
        yield item


def from_paste(article: Article) -> Source:
    """The one article."""

    def read(place: Path, put: Put) -> Iterator[Found]:
        yield article
        put({"event": "progress", "done": 1, "total": 1, "name": article.title})

    return read


def from_files(files: Sequence[Upload]) -> Source:
    """Read by the processes that read for `qa add`, each file in a folder of its own."""

    def read(place: Path, put: Put) -> Iterator[Found]:
        placed = []
        for number, upload in enumerate(files):
            if PurePath(upload.label).suffix in FORMATS:
                placed.append(_placed(upload, place / str(number)))
            else:
                known = ", ".join(FORMATS)
                reason = f"has an ending that is not known (known are {known})"
                yield Skipped(upload.label, reason)
        with closing(read_all(placed)) as results:
            for done, ((path, _), items) in enumerate(results, 1):
                yield from (_by_content(item) for item in items)
                line = {"event": "progress", "done": done, "total": len(placed)}
                put({**line, "name": path.name})

    return read


def _placed(upload: Upload, folder: Path) -> tuple[Path, Path]:
    """The bytes under a name that can be no path: a text without a title is called by it."""
    folder.mkdir()
    path = folder / upload.label
    assert path.parent == folder, "a label is one name"
    with path.open("xb") as file:
        shutil.copyfileobj(upload.file, file)
    return path, folder


def _by_content(found: Found) -> Found:
    """An article known by its address, else by what it says: neither the name of its file nor the
    `id` that the file gives is its sender's alone."""
    if isinstance(found, Article):
        content = f"{found.title}\n{found.text}"
        return replace(found, id=identity(found.url, None, None, content))
    return found
