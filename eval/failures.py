"""What went wrong with a question, by name, and all that a reader needs to see it for himself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from index.types import Article
from qa.types import Answer, Claim, Passage

from .dataset import Case, Points
from .metrics import by_sentence, on_target, shown_claims
from .scores import Scored

FAILURES: dict[str, tuple[str, str]] = {
    "failed": ("Failed", "No answer came; it counts as a miss."),
    "should_abstain": ("Should have abstained", "Answered, though the articles do not say."),
    "wrong_abstention": ("Wrongly abstained", "Abstained, though the articles do say."),
    "wrong_citation": ("Wrong citation", "A citation that no gold quote overlaps."),
    "missed_citation": ("Missed citation", "A gold quote that no citation overlaps."),
    "unsupported": (
        "Unsupported claim",
        "A sentence that, by the system's own check, is not carried by what it cites.",
    ),
    "inexact": ("Inexact quote", "A quote that is not the article's text at its offsets."),
    "unquoted": ("Answer not quoted", "No cited quote holds a short answer."),
}
"""Each failure with its title and what it means, the gravest first."""

CONTEXT = 240
"""Characters of the article that are shown on either side of a quote."""


def failures(scored: Scored) -> list[str]:
    """The names of all that went wrong, in the order of FAILURES; of an answerer, not a search."""
    scores, answer = scored.scores, scored.record.answer
    if answer is None:
        return ["failed"]
    labels = {claim.verdict.label for claim in shown_claims(answer)}
    found = {
        "should_abstain": not scored.answerable and not answer.abstained,
        "wrong_abstention": scored.answerable and answer.abstained,
        "wrong_citation": _below(scores.get("cite_precision")),
        "missed_citation": _below(scores.get("cite_recall")) and not answer.abstained,
        "unsupported": "unsupported" in labels,
        "inexact": _below(scores.get("exact")),
        "unquoted": _below(scores.get("answer_any")) and not answer.abstained,
    }
    return [name for name in FAILURES if found.get(name)]


def _below(share: float | None) -> bool:
    return share is not None and share < 1


def asked(case: Case, articles: Mapping[str, Article]) -> dict[str, Any]:
    """A question with its gold in context, as plain JSON values."""
    question = case.question
    return {
        "id": question.id,
        "kind": question.kind,
        "answerable": question.answerable,
        "question": question.question,
        "history": [list(turn) for turn in question.history],
        "answers": list(question.answers),
        "gold": [
            [_stretch(place.article_id, place.start, place.end, articles) for place in point]
            for point in case.points
        ],
    }


def answered(scored: Scored, articles: Mapping[str, Article]) -> dict[str, Any]:
    """An answer with its verdicts and its quotes in context, as plain JSON values."""
    record, answer = scored.record, scored.record.answer
    row: dict[str, Any] = {
        "failures": failures(scored),
        "error": record.error,
        "seconds": record.seconds,
    }
    if answer is None:
        return row
    gold = by_sentence(record.case.points, articles)
    row |= {
        "abstained": answer.abstained,
        "text": answer.text,
        "searched": answer.searched_for,
        "confidence": answer.confidence,
        "warnings": list(answer.warnings),
        "claims": [_claim(claim, gold, articles) for claim in answer.claims],
        "conflicts": [
            {"about": c.about, "versions": [_cited(v, gold, articles) for v in c.versions]}
            for c in answer.conflicts
        ],
        "nearest": _nearest(answer, gold, articles),
    }
    return row


def _nearest(answer: Answer, gold: Points, articles: Mapping[str, Article]) -> list[dict[str, Any]]:
    """What an abstention shows instead of an answer."""
    shown = answer.passages[:3] if answer.abstained else ()
    return [_cited(passage, gold, articles) for passage in shown]


def _claim(claim: Claim, gold: Points, articles: Mapping[str, Article]) -> dict[str, Any]:
    return {
        "text": claim.text,
        "verdict": claim.verdict.label,
        "reason": claim.verdict.reason,
        "citations": [_cited(c, gold, articles) for c in claim.citations],
    }


def _cited(passage: Passage, gold: Points, articles: Mapping[str, Article]) -> dict[str, Any]:
    """A quote as it was given, with the article's text around it.

    right:  whether it overlaps gold; None where there is no gold.
    exact:  whether the article says just that there.
    """
    article = articles.get(passage.article_id)
    stands = article.text[passage.start : passage.end] if article else None
    row = _stretch(passage.article_id, passage.start, passage.end, articles)
    return row | {
        "number": getattr(passage, "number", None),
        "title": passage.title,
        "source": passage.source,
        "published": passage.published.isoformat() if passage.published else None,
        "quote": passage.quote,
        "right": on_target(passage, gold) if gold else None,
        "exact": stands == passage.quote,
    }


def _stretch(
    article_id: str, start: int, end: int, articles: Mapping[str, Article]
) -> dict[str, Any]:
    """A stretch of an article and what stands around it."""
    article = articles.get(article_id)
    text = article.text if article else ""
    before, after = _cut(text, start, end)
    return {
        "place": f"{article_id}:{start}-{end}",
        "title": article.title if article else article_id,
        "source": article.source if article else None,
        "published": article.published.isoformat() if article and article.published else None,
        "before": ("… " if before else "") + text[before:start],
        "quote": text[start:end],
        "after": text[end:after] + (" …" if after < len(text) else ""),
    }


def _cut(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the context of a stretch begins and ends: between words, where there are any."""
    before, after = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    if before:
        before = text.find(" ", before, start) + 1 or before
    if after < len(text):
        last = text.rfind(" ", end, after)
        after = last if last >= 0 else after
    return before, after
