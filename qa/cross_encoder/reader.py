"""Reads a question beside sentences, on the exported network."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Lock

import numpy as np

from index.graphs import Graph, packaged_tokenizer
from index.types import Vectors

from .layout import SAID, alone, sequence

MODEL = Path(__file__).with_name("model.onnx")

LONGEST = 24
"""Tokens of a short answer at most."""

KEPT = 1_000
"""Texts of which it is remembered where the short answer stands: some kilobyte each."""

Sequences = list[tuple[list[int], list[int]]]


class Reader:
    """A Reranker whose scores are probabilities; safe to share between threads."""

    def __init__(self, model: Path = MODEL) -> None:
        self._graph = Graph(model)
        self._tokenizer = packaged_tokenizer()
        self._spans: OrderedDict[tuple[int, ...], Vectors] = OrderedDict()
        self._keeping = Lock()

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """The chance that each text answers the question, `(len(texts),)` float32.

        A text is a sentence, and after a blank line what it is read with: the title of its
        article and the sentence before it.
        """
        sequences = self._sequences(question, texts)
        made = self._graph.run_each(["answer", "span"], [alone(each) for each in sequences])
        self._keep(sequences, [span for _, span in made])
        return _chance([answer for answer, _ in made])

    def short(self, question: str, text: str) -> tuple[int, int, float]:
        """Where in the sentence (see `score`) the short answer stands, and how sure that is.

        The product of the chances of its first and its last token; offsets are code points.
        """
        said = text.partition("\n\n")[0]
        encoded = self._tokenizer.encode(said, add_special_tokens=False)
        offsets = encoded.offsets[:SAID]
        if not offsets:
            return 0, 0, 0.0
        (made,) = self._sequences(question, [text])
        with self._keeping:
            logits = self._spans.get(tuple(made[0]))
        if logits is None:
            (logits,) = self._graph.run(["span"], alone(made))
        first = made[1].index(1)
        own = logits[0, first : first + len(offsets)].astype(np.float64)
        chances = np.exp(own - own.max(axis=0)) / np.exp(own - own.max(axis=0)).sum(axis=0)
        joint = np.outer(chances[:, 0], chances[:, 1])
        both = np.triu(joint) - np.triu(joint, LONGEST)
        start, end = np.unravel_index(int(both.argmax()), both.shape)
        return offsets[start][0], offsets[end][1], float(both[start, end])

    def _sequences(self, question: str, texts: Sequence[str]) -> Sequences:
        parts = [text.partition("\n\n") for text in texts]
        flat = [question, *(said for said, _, _ in parts), *(before for _, _, before in parts)]
        encoded = self._tokenizer.encode_batch(flat, add_special_tokens=False)
        ids = [each.ids for each in encoded]
        said, before = ids[1 : 1 + len(texts)], ids[1 + len(texts) :]
        return [sequence(ids[0], s, b) for s, b in zip(said, before, strict=True)]

    def _keep(self, sequences: Sequences, spans: list[Vectors]) -> None:
        """Whoever has chosen a sentence asks for its short answer next: not to be read again."""
        with self._keeping:
            for (ids, _), logits in zip(sequences, spans, strict=True):
                self._spans[tuple(ids)] = logits
            while len(self._spans) > KEPT:
                self._spans.popitem(last=False)


def _chance(logits: Sequence[Vectors]) -> Vectors:
    """Of the logits of texts, `(1,)` each, which may be none."""
    together = np.array([each[0] for each in logits], np.float32)
    return np.asarray(1.0 / (1.0 + np.exp(-together)), np.float32)


_LOADING = Lock()


def packaged() -> Reader:
    """The one that comes with Footnote, loaded once, by whoever comes first."""
    with _LOADING:
        return _packaged()


@cache
def _packaged() -> Reader:
    return Reader()
