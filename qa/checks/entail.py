"""How likely quotes carry a claim, by a model that reads both (index.types.Entailer)."""

from __future__ import annotations

from index.types import Entailer

from .cited import Evidence, content
from .meaning import share

LONGEST = 1_500
"""Characters of quotes that are read together: with the claim, some 400 tokens of 512."""


def likely(claim: str, evidence: Evidence, entailer: Entailer) -> float:
    """The best chance that the model gives: for all quotes together, and for each alone."""
    alone = (Evidence((passage,)) for passage in evidence.quotes)
    texts = dict.fromkeys(text for e in (evidence, *alone) if (text := _read(claim, e)))
    scores = entailer.score([(claim, text) for text in texts])
    return max(map(float, scores), default=0.0)


def _read(claim: str, evidence: Evidence) -> str:
    """The quotes, or of long ones the sentences with most of the claim's words, in order."""
    if len(evidence.text) <= LONGEST:
        return evidence.text
    terms, room = content(claim), LONGEST
    kept: list[int] = []
    for at in sorted(range(len(evidence.stems)), key=lambda i: -share(terms, evidence.stems[i])):
        room -= len(evidence.sentences[at]) + 1
        if room < 0 and kept:
            break
        kept.append(at)
    return "\n".join(evidence.sentences[at] for at in sorted(kept))
