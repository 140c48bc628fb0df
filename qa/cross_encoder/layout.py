"""How a question and a text become the tokens of one sequence, in training and in scoring alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

QUESTION, SAID, BEFORE = 64, 96, 56
"""Tokens kept of the question, of the text, and of what stands before the text."""

CLS, SEP = 101, 102
"""BERT's own, in the vocabulary of the packaged model."""

Ids = list[int]


class Batch(NamedTuple):
    """Sequences side by side, `(n, width)` int64 each.

    types:  1 for the tokens of the text that is judged, 0 for the question and what stands before.
    """

    ids: NDArray[np.int64]
    mask: NDArray[np.int64]
    types: NDArray[np.int64]


def sequence(question: Ids, said: Ids, before: Ids) -> tuple[Ids, Ids]:
    """Token ids and types of `[CLS] question [SEP] said [SEP] before [SEP]`."""
    question, said, before = question[:QUESTION], said[:SAID], before[:BEFORE]
    ids = [CLS, *question, SEP, *said, SEP]
    types = [0] * (len(question) + 2) + [1] * (len(said) + 1)
    if before:
        ids += [*before, SEP]
        types += [0] * (len(before) + 1)
    return ids, types


def batch(sequences: Sequence[tuple[Ids, Ids]]) -> Batch:
    """Sequences padded to the longest, in steps of 8: few widths to prepare for."""
    width = -(-max(len(ids) for ids, _ in sequences) // 8) * 8
    made = Batch(*(np.zeros((len(sequences), width), np.int64) for _ in range(3)))
    for row, (ids, types) in enumerate(sequences):
        made.ids[row, : len(ids)] = ids
        made.mask[row, : len(ids)] = 1
        made.types[row, : len(types)] = types
    return made


def alone(made: tuple[Ids, Ids]) -> dict[str, NDArray[np.int64]]:
    """One sequence as the exported graph takes it, unpadded."""
    ids, types = (np.array([part], np.int64) for part in made)
    return {"ids": ids, "types": types}
