"""Questions out of what readers of the chat thought of its answers: `feedback.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from index.types import Article
from qa.types import Answer

from .answers import Articles, read_answer
from .check import key
from .dataset import EvalError
from .draft import Draft, names
from .metrics import prediction


def from_thumbs(path: Path, articles: Sequence[Article]) -> list[Draft]:
    """A draft for each question that a reader judged, the last judgement of it; none without file.

    A good answer becomes the gold, as far as its quotes are still in the articles. Of a bad one
    nobody knows the right answer yet: the draft says that there is none, and asks for it.
    Raises EvalError that names a line that is no thumb; a last line cut off is left out.
    """
    known, named = Articles(articles), names(articles)
    texts = {article.id: article.text for article in articles}
    drafts: dict[str, Draft] = {}
    for where, row in _rows(path):
        try:
            question = str(row.get("searched_for") or row["question"])
            answer = _answer(row["answer"], question, known)
            good = {"up": True, "down": False}[row["thumb"]]
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise EvalError(f"{where}: not a thumb: {problem!r}") from None
        note = f" The reader wrote: {row['note']}" if row.get("note") else ""
        draft = _good(question, answer, texts, named) if good else _bad(question, answer)
        drafts[key(question)] = Draft(
            draft.question, draft.kind, draft.answers, draft.quotes, draft.note + note
        )
    return list(drafts.values())


def _answer(given: Any, question: str, known: Articles) -> Answer:
    if isinstance(given, str):
        given = {"text": given, "citations": []}
    return read_answer(given, question, known)


def _good(
    question: str, answer: Answer, texts: Mapping[str, str], named: Mapping[str, str]
) -> Draft:
    cited = [c for claim in answer.claims for c in claim.citations]
    quotes = dict.fromkeys(
        (named[c.article_id], c.quote) for c in cited if c.quote in texts.get(c.article_id, "")
    )
    said = prediction(answer)
    if answer.abstained:
        return Draft(question, "not_in_articles", note="A reader agreed that it is not said.")
    if not quotes or not said:
        note = f'A reader found "{said}" right, but what it cites is no longer in the articles.'
        return Draft(question, "not_in_articles", note=note)
    kind = "one_sentence" if len(quotes) == 1 else "several_articles"
    note = "A reader found this right: shorten the answer, and list other ways to say it."
    return Draft(question, kind, (said,), tuple(quotes), note)


def _bad(question: str, answer: Answer) -> Draft:
    said = "the abstention" if answer.abstained else f'"{answer.text}"'
    note = (
        f"A reader found {said} wrong: give the right answer with its quote, and the kind; or "
        "accept that the articles do not say it."
    )
    return Draft(question, "not_in_articles", note=note)


def _rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as problem:
        raise EvalError(f"{path}: cannot be read: {problem}") from None
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            rows.append((f"{path}:{number}", json.loads(line)))
        except (json.JSONDecodeError, RecursionError) as problem:
            if number < len(lines):
                raise EvalError(f"{path}:{number}: not JSON: {problem}") from None
    return rows
