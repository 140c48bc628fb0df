"""The Index: articles in, passages out. Thin, over the database and what is derived from it.

A folder holds
    index.sqlite      the truth
    dense-V.faiss     vectors up to version V (immutable)
    lexical/          tantivy's files, brought up to date after each change
    derived.json      what the two above cover, and the hash of the first
    writer.lock       held by the one process that is writing
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Literal, Self

from . import derived
from .check import Report, check
from .chunk import chunk_sentences, split_sentences
from .database import Database
from .derived import Derived
from .embed import default_encoder
from .errors import FootnoteError, IndexLocked, IndexMismatch, IndexMissing, UnknownArticle
from .lexical import analyse
from .readers import identity, normalise
from .search import best_first, fuse, is_about_now, merge_copies, positions, recency
from .types import Article, Chunk, Encoder, Filters, Hit, Ranks, Span, Vectors
from .vectors import sync_folder

BATCH_ARTICLES = 64
"""Articles that are embedded and committed together."""

DEPTH = 50
"""Chunks that each half of the search gives at least: fusion profits from what one ranks low."""

AHEAD = 3
"""Chunks that are looked at for each one asked for, since near-copies become one."""

Mode = Literal["hybrid", "dense", "lexical"]
Pairs = list[tuple[int, float]]
"""Chunk rows and their scores, best first."""

Outcome = Literal["added", "updated", "unchanged"]


class Index:
    """An index folder. `open` makes one; a `with` block closes it."""

    def __init__(self, path: Path, database: Database, encoder: Encoder) -> None:
        self.path = path
        self._database = database
        self._encoder = encoder
        self._derived: Derived | None = None
        self._loading = threading.Lock()

    @classmethod
    def open(cls, path: Path, create: bool = False, encoder: Encoder | None = None) -> Index:
        """The index in a folder, or a new one with `create`.

        Raises IndexMissing, IndexDamaged, IndexMismatch when it was made with another encoder, or
        FootnoteError when the folder cannot be made.
        """
        encoder = encoder or default_encoder()
        file = path / "index.sqlite"
        if create and not Database.made(file):
            missing = [folder for folder in path.parents if not folder.exists()]
            try:
                path.mkdir(parents=True, exist_ok=True)
                Database.create(file, encoder.fingerprint, encoder.dimension).close()
                # A new folder's name, too, must be there when the power is back.
                for folder in (path, *missing):
                    sync_folder(folder.parent)
            except OSError as problem:
                raise FootnoteError(
                    f"{path} cannot be made: {problem.strerror} (name another folder)"
                ) from None
        if Database.made(file):
            database = Database.open(file)
        else:
            raise IndexMissing(f"there is no index in {path} (qa add FOLDER --index {path})")
        made_with = database.meta("encoder")
        if made_with != encoder.fingerprint:
            database.close()
            raise IndexMismatch(
                f"{path} was made with the encoder {made_with}, this one is "
                f"{encoder.fingerprint} (open it with that encoder, or make a new index)"
            )
        return cls(path, database, encoder)

    def close(self) -> None:
        self._derived = None
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Articles

    @property
    def version(self) -> int:
        """Counts committed changes."""
        return self._database.version

    def articles(self) -> list[Article]:
        """Every article, in the order they were first added."""
        return self._database.articles()

    def article(self, article_id: str, version: str | None = None) -> Article:
        """One article; an earlier version when named. Raises UnknownArticle."""
        return self._database.article(article_id, version)

    def find(self, prefix: str) -> Article:
        """The article whose id starts with `prefix`. Raises UnknownArticle unless it is one."""
        ids = self._database.ids(prefix)
        if len(ids) != 1 or not prefix:
            count = "no article" if not ids else "more than one article"
            raise UnknownArticle(f'{count} has an id that starts with "{prefix}" (qa list)')
        return self.article(ids[0])

    def add(
        self,
        articles: Iterable[tuple[Article, str | None]] | Iterable[Article],
        progress: Callable[[Article, Outcome], None] | None = None,
    ) -> dict[Outcome, int]:
        """Store articles, each with the absolute path of its file where there is one.

        Committed some at a time: what `progress` has been told of survives a crash, and adding
        the same again goes on from there. Raises IndexLocked.
        """
        counts: dict[Outcome, int] = {"added": 0, "updated": 0, "unchanged": 0}
        with self._writing():
            stream = _with_origin(articles)
            while batch := tuple(islice(stream, BATCH_ARTICLES)):
                for article, outcome in self._add_batch(batch):
                    counts[outcome] += 1
                    if progress:
                        progress(article, outcome)
            derived.update(self.path, self._database)
        return counts

    def _add_batch(
        self, batch: tuple[tuple[Article, str | None], ...]
    ) -> list[tuple[Article, Outcome]]:
        outcomes = [(article, self._outcome(article)) for article, _ in batch]
        new = [pair for pair, (_, what) in zip(batch, outcomes, strict=True) if what != "unchanged"]
        chunks = [chunk_sentences(a.text, split_sentences(a.text, a.language)) for a, _ in new]
        texts = [
            _embedded(article, chunk)
            for (article, _), own in zip(new, chunks, strict=True)
            for chunk in own
        ]
        if new:
            embedded = self._encoder.encode(texts)
            with self._database.change() as version:
                start = 0
                for (article, origin), own in zip(new, chunks, strict=True):
                    rows = embedded[start : start + len(own)]
                    self._database.put(article, origin, own, rows, version)
                    start += len(own)
        self._note_moves(batch, outcomes)
        return outcomes

    def _outcome(self, article: Article) -> Outcome:
        known = self._database.known(article.id)
        if known is None:
            return "added"
        return "unchanged" if known[0] == article.version else "updated"

    def _note_moves(
        self,
        batch: tuple[tuple[Article, str | None], ...],
        outcomes: list[tuple[Article, Outcome]],
    ) -> None:
        moved = []
        for (article, origin), (_, outcome) in zip(batch, outcomes, strict=True):
            known = self._database.known(article.id)
            if outcome == "unchanged" and known and known[1:] != (article.path, origin):
                moved.append((article.id, article.path, origin))
        if moved:
            with self._database.change():
                for article_id, path, origin in moved:
                    self._database.move(article_id, path, origin)

    def remove(self, article_ids: Iterable[str]) -> int:
        """Forget articles, all versions of them; returns how many there were."""
        with self._writing():
            ids = [i for i in dict.fromkeys(article_ids) if self._database.known(i)]
            if ids:
                with self._database.change() as version:
                    for article_id in ids:
                        self._database.remove(article_id, version)
            derived.update(self.path, self._database)
        return len(ids)

    def named(self, what: str) -> list[Article]:
        """The articles that an id's beginning, a URL, or a file or folder names; never none.

        Raises UnknownArticle.
        """
        ids = self._database.ids(what) if what else []
        if len(ids) != 1:
            origin = str(Path(what).resolve())
            by_url = identity(what, None, None, "")
            ids = [by_url] if self._database.known(by_url) else list(self.from_origin(origin))
        return [self.article(i) for i in ids] or [self.find(what)]

    def repair(self) -> None:
        """Make all that is derived anew from the database. Raises IndexLocked."""
        with self._writing():
            derived.erase(self.path)
            derived.update(self.path, self._database)

    def from_origin(self, origin: str) -> dict[str, str]:
        """Ids of the articles that came from a file, or from below a folder: their file."""
        return self._database.from_origin(origin)

    def origin(self, article_id: str) -> str | None:
        """The absolute path of the file that an article came from, where there was one."""
        known = self._database.known(article_id)
        return known[2] if known else None

    # Search

    def search(
        self,
        query: str,
        k: int = 10,
        filters: Filters | None = None,
        mode: Mode = "hybrid",
        asked_on: date | None = None,
    ) -> list[Hit]:
        """The k best chunks for a query, best first, from one committed version.

        Scores are those of reciprocal rank fusion (hybrid), cosines (dense) or BM25 (lexical).
        In a hybrid search near-copies are one hit, and where the day of asking is given and the
        query names no time before it, new articles are preferred. The halves give what they find.
        """
        query = normalise(query)
        vector = None if mode == "lexical" else self._encoder.encode([query])[0]
        day = asked_on if asked_on and is_about_now(query, asked_on) else None
        depth, count = max(DEPTH, k), AHEAD * k
        with self._database.snapshot() as version:
            halves = self._current(version)
            articles, chunks = self._database.allowed(filters) if filters else (None, None)
            while True:
                dense = [] if vector is None else halves.dense.search(vector, depth, chunks)
                words = [] if mode == "dense" else halves.lexical.search(query, depth, articles)
                if mode == "hybrid":
                    hits = merge_copies(self._fused(dense, words, count, day), self._chunks_of)
                else:
                    hits = self._hits(dict(dense or words), dense, words)
                # Where copies have left too few, k stays k: look deeper while there is more.
                if len(hits) >= k or (
                    max(len(dense), len(words)) < depth and len(dense) + len(words) <= count
                ):
                    return hits[:k]
                depth, count = AHEAD * depth, AHEAD * count

    def _fused(self, dense: Pairs, words: Pairs, count: int, day: date | None) -> list[Hit]:
        """The best chunks of both halves together, preferring new ones if a day is given."""
        scores = fuse([[row for row, _ in found] for found in (dense, words)])
        if day is not None:
            found = self._database.fetch(scores)
            scores = best_first(
                {row: scores[row] * recency(a.published, day) for row, (_, a) in found.items()}
            )
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

    def _chunks_of(self, article_id: str) -> list[Chunk]:
        """All chunks of a current article. Call inside a snapshot."""
        _, rows = self._database.allowed(Filters(article_ids=(article_id,)))
        return [chunk for chunk, _ in self._database.fetch(rows.tolist()).values()]

    def idf(self, terms: Iterable[str]) -> list[float]:
        """How rare each analysed term (`lexical.analyse`) is: BM25's weight of it."""
        with self._database.snapshot() as version:
            words = self._current(version).lexical
            return [words.idf(term) for term in terms]

    def knows(self, word: str) -> bool:
        """Whether any chunk holds one of the terms that a word becomes."""
        with self._database.snapshot() as version:
            words = self._current(version).lexical
            return any(words.holding(term) for term in analyse(word))

    def encode(self, texts: list[str]) -> Vectors:
        """Vectors of texts from the index's own encoder, `(n, d)` float32."""
        return self._encoder.encode(texts)

    def check(self) -> Report:
        """Verify everything that is stored against everything else."""
        return check(self.path, self._database)

    def _current(self, version: int) -> Derived:
        """Both halves of the search for the version that the surrounding snapshot sees."""
        now = self._derived
        if now is None or now.version != version:
            with self._loading:
                now = self._derived
                if now is None or now.version != version:
                    now = derived.load(self.path, self._database, version, now)
                    self._derived = now
        return now

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The writer's lock. Raises IndexLocked when another process has it."""
        import filelock

        holder = self.path / "writer.lock"
        lock = filelock.FileLock(holder, timeout=0.5)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise IndexLocked(
                f"another process is writing to {self.path} (wait for it, or stop it)"
            ) from None
        except OSError as problem:
            raise FootnoteError(
                f"{holder} cannot be written: {problem.strerror} (make room or mend the disk)"
            ) from None
        try:
            yield
        finally:
            lock.release()


def _with_origin(
    articles: Iterable[tuple[Article, str | None]] | Iterable[Article],
) -> Iterator[tuple[Article, str | None]]:
    for item in articles:
        yield (item, None) if isinstance(item, Article) else item


def _embedded(article: Article, chunk: tuple[Span, ...]) -> str:
    """What is embedded of a chunk: its article's title, which is not part of its span, and it."""
    return f"{article.title}\n{article.text[chunk[0].start : chunk[-1].end]}"
