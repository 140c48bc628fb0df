"""How likely a quote carries a claim, from what the two share: a small logistic model.

The weights are fitted by `python -m eval fit-verifier` on wice-dev and lie in verify.json.
"""

from __future__ import annotations

import json
import math
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence, Set
from functools import cache
from itertools import pairwise
from pathlib import Path
from threading import Lock

import numpy as np

from index.lexical import analyse
from index.types import Vectors
from index.vectors import inner

from ..language.speech import denies
from .cited import Evidence, content
from .facts import missing_days, missing_numbers
from .named import missing_names

Encode = Callable[[list[str]], Vectors]
Features = dict[str, float]

WEIGHTS = Path(__file__).with_name("verify.json")

SENTENCES = 48
"""Sentences of the quotes that are embedded, those with most of the claim's words first."""


def remembering(encode: Encode, most: int = 4_096) -> Encode:
    """The same, but of the `most` texts that were met last none is embedded twice.

    Safe to share between threads: two that meet a new text at once both embed it.
    """
    known: OrderedDict[str, Vectors] = OrderedDict()
    lock = Lock()

    def encode_once(texts: list[str]) -> Vectors:
        with lock:
            found = {text: known[text] for text in texts if text in known}
        fresh = [text for text in dict.fromkeys(texts) if text not in found]
        if fresh:
            # Copies: a row is a view that would keep all of its batch.
            found.update((t, v.copy()) for t, v in zip(fresh, encode(fresh), strict=True))
        with lock:
            for text, vector in found.items():
                known[text] = vector
                known.move_to_end(text)
            while len(known) > most:
                known.popitem(last=False)
        return np.array([found[text] for text in texts])

    return encode_once


@cache
def weights() -> dict[str, dict[str, float]]:
    """By kind of model ("meaning", or "words" where nothing encodes), feature -> weight."""
    read: dict[str, dict[str, float]] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return read


def chance(features: Mapping[str, float], of: Mapping[str, float]) -> float:
    """Probability that the claim is carried: the logistic of the weighted features."""
    odds = of["bias"] + sum(w * features[name] for name, w in of.items() if name != "bias")
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, odds))))


def rarity(stem: str) -> float:
    """How much a word tells. Long words are rarer; there is no corpus here to count them in."""
    return 1 + min(len(stem), 9) / 3


def features(claim: str, evidence: Evidence, encode: Encode | None) -> Features:
    """What the claim and its quotes share, all by name; those of meaning only with `encode`."""
    terms = content(claim)
    pieces = [content(piece) for piece in clauses(claim)]
    out = {
        **_coverage(terms, evidence),
        **_runs(terms, evidence),
        **_pieces(pieces, evidence),
        **_missing(claim, evidence),
        "letters": _letters(claim, evidence, 4),
        "long letters": _letters(claim, evidence, 7),
        "denial": float(denies(claim) != any(map(denies, evidence.bearing(claim)))),
    }
    if encode is not None and evidence.sentences:
        out |= _meaning(claim, terms, pieces, evidence, encode)
    elif encode is not None:
        out |= dict.fromkeys(MEANING, 0.0)
    return out


MEANING = (
    "cosine",
    "cosine of three",
    "piece least",
    "piece mean",
    "piece either",
    "cosine and words",
    "near words",
)


_DIGITS = re.compile(r"\d[\d,.]*\d|\d")
_CAPITALS = re.compile(r"(?<!^)(?<![.!?] )\b[^\W\d_a-zß-öø-ÿ][\w'’-]+")


def _missing(claim: str, evidence: Evidence) -> Features:
    """Figures, days and names that the quotes do not have: by the rules, and as written."""
    numbers, days = missing_numbers(claim, evidence), missing_days(claim, evidence)
    names = missing_names(claim, evidence)
    held = frozenset(analyse(f"{evidence.text}\n{evidence.about}"))
    capitals = (analyse(m.group()) for m in _CAPITALS.finditer(claim))
    return {
        "numbers missing": float(len(numbers)),
        "days missing": float(len(days)),
        "names missing": float(len(names)),
        "any figure missing": float(bool(numbers or days)),
        "any name missing": float(bool(names)),
        "digits missing": float(len(_digits(claim) - _digits(evidence.text))),
        "capitals missing": float(sum(not held.issuperset(stems) for stems in capitals)),
    }


def _digits(text: str) -> set[str]:
    return {found.replace(",", "").rstrip(".") for found in _DIGITS.findall(text)}


def clauses(claim: str) -> list[str]:
    """A claim in pieces of at least two content words, cut at commas and little words."""
    parts = re.split(
        r"[,;:]\s+|\s+(?:and|but|while|which|who|that|because|when|after|before|by|with|for|in|on"
        r"|at|from|as|to)\s+",
        claim,
    )
    out: list[str] = []
    held = ""
    for part in parts:
        held = f"{held} {part}".strip()
        if len(content(held)) >= 2:
            out.append(held)
            held = ""
    if held:
        out[-1:] = [f"{out[-1]} {held}"] if out else [held]
    return out


def share(terms: Sequence[str], among: Set[str]) -> float:
    """Share of the terms that are there, weighted by how rare they are."""
    whole = sum(map(rarity, terms))
    return sum(rarity(t) for t in terms if t in among) / whole if whole else 0.0


