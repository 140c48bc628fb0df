"""RealTime QA of 2024: news quiz questions, and the articles that a search engine gave for them.

Answers are strings without a place in an article, so a passage counts as found when it contains
the answer: a weak label, since an answer such as "61" can stand in a passage by chance.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from index.errors import BadFile
from index.readers import make_article
from index.types import Article

from ..dataset import Case, EvalError, EvalSet, Question
from . import read_rows


def load(data: Path) -> EvalSet:
    """Reads `realtimeqa-2024/` below `data`."""
    folder = data / "realtimeqa-2024"
    articles, names = _articles(folder / "articles.jsonl.gz")
    questions = folder / "questions.jsonl.gz"
    return EvalSet(
        name="realtimeqa",
        about="A passage is right when it contains the answer as whole words, a weak label; "
        "the search engine's row is its own order of whole articles.",
        articles=articles,
        cases=tuple(_case(row, names, questions) for row in read_rows(questions)),
        measures=("answer@1", "answer@10", "answer@50", "holds@1", "holds@10"),
    )


def _articles(path: Path) -> tuple[tuple[Article, ...], dict[str, str]]:
    """The articles, and our id for each of the set's ids.

    The set holds a few pages twice, fetched on different days. A page is one article, as it
    would be for anyone who adds them: the first copy stands for the others.
    """
    by_id: dict[str, Article] = {}
    names: dict[str, str] = {}
    for number, row in enumerate(read_rows(path), 1):
        try:
            article = make_article(
                row["title"], row["text"], url=row["url"], published=_day(row["published"])
            )
        except (KeyError, ValueError, BadFile) as problem:
            raise EvalError(f"{path}:{number}: not an article: {problem}") from None
        names[row["id"]] = by_id.setdefault(article.id, article).id
    return tuple(by_id.values()), names


def _day(value: str) -> date:
    """The set writes 2024/03/15 and 2024-03-22."""
    return datetime.strptime(value.replace("/", "-"), "%Y-%m-%d").date()


def _case(row: dict[str, Any], names: dict[str, str], path: Path) -> Case:
    try:
        question = Question(
            id=row["id"],
            kind="news_quiz",
            question=row["question"],
            answers=tuple(row["answers"]),
            where=str(path),
        )
        ranking = tuple(dict.fromkeys(names[name] for name in row["google_rank"]))
        asked_on = _day(row["date"]) if "date" in row else None
    except KeyError as problem:
        raise EvalError(f"{path}: question {row.get('id')}: {problem} is missing") from None
    except ValueError as problem:
        raise EvalError(f"{path}: question {row.get('id')}: {problem}") from None
    return Case(question, ranking=ranking, asked_on=asked_on)
