"""What a page sends, checked: anybody can forge it. Every function raises BadQuestion in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from index.errors import BadQuestion
from index.types import Filters

from ..answerer import MAX_QUESTION, Turn

TURN_LIMIT = 20
REPLY_LIMIT = 4_000
"""Characters of an earlier answer that may come back as history; the page cuts to it."""

NAME_LIMIT = 1_000
"""Characters of a name: an outlet's, an article's, a model's."""

CHOICES = 200
"""Outlets or articles that a question may be narrowed to."""

MARK_LIMIT = 200
KEY_LIMIT = 100
NOTE_LIMIT = 2_000
ANSWER_LIMIT = 20_000
PAGES = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it may be asked. `model` is the name of one; None: the first."""

    question: str
    history: list[Turn]
    searched_for: str | None = None
    filters: Filters | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a text that the page will highlight, and what it calls it."""

    start: int
    end: int
    key: str | int


def parsed(body: bytes) -> dict[str, Any]:
    """The object that a request's JSON holds."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise BadQuestion("The request is not JSON.") from None
    if not isinstance(found, dict):
        raise BadQuestion("The request must be an object.")
    return found


def checked_text(value: object, limit: int, name: str) -> str:
    """`value` when it is text within `limit` characters."""
    if not isinstance(value, str):
        raise BadQuestion(f"{name} must be text, not {type(value).__name__}.")
    if len(value) > limit:
        raise BadQuestion(f"{name} has {len(value):,} characters; the limit is {limit:,}.")
    # JSON can carry half of a surrogate pair, which no database and no model can take.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise BadQuestion(f"{name} holds a broken character (half of a surrogate pair).")
    return value


def checked_question(value: object) -> str:
    """A question as typed, stripped; of a byte order mark too, which a page takes for a space."""
    question = checked_text(value, MAX_QUESTION, "The question").strip().strip("\ufeff").strip()
    if not question:
        raise BadQuestion("Type a question first.")
    return question


def checked_history(value: object) -> list[Turn]:
    """Earlier turns, oldest first."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > TURN_LIMIT:
        raise BadQuestion(f"The history must be a list of at most {TURN_LIMIT} turns.")
    turns = []
    for turn in value:
        if not isinstance(turn, list) or len(turn) != 2:
            raise BadQuestion("Each turn of the history must be [question, answer].")
        question = checked_text(turn[0], MAX_QUESTION, "A question in the history")
        turns.append((question, checked_text(turn[1], REPLY_LIMIT, "An answer in the history")))
    return turns


def optional(value: object, limit: int, name: str) -> str | None:
    """Text, or None for none."""
    if value is None:
        return None
    return checked_text(value, limit, name).strip() or None


def checked_day(value: object, name: str) -> date | None:
    """A day as YYYY-MM-DD, or None for none."""
    text = optional(value, 40, name)
    if text is None:
        return None
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise BadQuestion(f"{name} must be a day such as 2024-03-05.") from None


def checked_names(value: object, limit: int, name: str) -> tuple[str, ...] | None:
    """A list of names; None for none and for an empty one."""
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > CHOICES:
        raise BadQuestion(f"{name} must be a list of at most {CHOICES}.")
    return tuple(checked_text(each, limit, f"Each of {name}") for each in value) or None


def checked_filters(value: object) -> Filters | None:
    """What a question is narrowed to."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadQuestion("The filters must be an object.")
    since, until = checked_range(value.get("since"), value.get("until"))
    return Filters(
        published_after=since,
        published_before=until,
        sources=checked_names(value.get("sources"), NAME_LIMIT, "sources"),
        article_ids=checked_names(value.get("articles"), KEY_LIMIT, "articles"),
    )


def checked_range(since: object, until: object) -> tuple[date | None, date | None]:
    """The first and the last day."""
    first, last = checked_day(since, "since"), checked_day(until, "until")
    if first and last and first > last:
        raise BadQuestion(f"since ({first}) is after until ({last}).")
    return first, last


def checked_asked(body: dict[str, Any], models: Sequence[str]) -> Asked:
    """A question with all that may come with it."""
    model = optional(body.get("model"), NAME_LIMIT, "The model")
    if model is not None and model not in models:
        raise BadQuestion("No model of this name is offered here.")
    return Asked(
        question=checked_question(body.get("question")),
        history=checked_history(body.get("history")),
        searched_for=optional(body.get("searched_for"), MAX_QUESTION, "searched_for"),
        filters=checked_filters(body.get("filters")),
        model=model,
    )


def checked_marks(value: object) -> list[Mark]:
    """Stretches [start, end, key]; whether they lie in the text is to be seen there."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MARK_LIMIT:
        raise BadQuestion(f"marks must be a list of at most {MARK_LIMIT}.")
    return [_mark(each) for each in value]


def _mark(value: object) -> Mark:
    if not isinstance(value, list) or len(value) != 3:
        raise BadQuestion("Each mark must be [start, end, key].")
    start, end, key = value
    # A bool is an int to Python, and NaN is a number to JSON's reader.
    if type(start) is not int or type(end) is not int:
        raise BadQuestion("The start and the end of a mark must be whole numbers.")
    if type(key) is int and abs(key) < 10**15:
        return Mark(start, end, key)
    return Mark(start, end, checked_text(key, KEY_LIMIT, "The key of a mark"))


def checked_page(value: str) -> int:
    """The number of a page, from 1; of a query, where everything is text."""
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:8]) <= PAGES):
        raise BadQuestion(f"page must be a whole number from 1 to {PAGES:,}.")
    return int(value[:8])


def checked_feedback(body: dict[str, Any]) -> dict[str, str]:
    """What a reader thinks of an answer, as it is stored."""
    thumb = body.get("thumb")
    if thumb not in ("up", "down"):
        raise BadQuestion('thumb must be "up" or "down".')
    searched_for = optional(body.get("searched_for"), MAX_QUESTION, "searched_for")
    return {
        "question": checked_question(body.get("question")),
        "searched_for": searched_for or "",
        "answer": checked_text(body.get("answer"), ANSWER_LIMIT, "The answer"),
        "model": checked_text(body.get("model"), NAME_LIMIT, "The model"),
        "thumb": thumb,
        "note": optional(body.get("note"), NOTE_LIMIT, "The note") or "",
    }
