"""Which words are English, and which two are one word in another writing.

English words are the whole pieces of the packaged model's vocabulary, and what is made of them by
endings, beginnings and joining two. One word are its endings, its British and its American
spelling, and the transliterations of a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.graphs import packaged_words
from index.lexical import analyse

from .names import COMMON

STEM = 4
"""Letters at least that stay of a word without its beginning, and that two words share before
their endings."""

LONGEST = 40
"""Letters up to which a word is looked at for what it is made of, so that none takes long."""

_ENDINGS = re.compile(
    r"(?:e?s|e?d|i?ng|ing|e?rs?|ors?|e?st|ly|y|ies|ied|ier|ness|ments?|ful|less|[ai]ble|ists?|isms?"
    r"|ish|ial|al|i?an|ity|i[sz]ations?|i[sz]e[ds]?|i[sz]ing|ations?|ions?|like|wide|hood|ship|e?n"
    r"|en(?:s|ed|ing))$"
)
_BEGINNINGS = re.compile(
    r"^(?:un|re|in|im|il|ir|dis|de|pre|non|co|mis|over|out|anti|sub|ex|under|up|off|counter|inter"
    r"|multi|semi|super|trans|post|mid|self|micro|mini|bio|geo|neo|pro|tele|ultra)"
)


def is_english(word: str) -> bool:
    """Whether a folded word is English: known whole, or made of known ones."""
    known = packaged_words()
    if word in known or len(word) > LONGEST:
        return word in known
    rest = _BEGINNINGS.sub("", word)
    for base in (word, rest) if rest != word and len(rest) >= STEM else (word,):
        if base in known or any(b in known for b in _bases(base)):
            return True
    return any(_joins(word[:at], word[at:]) for at in range(3, len(word) - 2))


def _bases(word: str) -> Iterator[str]:
    """What a word may be without an ending: stopped of stop, closing of close, cities of city."""
    for length in range(1, min(8, len(word) - 3) + 1):
        if _ENDINGS.fullmatch(word[-length:]):
            base = word[:-length]
            yield from (base, base + "e", base + "y")
            if base[-1] == base[-2]:
                yield base[:-1]


def _joins(one: str, other: str) -> bool:
    """Whether two words make a compound: light and house, but not the and house."""
    known = packaged_words()
    return {one, other} <= known and len(one) + len(other) > 6 and COMMON.isdisjoint((one, other))


_SUFFIXES = frozenset(
    """s es d ed e r er ers st est y ies ing n an ian l al ic c ly or ors a um us i is on ae x ces
    en ans ist ism""".split()
) | {""}
_SPELLINGS = [
    (re.compile(pattern), to)
    for pattern, to in (
        (r"our", "or"), (r"is(?=e|ing|ation)", "iz"), (r"ys(?=e|ing)", "yz"), (r"tre", "ter"),
        (r"ogue", "og"), (r"([lpt])\1", r"\1"), (r"ae|oe", "e"), (r"ence(?=$|s)", "ense"),
        (r"gramme", "gram"), (r"dgement", "dgment"), (r"(?<=[kvlzg])e(?=able|ing)", ""),
        (r"ph", "f"), (r"grey", "gray"), (r"mould", "mold"), (r"xion", "ction"), (r"que$", "k"),
    )
]  # fmt: skip


def variants(one: str, other: str) -> bool:
    """Whether two folded words are one: in its ending, or in British and American spelling."""
    if one == other or analyse(one) == analyse(other) or _american(one) == _american(other):
        return True
    start = shared(one, other)
    return start >= STEM and {one[start:], other[start:]} <= _SUFFIXES


def _american(word: str) -> str:
    for pattern, to in _SPELLINGS:
        word = pattern.sub(to, word)
    return word


def skeleton(name: str) -> str:
    """What stays of a name in every transliteration: Idlib, Idleb; Gaddafi, Qadhafi."""
    name = re.sub(r"(.)\1", r"\1", name).replace("ph", "f")
    first = "a" if name[0] in "aeiouy" else name[0]
    return (first + re.sub("[aeiouyh]", "", name[1:])).translate(_SOUNDS)


_SOUNDS = str.maketrans("cqwzg", "kkvsk")


def shared(one: str, other: str) -> int:
    """How many letters two words begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))
