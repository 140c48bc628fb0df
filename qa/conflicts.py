"""Where articles give different values for what was asked, and where one corrects another.

Rules over the sentences that the extractive answerer has ranked, with no model: only values that
can be compared are read (figures, dates, people), and only from sentences that
come near to the best one. In doubt there is no conflict: one that is none costs a reader more trust
than one that is missed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from index.lexical import analyse

from .corrections import Correction, corrections_in, tells_an_error
from .evidence import Sentence, overlap
from .extract import MOST, Extract, says_again
from .features import Scored
from .language.names import COMMON, names_in, words_of
from .language.phrases import is_person, names_of
from .language.values import Day, Figure, as_of, days, figures
from .questions.kinds import asks_for_money, kind_of
from .short import asks_for_figure, gives
from .types import Citation, Conflict, Passage

Value = Figure | Day | str

TOP = 3
"""Best sentences whose articles are looked through for corrections."""

NEAR = 2.5
"""How far below the most that a sentence shares with the question (SHARED) another may lie and
still speak of the same. What the reader thinks does not count: of two versions it prefers one."""

SHARED = {"words": 5.1, "near": 4.2, "kind": 0.9, "named": 2.0}
"""Weights of what a sentence shares with the question, by the names of its features."""

SHARE = 0.45
"""Share of the question's rare words that such a sentence must hold with what is quoted for it."""

FAR, AROUND = 4.0, 0.6
"""The same for a sentence that has all that is asked but not the names: `It was built in 1881.`
The names then stand around it or in the title, with this share of the rare words."""

OWN = 0.5
"""Share of the question's terms, its names left out, that a sentence must hold."""

ALIKE = 0.3
"""Overlap of two sentences that give figures from which they may count the same."""


OCCASION = 60
"""Days between two articles up to which their figures and people may be of one occasion."""


@dataclass(frozen=True, slots=True)
class Version:
    """What one sentence gives for what was asked."""

    scored: Scored
    text: str
    values: tuple[Value, ...]

    @property
    def article_id(self) -> str:
        return self.scored.sentence.article.id

    @property
    def published(self) -> date | None:
        return self.scored.sentence.article.published


def conflicts(question: str, scored: Sequence[Scored]) -> tuple[Conflict, ...]:
    """The disagreement, update or correction among ranked sentences; empty where there is none.

    scored:  as `Extract.ranked` has them: of what shares as much with it the first counts. The
             first of all is what the answer quotes first.

    The versions' Citations are numbered from 1, apart from those of any answer.
    """
    answer, scored = scored[:1], sorted(scored, key=_shared, reverse=True)
    corrected = _corrected(question, scored)
    if corrected:
        about, versions = _as_versions(*corrected, scored)
        return (_conflict(about, versions),)
    read = _reader(question)
    if read is None:
        return ()
    own = _own_terms(question)
    best = max(map(_shared, scored), default=0.0)
    fit = [s for s in scored if _is_about(s, own, best - _shared(s))]
    # An article without the names that the best one has may tell of another town's mayor.
    fit = [s for s in fit if s.features.named >= fit[0].features.named]
    versions = _disagreeing([v for s in fit if (v := read(s)) is not None])
    if not any(_is_held(v, each) for v in versions for each in answer):
        return ()
    return (_conflict(_about(versions), versions),)


def _is_held(version: Version, answer: Scored) -> bool:
    """Whether the answer's first quote gives a version: else they differ on something else."""
    span, value = answer.quote, version.values[0]
    said = answer.sentence.article.text[span.start : span.end]
    if isinstance(value, str):
        return not set(words_of(value)).isdisjoint(words_of(said))
    given = figures(said) if isinstance(value, Figure) else days(said)
    return version.scored == answer or any(_agree(value, other) for other in given)


