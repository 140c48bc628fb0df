"""What the report shows above the questions: tables with intervals, and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index.types import Article

from .compare import rows as differences
from .estimates import Estimate, mean, percentile
from .plots import Dots, Line, Point, dots, lines
from .retrieval import retrieval_scores
from .scores import MEASURES, Measure, Scored, answered_curve, plain_score, search_measures

if TYPE_CHECKING:
    from .page import Shown

TABLES: dict[str, tuple[tuple[str, ...], str]] = {
    "Citations": (
        ("cite_precision", "cite_recall", "sentence_precision", "cited", "claims_cited", "exact",
         "alce_recall", "alce_precision", "cited_characters", "claims"),
        "Precision: citations that overlap a gold quote. Recall: gold points that a citation "
        "covers. Sentence precision: cited sentences that overlap gold. Cited: answerable "
        "questions that got a citation. Exact: quotes equal to the article at their offsets. "
        "A long quote meets gold easily: read precision beside the characters cited.",
    ),
    "Answers": (
        ("right", "answer_first", "answer_any", "versions", "em", "f1", "answer_characters"),
        "Right: the share of gold points cited, or 1 where a cited quote holds the short answer. "
        "In first quote, in any quote: the short answer stands word for word in a quote of the "
        "first claim, of any claim. EM and F1: the first claim against the short answer.",
    ),
    "Abstention": (
        ("abstain_precision", "abstain_recall", "abstain_f1", "abstain_auc", "cautious", "doubted",
         "right_when_sure", "false_premises", "near_misses"),
        "Right is to abstain exactly where the articles do not say. AUC: the chance that an "
        "answerable question got a higher confidence than an unanswerable one.",
    ),
    "Speed and cost": (
        ("seconds", "first_claim_seconds", "tokens"),
        "Means by the wall clock of the machine that ran it.",
    ),
}  # fmt: skip
"""The measures of each table, and what a reader must know of them."""

BY_KIND = ("right", "cite_precision", "cite_recall", "answer_any", "abstained")
ABSTAINED = Measure("abstained", plain_score("abstained"))
DEPTHS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50)
MAIN = ("cite_precision", "cite_recall", "answer_any", "right", "abstain_precision",
        "abstain_recall", "abstain_auc")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot as an SVG element, with its title and what it says to who cannot see it."""

    title: str
    note: str
    svg: str


# Tables -----------------------------------------------------------------------------------------


def tables(runs: Sequence[Shown]) -> list[dict[str, Any]]:
    """The tables as plain JSON values; a column or a table that says nothing is left out."""
    made = [
        _table(title, note, [MEASURES[name] for name in names], _answering(runs))
        for title, (names, note) in TABLES.items()
    ]
    made.append(_search(runs))
    made.append(_kinds(runs))
    made += [_differences(runs[0], other) for other in runs[1:]]
    return [table for table in made if table["columns"]]


Row = tuple[dict[str, Any], Sequence[Scored], int]
"""What names a row, its records, and the seed of its intervals."""


def _answering(runs: Sequence[Shown]) -> list[Row]:
    """What each run is about, then the rivals of each."""
    rows = [
        ({"run": number, "name": system, "rival": system != shown.own}, shown.of(system),
         shown.run.about.seed)
        for number, shown in enumerate(runs)
        for system in shown.answering
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row[0]["rival"])


def _search(runs: Sequence[Shown]) -> dict[str, Any]:
    rows = [
        ({"run": number, "name": system, "rival": False}, shown.of(system), shown.run.about.seed)
        for number, shown in enumerate(runs)
        for system in shown.run.about.searches
    ]
    measures = search_measures(runs[0].run.about.measures)
    note = (
        "gold@k: gold passages met by the first k chunks. article@k: gold points with an article "
        "among the first k. answer@k: an answer in the first k chunks. holds@k: an answer anywhere "
        "in the first k articles. MRR: 1 / rank of the first hit on target. The rivals read hybrid."
    )
    return _table("Search", note, list(measures.values()), rows)


