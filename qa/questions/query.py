"""A question taken apart, and which of its names the articles found do not speak of."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from index.lexical import analyse
from index.search import is_about_now
from index.store import Index

from ..evidence import Sentence
from ..language.days import MONTHS, WEEKDAYS
from ..language.names import COMMON, Name, content_of, names_apart, words_of
from ..language.words import is_english
from .kinds import Kind, asks_by_name, attribute_of, kind_of, sort_of_thing
from .roles import Roles, roles_of

SMOOTH = 1.0
"""Added to every idf: in an index of a few passages it tells little but what is missing."""

MORE = 0.5
"""Share of the question's weight that its words other than names must have before one of them is
expected where a name stands; and two such words, for one may well be said otherwise."""


_TALK = frozenset("hi hello hey hiya thanks thank cheers bye goodbye ok okay".split())
_SPACED = frozenset("LATIN GREEK CYRILLIC ARABIC HEBREW ARMENIAN GEORGIAN".split())
_TELLS_WHEN = frozenset((*MONTHS, *WEEKDAYS))


@dataclass(frozen=True, slots=True)
class Query:
    """A question, taken apart once.

    terms:    analysed content words with their weight (BM25's idf), which sums to 1; the word for
              the sort of thing that is asked for is none, where there are others.
    unknown:  the attribute asked for, where no article in the whole index has its word; or what is
              typed instead of words.
    empty:    whether it has no word to look for: a greeting, question words alone, signs.
    day:      the day of asking, where the question names no time before it.
    by_name:  whether it asks which of several or what one is called, and for no kind that is known.
    roles:    who is asked about, where the question is what somebody named did.
    """

    text: str
    kind: Kind | None
    terms: dict[str, float]
    names: tuple[Name, ...]
    asked: frozenset[str]
    unknown: str | None
    empty: bool
    day: date | None
    by_name: bool
    roles: Roles | None


def ask(question: str, index: Index, day: date | None = None) -> Query:
    """Take a question apart, with the index's weights of its words. day: that of asking."""
    content = content_of(question)
    every = list(dict.fromkeys(analyse(" ".join(content) or question)))
    # What answers "Which road was blocked?" names one, and seldom says that it is a road.
    sort = analyse(sort_of_thing(question))
    terms = [term for term in every if term not in sort] or every
    weights = [SMOOTH + weight for weight in index.idf(terms)]
    total = sum(weights) or 1.0
    attribute, kind = attribute_of(question), kind_of(question)
    names = tuple(names_apart(question))
    return Query(
        text=question,
        kind=kind,
        terms={term: weight / total for term, weight in zip(terms, weights, strict=True)},
        names=names,
        asked=frozenset(words_of(question)),
        unknown=attribute if attribute and not index.knows(attribute) else _typed(content, index),
        empty=all(w in _TALK or (w in COMMON and w not in _TELLS_WHEN) for w in words_of(question)),
        day=day if day and is_about_now(question, day) else None,
        by_name=kind is None and asks_by_name(question),
        roles=roles_of(question, names),
    )


def _typed(content: Sequence[str], index: Index) -> str | None:
    """The first of a question's content words where none is English and no article has any: keys
    hit at random, a name that is nowhere, another language. Not judged is what is written without
    spaces between its words, or has numbers or signs in it."""
    if not all(_spaced(word) and not is_english(word) for word in content):
        return None
    return None if any(index.knows(word) for word in content) else next(iter(content), None)


def _spaced(word: str) -> bool:
    return word.isalpha() and unicodedata.name(word[0], "").split(" ")[0] in _SPACED


def missing(query: Query, sentences: Sequence[Sentence]) -> list[str]:
    """Names of the question that no article found holds, as the question writes them.

    An article that was found for its name alone, with no other word of the question in any of its
    passages, speaks of something else.
    """
    if not query.names:
        return []  # without a look through the words of whole articles
    named = {term for name in query.names for term in analyse(" ".join(name.words))}
    rest = query.terms.keys() - named
    few = len(rest) < 2 or sum(query.terms[term] for term in rest) < MORE
    near = [s for s in sentences if few or not rest.isdisjoint(s.context)]
    return nowhere(query.names, near)


def nowhere(names: Sequence[Name], sentences: Sequence[Sentence]) -> list[str]:
    """Those of a question's names that none of the sentences' articles holds."""
    return [name.text for name in absent(names, sentences)]


def absent(names: Sequence[Name], sentences: Sequence[Sentence]) -> list[Name]:
    """The same names, taken apart."""
    sources = {s.article.id: s.source for s in sentences}
    lacks = [source.lacks(tuple(names)) for source in sources.values()]
    lacking = [name for name in names if all(name in lacked for lacked in lacks)]
    return [n for n in lacking if not any(each.writes_otherwise(n) for each in sources.values())]


def what_is_missing(query: Query, sentences: Sequence[Sentence]) -> str:
    if lacking := nowhere(query.names, sentences):
        return f"none of the passages found mentions {_listed(lacking)}"
    return f"what mentions {_listed(missing(query, sentences))} says nothing else of what is asked"


def _listed(names: Sequence[str]) -> str:
    quoted = [f"“{name}”" for name in names]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
