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
ALTER TABLE articles ADD COLUMN first_chunk INTEGER NOT NULL DEFAULT 0;
ALTER TABLE articles ADD COLUMN chunks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE articles ADD COLUMN pages BLOB;
UPDATE articles SET (first_chunk, chunks) =
    (SELECT coalesce(min(row), 0), count(*) FROM chunks WHERE article = articles.row);
UPDATE meta SET value = 2 WHERE name = 'format';
"""
"""What makes tables of format 1 into those of format 2. They are the same in all else."""
