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
_LARGE = {
    "hundred": 100,
    "dozen": 12,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
}
_SCALES = {"k": 1e3, "mn": 1e6, "m": 1e6, "bn": 1e9, "tn": 1e12} | _LARGE

_FIRST_RANKS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
RANKS = {word: n for n, word in enumerate(_FIRST_RANKS, 1)} | {
    f"{tens[:-1]}ieth": SMALL[tens] for tens in _TENS
}
"""Words for a rank below a hundred, as they are written, without those of two words."""
TENS_RANK = rf"(?:{'|'.join(_TENS)})-(?:{'|'.join(_FIRST_RANKS[:9])})\b"
"""A rank of two words: twenty-first."""
_RANK = re.compile(
    rf"\b(?=[efnst])(?:{TENS_RANK}|(?<![\d-] )(?:{'|'.join(RANKS)})\b(?= [a-z]))", re.IGNORECASE
)

_MEASURES = """\
money: pound £ pounds sterling quid lb lbs / dollar $ dollars / euro € euros / yen ¥ / pence p / \
cent cents / yuan / rupee rupees / rouble roubles ruble rubles / franc francs / peso pesos
time: second seconds secs / minute minutes min mins / hour hours hr hrs / day days / week weeks / \
month months / year years yr yrs / decade decades / century centuries
length: millimetre millimetres millimeter millimeters mm / centimetre centimetres centimeter \
centimeters cm / metre metres meter meters / kilometre kilometres kilometer kilometers km kms kph \
/ inch inches / foot feet ft / yard yards / mile miles mph
weight: gram grams / kilogram kilograms kilo kilos kg kgs / tonne tonnes ton tons / ounce ounces oz
volume: litre litres liter liters / gallon gallons / barrel barrels
area: acre acres / hectare hectares
power: kilowatt kilowatts kw / megawatt megawatts mw / gigawatt gigawatts gw
"""
"""Kinds of measure, each with its units in all their writings. A pound may be money or a weight,
and short and long tons are seldom told apart."""
_UNITS = {
    word: (unit.split()[0], kind)
    for kind, units in (line.split(": ") for line in _MEASURES.strip().splitlines())
    for unit in units.split(" / ")
    for word in unit.split()
}
_KINDS = dict(_UNITS.values())
_STEMS = {stem: unit for word, (unit, _) in _UNITS.items() for stem in analyse(word)}


def measured_in(stem: str) -> str | None:
    """The unit that a stem stands for: metre for metr and m; None if for none."""
    return _STEMS.get(stem)


# "Five second homes" are no seconds, and a p stands at its number; years before year.
_UNIT_WORDS = "|".join(sorted(filter(str.isalpha, _UNITS.keys() - {"second", "p"}), reverse=True))
_UNIT = re.compile(rf"[ -](?P<measure>{_UNIT_WORDS})\b", re.IGNORECASE)

