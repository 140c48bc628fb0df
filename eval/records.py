"""The record of a run: a folder in which the answers of any system can be written and scored.

`run.json` is one object:

    format        1; a reader refuses every other number
    set           the name of a set (`eval.adapters.SETS`), or the path of a file of questions
    source        for such a path: {"articles": FOLDER} or {"index": FOLDER}
    about         what the numbers mean on this set
    measures      the retrieval measures worth showing, as "gold@10"
    created       when it began, UTC, as 2026-11-25T17:30:00Z
    systems       the systems of its records, the one that the run is about first
    searches      those of them that only search
    model         the model string, or "extractive"
    seed          of the sample and of the intervals
    questions     the ids that were asked; all of the set where this is missing
    fingerprints  {"index", "encoder", "prompt", "model", "code"}: what made the answers
    counts        {"questions", "unanswerable", "articles"}

`records.jsonl` is one object a line for each question and system, in any order:

    id, system, question, kind, answerable, answers, history
    gold          as in a file of questions: the points, each a list of {"article", "quote"}
    places        where those quotes stand: for each point a list of [article_id, start, end]
    passages      where a search should lead, in the same form; missing where that is `places`
    answer        `Answer.to_json()`, or null
    retrieved     [article_id, start, end] of each hit, best first; of searches only
    error         why the question failed, or null; a failed question is a miss
    seconds       until the answer
    first_claim_seconds   until the first checked sentence, or null
    tokens        {"input", "output"} where a model counted them

Texts of articles are not in it: offsets are code points of the article's stored text.

By hand, `{"format": 1, "set": "seeds"}` and lines such as these are enough:

    {"id": "idlib-001", "answer": {"text": "Turkey and Russia did. [1]", "citations": [
        {"article": "idlib-2020/moscow-talks-end.md", "quote": "Turkey and Russia brokered"}]}}
    {"id": "idlib-031", "answer": {"abstained": true}}

The rest is taken from the set. A marker `[2]`, within a sentence or right behind it, cites the
second of `citations`; without any marker all of them are cited for the whole text. A citation
names its article by path, URL or id, and gives a `quote`, or `start` and `end`, or both. A quote
that its article does not hold is kept as one that is not exact. An answer may give a `confidence`,
and say that it is `doubtful`. A question of the set without a line is a miss.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qa.types import Answer, plain

from .answers import Articles, read_answer
from .dataset import Case, EvalError, EvalSet, Place, Points, Question, Quote

FORMAT = 1
ABOUT, LINES = "run.json", "records.jsonl"
UNNAMED = "other"
"""The system of a line that names none."""

MISSING = "there is no record of this question"


@dataclass(frozen=True, slots=True)
class Record:
    """What one system made of one question.

    answer:     None from a search, and from a question that failed.
    retrieved:  where the hits of a search stand, best first.
    error:      why the question failed; it counts as a miss.
    seconds:    by the wall clock until the answer; `first_claim_seconds` until its first checked
                sentence. None where they were not measured.
    tokens:     by kind, where a model counted them.
    """

    case: Case
    system: str
    answer: Answer | None = None
    retrieved: tuple[Place, ...] = ()
    error: str | None = None
    seconds: float | None = None
    first_claim_seconds: float | None = None
    tokens: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The object of its line."""
        question, case = self.case.question, self.case
        row = {
            "id": question.id,
            "system": self.system,
            "question": question.question,
            "kind": question.kind,
            "answerable": question.answerable,
            "answers": plain(question.answers),
            "history": plain(question.history),
            "gold": [
                [{"article": q.article, "quote": q.text} for q in point] for point in question.gold
            ],
            "places": _from_points(case.points),
            "answer": self.answer.to_json() if self.answer else None,
            "error": self.error,
            "seconds": _rounded(self.seconds),
            "first_claim_seconds": _rounded(self.first_claim_seconds),
            "tokens": self.tokens,
        }
        if case.passages != case.points:
            row["passages"] = _from_points(case.passages)
        if self.retrieved:
            row["retrieved"] = [[p.article_id, p.start, p.end] for p in self.retrieved]
        return row


@dataclass(frozen=True, slots=True)
class About:
    """What `run.json` says (see the module)."""

    set: str
    source: dict[str, str] = field(default_factory=dict)
    about: str = ""
    measures: tuple[str, ...] = ()
    created: str = ""
    systems: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    model: str = ""
    seed: int = 0
    questions: tuple[str, ...] | None = None
    fingerprints: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """A name for its folder: another model, question or line of code gives another."""
        said = [self.set, self.model, self.seed, self.questions, self.systems]
        made = {k: v for k, v in self.fingerprints.items() if k != "commit"}
        digest = hashlib.sha256(json.dumps([said, made], sort_keys=True).encode()).hexdigest()
        return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', self.model)}-{digest[:8]}"

    @property
    def depths(self) -> tuple[int, ...]:
        """The k of its measures, smallest first."""
        return tuple(sorted({int(measure.partition("@")[2]) for measure in self.measures}))


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it was read. `folder` only names it."""

    folder: Path
    about: About
    records: tuple[Record, ...]

    def of(self, system: str) -> tuple[Record, ...]:
        """The records of one system, in the order of the set."""
        return tuple(r for r in self.records if r.system == system)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def make_folder(folder: Path) -> None:
    """The folder of a run. Raises EvalError where there can be none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise EvalError(f"{folder}: cannot be written: {problem.strerror or problem}") from None


