"""Retrieve, answer, check: a question in, a checked and cited Answer out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from index.clock import Clock
from index.errors import BadQuestion
from index.store import Index
from index.types import Entailer, Filters, Reranker

from . import config
from .checks.meaning import remembering
from .compose import Composition, without_markers
from .conflicts import conflicts, right_first
from .cross_encoder import packaged
from .evidence import Sentence, sentences_of
from .extract import Extract, extract
from .generate import Generated, generate
from .llm import Model
from .lookup import looked_up
from .questions.followup import rewritten, stand_alone, turns_of
from .questions.query import Query
from .questions.query import ask as take_apart
from .short import short_answer
from .stream import Held, Stream
from .types import (
    ABSTENTION,
    Answer,
    Citation,
    Claim,
    Conflict,
    Event,
    Found,
    Passage,
    Searched,
    Verdict,
)

PASSAGES = 10
"""Chunks that are read for a question."""

MAX_QUESTION = 2_000

Turn = tuple[str, str]
"""An earlier question and its answer's text."""


class Answerer:
    """Answers questions about one index; safe to share between threads."""

    def __init__(
        self,
        index: Index,
        model: str | Model | None = None,
        *,
        strict: bool = False,
        verifier: str | Entailer | None = None,
        reader: Reranker | None = None,
    ) -> None:
        """Raises FootnoteError when a string names no model, or none that is there, and TypeError
        for what is neither a string nor a Model.

        model:     a model string (qa.llm.FORMS), "extractive", or a Model; None: as configured.
        strict:    statements of a model that no source carries are left out, and counted.
        verifier:  judges what a model's statements mean: the folder of an NLI cross-encoder, its
                   name on the hub, or an Entailer; None: as configured, else the packaged one.
        reader:    says how well sentences answer (qa.evidence.read_with); None: the packaged one.
        """
        self.index = index
        self._model = config.model(model)
        self._strict = strict
        if verifier is None or isinstance(verifier, str):
            # The articles' own sentences need no check, and loading a model takes seconds.
            verifier = config.verifier(verifier) if self._model else None
        self._entailer = verifier
        self._reader = reader
        # A claim is judged up to four times, and readers ask about the same articles.
        self._encode = remembering(index.encode)

    @property
    def model(self) -> str:
        """What answers: a model's name, or "extractive"."""
        return self._model.name if self._model else config.EXTRACTIVE

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
        searched_for: str | None = None,
    ) -> Stream:
        """The same in steps: Searched, Found, each Claim once it is checked, the Answer last.

        searched_for:  the question as the reader wants it searched, whatever the history says.

        Its events raise BadQuestion, and ModelFailed where the model's key, name or address is
        wrong.
        """
        model = Held(self._model) if self._model else None
        day = asked_on or (filters and filters.as_of) or date.today()
        return Stream(self._events(question, history, filters, day, searched_for, model), model)

    def _events(
        self,
        question: str,
        history: Sequence[Turn],
        filters: Filters | None,
        day: date,
        wanted: str | None,
        model: Model | None,
    ) -> Iterator[Event]:
        clock = Clock()
        asked = clean_question(question)
        with clock.stage("rewrite"):
            searched_for = clean_question(wanted or self._stand_alone(asked, history, model))
        yield Searched(searched_for)
        with clock.stage("search"):
            version = self.index.version
            hits = self.index.search(searched_for, PASSAGES, filters, asked_on=day, clock=clock)
            query = take_apart(searched_for, self.index, day)
            sentences = sentences_of(hits)
            if passed_over := looked_up(query, hits, sentences, self.index, filters):
                hits += passed_over
                sentences = sentences_of(hits)
        passages = tuple(Passage.of(h.article, h.chunk.start, h.chunk.end) for h in hits)
        yield Found(passages)
        with clock.stage("extract"):
            extracted = self._extract(query, sentences, clock, briefly=model is not None)
        outcome = _Outcome(model=self.model)
        if model and extracted.chosen:
            yield from self._generate(query, sentences, outcome, clock, model)
        else:
            yield from outcome.quote(extracted)
        yield Answer(
            question=asked,
            searched_for=searched_for,
            text=outcome.text,
            claims=outcome.claims,
            conflicts=outcome.conflicts(searched_for, extracted),
            abstained=outcome.abstained,
            passages=passages,
            warnings=(*self._warnings(filters), *outcome.warnings),
            timings=clock.seconds(),
            usage=outcome.usage,
            model=outcome.model,
            index_version=version,
            raw=outcome.raw,
            confidence=extracted.confidence,
            short=self._short(searched_for, extracted, outcome),
            doubtful=extracted.doubtful and outcome.quotes,
        )

    def _short(self, question: str, extracted: Extract, outcome: _Outcome) -> Passage | None:
        if not outcome.quotes:
            return None
        return extracted.short or short_answer(question, extracted.chosen[0], packaged())

    def _stand_alone(self, question: str, history: Sequence[Turn], model: Model | None) -> str:
        if not history:
            return question
        turns = turns_of(history)
        made = rewritten(question, turns, model) if model else stand_alone(question, turns)
        return made if len(made) <= MAX_QUESTION else question  # what was asked was not too long

    def _extract(
        self, query: Query, sentences: Sequence[Sentence], clock: Clock, briefly: bool = False
    ) -> Extract:
        found = extract(query, sentences, self._reader or packaged(), clock, briefly)
        return right_first(query.text, found)

    def _generate(
        self,
        query: Query,
        sentences: Sequence[Sentence],
        outcome: _Outcome,
        clock: Clock,
        model: Model,
    ) -> Iterator[Claim]:
        """The model's claims; without any, what the articles themselves say."""
        made = Generated()
        with clock.stage("model"):
            claims = generate(
                query.text,
                sentences,
                model,
                self._encode,
                made,
                self._strict,
                self._entailer,
                clock,
            )
            for claim in claims:
                clock.first("first claim")
                yield claim
        if made.problem and not made.written.claims:
            outcome.model, outcome.raw = config.EXTRACTIVE, made.raw
            outcome.warnings.append(f"{made.problem}; this is in the articles' own sentences")
            with clock.stage("extract"):
                extracted = self._extract(query, sentences, clock)
            yield from outcome.quote(extracted)
        else:
            outcome.take(made)

    def _warnings(self, filters: Filters | None) -> tuple[str, ...]:
        if filters is None or not filters.by_date:
            return ()
        undated = self.index.undated
        return (f"{undated} undated articles were left out by the dates asked for",) * bool(undated)


