"""Names in a claim that what it cites does not have."""

from __future__ import annotations

import re

from index.graphs import packaged_words
from index.lexical import analyse

from ..language.figures import RANKS, SMALL
from ..language.names import COMMON, Name, fold, is_land, names_in, same_name
from ..language.speech import alike, is_past
from ..language.words import is_english
from .cited import Evidence

_SPEECH_NEXT = re.compile(
    r"(?:'s|’s)? (?:said|says|told|was|is|has|had|will|won|lost|announced|claimed|denied|resigned"
    r"|signed|became|ordered|refused|accused|warned|threatened|led|leads|fined|paid|designed)\b"
)


_FIRST = re.compile(r"[^\W\d_][\w-]+(?:['’][A-Z][\w-]+)?")
_NEXT = re.compile(r"(?P<owns>['’]s)? (?P<word>[a-z]+)\b")


def _claimed_names(claim: str) -> list[Name]:
    names = [n for n in names_in(claim) if not _capital_by_place(n.text, claim)]
    first = _FIRST.match(claim)
    if first and first.group()[0].isupper() and _opens_named(claim, first):
        names.append(Name(first.group(), (fold(first.group()),)))
    return names


def _opens_named(claim: str, first: re.Match[str]) -> bool:
    """Whether the word that opens a claim is a name, which its capital does not tell.

    A country is one; so is what is no common noun, before a verb or with a possessive; and before
    what is mostly done by people and firms, all but plurals.
    """
    word = fold(first.group())
    if is_land(word) or is_land(word.removesuffix("s")):
        return True
    if word in COMMON or _INDEFINITE.match(word):
        return False
    if _SPEECH_NEXT.match(claim, first.end()) and not word.endswith("s"):
        return True
    after = _NEXT.match(claim, first.end())
    if after is None or all(map(_is_common, word.split("-"))):
        return False
    return bool(after["owns"]) or is_past(after["word"]) or after["word"] in _IS


_IS = frozenset("is are was were has have had will would says tells".split())
_INDEFINITE = re.compile(r"(?:any|every|some|no)(?:body|one|thing|where)$")
_KIND_OF_NOUN = re.compile(r"(?:ing|ion|ment|ness|ty|ism|nce|ncy|ly|age|ware|men)$")
_UNCHANGED = frozenset(
    """absent below between cattle certain children coffee data despite fewer fraud here money must
    neither never often oxygen several today tomorrow traffic turnout twice whoever
    yesterday""".split()
)
"""Common words without other forms, as they open sentences."""


def _is_common(word: str) -> bool:
    """Whether a folded word that opens a sentence is a common noun, an adverb or the like.

    Those have other forms in the packaged vocabulary (rain, rains; officials, official) or the
    ending of a kind of noun; of names it mostly has the one form.
    """
    if word in SMALL or word in _UNCHANGED or _KIND_OF_NOUN.search(word):
        return True
    known, stem = packaged_words(), word.removesuffix("e")
    if word.endswith("ed") and not known.isdisjoint((word[:-2], word[:-1])):
        return True
    if any(is_english(one) or _KIND_OF_NOUN.search(one) for one in _singulars(word)):
        return True
    endings = ("s", "es", "y"), ("ed", "ing")
    forms = {base + end for base, ends in zip((word, stem), endings, strict=True) for end in ends}
    return not known.isdisjoint(forms | {word.removesuffix("y") + "ies"})


def _singulars(word: str) -> list[str]:
    """What a word may be the plural of: city, church, house, rule."""
    if word.endswith("ies"):
        return [word[:-3] + "y"]
    churches = [word[:-2]] * bool(re.search(r"(?:[sxz]|[cs]h)es$", word))
    return [word[:-1], *churches] if word.endswith("s") else []


def _capital_by_place(name: str, claim: str) -> bool:
    """Whether a figure, or a word whose capital is owed to what stands before it."""
    if re.fullmatch(r"\d{4}|[\d.,:/-]+\w{0,2}|TV|Internet", name):
        return True
    opens = re.search(rf"(?:^|[.:;!?*\n\"“‘'(-])\W*{re.escape(name)}\b", claim)
    return bool(opens) and " " not in name