def write_about(folder: Path, about: About) -> None:
    """Make the folder and put `run.json` there, whole or not at all."""
    row = {"format": FORMAT, **{k: v for k, v in plain(about).items() if v is not None}}
    make_folder(folder)
    try:
        made = folder / f"{ABOUT}.new"
        made.write_text(json.dumps(row, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        made.replace(folder / ABOUT)
    except OSError as problem:
        raise EvalError(f"{folder}: cannot be written: {problem.strerror or problem}") from None


def line_of(record: Record) -> str:
    """A record as its line, with the end of it."""
    return json.dumps(record.to_json(), ensure_ascii=False) + "\n"


def read_about(folder: Path) -> About:
    """What `run.json` says. Raises EvalError when there is none, or of another format."""
    path = folder / ABOUT
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EvalError(
            f"{folder}: is no run: it has no {ABOUT} (make one with python -m eval run --out, or "
            f'write {{"format": {FORMAT}, "set": ...}} there)'
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        raise EvalError(f"{path}: cannot be read: {problem}") from None
    if not isinstance(row, dict) or not isinstance(row.get("set"), str):
        raise EvalError(f'{path}: "set" is missing (name the set that was asked)')
    found = row.pop("format", None)
    if found != FORMAT:
        raise EvalError(
            f"{path}: format {found!r}, and this version reads {FORMAT} "
            "(score it with the version of Footnote that wrote it, or run it again)"
        )
    known = About.__dataclass_fields__
    row = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items() if k in known}
    return About(**row)


def read(folder: Path, eval_set: EvalSet | None = None) -> Run:
    """The records of a folder, those of a system in the order of the set.

    eval_set:  fills what the lines leave out, finds the places of their quotes, and gives a miss
               for each question that has no line. Without it the lines must say everything.
    Raises EvalError that names the line.
    """
    about = read_about(folder)
    cases = {c.question.id: c for c in eval_set.cases} if eval_set else {}
    if about.questions is not None:
        cases = {key: cases[key] for key in about.questions if key in cases}
    articles = Articles(eval_set.articles if eval_set else ())
    records: dict[tuple[str, str], Record] = {}
    for where, row in read_lines(folder / LINES):
        record = _record(row, cases, articles, where)
        key = (record.system, record.case.question.id)
        if key in records:
            raise EvalError(f'{where}: a second record of "{key[1]}" by "{key[0]}" (keep one)')
        records[key] = record
    systems = about.systems or tuple(dict.fromkeys(system for system, _ in records))
    asked = cases or {r.case.question.id: r.case for r in records.values()}
    whole = [
        records.get((system, key)) or Record(case, system, error=MISSING)
        for system in systems
        for key, case in asked.items()
    ]
    return Run(folder, _filled(about, systems, whole, eval_set), tuple(whole))


def _filled(
    about: About, systems: tuple[str, ...], records: list[Record], eval_set: EvalSet | None
) -> About:
    """What a `run.json` by hand leaves out."""
    answering = {r.system for r in records if not r.retrieved and r.error != MISSING}
    more: dict[str, Any] = {"systems": systems}
    more["searches"] = about.searches or tuple(s for s in systems if s not in answering)
    if eval_set:
        more["measures"] = about.measures or eval_set.measures
        more["about"] = about.about or eval_set.about
    return About(**{f: getattr(about, f) for f in About.__dataclass_fields__} | more)


def read_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of `records.jsonl`, each with `file:line`; a last line cut off is left out."""
    try:
        text = path.read_text(encoding="utf-8", errors="strict")
    except (OSError, UnicodeDecodeError) as problem:
        raise EvalError(f"{path}: cannot be read: {problem}") from None
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as problem:
            if number == len(lines):
                return
            raise EvalError(f"{path}:{number}: not JSON: {problem}") from None
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            raise EvalError(f'{path}:{number}: a record is a JSON object with an "id"')
        yield f"{path}:{number}", row


def _record(
    row: Mapping[str, Any], cases: Mapping[str, Case], articles: Articles, where: str
) -> Record:
    case = cases.get(row["id"])
    if case is None:
        if cases:
            raise EvalError(
                f'{where}: the set has no question "{row["id"]}" (see "set" in {ABOUT})'
            )
        case = _case(row, where)
    if row.get("question", case.question.question) != case.question.question:
        raise EvalError(f'{where}: "{row["id"]}" was asked in other words than the set has now')
    try:
        given = row.get("answer")
        return Record(
            case=case,
            system=row.get("system", UNNAMED),
            answer=read_answer(given, case.question.question, articles) if given else None,
            retrieved=tuple(Place(*place) for place in row.get("retrieved", ())),
            error=row.get("error"),
            seconds=row.get("seconds"),
            first_claim_seconds=row.get("first_claim_seconds"),
            tokens=row.get("tokens") or {},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise EvalError(f"{where}: not a record of format {FORMAT}: {problem!r}") from None


def _case(row: Mapping[str, Any], where: str) -> Case:
    try:
        question = Question(
            id=row["id"],
            kind=row["kind"],
            question=row["question"],
            answers=tuple(row["answers"]),
            gold=tuple(tuple(Quote(q["article"], q["quote"]) for q in p) for p in row["gold"]),
            history=tuple((asked, said) for asked, said in row["history"]),
            answerable=row["answerable"],
            where=where,
        )
        points = _to_points(row["places"])
        passages = _to_points(row["passages"]) if "passages" in row else points
    except (KeyError, TypeError, ValueError) as problem:
        raise EvalError(
            f"{where}: not all of a question is there: {problem} (score it with its set, or write "
            "all the fields)"
        ) from None
    return Case(question, points, passages)


def _from_points(points: Points) -> list[list[list[Any]]]:
    return [[[p.article_id, p.start, p.end] for p in point] for point in points]


def _to_points(rows: Collection[Any]) -> Points:
    return tuple(tuple(Place(*place) for place in point) for point in rows)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)
