"""The truth: articles, sentences, chunks and vectors in one SQLite database (apsw).

Everything else in an index folder is derived from this and can be rebuilt. A change is one
transaction that also counts `version` up; a search runs inside one read transaction, so it sees
one committed version, whole. Row numbers are AUTOINCREMENT: a number once used never names
anything else, so a derived file that lags can be caught up by row number.
"""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import apsw
import numpy as np
from numpy.typing import NDArray

from .errors import FootnoteError, IndexDamaged, IndexMismatch, UnknownArticle
from .types import Article, Chunk, Filters, Span, Vectors

FORMAT = 1
"""Version of the tables below; an index of another format is refused."""

Rows = NDArray[np.int64]

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE articles (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL, version TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,
    source TEXT, url TEXT, published TEXT, updated TEXT, author TEXT, language TEXT, path TEXT,
    origin TEXT,                      -- the file it came from, absolute; how vanished files show
    current INTEGER NOT NULL          -- 0: an earlier version, kept so that old citations resolve
);
CREATE UNIQUE INDEX articles_current ON articles (id) WHERE current;
CREATE INDEX articles_version ON articles (id, version);
CREATE INDEX articles_origin ON articles (origin) WHERE current;
CREATE TABLE chunks (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (row) ON DELETE CASCADE,
    sentences BLOB NOT NULL           -- int32 pairs: start, end
);
CREATE INDEX chunks_article ON chunks (article);
CREATE TABLE vectors (
    chunk INTEGER PRIMARY KEY REFERENCES chunks (row) ON DELETE CASCADE,
    data BLOB NOT NULL                -- float32, little endian
);
CREATE TABLE removed (chunk INTEGER PRIMARY KEY, version INTEGER NOT NULL);
CREATE INDEX removed_version ON removed (version);
"""

_ARTICLE = (
    "a.id, a.version, a.title, a.text, a.source, a.url, a.published, a.updated, a.author, "
    "a.language, a.path"
)

_LIST = "(SELECT value FROM json_each(?))"
"""A list as one bound value: a statement takes 32,766 of them, and lists can be longer."""


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as the derived indexes need it: its row, its article's row and what is searched."""

    row: int
    article: int
    title: str
    text: str


