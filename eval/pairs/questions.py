"""Groups of questions with the sentences that a search found for them, right and wrong."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from index.chunk import split_sentences
from index.embed import default_encoder
from index.store import Index
from index.types import Article, Span
from qa.answerer import PASSAGES
from qa.evidence import Sentence, Source, quote_span, quoted_from, read_with, sentences_of
from qa.features import promising
from qa.language.names import names_in
from qa.questions.query import ask

from ..adapters import load_set, ramdocs
from ..adapters.written import collections
from ..dataset import Case, EvalSet, Place
from ..progress import bar
from ..run import Remembering, build_index
from . import Group, Text, held

SETS = ("squad2", "timeqa", "clapnq")

RIGHT = 3
"""Sentences that answer, of those that our own questions name."""

HARDEST, OTHERS = 4, 2
"""Wrong sentences for a question: those that the answerer ranks highest, and some of the rest."""

SWAPPED = 0.35
"""Share of the answered questions that are asked again with another name or year in them."""

SHARED = {"words": 5.1, "near": 4.2, "kind": 0.9, "named": 2.0}
COSINE = 7.7
"""Weights of an answerer without a reader, by which wrong sentences are hard ones."""

SEARCHED = 24

SHORT = 80
"""Characters of an answer from which it counts as no short one."""


def groups(data: Path, cache: Path, draw: random.Random) -> Iterator[Group]:
    for name in SETS:
        for kept_back, part in split(load_set(name, data)):
            encoder = Remembering(default_encoder())
            with build_index(part, cache / name, encoder) as index:
                yield from _of_set(part, kept_back, index, draw)
    yield from _disputed(data, draw)
    for name, eval_set in collections():
        yield from _written(eval_set, held(name), cache, random.Random(name))


def split(eval_set: EvalSet) -> Iterator[tuple[bool, EvalSet]]:
    """What is learnt from and what is held back, as two collections without a common article.

    Each is searched by itself: a held-back sentence is not even a wrong one in the training.
    """
    for kept_back in (False, True):
        articles = tuple(a for a in eval_set.articles if held(a.title) == kept_back)
        own = {article.id for article in articles}
        cases = tuple(case for case in eval_set.cases if case.asked_of in own)
        yield kept_back, replace(eval_set, articles=articles, cases=cases)


def _of_set(
    eval_set: EvalSet, kept_back: bool, index: Index, draw: random.Random
) -> Iterator[Group]:
    articles = {article.id: article for article in eval_set.articles}
    sources: dict[str, Source] = {}
    names = sorted({n.text for c in eval_set.cases for n in names_in(c.question.question)})
    for case in bar(eval_set.cases, f"questions of {eval_set.name}"):
        ranked = _ranked(case.question.question, index)
        gold = _gold(case, articles, sources)
        known = {(s.article.id, s.position) for s, _ in gold}
        wrong = [s for s in ranked if not (known & _quoted(s) or _holds_answer(s, case))]
        texts = [text(s, True, span) for s, span in gold[:2]]
        texts += [text(s, False) for s in _some(wrong, draw)]
        if texts:
            yield Group(eval_set.name, kept_back, case.question.question, tuple(texts))
        if gold and draw.random() < SWAPPED:
            asked = swapped(case.question.question, names, draw)
            if asked and not any(new in s.text for s, _ in gold for new in [asked[1]]):
                wrong = [gold[0][0], *_some(wrong, draw)[:4]]
                texts = [text(s, False) for s in wrong]
                yield Group("swapped", kept_back, asked[0], tuple(texts))


def _ranked(question: str, index: Index) -> list[Sentence]:
    sentences = sentences_of(index.search(question, PASSAGES))
    if not sentences:
        return []
    found = promising(ask(question, index), sentences)[:SEARCHED]
    texts = [f"{s.sentence.article.title}. {s.sentence.text}" for s in found]
    vectors = index.encode([question, *texts])
    cosines = vectors[1:] @ vectors[0]

    def score(at: int) -> float:
        known = found[at].features
        shared = sum(weight * getattr(known, name) for name, weight in SHARED.items())
        return -shared - COSINE * float(cosines[at])

    return [found[at].sentence for at in sorted(range(len(found)), key=score)]


def _gold(
    case: Case, articles: dict[str, Article], sources: dict[str, Source]
) -> list[tuple[Sentence, tuple[int, int] | None]]:
    """The sentences in which the answer stands, each with the span of the answer in it."""
    found: dict[tuple[str, int], tuple[Sentence, tuple[int, int] | None]] = {}
    for place in (place for point in case.points for place in point):
        article = articles[place.article_id]
        if article.id not in sources:
            sources[article.id] = Source(article, tuple(split_sentences(article.text, None)))
        source = sources[article.id]
        for position, span in enumerate(source.sentences):
            if place.start < span.end and span.start < place.end:
                short = _inside(place, span) if place.end - place.start <= SHORT else None
                found.setdefault((article.id, position), (Sentence(source, position, 0), short))
    return list(found.values())


def _inside(place: Place, span: Span) -> tuple[int, int] | None:
    if span.start <= place.start and place.end <= span.end:
        return place.start - span.start, place.end - span.start
    return None


def _quoted(sentence: Sentence) -> set[tuple[str, int]]:
    """The sentences that are quoted with this one, and itself."""
    return {(sentence.article.id, p) for p in range(quoted_from(sentence), sentence.position + 1)}


def _holds_answer(sentence: Sentence, case: Case) -> bool:
    """Whether what is quoted holds the answer though it is not gold: then nobody knows."""
    span = quote_span(sentence)
    quote = sentence.article.text[span.start : span.end]
    return any(
        re.search(rf"(?<!\w){re.escape(a)}(?!\w)", quote, re.IGNORECASE)
        for a in case.question.answers
        if len(a) < SHORT
    )


def _some(wrong: Sequence[Sentence], draw: random.Random) -> list[Sentence]:
    rest = list(wrong[HARDEST:])
    return [*wrong[:HARDEST], *draw.sample(rest, min(OTHERS, len(rest)))]


def text(sentence: Sentence, right: bool, span: tuple[int, int] | None = None) -> Text:
    """A sentence as the answerer shows it to its reader.

    span:  of the short answer in the sentence itself.
    """
    said, _, before = read_with(sentence).partition("\n\n")
    if span is not None and said.endswith(sentence.text):
        leaning = len(said) - len(sentence.text)
        return Text(said, before, right, (leaning + span[0], leaning + span[1]))
    return Text(said, before, right)


def swapped(question: str, names: Sequence[str], draw: random.Random) -> tuple[str, str] | None:
    """The question with another name or year in it, and what was put in; None without one."""
    own = [n.text for n in names_in(question)]
    if not own:
        return None
    old = draw.choice(own)
    if re.fullmatch(r"\d{4}", old):
        new = str(int(old) + draw.choice([-30, -12, -7, -3, -2, 2, 3, 7, 12, 30]))
    else:
        alike = [n for n in names if n not in question and len(n.split()) == len(old.split())
                 and n[0].isdigit() == old[0].isdigit()]  # fmt: skip
        if not alike:
            return None
        new = draw.choice(alike)
    return question.replace(old, new), new


def _disputed(data: Path, draw: random.Random) -> Iterator[Group]:
    """RAMDocs: sentences that hold the answer which a document gives, misinformation too."""
    for each in ramdocs.load(data):
        right: list[Text] = []
        wrong: list[Text] = []
        for article, answer in each.documents:
            spans = split_sentences(article.text, None)
            for position, span in enumerate(spans):
                said = article.text[span.start : span.end]
                before = article.text[spans[position - 1].start : span.start] if position else ""
                at = said.find(answer) if answer else -1
                short = (at, at + len(answer)) if at >= 0 else None
                made = Text(said, before.strip()[-200:], at >= 0, short)
                (right if at >= 0 else wrong).append(made)
        texts = right[:3] + draw.sample(wrong, min(6, len(wrong)))
        if texts:
            yield Group("ramdocs", held(each.question), each.question, tuple(texts))


def _written(
    eval_set: EvalSet, kept_back: bool, cache: Path, draw: random.Random
) -> Iterator[Group]:
    """A collection of which every sentence that answers is known, as the answerer would read it."""
    articles = {article.id: article for article in eval_set.articles}
    sources: dict[str, Source] = {}
    with build_index(eval_set, cache / "written", Remembering(default_encoder())) as index:
        for case in eval_set.cases:
            gold = [sentence for sentence, _ in _gold(case, articles, sources)]
            known = {(s.article.id, s.position) for s in gold}
            wrong = [s for s in _ranked(case.question.question, index) if not known & _quoted(s)]
            some = draw.sample(gold, min(RIGHT, len(gold)))
            texts = [text(s, True, _short(s, case.question.answers)) for s in some]
            texts += [text(s, False) for s in _some(wrong, draw)]
            yield Group("written", kept_back, case.question.question, tuple(texts))


def _short(sentence: Sentence, answers: Sequence[str]) -> tuple[int, int] | None:
    """Where the first of the short answers that a sentence holds stands in it."""
    for answer in answers:
        at = sentence.text.find(answer)
        if at >= 0 and len(answer) <= SHORT:
            return at, at + len(answer)
    return None
