"""Nearest neighbours over the stored vectors: FAISS, derived from the database.

A file covers the chunks up to a row and the removals up to a version, and is never changed once
written. What came later is a small tail in memory; what was removed later is left out inside the
search, so that k stays k. Scores are inner products of unit vectors: cosine similarity.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .database import Database, Rows
from .errors import IndexDamaged
from .types import Vectors

NO_ROWS: Rows = np.empty(0, np.int64)


@dataclass(frozen=True)
class Dense:
    """One version of the vectors, ready to search.

    main:     a FAISS index over chunk rows, or None where there is no file.
    removed:  rows of `main` that are gone by now.
    rows, tail:  the later chunks, (n,) rows and (n, d) vectors.
    """

    main: Any = None
    removed: Rows = field(default_factory=lambda: NO_ROWS)
    rows: Rows = field(default_factory=lambda: NO_ROWS)
    tail: Vectors | None = None

    @property
    def size(self) -> int:
        return 0 if self.main is None else int(self.main.ntotal)

    def search(
        self, query: Vectors, k: int, allowed: Rows | None = None
    ) -> list[tuple[int, float]]:
        """The k chunk rows nearest to the `(d,)` query with their cosines, best first."""
        found = self._search_main(query, k, allowed) + self._search_tail(query, k, allowed)
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]

    def _search_main(self, query: Vectors, k: int, allowed: Rows | None) -> list[tuple[int, float]]:
        import faiss

        if not self.size:
            return []
        selector: Any = None
        if allowed is not None:
            selector = faiss.IDSelectorBatch(np.setdiff1d(allowed, self.removed))
        elif len(self.removed):
            gone = faiss.IDSelectorBatch(self.removed)  # a name, so that it outlives the search
            selector = faiss.IDSelectorNot(gone)
        parameters = None if selector is None else faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        scores, rows = self.main.search(query[None], min(k, self.size), params=parameters)
        pairs = zip(rows[0].tolist(), scores[0].tolist(), strict=True)
        return [(row, score) for row, score in pairs if row >= 0]

    def _search_tail(self, query: Vectors, k: int, allowed: Rows | None) -> list[tuple[int, float]]:
        if self.tail is None or not len(self.rows):
            return []
        scores = self.tail @ query
        if allowed is not None:
            scores = np.where(np.isin(self.rows, allowed), scores, -np.inf)
        best = np.argsort(-scores, kind="stable")[:k]
        return [(int(self.rows[i]), float(scores[i])) for i in best if scores[i] > -np.inf]


def catch_up(main: Any, last_row: int, version: int, database: Database) -> Dense:
    """`main`, which covers rows to `last_row` and removals to `version`, with all that is newer.

    Call inside the snapshot that will be searched.
    """
    removed = database.removed_since(version)
    newer = list(database.vectors_after(last_row))
    rows = np.concatenate([r for r, _ in newer]) if newer else NO_ROWS
    tail = np.concatenate([v for _, v in newer]) if newer else None
    return Dense(main, removed[removed <= last_row], rows, tail)


def build(database: Database) -> Any:
    """A FAISS index over every stored vector, by chunk row."""
    import faiss

    main = faiss.IndexIDMap2(faiss.IndexFlatIP(int(database.meta("dimension"))))
    for rows, vectors in database.vectors_after(0):
        main.add_with_ids(np.ascontiguousarray(vectors, np.float32), rows)
    return main


def write(main: Any, path: Path) -> str:
    """Write a FAISS index so that it is either there, whole, or not; returns its sha256."""
    import faiss

    data = faiss.serialize_index(main).tobytes()
    replace_file(path, data)
    return hashlib.sha256(data).hexdigest()


def read(path: Path, sha256: str) -> Any:
    """A FAISS index from a file. Raises IndexDamaged unless its hash is the one given.

    The hash comes first: reading a damaged file can end the process.
    """
    import faiss

    try:
        data = path.read_bytes()
    except OSError as problem:
        raise IndexDamaged(f"{path} cannot be read: {problem.strerror}") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise IndexDamaged(f"{path} is not what was written (its hash differs)")
    return faiss.deserialize_index(np.frombuffer(data, np.uint8))


def replace_file(path: Path, data: bytes) -> None:
    """Put a whole file in place of another, durably: write, fsync, rename, fsync the folder."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable: what was made, moved or deleted there."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def differences(dense: Dense, database: Database) -> list[str]:
    """Where the searched vectors are not those of the database. Call inside a snapshot."""
    import faiss

    held = set(dense.rows.tolist())
    stored: dict[int, Vectors] = {}
    if dense.main is not None:
        rows = faiss.vector_to_array(dense.main.id_map)
        flat = faiss.downcast_index(dense.main.index)
        stored = dict(zip(rows.tolist(), flat.reconstruct_n(0, flat.ntotal), strict=True))
        held |= set(stored) - set(dense.removed.tolist())
    wrong = []
    if held != set(database.rows().tolist()):
        wrong.append("the FAISS file does not hold the chunks that the database holds")
    for rows, found in database.vectors_after(0):
        for row, vector in zip(rows.tolist(), found, strict=True):
            if row in stored and not np.array_equal(stored[row], vector):
                wrong.append(f"chunk {row}: the vector in the FAISS file is not the stored one")
    return wrong
