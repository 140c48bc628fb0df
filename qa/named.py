"""Names in a claim that what it cites does not have."""

from __future__ import annotations

import re

from index.lexical import analyse

from .cited import Evidence
from .names import COMMON, Name, fold, is_land, names_in, same_name
from .speech import alike

_SPEECH_NEXT = re.compile(
    r"(?:'s|’s)? (?:said|says|told|was|is|has|had|will|won|lost|announced|claimed|denied|resigned"
    r"|signed|became|ordered|refused|accused|warned|threatened|led|leads|fined|paid|designed)\b"
)


def _claimed_names(claim: str) -> list[Name]:
    names = [n for n in names_in(claim) if not _capital_by_place(n.text, claim)]
    first = re.match(r"[^\W\d_][\w'’-]+", claim)
    if first and first.group()[0].isupper() and _SPEECH_NEXT.match(claim, first.end()):
        word = fold(first.group())
        if word not in COMMON and not word.endswith("s"):
            names.append(Name(first.group().removesuffix("'s").removesuffix("’s"), (word,)))
    return names


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
    return missing


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