def _coverage(terms: list[str], evidence: Evidence) -> Features:
    """How many of the claim's words stand in the quotes, in sentences, in pairs and threes."""
    terms = list(dict.fromkeys(terms))
    stems = evidence.stems
    union = frozenset().union(*stems, content(evidence.about))
    pairs = [a | b for a, b in pairwise(stems)] or list(stems)
    best: list[float] = []
    chosen: frozenset[str] = frozenset()
    for _ in range(3):
        chosen |= max(stems, key=lambda s: share(terms, s | chosen), default=frozenset())
        best.append(share(terms, chosen))
    return {
        "words": sum(t in union for t in terms) / max(1, len(terms)),
        "rare words": share(terms, union),
        "words of two sentences": best[1],
        "words of three": best[2],
        "words of neighbours": max((share(terms, p) for p in pairs), default=0.0),
        "words missing": float(sum(not like(t, union) for t in terms)),
        "rarest missing": max((rarity(t) for t in terms if not like(t, union)), default=0.0),
    }


def like(term: str, among: frozenset[str]) -> bool:
    """Whether a stem is there, or one that begins like it: journalist for journalism."""
    return term in among or (len(term) >= 5 and any(other[:5] == term[:5] for other in among))


def _runs(terms: list[str], evidence: Evidence) -> Features:
    """Words that follow each other in both, or stand near each other, or are missing in a row."""
    ordered = [t for s in evidence.sentences for t in content(s)]
    grams = set(pairwise(ordered))
    union = frozenset(ordered) | frozenset(content(evidence.about))
    gap = longest = 0
    for term in terms:
        gap = 0 if like(term, union) else gap + 1
        longest = max(longest, gap)
    near = [(a, b) for i, a in enumerate(terms) for b in terms[i + 1 : i + 4]]
    stems = evidence.stems
    wide = [a | b for a, b in pairwise(stems)] or list(stems)
    return {
        "pairs": sum(g in grams for g in pairwise(terms)) / max(1, len(terms) - 1),
        "run": _common_run(terms, ordered) / max(1, len(terms)),
        "missing run": float(longest),
        "pairs in a sentence": _together(near, stems),
        "pairs in two": _together(near, wide),
    }


def _together(pairs: list[tuple[str, str]], sets: Sequence[frozenset[str]]) -> float:
    held = sum(any(a in s and b in s for s in sets) for a, b in pairs)
    return held / max(1, len(pairs))


def _common_run(one: list[str], other: list[str]) -> int:
    """Length of the longest run of words that both have."""
    best = 0
    lengths = [0] * (len(other) + 1)
    for word in one:
        fresh = [0] * (len(other) + 1)
        for j, found in enumerate(other):
            if word == found:
                fresh[j + 1] = lengths[j] + 1
        lengths = fresh
        best = max(best, *lengths)
    return best


def _pieces(pieces: list[list[str]], evidence: Evidence) -> Features:
    """The least part of any piece of the claim that one sentence covers."""
    return {"piece words": min((_best(p, evidence) for p in pieces if p), default=1.0)}


def _best(piece: list[str], evidence: Evidence) -> float:
    return max((sum(like(t, s) for t in piece) / len(piece) for s in evidence.stems), default=0.0)


def _letters(claim: str, evidence: Evidence, size: int) -> float:
    """Share of the claim's runs of letters that the quotes have: kin of words that stems miss."""
    mine, theirs = _grams(claim, size), _grams(f"{evidence.text} {evidence.about}", size)
    return len(mine & theirs) / max(1, len(mine))


def _grams(text: str, size: int) -> set[str]:
    plain = re.sub(r"\W+", " ", text.lower())
    return {plain[i : i + size] for i in range(len(plain) - size + 1)}


def _meaning(
    claim: str, terms: list[str], pieces: list[list[str]], evidence: Evidence, encode: Encode
) -> Features:
    """Cosines of the claim, and of each of its pieces, with the sentences of the quotes."""
    stems = evidence.stems
    order = sorted(range(len(stems)), key=lambda i: -share(terms, stems[i]))[:SENTENCES]
    parts = clauses(claim)
    vectors = encode([claim, *parts, *(evidence.sentences[i] for i in order)])
    sentences = vectors[1 + len(parts) :]
    cosines = inner(sentences, vectors[0])
    apiece = np.array([inner(sentences, part).max() for part in vectors[1 : 1 + len(parts)]])
    either = [max(float(c), _best(p, evidence)) if p else 1.0
              for c, p in zip(apiece, pieces, strict=True)]  # fmt: skip
    both = [float(c) * share(terms, stems[i]) for c, i in zip(cosines, order, strict=True)]
    ranked = [order[i] for i in np.argsort(-cosines)]
    top = ranked[0]
    three = encode([" ".join(evidence.sentences[i] for i in sorted(ranked[:3]))])
    near = frozenset().union(*stems[max(0, top - 1) : top + 2])
    return {
        "cosine": float(cosines.max()),
        "cosine of three": float(inner(three, vectors[0])[0]),
        "piece least": float(apiece.min()),
        "piece mean": float(apiece.mean()),
        "piece either": min(either),
        "cosine and words": max(both),
        "near words": share(terms, near),
    }
