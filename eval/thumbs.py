"""Questions out of what readers of the chat thought of its answers: `feedback.jsonl`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from index.chunk import split_sentences
from index.types import Article

from .check import key
from .dataset import EvalError
from .draft import Draft, names

_MARKER = re.compile(r"\s*\[\d+\]")


def from_thumbs(path: Path, articles: Sequence[Article]) -> list[Draft]:
    """A draft for each question that a reader judged, by the last judgement; none without a file.

    Sentences of a good answer that stand in the articles become its gold. Of any other answer
    nobody knows the gold yet: the draft says that there is none, and asks for it. Lines that are
    no thumbs, as a crash leaves them, are left out and told of on standard error.
    Raises EvalError when the file cannot be read.
    """
    named = names(articles)
    drafts: dict[str, Draft] = {}
    for row in _rows(path):
        question = row["searched_for"] or row["question"]
        note = f" The reader wrote: {row['note']}" if row["note"] else ""
        if row["thumb"] == "up":
            draft = _good(question, row["answer"], note, articles, named)
        else:
            ask = "give the right one with its quote, and the kind; or accept that it is not said."
            told = f'A reader found the answer "{row["answer"]}" wrong: {ask}{note}'
            draft = Draft(question, "not_in_articles", note=told)
        drafts[key(question)] = draft
    return list(drafts.values())


def _good(
    question: str, answer: str, note: str, articles: Sequence[Article], named: dict[str, str]
) -> Draft:
    text = _MARKER.sub("", answer)
    sentences = [text[span.start : span.end] for span in split_sentences(text)]
    quotes = [
        (named[article.id], sentence)
        for sentence in sentences
        if (article := next((a for a in articles if sentence in a.text), None))
    ]
    if not quotes:
        ask = "give its quote and the kind, or accept that the articles do not say."
        told = f'A reader found the answer "{answer}" right: {ask}{note}'
        return Draft(question, "not_in_articles", note=told)
    kind = "one_sentence" if len(quotes) == 1 else "several_articles"
    told = f"A reader found this right: shorten the answer, and list other ways to say it.{note}"
    return Draft(question, kind, (quotes[0][1],), tuple(quotes), told)


_FIELDS = ("question", "searched_for", "answer", "thumb", "note")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return
    except OSError as problem:
        raise EvalError(f"{path}: cannot be read: {problem.strerror or problem}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = _row(line)
        if row is None:
            print(f"{path}:{number}: left out, since it is no thumb", file=sys.stderr)
        else:
            yield row


def _row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        return None
    if not isinstance(row, dict) or not all(isinstance(row.get(f), str) for f in _FIELDS):
        return None
    return row if row["question"].strip() and row["thumb"] in ("up", "down") else None
