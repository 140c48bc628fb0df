"""Web archives: every page in them that was fetched as it is (warcio)."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import replace
from typing import Any

from ..errors import BadFile
from . import html
from .draft import Draft, Skipped

MAX_PAGE = 16 * 1024 * 1024
"""Bytes of one page, inflated."""

_TORN = (zlib.error, EOFError, ValueError, OSError)
_PAGES = ("text/html", "application/xhtml+xml")


class _Packed(gzip.GzipFile):
    """An EOFError is the end for warcio, which then says nothing of a file that is cut short."""

    def read(self, size: int | None = -1) -> bytes:
        try:
            return super().read(size)
        except EOFError:
            raise OSError("it is cut short") from None


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

    # Not left to warcio, which refuses a file that was packed as a whole.
    packed = raw.startswith(b"\x1f\x8b")
    stream = _Packed(fileobj=io.BytesIO(raw)) if packed else io.BytesIO(raw)
    records = ArchiveIterator(stream, check_digests=True)
    while True:
        try:
            with redirect_stderr(io.StringIO()):  # where warcio writes pages on what is damaged
                record = next(records)
        except StopIteration:
            return
        # AttributeError: a record that does not say its address.
        except (ArchiveLoadFailed, AttributeError, *_TORN) as problem:
            why = str(problem).strip()[:200]
            raise BadFile(f"cannot be read from here on: {why} (fetch or pack it again)") from None
        yield record


def _is_page(record: Any) -> bool:
    if record.rec_type != "response" or record.http_headers is None:
        return False
    kind = (record.http_headers.get_header("Content-Type") or "").partition(";")[0]
    found = record.http_headers.get_statuscode() == "200"
    return found and kind.strip().lower() in _PAGES


def _draft(record: Any, url: str | None) -> Draft:
    try:
        with redirect_stderr(io.StringIO()):
            content = record.content_stream().read(MAX_PAGE + 1)
    except _TORN as problem:
        raise BadFile(f"cannot be inflated: {problem}") from None
    if len(content) > MAX_PAGE:
        raise BadFile(f"is a page of over {MAX_PAGE:,} bytes (save its text as .txt or .md)")
    # What is cut short ends as if it were whole. Payload hashes are not asked: of pages that were
    # sent packed, crawlers hash now the one form and now the other.
    if any(problem.startswith("block") for problem in record.digest_checker.problems):
        raise BadFile("is damaged: it has not the hash that was stored with it (fetch it again)")
    draft = html.page_draft(content, url or "page")
    # The day of the crawl says nothing of the day of the article: only the page's own dates count.
    return replace(draft, url=draft.url or url)
