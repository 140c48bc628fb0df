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
        return _WEEKDAYS[whole.weekday()] if whole else None


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
    if "/" in found.group() and _date(year or 2000, month, day) is None:
        return None  # day and month are the other way round
    return Day(found.group().rstrip("."), year, month, day)


def _date(year: int | None, month: int | None, day: int | None) -> date | None:
    if year is None or month is None or day is None:
        return None
    try:
        return date(year, month, day)
    except ValueError:
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
