"""The short answer inside the sentence that answers: a name, a number, a day, a place.

The network points at a stretch for any question. Rules over the question's asking words and over
the numbers of the sentence refuse one that cannot be what was asked for.
"""

from __future__ import annotations

import re
from typing import Protocol

from index.types import Span

from .evidence import read_with
from .features import Scored
from .language.values import days
from .questions.kinds import BE, NUMBER_WORDS, Kind, asks_for_money, holds, kind_of
from .types import Passage

SURE = 0.2
"""The chance of its first and last word together below which none is given. On held-back articles
of squad2-dev 60% of the answers then have one, with a token F1 of 58, and 46 if all had."""

_LONG = ("why", "which ones")
"""Kinds of question that no few words answer."""

_ASKS = re.compile(r"\b(?:what|which)\b", re.IGNORECASE)


class Pointer(Protocol):
    """Where in the first part of a text the answer stands, as (start, end, chance)."""

    def short(self, question: str, text: str) -> tuple[int, int, float]: ...


def short_answer(question: str, best: Scored, pointer: Pointer) -> Passage | None:
    """The stretch of the best sentence's article that is the answer alone; None where the question
    asks for no such thing, it is not sure, or the stretch holds no such thing."""
    kind = kind_of(question)
    if kind in _LONG or (kind is None and not _ASKS.search(question)) or _asks_for_words(question):
        return None
    article, span = best.sentence.article, best.quote
    # White space for white space, so that offsets stay.
    said = re.sub(r"\s", " ", article.text[span.start : span.end])
    before = read_with(best.sentence).partition("\n\n")[2]
    start, end, chance = pointer.short(question, f"{said}\n\n{before}")
    if chance < SURE or start == end:
        return None
    start, end = _mended(question, said, start, end)
    if not gives(question, said, start, end):
        return None
    found = Span(span.start + start, span.start + end)
    if sum(found.start < s.end and s.start < found.end for s in best.sentence.source.sentences) > 1:
        return None  # what runs over the end of a sentence is no few words
    return Passage.of(article, found.start, found.end)


# What the question asks for first

_ASKED = re.compile(
    rf"\b(?:(?P<manner>why|how come|how {BE}|(?:what|which) (?:reasons?|cause))"
    r"|(?P<year>(?:what|which) year)"
    rf"|(?P<share>(?:what|which) (?:percentage|proportion|fraction|share (?:of|{BE}))"
    r"|how many per ?c\w+)"
    r"|(?P<age>how old|(?:what|which) age)"
    r"|(?P<length>how long)"
    r"|(?P<count>how many|what(?:['’]s| is| was) the (?:\w+ ){0,2}(?:death|casualty|injury) toll)"
    r"|(?P<price>how expensive"
    rf"|(?:what|which) (?:price|sum|cost|fine|fee|budget|salary|rent|payment) {BE}"
    r"|what(?:['’]s| is| was| are| were) (?:(?:the|its|their|his|her|[\w-]+['’]s?) )?"
    r"(?:[\w-]+ ){0,2}?(?:profits?|revenues?|turnover|debts?|value|worth|prices?|costs?|wages?"
    r"|salary|salaries))"
    r"|(?P<amount>how (?:much|large|big|high|tall|far|deep|heavy|wide|fast))"
    rf"|(?P<when>when(?: exactly)?(?:['’]s| {BE})|(?:what|which) (?:time|century|decade))"
    r"|(?P<day>(?:what|which) (?:day|date|weekday|month))"
    r"|(?P<named>who(?:m|se)?|where)"
    r"|(?P<other>how|what|which))\b",
    re.IGNORECASE,
)
"""The earliest tells what is asked: "Who was in when the roof fell?" asks for no day."""

_FIGURES = ("share", "age", "length", "count", "price", "amount")

_SUM = re.compile(rf"how much (?:money|more|less|extra|in|the|an?|it|he|she|they|{BE})", re.I)
"""Not "How much fuel did the fund pay for?"."""


def _asked(question: str) -> str | None:
    """The name of what the question asks for first, a group of _ASKED."""
    found = _ASKED.search(question)
    if found is None:
        return None
    if _SUM.match(question, found.start()) and asks_for_money(question):
        return "price"
    return found.lastgroup


_WORDS = re.compile(
    rf"what (?:else )?(?:{BE} (?:(?!(?:who|which|that|when|where|after|before|if|to)\b)\S+ ){{1,6}}"
    r"(?:to )?(?:say|think|see|do|recommend|tell|suggest|argue|claim|warn|announce)\b"
    r"|(?:has |have |had |is |was )?happen(?:s|ed|ing)?\b|(?:is|was|has been) (?:said|done)\b)",
    re.IGNORECASE,
)


