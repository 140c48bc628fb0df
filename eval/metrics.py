"""What is measured, as pure functions of an answer and its gold.

A score is a number from 0 to 1, or None where a question has nothing to measure it by; a mean
is taken over the questions that have one. An abstention shows no claims and no citations.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from index.types import Article, Chunk, Hit
from qa.types import Answer, Citation, Claim, Passage

from .dataset import Case, Place, Points

Scores = dict[str, float | None]

DRAWS = 1_000
"""Bootstrap samples behind an interval."""


Stretch = Place | Passage | Chunk
"""Names `text[start:end]` of an article."""


def overlaps(one: Stretch, other: Stretch) -> bool:
    """Whether two stretches share at least one character."""
    same = one.article_id == other.article_id
    return same and one.start < other.end and other.start < one.end


def on_target(stretch: Stretch, points: Points) -> bool:
    """Whether a stretch overlaps a gold quote."""
    return any(overlaps(stretch, place) for point in points for place in point)


def shown_claims(answer: Answer | None) -> tuple[Claim, ...]:
    """What the reader is told: nothing after an abstention or a failure."""
    return () if answer is None or answer.abstained else answer.claims


def shown_citations(answer: Answer | None) -> list[Citation]:
    """Each stretch that is cited, once, by a claim or by a conflict between outlets."""
    if answer is None or answer.abstained:
        return []
    cited = [c for claim in answer.claims for c in claim.citations]
    cited += [c for conflict in answer.conflicts for c in conflict.versions]
    return list({(c.article_id, c.start, c.end): c for c in cited}.values())


def citation_precision(citations: Sequence[Stretch], points: Points) -> float | None:
    """Citations that overlap a gold quote / citations.

    After citation precision in ALCE (Gao et al. 2023, arXiv:2305.14627, section 3), with gold
    quotes in the place of an entailment model. None without a citation: who cites nothing has
    cited nothing wrong, and pays for it in recall. So a wrong abstention leaves precision alone,
    and precision is read beside the share of questions that got a citation (`cited`).
    """
    if not citations:
        return None
    return sum(on_target(c, points) for c in citations) / len(citations)


def point_recall(stretches: Sequence[Stretch], points: Points) -> float | None:
    """Gold points with a place that some stretch overlaps / gold points. None without points.

    Over citations this is citation recall; over the first k hits it is recall@k by gold quote.
    """
    if not points:
        return None
    covered = [any(overlaps(s, place) for s in stretches for place in p) for p in points]
    return sum(covered) / len(points)


def exactness(passages: Sequence[Passage], articles: Mapping[str, Article]) -> float | None:
    """Quotes that are `text[start:end]` of their article's present version / quotes."""
    if not passages:
        return None
    return sum(_is_exact(p, articles.get(p.article_id)) for p in passages) / len(passages)


def _is_exact(passage: Passage, article: Article | None) -> bool:
    if article is None or article.version != passage.article_version:
        return False
    return article.text[passage.start : passage.end] == passage.quote


def every_quote(answer: Answer | None) -> list[Passage]:
    """All that an answer gives out as article text: citations, conflicts, passages found."""
    if answer is None:
        return []
    versions = [v for conflict in answer.conflicts for v in conflict.versions]
    return [*answer.citations, *versions, *answer.passages]


@lru_cache(maxsize=16_384)
def normalised(text: str) -> str:
    """Lower case, without punctuation, English articles and extra white space.

    The normalisation of SQuAD's evaluation script (Rajpurkar et al. 2016, arXiv:1606.05250),
    widened from ASCII punctuation to Unicode's, since news is set in curly quotes. A dash that
    is not a hyphen parts words and becomes a space.
    """
    text = unicodedata.normalize("NFC", text).lower()
    text = re.sub("[\u2012-\u2015]", " ", text)
    text = re.sub(r"[^\w\s]|_", "", text)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def contains_answer(text: str, answers: Iterable[str]) -> bool:
    """Whether the normalised text holds one of the normalised answers, as whole words."""
    inside = f" {normalised(text)} "
    return any(f" {normalised(a)} " in inside for a in answers if normalised(a))


