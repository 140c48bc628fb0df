"""What `python -m eval pairs` writes, as token sequences, and the batches of an epoch."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.graphs import packaged_tokenizer

from .layout import SAID, sequence

PAIRS = 48
"""Pairs of one step."""

MADE = {"cloze": 2_000}
"""Groups of the source made by rules that each epoch draws; of the others it takes all."""

POOL = 300
"""Groups among which those of like length are put together."""


@dataclass(frozen=True, slots=True)
class Example:
    """One group as token sequences: labels, and the tokens of the short answer or (-1, -1)."""

    source: str
    sequences: list[tuple[list[int], list[int]]]
    labels: list[float]
    spans: list[tuple[int, int]]

    @property
    def length(self) -> int:
        return max(len(ids) for ids, _ in self.sequences)


def read(path: Path, held: bool, sources: Sequence[str] | None = None) -> list[Example]:
    """The groups of one split, as tokens."""
    tokenizer = packaged_tokenizer()
    found = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["held"] == held and (sources is None or row["source"] in sources):
                found.append(_example(row, tokenizer))
    return found


def _example(row: dict[str, Any], tokenizer: Any) -> Example:
    parts = [row["question"], *(part for text in row["texts"] for part in text[:2])]
    question, *encoded = tokenizer.encode_batch(parts, add_special_tokens=False)
    sequences, labels, spans = [], [], []
    for number, (_, _, right, span) in enumerate(row["texts"]):
        said, before = encoded[2 * number : 2 * number + 2]
        ids, types = sequence(question.ids, said.ids, before.ids)
        sequences.append((ids, types))
        labels.append(float(right))
        spans.append(_tokens(span, said.offsets[:SAID], types.index(1)))
    return Example(row["source"], sequences, labels, spans)


def _tokens(
    span: Sequence[int] | None, offsets: Sequence[tuple[int, int]], first: int
) -> tuple[int, int]:
    """The first and last token of a short answer, counted in the whole sequence."""
    if span is None:
        return -1, -1
    inside = [i for i, (a, b) in enumerate(offsets) if a < span[1] and span[0] < b]
    return (first + inside[0], first + inside[-1]) if inside else (-1, -1)


def drawn(examples: Sequence[Example], seed: int) -> list[Example]:
    """The groups of one epoch."""
    by_source: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_source[example.source].append(example)
    draw = random.Random(seed)
    return [
        e
        for source, own in sorted(by_source.items())
        for e in draw.sample(own, min(len(own), MADE.get(source, len(own))))
    ]


def batches(examples: Sequence[Example], seed: int) -> list[list[Example]]:
    """Every example once, in batches of like length."""
    draw = random.Random(seed)
    order = list(examples)
    draw.shuffle(order)
    made: list[list[Example]] = []
    for at in range(0, len(order), POOL):
        held: list[Example] = []
        for example in sorted(order[at : at + POOL], key=lambda e: e.length):
            if held and sum(len(e.labels) for e in [*held, example]) > PAIRS:
                made.append(held)
                held = []
            held.append(example)
        made += [held] * bool(held)
    draw.shuffle(made)
    return made
