"""CLAP NQ: long-form questions on Wikipedia passages, with the sentences that an answer rests on.

Every passage is one article, so a search has to find it among the others; half of the questions
are left open by their passage. One person's choice of sentences is gold, the first one's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from index.errors import BadFile
from index.readers import make_article, normalise
from index.types import Article

from ..dataset import Case, EvalError, EvalSet, Place, Question, occurrences
from . import read_rows


def load(data: Path) -> EvalSet:
    """Reads `clapnq-dev/` below `data`."""
    path = data / "clapnq-dev" / "questions.jsonl.gz"
    articles: dict[str, Article] = {}
    cases = []
    for number, row in enumerate(read_rows(path), 1):
        try:
            passage = row["passages"][0]
            article = make_article(passage["title"], passage["text"])
            cases.append(_case(row, articles.setdefault(article.id, article)))
        except (KeyError, IndexError, TypeError, BadFile) as problem:
            raise EvalError(f"{path}:{number}: not a question of CLAP NQ: {problem!r}") from None
    return EvalSet(
        name="clapnq",
        about="Gold for the search is the question's passage; gold for a citation is each sentence "
        "that the first annotator's answer rests on.",
        articles=tuple(articles.values()),
        cases=tuple(cases),
        measures=("article@1", "article@10"),
    )


def _case(row: dict[str, Any], article: Article) -> Case:
    answerable = bool(row["answerable"])
    output = row["output"][0]
    question = Question(
        id=row["id"],
        kind="long_form" if answerable else "left_open",
        question=row["input"],
        answers=(output["answer"],) if answerable else (),
        answerable=answerable,
    )
    whole = ((Place(article.id, 0, len(article.text)),),)
    points = tuple(_points(output, article))
    return Case(question, points, passages=whole, asked_of=article.id)


def _points(output: dict[str, Any], article: Article) -> list[tuple[Place, ...]]:
    points = []
    for sentence in map(normalise, output["selected_sentences"]):
        starts = occurrences(article.text, sentence) if sentence else []
        if starts:
            points.append(tuple(Place(article.id, s, s + len(sentence)) for s in starts))
    return points