def missing_names(claim: str, evidence: Evidence) -> list[tuple[Name, str | None]]:
    """The claim's names that nothing cited has, each with the article's own that is like it.

    Part of a name names enough, but for another first or last name or another country.
    """
    missing: list[tuple[Name, str | None]] = []
    for name in _claimed_names(claim):
        parts = [w for w in name.words if w not in COMMON]
        absent = [w for w in parts if not held(w, evidence)]
        other = _rival_name(name, evidence)
        if other is not None:
            missing.append((name, other))
        elif not absent or _initials(name.text, evidence.text):
            continue
        elif len(absent) == len(parts) or any(map(is_land, absent)):
            missing.append((name, None))
    return [*missing, *_numbers_otherwise(claim, evidence)]


_BEARS = re.compile(r"\b([^\W\d_a-zß-öø-ÿ][\w'’-]*\w) ([IVX]+)\b")
_ROMAN = {"I": 1, "V": 5, "X": 10}


def _numbers_otherwise(claim: str, evidence: Evidence) -> list[tuple[Name, str | None]]:
    """Names with a Roman number which the sentences that are likest number otherwise."""
    found: list[tuple[Name, str | None]] = []
    for name in _BEARS.finditer(claim):
        held = _numbered_as(name[1], evidence.text)
        if _value(name[2]) in {*held, *map(RANKS.get, evidence.words)}:
            continue
        if near := _numbered_as(name[1], "\n".join(evidence.bearing(claim))):
            found.append((Name(name.group(), (fold(name[1]),)), next(iter(near.values()))))
    return found


def _numbered_as(word: str, text: str) -> dict[int, str]:
    """The numbers that a text gives to a name of this last word, each with how it is written."""
    each = re.finditer(rf"\b{re.escape(word)} (\w+)\b", text)
    return {number: found.group() for found in each if (number := _value(found[1]))}


def _value(word: str) -> int | None:
    """The number that a word of a name is, Roman, in digits or in words; None for any other."""
    if not re.fullmatch("[IVX]+", word):
        return int(word) if word.isdecimal() else SMALL.get(word.lower())
    each = [_ROMAN[letter] for letter in word]
    return sum(-n if n < max(each[at:]) else n for at, n in enumerate(each))


def held(word: str, evidence: Evidence) -> bool:
    """Whether a folded word stands in what is cited, in this form or a kindred one."""
    pieces = [p for p in re.split(r"[-'’/&.]", word) if p]
    for piece in ([word], pieces, [word.rstrip("s")]):
        if piece and all(p in evidence.words or any(alike(p, w) for w in evidence.words)
                         for p in piece):  # fmt: skip
            return True
    stems = frozenset(analyse(word))
    return bool(stems) and stems <= frozenset().union(*evidence.stems, analyse(evidence.about))


def _rival_name(name: Name, evidence: Evidence) -> str | None:
    """A person who shares the first or the last name with the claim's, where that one is not."""
    if len(name.words) != 2 or name.words[0] in _CALLED or _numbered(name.text):
        return None
    text = f"{evidence.text}\n{evidence.about}"
    # Ahead of itself, so that each word of a run of capitals is a first and a last one.
    found = re.finditer(rf"\b(?=({_CAPITAL}) ({_CAPITAL}))", text)
    pairs = {f"{m[1]} {m[2]}": (fold(m[1]), fold(m[2])) for m in found}
    first, last = name.words
    if any(same_name(first, f) and same_name(last, end) for f, end in pairs.values()):
        return None
    for written, (other, end) in pairs.items():
        if other in COMMON | _CALLED or end in COMMON or not f"{other}{end}".isalpha():
            continue
        if last == end and not alike(first, other) and not _abbreviates(first, other):
            return written
        if first == other and not held(last, evidence):
            return written
    return None


def _numbered(name: str) -> bool:
    """Whether a name has a number in it, a Roman one too: Henry VI is no kin of Henry IV."""
    return bool(re.search(r"\d|\b[IVX]+$", name))


_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w'’.-]*\w|[^\W\d_a-zß-öø-ÿ]"


def _abbreviates(one: str, other: str) -> bool:
    """Whether one first name is the other's letter or short form: M. for Martin, or Ben."""
    return one.startswith(other) or other.startswith(one)


_CALLED = frozenset(
    """mr mrs ms miss dr sir dame lord lady president mayor minister councillor senator captain
    general judge justice king queen prince princess former chief professor mayor-elect""".split()
)


def _initials(name: str, text: str) -> bool:
    """Whether a name in capitals is the initials of words of the text: UN, HTS."""
    letters = re.sub(r"\W", "", name)
    if not (letters.isupper() and 2 <= len(letters) <= 6):
        return False
    pattern = r"[\s-]+(?:of |the |for |and |al-)*".join(rf"{c}\w+" for c in letters)
    return bool(re.search(rf"\b{pattern}", text, re.IGNORECASE))
