"""RAMDocs: questions about names that several things bear, with documents that do not agree.

A document gives a right answer, a wrong one (misinformation) or none (noise). Each becomes an
article. They have no outlets and no dates.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from index.errors import BadFile
from index.readers import make_article
from index.types import Article

from ..dataset import Disputed, EvalError
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
