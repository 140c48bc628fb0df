"""Does the cited text carry this claim? Rules first, then a small model of what the two share.

A rule that fires hard ends it: the claim is unsupported, and the reason says what the article has
instead. What the rules let pass is judged by meaning: by the packaged model (meaning.py), or by one
that is given (`index.types.Entailer`: pairs of claim and quote in, the probability that the quote
carries the claim out). Both give a chance, and the same thresholds make it a verdict.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from index.types import Entailer

from .checks import entail
from .checks.cited import Evidence, content
from .checks.facts import Finding, findings
from .checks.meaning import Encode, chance, features, like, weights
from .language.names import COMMON, words_of
from .language.orders import advises, reports
from .language.speech import denies
from .types import Passage, Verdict

SUPPORTED = 0.5
PARTLY = 0.2
"""Chances from which a claim is supported, or partly so; what they cost is in DECISIONS.md."""

STRANGE = 4
"""Content words of which one at least must stand in what is cited: another language has none, nor
has text with its letters changed or its spaces gone. "A year and a half" is "18 months"."""

_LONGEST_WORD = 30

REPAIRS = 4
"""Other passages that are tried for a claim: those with most of its words."""


def verify(
    claim: str,
    quotes: Sequence[Passage],
    encode: Encode | None = None,
    entailer: Entailer | None = None,
) -> Verdict:
    """Whether the quotes carry the claim, with the reason for a reader.

    encode:    gives the features of meaning; without it, rules and words only.
    entailer:  judges the meaning in the packaged model's place.
    """
    if not quotes:
        return Verdict("unsupported", "the answer cites nothing for this")
    return _judge(claim, Evidence(tuple(quotes)), encode, entailer)


def repair(
    claim: str,
    cited: Sequence[Passage],
    others: Sequence[Passage],
    encode: Encode | None = None,
    entailer: Entailer | None = None,
) -> tuple[Passage, ...] | None:
    """Other passages found that carry the claim where the cited ones do not; None if none do.

    Never when the cited text gives another number, day, name or speaker, or turns the claim round:
    the claim is then wrong, whatever another article says.
    """
    if cited:
        evidence = Evidence(tuple(cited))
        if any(f.against for f in findings(claim, evidence)):
            return None
        if _judge(claim, evidence, encode, entailer).label == "supported":
            return None
    wanted = frozenset(content(claim))
    known = {(p.article_id, p.start, p.end) for p in cited}
    fresh = [p for p in others if (p.article_id, p.start, p.end) not in known]
    best = sorted(fresh, key=lambda p: -len(wanted & frozenset(content(p.quote))))[:REPAIRS]
    for passage in best:
        if _judge(claim, Evidence((passage,)), encode, entailer).label == "supported":
            return (passage,)
    return None


def heads(title: str, question: str, claim: str, quotes: Sequence[Passage]) -> bool:
    """Whether a heading says no more than the question, or the claim below it and what it cites.

    It has no verdict of its own, so it may deny nothing either, nor be a piece of a sentence.
    """
    if _begins_small(title) or _hangs(title):
        return False
    evidence = Evidence(tuple(quotes)).stating
    if not advises(claim):
        evidence = evidence.unbidden
    held = frozenset({*content(question), *content(claim), *content(evidence.about), *_PARTS})
    held = held.union(*evidence.stems)
    said = _WRITTEN.findall("\n".join((question, claim, evidence.text, evidence.about)))
    if not _capitals(title).issubset(said):
        return False
    stems = content(title)
    return bool(stems) and all(like(stem, held) for stem in stems) and not denies(title)


def _begins_small(text: str) -> bool:
    """Whether a text begins in small letters and not with a name: al-Qaeda, iPhone."""
    first = re.match(r"[^\w]*(\S+)", text)
    return first is not None and first[1][0].isalpha() and first[1].islower()


def _hangs(text: str) -> bool:
    """Whether a text ends with a word that needs another after it: "had seen 52 with"."""
    last = re.search(r"([^\W\d_]+)[^\w.!?…]*$", text)
    return last is not None and last[1].lower() in _HANGING


_HANGING = frozenset(
    "a an and as at because by for from if into nor of or that the their than to whose with".split()
)


def _capitals(title: str) -> set[str]:
    """Little words that a capital within a title makes names: of the First.

    None where all words that tell something have capitals.
    """
    later = _WRITTEN.findall(title)[1:]
    if all(not word.islower() or not content(word) for word in later):
        return set()
    return {word for word in later if word[0].isupper() and not content(word)}


_WRITTEN = re.compile(r"[^\W\d_][\w'’-]*")


_PARTS = frozenset(
    content(
        """account age amount answer background beginning cause chronology consequence conclusion
        context cost count daily date depth detail distance duration event fact figure founding
        height history key later leadership length location main name note number origin outlet
        outline overview place point price question reaction reason report result role short
        situation size source start step story summary time timeline total version view width
        year"""
    )
)
"""What parts of an answer are called, and what may be asked of anything."""


def _judge(
    claim: str, evidence: Evidence, encode: Encode | None, entailer: Entailer | None
) -> Verdict:
    evidence = weigh(claim, evidence)
    if not evidence.quotes:
        return Verdict("unsupported", "what it cites only asks or orders, and states nothing")
    if _copied(claim, evidence):
        return Verdict("supported", "the article says it in these words")
    if _begins_small(claim) and _hangs(claim):
        return Verdict("unsupported", "it is a piece of a sentence")
    found = findings(claim, evidence)
    if hard := [f for f in found if f.hard]:
        return Verdict("unsupported", _reasons(hard))
    if not content(claim) and set(words_of(claim)) <= COMMON:
        return Verdict("partly", "there is nothing in it that could be checked")
    if strange(claim, evidence):
        return Verdict("unsupported", "no word of it is in what it cites")
    likely = _likely(claim, evidence, encode, entailer)
    if likely >= SUPPORTED:
        return Verdict("partly", _reasons(found)) if found else Verdict("supported", _CARRIED)
    unsaid = _unsaid(claim, evidence)
    about = f" of {unsaid}" if unsaid else " of it"
    if likely >= PARTLY:
        return Verdict("partly", f"the cited text says this only in part: nothing{about}")
    return Verdict("unsupported", f"the cited text does not say this: nothing{about}")


def weigh(claim: str, evidence: Evidence) -> Evidence:
    """What of the quotes can carry the claim: never an order; what is in the imperative only where
    the claim advises; a question only beside a statement that has some of the claim's words, and so
    may answer it."""
    if reports(claim):
        return evidence
    if not advises(claim):
        evidence = evidence.unbidden
    stated = evidence.stating
    return evidence.unordered if stated.bearing(claim) else stated


def strange(claim: str, evidence: Evidence) -> bool:
    """Whether the claim shares no word with the quotes, and has enough of them to share one."""
    terms = content(claim)
    many = not terms or len(terms) >= STRANGE or max(map(len, terms)) > _LONGEST_WORD
    return many and not evidence.holds(terms)


def _likely(
    claim: str, evidence: Evidence, encode: Encode | None, entailer: Entailer | None
) -> float:
    if entailer is not None:
        return entail.likely(claim, evidence, entailer)
    return chance(features(claim, evidence, encode), weights()["meaning" if encode else "words"])


_CARRIED = "the cited text says it in other words"


def _copied(claim: str, evidence: Evidence) -> bool:
    """Whether a claim is whole sentences of one quote."""
    mine = _spoken(claim)
    for passage in evidence.quotes:
        sentences = list(map(_spoken, Evidence((passage,)).sentences))
        for first in range(len(sentences)):
            for last in range(first + 1, len(sentences) + 1):
                if " ".join(sentences[first:last]) == mine:
                    return True
    return False


_SIGNS = re.compile(r"[£$€¥<>≤≥]\s?(?=[£$€¥]?\d)|(?<![^\s(£$€¥<>])[-−–+](?=[£$€¥]?\d)|(?<=\d)\s?%")


def _spoken(text: str) -> str:
    """The words of a text, with those for the signs beside its digits: £3 is no $3, 2% no 2."""
    spoken = _SIGNS.sub(lambda found: f" {unicodedata.name(found.group().strip())} ", text)
    return " ".join(words_of(spoken))


def _reasons(found: Sequence[Finding]) -> str:
    return "; ".join(dict.fromkeys(f.reason for f in found[:2]))


def _unsaid(claim: str, evidence: Evidence) -> str:
    """Up to three words of the claim that the quotes do not have, as the claim writes them."""
    held = frozenset().union(*evidence.stems, content(evidence.about))
    words = dict.fromkeys(re.findall(r"[^\W_][\w'’-]*", claim))
    absent = [w for w in words if (stems := content(w)) and not held & set(stems)]
    return ", ".join(f"“{w}”" for w in absent[:3])
