"""The values that a text gives for a kind of question, so that two writings of one compare.

`1,200`, `1.2 thousand` and `twelve hundred` are one figure; `5 March` and `5 March 2020` may be one
day. A rule that cannot tell reads nothing, since a value misread is a conflict that is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from index.lexical import analyse

from .days import shifted
from .figures import TENS_RANK, measured_in, millions

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SPELT = {w: n for n, w in enumerate(_UNITS)} | {w: 10 * n for n, w in enumerate(_TENS, 2)}
_SCALES = {
    "dozen": 12.0,
    "hundred": 100.0,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
    "tn": 1e12,
}
_SCALES = {f"hundred {w}": 100 * _SCALES[w] for w in ("thousand", "million", "billion")} | _SCALES
_WORD = "|".join(sorted(_SPELT, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?P<money>[$£€¥] ?)?(?<![\w.,:/-])(?!{TENS_RANK})(?:"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    rf"|(?:(?P<hundreds>an?|{_WORD}) hundred(?: and)? (?!{TENS_RANK}|(?:{_WORD}) hundred))?"
    rf"(?P<spelt>(?:{_WORD})(?:[- ](?:{_WORD}))?)\b)"
    r"(?![\d:]|,\d|\.\d|(?:st|nd|rd|th)\b| ?[ap]\.?m\b)"
    rf"(?: ?(?P<scale>{'|'.join(_SCALES)})\b)?"
    r"(?P<percent> ?%| per ?cent\b)?",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|around|some|nearly|almost|roughly|approximately|more than|over|at least|fewer than"
    r"|less than|under|up to|just under|just over|an estimated|close to)\s+(?:the )?[$£€¥]?$",
    re.IGNORECASE,
)
_MEASURE = re.compile(
    r" (?:kilomet\w+|met(?:re|er)s?|miles?|km|cm|feet|foot|inch\w*|acres?|hectares?|lit(?:re|er)s?"
    r"|gallons?|barrels?|tonnes?|tons?|kilograms?|kg|pounds|seconds?|minutes?|hours?|days?|nights?"
    r"|weeks?|months?|years?|degrees?|people|votes|dollars|euros)\b"
)
"""What is shown with a number; which words measure the same is told by `Figure.unit`."""

MONTHS = (
    "january february march april may june july august september october november december"
).split()
_SHORT = "jan feb mar apr jun jul aug sept? oct nov dec".split()
_MONTH = "|".join([*MONTHS, *_SHORT])
_DAY = re.compile(
    rf"(?:\b(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? )?\b(?P<month>{_MONTH})\b\.?"
    rf"(?: (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d))?(?: ?,? (?P<year>[12]\d{{3}})\b)?"
    r"|\b(?P<alone>1[5-9]\d\d|20\d\d)\b(?![,.]\d| ?%)",
    re.IGNORECASE,
)
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(_WEEKDAYS)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with what it counts.

    amount:  in ones; a share is in percent.
    unit:    "money" and its sign, "percent", or the stems of up to four words behind it, nearest
             first.
    rough:   whether the text says about, more than, nearly ...
    text:    as it is written, with the measure behind it; [start, end) is the number alone.
    """

    amount: float
    unit: tuple[str, ...]
    rough: bool
    text: str
    start: int
    end: int

    def measures_as(self, other: Figure) -> bool:
        """Whether both may count the same: pounds with pounds, litres with litres."""
        one, two = self.unit[:1], other.unit[:1]
        if {*one, *two} & {"money", "percent"}:
            return self.unit == other.unit
        measures = {measured_in(stem) for stem in (*one, *two)} - {None}
        if len(measures) == 2:
            return False
        return not self.unit or not other.unit or bool({*self.unit[:2]} & {*other.unit[:2]})

    def agrees(self, other: Figure) -> bool:
        """Whether both can be one count: equal, or rounded where either is rough."""
        larger = max(abs(self.amount), abs(other.amount))
        apart = abs(self.amount - other.amount)
        return apart <= (0.1 * larger if self.rough or other.rough else 1e-9 * larger)


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it is given: a year, a month, a day of a month; None where it is not."""

    year: int | None
    month: int | None
    day: int | None
    text: str
    start: int
    end: int

    def compares(self, other: Day) -> bool:
        """Whether both give a year, or both a day of a month."""
        years = self.year is not None and other.year is not None
        return years or (self.day is not None and other.day is not None)

    def agrees(self, other: Day) -> bool:
        """Whether both can be one date."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        shared = [(a, b) for a, b in pairs if a is not None and b is not None]
        return bool(shared) and all(a == b for a, b in shared)


