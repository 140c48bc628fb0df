"""TREC CAsT 2019 and 2020: conversations made by hand, each turn also as it stands alone.

There are no answers. Those of 2020 lean on the answers that a person was shown as well, so a rule
that sees the questions alone cannot resolve them all.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..dataset import EvalError, FollowUp
from . import REMEDY


def load(data: Path) -> tuple[FollowUp, ...]:
    """Reads `cast-2019-2020/` below `data`; first turns are left out."""
    folder = data / "cast-2019-2020"
    with _open(folder / "2019_resolved.tsv.gz") as file:
        resolved = {row[0]: row[1] for row in csv.reader(file, delimiter="\t", quoting=3)}

    def of_2019(topic: dict[str, Any], turn: dict[str, Any]) -> str:
        return resolved[f"{topic['number']}_{turn['number']}"]

    def of_2020(topic: dict[str, Any], turn: dict[str, Any]) -> str:
        rewrite: str = turn["manual_rewritten_utterance"]
        return rewrite

    first = _follow_ups("cast-2019", folder / "2019_topics.json.gz", of_2019)
    return (*first, *_follow_ups("cast-2020", folder / "2020_manual_topics.json.gz", of_2020))


def _open(path: Path) -> Any:
    if not path.is_file():
        raise EvalError(f"{path}: no such file: {REMEDY}")
    return gzip.open(path, "rt", encoding="utf-8", newline="")


def _follow_ups(
    name: str, path: Path, rewrite: Callable[[dict[str, Any], dict[str, Any]], str]
) -> Iterator[FollowUp]:
    try:
        with _open(path) as file:
            topics = json.load(file)
        for topic in topics:
            yield from _of(name, topic, rewrite)
    except (KeyError, TypeError, IndexError, ValueError, OSError, EOFError) as problem:
        raise EvalError(f"{path}: not topics of CAsT: {problem!r}") from None


def _of(
    name: str, topic: dict[str, Any], rewrite: Callable[[dict[str, Any], dict[str, Any]], str]
) -> Iterator[FollowUp]:
    history: tuple[tuple[str, str], ...] = ()
    for turn in topic["turn"]:
        question = " ".join(turn["raw_utterance"].split())
        if history:
            yield FollowUp(
                id=f"{name}-{topic['number']}-{turn['number']}",
                set=name,
                conversation=f"{name}-{topic['number']}",
                history=history,
                question=question,
                rewrite=" ".join(rewrite(topic, turn).split()),
            )
        history += ((question, ""),)
