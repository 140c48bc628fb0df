"""An index of an older format or of another encoder becomes one of today's, from stored text.

New vectors are put aside in a table of their own and take the place of the old ones all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from .database import Database, StoredChunk
from .files import sync_folder
from .schema import FROM_1, VECTORS
from .types import Encoder, Vectors

BATCH = 512
"""Chunks that are embedded anew and committed together."""


def upgrade(path: Path) -> bool:
    """Bring a database of format 1 to the present one; whether it was one.

    It is copied into a new file, which then takes its place. Raises IndexLocked while another
    process has it open.
    """
    old = Database(path)
    try:
        if old.meta("format") != 1:
            return False
        # Only the last one that has it open may do this, and then no log is left beside it.
        old.sqlite.rows("PRAGMA journal_mode = DELETE")
        new = _copied(old, path.with_name(path.name + ".new"))
    finally:
        old.close()
    new.rename(path)
    sync_folder(path.parent)
    return True


def _copied(old: Database, path: Path) -> Path:
    """A database of the present format with all that an old one holds, whole on the disk."""
    path.unlink(missing_ok=True)
    new = Database.create(path, old.encoder, old.dimension)
    try:
        new.sqlite.rows("ATTACH ? AS old", (str(old.path),))
        with new.sqlite.transaction("IMMEDIATE"):
            new.sqlite.run(FROM_1)
        new.sqlite.rows("DETACH old")
        new.sqlite.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        new.close()
    return path


def reembed(
    database: Database, encoder: Encoder, progress: Callable[[int, int], None] | None = None
) -> int:
    """Embed every chunk anew from its stored text; returns how many were.

    Until all are, the index is what it was, and a second call goes on where the first one ended.
    `progress` is told chunks done and chunks to do. The caller holds the writer's lock.
    """
    done, count = 0, _make_room(database, encoder)
    chunks = _waiting(database)
    while batch := list(islice(chunks, BATCH)):
        _put_aside(database, batch, encoder.encode([embedded(c.title, c.text) for c in batch]))
        done += len(batch)
        if progress:
            progress(done, count)
    with database.change():
        _take(database, encoder)
    return done


def embedded(title: str, text: str) -> str:
    """What is embedded of a chunk: its article's title, which is not part of its span, and it."""
    return f"{title}\n{text}"


_HAS_NONE = "c.row NOT IN (SELECT chunk FROM aside)"


def _make_room(database: Database, encoder: Encoder) -> int:
    """A table for this encoder's vectors, unless it is there; how many chunks still have none."""
    run, meant = database.sqlite.run, f"{encoder.fingerprint} {encoder.dimension}"
    with database.sqlite.transaction("IMMEDIATE"):
        found = run("SELECT value FROM meta WHERE name = 'aside'").fetchone()
        if not found or found[0] != meant:
            run("DROP TABLE IF EXISTS aside")
            run(VECTORS.format(name="aside"))
            database.set_meta("aside", meant)
        return int(run(f"SELECT count(*) FROM chunks c WHERE {_HAS_NONE}").fetchone()[0])


def _waiting(database: Database) -> Iterator[StoredChunk]:
    """Chunks that have no new vector yet, read some at a time: a commit ends a longer reading."""
    last = 0
    while True:
        with database.snapshot():
            found = list(islice(database.chunks_after(last, _HAS_NONE), BATCH))
        if not found:
            return
        yield from found
        last = found[-1].row


def _put_aside(database: Database, chunks: Sequence[StoredChunk], vectors: Vectors) -> None:
    data = (vector.tobytes() for vector in vectors.astype("<f4", copy=False))
    with database.sqlite.transaction("IMMEDIATE"):
        database.sqlite.connection().executemany(
            "INSERT INTO aside VALUES (?, ?)",
            ((chunk.row, vector) for chunk, vector in zip(chunks, data, strict=True)),
        )


def _take(database: Database, encoder: Encoder) -> None:
    """Put the new vectors in place of the old ones. Call inside `change`."""
    run = database.sqlite.run
    run("DROP TABLE vectors")
    run("ALTER TABLE aside RENAME TO vectors")
    run("DELETE FROM meta WHERE name = 'aside'")
    database.set_meta("encoder", encoder.fingerprint)
    database.set_meta("dimension", encoder.dimension)
