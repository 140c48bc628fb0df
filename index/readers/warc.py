"""Web archives: every page in them that was fetched as it is (warcio)."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..errors import BadFile
from . import html
from .draft import Draft, Skipped

MAX_PAGE = 16 * 1024 * 1024
"""Bytes of one page, inflated."""

_PAGES = ("text/html", "application/xhtml+xml")


def read(raw: bytes, name: str) -> Iterator[Draft | Skipped]:
    """One draft a page. Redirects, errors and what is no HTML are left out, not skipped."""
    if name.lower().endswith(".gz") and not name.lower().endswith(".warc.gz"):
        raise BadFile("has an ending that is not known (of packed files .warc.gz and .zip are)")
    others = pages = 0
    for record in _records(raw):
        if not _is_page(record):
            others += 1
            continue
        pages += 1
        url = record.rec_headers.get_header("WARC-Target-URI")
        try:
            yield _draft(record, url)
        except BadFile as problem:
            yield Skipped(f"{name} ({url})", str(problem))
    if not pages:
        raise BadFile(f"holds no page that was fetched whole ({others:,} other records)")


def _records(raw: bytes) -> Iterator[Any]:
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    try:
        yield from ArchiveIterator(io.BytesIO(raw))
    except (ArchiveLoadFailed, zlib.error, EOFError, ValueError) as problem:
        raise BadFile(f"cannot be read from here on: {problem} (fetch or pack it again)") from None


def _is_page(record: Any) -> bool:
    if record.rec_type != "response" or record.http_headers is None:
        return False
    kind = (record.http_headers.get_header("Content-Type") or "").partition(";")[0]
    found = record.http_headers.get_statuscode() == "200"
    return found and kind.strip().lower() in _PAGES


def _draft(record: Any, url: str | None) -> Draft:
    try:
        content = record.content_stream().read(MAX_PAGE + 1)
    except (zlib.error, EOFError, ValueError, OSError) as problem:
        raise BadFile(f"cannot be inflated: {problem}") from None
    if len(content) > MAX_PAGE:
        raise BadFile(f"is a page of over {MAX_PAGE:,} bytes (save its text as .txt or .md)")
    draft = html.page_draft(content, url or "page")
    # The day of the crawl says nothing of the day of the article: only the page's own dates count.
    return replace(draft, url=draft.url or url)
