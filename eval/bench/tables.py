"""Tables of what was measured: a row a figure, a column a system, ratios to the first of them."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Figure = float | str | None
"""A number; a word where there is none to compare; None where it was not measured."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of several systems.

    unit:    as `_cell` writes it: "s", "ms", "MB", "KB", "%", "" for a plain number.
    better:  1 where more is better, -1 where less is, 0 where neither is.
    good:    of words: the one that a system should earn.
    """

    name: str
    figures: Mapping[str, Figure]
    unit: str = "s"
    better: int = -1
    good: str = ""


def table(rows: Sequence[Row], systems: Sequence[str], ratios: bool = True) -> str:
    """In Markdown. With `ratios` there stands behind a figure how many times the first it is."""
    lines = [["", *systems], ["---", *["---:"] * len(systems)]]
    for row in rows:
        base = row.figures.get(systems[0]) if ratios and row.better else None
        lines.append([row.name, *(_cell(row.figures.get(s), row.unit, base) for s in systems)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def behind(rows: Sequence[Row], systems: Sequence[str]) -> list[str]:
    """The rows on which some other system is better than the first, with the best of those."""
    first, *others = systems
    found = []
    for row in rows:
        ours = row.figures.get(first)
        better = [s for s in others if _better(row.figures.get(s), ours, row)]
        if better:
            best = max(better, key=lambda s: _worth(row.figures[s], row))
            shown = _cell(row.figures[best], row.unit, None)
            found.append(f"{row.name} ({best}: {shown}, {first}: {_cell(ours, row.unit, None)})")
    return found


def _better(theirs: Figure, ours: Figure, row: Row) -> bool:
    if row.good:
        return theirs == row.good != ours
    if row.better == 0 or ours is None or not isinstance(theirs, (int, float)):
        return False
    return isinstance(ours, str) or (theirs - ours) * row.better > 0


def _worth(figure: Figure, row: Row) -> float:
    return figure * row.better if isinstance(figure, (int, float)) else 0.0


def _cell(figure: Figure, unit: str, base: Figure) -> str:
    if figure is None:
        return "-"
    if isinstance(figure, str):
        return figure
    scale = {"ms": 1e3, "%": 100, "MB": 1 / 2**20, "KB": 1 / 2**10}.get(unit, 1)
    value = figure * scale
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    text = f"{shown}%" if unit == "%" else f"{shown} {unit}".strip()
    if not isinstance(base, (int, float)) or base == figure or base == 0:
        return text
    return f"{text} ({figure / base:.2f}×)"


def middle(values: Sequence[float]) -> float:
    """The median."""
    return float(statistics.median(values))


def high(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return float(np.percentile(values, 95))


def cores() -> int:
    """Those that this process may use (Linux)."""
    return len(os.sched_getaffinity(0))


def machine() -> str:
    """What the figures were measured on, and how busy it was."""
    about = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((li.partition(": ")[2] for li in about if li.startswith("model name")), "")
    flags = next((li.split() for li in about if li.startswith("flags")), [])
    known = [f for f in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if f in flags]
    total = Path("/proc/meminfo").read_text(encoding="ascii").split()[1]
    return (
        f"{cores()} cores of {model or platform.processor()} ({', '.join(known)}), "
        f"{int(total) / 2**20:.0f} GB, {platform.system()}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f}"
    )
