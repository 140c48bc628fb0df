"""What is in the index, and one article's text cut where the page will mark it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from index.errors import BadQuestion
from index.types import Article, Heading

from ..language.names import fold
from ..types import plain
from .checked import Mark

PAGE = 50
"""Articles on one page of the list."""

SOURCES = 200
"""Outlets that are named to the page."""


def web_url(url: str | None) -> str | None:
    """The URL when it is a web address, else None: `javascript:` and its kin stay out of links."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def as_page(article: Article, marks: Sequence[Mark], current: bool) -> dict[str, Any]:
    """An article as the page shows it. Raises BadQuestion for a mark outside of its text."""
    for mark in marks:
        if not 0 <= mark.start < mark.end <= len(article.text):
            raise BadQuestion(
                f"A mark must have 0 <= start < end <= {len(article.text)}, the length of the text."
            )
    names = ("id", "version", "title", "source", "published", "updated", "author")
    known = {name: plain(getattr(article, name)) for name in names}
    return {
        **known,
        "url": web_url(article.url),
        "current": current,
        "blocks": list(blocks(article.text, marks)),
    }


def blocks(text: str, marks: Sequence[Mark]) -> Iterator[list[dict[str, Any]]]:
    """The paragraphs of a text, each in segments that lie wholly inside or outside of each mark.

    Offsets are code points, so the cutting is done here and not in the page: JavaScript counts
    UTF-16. Put together, with the blank lines between, the segments are the text.
    """
    cuts = sorted({edge for mark in marks for edge in (mark.start, mark.end)})
    start = 0
    for end, following in [*(gap.span() for gap in re.finditer("\n\n", text)), (len(text), 0)]:
        edges = [start, *(cut for cut in cuts if start < cut < end), end]
        yield [{"text": text[a:b], "keys": _keys(marks, a, b)} for a, b in pairwise(edges)]
        start = following


def _keys(marks: Sequence[Mark], start: int, end: int) -> list[str | int]:
    over = (mark.key for mark in marks if mark.start <= start and end <= mark.end)
    return list(dict.fromkeys(over))


@dataclass(frozen=True)
class Listing:
    """What one version of an index holds, newest first, undated articles last."""

    headings: Sequence[Heading]
    words: Sequence[str] = field(repr=False)
    """The titles as they are searched, beside `headings`."""

    @classmethod
    def of(cls, headings: Iterable[Heading]) -> Listing:
        newest = sorted(
            headings, key=lambda h: (h.published or date.min, h.title, h.id), reverse=True
        )
        return cls(newest, [fold(heading.title) for heading in newest])

    @cached_property
    def about(self) -> dict[str, Any]:
        """Counts, the days and the outlets."""
        days = [h.published for h in self.headings if h.published]
        outlets = Counter(h.source for h in self.headings if h.source)
        ranked = sorted(outlets.items(), key=lambda item: (-item[1], item[0]))[:SOURCES]
        return {
            "articles": len(self.headings),
            "undated": len(self.headings) - len(days),
            "earliest": plain(min(days, default=None)),
            "latest": plain(max(days, default=None)),
            "sources": [{"name": name, "articles": count} for name, count in ranked],
        }

    def page(
        self,
        number: int,
        search: str = "",
        since: date | None = None,
        until: date | None = None,
        source: str | None = None,
    ) -> dict[str, Any]:
        """One page of the articles whose title holds all words of `search`."""
        wanted = [fold(word) for word in search.split()]
        found = [
            heading
            for heading, title in zip(self.headings, self.words, strict=True)
            if all(word in title for word in wanted)
            and _within(heading.published, since, until)
            and source in (None, heading.source)
        ]
        shown = found[(number - 1) * PAGE : number * PAGE]
        return {
            "total": len(found),
            "page": number,
            "pages": max(1, -(-len(found) // PAGE)),
            "articles": plain(shown),
        }


def _within(day: date | None, since: date | None, until: date | None) -> bool:
    if since is None and until is None:
        return True
    return day is not None and (since or date.min) <= day <= (until or date.max)
