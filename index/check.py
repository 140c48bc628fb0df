"""Is what is stored right? The database against itself, then what is derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from . import derived
from .database import Database
from .errors import IndexDamaged
from .readers import version_of
from .types import Span


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
        try:
            damage += _articles(database) + _chunks(database) + _vectors(database)
            wrong, lags = derived.problems(folder, database)
        except (ValueError, IndexError, IndexDamaged) as problem:
            # SQLite's own check says nothing of what a value means: text, a date, a list of spans.
            return Report(0, 0, (f"a stored value cannot be read: {problem}",))
        counts = database.count()
    return Report(*counts, tuple(damage + wrong), tuple(lags))


def _articles(database: Database) -> list[str]:
    return [
        f"article {article.id}: its text is not the one that was stored (version differs)"
        for article in database.versions()
        if version_of(article) != article.version
    ]


def _chunks(database: Database) -> list[str]:
    """The sentences of an article's chunks: each apart, and all of its text in one of them."""
    wrong, seen = [], 0
    entries = {entry.row: entry for entry in database.entries_after(0)}
    for row, article in database.articles_with_rows():
        chunks = database.chunks_of(article.id)
        seen += len(chunks)
        first = entries[row].first_chunk
        if [c.id for c in chunks] != list(range(first, first + entries[row].chunks)):
            wrong.append(f"article {article.id}: its chunks are not those that it had")
        for chunk in chunks:
            if list(chunk.sentences) != sorted(chunk.sentences, key=_at):
                wrong.append(f"chunk {chunk.id}: its sentences are not in order")
        spans = {span for chunk in chunks for span in chunk.sentences}
        if not _covers(article.text, sorted(spans, key=_at)):
            wrong.append(f"article {article.id}: its sentences are not its text")
    if seen != database.count()[1]:
        wrong.append("there are chunks that are of no article")
    return wrong


def _at(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _covers(text: str, spans: list[Span]) -> bool:
    """Whether these are stretches without white space at their ends, and only it between them."""
    edges = [0, *(edge for span in spans for edge in _at(span)), len(text)]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    return (
        edges == sorted(edges)
        and not any(piece.strip() for piece in pieces[::2])
        and all(piece and piece == piece.strip() for piece in pieces[1::2])
    )


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
    if seen != (chunks := database.count()[1]):
        wrong.append(f"there are {seen} vectors for {chunks} chunks")
    return wrong
