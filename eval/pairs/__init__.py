"""What the cross-encoder learns from: `python -m eval pairs --data DIR -o FILE`.

A group is one question with several texts, of which those that answer it are right. Every article
or topic belongs to one of two splits, by a hash of its name, so that what is "held" is never
trained on, whichever set or rule made a group of it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HELD = 0.2
"""Share of the articles that are never trained on."""


@dataclass(frozen=True, slots=True)
class Text:
    """A candidate: what is judged, and what stands before it (title, the sentence before).

    span:  where the short answer stands in `said`, where that is known.
    """

    said: str
    before: str
    right: bool
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    source: str
    held: bool
    question: str
    texts: tuple[Text, ...]


def held(name: str) -> bool:
    """Whether what bears this name is kept back."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 16**8 < HELD


def groups(data: Path, cache: Path, seed: int) -> Iterator[Group]:
    """Every group that can be made of the sets whose licences let weights be shipped."""
    from . import cloze, questions

    yield from questions.groups(data, cache, random.Random(seed))
    yield from cloze.groups(data, random.Random(seed + 1))


def write(found: Iterable[Group], path: Path) -> str:
    """Write the groups as gzipped JSON lines; returns how many there are of each kind."""
    counts: Counter[str] = Counter()
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=5) as file:
        for group in found:
            file.write(json.dumps(_row(group), ensure_ascii=False) + "\n")
            split = "held" if group.held else "train"
            counts[f"{split:5} {group.source}"] += 1
            counts[f"{split:5} pairs"] += len(group.texts)
    return "\n".join(f"{count:8} {name}" for name, count in sorted(counts.items()))


def _row(group: Group) -> dict[str, Any]:
    texts = [[t.said, t.before, int(t.right), t.span] for t in group.texts]
    return {
        "source": group.source,
        "held": group.held,
        "question": group.question,
        "texts": texts,
    }
