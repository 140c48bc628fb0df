"""Pronouns and pointers of a question, put into words: `its crew` -> `the Norra Vind's crew`.

Every function takes what a word may stand for and gives the text back; a text that is unchanged
has nothing in it that points out of itself.
"""

from __future__ import annotations

import re

from ..language.names import COMMON, fold
from ..language.phrases import content, is_person, names_of, phrases

ANY = re.compile(
    r"\b(?:he|she|him|his|hers|her|it|its|they|them|their|theirs|this|that|these|those|there|one"
    r"|ones|such|the same)\b",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"\b(?:he|she|him|his|hers|her)\b", re.IGNORECASE)
_THING = re.compile(r"\b(?:it|its|they|them|their|theirs)\b", re.IGNORECASE)
_SEVERAL = re.compile(r"\b(?:they|them|their|theirs)\b", re.IGNORECASE)
_OWNS = re.compile(r"(?:his|its|their|her(?= \w))\b", re.IGNORECASE)
_FILLER = re.compile(
    r"\b(?:is|was|be) it (?!related|similar|close|native|due|compared|used|linked)\w+ (?:to|that)\b"
    r"|\bit(?: is|'s| was)?(?: really| still| ever| not| also| so)? (?:possible|true|likely|worth"
    r"|necessary|legal|common|safe|important|easy|hard|difficult|better|ok|okay|best|good|bad|fair"
    r"|raining|takes?|took|costs?|mean|happen)\b[^?]{0,40}?\b(?:to|that|for|if|when|until)\b"
    r"|\bwhat time is it\b",
    re.IGNORECASE,
)
"""An `it` that stands for nothing: `is it true that`, `how long does it take to`."""

_CLAUSE = re.compile(
    r"[,;.?!]| (?:what|where|why|when|how|who|if|because|that|so|before|after) "
    r"| (?:and|but|or) (?:what|where|why|when|how|who|is|are|was|were|do|does|did|can|will|has|have"
    r"|he|she|it|they|his|her|its|their)\b",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"(?:^|\b(?P<before>\w+)\W+)(?P<point>this|that|these|those|such|the same)"
    r"(?: (?P<noun>[^\W\d]\w+))?",
    re.IGNORECASE,
)
_TIMES = frozenset(
    "day days week weeks month months year years morning evening night time moment way".split()
)
_ONE = re.compile(
    r"\b(?P<which>(?:an?|the|each|any|every|this|that|new|other|another) (?:new |best |other )?)"
    r"ones?\b(?! of| day| more)",
    re.IGNORECASE,
)
_THERE = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!n't )(?<!n’t )\bthere(?=\W*$|[,;]| and )",
    re.IGNORECASE,
)


def points_out(text: str) -> bool:
    """Whether a pronoun or pointer stands in a text, one inside a title left aside."""
    return _find(ANY, text) is not None


def binds_its_own(text: str) -> bool:
    """Whether the first pronoun stands for something that an earlier clause of the text names."""
    personal = _find(_PERSONAL, text)
    found = personal or _find(_THING, text)
    if not found:
        return False
    ends = [m.start() for m in _CLAUSE.finditer(text[: found.end()])]
    before = text[: ends[-1]] if ends else ""
    named = [p for p in phrases(before) if not fold(p.text).isdigit()]
    if not personal:
        return bool(named)
    return any(len(content(p.text)) > 1 for p in named) or any(
        is_person(name, before) for name in names_of(before)
    )


def is_of_several(text: str) -> bool:
    """Whether `they` stands in a text."""
    return _find(_SEVERAL, text) is not None


def put_in(text: str, person: str, thing: str, several: str = "") -> str:
    """The text with its first pronoun of a person and of a thing put into words, or a pointer.

    several:  what `they` are, where that is not the thing.
    """
    put = _replace(text, _PERSONAL, person or thing)
    put = _replace(put, _SEVERAL, several)
    if not _FILLER.search(put) and (put == text or not names_of(f"is {thing}")):
        put = _replace(put, _THING, thing or person)
    if put == text and thing:
        put = _pointed(text, thing)
    if put == text and thing:
        bare = re.sub(r"^(?:the|an?) ", "", thing, flags=re.IGNORECASE)
        put = _ONE.sub(lambda m: f"{m['which']}{bare}", text, count=1)
    if put == text and thing:
        put = _THERE.sub(lambda m: f"in {thing}", text, count=1)
    return put


def _find(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The first match that is no part of a title: small, or at the beginning of a sentence."""
    for found in pattern.finditer(text):
        if found.group()[0].islower() or text[: found.start()].rstrip()[-1:] in ("", ".", "?", "!"):
            return found
    return None


def _replace(text: str, pattern: re.Pattern[str], stands_for: str) -> str:
    found = _find(pattern, text)
    if not found or not stands_for:
        return text
    owns = _OWNS.match(text, found.start())
    if owns and owns.group().lower() == "her":
        # "told her that" has an object, "her crew" an owner
        after = re.match(r" (\w+)", text[found.end() :])
        owns = owns if after and fold(after.group(1)) not in COMMON else None
    name = _owner(stands_for) if owns else stands_for
    return text[: found.start()] + name + text[found.end() :]


def _owner(name: str) -> str:
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def _pointed(text: str, thing: str) -> str:
    """`that deal`: what is talked about takes its place, or is put beside it."""
    for found in _POINTER.finditer(text):
        before, noun = fold(found["before"] or ""), fold(found["noun"] or "")
        joins = found["point"].lower() == "that" and before and before not in COMMON
        alone = not noun or noun in COMMON
        if not alone and fold(thing.split()[-1]).rstrip("s") == noun.rstrip("s"):
            return text[: found.start("point")] + thing + text[found.end("noun") :]
        if noun in _TIMES or joins or (alone and fold(found["point"]) in ("such", "the same")):
            continue
        if alone:
            return text[: found.start("point")] + thing + text[found.end("point") :]
        return f"{text.rstrip(' ?.!')} ({thing})?"
    return text