def figures(text: str) -> Iterator[Figure]:
    """The numbers of a text that count something: no dates, years, ages, clock times or names."""
    dates = [(d.start, d.end) for d in days(text)]
    for found in _NUMBER.finditer(text):
        start, end = found.span()
        if any(s < end and start < e for s, e in dates) and not found["money"]:
            continue
        if _is_age(text, start, end):
            continue
        scale = _scale(found, text)
        amount = None if scale is None else _amount(found, scale)
        if amount is None:
            continue
        metres = found["scale"] is not None and scale == 1.0
        unit = _unit(found, " metres" * metres + text[end : end + 60])
        if not unit and re.search(r"\b[A-Z][a-z]+ $", text[:start]):
            continue  # Pier 3
        rough = bool(_ABOUT.search(text[max(0, start - 30) : start]))
        shown = found.group().strip() + (_MEASURE.match(text, end) or [""])[0]
        yield Figure(amount, unit, rough, shown, start, end)


def _is_age(text: str, start: int, end: int) -> bool:
    """`Håkon Lindqvist, 58, said`."""
    return text[:start].endswith(", ") and bool(re.match(r",|\.$|\)", text[end : end + 2]))


def _scale(found: re.Match[str], text: str) -> float | None:
    """What a number is to be multiplied by; None for an m that may be millions or metres."""
    written = (found["scale"] or "").lower()
    if written != "m":
        return _SCALES.get(written, 1.0)
    sure = millions(text[found.end("scale") :], bool(found["money"]))
    return None if sure is None else _SCALES["m"] if sure else 1.0


def _amount(found: re.Match[str], scale: float) -> float | None:
    if found["digits"]:
        return float(found["digits"].replace(",", "")) * scale
    parts = [_SPELT[word] for word in re.split(r"[- ]", found["spelt"].lower())]
    if len(parts) == 2 and (parts[0] < 20 or parts[1] > 9):
        return None  # "one two" is a list
    if parts == [1] and scale == 1.0 and not found["hundreds"]:
        return None  # "one of them"
    hundreds = _SPELT.get((found["hundreds"] or "zero").lower(), 1)  # "a hundred and ten"
    return float(100 * hundreds + sum(parts)) * scale


def _unit(found: re.Match[str], after: str) -> tuple[str, ...]:
    if found["money"]:
        return ("money", found["money"].strip())
    if found["percent"]:
        return ("percent",)
    clause = re.split(r"[.,;:()\"“”]", after)[0]
    return tuple(analyse(" ".join(clause.split()[:4])))


def days(text: str) -> list[Day]:
    """The dates of a text; `may` without a day or a year is taken for the verb."""
    found = []
    for match in _DAY.finditer(text):
        if match["alone"]:
            found.append(Day(int(match["alone"]), None, None, match.group(), *match.span()))
            continue
        number = match["d1"] or match["d2"]
        day = int(number) if number and 1 <= int(number) <= 31 else None
        year = int(match["year"]) if match["year"] else None
        if match["month"].islower() or (match["month"] == "May" and not (day or year)):
            continue
        month = next(i for i, m in enumerate(MONTHS, 1) if m.startswith(match["month"].lower()[:3]))
        found.append(Day(year, month, day, match.group(), *match.span()))
    return found


def as_of(text: str, published: date | None) -> set[tuple[int | None, int, int]]:
    """The days of the year that a text speaks of, its weekdays resolved as news means them."""
    spoken = {(d.year, d.month, d.day) for d in days(text) if d.month and d.day}
    if published is not None:
        past = []
        for found in _WEEKDAY.finditer(text):
            back = (published.weekday() - _WEEKDAYS.index(found.group().lower())) % 7
            past.append(back)
        if re.search(r"\b(?:today|this morning|tonight)\b", text, re.IGNORECASE):
            past.append(0)
        if re.search(r"\byesterday\b", text, re.IGNORECASE):
            past.append(1)
        named = (shifted(published, -back) for back in past)
        spoken |= {(day.year, day.month, day.day) for day in named if day}
    return spoken
