"""TimeQA: questions whose answer depends on the years that they name, over Wikipedia articles.

Source: Chen, Wang and Wang, A Dataset for Answering Time-Sensitive Questions, NeurIPS 2021. The
articles bear no date of publication and a question's time is inside it, so this set says whether
a preference for new articles stays out of the way of such questions.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.errors import BadFile
from index.readers import make_article, normalise
from index.types import Article

from ..dataset import Case, EvalError, EvalSet, Place, Question, occurrences
from . import REMEDY


def load(data: Path) -> EvalSet:
    """Reads `timeqa-dev/` below `data`."""
    path = data / "timeqa-dev" / "train.json.gz"
    articles: dict[str, Article] = {}
    cases: list[Case] = []
    for number, row in enumerate(_rows(path), 1):
        try:
            article, starts = _article(row)
            # Two rows can ask of one article.
            articles.setdefault(article.id, article)
            cases += _cases(row, article, starts)
        except (KeyError, IndexError, TypeError, ValueError, BadFile) as problem:
            raise EvalError(f"{path}: entry {number} is not one of TimeQA: {problem!r}") from None
    return EvalSet(
        name="timeqa",
        about="Gold for the search is the paragraph that gives the answer for the years asked "
        "about; gold for a citation is the answer in it.",
        articles=tuple(articles.values()),
        cases=tuple(cases),
        measures=("gold@1", "gold@10", "gold@50", "answer@1", "answer@10", "answer@50"),
    )


def _rows(path: Path) -> list[dict[str, Any]]:
    """The set is one JSON list."""
    if not path.is_file():
        raise EvalError(f"{path}: no such file: {REMEDY}")
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = json.load(file)
    except json.JSONDecodeError as problem:
        raise EvalError(f"{path}: not JSON: {problem}") from None
    except (OSError, EOFError, UnicodeDecodeError) as problem:
        raise EvalError(f"{path}: cannot be read: {problem}") from None
    if not isinstance(rows, list):
        raise EvalError(f"{path}: not a list of articles with their questions")
    return rows


def _article(row: dict[str, Any]) -> tuple[Article, list[Place]]:
    """The paragraphs as one article, and the place of each; an empty one has an empty place."""
    # Each is normalised by itself first, so that joining them moves no offset any more.
    paragraphs = [normalise(text) for text in row["paras"]]
    title = row["link"].rpartition("/")[2].replace("_", " ")
    article = make_article(title, "\n\n".join(p for p in paragraphs if p), key=row["link"])
    places, start = [], 0
    for paragraph in paragraphs:
        end = start + len(paragraph)
        if article.text[start:end] != paragraph:
            raise EvalError(f'"{title}": the paragraph "{paragraph[:60]}" has moved in its article')
        places.append(Place(article.id, start, end))
        start = end + 2 if paragraph else start
    return article, places


def _cases(row: dict[str, Any], article: Article, places: list[Place]) -> Iterator[Case]:
    for number, (asked, answers) in enumerate(row["questions"], 1):
        # An answer without words says that the article gives none for these years.
        given = [a for a in answers if a["answer"].strip()]
        question = Question(
            id=f"{row['index']}-{number}",
            kind="years" if given else "years_not_told",
            question=asked,
            answers=tuple(dict.fromkeys(normalise(a["answer"]) for a in given)),
            answerable=bool(given),
        )
        said = tuple(place for a in given for place in _said(article, places[a["para"]], a))
        passages = tuple(dict.fromkeys(places[a["para"]] for a in given))
        points, where = ((said or passages,), (passages,)) if given else ((), ())
        yield Case(question, points, where, asked_of=article.id)


def _said(article: Article, paragraph: Place, answer: dict[str, Any]) -> Iterator[Place]:
    """Where a paragraph says the answer that was marked: nearest to its mark, which may move."""
    text, wanted = article.text[paragraph.start : paragraph.end], normalise(answer["answer"])
    starts = occurrences(text, wanted)
    if starts:
        start = paragraph.start + min(starts, key=lambda place: abs(place - answer["from"]))
        yield Place(article.id, start, start + len(wanted))
