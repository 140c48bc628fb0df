"""Who is asked about in a question of what somebody did, and whether a quote is about that one.

A small network reads a question nearly as a bag of words: "What did Berg tell Lund?" fits "Lund
told Berg that ..." as well. Rules over the names and their order know better.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..language.names import Name, words_of
from ..language.speech import alike, speakers

_ASKS = re.compile(
    r"\b(?:what|how|why|when|where|whom?|which)\b[^?]*?"
    r"\b(?:did|does|do|has|have|had|will|would|was|is)\s+",
    re.IGNORECASE,
)
_TITLES = re.compile(r"(?:the |an? )?(?:[a-z][\w-]* ){0,3}", re.IGNORECASE)
"""What may stand before the name: "the harbour master Martin Quill"."""
_OF = re.compile(r"\b(?:of|in|at|for|from|to|by|with|that)\b", re.IGNORECASE)
"""Behind one of these a name is another's: "the mayor of Tarrow"."""
_OWNS = re.compile(r"['’]s?$|s['’]$")
_PREPOSITIONS = frozenset("of in at for from to by with near on over under between".split())
"""Whoever stands behind one of these does nothing in a sentence: "in Tessaway North"."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Whose doing a question asks for, and the next name after it: to whom it is done."""

    who: Name
    whom: Name | None


def roles_of(question: str, names: Sequence[Name]) -> Roles | None:
    """The roles in "What did Berg tell Lund?"; None where nobody named does anything there."""
    asks = _ASKS.search(question)
    if asks is None:
        return None
    rest = question[asks.end() :]
    told = [n for n in names if n.text in rest and not all(map(str.isdigit, n.words))]
    if not told:
        return None
    who, *others = sorted(told, key=lambda name: rest.index(name.text))
    before, _, behind = rest.partition(who.text)
    if not _TITLES.fullmatch(before) or _OF.search(before):
        return None
    if _OWNS.search(who.text) or behind.startswith(("'", "’")):
        return None
    return Roles(who, next((n for n in others if not {*n.words} & {*who.words}), None))


def acts(roles: Roles, quote: Sequence[str], by: str = "") -> float:
    """0 if the quote names who is asked about, -1 if not, and -2 if that one only stands behind
    whom it was done to, and does not speak: then they have changed places.

    quote:  its sentences.
    by:     the article's outlet and author, who say all of it and seldom name themselves.
    """
    if _last(roles.who, words_of(by)) is not None:
        return 0.0
    naming = [sentence for sentence in quote if _last(roles.who, words_of(sentence)) is not None]
    if not naming:
        return -1.0
    whom = roles.whom
    return -2.0 if whom and all(_changed(roles.who, whom, each) for each in naming) else 0.0


def _changed(who: Name, whom: Name, sentence: str) -> bool:
    words = words_of(sentence)
    one, other = _last(who, words), _last(whom, words)
    if one is None or other is None or one < other:
        return False
    before = [word for word in words[: max(0, other - len(whom.words) + 1)] if word != "the"]
    if before and before[-1] in _PREPOSITIONS:
        return False
    held = {word for speaker in speakers(sentence) for word in speaker.words}
    return not any(alike(word, speaks) for word in who.words for speaks in held)


def _last(name: Name, words: Sequence[str]) -> int | None:
    """Where the last word of a name, which for people is the one that is used, first stands."""
    return next((at for at, word in enumerate(words) if alike(name.words[-1], word)), None)