def _asks_for_words(question: str) -> bool:
    """Whether what is asked for first is what was said or done: a sentence, and no name."""
    found = _ASKED.search(question)
    return bool(found and _WORDS.match(question, found.start()))


def asks_for_figure(question: str) -> bool:
    """Whether a number answers a question: "How long?" but not "How did they?"."""
    return _asked(question) in _FIGURES


# What a stretch holds

_NUMBER = (
    r"(?:(?<![\w.,])\d+(?:[.,]\d+)*(?:k|m|bn)?\b"
    rf"|\b(?:zero|an? (?:third|quarter)|{NUMBER_WORDS})\b)"
    rf"(?:[ -](?:and )?(?:{NUMBER_WORDS})\b){{0,6}}(?: and a (?:half|quarter)\b)?"
)
_RANGE = rf"{_NUMBER}(?:(?: to | or | and |[-–—]){_NUMBER})?"
_TIME = r"(?:second|minute|hour|day|night|week|month|year|decade)"
_UNITS = {
    "time": (
        r"(?:(?:more|further|full|whole|working|straight|consecutive|long) )?"
        rf"(?:{_TIME}|min|hr|yr)s"
    ),
    "size": (
        r"(?:(?:square|cubic|nautical) )?(?:kilomet(?:re|er)s?|met(?:re|er)s?|centimet(?:re|er)s?"
        r"|miles?|km|cm|feet|foot|inch(?:es)?|yards?|acres?|hectares?|lit(?:re|er)s?|gallons?"
        r"|barrels?|tonnes?|tons?|kilograms?|kilos?|kg|grams?|degrees?|pages?)"
    ),
    "money": r"(?:US )?(?:dollars?|pounds?|euros?|pence|cents?|francs?|kron(?:or|er)|roubles?)",
    "share": r"(?:per ?cent|percentage points?)",
}
_MEASURES = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "date": (
            r"\b(?:in|since|until|till|during|before|after|year) (?:1\d{3}|20\d\d)\b"
            r"|\b\d{1,2}(?:[.:]\d\d)? ?[ap]\.?m\b|\b\d{1,2}:\d\d\b"
        ),
        # `Erik Dahl, 58, said`, but not the list `12, 58, 60`.
        "age": (
            r"(?<=who is )\d{1,3}(?=[,.]| and\b|$)"
            r"|(?<=[^\W\d], )\d{1,3}(?=[,.)](?!\d)|$)|(?<=\w \()\d{1,2}(?=\))|\baged \d{1,3}\b"
            rf"|{_NUMBER}[- ]years?[- ](?:old|of age)\b"
        ),
        "share": rf"{_RANGE}(?: ?%| ?{_UNITS['share']}\b)",
        "money": rf"[$£€¥] ?{_RANGE}|{_RANGE} {_UNITS['money']}\b",
        # A night worker is no night: what follows a space is a measure in the plural.
        "time": rf"{_RANGE}[ -]{_UNITS['time']}\b|{_NUMBER}-{_TIME}\b|\b(?:1|one) {_TIME}\b",
        "size": rf"{_RANGE}[ -]{_UNITS['size']}\b",
    }.items()
}
_FITTING = {
    "age": {"age", "count", "time"},
    "price": {"money", "count", "share"},  # money has more names than a list holds
    "amount": {"count", "money", "share", "size", "time"},
}
_UNITED = re.compile(
    rf" and (?:{_NUMBER}|an?|half an) {_TIME}s?\b(?! (?:later|earlier|after|before|ago|on|from)\b)",
    re.IGNORECASE,
)
"""The rest of `three years and eight months`."""
_ENDS_IN_TIME = re.compile(rf"{_TIME}s?$", re.IGNORECASE)
_MOVES = re.compile(
    r"\b(?:rise|rose|fall|fell|drop|grow|grew|increase|decrease|change|go up|gone? up|went up|cut"
    r"|raised?|more|less|higher|lower)\b",
    re.IGNORECASE,
)
"""A price may rise by a share, and a debt is then no sum."""
_OF_THEM = re.compile(r"\bhow many of .+? (?:were|was|are|is) (?P<noun>[a-z-]+)\??$", re.IGNORECASE)
_SHORT = {"min": "minute", "hr": "hour", "yr": "year"}
_TIMES = re.compile(rf"\bhow many (?:[\w-]+ )?({_TIME}|{'|'.join(_SHORT)})s\b", re.IGNORECASE)
_FOUND = re.compile(_NUMBER, re.IGNORECASE)
_RATE = re.compile(rf"{_NUMBER} an? {_TIME}\b", re.IGNORECASE)
_CLOCK = re.compile(r"\b\d{1,2}(?:[.:]\d\d)? ?[ap]\.?m\b", re.IGNORECASE)
_ERA = re.compile(r"\bcentury\b|\b\d+ (?:BCE?|AD|CE)\b")
_WHENEVER = re.compile(
    r"^(?:\w+ )?(?:after|before|during|until|till|since|while)\b|\b(?:morning|afternoon|evening"
    r"|night|dawn|dusk|spring|summer|autumn|winter|weekend)\b",
    re.IGNORECASE,
)
_NEXT = re.compile(r"[ -]?(?:per )?[\w%]+")


