"""Ask every question of a set, of the answerer and of its rivals, and write down what came of it.

What a question gave is written once it is whole, so that a run that was cut off goes on where it
stopped. Scores are made from the records afterwards (`scores`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, Protocol

from index.embed import default_encoder
from index.errors import FootnoteError
from index.lock import writing
from index.store import Index
from index.types import Article, Encoder, Filters, Hit, Vectors
from qa.checks.meaning import remembering
from qa.types import Answer, Claim, Event

from . import fingerprints
from .dataset import Case, EvalError, EvalSet, Place
from .metrics import answer_scores
from .progress import bar
from .records import LINES, About, Record, line_of, make_folder, now
from .resuming import begin
from .rivals import RIVALS
from .scores import ENGINE

Mode = Literal["hybrid", "dense", "lexical"]

MODES: tuple[tuple[str, Mode], ...] = (
    ("BM25", "lexical"),
    ("dense", "dense"),
    ("hybrid", "hybrid"),
)
"""The searches that are compared, each with its name in the tables; rivals read the last."""

DEPTH = 50
"""Chunks of each search. More than the largest k, since it takes many to make k articles."""

HOSTED = ("openai/", "anthropic/", "gemini/", "http://", "https://")
AT_ONCE = 4
"""Questions that are asked at once of a model on another machine. One that runs on this machine
takes all of it for one question."""


class Searcher(Protocol):
    """The part of an Index that the eval searches with."""

    def search(
        self,
        query: str,
        k: int = ...,
        filters: Filters | None = ...,
        mode: Mode = ...,
        asked_on: date | None = ...,
    ) -> list[Hit]: ...

    def encode(self, texts: list[str]) -> Vectors: ...


class Asker(Protocol):
    """The part of an Answerer that the eval asks."""

    @property
    def model(self) -> str: ...

    def stream(
        self,
        question: str,
        history: Sequence[tuple[str, str]] = ...,
        *,
        asked_on: date | None = ...,
    ) -> Iterator[Event]: ...


def build_index(eval_set: EvalSet, cache: Path, encoder: Encoder | None = None) -> Index:
    """The set's articles as an index below `cache`: reused when made of the same articles.

    What is already in it is not embedded again, so a build that was cut off goes on.
    """
    encoder = encoder or default_encoder()
    folder = cache / fingerprints.of_index(eval_set.articles, encoder.fingerprint)
    index = Index.open(folder, create=True, encoder=encoder)
    progress = bar(None, "articles", len(eval_set.articles))
    try:
        index.add(eval_set.articles, progress=lambda *_: progress.update())
    except BaseException:
        index.close()
        raise
    finally:
        progress.close()
    return index


class Remembering:
    """An encoder that embeds no text twice: for asking much the same many times."""

    def __init__(self, encoder: Encoder) -> None:
        self.encode = remembering(encoder.encode, most=1_000_000)
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension


def sample(cases: Sequence[Case], limit: int | None, seed: int) -> list[Case]:
    """All cases, or `limit` of them drawn at random, in their own order."""
    if limit is None or limit >= len(cases):
        return list(cases)
    drawn = random.Random(seed).sample(range(len(cases)), limit)
    return [cases[number] for number in sorted(drawn)]


def at_once(model: str) -> int:
    """How many questions a model is asked at once unless the caller says."""
    return AT_ONCE if model.startswith(HOSTED) else 1


def about_run(
    eval_set: EvalSet,
    cases: Sequence[Case],
    model: str,
    seed: int = 0,
    source: Mapping[str, str] | None = None,
) -> About:
    """What `run.json` will say of asking these cases. Raises EvalError when there are none."""
    if not cases:
        raise EvalError(f"the set {eval_set.name} has no questions")
    searches = [name for name, _ in MODES]
    searches += [ENGINE] if any(case.ranking for case in cases) else []
    rivals = [rival("", (), default_encoder().encode).model for rival in RIVALS]
    return About(
        set=eval_set.name,
        source=dict(source or {}),
        about=eval_set.about,
        measures=eval_set.measures,
        created=now(),
        systems=(model, *rivals, *searches),
        searches=tuple(searches),
        model=model,
        seed=seed,
        questions=_ids(cases) if len(cases) < len(eval_set.cases) else None,
        fingerprints=fingerprints.of_run(eval_set.articles, default_encoder(), model),
        counts={
            "questions": len(cases),
            "unanswerable": sum(not case.question.answerable for case in cases),
            "articles": len(eval_set.articles),
        },
    )


def _ids(cases: Sequence[Case]) -> tuple[str, ...]:
    return tuple(case.question.id for case in cases)


def answer_all(
    eval_set: EvalSet,
    cases: Sequence[Case],
    index: Searcher,
    answerer: Asker,
    folder: Path,
    about: About,
    jobs: int = 1,
) -> None:
    """Ask what a run in `folder` has not asked yet, and add it there, question by question.

    A question that fails is a record with its error. Raises EvalError when the folder holds a run
    of anything else, IndexLocked while another process asks it.
    """
    make_folder(folder)
    # A second process would put aside the records that this one writes.
    with writing(folder):
        done = begin(folder, about)
        left = [case for case in cases if case.question.id not in done]
        articles = {a.id: a for a in eval_set.articles}
        for _, mode in MODES if left else ():
            # The first search loads the model and the files: no part of a question's time.
            index.search(left[0].question.question, k=DEPTH, mode=mode)
        pool = ThreadPoolExecutor(jobs)
        try:
            asked = [pool.submit(_ask_all, case, index, answerer, articles) for case in left]
            with bar(None, "questions", len(cases)) as progress:
                progress.update(len(done))
                _write(asked, folder / LINES, articles, progress)
        finally:
            pool.shutdown(cancel_futures=True)


def _write(
    asked: Sequence[Future[list[Record]]],
    path: Path,
    articles: Mapping[str, Article],
    progress: Any,
) -> None:
    """Add the records of each question as it is done."""
    so_far = _SoFar(articles)
    with path.open("a", encoding="utf-8") as file:
        for future in as_completed(asked):
            records = future.result()
            file.write("".join(map(line_of, records)))
            file.flush()
            progress.set_postfix_str(so_far.add(records[0]), refresh=False)
            progress.update()


def _ask_all(
    case: Case, index: Searcher, answerer: Asker, articles: Mapping[str, Article]
) -> list[Record]:
    """The records of one question, the answerer's first."""
    own = _ask(case, answerer)
    query = own.answer.searched_for if own.answer else case.question.question
    found = [_search(case, query, index, name, mode) for name, mode in MODES]
    records = [own, *_rivals(case, *found[-1], index), *(record for record, _ in found)]
    if case.ranking:
        whole = tuple(Place(key, 0, len(articles[key].text)) for key in case.ranking)
        records.append(Record(case, ENGINE, retrieved=whole))
    return records


