"""RAMDocs: questions about names that several things bear, with documents that do not agree.

A document gives a right answer, a wrong one (misinformation) or none (noise). Each becomes an
article. They have no outlets and no dates. The set is read for `python -m eval conflicts`, each
question over its own documents, and for a run, all of its documents in one collection.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from index.errors import BadFile
from index.readers import make_article
from index.types import Article

from ..dataset import Case, Disputed, EvalError, EvalSet, Place, Question
from . import read_rows


def load(data: Path) -> tuple[Disputed, ...]:
    """Reads `ramdocs-dev/` below `data`."""
    path = data / "ramdocs-dev" / "questions.jsonl.gz"
    found = []
    for number, row in enumerate(read_rows(path), 1):
        try:
            found.append(_disputed(row, number))
        except (KeyError, TypeError, BadFile) as problem:
            raise EvalError(f"{path}:{number}: not a question of RAMDocs: {problem!r}") from None
    return tuple(found)


def load_set(data: Path) -> EvalSet:
    """The same as questions to ask: each right answer is a version that an answer must give."""
    disputed = load(data)
    articles = {a.id: a for each in disputed for a, _ in each.documents}
    return EvalSet(
        name="ramdocs",
        about="Gold is every right answer that a document of the question gives, where it says it, "
        "or that whole document where it does not say it in these words. All documents are one "
        "collection; a wrong answer that is given besides costs precision only.",
        articles=tuple(articles.values()),
        cases=tuple(map(_case, disputed)),
        measures=("gold@1", "gold@10", "gold@50", "article@1", "article@10"),
    )


def _case(disputed: Disputed) -> Case:
    points = tuple(filter(None, (_point(disputed, answer) for answer in disputed.right)))
    question = Question(
        id=disputed.id,
        kind="contradiction" if len(points) > 1 else "one_answer",
        question=disputed.question,
        answers=disputed.right,
    )
    return Case(question, points, points)


def _point(disputed: Disputed, answer: str) -> tuple[Place, ...]:
    """Where the documents that give an answer say it; nothing where none gives it."""
    places: list[Place] = []
    for article, given in disputed.documents:
        if given == answer:
            said = [
                Place(article.id, found.start(), found.end())
                for found in re.finditer(rf"(?<!\w){re.escape(answer)}(?!\w)", article.text)
            ]
            places += said or [Place(article.id, 0, len(article.text))]
    return tuple(places)


def _disputed(row: dict[str, Any], number: int) -> Disputed:
    documents = [_document(d, f"{number}.{i}") for i, d in enumerate(row["documents"])]
    return Disputed(
        id=f"ramdocs-{number}",
        question=row["question"],
        documents=tuple(documents),
        right=tuple(dict.fromkeys(row["gold_answers"])),
        wrong=tuple(dict.fromkeys(row["wrong_answers"])),
    )


def _document(document: dict[str, Any], key: str) -> tuple[Article, str]:
    # Their titles are part of the text, where there are any.
    article = make_article(f"Document {key}", document["text"], key=key)
    answer: str = document["answer"]
    return article, "" if document["type"] == "noise" else answer
