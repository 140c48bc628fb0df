"""What can be checked of a claim without a model: each rule gives a finding, or none.

A finding says in words for a reader what the cited text has otherwise. Numbers, days, names, quoted
words, negations, directions and speakers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from index.chunk import split_sentences
from index.lexical import analyse

from .figures import Day, Figure, absent_days, absent_figures, dated, weekdays
from .names import COMMON, Name, fold, names_in, words_of
from .speech import (
    alike,
    attributed,
    denies,
    directions,
    other_speaker,
    polarity,
    source_of,
)
from .types import Passage

Kind = Literal["number", "date", "name", "words", "negation", "direction", "speaker", "attribution"]

STOP = frozenset(analyse(" ".join(COMMON))) | frozenset(
    analyse("am being doing having itself might must nor off own same shall too very t s also")
)
"""Stems that tell nothing of what a sentence is about."""


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


@dataclass(frozen=True)
class Evidence:
    """The quotes that a claim cites, with what may be said of their articles besides."""

    quotes: tuple[Passage, ...]

    @cached_property
    def text(self) -> str:
        return "\n".join(p.quote for p in self.quotes)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Every sentence of the quotes, in order."""
        return tuple(
            p.quote[span.start : span.end] for p in self.quotes for span in split_sentences(p.quote)
        )

    @cached_property
    def stems(self) -> tuple[frozenset[str], ...]:
        """Content stems by sentence."""
        return tuple(frozenset(content(s)) for s in self.sentences)

    @cached_property
    def about(self) -> str:
        """Titles and outlets."""
        return "\n".join(f"{p.title}\n{p.source or ''}" for p in self.quotes)

    @cached_property
    def words(self) -> frozenset[str]:
        """Folded words of quotes, titles and outlets, parts of hyphenated ones too."""
        words = words_of(f"{self.text}\n{self.about}")
        return frozenset(words) | {p for w in words for p in re.split(r"[-'’/]", w) if p}

    @cached_property
    def outlets(self) -> frozenset[str]:
        words = (w for p in self.quotes for w in words_of(p.source or ""))
        return frozenset(words) - COMMON

    def bearing(self, claim: str, least: float = 0.3) -> list[str]:
        """The sentences that share most of the claim's content words, and so much at least."""
        wanted = frozenset(content(claim))
        shares = [len(wanted & stems) / (len(wanted) or 1) for stems in self.stems]
        least = max(0.8 * max(shares, default=0.0), least)
        return [s for s, share in zip(self.sentences, shares, strict=True) if share >= least]


def content(text: str) -> list[str]:
    """The stems of a text that tell what it is about, in order."""
    return [stem for stem in analyse(text) if stem not in STOP]


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
    return absent_days(claim, own, [d.year for d in printed])


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


_SPEECH_NEXT = re.compile(
    r"(?:'s|’s)? (?:said|says|told|was|is|has|had|will|won|lost|announced|claimed|denied|resigned"
    r"|signed|became|ordered|refused|accused|warned|threatened|led|leads|fined|paid|designed)\b"
)


def _claimed_names(claim: str) -> list[Name]:
    names = [n for n in names_in(claim) if not _capital_by_place(n.text, claim)]
    first = re.match(r"[^\W\d_][\w'’-]+", claim)
    if first and first.group()[0].isupper() and _SPEECH_NEXT.match(claim, first.end()):
        word = fold(first.group())
        if word not in COMMON and not word.endswith("s"):
            names.append(Name(first.group().removesuffix("'s").removesuffix("’s"), (word,)))
    return names


def _capital_by_place(name: str, claim: str) -> bool:
    """Whether a figure, or a word whose capital is owed to what stands before it."""
    if re.fullmatch(r"\d{4}|[\d.,:/-]+\w{0,2}|TV|Internet", name):
        return True
    opens = re.search(rf"(?:^|[.:;!?*\n\"“‘'(-])\W*{re.escape(name)}\b", claim)
    return bool(opens) and " " not in name


def missing_names(claim: str, evidence: Evidence) -> list[tuple[Name, str | None]]:
    """The claim's names that nothing cited has, each with the article's own of that last name."""
    missing: list[tuple[Name, str | None]] = []
    for name in _claimed_names(claim):
        parts = [w for w in name.words if w not in COMMON]
        absent = [w for w in parts if not _held(w, evidence)]
        other = _rival_name(name, evidence)
        if other is not None:
            missing.append((name, other))
        elif not absent or _initials(name.text, evidence.text):
            continue
        elif len(absent) == len(parts):  # a short form names enough
            missing.append((name, None))
    return missing


