"""Where articles give different values for what was asked, and where one corrects another.

Rules over the sentences that the extractive answerer has ranked, with no model: only values that
can be compared are read (figures, dates, names of people and places), and only from sentences that
come near to the best one. In doubt there is no conflict: one that is none costs a reader more trust
than one that is missed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from index.lexical import analyse
from index.types import Span

from .evidence import tells_an_error
from .extract import Scored
from .names import fold, words_of
from .phrases import is_person, names_of
from .question import kind_of
from .types import Citation, Conflict
from .values import Day, Figure, as_of, days, figures

NEAR = 2.5
"""How far below the best sentence's score another may lie and still speak of the same."""

SHARE = 0.45
"""Share of the question's rare words that a sentence must hold with what is quoted for it."""


@dataclass(frozen=True, slots=True)
class Version:
    """What one sentence gives for what was asked."""

    scored: Scored
    text: str
    values: tuple[Figure | Day | str, ...]

    @property
    def article_id(self) -> str:
        return self.scored.sentence.article.id

    @property
    def published(self) -> date | None:
        return self.scored.sentence.article.published


def conflicts(question: str, scored: Sequence[Scored], first: int = 1) -> tuple[Conflict, ...]:
    """The disagreement, update or correction among ranked sentences; empty where there is none.

    scored:  as `extract.rank` gives them, best first.
    first:   the number of the first version's Citation; the others count on from there.
    """
    near = [s for s in scored if s.score >= scored[0].score - NEAR]
    corrected = _corrected(question, near)
    if corrected:
        about, versions = corrected
        return (_conflict(about, versions, first),)
    read = _reader(question)
    if read is None:
        return ()
    versions = _disagreeing([v for s in near if (v := read(s)) is not None])
    if not versions:
        return ()
    return (_conflict(_about(versions, question), versions, first),)


def _conflict(about: str, versions: Sequence[Version], first: int) -> Conflict:
    cited = []
    for number, version in enumerate(versions, first):
        span = version.scored.quote
        article = version.scored.sentence.article
        cited.append(Citation.of(article, span.start, span.end, number=number))
    return Conflict(about, tuple(cited))


# What a sentence gives for what was asked

Reader = Callable[[Scored], Version | None]

