"""Reads a question beside sentences, and a claim beside its quotes, on the exported network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.embed import by_length, open_graph, packaged_tokenizer
from index.types import Vectors

from .layout import ANSWER, CLAIM, Batch, batch, sequence

MODEL = Path(__file__).with_name("model.onnx")

LONGEST = 24
"""Tokens of a short answer at most."""

Sequences = list[tuple[list[int], list[int]]]


class Reader:
    """A Reranker whose scores are probabilities; safe to share between threads."""

    def __init__(self, model: Path = MODEL) -> None:
        self._session = open_graph(model)
        self._tokenizer = packaged_tokenizer()

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """The chance that each text answers the question, `(len(texts),)` float32.

        A text is a sentence, and after a blank line what it is read with: the title of its
        article and the sentence before it.
        """
        return _chance(self._run(self._sequences(question, texts, ANSWER), "answer"))

    def carried(self, claim: str, texts: Sequence[str]) -> Vectors:
        """The chance that each text carries all of the claim, `(len(texts),)` float32."""
        return _chance(self._run(self._sequences(claim, texts, CLAIM), "claim"))

    def short(self, question: str, text: str) -> tuple[int, int, float]:
        """Where in the sentence (see `score`) the short answer stands, and how sure that is.

        The product of the chances of its first and its last token; offsets are code points.
        """
        said = text.partition("\n\n")[0]
        encoded = self._tokenizer.encode(said, add_special_tokens=False)
        offsets = encoded.offsets[:ANSWER]
        if not offsets:
            return 0, 0, 0.0
        made = self._sequences(question, [text], ANSWER)
        (logits,) = self._session.run(["span"], _inputs(batch(made)))
        first = made[0][1].index(1)
        own = logits[0, first : first + len(offsets)]
        chances = np.exp(own - own.max(axis=0)) / np.exp(own - own.max(axis=0)).sum(axis=0)
        both = np.triu(np.outer(chances[:, 0], chances[:, 1]))
        both -= np.triu(both, LONGEST)
        start, end = np.unravel_index(int(both.argmax()), both.shape)
        return offsets[start][0], offsets[end][1], float(both[start, end])

    def _sequences(self, query: str, texts: Sequence[str], most: int) -> Sequences:
        parts = [text.partition("\n\n") for text in texts]
        flat = [query, *(said for said, _, _ in parts), *(before for _, _, before in parts)]
        encoded = self._tokenizer.encode_batch(flat, add_special_tokens=False)
        ids = [each.ids for each in encoded]
        said, before = ids[1 : 1 + len(texts)], ids[1 + len(texts) :]
        return [sequence(ids[0], s, b, most) for s, b in zip(said, before, strict=True)]

    def _run(self, sequences: Sequences, head: str) -> Vectors:
        logits = np.empty(len(sequences), np.float32)
        for rows in by_length([len(ids) for ids, _ in sequences]):
            inputs = _inputs(batch([sequences[row] for row in rows]))
            (logits[rows],) = self._session.run([head], inputs)
        return logits


def _inputs(tokens: Batch) -> dict[str, NDArray[np.int64]]:
    return {"ids": tokens.ids, "mask": tokens.mask, "types": tokens.types}


def _chance(logits: Vectors) -> Vectors:
    chances: Vectors = 1.0 / (1.0 + np.exp(-logits))
    return chances


@cache
def reader() -> Reader:
    """The packaged one, loaded once."""
    return Reader()
