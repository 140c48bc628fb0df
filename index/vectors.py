"""Nearest neighbours over the stored vectors: FAISS, derived from the database.

A file covers the chunks up to a row and the removals up to a version, and is never changed once
written. What came later is a small tail in memory; what was removed later is left out inside the
search, so that k stays k. Scores are inner products of unit vectors: cosine similarity.

Up to FLAT_MAX chunks the file holds the vectors themselves. Above, it holds them in a byte a
dimension, in lists of neighbours of which a search reads some; the chunks that this finds are
scored again, exactly, by their stored vectors.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .catalogue import NO_ROWS, Selection
from .database import Database, Rows
from .files import replacing
from .types import Filters, Vectors

FLAT_MAX = 50_000
"""Chunks up to which every vector is compared; of 100,000 a search took 24 ms."""

PROBED = 1 / 8
"""Share of the lists that a search reads."""

CANDIDATES = 2
"""Chunks that are scored again, for each one asked for."""

MAX_LIMITS = 16
"""Filters for which it is remembered what they allow: a bit a chunk each."""

SAMPLE = 40
"""Vectors for each list that the lists are learnt from; FAISS warns below 39."""

_WRITE_BYTES = 1 << 20

Exact = Callable[[Rows], tuple[Rows, Vectors]]
"""Those of some chunk rows that are there, with their stored vectors."""


def inner(rows: Vectors, vector: Vectors) -> Vectors:
    """The inner products of `(n, d)` rows with a `(d,)` vector, `(n,)`.

    Not by `@`: a thread of numpy's BLAS goes on spinning when it is done, and takes a core from
    the sentences that are read then (DECISIONS.md).
    """
    made: Vectors = np.einsum("nd,d->n", rows, vector)
    return made


@dataclass(frozen=True)
class Limits:
    """What a search may find, as both of its parts are told.

    selector:  FAISS's own, over `main`; None for no limit.
    probes:    lists of `main` to read, 0 where it has none.
    tail:      whether each row of the tail may be found.
    bits:      what `selector` reads, and must live as long.
    """

    selector: Any = None
    probes: int = 0
    tail: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    bits: NDArray[np.uint8] | None = None

    def parameters(self) -> Any:
        """FAISS's parameters, new for each search.

        An IndexIDMap puts a selector of its own into them while it searches: two searches that
        shared them would read one that is gone.
        """
        import faiss

        if self.selector is None:
            return None
        if not self.probes:
            return faiss.SearchParameters(sel=self.selector)  # type: ignore[call-arg]
        return faiss.SearchParametersIVF(sel=self.selector, nprobe=self.probes)  # type: ignore[call-arg]


@dataclass(frozen=True)
class Dense:
    """One version of the vectors, ready to search.

    main:     a FAISS index over chunk rows, or None where there is no file.
    last_row: the greatest row that `main` covers.
    removed:  rows of `main` that are gone by now.
    rows, tail:  the later chunks, (n,) rows and (n, d) vectors.
    exact:    reads stored vectors, inside the snapshot that is searched.
    limits:   how FAISS is told what may be found, by the filters that were asked for.
    """

    main: Any = None
    last_row: int = 0
    removed: Rows = field(default_factory=lambda: NO_ROWS)
    rows: Rows = field(default_factory=lambda: NO_ROWS)
    tail: Vectors | None = None
    exact: Exact | None = None
    limits: dict[Filters | None, Limits] = field(default_factory=dict)

    def search(
        self, query: Vectors, k: int, selection: Selection | None = None
    ) -> list[tuple[int, float]]:
        """The k chunk rows nearest to the `(d,)` query with their cosines, best first."""
        found = self._search_main(query, k, selection) + self._search_tail(query, k, selection)
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]

    def _search_main(
        self, query: Vectors, k: int, selection: Selection | None
    ) -> list[tuple[int, float]]:
        if self.main is None or not self.main.ntotal:
            return []
        wanted = k if is_flat(self.main) else CANDIDATES * k
        limits = self._limits(selection)  # held, so that it outlives the search
        scores, rows = self.main.search(
            query[None], min(wanted, self.main.ntotal), params=limits.parameters()
        )
        there = rows[0] >= 0
        found, exact = rows[0][there], scores[0][there]
        if not is_flat(self.main) and self.exact:
            found, vectors = self.exact(found)
            exact = inner(vectors, query)
        return list(zip(found.tolist(), exact.tolist(), strict=True))

    def _limits(self, selection: Selection | None) -> Limits:
        """What a search is to be told; made once for each selection."""
        if selection is None and not len(self.removed):
            return Limits()
        filters = selection.filters if selection else None
        found = self.limits.get(filters)
        if found is None:
            if len(self.limits) >= MAX_LIMITS:
                self.limits.clear()
            found = self.limits[filters] = self._limited(selection)
        return found

    def _limited(self, selection: Selection | None) -> Limits:
        import faiss

        size, last = self.last_row + 1, int(max([self.last_row, *self.rows[-1:]]))
        every = np.ones(last + 1, np.bool_) if selection is None else selection.mask(last + 1)
        mask, tail = every[:size], every[self.rows]
        if self.main is None:
            return Limits(tail=tail)
        mask[self.removed] = False
        bits = np.packbits(mask, bitorder="little")
        selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
        if is_flat(self.main):
            return Limits(selector, 0, tail, bits)
        # The fewer may be found, the more lists are read, so that as many are.
        probes = math.ceil(self.main.nprobe * self.main.ntotal / max(1, np.count_nonzero(mask)))
        return Limits(selector, min(self.main.nlist, probes), tail, bits)

    def _search_tail(
        self, query: Vectors, k: int, selection: Selection | None
    ) -> list[tuple[int, float]]:
        if self.tail is None or not len(self.rows):
            return []
        scores = inner(self.tail, query)
        if selection is not None:
            scores = np.where(self._limits(selection).tail, scores, -np.inf)
        best = np.arange(len(scores))
        if k < len(scores):
            least = -np.partition(-scores, k - 1)[k - 1]
            best = np.flatnonzero(scores >= least)  # all that tie with the last, whatever k is
        return [(int(self.rows[i]), float(scores[i])) for i in best if scores[i] > -np.inf]


def is_flat(main: Any) -> bool:
    """Whether a FAISS index compares every vector, as it was stored."""
    return not hasattr(main, "nlist")


def catch_up(
    main: Any, last_row: int, version: int, database: Database, before: Dense | None = None
) -> Dense:
    """`main`, which covers rows to `last_row` and removals to `version`, with all that is newer.

    `before` is the same `main` caught up to an earlier version, and spares reading its tail
    again. Call inside the snapshot that will be searched.
    """
    removed = database.removed_since(version)
    rows, tail = [NO_ROWS], list[Vectors]()
    if before is not None and before.tail is not None:
        kept = ~np.isin(before.rows, removed)
        rows, tail = [before.rows[kept]], [before.tail[kept]]
    start = int(before.rows[-1]) if before is not None and len(before.rows) else last_row
    for newer, vectors in database.vectors_after(start):
        rows.append(newer)
        tail.append(vectors)
    return Dense(
        main,
        last_row,
        removed[removed <= last_row],
        np.concatenate(rows),
        np.concatenate(tail) if tail else None,
        database.vectors_of,
    )


# Files


def build(database: Database) -> Any:
    """A FAISS index over every stored vector, by chunk row."""
    import faiss

    _, count = database.count()
    if count <= FLAT_MAX:
        main: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(database.dimension))
    else:
        main = _lists(database, count)
    return _added(main, database.vectors_after(0))


def rebuilt(main: Any, removed: Rows, last_row: int, database: Database) -> Any:
    """`main` without what was removed and with what came since; anew when it has outgrown itself.

    Nothing is learnt again while as many lists as now would be right for what there is.
    """
    import faiss

    _, count = database.count()
    fits = (count <= FLAT_MAX) if is_flat(main) else main.nlist == _list_count(count)
    if not fits or (count > FLAT_MAX) == is_flat(main):
        return build(database)
    if len(removed):
        main.remove_ids(faiss.IDSelectorBatch(removed))
    return _added(main, database.vectors_after(last_row))


def _added(main: Any, batches: Iterable[tuple[Rows, Vectors]]) -> Any:
    for rows, vectors in batches:
        main.add_with_ids(np.ascontiguousarray(vectors, np.float32), rows)
    return main


def _list_count(count: int) -> int:
    """About twice the square root of the number of vectors: learning twice as many takes four times
    as long, and reading the same share of them finds the same."""
    return 1 << round(math.log2(2 * math.sqrt(max(1, count))))


def _lists(database: Database, count: int) -> Any:
    """An empty index of lists, learnt from vectors taken evenly from all that are stored."""
    import faiss

    lists, dimension = _list_count(count), database.dimension
    main = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension),
        dimension,
        lists,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
    )
    main.cp.niter = 10
    main.nprobe = max(1, int(lists * PROBED))
    step = max(1, count // (SAMPLE * lists))
    main.train(np.concatenate([vectors[::step] for _, vectors in database.vectors_after(0)]))
    return main


def write(main: Any, path: Path) -> str:
    """Write a FAISS index so that it is either there, whole, or not; returns its sha256."""
    import faiss

    sha256 = hashlib.sha256()
    with replacing(path) as file:

        def take(data: bytes) -> None:
            sha256.update(data)  # of what should be there, whatever the disk makes of it
            file.write(data)

        faiss.write_index(main, faiss.PyCallbackIOWriter(take, _WRITE_BYTES))  # type: ignore[attr-defined]
    return sha256.hexdigest()


def read(path: Path) -> Any:
    """A FAISS index from a file, None where it cannot be read.

    Only for a file whose hash is right: reading a damaged one can end the process.
    """
    import faiss

    with suppress(RuntimeError):
        return faiss.read_index(str(path))
    return None


# Is a file what it should be?

ALIKE = 0.99
"""Least cosine of a vector and what is left of it in a byte a dimension."""


def differences(dense: Dense, database: Database) -> list[str]:
    """Where the searched vectors are not those of the database. Call inside a snapshot."""
    held, stored = _content(dense.main) if dense.main is not None else (NO_ROWS, None)
    there = np.concatenate([np.setdiff1d(held, dense.removed), dense.rows])
    wrong = []
    if not np.array_equal(np.sort(there), database.rows()):
        wrong.append("the FAISS file does not hold the chunks that the database holds")
    if stored is None:
        return wrong
    for rows, vectors in database.vectors_after(0):
        places = np.searchsorted(held, rows).clip(max=max(0, len(held) - 1))
        known = held[places] == rows if len(held) else np.zeros(len(rows), np.bool_)
        cosines = np.einsum("nd,nd->n", stored(places[known]), vectors[known])
        wrong += [
            f"chunk {row}: the vector in the FAISS file is not the stored one"
            for row in rows[known][cosines < ALIKE].tolist()
        ]
    return wrong


def _content(main: Any) -> tuple[Rows, Callable[[NDArray[np.int64]], Vectors]]:
    """The rows that a FAISS index holds, ascending, and how to read the vectors at such places."""
    import faiss

    if is_flat(main):
        rows = faiss.vector_to_array(main.id_map)
        order = np.argsort(rows)
        flat = faiss.downcast_index(main.index).reconstruct_n(0, main.ntotal)
        return rows[order], lambda places: flat[order[places]]
    lists, width = main.invlists, main.sa_code_size() - main.code_size
    parts = []
    for number in range(main.nlist):
        size = lists.list_size(number)
        if size:
            ids = faiss.rev_swig_ptr(lists.get_ids(number), size).copy()
            codes = faiss.rev_swig_ptr(lists.get_codes(number), size * main.code_size)
            prefix = np.frombuffer(number.to_bytes(width, "little"), np.uint8)
            whole = np.hstack([np.tile(prefix, (size, 1)), codes.reshape(size, -1)])
            parts.append((ids, whole))
    rows = np.concatenate([ids for ids, _ in parts]) if parts else NO_ROWS
    every = np.concatenate([codes for _, codes in parts]) if parts else np.empty((0, 1), np.uint8)
    order = np.argsort(rows)
    return rows[order], lambda places: main.sa_decode(np.ascontiguousarray(every[order[places]]))
