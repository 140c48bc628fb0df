"""The tables of an index, and how older ones become these."""

from __future__ import annotations

FORMAT = 2
"""Version of the tables; an index of another format is refused."""

VECTORS = """
CREATE TABLE {name} (
    chunk INTEGER PRIMARY KEY REFERENCES chunks (row) ON DELETE CASCADE,
    data BLOB NOT NULL                -- float32, little endian
);
"""

TABLES = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE articles (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL, version TEXT NOT NULL,
    current INTEGER NOT NULL,         -- 0: an earlier version, kept so that old citations resolve
    first_chunk INTEGER NOT NULL,     -- its chunks have the rows from this one on
    chunks INTEGER NOT NULL,
    published TEXT, source TEXT, language TEXT,
    title TEXT NOT NULL, url TEXT, updated TEXT, author TEXT, path TEXT,
    origin TEXT,                      -- the file it came from, absolute; how vanished files show
    pages BLOB,                       -- int32: where each page begins in the text
    text TEXT NOT NULL                -- last: what stands before it is read without it
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
CREATE TABLE removed (chunk INTEGER PRIMARY KEY, version INTEGER NOT NULL);
CREATE INDEX removed_version ON removed (version);
{VECTORS.format(name="vectors")}"""

FROM_1 = """
INSERT INTO articles (row, id, version, current, first_chunk, chunks, published, source, language,
    title, url, updated, author, path, origin, text)
    SELECT row, id, version, current,
        (SELECT coalesce(min(row), 0) FROM old.chunks c WHERE c.article = a.row),
        (SELECT count(*) FROM old.chunks c WHERE c.article = a.row),
        published, source, language, title, url, updated, author, path, origin, text
    FROM old.articles a ORDER BY row;
INSERT INTO chunks SELECT row, article, sentences FROM old.chunks ORDER BY row;
INSERT INTO vectors SELECT chunk, data FROM old.vectors ORDER BY chunk;
INSERT INTO removed SELECT chunk, version FROM old.removed;
UPDATE meta SET value = (SELECT value FROM old.meta WHERE name = 'version') WHERE name = 'version';
UPDATE sqlite_sequence SET seq =
    (SELECT seq FROM old.sqlite_sequence o WHERE o.name = sqlite_sequence.name);
"""
"""Fills new tables from those of format 1, attached as `old`; no row number is used twice."""