@dataclass
class _Outcome:
    """What an answer says, however it was made."""

    model: str
    text: str = ""
    claims: tuple[Claim, ...] = ()
    abstained: bool = False
    warnings: list[str] = field(default_factory=list)
    usage: dict[str, int] = field(default_factory=dict)
    raw: str | None = None

    def quote(self, extracted: Extract) -> tuple[Claim, ...]:
        """The answer in the articles' own sentences, or why there is none."""
        if not extracted.chosen:
            self.abstain(extracted.reason)
            return ()
        written = Composition()
        for scored in extracted.chosen:
            span = scored.quote
            passage = Passage.of(scored.sentence.article, span.start, span.end)
            said = without_markers(passage.quote)
            verdict = Verdict("supported", "the article's own words")
            written.add("\n" if written.text else "", said, (passage,), verdict)
        self.text, self.claims = written.text, tuple(written.claims)
        return self.claims

    @property
    def quotes(self) -> bool:
        """Whether it answers, and in the articles' own sentences."""
        return not self.abstained and self.model == config.EXTRACTIVE

    def take(self, made: Generated) -> None:
        """A model's answer, or that no source carries any of it."""
        self.raw, self.usage = made.raw, made.usage
        self.warnings += made.warnings
        self.text, self.claims = made.written.text.rstrip(), tuple(made.written.claims)
        if not made.carried:
            said_none = made.no_answer or not made.written.claims
            self.abstain(
                "" if said_none else "no source that was found carries what the model said"
            )

    def conflicts(self, question: str, extracted: Extract) -> tuple[Conflict, ...]:
        """What the articles disagree on; a stretch that the answer cites keeps its number there,
        the others count on from those of the answer."""
        if self.abstained:
            return ()
        cited = [citation for claim in self.claims for citation in claim.citations]
        numbers = {(c.article_id, c.start, c.end): c.number for c in cited}

        def numbered(version: Citation) -> Citation:
            place = (version.article_id, version.start, version.end)
            return replace(version, number=numbers.setdefault(place, len(numbers) + 1))

        return tuple(
            replace(conflict, versions=tuple(map(numbered, conflict.versions)))
            for conflict in conflicts(question, extracted.ranked)
        )

    def abstain(self, reason: str) -> None:
        """Say so. Claims that were made stay listed, and none of them is in the text."""
        self.abstained = True
        self.text = f"{ABSTENTION}{': ' if reason else ''}{reason}."
        self.claims = tuple(replace(claim, start=0, end=0) for claim in self.claims)


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