def _kinds(runs: Sequence[Shown]) -> dict[str, Any]:
    rows = [
        (name | {"group": kind}, mine, seed)
        for kind in _kind_names(runs)
        for name, scored, seed in _answering(runs)
        if (mine := [s for s in scored if s.record.case.question.kind == kind])
    ]
    note = "Abstained is right on an unanswerable kind and a mistake on the others."
    measures = [MEASURES.get(name, ABSTAINED) for name in BY_KIND]
    return _table("By kind of question", note, measures, rows)


def _differences(first: Shown, other: Shown) -> dict[str, Any]:
    """How a run differs from the first, on the questions that both were asked."""
    before = {s.record.case.question.id: s for s in first.of(first.own)}
    after = {s.record.case.question.id: s for s in other.of(other.own)}
    paired = [(before[key], after[key]) for key in before if key in after]
    rows = []
    for found in differences(paired, other.run, other.own, other.run.about.seed) if paired else ():
        three = (found.before, found.after, found.difference)
        cells = [_cell(estimate) for estimate in three]
        rows.append({"name": found.title, "unit": found.unit, "cells": cells, "n": len(paired)})
    columns = [
        {"title": first.name},
        {"title": other.name},
        {"title": "difference", "signed": True},
    ]
    note = (
        f"Paired by question, on {len(paired)} that both were asked. A difference whose interval "
        "excludes zero is in bold."
    )
    title = f"{other.name} less {first.name}"
    return {"title": title, "note": note, "columns": columns if rows else [], "rows": rows}


def _kind_names(runs: Sequence[Shown]) -> list[str]:
    kinds: dict[str, bool] = {}
    for shown in runs:
        for scored in shown.of(shown.own):
            kinds.setdefault(scored.record.case.question.kind, scored.answerable)
    return sorted(kinds, key=lambda kind: not kinds[kind])


def _table(
    title: str, note: str, measures: Sequence[Measure], given: Sequence[Row]
) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for name, scored, seed in given:
        cells = [_cell(measure.of(scored, seed)) for measure in measures]
        row = name | {"cells": cells, "n": len(scored)}
        # Runs over one index have the same rivals: once is enough.
        if not (name.get("rival", False) and _again(row, rows)):
            rows.append(row)
    kept = [n for n in range(len(measures)) if any(row["cells"][n] for row in rows)]
    for row in rows:
        row["cells"] = [row["cells"][n] for n in kept]
    columns = [{"title": measures[n].title, "unit": measures[n].unit} for n in kept]
    return {"title": title, "note": note, "columns": columns, "rows": rows}