def exact_match(prediction: str, answers: Sequence[str]) -> float:
    """1 when the normalised prediction is one of the answers (SQuAD's EM).

    Without answers the right prediction is the empty one, as in SQuAD 2.0 (Rajpurkar et al.
    2018, arXiv:1806.03822).
    """
    return float(normalised(prediction) in {normalised(a) for a in answers or ("",)})


def token_f1(prediction: str, answers: Sequence[str]) -> float:
    """Best F1 = 2PR/(P+R) over the answers, P and R by shared tokens (SQuAD's F1)."""
    return max(_f1(normalised(prediction).split(), normalised(a).split()) for a in answers or ("",))


def _f1(predicted: list[str], gold: list[str]) -> float:
    if not predicted or not gold:
        return float(predicted == gold)
    shared = sum((Counter(predicted) & Counter(gold)).values())
    return 2 * shared / (len(predicted) + len(gold))


def prediction(answer: Answer | None) -> str:
    """The first sentence of an answer without its markers: what EM and F1 look at."""
    claims = shown_claims(answer)
    return re.sub(r"\[\d+\]", "", claims[0].text).strip() if claims else ""


def answer_scores(case: Case, answer: Answer | None, articles: Mapping[str, Article]) -> Scores:
    """The scores of one answer; None stands for a question that failed, which is a miss."""
    claims = shown_claims(answer)
    scores: Scores = {
        "abstained": float(answer is not None and answer.abstained),
        "exact": exactness(every_quote(answer), articles),
        "claims": float(len(claims)) if claims else None,
    }
    question = case.question
    if question.answers or not question.answerable:
        # A failure is not the empty answer that is right where the articles do not say.
        said = prediction(answer)
        scores["em"] = exact_match(said, question.answers) if answer else 0.0
        scores["f1"] = token_f1(said, question.answers) if answer else 0.0
    if question.answerable:
        scores |= _citation_scores(case, shown_citations(answer))
        # An answer put together from several points stands in no one quote.
        if len(case.points) <= 1:
            scores |= _quote_scores(claims, question.answers)
    return scores


def _citation_scores(case: Case, citations: list[Citation]) -> Scores:
    scores: Scores = {"cited": float(bool(citations))}
    if citations:
        scores["cited_characters"] = float(sum(c.end - c.start for c in citations))
    if case.points:
        scores["cite_precision"] = citation_precision(citations, case.points)
        scores["cite_recall"] = point_recall(citations, case.points)
    return scores


def _quote_scores(claims: tuple[Claim, ...], answers: tuple[str, ...]) -> Scores:
    if not answers:
        return {}
    holds = [any(contains_answer(c.quote, answers) for c in claim.citations) for claim in claims]
    return {"answer_first": float(holds[:1] == [True]), "answer_any": float(any(holds))}


def retrieval_scores(case: Case, hits: Sequence[Hit], depths: Sequence[int]) -> Scores:
    """recall@k of one search and its reciprocal rank; nothing for an unanswerable question.

    gold@k:     `point_recall` of the first k chunks against the gold passages.
    article@k:  gold points with an article among the first k articles / gold points.
    answer@k:   1 when one of the first k chunks contains an answer.
    holds@k:    1 when the whole text of one of the first k articles contains an answer.
    mrr:        1 / rank of the first chunk on target, 0 without one (Voorhees 1999, TREC-8);
                on target is a gold passage, or the answer where there is no gold.
    """
    if not case.question.answerable:
        return {}
    articles = list({hit.article.id: hit.article for hit in hits}.values())
    chunks = [hit.chunk for hit in hits]
    answers = case.question.answers
    answered = [contains_answer(hit.text, answers) for hit in hits] if answers else []
    scores: Scores = {}
    for k in depths:
        scores[f"gold@{k}"] = point_recall(chunks[:k], case.passages)
        scores[f"article@{k}"] = article_recall([a.id for a in articles[:k]], case.passages)
        scores[f"answer@{k}"] = float(any(answered[:k])) if answers else None
    right = [on_target(c, case.passages) for c in chunks] if case.passages else answered
    scores["mrr"] = reciprocal_rank(right)
    return scores | article_scores(case, articles, depths)


