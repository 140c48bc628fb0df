"""Trivial answerers over the same hits. A measure that one of them wins measures too little."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from index.types import Hit
from qa.types import Answer, Citation, Claim, Verdict

PASSAGES = 10
"""Passages that `every_passage` cites: a first page of results."""

_UNCHECKED = Verdict("supported", "a rival of the eval: nothing was checked")


def cite_nothing(question: str, hits: Sequence[Hit]) -> Answer:
    """Says the first passage and cites nothing: never wrong in a citation, never of use."""
    text = hits[0].text if hits else ""
    claims = (Claim(text, 0, len(text), _UNCHECKED, ()),) if hits else ()
    return Answer(question, question, text, claims=claims, model="cite nothing")


def first_passage(question: str, hits: Sequence[Hit]) -> Answer:
    """Says and cites the whole first passage: what an answerer must point into."""
    return _citing(question, hits[:1], "first passage")


def every_passage(question: str, hits: Sequence[Hit]) -> Answer:
    """Says and cites every passage found: the most that recall can be."""
    return _citing(question, hits[:PASSAGES], "every passage")


def always_abstain(question: str, hits: Sequence[Hit]) -> Answer:
    """Never answers: right on every unanswerable question."""
    text = "The articles do not say."
    return Answer(question, question, text, abstained=True, model="always abstain")


RIVALS: tuple[Callable[[str, Sequence[Hit]], Answer], ...] = (
    cite_nothing,
    first_passage,
    every_passage,
    always_abstain,
)


def _citing(question: str, hits: Sequence[Hit], name: str) -> Answer:
    """One claim for each hit, in the passage's own words, with its marker behind it."""
    claims: list[Claim] = []
    text = ""
    for number, hit in enumerate(hits, 1):
        start = len(text) + bool(text)
        cited = Citation.of(hit.article, hit.chunk.start, hit.chunk.end, number=number)
        text += "\n" * bool(text) + f"{hit.text} [{number}]"
        claims.append(Claim(text[start:], start, len(text), _UNCHECKED, (cited,)))
    return Answer(question, question, text, claims=tuple(claims), model=name)
