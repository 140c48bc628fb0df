"""Citation recall and precision as ALCE defines them: a judge says what carries what.

Source: Gao et al. 2023, arXiv:2305.14627, section 3. The judge there is an NLI model; here it is
the project's own verifier, or any NLI cross-encoder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from index.types import Vectors
from qa.checks.meaning import Encode
from qa.types import Answer, Claim, Passage
from qa.verify import verify

from .metrics import Scores, shown_claims

Judge = Callable[[str, tuple[Passage, ...]], bool]
"""Whether the quotes, taken together, carry a claim."""

Entails = Callable[[Sequence[tuple[str, str]]], "Sequence[float] | Vectors"]
"""For each (claim, quote) the probability that the quote carries the claim: `Entailer.score`."""

LIKELY = 0.5
"""The probability from which quotes are taken to carry a claim."""


def by_verifier(encode: Encode | None) -> Judge:
    """The project's verifier; `supported` carries, `partly` does not."""
    return cache(lambda claim, quotes: verify(claim, quotes, encode).label == "supported")


def by_entailment(entails: Entails) -> Judge:
    """An NLI model over the quotes one after another, each under its article's title."""

    def judge(claim: str, quotes: tuple[Passage, ...]) -> bool:
        premise = "\n".join(f"Title: {q.title}\n{q.quote}" for q in quotes)
        return bool(entails([(claim, premise)])[0] >= LIKELY)

    return cache(judge)


def judged_scores(answer: Answer | None, judge: Judge) -> Scores:
    """alce_recall and alce_precision of one answer; nothing where it shows no claims.

    Recall: claims carried by all that they cite, together / claims; who cites nothing for a claim
    is not carried in it. Precision: over every citation of every claim, those that count / all. A
    citation counts when its claim is carried, and it either carries the claim alone or is needed,
    so that the others without it do not. None where nothing is cited.
    """
    claims = shown_claims(answer)
    if not claims:
        return {}
    carried = [_carried(claim, judge) for claim in claims]
    counting = [
        n for claim, c in zip(claims, carried, strict=True) for n in _counting(claim, c, judge)
    ]
    return {
        "alce_recall": sum(carried) / len(claims),
        "alce_precision": sum(counting) / len(counting) if counting else None,
    }


def _carried(claim: Claim, judge: Judge) -> bool:
    return bool(claim.citations) and judge(plain_claim(claim), claim.citations)


def _counting(claim: Claim, carried: bool, judge: Judge) -> list[bool]:
    """For each citation of a claim, whether it is neither wrong nor beside the point."""
    text, cited = plain_claim(claim), claim.citations
    if not carried or len(cited) == 1:
        return [carried] * len(cited)
    others = [tuple(c for c in cited if c is not citation) for citation in cited]
    return [
        judge(text, (citation,)) or not judge(text, rest)
        for citation, rest in zip(cited, others, strict=True)
    ]


def plain_claim(claim: Claim) -> str:
    """A claim without its markers."""
    return re.sub(r"\s*\[[\d,\s]+\]", "", claim.text).strip()
