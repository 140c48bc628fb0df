"""What a reader makes of one file before it becomes an Article, and what all readers share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath

from ..errors import BadFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An article as found in a file. `key` is the `id` that the file gives it, if any."""

    title: str
    text: str
    source: str | None = None
    url: str | None = None
    published: date | None = None
    updated: date | None = None
    author: str | None = None
    language: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that did not become an article, and why, in words for a person."""

    path: str
    reason: str


_LONG_DATES = ("%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d, %Y", "%Y/%m/%d", "%Y%m%d")


def parse_date(name: str, value: object) -> date | None:
    """The day that a metadata value names; None for nothing.

    Raises BadFile for a value that is no date: a wrong date would be worse than a skipped file.
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_epoch(name, value)
    if isinstance(value, str):
        found = _from_text(value.strip())
        if found is not None:
            return found
    raise BadFile(f'"{name}" is "{value}", not a date (use YYYY-MM-DD)')


def _from_epoch(name: str, value: float) -> date:
    seconds = value / 1000 if abs(value) > 1e11 else value
    try:
        # 1e8 seconds is 1973: smaller numbers are far more often a typing error than a date.
        if abs(seconds) < 1e8:
            raise ValueError
        return datetime.fromtimestamp(seconds, UTC).date()
    except (ValueError, OverflowError, OSError):
        raise BadFile(f'"{name}" is "{value}", not a date (use YYYY-MM-DD)') from None


def _from_text(value: str) -> date | None:
    if re.fullmatch(r"\d{10}|\d{13}", value):
        return _from_epoch("date", int(value))
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        pass
    for form in _LONG_DATES:
        try:
            return datetime.strptime(value, form).date()
        except ValueError:
            continue
    try:
        return parsedate_to_datetime(value).date()
    except (ValueError, TypeError, IndexError):
        return None


def stem(name: str) -> str:
    """A file's name without folders and ending: the title of an article that has none."""
    return PurePosixPath(name).stem


def as_text(name: str, value: object) -> str | None:
    """A metadata value that should be text; numbers are taken as their digits."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        return ", ".join(value)
    raise BadFile(f'"{name}" is {type(value).__name__}, not text')


def from_fields(fields: dict[str, object], title: str, text: str) -> Draft:
    """A draft from named metadata, as front matter and JSON lines carry it."""
    return Draft(
        title=as_text("title", fields.get("title")) or title,
        text=text,
        source=as_text("source", fields.get("source")),
        url=as_text("url", fields.get("url")),
        published=parse_date("published", fields.get("published")),
        updated=parse_date("updated", fields.get("updated")),
        author=as_text("author", fields.get("author")),
        language=as_text("language", fields.get("language")),
        key=as_text("id", fields.get("id")),
    )


def decode(raw: bytes) -> str:
    """Bytes as text: by their byte order mark, as UTF-8, else by the likeliest encoding."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(raw).best()
        if best is None:
            raise BadFile("is not text in any encoding that is known (save it as UTF-8)") from None
        return str(best)
