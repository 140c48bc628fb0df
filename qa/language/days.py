"""Days that a text gives, in whatever writing, and whether another text gives them too.

5 March, March 5 and 5/3 are one day; a weekday is one when the day of printing is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta


def _spaces(found: re.Match[str]) -> str:
    return " " * len(found.group())


MONTHS = (
    "january february march april may june july august september october november december"
).split()
_MONTH = "|".join(f"{m}|{m[:3]}" for m in MONTHS) + "|sept"
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_WEEKDAY = "|".join(WEEKDAYS)
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_CAPITAL_MONTH = rf"(?-i:({'|'.join(m.capitalize() for m in MONTHS)})\b(?! \d| [A-Z]))"
_TENS = "twenties thirties forties fifties sixties seventies eighties nineties".split()
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
    # A March, and no march; April, May and June may be somebody, unless an article goes before.
    (rf"(?:\b(?:the|an?|its|his|her|our|their|this|every|each)|['’]s) {_CAPITAL_MONTH}", "M"),
    (
        rf"\b(?:before|after|between|and|or|to|for) (?!April|May|June){_CAPITAL_MONTH}",
        "M",
    ),
    (r"\b(1[5-9]\d0|20\d0)['’]?s\b", "c"),
    (
        rf"(?:\bthe (?:late |early |mid[- ])?['’]?|['’])(\d0s|{'|'.join(_TENS)})\b",
        "c",
    ),
    (r"(?<![\d,.£$€¥])\b(1[5-9]\d\d|20\d\d)\b(?!,\d|\.\d)", "y"),
)
_DAYS = [(re.compile(form, re.IGNORECASE), order) for form, order in _FORMS]
_ANY_MONTH = re.compile(_CAPITAL_MONTH)
_NAMED_DAY = re.compile(rf"\b(?:(last|next) )?({_WEEKDAY})\b", re.IGNORECASE)
_THIS_YEAR = re.compile(r"\bthis (?:year|month|week|spring|summer|autumn|winter)\b", re.IGNORECASE)
_NEAR = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1, "this morning": 0}


@dataclass(frozen=True, slots=True)
class Day:
    """A day, a month, a year or a decade, as far as it is given.

    span:  how many years there are from `year` on: ten in a decade, else one.
    """

    text: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    span: int = 1

    def meets(self, other: Day) -> bool:
        """Whether another text's day is this one, and is given as closely."""
        if (self.month is not None and other.month is None) or (
            self.day is not None and other.day is None
        ):
            return False
        if self.month is None and other.year is None:
            return False
        if self.year is not None and other.year is not None:
            end, its_end = self.year + self.span, other.year + other.span
            if not (self.year <= other.year and its_end <= end):
                return False
        pairs = ((self.month, other.month), (self.day, other.day))
        return all(mine is None or its is None or mine == its for mine, its in pairs)

    @property
    def weekday(self) -> str | None:
        whole = _date(self.year, self.month, self.day)
        return WEEKDAYS[whole.weekday()] if whole else None


def days(text: str) -> list[Day]:
    """The days, months and years that a text gives."""
    return [day for _, found in _found_days(text) for day in found]


def _found_days(text: str) -> Iterator[tuple[re.Match[str], list[Day]]]:
    for form, orders in _DAYS:
        matches = list(form.finditer(text))
        for found in matches:
            read = [_day(found, order) for order in orders.split()]
            if orders == "deMy":
                read = [_day(found, "dxMy"), _day(found, "xdMy")]
            if known := [day for day in read if day is not None]:
                yield found, known
        if matches:
            text = form.sub(_spaces, text)


def _day(found: re.Match[str], order: str) -> Day | None:
    if order == "c":
        return _decade(found)
    parts: dict[str, int | None] = {}
    for sign, group in zip(order, found.groups(), strict=True):
        if sign == "M":
            parts["m"] = 1 + [m[:3] for m in MONTHS].index(group[:3].lower())
        else:
            parts[sign] = int(group) if group else None
    year, month, day = parts.get("y"), parts.get("m"), parts.get("d")
    if "/" in found.group() and _date(year or 2000, month, day) is None:
        return None  # day and month are the other way round
    written = found[1] if order == "M" else found.group().rstrip(".")
    return Day(written, year, month, day)


def _decade(found: re.Match[str]) -> Day:
    """The 1980s, the 80s or the eighties; the 1800s may be all of the century."""
    written = found[1].lower()
    year = 10 * (2 + _TENS.index(written)) if written in _TENS else int(written.rstrip("s"))
    year += 1900 if year < 100 else 0
    return Day(found.group(), year, span=10 if year % 100 else 100)


def _date(year: int | None, month: int | None, day: int | None) -> date | None:
    if year is None or month is None or day is None:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def shifted(day: date, days: int) -> date | None:
    """The date so many days later; None where the calendar ends, as for a day in year 1."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def without_days(text: str) -> str:
    """A text with spaces in the place of its days; a bare year stays: it may be a number."""
    for form, order in _DAYS:
        if order not in ("y", "M"):
            text = form.sub(_spaces, text)
    return text


def weekdays(text: str) -> list[str]:
    return [m.group().lower() for m in re.finditer(rf"\b(?:{_WEEKDAY})\b", text, re.IGNORECASE)]


def dated(text: str, published: date | None) -> list[Day]:
    """The days of an article's text, with those that it names by weekday or "yesterday".

    A day without a year is one near the day of printing; nothing is guessed where that is unknown.
    """
    given = [*days(text), *_other_months(text)]
    if published is None:
        return given
    out = [_near(day, published) for day in given]
    named = [*_weekdays_of(text, published)]
    named += [(w, n) for w, n in _NEAR.items() if re.search(rf"\b{w}\b", text, re.IGNORECASE)]
    for word, shift in named:
        if day := shifted(published, shift):
            said = f"{word} ({day.day} {day:%B} {day.year})"
            out.append(Day(said, day.year, day.month, day.day))
    for word, shift in (("last", -1), ("next", 1)):
        if re.search(rf"\b{word} year\b", text, re.IGNORECASE):
            out.append(Day(f"{word} year", published.year + shift))
    if found := _THIS_YEAR.search(text):
        out.append(Day(found.group(), published.year))
    return out


def _other_months(text: str) -> list[Day]:
    """Months that a text names where a claim's would be taken for a name or a verb."""
    for form, _ in _DAYS if _ANY_MONTH.search(text) else ():
        text = form.sub(_spaces, text)
    names = _ANY_MONTH.findall(text)
    return [Day(name, month=1 + MONTHS.index(name.lower())) for name in names]


def _weekdays_of(text: str, published: date) -> Iterator[tuple[str, int]]:
    """The weekdays of a text, each with how many days after the day of printing it may be."""
    for found in _NAMED_DAY.finditer(text):
        back = (published.weekday() - WEEKDAYS.index(found[2].lower())) % 7
        # News names the last such day, or the next one that is to come.
        shifts = {"last": [-(back or 7)], "next": [7 - back]}
        for shift in shifts.get((found[1] or "").lower(), [-back, 7 - back]):
            yield found.group(), shift


def _near(day: Day, published: date) -> Day:
    if day.year is not None or day.month is None:
        return day
    tries = [
        (abs((found - published).days), year)
        for year in (published.year - 1, published.year, published.year + 1)
        if (found := _date(year, day.month, day.day or 15))
    ]
    return Day(day.text, min(tries)[1], day.month, day.day) if tries else day


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
            alike = [o for o in own if o.year and not o.month and o.span == day.span]
        missing.append((day, alike[0] if alike else None))
    return missing
