"""What filters ask of articles, in memory: so that a filter costs a search next to nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .database import Database, Rows
from .types import Filters

NO_ROWS: Rows = np.empty(0, np.int64)
UNDATED = 0


def day_number(day: date) -> int:
    """A day as the database gives it: 5 March 2020 is 20200305."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_bounds(filters: Filters) -> tuple[int, int] | None:
    """The first and the last day number that filters allow, None where they name no day."""
    if not filters.by_date:
        return None
    last = [d for d in (filters.published_before, filters.as_of) if d is not None]
    first = filters.published_after
    return (day_number(first) if first else UNDATED + 1), day_number(min(last, default=date.max))


def language_names(language: str | None) -> list[str]:
    """What an article's language is found by: "en_GB" by "en" and by "en-gb"."""
    parts = language.lower().replace("_", "-").split("-") if language else []
    return ["-".join(parts[: n + 1]) for n in range(len(parts))]


@dataclass(frozen=True)
class Selection:
    """What a search may find.

    articles:  row numbers of the articles.
    first, chunks:  where the chunk rows of each begin, and how many it has (none: left out).
    """

    filters: Filters
    articles: Rows
    first: Rows
    chunks: Rows

    def mask(self, size: int) -> NDArray[np.bool_]:
        """Whether each chunk row below `size` may be found."""
        edges = np.zeros(size + 1, np.int8)
        # No two articles begin at one row, so no place is counted twice.
        edges[np.minimum(self.first, size)] += 1
        edges[np.minimum(self.first + self.chunks, size)] -= 1
        found: NDArray[np.bool_] = np.cumsum(edges[:size], dtype=np.int8) > 0
        return found


@dataclass(frozen=True)
class Catalogue:
    """Every article that has been current since this was first read, by rising row number.

    Removed ones stay: the search leaves their chunks out itself.

    numbers:  `(n, 6)` int64, the columns of database.Entry; names are places in `names`.
    """

    numbers: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 6), np.int64))
    sources: dict[str | None, int] = field(default_factory=dict)
    languages: dict[str | None, int] = field(default_factory=dict)

    def caught_up(self, database: Database) -> Catalogue:
        """With the articles that came since. Call inside the snapshot that will be searched."""
        last = int(self.numbers[-1, 0]) if len(self.numbers) else 0
        sources, languages = dict(self.sources), dict(self.languages)
        newer = [
            (*places, published or UNDATED, _place(sources, source), _place(languages, language))
            for *places, published, source, language in database.entries_after(last)
        ]
        if not newer:
            return self
        numbers = np.concatenate([self.numbers, np.array(newer, np.int64)])
        return Catalogue(numbers, sources, languages)

    def select(self, filters: Filters, database: Database) -> Selection:
        """What these filters allow. Call inside the snapshot that will be searched."""
        rows, first, chunks, published, source, language = self.numbers.T
        allowed = chunks > 0
        if bounds := day_bounds(filters):
            allowed &= (published >= bounds[0]) & (published <= bounds[1])
        if filters.sources is not None:
            allowed &= np.isin(source, [self.sources.get(s, -1) for s in filters.sources])
        if filters.language is not None:
            wanted = filters.language.lower().replace("_", "-")
            places = [n for name, n in self.languages.items() if wanted in language_names(name)]
            allowed &= np.isin(language, places)
        if filters.article_ids is not None:
            allowed &= np.isin(rows, database.article_rows(filters.article_ids))
        return Selection(filters, rows[allowed], first[allowed], chunks[allowed])


def _place(names: dict[str | None, int], name: Any) -> int:
    return names.setdefault(name, len(names))
