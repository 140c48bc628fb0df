"""Questions out of single sentences by rules: a name, number or date is taken out and asked for.

Rules know no grammar, so each asks only where the words leave little to get wrong, and otherwise
the sentence is shown with a gap. A person reads the result in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qa.language.names import COMMON, COUNTRIES, fold, is_land, names_in
from qa.language.phrases import is_person

GAP = "____"

_FEWEST, _MOST = 8, 40
"""Words of a sentence that is worth asking about."""

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_DATE = (
    rf"(?:{_WEEKDAY},? )?(?:\d{{1,2}} {_MONTH}|{_MONTH} \d{{1,2}}\b)(?:,? [12]\d{{3}})?"
    rf"|{_MONTH},? [12]\d{{3}}|(?:1[5-9]|20)\d\d"
)
_WHEN = re.compile(rf",? \b(?:on|in) (?P<answer>{_DATE})(?![\d/–-]|,\d)")

_NUMBER = (
    r"[$£€]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[$£€]?\d+(?:\.\d+)?|two|three|four|five|six|seven|eight"
    r"|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_SCALE = r"(?: (?:hundred|thousand|million|billion)\b)?"
_ABOUT = r"(?:At least|About|Around|Some|More than|Nearly|Over|Almost|Up to|Fewer than) "
_HOW_MANY = re.compile(
    rf"(?:{_ABOUT})?(?P<answer>(?:{_NUMBER}){_SCALE})"
    r"(?= (?!per |percent|of |to |and |or )[a-zA-Z][\w-]* )",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    rf"(?<![\w.,/$£€:–-])(?P<answer>(?:{_NUMBER}){_SCALE}(?:%| per ?cent)?)(?![\w%/–:-]|[.,]\d)",
    re.IGNORECASE,
)

_WORD = r"[A-Z][\w'’]*(?:-[\w'’]+)*"
_JOIN = r"(?: (?:and|of|the|de|van|von|bin|al|for)){0,2} "
_NAME = re.compile(rf"(?:The )?(?P<name>{_WORD}(?:{_JOIN}{_WORD}){{0,5}})")
_VERB = re.compile(
    r" (?:also |later |then )?(?:[a-z]{2,}ed|is|are|was|were|has|have|had|will|would|won|lost|took"
    r"|made|gave|began|became|held|led|met|sent|saw|left|paid|sold|bought|built|broke|drew|found"
    r"|put|ran|set|shut|stood|told|wrote|chose|fell|rose|kept|brought|spent|cut|hit|sank|struck) "
)

_LEANS = re.compile(
    r"\b(?:he|she|it|they|him|hers|them|this|these|those|there|we|our|us|i|my|you|your|such|latter"
    r"|former|same|yesterday|today|tonight|tomorrow)\b"
    r"|^(?:\S+ ){0,4}(?:his|her|its|their)\b"
    r"|^(?:Finally|However|Meanwhile|Besides|Instead|Separately|Elsewhere|Then|Also|But|And|So|Yet"
    r"|Nor|Or|Both|Neither|Another|Others?)\b",
    re.IGNORECASE,
)
"""Words that point out of a sentence, or may: what is asked could not be understood alone."""

_ODD = re.compile(r"[\n\"“”«»\[\]|{}<>?!;:…]|\bhttps?:|@")


@dataclass(frozen=True, slots=True)
class Cloze:
    """A question, the answer that was taken out, and how well it asks: 1 best, 3 worst."""

    question: str
    answer: str
    rule: int


def cloze(sentence: str, article: str) -> Cloze | None:
    """The best question that a rule makes of a sentence of an article, or None."""
    if not _fit(sentence):
        return None
    for rule, (question, answer) in _asked(sentence, article):
        whole = re.compile(rf"(?<!\w){re.escape(answer)}(?!\w)", re.IGNORECASE)
        if not whole.search(question) and names_in(f"Is {question}"):
            return Cloze(question, answer, rule)
    return None


def _fit(sentence: str) -> bool:
    """Whether a sentence stands alone, as far as its words tell."""
    if not _FEWEST <= len(sentence.split()) <= _MOST or sentence[-1:] != ".":
        return False
    return not (_ODD.search(sentence) or _LEANS.search(sentence)) and sentence[0].isalnum()


def _asked(sentence: str, article: str) -> Iterator[tuple[int, tuple[str, str]]]:
    for make in (_who, _how_many, _when):
        if made := make(sentence, article):
            yield 1, made
    for gap in (_gap_figure, _gap_date, _gap_name):
        if made := gap(sentence):
            yield 2 if made[1][-1].isdigit() or gap is _gap_name else 3, made


def _who(sentence: str, article: str) -> tuple[str, str] | None:
    """`Turkey and Russia brokered ...` -> `Who or what brokered ...?`"""
    found = _NAME.match(sentence)
    if found is None or not _VERB.match(sentence, found.end()):
        return None
    name = found["name"]
    if not _is_name(name, article) or _is_adjective(name.split()[-1]):
        return None
    # Two names are two subjects, and `are` does not follow `who`.
    asked = "Who" if is_person(name, article) or " and " in name else "Who or what"
    rest = sentence[found.end() :].removesuffix(".")
    return f"{asked}{_singular(rest)}?", name


def _singular(rest: str) -> str:
    for many, one in (("are", "is"), ("were", "was"), ("have", "has")):
        rest = re.sub(rf"^ {many}\b", f" {one}", rest)
    return rest


def _how_many(sentence: str, article: str) -> tuple[str, str] | None:
    """`At least 34 soldiers were killed ...` -> `How many soldiers were killed ...?`"""
    found = _HOW_MANY.match(sentence)
    if found is None or re.fullmatch(r"(?:1[5-9]|20)\d\d", found["answer"]):
        return None
    if found["answer"][0] in "$£€":
        return None
    return f"How many{sentence[found.end() :].removesuffix('.')}?", found["answer"]


def _when(sentence: str, article: str) -> tuple[str, str] | None:
    """`X happened on 5 March.` -> `When was it that X happened?`"""
    found = _WHEN.search(sentence)
    if found is None or len(re.findall(_DATE, sentence)) != 1:
        return None
    before, after = sentence[: found.start()], sentence[found.end() :].removesuffix(".")
    # In the middle it may belong to a clause of its own, and not to what is asked.
    if after and not _OPENS.fullmatch(f"{before}|{after}"):
        return None
    clause = _inside(before, article)
    return (f"When was it that {clause}{after}?", found["answer"]) if clause else None


_OPENS = re.compile(
    r"(?!In |At |On |After |Before |As |When |Since )(?:[^\s,|]+ ?){2,6}\|(?! and|,).*"
)


def _inside(clause: str, article: str) -> str | None:
    """A clause as it stands within a sentence: a small letter first, unless a name is there.

    None when it cannot be told whether one is.
    """
    first, _, then = clause.partition(" ")
    small = first.lower()
    if fold(first) in COMMON or re.search(rf"(?<![\w]){re.escape(small)}(?!\w)", article):
        return f"{small} {then}"
    return clause if then[:1].isupper() or _is_name(first, article) else None


def _gap_figure(sentence: str) -> tuple[str, str] | None:
    # A year is a date, and a number of a day is part of one.
    bare = re.sub(_DATE, lambda date: "#" * len(date.group()), sentence)
    found = [f for f in _FIGURE.finditer(bare) if not _LABEL.search(bare[: f.start()])]
    return _gap("Which figure", sentence, found[0]) if len(found) == 1 else None


_LABEL = re.compile(r"\b[A-Z]\w* $")
"""Before a number that is part of a name: Pier 3."""


def _gap_date(sentence: str) -> tuple[str, str] | None:
    found = list(re.finditer(rf"(?<!and )(?P<answer>{_DATE})(?![\d/–-]|,\d)", sentence))
    return _gap("Which date", sentence, found[0]) if len(found) == 1 else None


def _gap_name(sentence: str) -> tuple[str, str] | None:
    for found in re.finditer(rf"(?P<answer>{_WORD}(?: {_WORD})*)", sentence):
        name = found["answer"]
        dated = re.search(rf"{_WEEKDAY}|{_MONTH}", name)
        if found.start() and " " in name and not dated and not re.search(r"['’]s?\b", name):
            return _gap("Which name", sentence, found)
    return None


def _gap(asked: str, sentence: str, found: re.Match[str]) -> tuple[str, str]:
    masked = sentence[: found.start("answer")] + GAP + sentence[found.end("answer") :]
    return f"{asked} belongs in the gap: “{masked}”?", found["answer"]


def _is_name(name: str, article: str) -> bool:
    """Whether every word of it is a name: capitalised within a sentence of the article too."""
    words = [w for w in re.findall(r"[\w'’-]+", name) if w[0].isupper()]
    if not words or all(fold(w) in COMMON for w in words):
        return False
    return all(re.search(rf"[a-z,0-9] {re.escape(w)}(?!\w)", article) for w in words)


def _is_adjective(word: str) -> bool:
    """Whether a word names the people of a country and so may belong to a noun behind it."""
    return is_land(fold(word)) and fold(word) not in COUNTRIES
