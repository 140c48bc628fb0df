"""Is what is stored right? The database against itself, then what is derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import derived
from .database import Database
from .readers import version_of


@dataclass(frozen=True, slots=True)
class Report:
    """damage: what contradicts itself. lags: derived files that are merely behind."""

    articles: int
    chunks: int
    damage: tuple[str, ...] = ()
    lags: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        return not self.damage


def check(folder: Path, database: Database) -> Report:
    """Verify database, versions, offsets, vectors and derived files, in one snapshot."""
    with database.snapshot():
        damage = database.integrity()
        if damage:
            return Report(0, 0, tuple(damage))
        damage += _articles(database) + _chunks(database) + _vectors(database)
        wrong, lags = derived.problems(folder, database)
        counts = len(database.articles()), len(database.rows())
    return Report(*counts, tuple(damage + wrong), tuple(lags))


def _articles(database: Database) -> list[str]:
    return [
        f"article {article.id}: its text is not the one that was stored (version differs)"
        for article in database.articles()
        if version_of(article) != article.version
    ]


def _chunks(database: Database) -> list[str]:
    """Every sentence of every chunk inside its article, in order, and not white space only."""
    wrong = []
    rows = database.rows().tolist()
    for start in range(0, len(rows), 500):
        for row, (chunk, article) in database.fetch(rows[start : start + 500]).items():
            ends = [0, *(edge for s in chunk.sentences for edge in (s.start, s.end))]
            sound = ends == sorted(ends) and ends[-1] <= len(article.text)
            if not sound or any(not article.text[s.start : s.end].strip() for s in chunk.sentences):
                wrong.append(f"chunk {row}: its sentences do not lie in article {article.id}")
    return wrong


def _vectors(database: Database) -> list[str]:
    wrong, seen = [], 0
    for rows, vectors in database.vectors_after(0):
        seen += len(rows)
        lengths = np.linalg.norm(vectors, axis=1)
        wrong += [
            f"chunk {row}: its vector is not of unit length ({length:.4f})"
            for row, length in zip(rows.tolist(), lengths.tolist(), strict=True)
            if not abs(length - 1) < 1e-3
        ]
    if seen != len(database.rows()):
        wrong.append(f"there are {seen} vectors for {len(database.rows())} chunks")
    return wrong
