"""MTRAG: the turns of people who questioned four collections, each with a person's rewrite.

Only what the people typed is in this set, not what they were answered. Where the last turn stood
alone the rewrite often words it anew, so a rule that adds the right words still gets few points.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..dataset import EvalError, FollowUp
from . import read_rows

_SPEAKER = "|user|:"


def load(data: Path) -> tuple[FollowUp, ...]:
    """Reads `mtrag-rewrites/` below `data`; first turns are left out."""
    path = data / "mtrag-rewrites" / "turns.jsonl.gz"
    found = []
    for number, row in enumerate(read_rows(path), 1):
        try:
            turn = _turn(row)
        except (KeyError, AttributeError) as problem:
            raise EvalError(f"{path}:{number}: not a turn of MTRAG: {problem!r}") from None
        if turn.history:
            found.append(turn)
    return tuple(found)


def _turn(row: dict[str, Any]) -> FollowUp:
    # A turn of several lines begins with its speaker only once.
    said = [_bare(turn) for turn in row["conversation"].split(f"\n{_SPEAKER}")]
    return FollowUp(
        id=row["id"],
        set="mtrag",
        conversation=row["id"].partition("<::>")[0],
        history=tuple((turn, "") for turn in said[:-1]),
        question=_bare(row["last_turn"]),
        rewrite=_bare(row["rewrite"]),
    )


def _bare(turn: str) -> str:
    return " ".join(turn.removeprefix(_SPEAKER).split())
