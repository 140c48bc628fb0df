"""The tables of a run: aligned text for a terminal, or Markdown for the README."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .dataset import Case
from .estimates import Estimate, percentile
from .records import MISSING, About, Run
from .scores import MEASURES, Measure, Scored, Unit, answered_curve, search_measures

_NONE = "-"

Column = Callable[[Sequence[Scored]], str]
Groups = Mapping[str, Sequence[Scored]]


@dataclass(frozen=True, slots=True)
class Table:
    """A title, the heads of its columns, rows of cells, and what a reader must know of them."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str


def render(run: Run, scored: Sequence[Scored], judge: str = "", markdown: bool = False) -> str:
    """All tables of a run, and the questions that failed. `judge` names whoever judged ALCE's."""
    as_table = _as_markdown if markdown else as_text
    made = [t for t in tables(run, scored, judge) if t.rows and len(t.head) > 1]
    parts = [_heading(run, scored, markdown), *map(as_table, made), *_notes(run, scored)]
    return "\n\n".join(parts) + "\n"


def tables(run: Run, scored: Sequence[Scored], judge: str = "") -> list[Table]:
    """The tables, in the order in which they are shown; some may be empty."""
    about = run.about
    answers = {s: _of(scored, s) for s in about.systems if s not in about.searches}
    searches = {s: _of(scored, s) for s in about.searches}
    return [
        _table("Citations", "system", answers, _columns(_CITATIONS, about.seed), _CITATION_NOTE),
        _table(
            f"Claims carried by what they cite, judged by {judge}",
            "system",
            answers,
            _columns(("alce_recall", "alce_precision"), about.seed),
            _CARRIED_NOTE,
        ),
        _table("Answers", "system", answers, _columns(_ANSWERS, about.seed), _ANSWER_NOTE),
        _abstention(answers, about.seed),
        _curve(answers),
        _search(searches, about),
        _times(answers, about.seed),
        _kinds(run, next(iter(answers.values()), ())),
    ]


_CITATIONS = (
    "cite_precision",
    "cite_recall",
    "sentence_precision",
    "cited",
    "claims_cited",
    "exact",
    "cited_characters",
    "claims",
)
_CITATION_NOTE = (
    "Precision: citations that overlap the sentence of a gold quote. Recall: gold points of which "
    "a sentence is cited. Sentence precision: cited sentences that are gold; what a long quote "
    "holds besides counts against it. Cited: answerable questions that got a citation; precision "
    "counts only these. Claims cited: sentences of the answer that cite something. Exact: quotes "
    "equal to the article at their offsets."
)
_CARRIED_NOTE = (
    "After ALCE. Recall: claims carried by all that they cite, together. Precision: citations of "
    "carried claims that carry them alone, or without which the others do not. Whoever repeats an "
    "article word for word is carried by it: this says nothing of whether it answers the question."
)
_ANSWERS = ("answer_first", "answer_any", "em", "f1", "answer_characters", "versions")
_ANSWER_NOTE = (
    "In first quote, in any quote: answerable questions of one gold point at most whose answer "
    "stands word for word in a quote of the first claim, of any claim. EM and F1: the first claim "
    "against the short answer, or abstaining where there is none; whole sentences cannot match "
    "short answers exactly. Length in characters. Versions given: where the articles contradict "
    "each other, the share of the gold versions that is cited."
)
_ABSTENTION = (
    "abstain_precision",
    "abstain_recall",
    "abstain_f1",
    "abstain_auc",
    "cautious",
    "doubted",
    "right_when_sure",
    "false_premises",
    "near_misses",
)
_ABSTENTION_NOTE = (
    "Right is to abstain exactly where the articles do not say. AUC: the chance that an answerable "
    "question got more confidence than an unanswerable one, 50 for no idea. Refused or doubted: "
    "the share that was refused or answered with the words that it may be no answer. Right when "
    "sure: of the answers without them, the mean share of gold points cited (or a quote with the "
    "short answer). False premises and near misses: the share of these that was refused."
)
_CURVE_NOTE = (
    "Were only the surest answers given, up to this share of all questions: the mean share of gold "
    "points cited (or a quote with the short answer); an answer where the articles do not say "
    "counts 0."
)
_TIME_NOTE = (
    "By the wall clock. First sentence: until the first checked one is shown. Mean tokens, read "
    "and written, where a model counted them."
)
_MEANINGS = {
    "gold": "gold@k: gold passages met by the first k chunks.",
    "article": "article@k: gold points with an article among the first k.",
    "answer": "answer@k: an answer in the first k chunks.",
    "holds": "holds@k: an answer anywhere in the first k articles.",
}


def _abstention(answers: Groups, seed: int) -> Table:
    if all(s.answerable for scored in answers.values() for s in scored):
        return Table("Abstention", (), (), "")
    columns = _columns(_ABSTENTION, seed)
    return _table("Abstention", "system", answers, columns, _ABSTENTION_NOTE)


def _curve(answers: Groups) -> Table:
    """Accuracy at fifths of the questions, and at all that were answered."""
    groups = {name: answered_curve(scored) for name, scored in answers.items()}
    shares = (0.2, 0.4, 0.6, 0.8)
    rows = tuple(
        (name, *(_accuracy(curve, share) for share in shares), _at_end(curve))
        for name, curve in groups.items()
        if curve
    )
    head = ("system", *(f"{share:.0%} answered" for share in shares), "all that it answers")
    return Table("Accuracy by the share answered", head, rows, _CURVE_NOTE)


def _accuracy(curve: Sequence[tuple[float, float]], share: float) -> str:
    """At the first point of the curve that answers so much."""
    return next((f"{100 * right:.1f}" for answered, right in curve if answered >= share), _NONE)


