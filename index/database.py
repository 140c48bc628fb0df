"""The truth: articles, sentences, chunks and vectors in one SQLite database.

Everything else in an index folder is derived from this and can be rebuilt. A change is one
transaction that also counts `version` up; a search runs inside one read transaction, so it sees
one committed version, whole. Row numbers are AUTOINCREMENT: a number once used never names
anything else, so a derived file that lags can be caught up by row number.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import IndexDamaged, IndexMismatch, UnknownArticle
from .schema import FORMAT, TABLES
from .sqlite import Sqlite, has_table
from .types import Article, Chunk, Heading, Span, Vectors

Rows = NDArray[np.int64]

_ARTICLE = (
    "a.id, a.version, a.title, a.text, a.source, a.url, a.published, a.updated, a.author, "
    "a.language, a.path, a.pages"
)

_LIST = "(SELECT value FROM json_each(?))"
"""A list as one bound value: a statement takes 32,766 of them, and lists can be longer."""


class Known(NamedTuple):
    """What is known of a current article without reading it."""

    version: str
    path: str | None
    origin: str | None


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as the derived indexes need it: its rows, what is searched and what filters ask."""

    row: int
    article: int
    title: str
    text: str
    published: int | None = None
    source: str | None = None
    language: str | None = None


class Entry(NamedTuple):
    """What filters ask of an article. `published` is a number like 20200305."""

    row: int
    first_chunk: int
    chunks: int
    published: int | None
    source: str | None
    language: str | None


_DAY = "CAST(replace(a.published, '-', '') AS INTEGER)"


