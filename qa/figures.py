"""Numbers and days that a text gives, in whatever writing, and whether another text has them too.

1,200 and 1.2 thousand and "twelve hundred" are one number; 5 March, March 5 and 5/3 one day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from index.lexical import analyse

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = {word: n for n, word in enumerate(_ONES)} | {w: 10 * n for n, w in enumerate(_TENS, 2)}
_LARGE = {"hundred": 100, "dozen": 12, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_SCALES = {"k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9, "trillion": 1e12} | _LARGE

_SPELT = "|".join([*sorted(_SMALL, key=len, reverse=True), *_LARGE])
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

    unit:  "%", a currency's sign, "p", "time" (value in minutes) or "".
    of:    stems of the words after it.
    """

    text: str
    value: float
    unit: str = ""
    of: frozenset[str] = frozenset()
    least: float = 0.0
    most: float = 0.0
    spelt: bool = False
    """Whether it is written out, or as a rank (9th)."""

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
        """A small number in words may count what the other text merely lists."""
        return self.spelt and self.value <= 10 and not self.unit


def _spaces(found: re.Match[str]) -> str:
    return " " * len(found.group())


def figures(text: str) -> list[Figure]:
    """The numbers of a text, those inside its dates left out; "one" may be a pronoun: left out."""
    return list(_figures(_without_days(text)))


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
        yield _figure(blank, found, value, unit, bool(found["rank"]))
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
        if word in _SMALL:
            current += _SMALL[word]
        elif word in ("hundred", "dozen"):
            current = (current or 1) * _LARGE[word]
        elif word in _LARGE:
            total += (current or 1) * _LARGE[word]
            current = 0.0
    return (total + current) * (0.5 if half else 1)


_MONTHS = (
    "january february march april may june july august september october november december"
).split()
_MONTH = "|".join(f"{m}|{m[:3]}" for m in _MONTHS) + "|sept"
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_WEEKDAY = "|".join(_WEEKDAYS)
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_FORMS = (
    (
        rf"\b{_DAY}(?: ?(?:and|to|or|-|–) ?)(?:(?:{_WEEKDAY}) )?{_DAY} ({_MONTH})\b\.?"
        r"(?:,? (\d{4})\b)?",
        "deMy",
    ),
    (rf"\b{_DAY}(?: of)? ({_MONTH})\b\.?(?:,? (\d{{4}})\b)?", "dMy"),
    (rf"\b({_MONTH})\.? {_DAY}\b(?:,? (\d{{4}})\b)?(?!,?\d)", "Mdy"),
    (rf"\b({_MONTH})\.?,? (?:of )?(\d{{4}})\b", "My"),
    (r"\b(\d{4})-(\d{2})-(\d{2})\b", "ymd"),
    (r"\b(\d{1,2})/(\d{1,2})(?:/(\d{4}))?\b", "mdy dmy"),
    (
        r"\b(?:in|since|until|by|from|of|late|early|last|next|through|mid|during)[ -]"
        rf"({_MONTH})\b(?! \d)",
        "M",
    ),
    (r"(?<![\d,.£$€¥])\b(1[5-9]\d\d|20\d\d)\b(?!,\d|\.\d)", "y"),
)
_DAYS = [(re.compile(form, re.IGNORECASE), order) for form, order in _FORMS]
_NEAR = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1, "this morning": 0}


@dataclass(frozen=True, slots=True)
class Day:
    """A day, a month or a year, as far as it is given."""

    text: str
    year: int | None = None
    month: int | None = None
    day: int | None = None

    def meets(self, other: Day) -> bool:
        """Whether another text's day is this one, and is given as closely."""
        if (self.month is not None and other.month is None) or (
            self.day is not None and other.day is None
        ):
            return False
        if self.month is None and other.year is None:
            return False
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(mine is None or its is None or mine == its for mine, its in pairs)

    @property
    def weekday(self) -> str | None:
        whole = _date(self.year, self.month, self.day)
        return whole and _WEEKDAYS[whole.weekday()]


