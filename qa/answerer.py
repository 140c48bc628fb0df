"""Retrieve, answer, check: a question in, a checked and cited Answer out."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from index.errors import BadQuestion
from index.store import Index
from index.types import Filters

from . import config
from .extract import Extract, Scored, ask, extract
from .names import COMMON, words_of
from .types import Answer, Citation, Claim, Event, Found, Passage, Searched, Verdict

PASSAGES = 10
"""Chunks that are read for a question."""

MAX_QUESTION = 2_000
ABSTENTION = "The articles don't say"

Turn = tuple[str, str]
"""An earlier question and its answer's text."""


class Answerer:
    """Answers questions about one index; safe to share between threads."""

    def __init__(self, index: Index, model: str | None = None) -> None:
        """Raises FootnoteError when `model` is not one that this version knows."""
        self.index = index
        self.model = config.model(model)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        *,
        asked_on: date | None = None,
    ) -> Answer:
        """The checked answer. Raises BadQuestion for a question that is empty or too long.

        asked_on:  the day of asking, today if None: new articles are preferred where the question
                   names no time before it.
        """
        *_, answer = self.stream(question, history, filters, asked_on=asked_on)
        if not isinstance(answer, Answer):
            raise AssertionError("the stream ended without an Answer")
        return answer

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        *,
        asked_on: date | None = None,
    ) -> Iterator[Event]:
        """The same in steps: Searched, Found, each Claim once it is checked, the Answer last."""
        clock = _Clock()
        asked = clean_question(question)
        searched_for = stand_alone(asked, history)
        yield Searched(searched_for)
        with clock.stage("search"):
            version = self.index.version
            day = asked_on or (filters and filters.as_of) or date.today()
            hits = self.index.search(searched_for, PASSAGES, filters, asked_on=day)
        passages = tuple(Passage.of(h.article, h.chunk.start, h.chunk.end) for h in hits)
        yield Found(passages)
        with clock.stage("extract"):
            query = ask(searched_for, self.index)
            extracted = extract(query, hits, self.index.encode)
        text, claims = _write(extracted)
        yield from claims
        yield Answer(
            question=asked,
            searched_for=searched_for,
            text=text,
            claims=claims,
            abstained=not claims,
            passages=passages,
            warnings=self._warnings(filters),
            timings=clock.seconds(),
            model=self.model,
            index_version=version,
        )

    def _warnings(self, filters: Filters | None) -> tuple[str, ...]:
        if filters is None or not filters.by_date:
            return ()
        undated = sum(article.published is None for article in self.index.articles())
        return (f"{undated} undated articles were left out by the dates asked for",) * bool(undated)


def answer(
    question: str, index: Index | Path | str | None = None, model: str | None = None
) -> Answer:
    """Answer a question about an index: an open one, a folder, or the one that is configured.

    Raises FootnoteError: no index there, a question that cannot be asked, an unknown model.
    """
    if isinstance(index, Index):
        return Answerer(index, model).ask(question)
    folder = config.index_folder(index)
    with Index.open(folder) as opened:
        return Answerer(opened, model).ask(question)


def clean_question(question: str) -> str:
    """The question without control characters and spare spaces. Raises BadQuestion."""
    if not isinstance(question, str):
        raise BadQuestion(f"a question is text, not {type(question).__name__}")
    if len(question) > MAX_QUESTION:
        raise BadQuestion(
            f"the question has {len(question):,} characters; the limit is {MAX_QUESTION:,}"
        )
    text = question.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", " ", text).split())
    if not text:
        raise BadQuestion("the question is empty")
    return text


_LEANS_BACK = re.compile(
    r"\b(?:he|she|they|him|her|his|hers|their|them|it|its|this|that|these|those|there|then"
    r"|the (?:same|other|others|group|deal|vote|man|woman|two))\b"
    r"|^(?:and|but|what about|how about)\b",
    re.IGNORECASE,
)


def stand_alone(question: str, history: Sequence[Turn]) -> str:
    """The question as it is searched: one that leans on the one before brings that one along."""
    if not history:
        return question
    content = [word for word in words_of(question) if word not in COMMON]
    if len(content) > 1 and not _LEANS_BACK.search(question):
        return question
    return f"{clean_question(history[-1][0])} {question}"


def _write(extracted: Extract) -> tuple[str, tuple[Claim, ...]]:
    """The answer's text with its claims; an abstention's with none."""
    if not extracted.chosen:
        reason = f": {extracted.reason}" if extracted.reason else ""
        return f"{ABSTENTION}{reason}.", ()
    text, claims = "", list[Claim]()
    for number, scored in enumerate(extracted.chosen, 1):
        citation = _cite(scored, number)
        said = " ".join(citation.quote.split())
        start = len(text) + (1 if text else 0)
        text = f"{text}\n{said} [{number}]" if text else f"{said} [{number}]"
        verdict = Verdict("supported", "the article's own words")
        claims.append(Claim(said, start, start + len(said), verdict, (citation,)))
    return text, tuple(claims)


def _cite(scored: Scored, number: int) -> Citation:
    span = scored.quote
    return Citation.of(scored.sentence.article, span.start, span.end, number=number)


class _Clock:
    """Seconds by stage, and in all."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._stages[name] = time.perf_counter() - start

    def seconds(self) -> dict[str, float]:
        total = time.perf_counter() - self._start
        return {name: round(s, 6) for name, s in {**self._stages, "total": total}.items()}
