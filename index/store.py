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
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Self

from . import derived
from .check import Report, check
from .chunk import chunk_sentences, split_sentences
from .database import Database
from .derived import Derived
from .embed import default_encoder
from .errors import IndexLocked, IndexMismatch, IndexMissing, UnknownArticle
from .lexical import analyse
from .search import fuse, positions
from .types import Article, Encoder, Filters, Hit, Ranks, Span

BATCH_ARTICLES = 64
"""Articles that are embedded and committed together."""

Mode = Literal["hybrid", "dense", "lexical"]
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

        Raises IndexMissing, IndexDamaged, or IndexMismatch when it was made with another encoder.
        """
        encoder = encoder or default_encoder()
        file = path / "index.sqlite"
        if file.exists():
            database = Database.open(file)
        elif create:
            path.mkdir(parents=True, exist_ok=True)
            database = Database.create(file, encoder.fingerprint, encoder.dimension)
        else:
            raise IndexMissing(f"there is no index in {path} (qa add FOLDER --index {path})")
        made_with = database.meta("encoder")
        if made_with != encoder.fingerprint:
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
        if texts:
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

    def from_origin(self, origin: str) -> dict[str, str]:
        """Ids of the articles that came from a file, or from below a folder: their file."""
        return self._database.from_origin(origin)

    def origin(self, article_id: str) -> str | None:
        """The absolute path of the file that an article came from, where there was one."""
        known = self._database.known(article_id)
        return known[2] if known else None

    # Search

    def search(
        self, query: str, k: int = 10, filters: Filters | None = None, mode: Mode = "hybrid"
    ) -> list[Hit]:
        """The k best chunks for a query, best first, from one committed version.

        Scores are those of reciprocal rank fusion (hybrid), cosines (dense) or BM25 (lexical).
        """
        query_vector = None if mode == "lexical" else self._encoder.encode([query])[0]
        # Fusion profits from what one half ranks low and the other high.
        depth = max(50, 2 * k)
        with self._database.snapshot() as version:
            halves = self._current(version)
            articles, chunks = self._database.allowed(filters) if filters else (None, None)
            dense, words = [], []
            if query_vector is not None:
                dense = halves.dense.search(query_vector, depth, chunks)
            if mode != "dense":
                words = halves.lexical.search(query, depth, articles)
            return self._hits(dense, words, k)

    def _hits(
        self, dense: list[tuple[int, float]], words: list[tuple[int, float]], k: int
    ) -> list[Hit]:
        rankings = [[row for row, _ in found] for found in (dense, words)]
        scores = dict(dense or words) if not (dense and words) else fuse(rankings)
        dense_rank, lexical_rank = map(positions, rankings)
        # A row that this snapshot does not know belongs to a later version of the files.
        found = self._database.fetch(list(scores)[: 2 * k])
        hits = [
            Hit(*found[row], score, Ranks(dense_rank.get(row), lexical_rank.get(row)))
            for row, score in scores.items()
            if row in found
        ]
        return hits[:k]

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

    def encode(self, texts: list[str]) -> Any:
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
