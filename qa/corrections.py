"""What an outlet says it got wrong: the wrong figure and the right one of a notice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .evidence import Source, tells_an_error
from .language.values import Figure, figures

_NOTICE = re.compile(r"\b(?:correct(?:ions?|ed|ing)|clarifications?)\b", re.IGNORECASE)
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


def corrections_in(source: Source) -> Iterator[Correction]:
    """The figures that an article corrects, of its own or of an earlier one, in order."""
    notice = bool(_NOTICE.search(source.article.title))
    for at in range(len(source.sentences)):
        text = source.text(at)
        if not (tells_an_error(text) or (notice and _SAID.search(text))):
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
    for right, behind in zip(found, (*found[1:], None), strict=True):
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