def article_scores(case: Case, articles: Sequence[Article], depths: Sequence[int]) -> Scores:
    """`holds@k` of articles in the order of a search engine (see `retrieval_scores`)."""
    answers = case.question.answers
    if not answers:
        return {}
    holds = [contains_answer(a.text, answers) for a in articles[: max(depths)]]
    return {f"holds@{k}": float(any(holds[:k])) for k in depths}


def article_recall(article_ids: Sequence[str], points: Points) -> float | None:
    """Gold points of which an article was found / gold points. None without points."""
    if not points:
        return None
    return sum(any(p.article_id in article_ids for p in point) for point in points) / len(points)


def reciprocal_rank(right: Sequence[bool]) -> float:
    """1 / place of the first True, counted from 1; 0 without one."""
    return 1 / (right.index(True) + 1) if True in right else 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `n` questions with the ends of its 95% interval."""

    mean: float
    low: float
    high: float
    n: int


def ratio(parts: Sequence[float], wholes: Sequence[float], seed: int = 0) -> Estimate | None:
    """sum(parts) / sum(wholes) with a 95% percentile bootstrap interval over the questions.

    Efron and Tibshirani 1993, chapter 13: questions are drawn with replacement DRAWS times, and
    the interval runs from the 2.5th to the 97.5th percentile of the ratios. With wholes of 1 it
    is a mean. Draws whose wholes sum to 0 say nothing and are left out. None when all do.
    """
    if sum(wholes) == 0:
        return None
    top, bottom = np.asarray(parts, float), np.asarray(wholes, float)
    drawn = np.random.default_rng(seed).integers(0, len(top), (DRAWS, len(top)))
    tops, bottoms = top[drawn].sum(axis=1), bottom[drawn].sum(axis=1)
    low, high = np.percentile(tops[bottoms > 0] / bottoms[bottoms > 0], [2.5, 97.5])
    n = int(np.count_nonzero(bottom))
    return Estimate(float(top.sum() / bottom.sum()), float(low), float(high), n)


def mean(values: Iterable[float | None], seed: int = 0) -> Estimate | None:
    """The mean of the values that are there, with its interval; None when there are none."""
    there = [v for v in values if v is not None]
    return ratio(there, [1.0] * len(there), seed)


def abstention(flags: Sequence[tuple[bool, bool]], seed: int = 0) -> dict[str, Estimate | None]:
    """Precision, recall and F1 of abstaining, from (abstained, unanswerable) of each question.

    Positive is an abstention on an unanswerable question: P = right abstentions / abstentions,
    R = right abstentions / unanswerable questions, F1 = 2PR/(P+R), which is twice the right
    abstentions / (abstentions + unanswerable questions).
    """
    said = [float(abstained) for abstained, _ in flags]
    due = [float(unanswerable) for _, unanswerable in flags]
    right = [s * d for s, d in zip(said, due, strict=True)]
    both = [s + d for s, d in zip(said, due, strict=True)]
    return {
        "precision": ratio(right, said, seed),
        "recall": ratio(right, due, seed),
        "f1": ratio([2 * r for r in right], both, seed),
    }


def auc(positive: Sequence[bool], scores: Sequence[float]) -> float:
    """Chance that a random positive scores above a random negative, ties counted half.

    The area under the ROC curve, by the Mann-Whitney statistic over mid-ranks.
    """
    flags, values = np.asarray(positive, bool), np.asarray(scores, float)
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    above = middle[inverse][flags].sum() - flags.sum() * (flags.sum() + 1) / 2
    return float(above / (flags.sum() * (~flags).sum()))


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values lie below, between neighbours by a straight line.

    Hyndman and Fan 1996, definition 7 (numpy's default). NaN without values.
    """
    return float(np.percentile(values, percent)) if len(values) else math.nan