def right_first(question: str, extracted: Extract) -> Extract:
    """The sentences of an answer to a question for a figure, led by its correction if there is one
    of what is asked and the first sentence does not give it.

    Those that give the wrong figure go: it stands beside the right one among the conflicts.
    """
    if not extracted.chosen or not (asks_for_figure(question) or _AMOUNT.search(question)):
        return extracted
    corrected = _corrected(question, sorted(extracted.ranked, key=_shared, reverse=True))
    if corrected is None or _gives(extracted.chosen[0], corrected[0].right):
        return extracted
    found, notice = corrected
    right = found.right
    if not gives(question, notice.sentence.source.text(found.to), right.start, right.end):
        return extracted
    wrong = [s for s in extracted.chosen if _gives(s, found.wrong) and not _gives(s, right)]
    rest = [s for s in extracted.chosen if s not in wrong and not says_again(s, notice)]
    source = notice.sentence.source
    start = source.sentences[found.to].start + right.start
    end = start + right.end - right.start
    if source.article.text.startswith(right.text, start):
        end = start + len(right.text)  # with its measure
    alone = Passage.of(source.article, start, end)
    return replace(extracted, chosen=(notice, *rest)[:MOST], short=alone)


def _conflict(about: str, versions: Sequence[Version]) -> Conflict:
    cited = []
    for number, version in enumerate(versions, 1):
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


def _one(scored: Scored, found: Sequence[Value]) -> Version | None:
    """The first thing found; the others are what the sentence may as well mean."""
    if not found:
        return None
    head = found[0]
    return Version(scored, head if isinstance(head, str) else head.text, tuple(found))


def _own_terms(question: str) -> frozenset[str]:
    """Terms of a question that are not its names': what is asked of them."""
    named = {word for name in names_in(question) for word in name.words}
    words = [w for w in words_of(question) if w not in COMMON and w not in named]
    return frozenset(analyse(" ".join(words)))


def _shared(scored: Scored) -> float:
    return float(sum(weight * getattr(scored.features, n) for n, weight in SHARED.items()))


def _is_about(scored: Scored, own: frozenset[str], below: float) -> bool:
    """Whether a sentence speaks of what is asked, and reports it: no notice, no question.

    below:  how far its score lies below the best one's.
    """
    sentence = scored.sentence
    if sentence.text.endswith("?") or tells_an_error(sentence.source, sentence.position):
        return False
    if below <= NEAR and scored.features.words >= SHARE:
        return len(own & scored.sentence.quoted) >= OWN * len(own)
    return below <= FAR and scored.features.near >= AROUND and own <= scored.sentence.terms


def _people(text: str, question: str) -> list[str]:
    names = (n for n in names_of(text) if all(w[-1].isalpha() for w in n.split()))
    return [n for n in names if is_person(n, text) and _is_new(n, question)]


def _figure(scored: Scored, question: str, kind: str | None) -> Version | None:
    text = scored.sentence.text
    found = [f for f in figures(text) if _is_new(f.text, question)]
    if kind == "share":
        found = [f for f in found if f.unit == ("percent",)]
    elif asks_for_money(question):
        found = [f for f in found if f.unit[:1] == ("money",)]
    else:
        found = [f for f in found if f.unit[:1] not in (("money",), ("percent",))]
    counted = _COUNTED.search(question)
    if counted and found:
        asked = set(analyse(counted["many"] or counted["of"]))
        tight = [f for f in found if asked & set(f.unit)]
        loose = found if asked & set(analyse(text)) and len(found) == 1 else []
        # `It needed nine consultants and had four` does not contradict who writes of the four.
        first = tight or loose
        found = first and first + [f for f in found if f not in first]
    return _one(scored, found)


# Which of them cannot all be right


def _disagreeing(versions: Sequence[Version]) -> list[Version]:
    """The best version, and one of each other article that gives another value."""
    if not versions:
        return []
    best = versions[0]
    held: dict[str, list[Value]] = {}
    for version in versions:
        held.setdefault(version.article_id, []).extend(version.values)
    chosen = [best]
    for version in versions[1:]:
        agree = any(
            v.article_id == version.article_id
            or any(_agree(version.values[0], other) for other in held[v.article_id])
            or any(_agree(v.values[0], other) for other in held[version.article_id])
            or _names(version, v.values[0])
            or _names(v, version.values[0])
            for v in chosen
        )
        if not agree and _comparable(version, best):
            chosen.append(version)
    return chosen if len(chosen) > 1 else []


