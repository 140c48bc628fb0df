"""The Index: articles in, passages out. Thin, over the database and what is derived from it.

A folder holds
    index.sqlite      the truth
    dense-V.faiss     vectors up to version V (immutable)
    lexical/          tantivy's files, brought up to date after each change
    derived.json      what the two above cover, and their hashes
    writer.lock       held by the one process that is writing, of which writer.json tells
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Literal, Self, get_args

from . import changes, derived, migrate, naming
from .changes import Outcome
from .check import Report, check
from .clock import Clock
from .database import Database
from .derived import Derived
from .embed import default_encoder
from .errors import FootnoteError, IndexMismatch, IndexMissing
from .files import Verified, sync_folder
from .lexical import analyse
from .lock import writing
from .readers import normalise
from .search import best_first, fuse, is_about_now, merge_copies, positions, recency
from .types import (
    Article,
    Encoder,
    Filters,
    Heading,
    Hit,
    Ranks,
    Vectors,
    day_of,
    several,
)

DEPTH = 50
"""Chunks that each half of the search gives at least: fusion profits from what one ranks low."""

AHEAD = 3
"""Chunks that are looked at for each one asked for, since near-copies become one."""

Mode = Literal["hybrid", "dense", "lexical"]
Pairs = list[tuple[int, float]]
"""Chunk rows and their scores, best first."""


class Index:
    """An index folder. `open` makes one; a `with` block closes it."""

    def __init__(self, path: Path, database: Database, encoder: Encoder) -> None:
        self.path = path
        self._database = database
        self._encoder = encoder
        self._derived: Derived | None = None
        self._verified = Verified()
        self._loading = threading.Lock()

    @classmethod
    def open(cls, path: Path | str, create: bool = False, encoder: Encoder | None = None) -> Index:
        """The index in a folder, or a new one with `create`.

        encoder:  None for the packaged one, in the precision that the index was made with.

        Raises IndexMissing, IndexDamaged, IndexMismatch when it was made with another encoder or
        format, or FootnoteError when the folder cannot be made or read.
        """
        path = Path(path)
        if create and not Database.made(path / "index.sqlite"):
            _make(path, encoder or default_encoder())
        database = Database.open(_file(path))
        try:
            index = cls(path, database, encoder or default_encoder(database.encoder))
            index._match()
        except BaseException:
            database.close()
            raise
        return index

    @classmethod
    def reindex(
        cls,
        path: Path | str,
        encoder: Encoder | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> int:
        """Make the index in a folder one of this encoder and of the present format.

        Every chunk is embedded again from its stored text; returns how many were. Until that is
        done the index is what it was; a call that was cut short is gone on with by the next one.
        `progress` is told chunks done and chunks to do. Raises IndexMissing and IndexLocked.
        """
        path, encoder = Path(path), encoder or default_encoder()
        file = _file(path)
        with writing(path):
            if migrate.upgrade(file):
                derived.erase(path)
            database = Database.open(file)
            try:
                done = 0
                if database.encoder != encoder.fingerprint:
                    done = migrate.reembed(database, encoder, progress)
                derived.update(path, database, Verified())
                return done
            finally:
                database.close()

    def close(self) -> None:
        self._derived = None
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _match(self) -> None:
        """Raises IndexMismatch unless the vectors are of this encoder."""
        made_with, ours = self._database.encoder, self._encoder
        if made_with != ours.fingerprint or self._database.dimension != ours.dimension:
            raise IndexMismatch(
                f"{self.path} was made with the encoder {made_with}, this one is "
                f"{ours.fingerprint} (open it with that encoder, or qa reindex --index {self.path})"
            )

    # Articles

    @property
    def version(self) -> int:
        """Counts committed changes."""
        return self._database.version

    def articles(self) -> list[Article]:
        """Every article, in the order they were first added."""
        with self._database.snapshot():
            return list(self._database.articles())

    def each_article(self) -> Iterator[Article]:
        """The same, some at a time: what is added or removed meanwhile may show or not."""
        return self._database.articles()

    def headings(self) -> list[Heading]:
        """Every article without its text, in the order they were first added."""
        return self._database.headings()

    @property
    def undated(self) -> int:
        """How many articles have no date: a filter by date leaves them out."""
        return self._database.undated()

    def article(self, article_id: str, version: str | None = None) -> Article:
        """One article; an earlier version when named. Raises UnknownArticle."""
        return self._database.article(article_id, version)

    def find(self, prefix: str) -> Article:
        """The article whose id starts with `prefix`. Raises UnknownArticle unless it is one."""
        return self.article(naming.by_prefix(self._database, prefix))

    def add(
        self,
        articles: Iterable[tuple[Article, str | None]] | Iterable[Article],
        progress: Callable[[Article, Outcome], None] | None = None,
    ) -> dict[Outcome, int]:
        """Store articles, each with the absolute path of its file where there is one.

        Committed some at a time: what `progress` has been told of survives a crash, and adding
        the same again goes on from there. Raises IndexLocked.
        """
        filed = ((a, None) if isinstance(a, Article) else a for a in articles)
        with writing(self.path):
            self._match()
            return changes.add(
                self.path, self._database, self._encoder, filed, self._verified, progress
            )

    def remove(self, article_ids: Iterable[str]) -> int:
        """Forget articles, all versions of them; returns how many there were.

        One id may be given as it is. Raises IndexLocked.
        """
        ids = several("article_ids", article_ids)
        with writing(self.path):
            return changes.remove(self.path, self._database, ids, self._verified)

    def named(self, what: str) -> list[Article]:
        """The articles that an id's beginning, a URL, or a file or folder names; never none.

        Raises UnknownArticle, also where an id's beginning is a path of other articles too.
        """
        return [self.article(i) for i in naming.named(self._database, what)]

    def repair(self) -> None:
        """Make all that is derived anew from the database. Raises IndexLocked."""
        with writing(self.path):
            derived.erase(self.path)
            derived.update(self.path, self._database, self._verified)

    def from_origin(self, origin: str) -> dict[str, str]:
        """Ids of the articles that came from a file, or from below a folder: their file."""
        return self._database.from_origin(origin)

    def origin(self, article_id: str) -> str | None:
        """The absolute path of the file that an article came from, where there was one."""
        known = self._database.known(article_id)
        return known.origin if known else None

    # Search

    def search(
        self,
        query: str,
        k: int = 10,
        filters: Filters | None = None,
        mode: Mode = "hybrid",
        asked_on: date | None = None,
        clock: Clock | None = None,
    ) -> list[Hit]:
        """The k best chunks for a query, best first, from one committed version.

        Scores are those of reciprocal rank fusion (hybrid), cosines (dense) or BM25 (lexical).
        In a hybrid search near-copies are one hit, and where the day of asking is given and the
        query names no time before it, new articles are preferred. The halves give what they find.
        A clock is told what embedding, either half and their fusion took. Raises ValueError for
        a k below 1 or another mode, and TypeError for an `asked_on` that is no day.
        """
        if k < 1:
            raise ValueError(f"k is {k}, and at least 1 passage must be asked for")
        if mode not in get_args(Mode):
            raise ValueError(f"mode is {mode!r}, and must be one of {', '.join(get_args(Mode))}")
        asked_on = day_of("asked_on", asked_on)
        query, clock = normalise(query), clock or Clock()
        # Beside the search for words: neither holds Python's lock for long.
        embedding = None if mode == "lexical" else _beside().submit(self._embedded, query, clock)
        day = asked_on if asked_on and is_about_now(query, asked_on) else None
        depth, count = max(DEPTH, k), AHEAD * k
        with self._searched() as halves:
            only = halves.select(filters, self._database) if filters else None
            while True:
                with clock.stage("lexical"):
                    words = [] if mode == "dense" else halves.lexical.search(query, depth, only)
                vector = embedding.result() if embedding else None
                with clock.stage("dense"):
                    dense = [] if vector is None else halves.dense.search(vector, depth, only)
                with clock.stage("fuse"):
                    if mode == "hybrid":
                        fused = self._fused(dense, words, count, day)
                        hits = merge_copies(fused, self._database.chunks_of)
                    else:
                        hits = self._hits(dict(dense or words), dense, words)
                # Where copies have left too few, k stays k: look deeper while there is more.
                if len(hits) >= k or (
                    max(len(dense), len(words)) < depth and len(dense) + len(words) <= count
                ):
                    return self._with_sentences(hits[:k])
                depth, count = AHEAD * depth, AHEAD * count

    def _embedded(self, query: str, clock: Clock) -> Vectors:
        with clock.stage("embed"):
            vector: Vectors = self._encoder.encode([query])[0]
            return vector

    def _with_sentences(self, hits: list[Hit]) -> list[Hit]:
        sentences = self._database.sentences_of({hit.article.id for hit in hits})
        return [replace(hit, sentences=sentences.get(hit.article.id, ())) for hit in hits]

    def _fused(self, dense: Pairs, words: Pairs, count: int, day: date | None) -> list[Hit]:
        """The best chunks of both halves together, preferring new ones if a day is given."""
        scores = fuse([[row for row, _ in found] for found in (dense, words)])
        if day is not None:
            days = self._database.days(scores)
            scores = best_first({row: scores[row] * recency(d, day) for row, d in days.items()})
        return self._hits(dict(islice(scores.items(), count)), dense, words)

    def _hits(self, scores: dict[int, float], dense: Pairs, words: Pairs) -> list[Hit]:
        dense_rank, lexical_rank = (positions([row for row, _ in f]) for f in (dense, words))
        # A row that this snapshot does not know belongs to a later version of the files.
        found = self._database.fetch(scores)
        return [
            Hit(*found[row], score, Ranks(dense_rank.get(row), lexical_rank.get(row)))
            for row, score in scores.items()
            if row in found
        ]

    def idf(self, terms: Iterable[str]) -> list[float]:
        """How rare each analysed term (`lexical.analyse`) is: BM25's weight of it."""
        with self._searched() as halves:
            words = halves.lexical
            return [words.idf(term) for term in terms]

    def knows(self, word: str) -> bool:
        """Whether any chunk holds one of the terms that a word becomes."""
        with self._searched() as halves:
            words = halves.lexical
            return any(words.holding(term) for term in analyse(word))

    def encode(self, texts: list[str]) -> Vectors:
        """Vectors of texts from the index's own encoder, `(n, d)` float32."""
        return self._encoder.encode(texts)

    def check(self) -> Report:
        """Verify everything that is stored against everything else."""
        return check(self.path, self._database)

    @contextmanager
    def _searched(self) -> Iterator[Derived]:
        """Both halves of the search for one committed version, inside a snapshot of it."""
        for last in (False, False, True):
            with self._database.snapshot() as version:
                halves = self._current(version, last)
                if halves is not None:
                    yield halves
                    return

    def _current(self, version: int, at_any_cost: bool) -> Derived | None:
        """Both halves for the version that the surrounding snapshot sees.

        None where others have loaded a later one while this snapshot waited: a new snapshot is
        quickly had, and to make an earlier version from the database takes minutes on a large
        index. At any cost where that does not end: the database may have been put back.
        """
        now = self._derived
        if now is None or not now.is_of(version, self._database):
            with self._loading:
                now = self._derived
                if now is not None and now.version > version and not at_any_cost:
                    return None
                if now is None or not now.is_of(version, self._database):
                    self._match()
                    now = derived.load(self.path, self._database, version, now, self._verified)
                    self._derived = now
        return now


@cache
def _beside() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_name_prefix="embed")


def _file(path: Path) -> Path:
    """The database in an index folder. Raises IndexMissing."""
    file = path / "index.sqlite"
    if not Database.made(file):
        raise IndexMissing(f"there is no index in {path} (qa add FOLDER --index {path})")
    return file


def _make(path: Path, encoder: Encoder) -> None:
    """A new index in a folder that need not be there."""
    try:
        missing = [folder for folder in path.parents if not folder.exists()]
        path.mkdir(parents=True, exist_ok=True)
        Database.create(path / "index.sqlite", encoder.fingerprint, encoder.dimension).close()
        # A new folder's name, too, must be there when the power is back.
        for folder in (path, *missing):
            sync_folder(folder.parent)
    except OSError as problem:
        raise FootnoteError(
            f"{path} cannot be made: {problem.strerror} (name another folder)"
        ) from None