def _again(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> bool:
    same = ("name", "group", "cells")
    return any(all(row.get(key) == other.get(key) for key in same) for other in rows)


def _cell(estimate: Estimate | None) -> list[float] | None:
    if estimate is None:
        return None
    return [estimate.mean, estimate.low, estimate.high, estimate.n]


# Plots ------------------------------------------------------------------------------------------


def pictures(runs: Sequence[Shown], articles: Mapping[str, Article]) -> list[Picture]:
    """The plots that the runs have something for."""
    made = (_scores(runs), _by_kind(runs), _recall(runs, articles), _accuracy(runs), _latency(runs))
    return [picture for picture in made if picture is not None]


def _scores(runs: Sequence[Shown]) -> Picture:
    found = [
        (shown.name, [MEASURES[m].of(shown.of(shown.own), shown.run.about.seed) for m in MAIN])
        for shown in runs
    ]
    kept = [n for n in range(len(MAIN)) if any(estimates[n] for _, estimates in found)]
    titles = ["citation precision", "citation recall", "answer in any quote", "right",
              "abstention precision", "abstention recall", "abstention AUC"]  # fmt: skip
    series = [Dots(name, [e[n] for n in kept], run) for run, (name, e) in enumerate(found)]
    svg = dots("scores", [titles[n] for n in kept], series)
    return Picture("Scores", "Means with 95% bootstrap intervals.", svg)


def _recall(runs: Sequence[Shown], articles: Mapping[str, Article]) -> Picture | None:
    family = (*runs[0].run.about.measures, "gold@1")[0].partition("@")[0]
    found = []
    for number, shown in enumerate(runs):
        searches = [s for s in shown.run.about.searches if any(
            r.record.retrieved for r in shown.of(s))]  # fmt: skip
        for dash, system in enumerate(reversed(searches)):
            points = _recalls(shown.of(system), family, articles)
            name = f"{shown.name}: {system}" if len(runs) > 1 else system
            # One run alone has the colours for its searches.
            found.append(Line(name, points, number if len(runs) > 1 else dash, dash))
    found = [line for line in found if line.points]
    if not found:
        return None
    what = {"gold": "gold passages", "article": "gold articles"}.get(family, "answers")
    svg = lines("recall", found, "k, chunks or articles looked at", f"{what} found", log=True)
    return Picture("Recall against k", f"The share of {what} among the first k.", svg)


def _recalls(scored: Sequence[Scored], family: str, articles: Mapping[str, Article]) -> list[Point]:
    deepest = max((len(s.record.retrieved) for s in scored), default=0)
    depths = [k for k in DEPTHS if k <= deepest]
    each = [retrieval_scores(s.record.case, s.record.retrieved, articles, depths) for s in scored]
    estimates = [(k, mean(scores.get(f"{family}@{k}") for scores in each)) for k in depths]
    return [(k, e.mean) for k, e in estimates if e is not None]


def _accuracy(runs: Sequence[Shown]) -> Picture | None:
    found = [
        Line(shown.name, answered_curve(shown.of(shown.own)), number)
        for number, shown in enumerate(runs)
    ]
    rivals = {
        system: point
        for shown in runs
        for system in shown.answering[1:]
        if (point := _one_point(shown.of(system)))
    }
    found += [Line(system, [at], dash=n) for n, (system, at) in enumerate(rivals.items())]
    found = [line for line in found if line.points]
    if not found:
        return None
    svg = lines("accuracy", found, "share of questions answered", "accuracy of these answers")
    note = (
        "The surest answers first. Accuracy: gold points cited, or 1 where a cited quote holds the "
        "short answer; 0 for an answer where the articles do not say."
    )
    return Picture("Answered share against accuracy", note, svg)


def _one_point(scored: Sequence[Scored]) -> Point | None:
    """Share answered and accuracy, of a system that says nothing of how sure it is."""
    given = [s.scores.get("right") or 0.0 for s in scored if not s.abstained]
    return (len(given) / len(scored), sum(given) / len(given)) if given else None


def _by_kind(runs: Sequence[Shown]) -> Picture | None:
    kinds = _kind_names(runs)
    series = [
        Dots(shown.name, [_good(shown, kind) for kind in kinds], number)
        for number, shown in enumerate(runs)
    ]
    if not any(any(each.estimates) for each in series):
        return None
    svg = dots("kinds", [kind.replace("_", " ") for kind in kinds], series)
    note = (
        "Where the articles say it: gold points cited, or 1 where a cited quote holds the short "
        "answer. Where they do not: abstentions."
    )
    return Picture("Right, by kind of question", note, svg)


def _good(shown: Shown, kind: str) -> Estimate | None:
    scored = [s for s in shown.of(shown.own) if s.record.case.question.kind == kind]
    name = "right" if scored and scored[0].answerable else "abstained"
    return mean((s.scores.get(name) for s in scored), shown.run.about.seed)


def _latency(runs: Sequence[Shown]) -> Picture | None:
    found = []
    for number, shown in enumerate(runs):
        records = [s.record for s in shown.of(shown.own)]
        for dash, what in enumerate(("seconds", "first_claim_seconds")):
            times = [t for r in records if (t := getattr(r, what)) is not None and t > 0]
            name = "whole answer" if what == "seconds" else "first sentence"
            name = f"{shown.name}: {name}" if len(runs) > 1 else name
            # One time in all is no distribution.
            if len(times) > 1:
                points = [(percentile(times, p), p / 100) for p in range(0, 101, 2)]
                found.append(Line(name, points, number, dash))
    if not found:
        return None
    svg = lines("latency", found, "seconds", "questions answered by then", log=True)
    return Picture("Latency", "The share of questions answered within a time.", svg)
