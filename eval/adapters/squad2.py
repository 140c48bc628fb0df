"""SQuAD 2.0 dev: questions on paragraphs of Wikipedia, about half of them without an answer.

Every paragraph of an article is put into one text, and all articles into one collection, so a
question has to find its paragraph first. One that its own paragraph leaves open could be answered
by another, which is rare and counts as a wrong answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.errors import BadFile
from index.readers import make_article, normalise
from index.types import Article

from ..dataset import Case, EvalError, EvalSet, Place, Question
from . import read_rows


def load(data: Path) -> EvalSet:
    """Reads `squad2-dev/` below `data`."""
    path = data / "squad2-dev" / "articles.jsonl.gz"
    articles, cases = [], []
    for number, row in enumerate(read_rows(path), 1):
        try:
            article, places = _article(row)
            articles.append(article)
            cases += list(_cases(row, article, places))
        except (KeyError, BadFile) as problem:
            raise EvalError(f"{path}:{number}: not an article of SQuAD: {problem}") from None
    return EvalSet(
        name="squad2",
        about="Gold for the search is the question's paragraph; gold for a citation is the answer "
        "wherever that paragraph says it.",
        articles=tuple(articles),
        cases=tuple(cases),
        measures=("gold@1", "gold@10", "gold@50", "answer@1", "answer@10", "answer@50"),
    )


def _article(row: dict[str, Any]) -> tuple[Article, list[Place]]:
    """The paragraphs as one article, and the place of each in its text."""
    title = row["title"].replace("_", " ")
    # Each is normalised by itself first, so that joining them moves no offset any more.
    paragraphs = [normalise(p["context"]) for p in row["paragraphs"]]
    article = make_article(title, "\n\n".join(paragraphs), key=row["title"])
    places = []
    start = 0
    for paragraph in paragraphs:
        end = start + len(paragraph)
        if article.text[start:end] != paragraph:
            raise EvalError(f'"{title}": the paragraph "{paragraph[:60]}" has moved in its article')
        places.append(Place(article.id, start, end))
        start = end + 2
    return article, places


def _cases(row: dict[str, Any], article: Article, places: list[Place]) -> Iterator[Case]:
    for paragraph, place in zip(row["paragraphs"], places, strict=True):
        for qa in paragraph["qas"]:
            yield _case(qa, article, place)


def _case(qa: dict[str, Any], article: Article, paragraph: Place) -> Case:
    impossible = bool(qa["is_impossible"])
    # SQuAD has several people's answers; the same one often comes more than once.
    answers = tuple(dict.fromkeys(normalise(a["text"]) for a in qa["answers"]))
    question = Question(
        id=qa["id"],
        kind="impossible" if impossible else "possible",
        question=qa["question"],
        answers=() if impossible else answers,
        answerable=not impossible,
    )
    if impossible:
        return Case(question, asked_of=article.id)
    said = tuple(_said(article, paragraph, answers))
    points = (said or (paragraph,),)
    return Case(question, points, passages=((paragraph,),), asked_of=article.id)


def _said(article: Article, paragraph: Place, answers: tuple[str, ...]) -> Iterator[Place]:
    """Where a paragraph says one of the answers as whole words ("4" is not said by "2004")."""
    text = article.text[paragraph.start : paragraph.end]
    for answer in answers:
        for found in re.finditer(rf"(?<!\w){re.escape(answer)}(?!\w)", text):
            start = paragraph.start + found.start()
            yield Place(article.id, start, start + len(answer))
