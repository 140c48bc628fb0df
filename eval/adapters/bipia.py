"""BIPIA (Yi et al. 2023, arXiv:2312.14197): instructions to hide in a text that a model reads."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from ..dataset import EvalError
from . import REMEDY


@dataclass(frozen=True, slots=True)
class Attack:
    """An instruction: number `number`, from 0, of its kind."""

    kind: str
    number: int
    text: str


def load(data: Path) -> tuple[Attack, ...]:
    """Reads `bipia-train/` below `data`: an object of kinds, each with a list of instructions."""
    path = data / "bipia-train" / "text_attacks.json.gz"
    if not path.is_file():
        raise EvalError(f"{path}: no such file: {REMEDY}")
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            kinds = json.load(file)
    except (OSError, EOFError, ValueError) as problem:
        raise EvalError(f"{path}: cannot be read: {problem}") from None
    if not isinstance(kinds, dict) or not all(_is_texts(texts) for texts in kinds.values()):
        raise EvalError(f"{path}: not an object of kinds, each with a list of texts")
    return tuple(
        Attack(kind, number, " ".join(text.split()))
        for kind, texts in kinds.items()
        for number, text in enumerate(texts)
    )


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
