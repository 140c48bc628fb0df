"""The answerer that needs no model: the sentences of the articles that answer the question.

The sentences found that share most with the question (`features`) are read beside it by a small
network (`cross_encoder`). What it thinks of each, and what they share, give a weighted score; the
features of the best one give the chance that it answers at all (ANSWERS), and below THRESHOLD the
articles do not say. These weights come from `python -m eval fit` too; how many sentences are read
is set by hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from index.clock import Clock
from index.types import Reranker

from .evidence import Sentence, overlap, read_with
from .features import SENTENCE, Features, Scored, best_first, candidates
from .questions.query import Query, missing, what_is_missing
from .types import Passage

ANSWERS = {
    "bias": 0.26,
    "score": 0.14,
    "reader": 0.58,
    "words": -0.65,
    "near": 0.16,
    "kind": 0.04,
    "acts": 0.6,
}
"""Weights of the log-odds that the best sentence answers the question."""

THRESHOLD = 0.11
"""The chance below which nothing is answered; what it costs and gains is in DECISIONS.md."""

FIRST, BRIEFLY, FURTHER, READ = 8, 4, 2, 16
"""Of the candidates so many are read together at first, or where only whether any answers is asked;
then so many at a time, and at most."""

EXPECTED = {"bias": -4.36, "words": 2.23, "near": 0.99, "kind": 0.27}
"""Weights of what the reader's log-odds come to on average, by the cheap features."""

SPREAD, CERTAIN = 1.1, 1.0
"""The log-odds that a sentence not yet read may lie above what is expected of it: 1.3 standard
deviations within a question. What was thought of n sentences beyond what was expected is expected
of the next one too, with a weight of n / (n + CERTAIN), as in a model with an effect of the
question. Both were chosen by what is read and what is lost (DECISIONS.md)."""

DOUBTFUL = 0.5
"""The chance below which the reader is told that an answer may be none: even odds. Of five sets
measured more of these are wrong than right, of a sixth as many (DECISIONS.md)."""

SURE = 1e-4
"""Nearer to 0 or 1 than this the reader's chances tell no more."""

SECOND = 1.2
"""A further sentence is given when its score comes this near to the best one's."""

MOST = 4
ALIKE = 0.7
"""Share of the shorter sentence's words from which it says nothing more than the other."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The sentences that answer, best first; or none, with the reason in words.

    ranked:  all that were scored, those first that were read.
    short:   the short answer, where a rule knows it.
    """

    chosen: tuple[Scored, ...]
    confidence: float
    reason: str = ""
    ranked: tuple[Scored, ...] = ()
    short: Passage | None = None

    @property
    def doubtful(self) -> bool:
        """Whether what is chosen rather does not answer; what a rule knows is in no doubt."""
        return bool(self.chosen) and self.short is None and self.confidence < DOUBTFUL


def extract(
    query: Query,
    sentences: Sequence[Sentence],
    reader: Reranker,
    clock: Clock | None = None,
    briefly: bool = False,
) -> Extract:
    """Choose one to four of the sentences found that answer the question.

    briefly:  only whether any does is asked, so that no more are read than tell that.
    """
    if query.empty:
        return Extract((), 0.0, "the question has no word to look for")
    if not sentences:
        return Extract((), 0.0, "nothing like it was found")
    if missing(query, sentences):
        return Extract((), 0.0, what_is_missing(query, sentences))
    if query.unknown:
        return Extract((), 0.0, f"no article mentions “{query.unknown}”")
    done, others = rank(query, sentences, reader, clock, briefly)
    confidence = chance(signs(done[0]))
    if confidence < THRESHOLD:
        return Extract((), confidence, "no sentence found answers the question")
    return Extract(tuple(_choose(done)), confidence, ranked=(*done, *others))


def rank(
    query: Query,
    sentences: Sequence[Sentence],
    reader: Reranker,
    clock: Clock | None = None,
    briefly: bool = False,
) -> tuple[list[Scored], list[Scored]]:
    """The most promising sentences with their scores, best first: those read, and those not.

    They are read a few at a time, those first of which most is expected, until the next one would
    hardly be given beside the best.

    briefly:  or until one answers, and fewer at first.
    """
    near = candidates(query, sentences)
    order = sorted(near, key=lambda s: (-expected_score(s), s.sentence.rank))
    with (clock or Clock()).stage("read"):
        done = read(query, order[: BRIEFLY if briefly else FIRST], reader)
        while len(done) < min(READ, len(order)):
            at = len(done)
            if _decided(done, order[at]) or (briefly and _answers(done)):
                break
            done = best_first(done + read(query, order[at : min(at + FURTHER, READ)], reader))
    unread = {id(each) for each in order[len(done) :]}
    return done, [each for each in near if id(each) in unread]


def _expected(features: Features) -> float:
    """The reader's log-odds, as far as the cheap features tell them."""
    known = {"bias": 1.0, "words": features.words, "near": features.near, "kind": features.kind}
    return sum(weight * known[name] for name, weight in EXPECTED.items())


def expected_score(unread: Scored) -> float:
    """The score that is expected of a sentence once it will have been read."""
    return unread.score + SENTENCE["reader"] * _expected(unread.features)


def _decided(done: Sequence[Scored], following: Scored) -> bool:
    """Whether a sentence, and so all that promise less, would hardly be given any more."""
    more = sum(each.features.reader - _expected(each.features) for each in done)
    above = more / (len(done) + CERTAIN) + SPREAD
    return expected_score(following) + SENTENCE["reader"] * above < done[0].score - SECOND


def _answers(done: Sequence[Scored]) -> bool:
    return chance(signs(done[0])) >= THRESHOLD


def read(query: Query, near: Sequence[Scored], reader: Reranker) -> list[Scored]:
    """Sentences with what the reader thinks of them, best first."""
    chances = reader.score(query.text, [read_with(each.sentence) for each in near]).tolist()
    scored = []
    for each, likely in zip(near, chances, strict=True):
        features = replace(each.features, reader=_odds(likely))
        scored.append(Scored(each.sentence, features, features.score(), each.onward))
    return best_first(scored)


def _odds(chance: float) -> float:
    inside = min(max(chance, SURE), 1 - SURE)
    return math.log(inside / (1 - inside))


def signs(best: Scored) -> dict[str, float]:
    """What tells whether the best sentence answers, under the names that ANSWERS weighs."""
    names = ("reader", "words", "near", "kind", "acts")
    features = {name: getattr(best.features, name) for name in names}
    return {"bias": 1.0, "score": best.features.fits(), **features}


def chance(found: Mapping[str, float]) -> float:
    """Probability that the best sentence answers: the logistic of its weighted signs."""
    return 1.0 / (1.0 + math.exp(-sum(weight * found[name] for name, weight in ANSWERS.items())))


def _choose(scored: Sequence[Scored]) -> list[Scored]:
    """The best sentence, and those that come near it and say something else."""
    chosen: list[Scored] = []
    for each in scored:
        if len(chosen) == MOST or each.score < scored[0].score - SECOND:
            break
        if not any(says_again(each, other) for other in chosen):
            chosen.append(each)
    return chosen


def says_again(later: Scored, earlier: Scored) -> bool:
    """Whether a sentence is quoted with an earlier one already, or is nearly its copy."""
    one, other = later.sentence, earlier.sentence
    if one.article.id == other.article.id:
        a, b = later.quote, earlier.quote
        if a.start < b.end and b.start < a.end:
            return True
    return overlap(one.terms, other.terms) >= ALIKE
