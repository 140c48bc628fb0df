"""Ask every question of a set, of the answerer and of its rivals, and keep what came of it."""

from __future__ import annotations

import hashlib
import json
import random
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from index import chunk
from index.embed import default_encoder
from index.errors import FootnoteError
from index.store import Index
from index.types import Article, Encoder, Filters, Hit, Vectors
from qa.types import Answer, plain

from .dataset import Case, EvalError, EvalSet, Place
from .metrics import Scores, answer_scores, article_scores, retrieval_scores
from .rivals import RIVALS

Mode = Literal["hybrid", "dense", "lexical"]

MODES: tuple[tuple[str, Mode], ...] = (
    ("BM25", "lexical"),
    ("dense", "dense"),
    ("hybrid", "hybrid"),
)
"""The searches that are compared, each with its name in the tables; rivals read the last."""

DEPTH = 50
"""Chunks of each search. More than the largest k, since it takes many to make k articles."""

ANSWERER = "extractive"

ENGINE = "search engine"
"""Name of the rival whose order of articles came with the data."""


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


class Asker(Protocol):
    """The part of an Answerer that the eval asks."""

    def ask(
        self,
        question: str,
        history: Sequence[tuple[str, str]] = ...,
        *,
        asked_on: date | None = ...,
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Record:
    """What one system made of one question.

    answer:   None from a search, and from a question that failed.
    found:    where the hits of a search stand, best first.
    error:    why the question failed; it counts as a miss.
    seconds:  by the wall clock, until the answer or the error.
    """

    case: Case
    system: str
    scores: Scores
    seconds: float
    answer: Answer | None = None
    found: tuple[Place, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that the tables are made from. `answers` begins with the answerer's own."""

    eval_set: EvalSet
    seed: int
    answers: tuple[Record, ...]
    searches: tuple[Record, ...]


def build_index(eval_set: EvalSet, cache: Path, encoder: Encoder | None = None) -> Index:
    """The set's articles as an index below `cache`: reused when made of the same articles.

    What is already in it is not embedded again, so a build that was cut off goes on.
    """
    encoder = encoder or default_encoder()
    folder = cache / _key(eval_set.articles, encoder.fingerprint)
    index = Index.open(folder, create=True, encoder=encoder)
    progress = Progress(len(eval_set.articles), "articles")
    try:
        index.add(eval_set.articles, progress=lambda *_: progress.step())
    except BaseException:
        index.close()
        raise
    return index


class Remembering:
    """An encoder that embeds no text twice: for asking much the same many times."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension

    def encode(self, texts: list[str]) -> Vectors:
        """`(len(texts), dimension)` float32, each row of unit length."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        if fresh:
            self._known.update(zip(fresh, self._encoder.encode(fresh), strict=True))
        return np.array([self._known[text] for text in texts])


def _key(articles: Iterable[Article], fingerprint: str) -> str:
    """Hash of all that can make an index stale: articles, the code that cuts them, the encoder."""
    names = sorted(f"{a.id} {a.version}" for a in articles)
    source = Path(chunk.__file__).read_bytes()
    return hashlib.sha256("\n".join([fingerprint, *names]).encode() + source).hexdigest()[:12]


def sample(cases: Sequence[Case], limit: int | None, seed: int) -> list[Case]:
    """All cases, or `limit` of them drawn at random, in their own order."""
    if limit is None or limit >= len(cases):
        return list(cases)
    drawn = random.Random(seed).sample(range(len(cases)), limit)
    return [cases[number] for number in sorted(drawn)]


def evaluate(
    eval_set: EvalSet,
    cases: Sequence[Case],
    index: Searcher,
    answerer: Asker,
    *,
    seed: int = 0,
) -> Results:
    """Ask, search and score. A question that fails is kept as a miss."""
    if not cases:
        raise EvalError(f"the set {eval_set.name} has no questions")
    articles = {a.id: a for a in eval_set.articles}
    answers: list[Record] = []
    searches: list[Record] = []
    for name, mode in MODES:
        # The first search loads the model and the files, which is no part of a question's time.
        _search(cases[0], cases[0].question.question, index, eval_set, name, mode)
    progress = Progress(len(cases), "questions")
    for case in cases:
        own = _ask(case, answerer, articles)
        query = own.answer.searched_for if own.answer else case.question.question
        found = [_search(case, query, index, eval_set, name, mode) for name, mode in MODES]
        answers.append(own)
        answers += _rivals(case, *found[-1], articles)
        searches += [record for record, _ in found]
        if case.ranking:
            searches.append(_engine(case, articles, eval_set.depths))
        progress.step()
    return Results(eval_set, seed, tuple(answers), tuple(searches))


def _ask(case: Case, answerer: Asker, articles: Mapping[str, Article]) -> Record:
    answer, error = None, None
    began = time.perf_counter()
    try:
        answer = answerer.ask(
            case.question.question, history=case.question.history, asked_on=case.asked_on
        )
    except FootnoteError as problem:
        error = str(problem)
    seconds = time.perf_counter() - began
    scores = answer_scores(case, answer, articles)
    return Record(case, ANSWERER, scores, seconds, answer=answer, error=error)


def _search(
    case: Case, query: str, index: Searcher, eval_set: EvalSet, name: str, mode: Mode
) -> tuple[Record, list[Hit]]:
    hits, error = [], None
    began = time.perf_counter()
    try:
        hits = index.search(query, k=DEPTH, mode=mode, asked_on=case.asked_on)
    except FootnoteError as problem:
        error = str(problem)
    seconds = time.perf_counter() - began
    found = tuple(Place(h.chunk.article_id, h.chunk.start, h.chunk.end) for h in hits)
    scores = retrieval_scores(case, hits, eval_set.depths)
    return Record(case, name, scores, seconds, found=found, error=error), hits


def _rivals(
    case: Case, search: Record, hits: list[Hit], articles: Mapping[str, Article]
) -> Iterator[Record]:
    """Each rival on the hits of one search; their time is that of the search."""
    for rival in RIVALS:
        answer = rival(case.question.question, hits)
        yield replace(
            search,
            system=answer.model,
            scores=answer_scores(case, answer, articles),
            answer=answer,
            found=(),
        )


def _engine(case: Case, articles: Mapping[str, Article], depths: Sequence[int]) -> Record:
    ranked = [articles[article_id] for article_id in case.ranking]
    return Record(case, ENGINE, article_scores(case, ranked, depths), seconds=0.0)


def write_records(results: Results, path: Path) -> None:
    """One JSON object a line for each record: question, gold, what came, time and scores."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            for record in results.answers + results.searches:
                row = _json(record, results.eval_set.name)
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    except OSError as problem:
        raise EvalError(f"{path}: cannot be written: {problem.strerror or problem}") from None


def _json(record: Record, name: str) -> dict[str, object]:
    question = record.case.question
    return {
        "set": name,
        "system": record.system,
        "id": question.id,
        "kind": question.kind,
        "answerable": question.answerable,
        "question": question.question,
        "history": plain(question.history),
        "answers": plain(question.answers),
        "gold": plain(record.case.points),
        "answer": record.answer.to_json() if record.answer else None,
        "found": plain(record.found),
        "error": record.error,
        "seconds": round(record.seconds, 6),
        "scores": record.scores,
    }


class Progress:
    """A line on standard error that says how many are done, and how fast."""

    def __init__(self, total: int, what: str) -> None:
        self._total, self._what, self._done = total, what, 0
        self._began = self._shown = time.monotonic()
        # A terminal gets one line that is written over; a log gets a line now and then.
        self._end, self._every = ("\r", 0.5) if sys.stderr.isatty() else ("\n", 30.0)

    def step(self) -> None:
        self._done += 1
        now = time.monotonic()
        last = self._done == self._total
        if last or now - self._shown >= self._every:
            rate = self._done / max(now - self._began, 1e-9)
            line = f"{self._done}/{self._total} {self._what}, {rate:.1f}/s"
            print(line, end="\n" if last else self._end, file=sys.stderr, flush=True)
            self._shown = now