def _names(claim: str, evidence: Evidence) -> Iterator[Finding]:
    for name, other in missing_names(claim, evidence):
        if other is not None:
            yield Finding("name", f"the article says {other}, the answer says {name.text}")
        else:
            yield Finding("name", f"“{name.text}” is not in what the answer cites", against=False)


def _held(word: str, evidence: Evidence) -> bool:
    pieces = [p for p in re.split(r"[-'’/&.]", word) if p]
    for piece in ([word], pieces):
        if piece and all(p in evidence.words or any(alike(p, w) for w in evidence.words)
                         for p in piece):  # fmt: skip
            return True
    stems = frozenset(analyse(word))
    return bool(stems) and stems <= frozenset().union(*evidence.stems, analyse(evidence.about))


def _rival_name(name: Name, evidence: Evidence) -> str | None:
    """A person of the same last name and another first one, where the claim's is not there."""
    if len(name.words) != 2:
        return None
    first, last = name.words
    pattern = rf"\b([^\W\d_a-z][\w'’-]+) ({re.escape(last)})\b"
    others = {
        m.group(): fold(m[1])
        for m in re.finditer(pattern, evidence.text + "\n" + evidence.about, re.IGNORECASE)
        if m[1][0].isupper() and fold(m[1]) not in COMMON | _CALLED
    }
    if not others or first in _CALLED:
        return None
    if any(alike(first, f) or (f[0] == first[0] and "." in f) for f in others.values()):
        return None
    return next(iter(others))


_CALLED = frozenset(
    """mr mrs ms miss dr sir dame lord lady president mayor minister councillor senator captain
    general judge justice king queen prince princess former chief professor mayor-elect""".split()
)


def _initials(name: str, text: str) -> bool:
    """Whether a name in capitals is the initials of words of the text: UN, HTS."""
    letters = re.sub(r"\W", "", name)
    if not (letters.isupper() and 2 <= len(letters) <= 6):
        return False
    pattern = r"[\s-]+(?:of |the |for |and |al-)*".join(rf"{c}\w+" for c in letters)
    return bool(re.search(rf"\b{pattern}", text, re.IGNORECASE))


_MARKS = re.compile(r"[\"“]([^\"“”]{2,400})[\"”]")


def _quoted(claim: str, evidence: Evidence) -> Iterator[Finding]:
    inside = f" {_plain(evidence.text)} {_plain(evidence.about)} "
    for found in _MARKS.finditer(claim):
        pieces = re.split(r"\.\.\.|…|\[[^\]]*\]", found[1])
        exact = all(f" {plain} " in inside for p in pieces if (plain := _plain(p)))
        if not exact and not (_is_title(found[1]) and _all_held(found[1], evidence)):
            yield Finding("words", f"the words “{found[1].strip()}” are not in what is cited", against=False)


def _plain(text: str) -> str:
    return " ".join(analyse(text))


def _is_title(text: str) -> bool:
    """Whether the words in quotation marks name a work, with capitals, and quote nobody."""
    words = [w for w in re.findall(r"[^\W_]+", text) if w.lower() not in COMMON]
    return bool(words) and all(not w[0].islower() for w in words)


def _all_held(text: str, evidence: Evidence) -> bool:
    return all(_held(w, evidence) for w in words_of(text) if w not in COMMON)


def _negations(claim: str, evidence: Evidence) -> Iterator[Finding]:
    near = evidence.bearing(claim, 0.5)
    mine, theirs = polarity(claim, STOP), _polarity(near)
    shared = [stem for stem in mine if stem in theirs]
    if len(shared) < max(2, 0.6 * len(mine)):
        return
    turned = [s for s in shared if len(mine[s]) == len(theirs[s]) == 1 and mine[s] != theirs[s]]
    if not turned or not any(mine[s] & theirs[s] for s in shared):
        return
    if any(False in theirs[s] for s in turned):
        if not denies(claim):
            yield Finding("negation", "the article says that it is not so, the answer that it is")
    elif not denies(" ".join(near)):
        yield Finding("negation", "the answer says that it is not so, the article that it is")


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
        reason = f"the article only says that {who} said so, the answer states it as a fact"
        yield Finding("attribution", reason, hard=False, against=False)
