"""What can be checked of a claim without a model: each rule gives a finding, or none.

A finding says in words for a reader what the cited text has otherwise. Numbers, days, names, quoted
words, negations, directions, speakers and spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from index.lexical import analyse

from ..language.days import Day, absent_days, dated, days, weekdays
from ..language.figures import Figure, absent_figures
from ..language.names import COMMON, words_of
from ..language.speech import attributed, denies, directions, other_speaker, polarity, source_of
from .cited import STOP, Evidence, content
from .named import held, missing_names
from .spelling import READABLE, garbled

Kind = Literal[
    "number", "date", "name", "words", "negation", "direction", "speaker", "attribution", "spelling"
]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule holds against a claim.

    hard:     the claim is unsupported, not just partly so.
    against:  the cited text says otherwise; else it only does not say it.
    """

    kind: Kind
    reason: str
    hard: bool = True
    against: bool = True


def findings(claim: str, evidence: Evidence) -> list[Finding]:
    """All that the rules hold against a claim, the gravest first."""
    found = [
        *_numbers(claim, evidence),
        *_days(claim, evidence),
        *_names(claim, evidence),
        *_quoted(claim, evidence),
        *_negations(claim, evidence),
        *_directions(claim, evidence),
        *_speakers(claim, evidence),
        *_spelling(claim, evidence),
    ]
    return sorted(found, key=lambda f: not f.hard)


def missing_numbers(claim: str, evidence: Evidence) -> list[tuple[Figure, Figure | None]]:
    """The claim's numbers that nothing cited has, each with the article's own, if there is one."""
    return absent_figures(claim, f"{evidence.text}\n{evidence.about}")


def _numbers(claim: str, evidence: Evidence) -> Iterator[Finding]:
    for figure, rival in missing_numbers(claim, evidence):
        if rival is not None:
            reason = f"the article says {rival.text}, the answer says {figure.text}"
        else:
            reason = f"the answer says {figure.text}, which is not in what it cites"
        yield Finding("number", reason, against=rival is not None)


_REPORTS = re.compile(
    r"\b(?:reported|reports|reporting|wrote|writes|published|printed|according to|article|said)\b",
    re.IGNORECASE,
)


def missing_days(claim: str, evidence: Evidence) -> list[tuple[Day, Day | None]]:
    """The claim's days that nothing cited gives, each with the article's own, if there is one.

    That of printing may be given as the day of the report.
    """
    printed = [p.published for p in evidence.quotes if p.published]
    own = _given_days(evidence)
    if _REPORTS.search(claim) or evidence.outlets & set(words_of(claim)):
        own += [
            Day(f"{day.day} {day:%B} {day.year}", day.year, day.month, day.day) for day in printed
        ]
    # A text that gives no year tells of that of printing.
    yearless = [p for p in evidence.quotes if not any(d.year for d in days(p.quote))]
    return absent_days(claim, own, [p.published.year for p in yearless if p.published])


def _given_days(evidence: Evidence) -> list[Day]:
    return [d for p in evidence.quotes for d in dated(f"{p.quote}\n{p.title}", p.published)]


def _days(claim: str, evidence: Evidence) -> Iterator[Finding]:
    for day, rival in missing_days(claim, evidence):
        if rival is not None:
            reason = f"the article says {rival.text}, the answer says {day.text}"
        else:
            reason = f"the answer says {day.text}, which is not in what it cites"
        yield Finding("date", reason, against=rival is not None)
    printed = (Day("", p.published.year, p.published.month, p.published.day)
               for p in evidence.quotes if p.published)  # fmt: skip
    own = [*_given_days(evidence), *(printed if _REPORTS.search(claim) else ())]
    known = {*weekdays(evidence.text), *(d.weekday for d in own if d.weekday)}
    for name in dict.fromkeys(weekdays(claim)):
        # An undated article that names no day of the week neither gives nor denies one.
        if known and name not in known:
            said = " or ".join(sorted(day.capitalize() for day in known))
            yield Finding("date", f"the article says {said}, the answer says {name.capitalize()}")


def _names(claim: str, evidence: Evidence) -> Iterator[Finding]:
    for name, other in missing_names(claim, evidence):
        if other is not None:
            yield Finding("name", f"the article says {other}, the answer says {name.text}")
        else:
            yield Finding("name", f"“{name.text}” is not in what the answer cites", against=False)


_MARKS = re.compile(r"[\"“]([^\"“”]{2,400})[\"”]")


