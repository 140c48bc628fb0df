"""Numbers that a text gives, in whatever writing, and whether another text has them too.

1,200 and 1.2 thousand and "twelve hundred" are one number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.lexical import analyse

from .days import days, without_days

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SMALL = {word: n for n, word in enumerate(_ONES)} | {w: 10 * n for n, w in enumerate(_TENS, 2)}
"""Number words below a hundred, as they are written."""
_LARGE = {"hundred": 100, "dozen": 12, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_SCALES = {"k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9, "trillion": 1e12} | _LARGE

_RANKS = {
    word: n
    for n, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        1,
    )
}
_RANK = re.compile(rf"(?<![\d-] )\b(?:{'|'.join(_RANKS)})\b(?= [a-z])", re.IGNORECASE)

_SPELT = "|".join([*sorted(SMALL, key=len, reverse=True), *_LARGE])
_SPELT_RUN = re.compile(
    rf"\b(?:(?:an?|half an?) (?=(?:{'|'.join(_LARGE)})\b))?(?:{_SPELT})"
    rf"(?:(?:[- ]| and )(?:{_SPELT}))*\b",
    re.IGNORECASE,
)
_DIGITS = re.compile(
    r"(?P<money>[£$€¥])?\s?(?<![\w.,])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:[\s-]?(?P<scale>thousand|million|billion|trillion|mn?|bn|k)\b)?"
    r"(?P<share>\s?%| ?per ?cent\b| percentage points?\b)?(?P<pence>p\b)?(?P<rank>st|nd|rd|th)?"
    r"(?![\w])",
    re.IGNORECASE,
)
_TIME = re.compile(r"\b(\d{1,2})(?:[.:](\d\d))? ?([ap])\.?m\b\.?", re.IGNORECASE)
_VAGUE = re.compile(r"\b(?:several|many|few|some|hundreds of|tens of) $", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:about|around|roughly|some|approximately|close to|an estimated) (?:an? )?[£$€¥]?$",
    re.IGNORECASE,
)
_OVER = re.compile(r"\b(?:more than|over|at least|upwards of) (?:an? )?[£$€¥]?$", re.IGNORECASE)
_UNDER = re.compile(
    r"\b(?:nearly|almost|under|fewer than|less than|up to|just short of) (?:an? )?[£$€¥]?$",
    re.IGNORECASE,
)
_UNITS = {"km": "kilometre", "kg": "kilogram", "kms": "kilometre", "hrs": "hour"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: as written, its value between `least` and `most`, its unit, what it counts.

    unit:  "%", a currency's sign, "p", "th" (a rank), "time" (value in minutes) or "".
    of:    stems of the words after it.
    """

    text: str
    value: float
    unit: str = ""
    of: frozenset[str] = frozenset()
    least: float = 0.0
    most: float = 0.0
    spelt: bool = False

    def meets(self, other: Figure) -> bool:
        """Whether another text's figure is this one."""
        if self.unit and other.unit and self.unit != other.unit:
            return False
        if "%" in (self.unit, other.unit) and self.unit != other.unit:
            return False
        return self.least * (1 - 1e-9) <= other.value <= self.most * (1 + 1e-9)

    def rivals(self, other: Figure) -> bool:
        """Whether another figure gives the same thing another number."""
        if self.unit != other.unit:
            return False
        return bool(self.of & other.of) or self.unit in ("time", "%")

    @property
    def counts_only(self) -> bool:
        """A small number in words may count what the other text merely lists, so may a rank."""
        return self.unit == "th" or (self.spelt and self.value <= 10 and not self.unit)


def _spaces(found: re.Match[str]) -> str:
    return " " * len(found.group())


def figures(text: str) -> list[Figure]:
    """The numbers of a text, those inside its dates left out; "one" may be a pronoun: left out."""
    return list(_figures(without_days(text)))


def _figures(text: str) -> Iterator[Figure]:
    for found in _TIME.finditer(text):
        hour = int(found[1]) % 12 + (12 if found[3].lower() == "p" else 0)
        minutes = 60.0 * hour + int(found[2] or 0)
        yield Figure(found.group(), minutes, "time", least=minutes, most=minutes)
    blank = _TIME.sub(_spaces, text)
    # 2018-19 is two years, 2. a place in a list.
    blank = re.sub(r"(?<=\d{4})[-–]\d\d\b|(?m:^)\s*\d{1,2}[.)]\s", _spaces, blank)
    for found in _DIGITS.finditer(blank):
        scale = (found["scale"] or "").lower()
        if scale in ("m", "mn") and not found["money"]:
            scale = ""  # 600 m is a length
        value = float(found["digits"].replace(",", "")) * _SCALES.get(scale, 1)
        unit = "%" if found["share"] else found["money"] or ("p" if found["pence"] else "")
        yield _figure(blank, found, value, "th" if found["rank"] else unit, False)
    for found in _RANK.finditer(blank):
        yield _figure(blank, found, _RANKS[found.group().lower()], "th", True)
    for found in _SPELT_RUN.finditer(blank):
        value = _value(found.group().lower())
        before = blank[: found.start()]
        if value == 1 or _VAGUE.search(before) or re.search(r"\d ?$", before):
            continue  # a scale after digits was read with them
        share = re.match(r" ?(?:%|per ?cent\b)", blank[found.end() :])
        yield _figure(blank, found, value, "%" if share else "", True)


def _figure(text: str, found: re.Match[str], value: float, unit: str, spelt: bool) -> Figure:
    before = text[: found.start() + len(found.group()) - len(found.group().lstrip())]
    least = most = value
    if _ABOUT.search(before):
        least, most = value * 0.95, value * 1.05
    elif _OVER.search(before):
        most = value * 1.15
    elif _UNDER.search(before):
        least = value * 0.87
    after = re.split(r"[.,;:()\"“”\d]", text[found.end() :], maxsplit=1)[0].split()[:3]
    of = frozenset(t for w in after for t in analyse(_UNITS.get(w.lower(), w)) if len(t) > 2)
    return Figure(found.group().strip(), value, unit, of - _EMPTY, least, most, spelt)


_EMPTY = frozenset(analyse("of the and or for in to at by was were are is have had has per that"))


def _value(words: str) -> float:
    """The number of a run of number words: "two hundred and forty thousand"."""
    total = current = 0.0
    half = words.startswith("half ")
    for word in re.split(r"[- ]", words):
        if word in SMALL:
            current += SMALL[word]
        elif word in ("hundred", "dozen"):
            current = (current or 1) * _LARGE[word]
        elif word in _LARGE:
            total += (current or 1) * _LARGE[word]
            current = 0.0
    return (total + current) * (0.5 if half else 1)


def absent_figures(claim: str, text: str) -> list[tuple[Figure, Figure | None]]:
    """The claim's numbers that the text does not have, each with the text's own, if it gives one.

    A number counts as had when the text's dates hold it, as years do.
    """
    own = figures(text)
    years = {float(d.year) for d in days(text) if d.year}
    missing: list[tuple[Figure, Figure | None]] = []
    for figure in figures(claim):
        year = figure.value in {float(d.year) for d in days(claim) if d.year}
        if year or figure.value in years or any(figure.meets(other) for other in own):
            continue
        rival = _closest(figure, [other for other in own if figure.rivals(other)])
        if rival is None and figure.counts_only:
            continue
        missing.append((figure, rival))
    return missing


def _closest(figure: Figure, rivals: Sequence[Figure]) -> Figure | None:
    if not rivals:
        return None
    return max(rivals, key=lambda r: (len(r.of & figure.of), -abs(r.value - figure.value)))
