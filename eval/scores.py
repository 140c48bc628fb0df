"""A run's records with their scores, and the measures that tables, floors and comparisons show."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from index.types import Article

from .estimates import Estimate, Kind, estimate, plain_estimate
from .judged import Judge, judged_scores
from .metrics import Scores, answer_scores
from .records import Record, Run
from .retrieval import article_scores, retrieval_scores

Unit = Literal["share", "characters", "count", "seconds", "tokens"]

ENGINE = "search engine"
"""The search whose order of whole articles came with the data."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A record with what it scored, by the names of `MEASURES` and of the searches' measures."""

    record: Record
    scores: Scores

    @property
    def abstained(self) -> bool:
        return self.scores.get("abstained") == 1.0

    @property
    def answerable(self) -> bool:
        return self.record.case.question.answerable


Parts = Callable[[Scored], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that a system is measured by: two numbers of each question, and what they come to.

    title:  for the head of a column.
    """

    title: str
    parts: Parts
    kind: Kind = "ratio"
    unit: Unit = "share"

    def of(self, scored: Sequence[Scored], seed: int = 0) -> Estimate | None:
        """Over these questions, with its interval; None when it says nothing of them."""
        return estimate([self.parts(each) for each in scored], self.kind, seed)

    def value(self, scored: Sequence[Scored]) -> float | None:
        """The same without its interval, which takes a thousand times as long."""
        return plain_estimate([self.parts(each) for each in scored], self.kind)


def score(run: Run, articles: Mapping[str, Article], judge: Judge | None = None) -> list[Scored]:
    """Every record of a run with its scores. Without a judge there are no scores of ALCE's."""
    told = frozenset(r.system for r in run.records if r.answer and r.answer.confidence is not None)
    found = []
    for record in run.records:
        if record.system in run.about.searches:
            scores = _search_scores(record, articles, run.about.depths)
        else:
            scores = _answer_scores(record, articles, judge)
            scores["confidence"] = _confidence(record) if record.system in told else None
        found.append(Scored(record, scores))
    return found


def _search_scores(
    record: Record, articles: Mapping[str, Article], depths: Sequence[int]
) -> Scores:
    if record.system == ENGINE:
        ranked = [place.article_id for place in record.retrieved]
        return article_scores(record.case, ranked, articles, depths)
    return retrieval_scores(record.case, record.retrieved, articles, depths)


def _answer_scores(record: Record, articles: Mapping[str, Article], judge: Judge | None) -> Scores:
    scores = answer_scores(record.case, record.answer, articles)
    scores["seconds"] = record.seconds
    scores["first_claim_seconds"] = record.first_claim_seconds
    scores["tokens"] = float(sum(record.tokens.values())) if record.tokens else None
    return scores | (judged_scores(record.answer, judge) if judge else {})


def _confidence(record: Record) -> float | None:
    """How sure a system was that it can answer; the worst that can be where a question failed."""
    if record.answer is None:
        return 0.0 if record.case.question.answerable else 1.0
    return record.answer.confidence


def plain_score(name: str) -> Parts:
    """The mean of a score over the questions that have one."""

    def parts(scored: Scored) -> tuple[float, float]:
        value = scored.scores.get(name)
        return (0.0, 0.0) if value is None else (value, 1.0)

    return parts


def _right_abstentions(scored: Scored) -> float:
    return float(scored.abstained and not scored.answerable)


def _cautious(scored: Scored) -> float:
    """Whether a question was refused, or answered with a doubt."""
    answer = scored.record.answer
    return float(scored.abstained or (answer is not None and answer.doubtful))


def _sure(scored: Scored) -> float:
    return float(scored.record.answer is not None and not _cautious(scored))


def _refused(kind: str) -> Parts:
    """Abstentions on the questions of a kind / questions of it."""
    return lambda s: (
        (float(s.abstained), 1.0) if s.record.case.question.kind == kind else (0.0, 0.0)
    )


def _told(scored: Scored) -> tuple[float, float]:
    """Whether a question is answerable, and the confidence; NaN where none was told."""
    confidence = scored.scores.get("confidence")
    return float(scored.answerable), math.nan if confidence is None else confidence


MEASURES: dict[str, Measure] = {
    "cite_precision": Measure("precision", plain_score("cite_precision")),
    "cite_recall": Measure("recall", plain_score("cite_recall")),
    "sentence_precision": Measure("sentence precision", plain_score("sentence_precision")),
    "cited": Measure("cited", plain_score("cited")),
    "claims_cited": Measure("claims cited", plain_score("claims_cited")),
    "exact": Measure("exact", plain_score("exact")),
    "cited_characters": Measure(
        "characters cited", plain_score("cited_characters"), unit="characters"
    ),
    "claims": Measure("claims", plain_score("claims"), unit="count"),
    "alce_recall": Measure("ALCE recall", plain_score("alce_recall")),
    "alce_precision": Measure("ALCE precision", plain_score("alce_precision")),
    "answer_first": Measure("in first quote", plain_score("answer_first")),
    "answer_any": Measure("in any quote", plain_score("answer_any")),
    "em": Measure("EM", plain_score("em")),
    "f1": Measure("F1", plain_score("f1")),
    "answer_characters": Measure("length", plain_score("answer_characters"), unit="characters"),
    "versions": Measure("versions given", plain_score("versions")),
    "right": Measure("right", plain_score("right")),
    "abstain_precision": Measure(
        "precision", lambda s: (_right_abstentions(s), float(s.abstained))
    ),
    "abstain_recall": Measure("recall", lambda s: (_right_abstentions(s), float(not s.answerable))),
    "abstain_f1": Measure(
        "F1", lambda s: (2 * _right_abstentions(s), float(s.abstained) + float(not s.answerable))
    ),
    "abstain_auc": Measure("AUC", _told, kind="auc"),
    "cautious": Measure(
        "unanswerable refused or doubted",
        lambda s: (_cautious(s) * (not s.answerable), float(not s.answerable)),
    ),
    "doubted": Measure(
        "answerable refused or doubted",
        lambda s: (_cautious(s) * s.answerable, float(s.answerable)),
    ),
    "right_when_sure": Measure(
        "right when sure", lambda s: (_sure(s) * (s.scores.get("right") or 0.0), _sure(s))
    ),
    "false_premises": Measure("false premises", _refused("false_premise")),
    "near_misses": Measure("near misses", _refused("near_miss")),
    "seconds": Measure("seconds", plain_score("seconds"), unit="seconds"),
    "first_claim_seconds": Measure(
        "first sentence", plain_score("first_claim_seconds"), unit="seconds"
    ),
    "tokens": Measure("tokens", plain_score("tokens"), unit="tokens"),
}
"""What answers are measured by. Abstention: positive is to abstain on an unanswerable question;
precision = right abstentions / abstentions, recall = right abstentions / unanswerable questions,
F1 = 2PR/(P+R); AUC: the chance that an answerable question got a higher confidence than an
unanswerable one; refused or doubted: the share of unanswerable questions that were refused, or
answered with the doubt that `Answer.doubtful` says, and the share of answerable ones that were;
right when sure: the mean of `right` over the answers given without a doubt; false premises and near
misses: recall on these kinds alone."""


def search_measures(measures: Sequence[str]) -> dict[str, Measure]:
    """What searches are measured by: those of the set, and the ranks of what was found."""
    deepest = max((int(m.partition("@")[2]) for m in measures), default=0)
    least = min(deepest, 10)
    names = [*measures, "mrr", "article_mrr", f"ndcg@{least}", f"article_ndcg@{least}"]
    titles = {"mrr": "MRR", "article_mrr": "article MRR"}
    return {
        name: Measure(titles.get(name, name.replace("ndcg", "nDCG").replace("_", " ")),
                      plain_score(name))
        for name in names
    }  # fmt: skip


def measures_of(run: Run, system: str) -> dict[str, Measure]:
    """The measures that fit a system."""
    return search_measures(run.about.measures) if system in run.about.searches else MEASURES


def answered_curve(scored: Sequence[Scored]) -> list[tuple[float, float]]:
    """(share answered, accuracy of those) when ever less sure answers are given too.

    Accuracy is the mean of `right`: the share of gold points cited, or 1 where a cited quote holds
    the short answer; 0 for an answer where the articles do not say. The curve ends at the share
    that was answered, since nobody knows what an abstention would have said. Answers of equal
    confidence come in together. Empty when no confidence was given.
    """
    given = [
        (c, s.scores.get("right") or 0.0)
        for s in scored
        if not s.abstained and (c := s.scores.get("confidence")) is not None
    ]
    given.sort(key=lambda pair: -pair[0])
    points, total = [], 0.0
    for number, (confidence, right) in enumerate(given, 1):
        total += right
        if number == len(given) or given[number][0] < confidence:
            points.append((number / len(scored), total / number))
    return points