def _quoted(claim: str, evidence: Evidence) -> Iterator[Finding]:
    inside = f" {_plain(evidence.text)} {_plain(evidence.about)} "
    for found in _MARKS.finditer(claim):
        pieces = re.split(r"\.\.\.|…|\[[^\]]*\]", found[1])
        exact = all(f" {plain} " in inside for p in pieces if (plain := _plain(p)))
        if not exact and not (_is_title(found[1]) and _all_held(found[1], evidence)):
            reason = f"the words “{found[1].strip()}” are not in what is cited"
            yield Finding("words", reason, against=False)


def _plain(text: str) -> str:
    return " ".join(analyse(text))


def _is_title(text: str) -> bool:
    """Whether the words in quotation marks name a work, with capitals, and quote nobody."""
    words = [w for w in re.findall(r"[^\W_]+", text) if w.lower() not in COMMON]
    return bool(words) and all(not w[0].islower() for w in words)


def _all_held(text: str, evidence: Evidence) -> bool:
    return all(held(w, evidence) for w in words_of(text) if w not in COMMON)


def _negations(claim: str, evidence: Evidence) -> Iterator[Finding]:
    near = evidence.bearing(claim, 0.5)
    mine, theirs = polarity(claim, STOP), _polarity(near)
    shared = [stem for stem in mine if stem in theirs]
    if len(shared) < max(1, 0.6 * len(mine)):
        return
    turned = [s for s in shared if len(mine[s]) == len(theirs[s]) == 1 and mine[s] != theirs[s]]
    if not turned or _same_way(claim, near):
        return
    whole = "\n".join(near)
    if any(False in theirs[s] and not denies(claim, s, STOP) for s in turned):
        yield Finding("negation", "the article says that it is not so, the answer that it is")
    elif any(False in mine[s] and not denies(whole, s, STOP) for s in turned):
        yield Finding("negation", "the answer says that it is not so, the article that it is")


def _same_way(claim: str, sentences: Sequence[str]) -> bool:
    """Whether two opposite words agree, negations counted: "not rejected" is "accepted"."""
    mine, theirs = directions(claim), directions(" ".join(sentences))
    return any(
        one[0] == other[0] and one[1] != other[1]
        for axis in mine.keys() & theirs.keys()
        for one in mine[axis]
        for other in theirs[axis]
    )


def _polarity(sentences: Sequence[str]) -> dict[str, set[bool]]:
    out: dict[str, set[bool]] = {}
    for sentence in sentences:
        for stem, ways in polarity(sentence, STOP).items():
            out.setdefault(stem, set()).update(ways)
    return out


def _directions(claim: str, evidence: Evidence) -> Iterator[Finding]:
    theirs: dict[int, set[tuple[bool, str]]] = {}
    near = evidence.bearing(claim)
    for sentence in near:
        for axis, ways in directions(sentence).items():
            theirs.setdefault(axis, set()).update(ways)
    for axis, ways in directions(claim).items():
        sides, others = {way for way, _ in ways}, {way for way, _ in theirs.get(axis, set())}
        if len(sides) == len(others) == 1 and sides != others:
            mine, its = next(iter(ways))[1], next(iter(theirs[axis]))[1]
            if mine != its:
                yield Finding("direction", f"the article says “{its}”, the answer says “{mine}”")


def _speakers(claim: str, evidence: Evidence) -> Iterator[Finding]:
    near = evidence.bearing(claim)
    if not near:
        return
    if two := other_speaker(claim, near, evidence.outlets):
        yield Finding("speaker", f"the article gives this to {two[1]}, the answer to {two[0]}")
    elif not attributed(claim) and all(source_of(sentence) for sentence in near):
        who = next((s.text for n in near if (s := source_of(n)) and s.text), "somebody")
        told = frozenset(content(claim))
        if len(told & frozenset(content(who))) >= 0.5 * len(told):
            return  # the claim tells who the speaker is
        reason = f"the article gives it as what {who} says, the answer as a fact"
        yield Finding("attribution", reason, hard=False, against=False)


def _spelling(claim: str, evidence: Evidence) -> Iterator[Finding]:
    """One slip in a long sentence may be read over; a garbled name is another name, and more of
    them, or one of a few words, are no slip."""
    found = garbled(claim, evidence)
    slip = len(found) == 1 and not found[0].name and len(words_of(claim)) >= READABLE
    for each in found:
        yield Finding("spelling", each.reason, hard=not slip)
