"""Passages in the order in which a reader of sentences would have them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from index.chunk import split_sentences
from index.types import Reranker, Vectors


class BestSentence:
    """A Reranker of passages: each counts as much as the best of its sentences.

    The reader gets a sentence as the answerer shows it one: the title and the sentence before it
    come behind a blank line.
    """

    def __init__(self, reader: Reranker) -> None:
        self._reader = reader

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """`(len(texts),)` float32; each text is a title, a line break, and the passage."""
        shown = [_sentences(text) for text in texts]
        scores = self._reader.score(question, [each for own in shown for each in own])
        ends = np.cumsum([0, *map(len, shown)])
        best = [scores[a:b].max(initial=0.0) for a, b in pairwise(ends.tolist())]
        return np.array(best, np.float32)


def _sentences(text: str) -> list[str]:
    title, _, passage = text.partition("\n")
    said = [" ".join(passage[s.start : s.end].split()) for s in split_sentences(passage)]
    return [f"{now}\n\n{title}. {before}".rstrip() for before, now in pairwise(["", *said])]
