"""Floors for the measures of a run, in a file that CI reads: `python -m eval gate`.

    {"format": 1, "set": "seeds", "questions": 250,
     "floors": {"extractive": {"cite_precision": 0.55, ...}, "hybrid": {"gold@10": 0.97}},
     "lowered": [{"system": ..., "measure": ..., "from": 0.6, "to": 0.55, "on": "2026-11-25",
                  "reason": ...}]}

A floor is a share, what was measured less a margin, since other machines round other sums. It is
never lowered without a reason, and the reason stays in the file. What measures no more than its
margin has no floor, which nothing could fall below.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .dataset import EvalError
from .records import Run
from .scores import MEASURES, Scored, search_measures

FORMAT = 1
MARGIN = 0.025
"""Rounding alone has moved four answers of 294, and one of the 43 near misses is 0.023."""

MARGINS = {"exact": 0.0, "claims_cited": 0.0, "false_premises": 0.05}
"""No rounding makes a quote inexact or leaves a claim without one; one false premise of the twenty
is 0.05."""

GATED = (
    "cite_precision",
    "cite_recall",
    "sentence_precision",
    "claims_cited",
    "exact",
    "alce_recall",
    "alce_precision",
    "answer_first",
    "answer_any",
    "f1",
    "versions",
    "abstain_precision",
    "abstain_recall",
    "abstain_auc",
    "cautious",
    "right_when_sure",
    "false_premises",
    "near_misses",
)
"""The measures of the answerer that have a floor; the larger, the better."""

SEARCH = "hybrid"
"""The search whose measures have floors: the one that answers are made from."""

Values = dict[str, dict[str, float]]
"""By system and measure."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the file says."""

    set: str
    questions: int
    floors: Values
    lowered: tuple[dict[str, Any], ...] = ()


def measured(run: Run, scored: Sequence[Scored]) -> Values:
    """What the floors are about: the run's own system and its search, without those that say
    nothing."""
    own = run.about.systems[0]
    wanted = {own: {name: MEASURES[name] for name in GATED}}
    if SEARCH in run.about.searches:
        wanted[SEARCH] = search_measures(run.about.measures)
    found: Values = {}
    for system, measures in wanted.items():
        records = [s for s in scored if s.record.system == system]
        for name, measure in measures.items():
            value = measure.value(records)
            if value is not None:
                found.setdefault(system, {})[name] = value
    return found


def failures(run: Run, values: Values, baseline: Baseline) -> list[str]:
    """Why a run does not pass, a line each; nothing when it does."""
    found = []
    if run.about.set != baseline.set:
        return [f'the run is of "{run.about.set}", the floors are of "{baseline.set}"']
    asked = len({r.case.question.id for r in run.records})
    if asked < baseline.questions:
        found.append(f"{asked} questions were asked; the floors are of {baseline.questions}")
    for system, floors in baseline.floors.items():
        for name, floor in floors.items():
            value = values.get(system, {}).get(name)
            if value is None:
                found.append(f"{system}: {name} was not measured; the floor is {floor:.3f}")
            elif value < floor:
                below = math.floor(value * 1_000) / 1_000  # 0.9997 is not 1.000
                found.append(f"{system}: {name} is {below:.3f}; the floor is {floor:.3f}")
    return found


def updated(
    run: Run, values: Values, before: Baseline | None, reason: str | None = None
) -> Baseline:
    """The floors that a run sets: raised to what it measures, and lowered only for a reason.

    With one, every floor is put where this run sets it, lower ones too.
    Raises EvalError that names every floor that the run does not reach when there is none.
    """
    own = before if before and before.set == run.about.set else None
    floors = own.floors if own else {}
    fresh = {
        system: {name: floor for name, value in of.items() if (floor := floor_of(name, value))}
        for system, of in values.items()
    }
    missed = _falls(floors, values, fresh)
    if missed and not reason:
        raise EvalError(
            "these floors would fall, and none was changed (give the reason with "
            "--allow-regression):\n" + "\n".join(map(_fall, missed))
        )
    falls = _falls(floors, fresh, fresh) if reason else []
    day = datetime.now(UTC).date().isoformat()
    kept = [fall | {"on": day, "reason": reason} for fall in falls]
    if not reason:
        for system, of in floors.items():
            fresh[system] = {n: max(of.get(n, 0), v) for n, v in (of | fresh[system]).items()}
    asked = len({r.case.question.id for r in run.records})
    return Baseline(run.about.set, asked, fresh, (*(before.lowered if before else ()), *kept))


def floor_of(name: str, value: float) -> float:
    """The floor that a measured share sets, in thousandths."""
    margin = MARGINS.get(name, MARGIN)
    return max(0.0, math.floor(round(1000 * (value - margin), 6)) / 1000)


def _falls(before: Values, reached: Values, fresh: Values) -> list[dict[str, Any]]:
    """Floors that are not reached, and what they would be; "to" is None where there is none."""
    return [
        {"system": system, "measure": name, "from": floor, "to": fresh.get(system, {}).get(name)}
        for system, floors in before.items()
        for name, floor in floors.items()
        if reached.get(system, {}).get(name, -1.0) < floor
    ]


def _fall(fall: Mapping[str, Any]) -> str:
    to = "none" if fall["to"] is None else f"{fall['to']:.3f}"
    return f"{fall['system']}: {fall['measure']} from {fall['from']:.3f} to {to}"


def read_baseline(path: Path) -> Baseline:
    """Raises EvalError when the file is not there, or of another format."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        if row["format"] != FORMAT:
            raise EvalError(f"{path}: format {row['format']!r}, and this version reads {FORMAT}")
        return Baseline(row["set"], row["questions"], row["floors"], tuple(row["lowered"]))
    except FileNotFoundError:
        raise EvalError(f"{path}: no such file (make it with gate RUN --update)") from None
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise EvalError(f"{path}: is no file of floors: {problem!r}") from None


def write_baseline(path: Path, baseline: Baseline) -> None:
    row = {
        "format": FORMAT,
        "set": baseline.set,
        "questions": baseline.questions,
        "floors": baseline.floors,
        "lowered": list(baseline.lowered),
    }
    path.write_text(json.dumps(row, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
