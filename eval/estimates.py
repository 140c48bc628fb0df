"""Means over questions, and what a run is measured by, each with its interval.

Intervals are 95% percentile bootstrap intervals over the questions (Efron and Tibshirani 1993,
chapter 13): questions are drawn with replacement DRAWS times, and the interval runs from the 2.5th
to the 97.5th percentile of what is measured on the draws. Two runs are compared on the same draws.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

DRAWS = 1_000
"""Bootstrap samples behind an interval."""

Matrix = NDArray[np.float64]
Kind = Literal["ratio", "auc"]
"""What two numbers of each question come to: the ratio of their sums, or the area under the ROC
curve of the second number where the first says whether a question is positive (NaN: left out)."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `n` questions with the ends of its 95% interval."""

    mean: float
    low: float
    high: float
    n: int


def estimate(
    rows: Sequence[tuple[float, float]],
    kind: Kind,
    seed: int = 0,
    questions: Sequence[int] | None = None,
) -> Estimate | None:
    """What the questions' pairs of numbers come to; None when it says nothing.

    questions:  where a question has several rows, which one each row is of, counted from 0: its
                rows are drawn together.
    """
    value = plain_estimate(rows, kind)
    if value is None:
        return None
    table = np.asarray(rows, float)
    low, high = _ends(_values(table, _drawn(len(table), seed, questions), kind))
    return Estimate(value, low, high, int(_counted(table, kind).sum()))


def plain_estimate(rows: Sequence[tuple[float, float]], kind: Kind) -> float | None:
    """The same without its interval."""
    table = np.asarray(rows, float).reshape(-1, 2)
    if not _counted(table, kind).any():
        return None
    value = float(_values(table, np.ones((1, len(table))), kind)[0])
    return None if math.isnan(value) else value


def difference(
    before: Sequence[tuple[float, float]],
    after: Sequence[tuple[float, float]],
    kind: Kind,
    seed: int = 0,
    questions: Sequence[int] | None = None,
) -> Estimate | None:
    """`after` less `before`, row by row the same questions: each draw takes them for both."""
    one, other = (np.asarray(rows, float).reshape(-1, 2) for rows in (before, after))
    if len(one) != len(other):
        raise AssertionError("a paired difference needs the same questions on both sides")
    counted = _counted(one, kind) | _counted(other, kind)
    if not counted.any():
        return None
    every = np.ones((1, len(one)))
    value = (_values(other, every, kind) - _values(one, every, kind))[0]
    if math.isnan(value):
        return None
    drawn = _drawn(len(one), seed, questions)
    low, high = _ends(_values(other, drawn, kind) - _values(one, drawn, kind))
    return Estimate(float(value), low, high, int(counted.sum()))


@lru_cache(maxsize=8)
def draws(n: int, seed: int) -> Matrix:
    """(DRAWS, n): how often each draw holds each of `n` questions."""
    drawn = np.random.default_rng(seed).integers(0, n, (DRAWS, n))
    return np.stack([np.bincount(row, minlength=n) for row in drawn]).astype(float)


def _drawn(rows: int, seed: int, questions: Sequence[int] | None) -> Matrix:
    """(DRAWS, rows): how often each draw holds each row."""
    if questions is None:
        return draws(rows, seed)
    return draws(max(questions) + 1, seed)[:, list(questions)]


def _counted(table: Matrix, kind: Kind) -> NDArray[np.bool_]:
    """The questions that have something to measure."""
    said: NDArray[np.bool_] = table[:, 1] != 0 if kind == "ratio" else ~np.isnan(table[:, 1])
    return said


def _values(table: Matrix, times: Matrix, kind: Kind) -> Matrix:
    """What each draw comes to; NaN where it says nothing."""
    if kind == "ratio":
        sums = times @ table
        wholes = np.where(sums[:, 1] == 0, np.nan, sums[:, 1])
        out: Matrix = sums[:, 0] / wholes
        return out
    kept = _counted(table, kind)
    flags, scores = table[kept, 0] == 1, table[kept, 1]
    return np.array([_area(flags, scores, row) for row in times[:, kept]])


def _ends(values: Matrix) -> tuple[float, float]:
    low, high = np.percentile(values[~np.isnan(values)], [2.5, 97.5])
    return float(low), float(high)


def _area(flags: NDArray[np.bool_], scores: Matrix, times: Matrix) -> float:
    """Chance that a positive scores above a negative, ties counted half; NaN without either.

    The Mann-Whitney statistic, each question as often as `times` says.
    """
    _, place = np.unique(scores, return_inverse=True)
    size = int(place.max(initial=-1)) + 1
    positive = np.bincount(place, times * flags, size)
    negative = np.bincount(place, times * ~flags, size)
    pairs = positive.sum() * negative.sum()
    below = np.cumsum(negative) - negative / 2
    return float(positive @ below / pairs) if pairs else math.nan


def ratio(
    parts: Sequence[float],
    wholes: Sequence[float],
    seed: int = 0,
    of: Sequence[str] | None = None,
) -> Estimate | None:
    """sum(parts) / sum(wholes); with wholes of 1 a mean. None when the wholes sum to 0.

    Draws whose wholes sum to 0 say nothing and are left out.

    of:  what each is of, where several are of one question or conversation: they are drawn
         together, since they are not independent.
    """
    rows = list(zip(parts, wholes, strict=True))
    if of is None:
        return estimate(rows, "ratio", seed)
    place = {name: n for n, name in enumerate(dict.fromkeys(of))}
    return estimate(rows, "ratio", seed, [place[name] for _, name in zip(rows, of, strict=True)])


def mean(
    values: Iterable[float | None], seed: int = 0, of: Sequence[str] | None = None
) -> Estimate | None:
    """The mean of the values that are there, with its interval; None when there are none.

    of:  as for `ratio`.
    """
    every = list(values)
    there = [v for v in every if v is not None]
    kept = of and [name for name, v in zip(of, every, strict=True) if v is not None]
    return ratio(there, [1.0] * len(there), seed, kept)


def auc(positive: Sequence[bool], scores: Sequence[float]) -> float:
    """Chance that a random positive scores above a random negative, ties counted half.

    The area under the ROC curve; NaN without a positive or without a negative.
    """
    return _area(np.asarray(positive, bool), np.asarray(scores, float), np.ones(len(scores)))


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values lie below, between neighbours by a straight line.

    Hyndman and Fan 1996, definition 7 (numpy's default). NaN without values.
    """
    return float(np.percentile(values, percent)) if len(values) else math.nan
