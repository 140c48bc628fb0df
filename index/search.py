"""Ranking: pure functions over ranked lists of chunk rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

RRF_K = 60
"""The constant of reciprocal rank fusion, as its authors have it."""


def fuse(rankings: Sequence[Sequence[int]], k: int = RRF_K) -> dict[int, float]:
    """Reciprocal rank fusion: score(d) = sum over rankings of 1 / (k + rank of d), best first.

    Source: Cormack, Clarke and Buettcher, SIGIR 2009.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, 1):
            scores[row] = scores.get(row, 0.0) + 1.0 / (k + rank)
    return dict(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])))


def positions(ranking: Sequence[int]) -> Mapping[int, int]:
    """Where each row stands in a ranking, counted from 1."""
    return {row: rank for rank, row in enumerate(ranking, 1)}
