"""Words of a claim that are no words but garble one of the cited text: Edrogan for Erdogan.

A word counts as garbled when the cited text does not have it, it is no English word, and it is a
word of the text but for one slip: a letter more, less or another, the same letters in another
order, signs in place of letters, or spaces lost or misplaced. Other ways of writing a word are not
slips: its endings, British and American spelling, accents, and a name's transliteration.

What English words are, and which two are one, is in `qa.language.words`. Where the cited text
itself is mostly of other words, it is in another language and nothing is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.graphs import packaged_words

from ..language.names import COMMON, fold
from ..language.words import LONGEST, is_english, shared, skeleton, variants
from .cited import Evidence

SHORTEST = 4
"""Letters that a garbled word has at least; three where it garbles a little word, teh for the."""

EDITED = 5
"""Letters from which a word one letter off is garbled: shorter ones are too often other words."""

LONG = 6
"""Letters from which two words with the same letters are hardly two words: silt is no list."""

ENGLISH = 0.6
"""Share of the cited text's words that must be known for it to be English."""

READABLE = 12
"""Words from which a claim with one garbled word, no name, is still partly supported."""

_RUN = 7
"""Letters of several words together that are looked for with their spaces elsewhere."""


@dataclass(frozen=True, slots=True)
class Garbled:
    """A word as the claim has it, and the article's own as that writes it.

    sure:  hardly another word would be so like it; else it may be one that the vocabulary lacks.
    """

    text: str
    own: str
    sure: bool = True

    @property
    def name(self) -> bool:
        return self.own[0].isupper()

    @property
    def reason(self) -> str:
        return f"the article writes “{self.own}”, the answer “{self.text}”"


def garbled(claim: str, evidence: Evidence) -> list[Garbled]:
    """The words of a claim that garble one of the cited text, each once, in order.

    One that may be another word counts beside a second one, or where the words around it are those
    of the text.
    """
    words = _written(claim)
    held = evidence.words
    odd = [i for i, word in enumerate(words) if word.folded not in held and not _real(word)]
    if not odd:
        return []
    own = _written(f"{evidence.text}\n{evidence.about}")
    text = _Text.of(own)
    found = dict.fromkeys(each for i in odd if (each := _garbled(words, i, text)) is not None)
    if not found or not _english(own):
        return []
    return [each for each in found if each.sure or len(found) > 1]


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as it stands, between spaces and dashes, and its letters alone, folded.

    signs:   what stands in it that is no letter of our alphabet, kept in `folded`.
    spaced:  whether a space, and no dash, stands before it.
    """

    text: str
    folded: str
    signs: bool
    spaced: bool

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()


_PART = re.compile(r"[^\s–—/,:;-]+")
_OUTER = "\"“”‘’'`´«»()[]{}<>.,;:!?…*_#|"
_SHORTENED = re.compile(r"(?:n['’]t|['’](?:s|re|ve|ll|d|m))$", re.IGNORECASE)
_INNER = re.compile(r"['’ʼ‘`´.]")
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe",
            "þ": "th"}  # fmt: skip
_OWN = str.maketrans(_LETTERS)


def _written(text: str) -> list[_Word]:
    out = []
    for part in _PART.finditer(text):
        bare = part.group().strip(_OUTER)
        folded = fold(bare)
        if not folded.isascii():
            folded = folded.translate(_OWN)
        letters = folded if folded.isalpha() else _INNER.sub("", folded)
        if letters:
            spaced = not part.start() or text[part.start() - 1].isspace()
            out.append(_Word(bare, letters, not _latin(letters), spaced))
    return out


def _latin(letters: str) -> bool:
    if letters.isascii():
        return letters.isalpha()
    return all(unicodedata.name(c, "").startswith("LATIN ") for c in letters)


def _real(word: _Word) -> bool:
    """Whether a word stands in English, is an abbreviation, or is too short to tell."""
    letters = word.folded
    if word.signs:
        return bool(_FIGURE.fullmatch(letters)) or len(letters) < SHORTEST
    if len(letters) < 3 or word.text.isupper() or is_english(letters):
        return True
    whole = _SHORTENED.sub("", word.text)
    return whole != word.text and (len(whole) < 3 or is_english(fold(whole)))


_FIGURE = re.compile(r"[\W\d]*[a-z]{0,3}[\W\d]*")
"""A figure with its unit, a road: £18.4m, 20th, M4."""


def _english(words: Sequence[_Word]) -> bool:
    """Whether most of a text's longer words are known, those with a capital left out."""
    known = packaged_words()
    longer = {w.folded for w in words if len(w.text) >= SHORTEST and w.text[0].islower()}
    strange = sum(w not in known and not is_english(w) for w in longer)
    return strange <= max(2, (1 - ENGLISH) * len(longer))


@dataclass(frozen=True, slots=True)
class _Text:
    """The cited text's words by their letters, pairs of them that follow each other, and all its
    letters with where words begin."""

    words: dict[str, str]
    pairs: frozenset[tuple[str, str]]
    letters: str
    starts: dict[int, str]

    @classmethod
    def of(cls, words: Sequence[_Word]) -> _Text:
        spelt: dict[str, str] = {}
        starts: dict[int, str] = {}
        at = 0
        for word in words:
            # A word that stands small anywhere has its capital from its place.
            if not word.signs and (word.folded not in spelt or not word.capital):
                spelt[word.folded] = word.text
            starts[at] = word.text
            at += len(_plain(word.folded))
        folded = [word.folded for word in words]
        letters = "".join(map(_plain, folded))
        return cls(spelt, frozenset(pairwise(folded)), letters, starts)

    def between(self, before: str, word: str, after: str) -> bool:
        """Whether a word stands there beside one of these that tells something, or both."""
        beside = [one for one, pair in ((before, (before, word)), (after, (word, after)))
                  if pair in self.pairs]  # fmt: skip
        return len(beside) == 2 or any(one not in COMMON for one in beside)


