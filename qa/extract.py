"""The answerer that needs no model: the sentences of the articles that answer the question.

The sentences found that share most with the question are read beside it by a small network
(`cross_encoder`). What it thinks of each, and what they share, give a weighted score (SENTENCE);
the best one's features give the chance that it answers at all (ANSWERS), and below THRESHOLD the
articles do not say. The weights come from `python -m eval fit`, on articles of squad2-dev and on
collections of our own that the network was not trained on; SENTENCE was then moved among weights
that these do not tell apart (DECISIONS.md). Set by hand are `named`, since an absent name abstains
before any weight counts, BESIDE, and how many sentences are read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from index.clock import Clock
from index.search import HALF_LIFE
from index.types import Reranker, Span

from .evidence import Sentence, overlap, quote_span, tells_an_error
from .query import Query, missing, what_is_missing
from .question import holds, names_more
from .types import Passage

SENTENCE = {"reader": 1.5, "words": 1.8, "near": 2.6, "kind": 0.5, "named": 2.0}
"""Weights of how well a sentence fits the question, by the names of `Features`."""

BESIDE = {"recent": 0.5, "tells": 0.4}
"""Weights, set by hand, of what counts between sentences and not in whether any one answers."""

ANSWERS = {
    "bias": -0.08,
    "score": 0.22,
    "reader": 0.31,
    "words": -0.32,
    "near": 0.14,
    "kind": -0.04,
}
"""Weights of the log-odds that the best sentence answers the question."""

THRESHOLD = 0.15
"""The chance below which nothing is answered; what it costs and gains is in DECISIONS.md."""

NEAR = 20
"""Sentences that may be read for a question: the best of the cheap features."""

FIRST, FURTHER, READ = 6, 4, 14
"""Of these so many are read together at first, so many at a time from then on, and so many at most.
"""

EXPECTED = {"bias": -4.0, "words": 2.03, "near": 1.05, "kind": 0.25}
"""Weights of what the reader's log-odds come to on average, by the cheap features."""

SPREAD, CERTAIN = 1.48, 3.0
"""The log-odds that a sentence not yet read may lie above what is expected of it: two standard
deviations within a question, of questions with and without an answer. What was thought of n
sentences beyond what was expected is expected of the next one too, with a weight of
n / (n + CERTAIN), as in a model with an effect of the question."""

SURE = 1e-4
"""Nearer to 0 or 1 than this the reader's chances tell no more."""

UNDATED = 1_000
"""Days for which an article without a date counts as old."""

SECOND = 1.2
"""A further sentence is given when its score comes this near to the best one's."""

MOST = 4
ALIKE = 0.7
"""Share of the shorter sentence's words from which it says nothing more than the other."""


_ENDED = re.compile(r"[.!…:;。！؟۔।]\W{0,2}$")


@dataclass(frozen=True, slots=True)
class Features:
    """What a sentence shares with the question; shares are weighted by how rare words are.

    reader:  log-odds that the sentence answers, by the reader.
    words:   share of the question's words in the sentence, half of it in all that is quoted.
    near:    the same in the sentence, its neighbours and the title.
    kind:    1 if it holds the kind of thing asked for, -1 if not, 0 if that cannot be told.
    named:   share of the question's names that its article holds.
    recent:  0 on the day of asking, -0.7 a fortnight away, -3.3 a year; always 0 where the question
             is about another time.
    tells:   where a thing is asked for by name, 1 if the quote has a name that the question has
             not, else -1; 0 where it is not.
    """

    reader: float
    words: float
    near: float
    kind: float
    named: float
    recent: float = 0.0
    tells: float = 0.0

    def fits(self) -> float:
        return self._weighed(SENTENCE)

    def score(self) -> float:
        return self.fits() + self._weighed(BESIDE)

    def _weighed(self, weights: Mapping[str, float]) -> float:
        return float(sum(weight * getattr(self, name) for name, weight in weights.items()))


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence with its score. `onward`: 1 if the next sentence gives what was asked for."""

    sentence: Sentence
    features: Features
    score: float
    onward: int = 0

    @property
    def quote(self) -> Span:
        return quote_span(self.sentence, self.onward)


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
        done = read(query, order[: FURTHER if briefly else FIRST], reader)
        while len(done) < min(READ, len(order)):
            at = len(done)
            if _decided(done, order[at]) or (briefly and _answers(done)):
                break
            done = _best_first(done + read(query, order[at : min(at + FURTHER, READ)], reader))
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
    return _best_first(scored)


def candidates(query: Query, sentences: Sequence[Sentence]) -> list[Scored]:
    """Of the sentences found those that may be read, best first by what they share."""
    near = promising(query, sentences)[:NEAR]
    return [replace(s, onward=int(_goes_on(query, s.sentence, s.features))) for s in near]


def promising(query: Query, sentences: Sequence[Sentence]) -> list[Scored]:
    """All sentences by what they share with the question, which costs little, best first."""
    named = _named(query, sentences)
    every = [
        Scored(sentence, features, features.score())
        for sentence in sentences
        for features in [_features(query, sentence, named[sentence.article.id])]
    ]
    return _best_first([scored for scored in every if _may_answer(scored)] or every)


def _best_first(scored: Sequence[Scored]) -> list[Scored]:
    return sorted(scored, key=lambda s: (-s.score, s.sentence.rank))


def _may_answer(scored: Scored) -> bool:
    """Neither an article's own question, nor a byline or a heading without a word that is asked."""
    text = scored.sentence.text
    return not text.endswith("?") and bool(scored.features.words or _ENDED.search(text))