_AMOUNT = re.compile(
    r"\b(?:what|which)\b.*\b(?:population|number|age|height|length|size|total|distance|cost|price"
    r"|sum|amount|area|elevation|width|depth|weight|payment|fine|salary|budget|score)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"\b(?:cost|price|paid?|payment|fined?|sum|salary|wages?|budget|fund|spend|spent|earn|owe"
    r"|dollars?|pounds?|euros?|money|expensive)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\bhow many (?P<many>.+?)(?= (?:were|was|are|is|did|do|does|had|have|has|can|could|will|took"
    r"|got|turned|died|lost)\b|\?|$)|\b(?:number|population) of (?P<of>\w+)",
    re.IGNORECASE,
)


def _reader(question: str) -> Reader | None:
    kind = kind_of(question)
    if kind in ("when", "year"):
        return lambda s: _one(s, [d for d in days(s.sentence.text) if _is_new(d.text, question)])
    if kind in ("how many", "how much", "how long", "share") or _AMOUNT.search(question):
        return lambda s: _figure(s, question, kind)
    if kind == "who":
        return lambda s: _one(s, _people(s.sentence.text, question))
    return None


def _is_new(text: str, question: str) -> bool:
    asked = set(words_of(question))
    return not set(words_of(text)) <= asked


def _one(scored: Scored, found: Sequence[Figure | Day | str]) -> Version | None:
    """The first thing found; the others are what the sentence may as well mean."""
    if not found or not _is_about(scored):
        return None
    head = found[0]
    return Version(scored, head if isinstance(head, str) else head.text, tuple(found))


def _is_about(scored: Scored) -> bool:
    return scored.features.words >= SHARE and not scored.sentence.text.endswith("?")


def _people(text: str, question: str) -> list[str]:
    return [n for n in names_of(text) if is_person(n, text) and _is_new(n, question)]


def _figure(scored: Scored, question: str, kind: str | None) -> Version | None:
    text = scored.sentence.text
    found = [f for f in figures(text) if _is_new(f.text, question)]
    if kind == "share":
        found = [f for f in found if f.unit == ("percent",)]
    elif _MONEY.search(question):
        found = [f for f in found if f.unit == ("money",)]
    else:
        found = [f for f in found if f.unit[:1] not in (("money",), ("percent",))]
    counted = _COUNTED.search(question)
    if counted and found:
        asked = set(analyse(counted["many"] or counted["of"]))
        tight = [f for f in found if asked & set(f.unit)]
        loose = found if asked & set(analyse(text)) and len(found) == 1 else []
        found = tight or loose
    return _one(scored, found)


# Which of them cannot all be right

def _disagreeing(versions: Sequence[Version]) -> list[Version]:
    """The best version, and one of each article that gives another value and not the best one's."""
    if not versions:
        return []
    best = versions[0]
    held: dict[str, list[Figure | Day | str]] = {}
    for version in versions:
        held.setdefault(version.article_id, []).extend(version.values)
    chosen = [best]
    for version in versions[1:]:
        others = held[version.article_id]
        if any(v.article_id == version.article_id for v in chosen):
            continue
        if _meets(others, held[best.article_id]) or not _comparable(version, best):
            continue
        chosen.append(version)
    return chosen if len(chosen) > 1 else []


def _meets(some: Iterable[Figure | Day | str], others: Sequence[Figure | Day | str]) -> bool:
    return any(_agree(one, other) for one in some for other in others)


def _agree(one: Figure | Day | str, other: Figure | Day | str) -> bool:
    if isinstance(one, Figure) and isinstance(other, Figure):
        return one.agrees(other)
    if isinstance(one, Day) and isinstance(other, Day):
        return one.agrees(other)
    if isinstance(one, str) and isinstance(other, str):
        return bool(set(words_of(one)) & set(words_of(other)))
    return False


def _comparable(one: Version, other: Version) -> bool:
    """Whether two values measure the same: litres are no tonnes, a year is no day of a month."""
    a, b = one.values[0], other.values[0]
    if isinstance(a, Figure) and isinstance(b, Figure):
        special = ("money", "percent")
        if a.unit[:1] and b.unit[:1] and (a.unit[0] in special or b.unit[0] in special):
            return a.unit[0] == b.unit[0]
    return True


def _about(versions: list[Version], question: str) -> str:
    """What is said of them; an update puts the latest first."""
    texts = [v.text for v in versions]
    if isinstance(versions[0].values[0], Figure) and _is_update(versions):
        versions.sort(key=lambda v: v.published or date.min, reverse=True)
        texts = [v.text for v in versions]
        return f"updated: {texts[0]}, earlier {' and '.join(texts[1:])}"
    return f"the articles differ: {', '.join(texts[:-1])} or {texts[-1]}"


def _is_update(versions: Sequence[Version]) -> bool:
    """Whether figures are of different days, as those of a toll are."""
    spoken = [as_of(v.scored.sentence.text, v.published) for v in versions]
    if set.intersection(*spoken):
        return False
    dates = [v.published for v in versions]
    return None not in dates and len(set(dates)) == len(dates)


# Corrections

_RIGHT = re.compile(
    r"\b(?:correct (?:number|figure|sum|total|name|date)|should have|in fact|has since|now put"
    r"|true (?:total|number|figure)|(?:number|sum|fund|figure|total) (?:was|is)|declared)\b",
    re.IGNORECASE,
)


def _corrected(question: str, near: Sequence[Scored]) -> tuple[str, list[Version]] | None:
    for scored in near:
        found = _correction(scored)
        if found is None or not _is_about(scored):
            continue
        wrong, right, onward = found
        notice = Version(_onward(scored, onward), right.text, (right,))
        earlier = [
            Version(s, wrong.text, (wrong,))
            for s in near
            if s.sentence.article.id != scored.sentence.article.id
            and any(f.amount == wrong.amount for f in figures(s.sentence.text))
        ]
        return f"corrected: {right.text}, not {wrong.text}", [notice, *earlier[:1]]
    return None


def _onward(scored: Scored, onward: int) -> Scored:
    return Scored(scored.sentence, scored.features, scored.score, onward)


def _correction(scored: Scored) -> tuple[Figure, Figure, int] | None:
    """The wrong figure, the right one, and how many sentences further it stands."""
    sentence = scored.sentence
    if not tells_an_error(sentence.text):
        return None
    said = list(figures(sentence.text))
    if not said:
        return None
    for onward in (0, 1):
        if sentence.position + onward == len(sentence.source.sentences):
            break
        more = said[1:] if not onward else list(figures(sentence.source.text(sentence.position + 1)))
        same = [f for f in more if f.unit[:1] == said[0].unit[:1] or not f.unit or not onward]
        if same and not same[0].agrees(said[0]):
            return said[0], same[0], onward
    return None