def _names(version: Version, value: Value) -> bool:
    """Whether a sentence has a person by the last name alone: `Smith, who beat John Brown`."""
    last = words_of(value)[-1:] if isinstance(value, str) else []
    return bool(last) and last[0] in words_of(version.scored.sentence.text)


def _agree(one: Value, other: Value) -> bool:
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
    if isinstance(a, Day) and isinstance(b, Day):
        return a.compares(b)
    if not _of_one_occasion(one.published, other.published):
        return False
    if isinstance(a, Figure) and isinstance(b, Figure):
        if not a.measures_as(b):
            return False
        terms = (one.scored.sentence.terms, other.scored.sentence.terms)
        drop = frozenset(analyse(f"{a.text} {b.text}"))
        return overlap(terms[0] - drop, terms[1] - drop) >= ALIKE
    return True


def _of_one_occasion(one: date | None, other: date | None) -> bool:
    """Whether two articles may tell of one count, and not of this year's and last year's."""
    return one is None or other is None or abs((one - other).days) <= OCCASION


def _about(versions: list[Version]) -> str:
    """What is said of them; an update puts the latest first."""
    if isinstance(versions[0].values[0], Figure) and _is_update(versions):
        versions.sort(key=lambda v: v.published or date.min, reverse=True)
        texts = [v.text for v in versions]
        return f"updated: {texts[0]}, earlier {' and '.join(texts[1:])}"
    texts = [v.text for v in versions]
    return f"the articles differ: {', '.join(texts[:-1])} or {texts[-1]}"


def _is_update(versions: Sequence[Version]) -> bool:
    """Whether figures are of different days, as those of a toll are."""
    spoken = [as_of(v.scored.sentence.text, v.published) for v in versions]
    if set.intersection(*spoken):
        return False
    dates = [v.published for v in versions]
    return None not in dates and len(set(dates)) == len(dates)


# Corrections


def _corrected(question: str, scored: Sequence[Scored]) -> tuple[Correction, Scored] | None:
    """The correction that the question is about, and the stretch that tells it."""
    if kind_of(question) in ("who", "where", "when", "year", "why"):
        return None  # only figures are read from notices
    own = _own_terms(question)
    for rank, each in enumerate(scored[:TOP]):
        for found in corrections_in(each.sentence.source):
            if _is_asked(found, each, rank, scored[0], own):
                told = Sentence(each.sentence.source, found.at, each.sentence.rank)
                return found, Scored(told, each.features, each.score, found.to - found.at)
    return None


def _is_asked(
    found: Correction, each: Scored, rank: int, best: Scored, own: frozenset[str]
) -> bool:
    """Whether a correction is what was asked: the best sentence gives one of its figures or leads
    to it, or a good one tells of it in the question's words."""
    position = each.sentence.position
    here = position in (found.at, found.to)
    leads = position + 1 == found.at and tells_an_error(each.sentence.source, position)
    if rank == 0 and (here or leads):
        return True
    if _gives(best, found.wrong):
        return True
    held = len(own & each.sentence.quoted) >= OWN * len(own)
    return here and held and each.features.words >= SHARE


def _gives(scored: Scored, figure: Figure) -> bool:
    """Whether a sentence has this figure, of the same measure."""
    return any(
        f.amount == figure.amount and f.measures_as(figure) for f in figures(scored.sentence.text)
    )


def _as_versions(
    found: Correction, notice: Scored, scored: Sequence[Scored]
) -> tuple[str, list[Version]]:
    """The right value first, then who gave the wrong one, at most up to the day of the notice."""
    article = notice.sentence.article
    day = article.published or date.max
    earlier = [
        Version(s, found.wrong.text, (found.wrong,))
        for s in scored
        if s.sentence.article.id != article.id
        and (s.sentence.article.published or date.min) <= day
        and _gives(s, found.wrong)
    ]
    right = Version(notice, found.right.text, (found.right,))
    return f"corrected: {found.right.text}, not {found.wrong.text}", [right, *earlier[:1]]
