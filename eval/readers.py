"""Networks that read sentences, on what was held back from their training.

`python -m eval readers PAIRS [MODEL ...]`: PAIRS is a file of `python -m eval pairs`; each MODEL is
an exported network like `qa/cross_encoder/model.onnx`, which comes first when none is named. All
are asked about the same groups, and so is the encoder's cosine. Behind a figure stands its 95%
interval; of the later networks, how far they are from the first, group by group.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.embed import default_encoder
from index.types import Vectors
from qa.cross_encoder import Reader

from .dataset import EvalError
from .estimates import Kind, difference, estimate

Score = Callable[[str, Sequence[str]], Vectors]
"""The question and its texts to a number for each text, higher is better."""

Rows = list[tuple[float, float]]


def groups(path: Path, most: int) -> dict[str, list[dict[str, Any]]]:
    """The held-back groups by source, at most so many of each, evenly from the file."""
    found: dict[str, list[dict[str, Any]]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["held"]:
                found.setdefault(row["source"], []).append(row)
    return {name: own[:: -(-len(own) // most)] for name, own in sorted(found.items())}


def by_cosine(question: str, texts: Sequence[str]) -> Vectors:
    """Of the question and the sentence alone, without what is read beside it."""
    first, *others = default_encoder().encode([question, *(t.partition("\n\n")[0] for t in texts)])
    scores: Vectors = np.array(others) @ first
    return scores


def scored(score: Score, own: Sequence[Mapping[str, Any]]) -> list[tuple[list[float], list[float]]]:
    """Of each group whether each text is right, and what it scores."""
    found = []
    for group in own:
        texts = ["\n\n".join(text[:2]) for text in group["texts"]]
        right = [float(text[2]) for text in group["texts"]]
        found.append((right, score(group["question"], texts).tolist()))
    return found


def first_of(found: Sequence[tuple[list[float], list[float]]], most: int) -> Rows:
    """Whether a right text is among the `most` best, of the groups with right and wrong ones."""
    rows = []
    for right, scores in found:
        if 0 < sum(right) < len(right):
            best = np.argsort(scores)[::-1][:most]
            rows.append((max(right[i] for i in best), 1.0))
    return rows


def measure(
    scores: Mapping[str, Score], own: Sequence[Mapping[str, Any]], seed: int = 0
) -> dict[str, list[str]]:
    """The cells of each system's row: right first, right in three, AUC of right against wrong."""
    found = {name: scored(score, own) for name, score in scores.items()}
    of = [n for n, group in enumerate(own) for _ in group["texts"]]
    kinds: dict[str, tuple[Kind, list[int] | None]] = {
        "first": ("ratio", None), "three": ("ratio", None), "auc": ("auc", of)
    }  # fmt: skip
    rows = {
        name: {
            "first": first_of(each, 1),
            "three": first_of(each, 3),
            "auc": [pair for right, given in each for pair in zip(right, given, strict=True)],
        }
        for name, each in found.items()
    }
    base = next(iter(rows))
    return {
        name: [
            _cell(one[what], None if name == base else rows[base][what], kind, questions, seed)
            for what, (kind, questions) in kinds.items()
        ]
        for name, one in rows.items()
    }


def _cell(rows: Rows, base: Rows | None, kind: Kind, of: list[int] | None, seed: int) -> str:
    found = estimate(rows, kind, seed, of)
    if found is None:
        return "-"
    text = f"{100 * found.mean:.1f} [{100 * found.low:.1f}, {100 * found.high:.1f}]"
    apart = difference(base, rows, kind, seed, of) if base else None
    if apart is None:
        return text
    return f"{text}, {100 * apart.mean:+.1f} [{100 * apart.low:+.1f}, {100 * apart.high:+.1f}]"


def render(pairs: Path, models: Sequence[Path], most: int, seed: int = 0) -> str:
    """The table, in Markdown. Raises EvalError for a file that is not there."""
    for path in (pairs, *models):
        if not path.is_file():
            raise EvalError(
                f"{path} is not there (`python -m eval pairs` writes pairs, "
                "`make train-cross-encoder` a network)"
            )
    scores: dict[str, Score] = {str(path): Reader(path).score for path in models}
    scores["the encoder's cosine"] = by_cosine
    lines = [
        "| groups | network | right first | right in three | AUC |",
        "| --- | --- | --- | --- | --- |",
    ]
    for source, own in groups(pairs, most).items():
        for name, cells in measure(scores, own, seed).items():
            lines.append(f"| {source} ({len(own)}) | {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