def _at_end(curve: Sequence[tuple[float, float]]) -> str:
    answered, right = curve[-1]
    return f"{100 * right:.1f} of {100 * answered:.0f}%"


def _search(searches: Groups, about: About) -> Table:
    columns = {m.title: _column(m, about.seed) for m in search_measures(about.measures).values()}
    named = dict.fromkeys(measure.partition("@")[0] for measure in about.measures)
    note = " ".join(_MEANINGS[name] for name in named if name in _MEANINGS)
    return _table("Search", "search", searches, columns | _percentiles("seconds", ""), note)


def _times(answers: Groups, seed: int) -> Table:
    columns = {
        **_percentiles("first_claim_seconds", "first sentence "),
        **_percentiles("seconds", "whole "),
        **_columns(("tokens",), seed),
    }
    return _table("Time and tokens", "system", answers, columns, _TIME_NOTE)


def _kinds(run: Run, own: Sequence[Scored]) -> Table:
    columns = {
        "n": lambda scored: str(len(scored)),
        "abstained": _column(Measure("", _abstained), run.about.seed),
        **_columns(
            ("cite_precision", "cite_recall", "answer_any", "versions"), run.about.seed
        ),
    }  # fmt: skip
    # In the order of the set, so that two samples of it line up.
    groups: dict[str, list[Scored]] = {}
    for each in own:
        groups.setdefault(_kind(each.record.case), []).append(each)
    system = own[0].record.system if own else ""
    note = "Abstained is recall of abstention on an unanswerable kind, and a mistake on the others."
    return _table(f"By kind: {system}", "kind", groups, columns, note)


def _abstained(scored: Scored) -> tuple[float, float]:
    return float(scored.abstained), 1.0


def _kind(case: Case) -> str:
    return case.question.kind + ("" if case.question.answerable else " (unanswerable)")


def _of(scored: Iterable[Scored], system: str) -> list[Scored]:
    return [s for s in scored if s.record.system == system]


def _table(title: str, first: str, groups: Groups, columns: dict[str, Column], note: str) -> Table:
    """A row for each group; a column that says nothing in any row is left out."""
    cells = {name: [column(g) for g in groups.values()] for name, column in columns.items()}
    kept = {name: column for name, column in cells.items() if set(column) != {_NONE}}
    rows = tuple(zip(groups, *kept.values(), strict=True))
    return Table(title, (first, *kept), rows, note)


def _columns(names: Iterable[str], seed: int) -> dict[str, Column]:
    return {MEASURES[name].title: _column(MEASURES[name], seed) for name in names}


def _column(measure: Measure, seed: int) -> Column:
    return lambda scored: written(measure.of(scored, seed), measure.unit)


def _percentiles(name: str, prefix: str) -> dict[str, Column]:
    def column(percent: float) -> Column:
        def cell(scored: Sequence[Scored]) -> str:
            measured = [v for s in scored if (v := _seconds(s, name)) is not None]
            return f"{1000 * percentile(measured, percent):.1f} ms" if measured else _NONE

        return cell

    return {f"{prefix}p50": column(50), f"{prefix}p95": column(95)}


def _seconds(scored: Scored, name: str) -> float | None:
    value: float | None = getattr(scored.record, name)
    return value


def written(estimate: Estimate | None, unit: Unit = "share") -> str:
    """An estimate with its interval, shares in percent; a dash for none."""
    if estimate is None:
        return _NONE
    times = 100 if unit == "share" else 1
    mean, low, high = (times * v for v in (estimate.mean, estimate.low, estimate.high))
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]"


def _heading(run: Run, scored: Sequence[Scored], markdown: bool) -> str:
    about = run.about
    cases = {s.record.case.question.id: s.record.case for s in scored}
    unanswerable = sum(not case.question.answerable for case in cases.values())
    articles = f", {about.counts['articles']} articles" if "articles" in about.counts else ""
    code = about.fingerprints.get("commit")
    return (
        f"{'### ' if markdown else ''}{about.set}\n\n"
        f"{len(cases)} questions ({unanswerable} unanswerable){articles}, seed {about.seed}"
        f"{f', commit {code}' if code else ''}. {about.about} "
        "In brackets: 95% bootstrap intervals; one without width says that no question differed."
    )


def _notes(run: Run, scored: Sequence[Scored]) -> list[str]:
    """The questions that failed, and those that a model left to the articles' own sentences."""
    own = run.about.systems[0] if run.about.systems else ""
    failed = [
        f"- {s.record.case.question.id} ({s.record.system}): {s.record.error}"
        for s in scored
        if s.record.error and (s.record.system == own or s.record.system in run.about.searches)
    ]
    notes = [f"Failed, counted as misses: {len(failed)}", *failed] if failed else []
    parts = ["\n".join(notes)] if notes else []
    if any(s.record.error == MISSING for s in scored):
        parts.append("The run is not whole: the same command with the same --out goes on with it.")
    replaced = [
        s.record.case.question.id
        for s in _of(scored, own)
        if run.about.model and s.record.answer and s.record.answer.model != run.about.model
    ]
    if replaced:
        ids = ", ".join(replaced)
        parts.append(f"Not by {run.about.model}, which failed: {len(replaced)} answers ({ids})")
    return parts


def as_text(table: Table) -> str:
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
    return "\n".join([table.title, "", out[0], rule, *out[1:], *_note(table)])


def _as_markdown(table: Table) -> str:
    rule = ("---", *["---:"] * (len(table.head) - 1))
    rows = [" | ".join(line) for line in (table.head, rule, *table.rows)]
    return "\n".join([f"#### {table.title}", "", *(f"| {row} |" for row in rows), *_note(table)])


def _note(table: Table) -> list[str]:
    return ["", table.note] if table.note else []
