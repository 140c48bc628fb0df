"""What changes an index: articles come and go, what is derived follows. For whoever holds the lock.

Each batch is one transaction: what was reported is there after a crash, and the same again goes
on from there without embedding anything twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Literal

from . import derived
from .chunk import chunk_sentences, split_sentences
from .database import Database, Known
from .files import Verified, is_there
from .migrate import embedded
from .types import Article, Encoder, Span

BATCH_ARTICLES = 64
"""Articles that are embedded and committed together."""

Outcome = Literal["added", "updated", "unchanged"]
Filed = tuple[Article, str | None]
"""An article with the absolute path of its file where there is one."""


def add(
    folder: Path,
    database: Database,
    encoder: Encoder,
    articles: Iterable[Filed],
    verified: Verified,
    progress: Callable[[Article, Outcome], None] | None,
) -> dict[Outcome, int]:
    """Store articles, some at a time; returns how many were added, updated, unchanged."""
    counts: dict[Outcome, int] = {"added": 0, "updated": 0, "unchanged": 0}
    stream = iter(articles)
    while batch := list(islice(stream, BATCH_ARTICLES)):
        outcomes = [_outcome(database, article) for article, _ in batch]
        _store(database, encoder, batch, outcomes)
        for (article, _), outcome in zip(batch, outcomes, strict=True):
            counts[outcome] += 1
            if progress:
                progress(article, outcome)
        if derived.lag(folder, database) > derived.MAX_LAG:
            derived.update(folder, database, verified)
    derived.update(folder, database, verified)
    return counts


def _outcome(database: Database, article: Article) -> Outcome:
    known = database.known(article.id)
    if known is None:
        return "added"
    return "unchanged" if known.version == article.version else "updated"


def _store(
    database: Database, encoder: Encoder, batch: list[Filed], outcomes: list[Outcome]
) -> None:
    """What is new of a batch, embedded and committed; and where the rest lies now."""
    new, moved = list[Filed](), list[Filed]()
    for (article, origin), outcome in zip(batch, outcomes, strict=True):
        known = database.known(article.id)
        if outcome != "unchanged":
            new.append((article, origin))
        elif known and _has_moved(known, article, origin):
            moved.append((article, origin))
    chunks = [chunk_sentences(a.text, split_sentences(a.text, a.language)) for a, _ in new]
    texts = [
        embedded(a.title, _text(a, chunk))
        for (a, _), own in zip(new, chunks, strict=True)
        for chunk in own
    ]
    if not new and not moved:
        return
    vectors = encoder.encode(texts)
    with database.change() as version:
        start = 0
        for (article, origin), own in zip(new, chunks, strict=True):
            database.put(article, origin, own, vectors[start : start + len(own)], version)
            start += len(own)
        for article, origin in moved:
            database.move(article.id, article.path, origin)


def _has_moved(known: Known, article: Article, origin: str | None) -> bool:
    """Whether an unchanged article lies elsewhere now.

    Who names no file, such as the web, takes it from none that is there: whoever removes or
    prunes the file would leave it.
    """
    if origin is None and known.origin is not None and is_there(known.origin):
        return False
    return (known.path, known.origin) != (article.path, origin)


def _text(article: Article, chunk: tuple[Span, ...]) -> str:
    return article.text[chunk[0].start : chunk[-1].end]


def remove(folder: Path, database: Database, article_ids: Iterable[str], verified: Verified) -> int:
    """Forget articles, all versions of them; returns how many there were."""
    ids = [i for i in dict.fromkeys(article_ids) if database.known(i)]
    if ids:
        with database.change() as version:
            for article_id in ids:
                database.remove(article_id, version)
        database.sqlite.empty_log()  # it still holds the pages as they were
    derived.update(folder, database, verified)
    return len(ids)