def _plain(word: str) -> str:
    """The letters and digits of a word."""
    return word if word.isalnum() else re.sub(r"[\W_]", "", word)


def _garbled(words: Sequence[_Word], i: int, text: _Text) -> Garbled | None:
    word = words[i]
    if own := _joined(_plain(word.folded), text):
        return Garbled(word.text, own)
    if word.signs:
        own = _signed(word.folded, text)
        return Garbled(word.text, own) if own else _parted(words, i, text)
    return _slipped(words, i, text) or _parted(words, i, text)


def _signed(word: str, text: _Text) -> str | None:
    """The word of which some letters are signs: br1dge, h@rbour."""
    if len(word) > LONGEST or len(re.findall("[a-z]", word)) < 2:
        return None
    pattern = re.sub(r"[^a-z]+", lambda m: f"[a-z]{{1,{len(m[0])}}}", word)
    match = re.compile(pattern).fullmatch
    return next((own for letters, own in text.words.items() if match(letters)), None)


def _slipped(words: Sequence[_Word], i: int, text: _Text) -> Garbled | None:
    """A word with the letters of the text's in another order, or one letter off."""
    word, letters = words[i], words[i].folded
    if letters in text.words:
        return None
    before = words[i - 1].folded if i else ""
    after = words[i + 1].folded if i + 1 < len(words) else ""
    # A name garbles a name; the capital of a first word says nothing.
    named = word.capital and (i > 0 or (len(words) > 1 and words[1].capital))
    mine = sorted(letters)
    for other, own in text.words.items():
        if len(other) != len(letters) or sorted(other) != mine or (named and own[0].islower()):
            continue
        if len(letters) < SHORTEST and other not in COMMON:
            continue
        sure = len(letters) >= LONG or _swapped(letters, other)
        return Garbled(word.text, own, sure or text.between(before, other, after))
    if len(letters) < EDITED:
        return None
    near = [w for w in text.words if w[0] == letters[0] and _one_off(letters, w)]
    # One that differs in its ending alone is the word itself, whatever else is like it.
    if any(variants(letters, other) for other in near):
        return None
    for other in near:
        own = text.words[other]
        if named and own[0].islower():
            continue
        if not (word.capital and own[0].isupper() and skeleton(letters) == skeleton(other)):
            sure = len(letters) != len(other) or text.between(before, other, after)
            return Garbled(word.text, own, sure)
    return None


def _swapped(one: str, other: str) -> bool:
    """Whether two words of the same letters differ in two that stand side by side."""
    start = shared(one, other)
    return one[start + 2 :] == other[start + 2 :]


def _one_off(one: str, other: str) -> bool:
    """Whether a word becomes the other by one letter put in, left out or put for another."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = shared(one, other)
    rest, others = one[start:], other[start:]
    return rest[1:] == others[1:] or rest[1:] == others or rest == others[1:]


def _joined(word: str, text: _Text) -> str | None:
    """The words that a word runs together. Two make a compound, unless one is a little word."""
    at = text.letters.find(word) if len(word) >= _RUN else -1
    while at >= 0:
        starts = [s for s in range(at, at + len(word)) if s in text.starts]
        if starts and starts[0] == at and _ends(at + len(word), text):
            run = [text.starts[s] for s in starts]
            if len(run) > 2 or (len(run) == 2 and any(fold(w) in COMMON for w in run)):
                return " ".join(run)
        at = text.letters.find(word, at + 1)
    return None


def _ends(at: int, text: _Text) -> bool:
    return at in text.starts or at == len(text.letters)


def _parted(words: Sequence[_Word], i: int, text: _Text) -> Garbled | None:
    """A word that only with its neighbours' letters is text: "thec easef" of "the ceasefire"."""
    for first, last in ((i - 1, i), (i, i + 1), (i - 1, i + 1)):
        if first >= 0 and last < len(words) and all(w.spaced for w in words[first + 1 : last + 1]):
            run = words[first : last + 1]
            if own := _respaced([_plain(w.folded) for w in run], text):
                return Garbled(" ".join(w.text for w in run), own)
    return None


def _respaced(run: Sequence[str], text: _Text) -> str | None:
    """The text's words whose letters these are, where the text has its spaces elsewhere."""
    letters = "".join(run)
    at = text.letters.find(letters) if len(letters) >= _RUN else -1
    if at < 0:
        return None
    end = at + len(letters)
    cuts = [at + sum(map(len, run[:n])) for n in range(1, len(run))]
    within = [start for start in text.starts if at < start < end]
    # One word parted may be a compound in another writing: cease fire.
    one = not within and at in text.starts and _ends(end, text)
    if one or all(cut in text.starts for cut in cuts):
        return None
    before = max(start for start in text.starts if start <= at)
    return " ".join(text.starts[start] for start in (before, *within))
