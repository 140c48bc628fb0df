"""Fits the extractive answerer's few weights: `python -m eval fit --data DIR`.

On what the reader was not trained on, for of the rest it knows the answers: articles of squad2-dev,
and our own collections that were held back.

Which sentence: a conditional logit over the sentences of one question (a softmax whose target is
any sentence that holds the gold answer). What the reader will think of a sentence: least squares
over all of them, with the spread of what is left within a question. Whether to answer: a logistic
regression on the best sentence's features, over questions that the collection answers, questions
that SQuAD's authors made unanswerable, and answerable ones whose articles are left out of the
search. Scores are given for five folds by question; the weights printed are those of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from index.store import Index
from index.types import Filters
from qa.answerer import PASSAGES
from qa.cross_encoder import packaged
from qa.evidence import sentences_of
from qa.extract import ANSWERS, EXPECTED, read
from qa.features import BESIDE, Features, Scored, candidates
from qa.questions.query import ask, missing

from .dataset import Case, EvalSet
from .estimates import auc
from .progress import bar

FOLDS = 5
NAMES = tuple(f.name for f in fields(Features))
# A name that is missing altogether abstains before any weight counts; `named` would learn that.
SENTENCE_NAMES = tuple(name for name in NAMES if name not in ("named", "acts", *BESIDE))
ANSWER_NAMES = tuple(ANSWERS)
RIDGE = 1e-3

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """One question's sentences: (n, len(NAMES)) features; which hold the answer; its set."""

    features: Matrix
    right: NDArray[np.bool_]
    source: str
    group: str
    answerable: bool


def fit(examples: Sequence[Example]) -> str:
    """Weights for qa/features.py (SENTENCE) and qa/extract.py, with cross-validated scores."""
    groups = sorted({example.group for example in examples})
    fold = np.array([groups.index(example.group) % FOLDS for example in examples])
    scores: list[Matrix] = [np.empty(0)] * len(examples)
    for k in range(FOLDS):
        weights = fit_sentences([e for e, f in zip(examples, fold, strict=True) if f != k])
        for i in np.flatnonzero(fold == k):
            scores[i] = _sentence_matrix(examples[i]) @ weights
    chances = np.empty(len(examples))
    tops = np.array([_top(e, s) for e, s in zip(examples, scores, strict=True)])
    answerable = np.array([e.answerable for e in examples])
    for k in range(FOLDS):
        odds = fit_answers(tops[fold != k], answerable[fold != k])
        chances[fold == k] = 1 / (1 + np.exp(-tops[fold == k] @ odds))
    weights = fit_sentences(examples)
    own = [_sentence_matrix(e) @ weights for e in examples]
    final = np.array([_top(e, s) for e, s in zip(examples, own, strict=True)])
    return "\n".join(
        [
            *_scores(examples, scores, chances, answerable),
            f"SENTENCE = {_named(SENTENCE_NAMES, weights)}",
            *fit_expected(examples),
            f"ANSWERS = {_named(ANSWER_NAMES, fit_answers(final, answerable))}",
        ]
    )


def examples_of(
    eval_set: EvalSet, cases: Sequence[Case], index: Index, unseen: Callable[[str], bool]
) -> Iterator[Example]:
    """The questions of a set on articles that the reader has not seen, told by their titles."""
    articles = [article.id for article in eval_set.articles]
    titles = {article.id: article.title for article in eval_set.articles}
    for case in bar(cases, "questions"):
        homes = {place.article_id for point in case.passages for place in point}
        asked_of = homes or {case.asked_of} - {None}
        # Our own questions without an answer are of the article that the search leads to.
        asked_of = asked_of or {h.article.id for h in index.search(case.question.question, 1)}
        if not asked_of or not all(unseen(titles[article]) for article in asked_of):
            continue
        others = Filters(article_ids=tuple(a for a in articles if a not in homes))
        for filters in (None, others) if homes else (None,):
            example = _example(case, index, filters, eval_set.name)
            if example is not None:
                yield example


def _example(case: Case, index: Index, filters: Filters | None, source: str) -> Example | None:
    question = case.question.question
    query = ask(question, index)
    sentences = sentences_of(index.search(question, PASSAGES, filters))
    if not sentences or query.unknown or missing(query, sentences):
        return None  # abstains by rule; the weights are for the rest
    scored = read(query, candidates(query, sentences), packaged())
    features = np.array([[getattr(s.features, name) for name in NAMES] for s in scored])
    right = np.array([_holds_gold(s, case) for s in scored])
    answerable = case.question.answerable and filters is None
    return Example(features, right & answerable, source, case.question.id, answerable)


def _holds_gold(scored: Scored, case: Case) -> bool:
    span = scored.quote
    return any(
        place.article_id == scored.sentence.article.id and span.start <= place.start < span.end
        for point in case.points
        for place in point
    )


