"""What an outlet says it got wrong: the wrong figure and the right one of a notice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from .evidence import Source
from .language.values import Figure, figures

_LABEL = r"(?:corrections?|clarifications?|errat(?:um|a)|editor['’]s note)"
_NOTICE = re.compile(rf"\b(?:{_LABEL}|correct(?:ed|ing))\b", re.IGNORECASE)
_LABELLED = re.compile(
    rf"^\W*(?:{_LABEL}(?: (?:and|&) {_LABEL})?(?: to this \w+)?\s*(?:[:.–—|-]|$)"
    r"|this (?:article|report|story|page) (?:was|has been) (?:amended|corrected|updated)\b)",
    re.IGNORECASE,
)
"""How a paragraph begins that is a notice, or the line above one."""

_WRONG = r"(?:wrongly|incorrectly|mistakenly|erroneously|in error)"
_PIECE = r"(?:article|report|story|headline|caption|front page)"
_SAYS = r"(?:said|gave|carried|stated|reported|wrote|printed)"
_ERROR = re.compile(
    rf"\b(?:earlier version|we (?:{_WRONG} )?{_SAYS}|(?:our|the|this) {_PIECE}\b.* {_SAYS}"
    rf"|{_WRONG}|misstated|should have (?:said|read|been))\b",
    re.IGNORECASE,
)
"""What a notice says of an error; elsewhere it may be another's: `The report said ...`."""
_OWN_ERROR = re.compile(
    rf"\bearlier version of (?:this|our)\b|\bwe (?:{_WRONG} {_SAYS}"
    r"|said|reported|wrote|stated|printed)\b"
    rf"|\bour {_PIECE}\b.* {_SAYS}\b"
    rf"|\bthis (?:newspaper|website|{_PIECE}) (?:(?:first|originally|previously|earlier|{_WRONG})"
    rf" {_SAYS}|{_SAYS} (?:on|last|in error)\b)"
    rf"|\b(?:an|this|our) (?:article|headline|caption)\b.* (?:{_WRONG}|misstated)\b"
    r"|\bshould have (?:said|read)\b",
    re.IGNORECASE,
)
"""What an outlet says of itself and of nobody else."""
_QUOTED = re.compile(
    r"“[^”]*(?:”|$)|\"[^\"]*(?:\"|$)|(?<!\w)[‘'](?=\S)[^\n]{0,400}?\S['’](?!\w)"
)  # an apostrophe that nothing closes must not be looked for to the end of a long text

HEADING = 5
"""Words that a heading over a notice has at most."""

_SAID = re.compile(
    r"\b(?:said|reported|wrote|stated|printed|carried|gave|called|earlier version)\b", re.IGNORECASE
)
_RIGHT = re.compile(
    r"\b(?:correct|should|in fact|since|true|actually|declared|now|revised)\b"
    r"|^the [\w’' -]{1,60}? (?:is|was|were) ",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|rather than|instead of) (?:the |an? |about |some )?[$£€¥]?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Correction:
    """The wrong figure, in sentence `at` of an article, and the right one, in sentence `to`."""

    at: int
    to: int
    wrong: Figure
    right: Figure


def tells_an_error(source: Source, position: int) -> bool:
    """Whether an outlet says in a sentence what it got wrong: what is right mostly follows.

    It speaks of its own article, or the title, the line above or the paragraph's beginning is that
    of a notice. What others are quoted with is theirs.
    """
    text = source.text(position)
    if not (_ERROR.search(text) or _OWN_ERROR.search(text)):
        return False
    above, before, said = _paragraph(source, position)
    # The quotation may have begun in a sentence before, so all of the paragraph is looked through.
    own = _QUOTED.sub(lambda m: " " * len(m.group()), before + said)[len(before) :]
    labelled = any(map(_LABELLED.match, (above, before + said)))
    labelled = labelled or bool(_NOTICE.search(source.article.title))
    return bool(_OWN_ERROR.search(own) or (labelled and _ERROR.search(own)))


def _paragraph(source: Source, position: int) -> tuple[str, str, str]:
    """The line above a sentence's paragraph if it may be a heading, else "", what the paragraph
    says before the sentence, and the sentence."""
    text, span = source.article.text, source.sentences[position]
    start = text.rfind("\n", 0, span.start) + 1
    above = text[:start].rstrip().rpartition("\n")[2]
    heads = len(above.split()) <= HEADING
    return above if heads else "", text[start : span.start], text[span.start : span.end]


def corrections_in(source: Source) -> Iterator[Correction]:
    """The figures that an article corrects, of its own or of an earlier one, in order."""
    notice = bool(_NOTICE.search(source.article.title))
    for at in range(len(source.sentences)):
        text = source.text(at)
        if not (tells_an_error(source, at) or (notice and _SAID.search(text))):
            continue
        said = list(figures(text))
        for to in (at, at + 1):
            if to == len(source.sentences):
                break
            pair = _pair(said, source.text(to), to == at)
            if pair:
                yield Correction(at, to, *pair)
                break


def _pair(said: list[Figure], text: str, same: bool) -> tuple[Figure, Figure] | None:
    """A wrong figure and the right one that takes its place, where only two can be meant."""
    marked = _RIGHT.search(text)
    if not marked or not said:
        return None
    found = list(figures(text))
    for right, behind in zip_longest(found, found[1:]):
        if right.start < marked.start() or _is_denied(text, right):
            continue
        before = [f for f in said if not (same and f.start >= right.start)]
        if behind and _is_denied(text, behind):
            before = [_measured(behind, right)]
        wrong = [f for f in before if f.measures_as(right)]
        wrong = [f for f in wrong if set(f.unit) & set(right.unit)] or wrong
        if len(wrong) == 1:
            return None if wrong[0].amount == right.amount else (wrong[0], right)
    return None


def _measured(figure: Figure, right: Figure) -> Figure:
    """A figure that is denied behind the right one, as a number of the same: 88 houses, not 63."""
    bare = not {*figure.unit, *right.unit} & {"money", "percent"}
    return replace(figure, unit=right.unit) if bare else figure


def _is_denied(text: str, figure: Figure) -> bool:
    """Whether a text says that it is not this figure: `88, not 63`."""
    return bool(_DENIED.search(text[: figure.start]))
