"""The records that the index speaks in, and the seams it is given from outside.

Offsets are always Python code points of the stored, normalised text of an article.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:  # the processes that read files need no numpy, and start in half the time
    import numpy as np
    from numpy.typing import NDArray

Vectors: TypeAlias = "NDArray[np.float32]"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch `text[start:end]` of an article's text."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it is stored. `id` stays when the text is edited; `version` does not.

    id:       hash of the identity: the URL, else `id` in the front matter, else the path
              relative to the folder that was added, else the content.
    version:  hash of the content (title, text and what is known about it).
    path:     where it was read from, relative to the folder that was added, or None.
    pages:    where each page begins in `text`, ascending; empty where there are no pages. A page
              without text begins where the next one does.
    """

    id: str
    version: str
    title: str
    text: str
    source: str | None = None
    url: str | None = None
    published: date | None = None
    updated: date | None = None
    author: str | None = None
    language: str | None = None
    path: str | None = None
    pages: tuple[int, ...] = ()

    def page(self, offset: int) -> int | None:
        """The page, counted from 1, that holds `text[offset]`; None where there are no pages."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else None


@dataclass(frozen=True, slots=True)
class Heading:
    """An article without its text, for lists."""

    id: str
    version: str
    title: str
    source: str | None = None
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole sentences of one article that are embedded and searched together.

    id:         row number in the database; never used twice.
    sentences:  their spans in the article, in order; the chunk runs from the first to the last.
    """

    id: int
    article_id: str
    start: int
    end: int
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Ranks:
    """Where each half of the search put a chunk, counted from 1; None where it did not find it."""

    dense: int | None = None
    lexical: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A found chunk with its article. Higher scores are better, within one search.

    copies:     articles of other outlets that print the same text and were found with it.
                `article` is the earliest published of them all.
    sentences:  all of the article's, in order, as they were stored.
    """

    chunk: Chunk
    article: Article
    score: float
    ranks: Ranks = field(default_factory=Ranks)
    copies: tuple[Article, ...] = ()
    sentences: tuple[Span, ...] = ()

    @property
    def text(self) -> str:
        return self.article.text[self.chunk.start : self.chunk.end]


def day_of(name: str, value: object) -> date | None:
    """A day that was given as `name`; a datetime counts by its own day, whatever its zone.

    Raises TypeError for what is no day, a text among them.
    """
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    raise TypeError(
        f"{name} is {value!r}, not a day (give a datetime.date, such as date(2020, 3, 5))"
    )


def several(name: str, value: Iterable[str]) -> tuple[str, ...]:
    """Texts that were given as `name`: one alone is one, and no row of letters.

    Raises TypeError for what holds anything but texts.
    """
    made = (value,) if isinstance(value, str) else tuple(value)
    for text in made:
        if not isinstance(text, str):
            raise TypeError(f"{name} holds {text!r}, not a text (give a str, or a tuple of them)")
    return made


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search may return. None means no restriction; dates are inclusive.

    A date filter leaves undated articles out. A datetime counts by its own day. One source or
    article id may be given as it is; lists and sets become tuples. Raises TypeError for anything
    else.

    as_of:     the day that the search is put back to: what was published by then, as it is
               stored now, a later correction of its text included.
    language:  as articles name it, without regard to capitals; "en" also finds "en-GB". An
               article that names no language is left out.
    """

    published_after: date | None = None
    published_before: date | None = None
    sources: tuple[str, ...] | None = None
    article_ids: tuple[str, ...] | None = None
    language: str | None = None
    as_of: date | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__  # a frozen record has no other way
        for name in ("published_after", "published_before", "as_of"):
            put(self, name, day_of(name, getattr(self, name)))
        for name in ("sources", "article_ids"):
            if getattr(self, name) is not None:
                put(self, name, several(name, getattr(self, name)))
        if not isinstance(self.language, str | None):
            raise TypeError(f'language is {self.language!r}, not a text (give one, such as "en")')

    @property
    def by_date(self) -> bool:
        days = (self.published_after, self.published_before, self.as_of)
        return any(day is not None for day in days)


class Encoder(Protocol):
    """Text to vectors. Two encoders with the same fingerprint give the same vectors."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: list[str]) -> Vectors:
        """`(len(texts), dimension)` float32, each row of unit length."""
        ...


class Reranker(Protocol):
    """How well each text answers the question: `(len(texts),)` float32, higher is better."""

    def score(self, question: str, texts: Sequence[str]) -> Vectors: ...


class Entailer(Protocol):
    """Whether a quote carries a claim, by a model that reads both."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        """`(len(pairs),)` float32: for each (claim, quote) the probability that it does."""
        ...
