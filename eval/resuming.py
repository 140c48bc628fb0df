"""A run that was cut off goes on: what its folder holds, and whether that is the same run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from .dataset import EvalError
from .records import ABOUT, LINES, About, read_about, read_lines, write_about


def begin(folder: Path, about: About) -> set[str]:
    """Make the folder, or find what is done in it; what is not whole is dropped."""
    if not (folder / ABOUT).exists():
        write_about(folder, about)
        (folder / LINES).unlink(missing_ok=True)
        return set()
    before = read_about(folder)
    if differs := _differs(before, about):
        raise EvalError(
            f"{folder}: holds a run that differs in its {differs} (name another folder with --out)"
        )
    return _whole_questions(folder / LINES, about.systems)


def _differs(before: About, about: About) -> str | None:
    """The name of what differs; a commit that changes nothing that answers does not."""
    for name in ("set", "model", "systems", "questions", "seed"):
        if getattr(before, name) != getattr(about, name):
            return name
    one, other = ({**a.fingerprints, "commit": ""} for a in (before, about))
    return next((name for name in other if one.get(name) != other[name]), None)


def _whole_questions(path: Path, systems: Sequence[str]) -> set[str]:
    """The questions of which every system's record is there; the file is left with these alone."""
    if not path.exists():
        return set()
    lines: dict[str, dict[str, str]] = {}
    for _, row in read_lines(path):
        line = json.dumps(row, ensure_ascii=False) + "\n"
        lines.setdefault(row["id"], {})[row.get("system", "")] = line
    whole = {key: found for key, found in lines.items() if set(found) == set(systems)}
    made = path.with_name(f"{path.name}.new")
    kept = (line for found in whole.values() for line in found.values())
    made.write_text("".join(kept), encoding="utf-8")
    made.replace(path)
    return set(whole)
