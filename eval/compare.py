"""Two runs side by side, question by question: what changed, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .dataset import EvalError
from .estimates import Estimate, difference
from .records import Run
from .report import Table, as_text, written
from .scores import MEASURES, Scored, Unit, search_measures

Pair = tuple[Scored, Scored]

CHANGES = ("right", "cite_precision", "cite_recall", "answer_any", "abstained", "exact")
"""The scores by which a question counts as changed."""


@dataclass(frozen=True, slots=True)
class Row:
    """A measure of both runs, and the second less the first."""

    title: str
    before: Estimate | None
    after: Estimate | None
    difference: Estimate | None
    unit: Unit


def pairs(before: Sequence[Scored], after: Sequence[Scored], one: str, other: str) -> list[Pair]:
    """The records of two systems by question, in the order of the first.

    Raises EvalError where the two were not asked the same questions.
    """
    first = {s.record.case.question.id: s for s in before if s.record.system == one}
    second = {s.record.case.question.id: s for s in after if s.record.system == other}
    for name, found in ((one, first), (other, second)):
        if not found:
            raise EvalError(f'no records of "{name}" (name a system of both runs with --system)')
    if first.keys() != second.keys():
        lone = sorted(first.keys() ^ second.keys())
        raise EvalError(
            f"the runs were asked different questions: {len(lone)} are in one alone, such as "
            f"{lone[0]} (run both on the same set with the same --limit and --seed)"
        )
    return [(first[key], second[key]) for key in first]


def rows(paired: Sequence[Pair], run: Run, system: str, seed: int = 0) -> list[Row]:
    """Every measure that says something of either, in the order of the tables."""
    is_search = system in run.about.searches
    measures = search_measures(run.about.measures) if is_search else MEASURES
    found = []
    for name, measure in measures.items():
        one = [measure.parts(before) for before, _ in paired]
        other = [measure.parts(after) for _, after in paired]
        gap = difference(one, other, measure.kind, seed)
        if gap is not None:
            title = f"abstention {measure.title}" if name.startswith("abstain") else measure.title
            before, after = (measure.of([p[i] for p in paired], seed) for i in (0, 1))
            found.append(Row(title, before, after, gap, measure.unit))
    return found


def changed(paired: Sequence[Pair]) -> list[tuple[str, list[str]]]:
    """The questions whose scores differ, each with what did: `recall 0 -> 1`; failures too."""
    found = []
    for before, after in paired:
        notes = [
            f"{_TITLES[name]} {_number(one)} -> {_number(other)}"
            for name in CHANGES
            if (one := before.scores.get(name)) != (other := after.scores.get(name))
        ]
        errors = (before.record.error, after.record.error)
        notes += [f"failed: {errors[0] or 'no'} -> {errors[1] or 'no'}"] * (errors[0] != errors[1])
        if notes:
            found.append((before.record.case.question.id, notes))
    return found


def render(paired: Sequence[Pair], run: Run, system: str, seed: int = 0) -> str:
    """The table of differences, and every question that changed."""
    table = Table(
        f"{len(paired)} questions, paired",
        ("measure", "first", "second", "second less first"),
        tuple(_cells(row) for row in rows(paired, run, system, seed)),
        "In brackets: 95% bootstrap intervals over the questions, drawn for both runs together. "
        "* marks a difference whose interval excludes zero.",
    )
    moved = changed(paired)
    lines = [f"- {key}: {'; '.join(notes)}" for key, notes in moved]
    return "\n".join([as_text(table), "", f"Changed: {len(moved)} questions", *lines]) + "\n"


_TITLES = {name: MEASURES[name].title if name in MEASURES else name for name in CHANGES}


def _cells(row: Row) -> tuple[str, str, str, str]:
    gap = row.difference
    times = 100 if row.unit == "share" else 1
    shown = "-"
    if gap:
        mean, low, high = (times * v for v in (gap.mean, gap.low, gap.high))
        sure = " *" if low > 0 or high < 0 else ""
        shown = f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]{sure}"
    return row.title, written(row.before, row.unit), written(row.after, row.unit), shown


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
