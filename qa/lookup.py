"""Passages that a search passed over, though they alone have a name of the question.

Fusion of ranks prefers what stands in the middle of both halves to what stands first in one, so
that the only passage with a name may come behind ten without it.
"""

from __future__ import annotations

from collections.abc import Sequence

from index.lexical import analyse
from index.store import Index
from index.types import Filters, Hit

from .evidence import Sentence
from .language.names import COMMON, Name, stands_in, words_of
from .language.words import is_english
from .questions.query import Query, absent

FURTHER = 2
"""Passages that are added for a name at most."""

LOOKED_AT = 10
"""Passages found by words alone that are looked at for a name."""


def looked_up(
    query: Query,
    hits: Sequence[Hit],
    sentences: Sequence[Sentence],
    index: Index,
    filters: Filters | None = None,
) -> list[Hit]:
    """Passages with what none of those found has of the question's names, to be read after them.

    sentences:  those of the hits. Only words are searched for: nothing is embedded, and nothing
                searched at all where no name is lacking or the index has not all of its words.
    """
    seen = {hit.chunk.id for hit in hits}
    found: dict[int, Hit] = {}
    for name in _lacking(query, sentences):
        if any(_has(hit, name) for hit in found.values()):
            continue
        if all(map(index.knows, name.words)):
            found |= {hit.chunk.id: hit for hit in _holding(name, query, index, filters)}
    return [hit for chunk, hit in found.items() if chunk not in seen]


def _lacking(query: Query, sentences: Sequence[Sentence]) -> list[Name]:
    """Names that no article found holds; in a question without any, words that may be names."""
    if not sentences:
        return []
    if query.names:
        # A year stands in many an article that has nothing to do with the question.
        lacking = absent(query.names, sentences)
        return [name for name in lacking if not all(map(str.isdigit, name.words))]
    words = [w for w in dict.fromkeys(words_of(query.text)) if w not in COMMON and w.isalpha()]
    unusual = [word for word in words if not is_english(word)]
    if not unusual:
        return []
    held = frozenset[str]().union(*(s.terms | s.source.about for s in sentences))
    return [Name(word, (word,)) for word in unusual if not held.issuperset(analyse(word))]


def _holding(name: Name, query: Query, index: Index, filters: Filters | None) -> list[Hit]:
    """The best passages with a name: by all words of the question, else by its own."""
    for text in (query.text, name.text):
        hits = index.search(text, LOOKED_AT, filters, mode="lexical")
        if holding := [hit for hit in hits if _has(hit, name)]:
            return holding[:FURTHER]
    return []


def _has(hit: Hit, name: Name) -> bool:
    return stands_in(name, frozenset(words_of(f"{hit.article.title} {hit.text}")))