class Database:
    """One index's database. Safe to share between threads: each has its own connection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sqlite = Sqlite(path)

    @classmethod
    def made(cls, path: Path) -> bool:
        """Whether the tables are there: a creation that was cut short leaves a file without."""
        return has_table(path, "meta")

    @classmethod
    def create(cls, path: Path, fingerprint: str, dimension: int) -> Database:
        """A new, empty database. A second process that creates the same one finds it made."""
        database = cls(path)
        with database.sqlite.transaction("IMMEDIATE"):
            run = database.sqlite.run
            if not run("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchall():
                run(TABLES)
                for name, value in (
                    ("format", FORMAT),
                    ("encoder", fingerprint),
                    ("dimension", dimension),
                    ("version", 0),
                ):
                    run("INSERT INTO meta VALUES (?, ?)", (name, value))
                database._put_stamp(0)
        return database

    @classmethod
    def open(cls, path: Path) -> Database:
        """An existing database. Raises IndexDamaged or IndexMismatch when it cannot be used."""
        database = cls(path)
        try:
            found = database.meta("format")
        except BaseException:
            database.close()
            raise
        if found != FORMAT:
            database.close()
            remedy = f"qa reindex --index {path.parent}" if found == 1 else "install a newer one"
            raise IndexMismatch(
                f"{path} has format {found}, this program reads {FORMAT} ({remedy})"
            )
        return database

    def close(self) -> None:
        self.sqlite.close()

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        """Everything read inside sees the one committed version that is yielded."""
        with self.sqlite.transaction("DEFERRED"):
            yield self.version

    @contextmanager
    def change(self) -> Iterator[int]:
        """One transaction that makes the version it yields; nothing of it stays if it fails."""
        with self.sqlite.transaction("IMMEDIATE"):
            version = self.version + 1
            self.set_meta("version", version)
            self._put_stamp(version)
            yield version

    def meta(self, name: str) -> Any:
        rows = self.sqlite.rows("SELECT value FROM meta WHERE name = ?", (name,))
        if not rows:
            raise self.sqlite.damaged(f"it does not say its {name}")
        return rows[0][0]

    def set_meta(self, name: str, value: int | str) -> None:
        """Call inside a transaction."""
        self.sqlite.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def stamp(self, version: int) -> int | None:
        """A number by chance that this history gave one of its versions; None where it gave none.

        Where the file was put back from a copy, or made anew, other changes get the same version
        numbers; two histories share the stamps of those versions only that they share. All are
        kept, some 25 bytes a change: a derived file may be of any earlier version.
        """
        rows = self.sqlite.rows("SELECT value FROM meta WHERE name = ?", (f"stamp {version}",))
        return int(rows[0][0]) if rows else None

    def stamp_present(self) -> None:
        """Give the present version a stamp if a program that knew of none committed it.

        The caller holds the writer's lock.
        """
        if self.stamp(self.version) is None:
            with self.sqlite.transaction("IMMEDIATE"):
                self._put_stamp(self.version)

    def _put_stamp(self, version: int) -> None:
        self.set_meta(f"stamp {version}", secrets.randbits(63))

    @property
    def version(self) -> int:
        return self._number("version")

    @property
    def dimension(self) -> int:
        return self._number("dimension")

    @property
    def encoder(self) -> str:
        """The fingerprint of the encoder that the vectors are of."""
        return str(self.meta("encoder"))

    def _number(self, name: str) -> int:
        value = self.meta(name)
        if not isinstance(value, int):
            raise self.sqlite.damaged(f"its {name} is {value!r}")
        return value

    # Articles

    def articles(self) -> Iterator[Article]:
        """Every current article, in the order they were first added, some at a time."""
        return (article for _, article in self.articles_with_rows())

    def articles_with_rows(self) -> Iterator[tuple[int, Article]]:
        """The same with their row numbers."""
        return self._each("a.current")

    def versions(self) -> Iterator[Article]:
        """Every version of every article, earlier ones included."""
        return (article for _, article in self._each("true"))

    def _each(self, which: str, batch: int = 256) -> Iterator[tuple[int, Article]]:
        # Page by page, so that neither all texts nor a transaction are held.
        sql = (
            f"SELECT a.row, {_ARTICLE} FROM articles a WHERE {which} AND a.row > ? "
            "ORDER BY a.row LIMIT ?"
        )
        last = 0
        while found := self.sqlite.rows(sql, (last, batch)):
            last = found[-1][0]
            yield from ((row, _article(rest)) for row, *rest in found)

    def headings(self) -> list[Heading]:
        """Every current article without its text, in the order they were first added."""
        sql = (
            "SELECT id, version, title, source, published FROM articles WHERE current ORDER BY row"
        )
        return [
            Heading(article_id, version, title, source, _day(day, article_id))
            for article_id, version, title, source, day in self.sqlite.rows(sql)
        ]

    def count(self) -> tuple[int, int]:
        """How many current articles there are, and how many chunks."""
        sql = "SELECT (SELECT count(*) FROM articles WHERE current), (SELECT count(*) FROM chunks)"
        articles, chunks = self.sqlite.rows(sql)[0]
        return articles, chunks

    def undated(self) -> int:
        sql = "SELECT count(*) FROM articles WHERE current AND published IS NULL"
        return int(self.sqlite.rows(sql)[0][0])

    def article(self, article_id: str, version: str | None = None) -> Article:
        which = "a.current" if version is None else "a.version = ?"
        values = (article_id,) if version is None else (article_id, version)
        sql = f"SELECT {_ARTICLE} FROM articles a WHERE a.id = ? AND {which} ORDER BY a.row DESC"
        rows = self.sqlite.rows(sql, values)
        if not rows:
            named = article_id if version is None else f"{article_id} in version {version}"
            raise UnknownArticle(f"there is no article {named} here (qa list shows what there is)")
        return _article(rows[0])

    def ids(self, prefix: str) -> list[str]:
        """Ids of current articles that start with `prefix`, ten at most."""
        sql = "SELECT id FROM articles WHERE current AND substr(id, 1, ?) = ? LIMIT 10"
        return [row[0] for row in self.sqlite.rows(sql, (len(prefix), prefix))]

    def known(self, article_id: str) -> Known | None:
        sql = "SELECT version, path, origin FROM articles WHERE id = ? AND current"
        rows = self.sqlite.rows(sql, (article_id,))
        return Known(*rows[0]) if rows else None

    def from_origin(self, origin: str) -> dict[str, str]:
        """Current article ids that came from a file, or from files below a folder: their origin."""
        below = origin.rstrip("/") + "/"
        # A range ("0" comes after "/") and two halves, so that the index on `origin` serves both.
        sql = (
            "SELECT id, origin FROM articles WHERE current AND origin = ? UNION ALL "
            "SELECT id, origin FROM articles WHERE current AND origin > ? AND origin < ?"
        )
        return dict(self.sqlite.rows(sql, (origin, below, below[:-1] + "0")))

    def put(
        self,
        article: Article,
        origin: str | None,
        chunks: Sequence[tuple[Span, ...]],
        vectors: Vectors,
        version: int,
    ) -> None:
        """Store a new article, or a new version of one. Call inside `change`.

        vectors:  `(len(chunks), dimension)` float32.
        """
        run = self.sqlite.run
        self._retire(article.id, version)
        run("DELETE FROM articles WHERE id = ? AND version = ?", (article.id, article.version))
        published, updated = (
            d.isoformat() if d else None for d in (article.published, article.updated)
        )
        first = self._last_number("chunks") + 1
        run(
            "INSERT INTO articles (id, version, current, first_chunk, chunks, published, source, "
            "language, title, url, updated, author, path, origin, pages, text) "
            "VALUES (?,?,1,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                *(article.id, article.version, first, len(chunks)),
                *(published, article.source, article.language, article.title, article.url),
                *(updated, article.author, article.path, origin),
                *(np.array(article.pages, "<i4").tobytes() or None, article.text),
            ),
        )
        row = self.sqlite.connection().last_insert_rowid()
        rows = range(first, first + len(chunks))
        cursor = self.sqlite.connection().cursor()
        pairs = (np.array([(s.start, s.end) for s in own], "<i4").tobytes() for own in chunks)
        cursor.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?)",
            ((chunk, row, data) for chunk, data in zip(rows, pairs, strict=True)),
        )
        data = vectors.astype("<f4", copy=False)
        cursor.executemany(
            "INSERT INTO vectors VALUES (?, ?)",
            ((chunk, vector.tobytes()) for chunk, vector in zip(rows, data, strict=True)),
        )

    def _last_number(self, table: str) -> int:
        """The highest row number that a table has ever given."""
        sql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0)"
        return int(self.sqlite.run(sql, (table,)).fetchone()[0])

    def move(self, article_id: str, path: str | None, origin: str | None) -> None:
        """An article that is unchanged but was read from another place. Call inside `change`."""
        sql = "UPDATE articles SET path = ?, origin = ? WHERE id = ? AND current"
        self.sqlite.run(sql, (path, origin, article_id))

    def remove(self, article_id: str, version: int) -> None:
        """Forget an article with all its versions. Call inside `change`."""
        self._retire(article_id, version)
        self.sqlite.run("DELETE FROM articles WHERE id = ?", (article_id,))

    def _retire(self, article_id: str, version: int) -> None:
        """Take the current version's chunks out of the search, and note their rows as removed."""
        which = (
            "SELECT c.row FROM chunks c JOIN articles a ON a.row = c.article "
            "WHERE a.id = ? AND a.current"
        )
        run = self.sqlite.run
        run(f"INSERT INTO removed SELECT row, ? FROM ({which})", (version, article_id))
        run(f"DELETE FROM chunks WHERE row IN ({which})", (article_id,))
        run("UPDATE articles SET current = 0 WHERE id = ? AND current", (article_id,))

    # Chunks and vectors

    def last_chunk(self) -> int:
        return int(self.sqlite.run("SELECT coalesce(max(row), 0) FROM chunks").fetchone()[0])

    def changed_since(self, row: int, version: int) -> int:
        """How many chunks have a greater row number, and were removed by later versions."""
        sql = (
            "SELECT (SELECT count(*) FROM chunks WHERE row > ?) + "
            "(SELECT count(*) FROM removed WHERE version > ? AND chunk <= ?)"
        )
        return int(self.sqlite.run(sql, (row, version, row)).fetchone()[0])

    def rows(self) -> Rows:
        """The rows of all chunks, ascending."""
        found = self.sqlite.run("SELECT row FROM chunks ORDER BY row")
        return np.fromiter((row[0] for row in found), np.int64)

    def chunks_after(self, row: int, which: str = "true") -> Iterator[StoredChunk]:
        """Chunks with a greater row number, in order; `which` is SQL that must hold of `c`."""
        sql = (
            f"SELECT c.row, c.article, c.sentences, a.title, a.text, {_DAY}, a.source, a.language "
            "FROM chunks c JOIN articles a ON a.row = c.article "
            f"WHERE c.row > ? AND {which} ORDER BY c.row"
        )
        for chunk, article, sentences, title, text, *facts in self.sqlite.run(sql, (row,)):
            spans = _spans(sentences)
            yield StoredChunk(chunk, article, title, text[spans[0].start : spans[-1].end], *facts)

    def vectors_after(self, row: int, batch: int = 8_192) -> Iterator[tuple[Rows, Vectors]]:
        """Chunk rows greater than `row` with their vectors, in order, some thousands at a time."""
        sql = "SELECT chunk, data FROM vectors WHERE chunk > ? ORDER BY chunk"
        cursor = self.sqlite.run(sql, (row,))
        while found := list(islice(cursor, batch)):
            yield self._vectors(found)

    def vectors_of(self, rows: Rows) -> tuple[Rows, Vectors]:
        """Those of these chunk rows that are there, ascending, with their vectors."""
        sql = f"SELECT chunk, data FROM vectors WHERE chunk IN {_LIST} ORDER BY chunk"
        return self._vectors(list(self.sqlite.run(sql, (json.dumps(rows.tolist()),))))

    def _vectors(self, found: list[tuple[int, bytes]]) -> tuple[Rows, Vectors]:
        dimension = self.dimension
        if any(len(data) != 4 * dimension for _, data in found):
            raise self.sqlite.damaged("a vector has not the length that it should have")
        rows = np.array([chunk for chunk, _ in found], np.int64)
        data = b"".join(data for _, data in found)
        return rows, np.frombuffer(data, "<f4").reshape(len(found), dimension)

    def removed_since(self, version: int) -> Rows:
        """Rows of chunks that were removed by versions after `version`."""
        found = self.sqlite.run("SELECT chunk FROM removed WHERE version > ?", (version,))
        return np.fromiter((row[0] for row in found), np.int64)

    def entries_after(self, row: int) -> Iterator[Entry]:
        """Current articles with a greater row number, in order."""
        sql = (
            f"SELECT a.row, a.first_chunk, a.chunks, {_DAY}, a.source, a.language "
            "FROM articles a WHERE a.row > ? AND a.current ORDER BY a.row"
        )
        return (Entry(*found) for found in self.sqlite.run(sql, (row,)))

    def article_rows(self, article_ids: Sequence[str]) -> Rows:
        """Row numbers of the current articles with these ids."""
        sql = f"SELECT row FROM articles WHERE current AND id IN {_LIST}"
        found = self.sqlite.run(sql, (json.dumps(article_ids),))
        return np.fromiter((row[0] for row in found), np.int64)

    def chunks_of(self, article_id: str) -> list[Chunk]:
        """All chunks of a current article, in order."""
        sql = (
            "SELECT c.row, c.sentences FROM chunks c JOIN articles a ON a.row = c.article "
            "WHERE a.id = ? AND a.current ORDER BY c.row"
        )
        return [_chunk(row, article_id, data) for row, data in self.sqlite.run(sql, (article_id,))]

    def days(self, rows: Iterable[int]) -> dict[int, date | None]:
        """When the articles of chunks were published, by chunk row, without reading any text."""
        sql = (
            "SELECT c.row, a.published, a.id FROM chunks c JOIN articles a ON a.row = c.article "
            f"WHERE c.row IN {_LIST}"
        )
        found = self.sqlite.run(sql, (json.dumps(list(rows)),))
        return {row: _day(day, article_id) for row, day, article_id in found}

    def sentences_of(self, article_ids: Iterable[str]) -> dict[str, tuple[Span, ...]]:
        """All sentences of current articles, in order, by article id."""
        sql = (
            "SELECT a.id, c.sentences FROM chunks c JOIN articles a ON a.row = c.article "
            f"WHERE a.current AND a.id IN {_LIST} ORDER BY c.row"
        )
        found: dict[str, dict[Span, None]] = {}
        for article_id, data in self.sqlite.run(sql, (json.dumps(list(article_ids)),)):
            found.setdefault(article_id, {}).update(dict.fromkeys(_spans(data)))
        return {article_id: tuple(spans) for article_id, spans in found.items()}

    def fetch(self, rows: Iterable[int]) -> dict[int, tuple[Chunk, Article]]:
        """Chunks and their articles by chunk row; rows that are not there are left out."""
        sql = f"SELECT row, article, sentences FROM chunks WHERE row IN {_LIST}"
        chunks = self.sqlite.run(sql, (json.dumps(list(rows)),)).fetchall()
        articles = self._articles_by_row({article for _, article, _ in chunks})
        found = {}
        for row, article_row, sentences in chunks:
            if article_row not in articles:
                raise self.sqlite.damaged(f"chunk {row} is of an article that is not there")
            article = articles[article_row]
            found[row] = (_chunk(row, article.id, sentences), article)
        return found

    def _articles_by_row(self, rows: set[int]) -> dict[int, Article]:
        sql = f"SELECT a.row, {_ARTICLE} FROM articles a WHERE a.row IN {_LIST}"
        found = self.sqlite.run(sql, (json.dumps(list(rows)),))
        return {row[0]: _article(row[1:]) for row in found}

    def integrity(self) -> list[str]:
        """SQLite's own verdict on the file: an empty list when it is sound."""
        return self.sqlite.integrity()


def _article(row: Sequence[Any]) -> Article:
    values = list(row)
    values[6], values[7] = (_day(day, values[0]) for day in values[6:8])
    values[11] = tuple(np.frombuffer(values[11] or b"", "<i4").tolist())
    return Article(*values)


def _day(stored: Any, article_id: str) -> date | None:
    try:
        return date.fromisoformat(stored) if stored else None
    except (TypeError, ValueError):
        raise IndexDamaged(f"a date of article {article_id} cannot be read (qa check)") from None


def _chunk(row: int, article_id: str, sentences: bytes) -> Chunk:
    spans = _spans(sentences)
    return Chunk(row, article_id, spans[0].start, spans[-1].end, spans)


def _spans(blob: bytes) -> tuple[Span, ...]:
    if not blob or len(blob) % 8:
        raise IndexDamaged("the sentences of a chunk cannot be read (qa check)")
    return tuple(
        Span(start, end) for start, end in np.frombuffer(blob, "<i4").reshape(-1, 2).tolist()
    )
