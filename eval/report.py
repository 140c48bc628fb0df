"""The tables that a run prints: aligned text for a terminal, or Markdown for the README."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .dataset import Case
from .metrics import Estimate, abstention, mean, percentile
from .run import Record, Results

_NONE = "-"


@dataclass(frozen=True, slots=True)
class Table:
    """A title, the heads of its columns, rows of cells, and what a reader must know of them."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str


def render(results: Results, markdown: bool = False) -> str:
    """All tables of a run, and the questions that failed."""
    as_table = _as_markdown if markdown else _as_text
    made = [t for t in (maker(results) for maker in _TABLES) if t.rows and len(t.head) > 1]
    parts = [_heading(results, markdown), *map(as_table, made), *_failed(results)]
    return "\n\n".join(parts) + "\n"


def citations(results: Results) -> Table:
    columns = {
        "precision": _share("cite_precision", results.seed),
        "recall": _share("cite_recall", results.seed),
        "cited": _share("cited", results.seed),
        "exact": _share("exact", results.seed),
        "characters cited": _number("cited_characters", results.seed),
        "claims": _number("claims", results.seed),
    }
    note = (
        "Precision: citations that overlap a gold quote. Recall: gold points that a citation "
        "covers. Cited: answerable questions that got a citation; precision counts only these. "
        "Exact: quotes equal to the article at their offsets. A long quote meets gold easily: read "
        "precision beside the characters cited for a question."
    )
    return _table("Citations", "system", _systems(results.answers), columns, note)


def answers(results: Results) -> Table:
    columns = {
        "in first quote": _share("answer_first", results.seed),
        "in any quote": _share("answer_any", results.seed),
        "EM": _share("em", results.seed),
        "F1": _share("f1", results.seed),
        **_times(),
    }
    note = (
        "In first quote, in any quote: answerable questions of one gold point at most whose answer "
        "stands word for word in a quote of the first claim, of any claim. EM and F1: the first "
        "claim against the short answer, or abstaining where there is none; whole sentences cannot "
        "match short answers exactly."
    )
    return _table("Answers", "system", _systems(results.answers), columns, note)


def abstentions(results: Results) -> Table:
    def column(name: str) -> Column:
        return lambda records: _percent(abstention(_flags(records), results.seed)[name])

    columns = {"precision": column("precision"), "recall": column("recall"), "F1": column("f1")}
    note = "Right is to abstain exactly where the articles do not say."
    if all(r.case.question.answerable for r in results.answers):
        return Table("Abstention", (), (), note)
    return _table("Abstention", "system", _systems(results.answers), columns, note)


def searches(results: Results) -> Table:
    measures = results.eval_set.measures
    columns = {name: _share(name, results.seed) for name in measures}
    columns["MRR"] = _share("mrr", results.seed)
    meanings = {
        "gold": "gold@k: gold passages met by the first k chunks.",
        "article": "article@k: gold points with an article among the first k.",
        "answer": "answer@k: an answer in the first k chunks.",
        "holds": "holds@k: an answer anywhere in the first k articles.",
    }
    note = " ".join(meanings[m] for m in dict.fromkeys(m.partition("@")[0] for m in measures))
    return _table("Search", "search", _systems(results.searches), columns | _times(), note)


def kinds(results: Results) -> Table:
    columns = {
        "n": lambda records: str(len(records)),
        "abstained": _share("abstained", results.seed),
        "precision": _share("cite_precision", results.seed),
        "recall": _share("cite_recall", results.seed),
        "in any quote": _share("answer_any", results.seed),
    }
    # In the order of the set, so that two samples of it line up.
    groups: Groups = {_kind(case): [] for case in results.eval_set.cases}
    for record in _own(results):
        groups[_kind(record.case)].append(record)
    groups = {kind: records for kind, records in groups.items() if records}
    note = "Abstained is recall of abstention on an unanswerable kind, and a mistake on the others."
    return _table(f"By kind: {results.answers[0].system}", "kind", groups, columns, note)


def _kind(case: Case) -> str:
    return case.question.kind + ("" if case.question.answerable else " (unanswerable)")


def _own(results: Results) -> list[Record]:
    """The answerer's records, without its rivals'."""
    return [r for r in results.answers if r.system == results.answers[0].system]


_TABLES = (citations, answers, abstentions, searches, kinds)

Column = Callable[[Sequence[Record]], str]
Groups = dict[str, list[Record]]


def _table(title: str, first: str, groups: Groups, columns: dict[str, Column], note: str) -> Table:
    """A row for each group; a column that says nothing in any row is left out."""
    cells = {name: [column(g) for g in groups.values()] for name, column in columns.items()}
    kept = {name: column for name, column in cells.items() if set(column) != {_NONE}}
    rows = tuple(zip(groups, *kept.values(), strict=True))
    return Table(title, (first, *kept), rows, note)


def _systems(records: Sequence[Record]) -> Groups:
    groups: Groups = {}
    for record in records:
        groups.setdefault(record.system, []).append(record)
    return groups


def _share(name: str, seed: int) -> Column:
    return lambda records: _percent(mean((r.scores.get(name) for r in records), seed))


def _number(name: str, seed: int) -> Column:
    return lambda records: _plain(mean((r.scores.get(name) for r in records), seed))


def _times() -> dict[str, Column]:
    def column(percent: float) -> Column:
        return lambda records: _milliseconds(percentile([r.seconds for r in records], percent))

    return {"p50": column(50), "p95": column(95)}


def _flags(records: Sequence[Record]) -> list[tuple[bool, bool]]:
    return [(r.scores["abstained"] == 1.0, not r.case.question.answerable) for r in records]


def _percent(estimate: Estimate | None) -> str:
    if estimate is None:
        return _NONE
    return f"{100 * estimate.mean:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def _plain(estimate: Estimate | None) -> str:
    if estimate is None:
        return _NONE
    return f"{estimate.mean:.1f} [{estimate.low:.1f}, {estimate.high:.1f}]"


def _milliseconds(seconds: float) -> str:
    # An order of articles that came with the data took no time of ours.
    return f"{1000 * seconds:.1f} ms" if seconds > 0 else _NONE


def _heading(results: Results, markdown: bool) -> str:
    asked = _own(results)
    open_ones = sum(not r.case.question.answerable for r in asked)
    eval_set = results.eval_set
    return (
        f"{'### ' if markdown else ''}{eval_set.name}\n\n"
        f"{len(asked)} of {len(eval_set.cases)} questions ({open_ones} unanswerable), "
        f"{len(eval_set.articles)} articles, seed {results.seed}. {eval_set.about} "
        "In brackets: 95% bootstrap intervals; one without width says that no question differed."
    )


def _failed(results: Results) -> list[str]:
    """The questions that failed, by the answerer or a search; a rival fails with its search."""
    lines = [
        f"- {r.case.question.id} ({r.system}): {r.error}"
        for r in [*_own(results), *results.searches]
        if r.error
    ]
    return [f"Failed, counted as misses: {len(lines)}\n" + "\n".join(lines)] if lines else []


def _as_text(table: Table) -> str:
    lines = [table.head, *table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.head))]
    out = [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([table.title, "", out[0], rule, *out[1:], "", table.note])


def _as_markdown(table: Table) -> str:
    rule = ("---", *["---:"] * (len(table.head) - 1))
    rows = [" | ".join(line) for line in (table.head, rule, *table.rows)]
    return "\n".join([f"#### {table.title}", "", *(f"| {row} |" for row in rows), "", table.note])
