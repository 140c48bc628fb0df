"""What is measured of a search, as pure functions of the stretches that it found, best first.

Every denominator is the gold's: a gold passage that the index does not even hold is a miss.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from index.types import Article

from .dataset import Case, Place, Points
from .metrics import Scores, contains_answer, on_target, overlaps, point_recall


def retrieval_scores(
    case: Case, found: Sequence[Place], articles: Mapping[str, Article], depths: Sequence[int]
) -> Scores:
    """The scores of one search; nothing for an unanswerable question.

    gold@k:           `point_recall` of the first k chunks against the gold passages.
    article@k:        gold points with an article among the first k articles / gold points.
    answer@k:         1 when one of the first k chunks contains an answer.
    holds@k:          1 when the whole text of one of the first k articles contains an answer.
    mrr:              `reciprocal_rank` of the first chunk on target, which is a gold passage, or
                      the answer where there is no gold.
    article_mrr:      the same by article, where there is gold.
    ndcg@k:           `ndcg` of the gold points over the first k chunks; article_ndcg@k over the
                      first k articles.
    """
    if not case.question.answerable:
        return {}
    gold, answers = case.passages, case.question.answers
    ranked = list(dict.fromkeys(place.article_id for place in found))
    texts = [_text(place, articles) for place in found] if answers else []
    answered = [contains_answer(text, answers) for text in texts]
    scores: Scores = {}
    for k in depths:
        scores[f"gold@{k}"] = point_recall(found[:k], gold)
        scores[f"article@{k}"] = article_recall(ranked[:k], gold)
        scores[f"answer@{k}"] = float(any(answered[:k])) if answers else None
        scores[f"ndcg@{k}"] = ndcg(chunk_ranks(found, gold), k)
        scores[f"article_ndcg@{k}"] = ndcg(article_ranks(ranked, gold), k)
    right = [on_target(place, gold) for place in found] if gold else answered
    scores["mrr"] = reciprocal_rank(right)
    if gold:
        named = {place.article_id for point in gold for place in point}
        scores["article_mrr"] = reciprocal_rank([key in named for key in ranked])
    return scores | article_scores(case, ranked, articles, depths)


def article_scores(
    case: Case, ranked: Sequence[str], articles: Mapping[str, Article], depths: Sequence[int]
) -> Scores:
    """`holds@k` of articles in the order of a search engine (see `retrieval_scores`)."""
    answers = case.question.answers
    if not answers or not depths:
        return {}
    first = [articles[key].text if key in articles else "" for key in ranked[: max(depths)]]
    holds = [contains_answer(text, answers) for text in first]
    return {f"holds@{k}": float(any(holds[:k])) for k in depths}


def article_recall(article_ids: Sequence[str], points: Points) -> float | None:
    """Gold points of which an article was found / gold points. None without points."""
    if not points:
        return None
    return sum(any(p.article_id in article_ids for p in point) for point in points) / len(points)


def reciprocal_rank(right: Sequence[bool]) -> float:
    """1 / place of the first True, counted from 1; 0 without one (Voorhees 1999, TREC-8)."""
    return 1 / (right.index(True) + 1) if True in right else 0.0


def chunk_ranks(found: Sequence[Place], points: Points) -> list[int | None]:
    """For each gold point the rank, from 1, of the first chunk that meets it."""
    return [
        next((n for n, f in enumerate(found, 1) if any(overlaps(f, p) for p in point)), None)
        for point in points
    ]


def article_ranks(ranked: Sequence[str], points: Points) -> list[int | None]:
    """For each gold point the rank, from 1, of the first article that has it."""
    return [
        next(
            (n for n, key in enumerate(ranked, 1) if any(p.article_id == key for p in point)), None
        )
        for point in points
    ]


def ndcg(ranks: Sequence[int | None], k: int) -> float | None:
    """Normalised discounted cumulative gain of gold points at k. None without points.

    Järvelin and Kekäläinen 2002: DCG = sum of 1 / log2(1 + rank), over the DCG of the best order.
    A point gains once, at the first hit that meets it. Points that one hit meets together count as
    met one after another, so that the best order has them at 1, 2, 3 ... and nothing exceeds 1.
    """
    if not ranks:
        return None
    met = sorted(rank for rank in ranks if rank is not None)
    placed = [max(rank, at) for at, rank in enumerate(met, 1)]
    gain = sum(1 / math.log2(1 + rank) for rank in placed if rank <= k)
    return gain / sum(1 / math.log2(1 + rank) for rank in range(1, min(k, len(ranks)) + 1))


def _text(place: Place, articles: Mapping[str, Article]) -> str:
    article = articles.get(place.article_id)
    return article.text[place.start : place.end] if article else ""