class Database:
    """One index's database. Safe to share between threads: each has its own connection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        # Weak, so that the connection of a thread that has ended is closed with it.
        self._all: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()

    @classmethod
    def made(cls, path: Path) -> bool:
        """Whether the tables are there: a creation that was cut short leaves a file without."""
        if not path.exists():
            return False
        database = cls(path)
        try:
            sql = "SELECT 1 FROM sqlite_schema WHERE name = 'meta'"
            return database._run(sql).fetchone() is not None
        except apsw.Error:
            return True  # something else lies there: `open` says what
        finally:
            database.close()

    @classmethod
    def create(cls, path: Path, fingerprint: str, dimension: int) -> Database:
        """A new, empty database. A second process that creates the same one finds it made."""
        database = cls(path)
        with database._transaction("IMMEDIATE") as run:
            if not run("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchall():
                run(_TABLES)
                for name, value in (
                    ("format", FORMAT),
                    ("encoder", fingerprint),
                    ("dimension", dimension),
                    ("version", 0),
                ):
                    run("INSERT INTO meta VALUES (?, ?)", (name, value))
        return database

    @classmethod
    def open(cls, path: Path) -> Database:
        """An existing database. Raises IndexDamaged or IndexMismatch when it cannot be used."""
        database = cls(path)
        try:
            found = database.meta("format")
        except (apsw.Error, IndexDamaged) as problem:
            database.close()
            raise IndexDamaged(
                f"{path} is not an index that can be read: {problem} "
                "(restore it from a copy, or name another folder)"
            ) from None
        if found != FORMAT:
            database.close()
            raise IndexMismatch(
                f"{path} has format {found}, this program reads {FORMAT} "
                "(make a new index with qa add)"
            )
        return database

    def close(self) -> None:
        for connection in list(self._all):
            connection.close()
        self._all.clear()
        self._local = threading.local()

    def _connection(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = apsw.Connection(str(self.path))
            connection.set_busy_timeout(10_000)
            # FULL: in WAL mode NORMAL loses acknowledged commits when the power goes.
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}")
            self._local.connection = connection
            self._all.add(connection)
        return connection

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[Any]:
        connection = None
        try:
            connection = self._connection()
            connection.execute(f"BEGIN {kind}")
            yield connection.execute
            connection.execute("COMMIT")
        except BaseException as problem:
            # SQLite has ended the transaction itself after some errors, a full disk among them.
            if connection is not None and connection.in_transaction:
                connection.execute("ROLLBACK")
            self._explain(problem)
            raise

    def _explain(self, problem: BaseException) -> None:
        """Raise what a person can act on in place of what SQLite says."""
        # The statements are ours and right: one that SQLite does not understand means other tables.
        unreadable = (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, UnicodeDecodeError)
        if isinstance(problem, unreadable):
            raise IndexDamaged(
                f"{self.path} cannot be read: {problem} "
                "(restore it from a copy, or add the articles to a new index)"
            ) from None
        if isinstance(problem, apsw.ReadOnlyError):
            # So SQLite opens a file that it could not open for writing: not for good.
            self._local.connection = None
        unwritable = (apsw.FullError, apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError)
        if isinstance(problem, unwritable):
            raise FootnoteError(
                f"{self.path} cannot be read or written: {problem} "
                "(make room or mend the disk, then do the same again)"
            ) from None

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        """Everything read inside sees the one committed version that is yielded."""
        with self._transaction("DEFERRED"):
            yield self.version

    @contextmanager
    def change(self) -> Iterator[int]:
        """One transaction that makes the version it yields; nothing of it stays if it fails."""
        with self._transaction("IMMEDIATE") as run:
            version = self.version + 1
            run("UPDATE meta SET value = ? WHERE name = 'version'", (version,))
            yield version

    def _run(self, sql: str, values: Sequence[Any] = ()) -> Any:
        return self._connection().execute(sql, values)

    def _all_of(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Every row at once, for what is read outside a snapshot."""
        try:
            return list(self._run(sql, values))
        except (apsw.Error, UnicodeDecodeError) as problem:
            self._explain(problem)
            raise

    def meta(self, name: str) -> Any:
        rows = self._all_of("SELECT value FROM meta WHERE name = ?", (name,))
        if not rows:
            raise self._contradiction(f"it does not say its {name}")
        return rows[0][0]

    @property
    def version(self) -> int:
        return self._number("version")

    def _number(self, name: str) -> int:
        value = self.meta(name)
        if not isinstance(value, int):
            raise self._contradiction(f"its {name} is {value!r}")
        return value

    def _contradiction(self, what: str) -> IndexDamaged:
        return IndexDamaged(
            f"{self.path} is damaged: {what} "
            "(restore it from a copy, or add the articles to a new index)"
        )

    # Articles

    def articles(self) -> list[Article]:
        """Every current article, in the order they were first added."""
        sql = f"SELECT {_ARTICLE} FROM articles a WHERE a.current ORDER BY a.row"
        return [_article(row) for row in self._all_of(sql)]

    def versions(self) -> list[Article]:
        """Every version of every article, earlier ones included."""
        return [_article(row) for row in self._all_of(f"SELECT {_ARTICLE} FROM articles a")]

    def article(self, article_id: str, version: str | None = None) -> Article:
        which = "a.current" if version is None else "a.version = ?"
        values = (article_id,) if version is None else (article_id, version)
        sql = f"SELECT {_ARTICLE} FROM articles a WHERE a.id = ? AND {which} ORDER BY a.row DESC"
        rows = self._all_of(sql, values)
        if not rows:
            named = article_id if version is None else f"{article_id} in version {version}"
            raise UnknownArticle(f"there is no article {named} here (qa list shows what there is)")
        return _article(rows[0])

    def ids(self, prefix: str) -> list[str]:
        """Ids of current articles that start with `prefix`, ten at most."""
        sql = "SELECT id FROM articles WHERE current AND substr(id, 1, ?) = ? LIMIT 10"
        return [row[0] for row in self._all_of(sql, (len(prefix), prefix))]

    def known(self, article_id: str) -> tuple[str, str | None, str | None] | None:
        """Version, path and origin of the current article with this id."""
        sql = "SELECT version, path, origin FROM articles WHERE id = ? AND current"
        rows = self._all_of(sql, (article_id,))
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else None

    def from_origin(self, origin: str) -> dict[str, str]:
        """Current article ids that came from a file, or from files below a folder: their origin."""
        below = origin.rstrip("/") + "/"
        # A range ("0" comes after "/") and two halves, so that the index on `origin` serves both.
        sql = (
            "SELECT id, origin FROM articles WHERE current AND origin = ? UNION ALL "
            "SELECT id, origin FROM articles WHERE current AND origin > ? AND origin < ?"
        )
        return dict(self._all_of(sql, (origin, below, below[:-1] + "0")))

    def put(
        self,
        article: Article,
        origin: str | None,
        chunks: Sequence[tuple[Span, ...]],
        vectors: Vectors,
        version: int,
    ) -> None:
        """Store a new article, or a new version of one. Call inside `change`."""
        self._retire(article.id, version)
        self._run(
            "DELETE FROM articles WHERE id = ? AND version = ?", (article.id, article.version)
        )
        dates = [d.isoformat() if d else None for d in (article.published, article.updated)]
        self._run(
            "INSERT INTO articles (id, version, title, text, source, url, published, updated, "
            "author, language, path, origin, current) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,1)",
            (
                *(article.id, article.version, article.title, article.text),
                *(article.source, article.url, *dates),
                *(article.author, article.language, article.path, origin),
            ),
        )
        row = self._connection().last_insert_rowid()
        for sentences, vector in zip(chunks, vectors, strict=True):
            pairs = np.array([(s.start, s.end) for s in sentences], "<i4").tobytes()
            self._run("INSERT INTO chunks (article, sentences) VALUES (?, ?)", (row, pairs))
            chunk = self._connection().last_insert_rowid()
            data = vector.astype("<f4").tobytes()
            self._run("INSERT INTO vectors VALUES (?, ?)", (chunk, data))

    def move(self, article_id: str, path: str | None, origin: str | None) -> None:
        """An article that is unchanged but was read from another place. Call inside `change`."""
        sql = "UPDATE articles SET path = ?, origin = ? WHERE id = ? AND current"
        self._run(sql, (path, origin, article_id))

    def remove(self, article_id: str, version: int) -> None:
        """Forget an article with all its versions. Call inside `change`."""
        self._retire(article_id, version)
        self._run("DELETE FROM articles WHERE id = ?", (article_id,))

    def _retire(self, article_id: str, version: int) -> None:
        """Take the current version's chunks out of the search, and note their rows as removed."""
        which = (
            "SELECT c.row FROM chunks c JOIN articles a ON a.row = c.article "
            "WHERE a.id = ? AND a.current"
        )
        self._run(f"INSERT INTO removed SELECT row, ? FROM ({which})", (version, article_id))
        self._run(f"DELETE FROM chunks WHERE row IN ({which})", (article_id,))
        self._run("UPDATE articles SET current = 0 WHERE id = ? AND current", (article_id,))

    # Chunks and vectors

    def last_chunk(self) -> int:
        return int(self._run("SELECT coalesce(max(row), 0) FROM chunks").fetchone()[0])

    def rows(self) -> Rows:
        """The rows of all chunks, ascending."""
        found = [row[0] for row in self._run("SELECT row FROM chunks ORDER BY row")]
        return np.array(found, np.int64)

    def chunks_after(self, row: int) -> Iterator[StoredChunk]:
        """Chunks with a greater row number, in order."""
        sql = (
            "SELECT c.row, c.article, c.sentences, a.title, a.text FROM chunks c "
            "JOIN articles a ON a.row = c.article WHERE c.row > ? ORDER BY c.row"
        )
        for chunk, article, sentences, title, text in self._run(sql, (row,)):
            spans = _spans(sentences)
            yield StoredChunk(chunk, article, title, text[spans[0].start : spans[-1].end])

    def vectors_after(self, row: int, batch: int = 8_192) -> Iterator[tuple[Rows, Vectors]]:
        """Chunk rows greater than `row` with their vectors, in order, some thousands at a time."""
        dimension = self._number("dimension")
        cursor = self._run("SELECT chunk, data FROM vectors WHERE chunk > ? ORDER BY chunk", (row,))
        while found := list(islice(cursor, batch)):
            data = b"".join(blob for _, blob in found)
            rows = np.array([chunk for chunk, _ in found], np.int64)
            if any(len(blob) != 4 * dimension for _, blob in found):
                raise self._contradiction("a vector has not the length that it should have")
            yield rows, np.frombuffer(data, "<f4").reshape(len(found), dimension)

    def removed_since(self, version: int) -> Rows:
        """Rows of chunks that were removed by versions after `version`."""
        found = self._run("SELECT chunk FROM removed WHERE version > ?", (version,))
        return np.array([row[0] for row in found], np.int64)

    def allowed(self, filters: Filters) -> tuple[Rows, Rows]:
        """Rows of the articles, and of their chunks, that a search with these filters may find."""
        tests, values = ["a.current"], list[Any]()
        if filters.by_date:
            tests.append("a.published IS NOT NULL")
        for test, day in (
            ("a.published >= ?", filters.published_after),
            ("a.published <= ?", filters.published_before),
            ("a.published <= ?", filters.as_of),
        ):
            if day is not None:
                tests.append(test)
                values.append(day.isoformat())
        for column, wanted in (("a.source", filters.sources), ("a.id", filters.article_ids)):
            if wanted is not None:
                tests.append(f"{column} IN {_LIST}")
                values.append(json.dumps(wanted))
        if filters.language is not None:
            # With a hyphen at both ends, so that "en" begins "en-GB" and not "enm".
            tests.append("instr('-' || lower(replace(a.language, '_', '-')) || '-', ?) = 1")
            values.append(f"-{filters.language.lower().replace('_', '-')}-")
        where = " AND ".join(tests)
        articles = self._run(f"SELECT a.row FROM articles a WHERE {where}", values)
        article_rows = np.array([row[0] for row in articles], np.int64)
        chunks = self._run(
            f"SELECT c.row FROM chunks c JOIN articles a ON a.row = c.article WHERE {where}", values
        )
        return article_rows, np.array([row[0] for row in chunks], np.int64)

    def fetch(self, rows: Iterable[int]) -> dict[int, tuple[Chunk, Article]]:
        """Chunks and their articles by chunk row; rows that are not there are left out."""
        wanted = list(rows)
        chunks = self._run(
            f"SELECT row, article, sentences FROM chunks WHERE row IN {_LIST}",
            (json.dumps(wanted),),
        ).fetchall()
        articles = self._articles_by_row({article for _, article, _ in chunks})
        found = {}
        for row, article_row, sentences in chunks:
            if article_row not in articles:
                raise self._contradiction(f"chunk {row} is of an article that is not there")
            article, spans = articles[article_row], _spans(sentences)
            chunk = Chunk(row, article.id, spans[0].start, spans[-1].end, spans)
            found[row] = (chunk, article)
        return found

    def _articles_by_row(self, rows: set[int]) -> dict[int, Article]:
        sql = f"SELECT a.row, {_ARTICLE} FROM articles a WHERE a.row IN {_LIST}"
        return {row[0]: _article(row[1:]) for row in self._run(sql, (json.dumps(list(rows)),))}

    def integrity(self) -> list[str]:
        """SQLite's own verdict on the file: an empty list when it is sound."""
        try:
            found = [row[0] for row in self._run("PRAGMA integrity_check")]
            broken = [str(row) for row in self._run("PRAGMA foreign_key_check")]
        except apsw.Error as problem:
            return [str(problem)]
        return [message for message in found if message != "ok"] + broken


def _article(row: Sequence[Any]) -> Article:
    values = list(row)
    try:
        values[6], values[7] = (date.fromisoformat(d) if d else None for d in values[6:8])
    except (TypeError, ValueError):
        raise IndexDamaged(f"a date of article {values[0]} cannot be read (qa check)") from None
    return Article(*values)


def _spans(blob: bytes) -> tuple[Span, ...]:
    if not blob or len(blob) % 8:
        raise IndexDamaged("the sentences of a chunk cannot be read (qa check)")
    return tuple(
        Span(start, end) for start, end in np.frombuffer(blob, "<i4").reshape(-1, 2).tolist()
    )