def _sentence_matrix(example: Example) -> Matrix:
    return example.features[:, [NAMES.index(name) for name in SENTENCE_NAMES]]


def fit_sentences(examples: Sequence[Example]) -> Matrix:
    """Weights that maximise the mean log-probability of a right sentence under a softmax."""
    usable = [(_sentence_matrix(e), e.right) for e in examples if e.right.any()]

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        total, slope = 0.0, np.zeros_like(weights)
        for matrix, right in usable:
            scores = matrix @ weights
            p = np.exp(scores - scores.max())
            p /= p.sum()
            mass = p[right].sum() + 1e-12
            total -= np.log(mass)
            slope += p @ matrix - (p[right] @ matrix[right]) / mass
        ridge = RIDGE * float(weights @ weights)
        return total / len(usable) + ridge, slope / len(usable) + 2 * RIDGE * weights

    return minimize(loss, np.ones(len(SENTENCE_NAMES)), jac=True, method="L-BFGS-B").x


def fit_answers(tops: Matrix, answerable: NDArray[np.bool_]) -> Matrix:
    """Logistic regression: (n, len(ANSWER_NAMES)) features of the best sentences -> weights."""
    signs = np.where(answerable, 1.0, -1.0)

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        margins = signs * (tops @ weights)
        p = 1 / (1 + np.exp(margins))
        value = np.logaddexp(0, -margins).mean() + RIDGE * float(weights[1:] @ weights[1:])
        slope = -(signs * p) @ tops / len(tops) + 2 * RIDGE * np.r_[0.0, weights[1:]]
        return value, slope

    return minimize(loss, np.zeros(tops.shape[1]), jac=True, method="L-BFGS-B").x


def fit_expected(examples: Sequence[Example]) -> list[str]:
    """Lines for qa/extract.py: what is expected of the reader before it has read a sentence.

    Its log-odds by least squares; what is left of them has a part that a question's sentences share
    and one of each sentence, whose variances are told apart as in an analysis of variance.
    """
    names = tuple(name for name in EXPECTED if name != "bias")
    made = [e.features[:, [NAMES.index(name) for name in names]] for e in examples]
    given = [e.features[:, NAMES.index("reader")] for e in examples]
    known = np.hstack([np.ones((sum(map(len, made)), 1)), np.vstack(made)])
    weights = np.linalg.lstsq(known, np.concatenate(given), rcond=None)[0]
    left = [own - weights[0] - m @ weights[1:] for m, own in zip(made, given, strict=True)]
    several = [own for own in left if len(own) > 1]
    within = float(np.mean([own.var(ddof=1) for own in several]))
    own_noise = within * float(np.mean([1 / len(own) for own in several]))
    between = max(float(np.var([own.mean() for own in several])) - own_noise, 1e-9)
    return [
        f"EXPECTED = {_named(('bias', *names), weights)}",
        f"deviation within a question {within**0.5:.2f}, CERTAIN = {within / between:.1f}",
    ]


def _top(example: Example, scores: Matrix) -> list[float]:
    best = example.features[int(np.argmax(scores))]
    known = {"bias": 1.0, "score": float(scores.max()), **dict(zip(NAMES, best, strict=True))}
    return [known[name] for name in ANSWER_NAMES]


def _scores(
    examples: Sequence[Example],
    scores: Sequence[Matrix],
    chances: Matrix,
    answerable: NDArray[np.bool_],
) -> list[str]:
    lines = [f"{FOLDS} folds by question"]
    for source in sorted({e.source for e in examples}):
        own = np.array([e.source == source for e in examples])
        pairs = [(e, s) for e, s, o in zip(examples, scores, own, strict=True) if o & e.answerable]
        first = np.mean([e.right[np.argmax(s)] for e, s in pairs])
        three = np.mean([e.right[np.argsort(-s)[:3]].any() for e, s in pairs])
        told = auc(answerable[own].tolist(), chances[own].tolist())
        lines += [
            f"{source}: {own.sum()} examples, {len(pairs)} answerable",
            f"answer in the first sentence {first:.3f}, in the first three {three:.3f}",
            f"answerable against not: AUC {told:.3f}",
            "chance from   answered of answerable   abstained of unanswerable",
        ]
        for threshold in np.arange(0.05, 0.6, 0.05):
            kept = float((chances[own & answerable] >= threshold).mean())
            refused = float((chances[own & ~answerable] < threshold).mean())
            lines.append(f"{threshold:11.2f}   {kept:22.3f}   {refused:25.3f}")
    return lines


def _named(names: Sequence[str], weights: Matrix) -> str:
    return "{" + ", ".join(f'"{n}": {w:.2f}' for n, w in zip(names, weights, strict=True)) + "}"
