"""What a reader makes of one file before it becomes an Article, and what all readers share."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath

from ..errors import BadFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An article as found in a file.

    key:    the `id` that the file gives it, if any.
    pages:  where each page begins in `text`, which is normalised already if there are any.
    path:   the member of an archive that it came from, after the archive's own path.
    """

    title: str
    text: str
    source: str | None = None
    url: str | None = None
    published: date | None = None
    updated: date | None = None
    author: str | None = None
    language: str | None = None
    key: str | None = None
    pages: tuple[int, ...] = ()
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that did not become an article, and why, in words for a person."""

    path: str
    reason: str


_LONG_DATES = ("%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d, %Y", "%Y/%m/%d")


# Python's own reader takes any sign for the T: 20200305123 would be a day and an hour.
_ISO = re.compile(r"\d{4}-?(?:\d\d-?\d\d|W\d\d(?:-?\d)?)(?=[Tt ]|\Z)")


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
        found = _from_epoch(value)
    elif isinstance(value, str):
        found = _from_text(value.strip())
    else:
        found = None
    if found is not None:
        return found
    # A list may be YAML's billion laughs: as text it would fill the memory.
    shown = value[:80] if isinstance(value, str) else _digits(value) or f"<{type(value).__name__}>"
    raise BadFile(f'"{name}" is "{shown}", not a date (use YYYY-MM-DD)')


def _digits(value: object) -> str | None:
    """A number as text; None for what is none, or so long that Python will not write it."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return str(value) if abs(value) < 1e30 else None


def _from_epoch(value: float) -> date | None:
    try:
        seconds = value / 1000 if abs(value) > 1e11 else value
        # 1e8 seconds is 1973: smaller numbers are far more often a typing error than a date.
        return datetime.fromtimestamp(seconds, UTC).date() if abs(seconds) >= 1e8 else None
    except (ValueError, OverflowError, OSError):
        return None


def _from_text(value: str) -> date | None:
    if re.fullmatch(r"\d{10}|\d{13}", value):
        return _from_epoch(int(value))
    try:
        if _ISO.match(value):
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
    except (ValueError, TypeError, IndexError, OverflowError):
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
    if digits := _digits(value):
        return digits
    if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        return ", ".join(value)
    raise BadFile(f'"{name}" is {type(value).__name__}, not text (put it in quotes)')


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
    unmarked = _unmarked_utf16(raw)
    if unmarked is not None:
        return unmarked
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
        return _likeliest(raw)


def _unmarked_utf16(raw: bytes) -> str | None:
    """UTF-16 without its mark: nearly every other byte is nought or the number of one script."""
    if b"\0" not in raw or raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        high = Counter(raw[first:8192:2])
        few = sum(count for _, count in high.most_common(2)) > 0.9 * high.total()
        if few and high[0] and high.total() >= 20:
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
    return None


def _likeliest(raw: bytes) -> str:
    # A file that was cut short, or has a bad byte or two, is UTF-8 all the same.
    text = raw.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    if sum(c > "\x7f" for c in text) > 5 * bad:
        return text
    from charset_normalizer import from_bytes

    matches = from_bytes(raw)
    best = matches.best()
    if best is None:
        raise BadFile("is not text in any encoding that is known (save it as UTF-8)")
    # Rarer code pages look as likely on the accents of French or Spanish.
    western = (m for m in matches if m.encoding == "cp1252" and m.chaos <= best.chaos + 0.1)
    return str(next(western, best))
