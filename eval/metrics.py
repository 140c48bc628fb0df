"""What is measured of an answer, as pure functions of it and its gold (searches: `retrieval`).

A score is a number, or None where a question has nothing to measure it by; a mean is taken over
the questions that have one. An abstention shows no claims and no citations.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from index.chunk import split_sentences
from index.types import Article, Chunk, Span
from qa.types import Answer, Citation, Claim, Passage

from .dataset import Case, Place, Points

Scores = dict[str, float | None]

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


@lru_cache(maxsize=8_192)
def sentences_in(text: str) -> tuple[Span, ...]:
    """The sentences of an article's text."""
    return tuple(split_sentences(text))


def whole_sentences(stretch: Stretch, articles: Mapping[str, Article]) -> list[Place]:
    """The sentences that a stretch touches; itself where its article is not known."""
    key, article = stretch.article_id, articles.get(stretch.article_id)
    spans = sentences_in(article.text) if article else ()
    touched = [Place(key, s.start, s.end) for s in spans]
    touched = [place for place in touched if overlaps(place, stretch)]
    return touched or [Place(key, stretch.start, stretch.end)]


def by_sentence(points: Points, articles: Mapping[str, Article]) -> Points:
    """Gold widened to the sentences that its quotes touch: each quote from the first to the last.

    A sentence is what a reader is shown and what is right or wrong; a gold quote may be a name.
    """
    return tuple(tuple(_widened(place, articles) for place in point) for point in points)


def _widened(place: Place, articles: Mapping[str, Article]) -> Place:
    touched = whole_sentences(place, articles)
    start, end = min(p.start for p in touched), max(p.end for p in touched)
    return Place(place.article_id, min(start, place.start), max(end, place.end))


def sentence_precision(
    citations: Sequence[Stretch], points: Points, articles: Mapping[str, Article]
) -> float | None:
    """Cited sentences that overlap a gold quote / cited sentences, each counted once.

    What `citation_precision` does not see: a long quote meets gold easily, and all the rest of it
    has to be read for nothing. None without a citation.
    """
    cited = {sentence for c in citations for sentence in whole_sentences(c, articles)}
    if not cited:
        return None
    return sum(on_target(sentence, points) for sentence in cited) / len(cited)


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
    """What EM and F1 look at: the short answer, else the first sentence without its markers."""
    if answer and answer.short:
        return answer.short.quote
    claims = shown_claims(answer)
    return re.sub(r"\[\d+\]", "", claims[0].text).strip() if claims else ""


def answer_scores(case: Case, answer: Answer | None, articles: Mapping[str, Article]) -> Scores:
    """The scores of one answer; None stands for a question that failed, which is a miss.

    abstained:          1 when it says that the articles do not say.
    exact:              `exactness` of all that it gives out as article text.
    claims:             how many sentences it shows; claims_cited: the share that cites something.
    answer_characters:  how long its text is.
    em, f1:             `exact_match` and `token_f1` of its first sentence.
    and, where the articles do say, those of `_citation_scores` and `_quote_scores`.
    """
    claims = shown_claims(answer)
    scores: Scores = {
        "abstained": float(answer is not None and answer.abstained),
        "exact": exactness(every_quote(answer), articles),
    }
    if answer and claims:
        scores["claims"] = float(len(claims))
        scores["claims_cited"] = sum(bool(claim.citations) for claim in claims) / len(claims)
        scores["answer_characters"] = float(len(answer.text))
    question = case.question
    if question.answers or not question.answerable:
        # A failure is not the empty answer that is right where the articles do not say.
        said = prediction(answer)
        scores["em"] = exact_match(said, question.answers) if answer else 0.0
        scores["f1"] = token_f1(said, question.answers) if answer else 0.0
    if question.answerable:
        scores |= _citation_scores(case, shown_citations(answer), articles)
        # An answer put together from several points stands in no one quote.
        if len(case.points) <= 1:
            scores |= _quote_scores(claims, question.answers)
    scores["right"] = max(scores.get("cite_recall") or 0.0, scores.get("answer_any") or 0.0)
    return scores


CONTRADICTION = "contradiction"
"""The kind of question whose gold points are the versions that the articles give."""


def _citation_scores(
    case: Case, citations: list[Citation], articles: Mapping[str, Article]
) -> Scores:
    """Of an answerable question: cited is 1 when anything is, cited_characters how much is.

    With gold points: `citation_precision`, `sentence_precision` and, as cite_recall, `point_recall`
    over the sentences of the gold quotes. versions: the same recall where the articles contradict
    each other, so the share of gold versions that the answer gives, the wrong ones besides or not.
    """
    scores: Scores = {"cited": float(bool(citations))}
    if citations:
        scores["cited_characters"] = float(sum(c.end - c.start for c in citations))
    if case.points:
        gold = by_sentence(case.points, articles)
        scores["cite_precision"] = citation_precision(citations, gold)
        scores["sentence_precision"] = sentence_precision(citations, gold, articles)
        scores["cite_recall"] = point_recall(citations, gold)
        if case.question.kind == CONTRADICTION:
            scores["versions"] = scores["cite_recall"]
    return scores


def _quote_scores(claims: tuple[Claim, ...], answers: tuple[str, ...]) -> Scores:
    """Whether a quote of the first claim, or of any, holds a short answer (`contains_answer`)."""
    if not answers:
        return {}
    holds = [any(contains_answer(c.quote, answers) for c in claim.citations) for claim in claims]
    return {"answer_first": float(holds[:1] == [True]), "answer_any": float(any(holds))}