_SPELT = "|".join([*sorted(SMALL, key=len, reverse=True), *_LARGE])
_SPELT_RUN = re.compile(
    rf"\b(?:(?:an?|half an?) (?=(?:{'|'.join(_LARGE)})\b))?(?:{_SPELT})"
    rf"(?:(?:[- ]| and )(?:{_SPELT}))*\b",
    re.IGNORECASE,
)
_DIGITS = re.compile(
    r"(?P<minus>(?<!\d )(?<![^\s(])[-−–](?=[£$€¥]?\d))?"
    r"(?P<money>[£$€¥])?\s?(?<![\w.,])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    rf"(?:[\s-]?(?P<scale>{'|'.join(_SCALES)})\b)?"
    r"(?P<share>\s?%|[ -]?per ?cent\b| percentage points?\b)?(?P<pence>p\b)?"
    rf"(?:[\s-]?(?P<measure>{_UNIT_WORDS})\b)?(?P<rank>st|nd|rd|th)?(?![\w])",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"[ -](?:long|wide|deep|high|tall|thick|across|away|apart|race|sprint|hurdles|freestyle)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r" (?:people|men|women|children|(?!\w+wards\b|(?:always|does|goes|plus|this|thus)\b)"
    r"[a-z]{2,}[^\Ws]s)\b",
    re.IGNORECASE,
)
_TIME = re.compile(r"\b(\d{1,2})(?:[.:](\d\d))? ?([ap])\.?m\b\.?", re.IGNORECASE)
_VAGUE = re.compile(r"\b(?:several|many|few|some|hundreds of|tens of) $", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:about|around|roughly|some|approximately|close to|an estimated) (?:an? )?$",
    re.IGNORECASE,
)
_OVER = re.compile(
    r"(?:\b(?:(?<!no )(?<!not )more than|over|at least|(?:no|not) (?:fewer|less) than|upwards of)"
    r" (?:an? )?|(?<![-=])[>≥] ?)$",
    re.IGNORECASE,
)
_UNDER = re.compile(
    r"(?:\b(?:nearly|almost|under|(?<!no )(?<!not )(?:fewer|less) than|(?:no|not) more than|at most"
    r"|up to|as many as|just short of) (?:an? )?|[<≤] ?)$",
    re.IGNORECASE,
)
_NEAR = 40
"""Letters beside a number in which words that tell how it is meant are looked for."""
_FALLS = re.compile(
    r"\b(?:f[ae]ll(?:s|en|ing)?|dropp?(?:s|ed|ing)?|declin\w+|decreas\w+|lose|lost|loss(?:es)?"
    r"|shrank|shrunk|slump\w*|plung\w+|contract\w+|cut|down|below|negative|deficit)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: as written, its value between `least` and `most`, and what it is a number of.

    unit:     "%", "th" (a rank), "time" (of the clock: value in minutes) or "".
    measure:  a currency, or a unit of time, length, weight ...: "dollar", "year"; "" if not given.
    of:       stems of the words after it.
    bound:    1 where it is the least (at least, >), -1 where it is the most, else 0.
    sign:     -1 behind a minus, 0 where something falls by it, else 1.
    scales:   what it may have to be multiplied by: 30m are metres or millions.
    """

    text: str
    value: float
    unit: str = ""
    of: frozenset[str] = frozenset()
    least: float = 0.0
    most: float = 0.0
    spelt: bool = False
    measure: str = ""
    bound: int = 0
    sign: int = 1
    scales: tuple[float, ...] = (1.0,)

    def meets(self, other: Figure) -> bool:
        """Whether another text's figure is this one."""
        units = {self.unit, other.unit}
        if len(units) > 1 and ("" not in units or units & {"%", "time"}):
            return False
        if self._otherwise(other) or self.sign * other.sign < 0:
            return False
        return any(
            self.least * mine * (1 - 1e-9) <= other.value * its <= self.most * mine * (1 + 1e-9)
            for mine in self.scales
            for its in other.scales
        )

    def _otherwise(self, other: Figure) -> bool:
        """Whether both are measured in two ways, or one is the least and one the most."""
        turned = self.bound * other.bound < 0 and self.value == other.value
        return turned or bool(self.measure and other.measure and self.measure != other.measure)

    def rivals(self, other: Figure) -> bool:
        """Whether another figure gives the same thing another number, measure or bound."""
        mine, its = _KINDS.get(self.measure), _KINDS.get(other.measure)
        if self.unit != other.unit or (mine == "money") != (its == "money"):
            return False
        if mine == its and self.value == other.value and self._otherwise(other):
            return True
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
        yield _in_digits(blank, found)
    for found in _RANK.finditer(blank):
        rank = sum(RANKS.get(part, SMALL.get(part, 0)) for part in found.group().lower().split("-"))
        yield _figure(blank, found, float(rank), unit="th", spelt=True)
    blank = _RANK.sub(_spaces, blank)
    for found in _SPELT_RUN.finditer(blank):
        value = _value(found.group().lower())
        before = blank[max(0, found.start() - _NEAR) : found.start()]
        if value == 1 or _VAGUE.search(before) or re.search(r"\d ?$", before):
            continue  # a scale after digits was read with them
        share = re.match(r"[ -]?(?:%|per ?cent\b)", blank[found.end() :])
        yield _figure(blank, found, value, unit="%" if share else "", spelt=True)


def _in_digits(text: str, found: re.Match[str]) -> Figure:
    scale = (found["scale"] or "").lower()
    value = float(found["digits"].replace(",", ""))
    unit = "%" if found["share"] else "th" if found["rank"] else ""
    if scale != "m":
        return _figure(text, found, value * _SCALES.get(scale, 1), unit=unit)
    sure = millions(text[found.end("scale") :], bool(found["money"] or found["measure"]))
    if sure is None:
        return _figure(text, found, value, unit=unit, scales=(1.0, 1e6))
    if sure:
        return _figure(text, found, value * 1e6, unit=unit)
    return _figure(text, found, value, unit=unit, measure="metre")


def millions(after: str, measured: bool) -> bool | None:
    """Whether an m behind digits stands for millions, and not for metres; None if it may be either.

    after:     the text behind it.
    measured:  whether the number has a currency or another measure.
    """
    if _LENGTH.match(after) and not measured:
        return False
    return True if measured or _COUNTED.match(after) else None


def _figure(
    text: str,
    found: re.Match[str],
    value: float,
    *,
    unit: str = "",
    spelt: bool = False,
    measure: str = "",
    scales: tuple[float, ...] = (1.0,),
) -> Figure:
    start = found.end() - len(found.group().lstrip())
    before = text[max(0, start - _NEAR) : start]
    least = most = value
    bound = 0
    if _ABOUT.search(before):
        least, most = value * 0.95, value * 1.05
    elif over := _OVER.search(before):
        most, bound, start = value * 1.15, 1, start - len(over.group())
    elif under := _UNDER.search(before):
        least, bound, start = value * 0.87, -1, start - len(under.group())
    number, end, written = _measured(text, found)
    if unit == "th":
        end, written = found.end(), ""  # the third year is no three years
    after = re.split(r"[.,;:()\"“”\d]", text[number:], maxsplit=1)[0].lstrip(" -").split()[:3]
    words = (_UNITS.get(w.lower(), (w,))[0] for w in after)
    of = frozenset(stem for w in words for stem in analyse(w) if len(stem) > 2)
    return Figure(
        text[start:end].strip(), value, unit, of - _EMPTY, least, most, spelt, measure or written,
        bound, _sign(text, found), scales,
    )  # fmt: skip


def _measured(text: str, found: re.Match[str]) -> tuple[int, int, str]:
    """Where a number ends, where it ends with its measure, and that measure, "" if it has none."""
    groups = found.groupdict()
    for name in ("money", "pence", "measure"):
        if written := groups.get(name):
            number = found.start("measure") if groups["measure"] else found.end()
            return number, found.end(), _UNITS[written.lower()][0]
    if after := _UNIT.match(text, found.end()) if not groups else None:
        return found.end(), after.end(), _UNITS[after["measure"].lower()][0]
    return found.end(), found.end(), ""


def _sign(text: str, found: re.Match[str]) -> int:
    before = text[max(0, found.start() - _NEAR) : found.start()].rstrip()
    if found.groupdict().get("minus") or before.lower().endswith("minus"):
        return -1
    return 0 if _FALLS.search(f"{before} {text[found.end() : found.end() + _NEAR]}") else 1


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