def days(text: str) -> list[Day]:
    """The days, months and years that a text gives."""
    return [day for _, found in _found_days(text) for day in found]


def _found_days(text: str) -> Iterator[tuple[re.Match[str], list[Day]]]:
    for form, orders in _DAYS:
        for found in form.finditer(text):
            read = [_day(found, order) for order in orders.split()]
            if orders == "deMy":
                read = [_day(found, "dxMy"), _day(found, "xdMy")]
            if known := [day for day in read if day is not None]:
                yield found, known
        text = form.sub(_spaces, text)


def _day(found: re.Match[str], order: str) -> Day | None:
    parts: dict[str, int | None] = {}
    for sign, group in zip(order, found.groups(), strict=True):
        if sign == "M":
            parts["m"] = 1 + [m[:3] for m in _MONTHS].index(group[:3].lower())
        else:
            parts[sign] = int(group) if group else None
    year, month, day = parts.get("y"), parts.get("m"), parts.get("d")
    if day is not None and _date(year or 2000, month, day) is None:
        return None
    return Day(found.group(), year, month, day)


def _date(year: int | None, month: int | None, day: int | None) -> date | None:
    if year is None or month is None or day is None:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _without_days(text: str) -> str:
    for form, order in _DAYS:
        if order not in ("y", "M"):  # 2000 may be a number as well
            text = form.sub(_spaces, text)
    return text


def weekdays(text: str) -> list[str]:
    return [m.group().lower() for m in re.finditer(rf"\b(?:{_WEEKDAY})\b", text, re.IGNORECASE)]


def dated(text: str, published: date | None) -> list[Day]:
    """The days of an article's text, with those that it names by weekday or "yesterday".

    A day without a year is one near the day of printing; nothing is guessed where that is unknown.
    """
    given = days(text)
    if published is None:
        return given
    out = [_near(day, published) for day in given]
    for name in weekdays(text):
        # News names the last such day, or the next one that is to come.
        back = (published.weekday() - _WEEKDAYS.index(name)) % 7
        for shift in (-back, 7 - back):
            out.append(_of(published + timedelta(days=shift), name.capitalize()))
    for word, shift in _NEAR.items():
        if re.search(rf"\b{word}\b", text, re.IGNORECASE):
            out.append(_of(published + timedelta(days=shift), word))
    for word, shift in (("last", -1), ("next", 1)):
        if re.search(rf"\b{word} year\b", text, re.IGNORECASE):
            out.append(Day(f"{word} year", published.year + shift))
    return out


def _of(day: date, text: str) -> Day:
    return Day(f"{text} ({day.day} {day:%B} {day.year})", day.year, day.month, day.day)


def _near(day: Day, published: date) -> Day:
    if day.year is not None or day.month is None:
        return day
    tries = [
        (abs((found - published).days), year)
        for year in (published.year - 1, published.year, published.year + 1)
        if (found := _date(year, day.month, day.day or 15))
    ]
    return Day(day.text, min(tries)[1], day.month, day.day) if tries else day


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


def absent_days(
    claim: str, own: Sequence[Day], years: Iterable[int]
) -> list[tuple[Day, Day | None]]:
    """The claim's days that are not among the text's own, each with the text's, if it has one.

    years:  those that may be said though the text does not, such as that of printing.
    """
    known = set(years)
    missing: list[tuple[Day, Day | None]] = []
    for day in days(claim):
        read = [d for d in days(claim) if d.text == day.text] if "/" in day.text else [day]
        if any(d.meets(other) for d in read for other in own):
            continue
        if day.month is None and day.year in known:
            continue
        alike = [o for o in own if (o.day is None) == (day.day is None) and o.month is not None]
        if day.month is None:
            alike = [o for o in own if o.year is not None and o.month is None]
        missing.append((day, alike[0] if alike else None))
    return missing
