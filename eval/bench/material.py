"""What every system is given: articles and questions, and how a removed article is looked for."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.types import Article

from ..dataset import Case, EvalError, EvalSet
from ..metrics import contains_answer
from ..run import sample
from .systems import Row

PLACES = 5
"""Stretches of a removed article that are looked for."""

_STRETCH = re.compile(r"(?:[A-Za-z]+ ){9}[A-Za-z]+")
"""Ten plain words: no store writes them otherwise than as they are."""


@dataclass(frozen=True, slots=True)
class Material:
    """indexed: at the start; more: to be added one by one; cases: the questions."""

    indexed: tuple[Article, ...]
    more: tuple[Article, ...]
    cases: tuple[Case, ...]


def draw(eval_set: EvalSet, articles: int, questions: int, more: int, seed: int = 0) -> Material:
    """Questions, the articles that they need, and others by chance, in an order by chance.

    A question needs the first article that the set's search engine gave and that has the answer.
    Raises EvalError when the set has fewer articles than are asked for.
    """
    if articles + more > len(eval_set.articles):
        raise EvalError(
            f"{eval_set.name} has {len(eval_set.articles)} articles, {articles} + {more} are asked "
            "for (--articles, --more)"
        )
    answerable = [case for case in eval_set.cases if case.question.answers]
    cases = sample(answerable, questions, seed)
    by_id = {article.id: article for article in eval_set.articles}
    needed = {a.id: a for case in cases if (a := _needed(case, by_id)) is not None}
    chance = random.Random(seed)
    others = [article for article in eval_set.articles if article.id not in needed]
    chance.shuffle(others)
    wanted = [*needed.values(), *others]
    indexed = wanted[:articles]
    chance.shuffle(indexed)
    return Material(tuple(indexed), tuple(wanted[articles : articles + more]), tuple(cases))


def _needed(case: Case, articles: dict[str, Article]) -> Article | None:
    ranked = (articles[key] for key in case.ranking if key in articles)
    return next((a for a in ranked if contains_answer(a.text, case.question.answers)), None)


def as_row(article: Article) -> Row:
    return {"id": article.id, "title": article.title, "text": article.text}


def write_rows(path: Path, articles: Iterable[Article]) -> None:
    lines = (json.dumps(as_row(article)) + "\n" for article in articles)
    path.write_text("".join(lines), encoding="utf-8")


def stretches(article: Article, others: Sequence[Article]) -> list[str]:
    """Up to PLACES stretches of an article that stand in none of the others, evenly spread."""
    found = _STRETCH.findall(article.text)
    step = max(1, len(found) // PLACES)
    own = (s for s in found[::step] if not any(s in other.text for other in others))
    return list(own)[:PLACES]


def holds(texts: Iterable[str], wanted: Sequence[str]) -> bool:
    """Whether one of the texts has one of the stretches, however its spaces are written."""
    plain = [" ".join(text.split()) for text in texts]
    return any(stretch in text for text in plain for stretch in wanted)


def in_files(folder: Path, wanted: Sequence[str]) -> bool:
    """Whether a file below the folder has one of the stretches, as plain text."""
    bare = [stretch.encode() for stretch in wanted]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return any(stretch in data for data in map(Path.read_bytes, files) for stretch in bare)


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