def read_with(sentence: Sentence) -> str:
    """What a reader gets: all that would be quoted for the sentence, and, behind a blank line, its
    article's title and the sentence before."""
    span, text = quote_span(sentence), sentence.article.text
    leans = span.start < sentence.source.sentences[sentence.position].start
    alone = leans or sentence.position == 0
    before = "" if alone else sentence.source.text(sentence.position - 1)
    said = " ".join(text[span.start : span.end].split())
    return f"{said}\n\n{sentence.article.title}. {' '.join(before.split())}".rstrip()


def _odds(chance: float) -> float:
    inside = min(max(chance, SURE), 1 - SURE)
    return math.log(inside / (1 - inside))


def _goes_on(query: Query, sentence: Sentence, features: Features) -> bool:
    """Whether the next sentence belongs to the answer.

    News often says what happened in one sentence and who or when in the next; a correction, what
    was wrong and then what is right.
    """
    follows = sentence.position + 1
    if follows == len(sentence.source.sentences):
        return False
    if tells_an_error(sentence.text):
        return True
    enough = 1 if query.kind == "which ones" else 0
    if query.kind is None or features.kind >= enough:
        return False
    return holds(query.kind, sentence.source.text(follows), query.asked) == 1


def _named(query: Query, sentences: Sequence[Sentence]) -> dict[str, float]:
    """By article, the share of the question's names that it holds."""
    sources = {s.article.id: s.source for s in sentences}
    if not query.names:
        return dict.fromkeys(sources, 1.0)
    lacked = {key: source.lacks(query.names) for key, source in sources.items()}
    return {
        key: sum(name not in gone for name in query.names) / len(query.names)
        for key, gone in lacked.items()
    }


def _features(query: Query, sentence: Sentence, named: float) -> Features:
    """All but what the reader thinks, which costs most."""
    words = (_share(query, sentence.terms) + _share(query, sentence.quoted)) / 2
    near = _share(query, sentence.context)
    kind = 0.0
    if query.kind is not None:
        kind = holds(query.kind, sentence.text, query.asked)
    recent = tells = 0.0
    if query.day is not None:
        recent = _recency(sentence.article.published, query.day)
    if query.by_name:
        span = quote_span(sentence)
        quote = sentence.article.text[span.start : span.end]
        tells = 1.0 if names_more(quote, query.asked) else -1.0
    return Features(0.0, words, near, kind, named, recent, tells)


def _recency(published: date | None, day: date) -> float:
    """Of what happened the papers write for a while, and of the last time in the years before."""
    days = UNDATED if published is None else abs((day - published).days)
    return -math.log1p(days / HALF_LIFE)


def signs(best: Scored) -> dict[str, float]:
    """What tells whether the best sentence answers, under the names that ANSWERS weighs."""
    features = {name: getattr(best.features, name) for name in ("reader", "words", "near", "kind")}
    return {"bias": 1.0, "score": best.features.fits(), **features}


def _share(query: Query, terms: frozenset[str]) -> float:
    return sum(weight for term, weight in query.terms.items() if term in terms)


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
