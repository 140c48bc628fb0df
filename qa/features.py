"""What a sentence shares with the question, and what that weighs.

All of it costs next to nothing, but what the reader thinks, which `extract` adds to the most
promising ones. The weights come from `python -m eval fit`, on articles of squad2-dev and on
collections of our own that the network was not trained on; SENTENCE was then moved among weights
that these do not tell apart (DECISIONS.md). Set by hand are `named`, since an absent name abstains
before any weight counts, and BESIDE.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from index.search import HALF_LIFE
from index.types import Span

from .corrections import tells_an_error
from .evidence import Sentence, quote_span, quoted_from
from .questions.kinds import holds, names_more
from .questions.query import Query
from .questions.roles import acts

SENTENCE = {"reader": 1.5, "words": 1.8, "near": 2.6, "kind": 0.5, "named": 2.0}
"""Weights of how well a sentence fits the question, by the names of `Features`."""

BESIDE = {"recent": 0.5, "tells": 0.4}
"""Weights, set by hand, of what counts between sentences and not in whether any one answers."""

NEAR = 20
"""Sentences that may be read for a question: the best of the cheap features."""

UNDATED = 1_000
"""Days for which an article without a date counts as old."""

_ENDED = re.compile(r"[.!…:;。！؟۔।]\W{0,2}$")

_ONE_WORD = re.compile(r"\W*[A-Za-zÀ-ɏ'’-]+\W*")
"""Only in letters that are written with spaces between words."""


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
    acts:    -1 if the quote does not name whose doing is asked for, -2 if that one and the next
             name of the question have changed places in it, else 0. Tells only whether the best
             sentence answers, and is 0 until it is a candidate.
    """

    reader: float
    words: float
    near: float
    kind: float
    named: float
    recent: float = 0.0
    tells: float = 0.0
    acts: float = 0.0

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

    @property
    def said(self) -> list[str]:
        """The sentences of the quote."""
        positions = range(quoted_from(self.sentence), self.sentence.position + self.onward + 1)
        return [self.sentence.source.text(position) for position in positions]


def candidates(query: Query, sentences: Sequence[Sentence]) -> list[Scored]:
    """Of the sentences found those that may be read, best first by what they share."""
    return [_as_quoted(query, each) for each in promising(query, sentences)[:NEAR]]


def _as_quoted(query: Query, scored: Scored) -> Scored:
    """With how far its quote goes, and what is told by all of the quote."""
    scored = replace(scored, onward=int(_goes_on(query, scored.sentence, scored.features)))
    if query.roles is None:
        return scored
    article = scored.sentence.article
    doing = acts(query.roles, scored.said, f"{article.source or ''} {article.author or ''}")
    return replace(scored, features=replace(scored.features, acts=doing))


def promising(query: Query, sentences: Sequence[Sentence]) -> list[Scored]:
    """All sentences by what they share with the question, which costs little, best first."""
    named = _named(query, sentences)
    every = [
        Scored(sentence, features, features.score())
        for sentence in sentences
        for features in [_features(query, sentence, named[sentence.article.id])]
    ]
    return best_first([scored for scored in every if _may_answer(scored)] or every)


def best_first(scored: Sequence[Scored]) -> list[Scored]:
    return sorted(scored, key=lambda s: (-s.score, s.sentence.rank))


def _may_answer(scored: Scored) -> bool:
    """Neither an article's own question, nor a byline or a heading without a word that is asked,
    nor a single word, which says nothing of it: `Recommendations.`"""
    text = scored.sentence.text
    if _ONE_WORD.fullmatch(text):
        return False
    return not text.endswith("?") and bool(scored.features.words or _ENDED.search(text))


def _goes_on(query: Query, sentence: Sentence, features: Features) -> bool:
    """Whether the next sentence belongs to the answer.

    News often says what happened in one sentence and who or when in the next; a correction, what
    was wrong and then what is right.
    """
    follows = sentence.position + 1
    if follows == len(sentence.source.sentences):
        return False
    if tells_an_error(sentence.source, sentence.position):
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


def _share(query: Query, terms: frozenset[str]) -> float:
    return sum(weight for term, weight in query.terms.items() if term in terms)
