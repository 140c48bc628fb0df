"""The answerer that needs no model: the sentences of the articles that answer the question.

Each sentence found is scored by a weighted sum of what it shares with the question (SENTENCE);
the best one's features give the chance that it answers at all (ANSWERS), and below THRESHOLD the
articles do not say. The weights are fitted by `python -m eval fit` on development data; they are
few, and their meaning can be read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.lexical import analyse
from index.types import Hit, Vectors

from .evidence import Sentence, best_distinct, sentences_of
from .question import COMMON, Kind, holds, kind_of, missing_names, names_in, words_of

SENTENCE = {"cosine": 10.0, "words": 5.3, "near": 5.3, "kind": 0.8, "named": 2.0}
"""Weights of one sentence's score, in `Features`' order of fields."""

ANSWERS = {"bias": -4.0, "score": 0.3, "cosine": 2.0, "words": 1.0, "near": 1.0, "kind": 0.3}
"""Weights of the log-odds that the best sentence answers the question."""

THRESHOLD = 0.5
EMBEDDED = 24
"""Sentences that are embedded for a question: the best of the cheap features."""

SECOND = 1.0
"""A further sentence is given when its score comes this near to the best one's."""

MOST = 4
ALIKE = 0.6
"""Share of common words from which two sentences count as one."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question, taken apart once.

    terms:  analysed content words with their weight (BM25's idf), which sums to 1.
    """

    text: str
    kind: Kind | None
    terms: dict[str, float]
    names: tuple[tuple[str, ...], ...]
    asked: frozenset[str]


@dataclass(frozen=True, slots=True)
class Features:
    """What a sentence shares with the question; shares are weighted by how rare words are.

    cosine:  of the question with the sentence under its article's title.
    words:   share of the question's words in the sentence.
    near:    the same in the sentence, its neighbours and the title.
    kind:    1 if it holds the kind of thing asked for, -1 if not, 0 if no kind was told.
    named:   share of the question's names that its article holds.
    """

    cosine: float
    words: float
    near: float
    kind: float
    named: float

    def score(self) -> float:
        return float(sum(weight * getattr(self, name) for name, weight in SENTENCE.items()))


@dataclass(frozen=True, slots=True)
class Scored:
    sentence: Sentence
    features: Features
    score: float


@dataclass(frozen=True, slots=True)
class Extract:
    """The sentences that answer, best first; or none, with the reason in words."""

    chosen: tuple[Scored, ...]
    confidence: float
    reason: str = ""


def ask(question: str, idf: Callable[[list[str]], list[float]]) -> Query:
    """Take a question apart. `idf` gives the weights of analysed terms."""
    content = [w for w in words_of(question) if w not in COMMON]
    terms = list(dict.fromkeys(analyse(" ".join(content) or question)))
    weights = idf(terms)
    total = sum(weights) or 1.0
    return Query(
        text=question,
        kind=kind_of(question),
        terms={term: weight / total for term, weight in zip(terms, weights, strict=True)},
        names=tuple(names_in(question)),
        asked=frozenset(words_of(question)),
    )


def extract(query: Query, hits: Sequence[Hit], encode: Callable[[list[str]], Vectors]) -> Extract:
    """Choose one to four sentences of the passages that answer the question."""
    sentences = sentences_of(hits)
    if not sentences:
        return Extract((), 0.0, "nothing like it was found")
    absent = missing(query, sentences)
    if absent:
        named = ", ".join(f"“{name}”" for name in absent)
        return Extract((), 0.0, f"none of the passages found mentions {named}")
    scored = rank(query, sentences, encode)
    confidence = chance(scored[0])
    if confidence < THRESHOLD:
        return Extract((), confidence, "no sentence found answers the question")
    return Extract(tuple(_choose(scored)), confidence)


def missing(query: Query, sentences: Sequence[Sentence]) -> list[str]:
    """Names of the question that no article found holds, as the question writes them."""
    sources = {s.article.id: s.source for s in sentences}
    held = [words for source in sources.values() for words in source.words]
    return missing_names(query.names, held)


def rank(
    query: Query, sentences: Sequence[Sentence], encode: Callable[[list[str]], Vectors]
) -> list[Scored]:
    """The most promising sentences with their scores, best first."""
    cheap = {id(s): _features(query, s, 0.0) for s in sentences}
    promising = sorted(sentences, key=lambda s: (-cheap[id(s)].score(), s.rank))[:EMBEDDED]
    texts = [f"{s.article.title}. {s.text}" for s in promising]
    vectors = encode([query.text, *texts])
    cosines = vectors[1:] @ vectors[0]
    scored = []
    for sentence, cosine in zip(promising, cosines.tolist(), strict=True):
        known = cheap[id(sentence)]
        features = Features(cosine, known.words, known.near, known.kind, known.named)
        scored.append(Scored(sentence, features, features.score()))
    return sorted(scored, key=lambda s: (-s.score, s.sentence.rank))


def _features(query: Query, sentence: Sentence, cosine: float) -> Features:
    words = sum(w for term, w in query.terms.items() if term in sentence.terms)
    near = sum(w for term, w in query.terms.items() if term in sentence.context)
    kind = 0.0
    if query.kind is not None:
        kind = 1.0 if holds(query.kind, sentence.text, query.asked) else -1.0
    gone = missing_names(query.names, sentence.source.words) if query.names else []
    named = 1.0 - len(gone) / len(query.names) if query.names else 1.0
    return Features(cosine, words, near, kind, named)


def chance(best: Scored) -> float:
    """Probability that the best sentence answers: the logistic of its weighted features."""
    odds = ANSWERS["bias"] + ANSWERS["score"] * best.score
    odds += sum(
        weight * getattr(best.features, name)
        for name, weight in ANSWERS.items()
        if name not in ("bias", "score")
    )
    return 1.0 / (1.0 + math.exp(-odds))


def _choose(scored: Sequence[Scored]) -> list[Scored]:
    """The best sentence, and those that come near it and say something else."""
    near = [s for s in scored if s.score >= scored[0].score - SECOND]
    distinct = best_distinct([s.sentence for s in near], MOST, ALIKE)
    return [s for s in near if any(s.sentence is d for d in distinct)]