def _mended(question: str, text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch, or the one that must be meant instead; a length as far as it goes."""
    asked = _asked(question)
    only = None
    if asked == "price" and not _MOVES.search(question):
        only = _MEASURES["money"]
    elif asked == "count" and (of_them := _OF_THEM.search(question)):
        only = re.compile(rf"{_NUMBER}(?= {of_them['noun']}\b)", re.IGNORECASE)
    if only:
        spans = [m.span() for m in only.finditer(text)]
        if len(spans) == 1 and not (start < spans[0][1] and spans[0][0] < end):
            return spans[0]
    if asked in ("length", "count") and _ENDS_IN_TIME.search(text[start:end]):
        more = _UNITED.match(text, end)
        end = more.end() if more else end
    return start, end


def gives(question: str, text: str, start: int, end: int) -> bool:
    """Whether a stretch of a sentence holds the kind of thing that the question asks for first.

    What stands around it tells what its numbers measure: 58 in `Erik Dahl, 58, said` counts nobody.
    """
    asked, stretch = _asked(question), text[start:end]
    after = _NEXT.match(text, end)
    near = text[start : after.end() if after else end]
    if asked == "manner":
        return False
    if asked == "named":
        return any(letter.isalpha() for letter in stretch)
    if asked in ("year", "when", "day"):
        return _is_when(asked, stretch, near)
    if asked == "share":
        return _holds("share", near)
    if asked == "length":
        return _holds("how long", near) and not _RATE.search(near)
    measures = _measures(text, start, end)
    if asked == "price" and not _MOVES.search(question):
        # Money has more names than a list holds, but where one of the list stands it is meant.
        known = _MEASURES["money"].search(text)
        return not measures.isdisjoint({"money"} if known else {"money", "count"})
    if asked == "count" and (spent := _time_asked(question)):
        there = any(m.start() < end and start < m.end() for m in spent.finditer(text))
        return there or "age" in measures
    fitting = _counted(question) if asked == "count" else _FITTING.get(asked or "")
    return fitting is None or not fitting.isdisjoint(measures)


def _time_asked(question: str) -> re.Pattern[str] | None:
    """Numbers of the unit of time that "how many" names: no hours where days are asked for."""
    found = _TIMES.search(question)
    if found is None:
        return None
    unit = _SHORT.get(found[1].lower(), found[1].lower())
    short = next((s for s, whole in _SHORT.items() if whole == unit), unit)
    return re.compile(rf"{_RANGE}[ -](?:[\w-]+ )?(?:{unit}|{short})s?\b", re.IGNORECASE)


def _is_when(asked: str, stretch: str, near: str) -> bool:
    if asked == "day":
        return _holds("when", _CLOCK.sub("", stretch))
    if _ERA.search(near) or _holds("year", near):
        return True
    return asked == "when" and (_holds("when", near) or bool(_WHENEVER.search(near)))


def _holds(kind: Kind, text: str) -> bool:
    return holds(kind, text, frozenset()) > 0


def _measures(text: str, start: int, end: int) -> set[str]:
    """What the numbers of a stretch are: a key of _MEASURES, or `count` where none is found."""
    spans = [("date", (day.start, day.end)) for day in days(text) if day.month]
    spans += [(name, m.span()) for name, p in _MEASURES.items() for m in p.finditer(text)]
    numbers = [m.span() for m in _FOUND.finditer(text) if m.start() < end and start < m.end()]
    return {
        next((name for name, (s, e) in spans if s < stop and at < e), "count")
        for at, stop in numbers
    }


def _counted(question: str) -> set[str]:
    """What numbers may answer "How many?": counts, and of a measure what the question names."""
    measured = [
        name
        for name, unit in _UNITS.items()
        if re.search(rf"\bhow many (?:[\w-]+ )?{unit}\b", question, re.IGNORECASE)
    ]
    return {"count", *measured, *(["age"] if "time" in measured else [])}