def _ask(case: Case, answerer: Asker) -> Record:
    answer, error, first = None, None, None
    question = case.question
    began = time.perf_counter()
    try:
        for event in answerer.stream(question.question, question.history, asked_on=case.asked_on):
            if isinstance(event, Claim) and first is None:
                first = time.perf_counter() - began
            answer = event if isinstance(event, Answer) else None
    except FootnoteError as problem:
        error = str(problem)
    seconds = time.perf_counter() - began
    if answer is None or answer.abstained:
        first = None  # nothing that was checked is shown
    usage = answer.usage if answer else {}
    return Record(case, answerer.model, answer, (), error, seconds, first, usage)


def _search(
    case: Case, query: str, index: Searcher, name: str, mode: Mode
) -> tuple[Record, list[Hit]]:
    hits, error = [], None
    began = time.perf_counter()
    try:
        hits = index.search(query, k=DEPTH, mode=mode, asked_on=case.asked_on)
    except FootnoteError as problem:
        error = str(problem)
    seconds = time.perf_counter() - began
    found = tuple(Place(h.chunk.article_id, h.chunk.start, h.chunk.end) for h in hits)
    return Record(case, name, retrieved=found, error=error, seconds=seconds), hits


def _rivals(case: Case, search: Record, hits: list[Hit], index: Searcher) -> Iterator[Record]:
    """Each rival on the hits of one search; their time is that of the search and their own."""
    for rival in RIVALS:
        began = time.perf_counter()
        answer = rival(case.question.question, hits, index.encode)
        seconds = (search.seconds or 0.0) + time.perf_counter() - began
        yield replace(search, system=answer.model, answer=answer, retrieved=(), seconds=seconds)


class _SoFar:
    """The answerer's scores of this session, as a line beside the bar."""

    def __init__(self, articles: Mapping[str, Article]) -> None:
        self._articles = articles
        self._scores: dict[str, list[float]] = {}
        self._failed = 0

    def add(self, record: Record) -> str:
        self._failed += record.error is not None
        for name, value in answer_scores(record.case, record.answer, self._articles).items():
            if value is not None:
                self._scores.setdefault(name, []).append(value)
        shown = {"cite_precision": "precision", "cite_recall": "recall", "answer_any": "in quotes"}
        parts = [
            f"{title} {100 * sum(values) / len(values):.0f}"
            for name, title in shown.items()
            if (values := self._scores.get(name))
        ]
        abstained = int(sum(self._scores.get("abstained", ())))
        return ", ".join([*parts, f"abstained {abstained}", f"failed {self._failed}"])
