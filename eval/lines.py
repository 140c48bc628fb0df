"""A file of questions, a JSON object a line, read loudly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .dataset import ANSWERABLE, UNANSWERABLE, EvalError, Question, Quote

_REQUIRED = ("id", "kind", "question", "answers", "gold")
_OPTIONAL = ("history", "status", "note")

DRAFT = "draft"
"""The `status` of a proposed question that no person has accepted. `note` is for that person."""


def load(path: Path) -> list[Question]:
    """The questions of a JSON lines file.

    Raises EvalError that lists every faulty line as `file:line: what is wrong`, and drafts too.
    """
    questions, problems = read(path)
    problems += [
        f'{q.where}: a draft (accept it by taking out "status", or delete the line)'
        for q in questions
        if q.draft
    ]
    if problems:
        raise EvalError("\n".join(problems))
    return questions


def read(path: Path) -> tuple[list[Question], list[str]]:
    """The sound lines of a file as questions, and what is wrong with each of the others."""
    problems: list[str] = []
    questions: dict[str, Question] = {}
    for where, line in _lines(path):
        try:
            question = _question(_object(line, where), where)
        except EvalError as problem:
            problems += str(problem).split("\n")
            continue
        first = questions.setdefault(question.id, question)
        if first is not question:
            problems.append(f'{where}: the id "{question.id}" is taken by {first.where}')
    return list(questions.values()), problems


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines that are not blank, each with `file:line` to name it by."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise EvalError(f"{path}: cannot be read: {problem.strerror or problem}") from None
    except UnicodeDecodeError as problem:
        raise EvalError(f"{path}: is not UTF-8 at byte {problem.start}") from None
    # Not splitlines: a JSON string may hold U+2028 and its like as they are.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"{path}:{number}", line


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as problem:
        raise EvalError(f"{where}: not JSON: {problem}") from None
    if not isinstance(value, dict):
        raise EvalError(f"{where}: a question is a JSON object, not {type(value).__name__}")
    for name in _REQUIRED:
        if name not in value:
            raise EvalError(f'{where}: the field "{name}" is missing')
    for name in value:
        if name not in _REQUIRED + _OPTIONAL:
            known = ", ".join(_REQUIRED + _OPTIONAL)
            raise EvalError(f"{where}: unknown field {json.dumps(name)} (known are {known})")
    return value


def _question(value: dict[str, Any], where: str) -> Question:
    """Raises EvalError with every field that is not as it should be."""
    found: dict[str, Any] = {}
    problems = []
    for name, parse in _FIELDS.items():
        try:
            found[name] = parse(value[name], name, where) if name in value else None
        except EvalError as problem:
            problems.append(str(problem))
    if problems:
        raise EvalError("\n".join(problems))
    question = Question(
        id=found["id"],
        kind=found["kind"],
        question=found["question"],
        answers=found["answers"],
        gold=found["gold"],
        history=found["history"] or (),
        answerable=found["kind"] in ANSWERABLE,
        draft=found["status"] is not None,
        where=where,
    )
    _agree(question)
    return question


def _agree(question: Question) -> None:
    """Raises EvalError when the fields do not fit the kind."""
    kind, where = question.kind, question.where
    if kind == "follow_up" and not question.history:
        raise EvalError(f'{where}: a follow_up needs a "history" of earlier turns')
    for name, given in (("answers", question.answers), ("gold", question.gold)):
        if question.answerable != bool(given):
            needs = f'needs "{name}"' if question.answerable else f'takes no "{name}"'
            raise EvalError(f"{where}: a question of the kind {kind} {needs}")


def _kind(value: Any, name: str, where: str) -> str:
    kind = _text(value, name, where)
    if kind not in ANSWERABLE + UNANSWERABLE:
        known = ", ".join(ANSWERABLE + UNANSWERABLE)
        raise EvalError(f"{where}: unknown kind {json.dumps(kind)} (known are {known})")
    return kind


def _status(value: Any, name: str, where: str) -> str:
    if value != DRAFT:
        raise EvalError(f'{where}: "{name}" is {value!r} ("{DRAFT}", or leave it out)')
    return DRAFT


def _each(parse: Callable[[Any, str, str], Any]) -> Callable[[Any, str, str], tuple[Any, ...]]:
    return lambda value, name, where: tuple(
        parse(item, name, where) for item in _list(value, name, where)
    )


def _alternatives(value: Any, name: str, where: str) -> tuple[Quote, ...]:
    quotes = tuple(_quote(q, where) for q in _list(value, name, where))
    if not quotes:
        raise EvalError(f'{where}: a point of "{name}" is empty (list the quotes that cover it)')
    return quotes


def _quote(value: Any, where: str) -> Quote:
    if not isinstance(value, dict) or set(value) != {"article", "quote"}:
        raise EvalError(f'{where}: a gold quote is {{"article": ..., "quote": ...}}, not {value!r}')
    return Quote(_text(value["article"], "article", where), _text(value["quote"], "quote", where))


def _turn(value: Any, name: str, where: str) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise EvalError(f'{where}: a turn of "{name}" is [question, answer], not {value!r}')
    return _text(value[0], name, where), _text(value[1], name, where)


def _list(value: Any, name: str, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise EvalError(f'{where}: "{name}" is {type(value).__name__}, not a list')
    return value


def _text(value: Any, name: str, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise EvalError(f'{where}: "{name}" is {value!r}, not text')
    return value


_FIELDS: dict[str, Callable[[Any, str, str], Any]] = {
    "id": _text,
    "kind": _kind,
    "question": _text,
    "answers": _each(_text),
    "gold": _each(_alternatives),
    "history": _each(_turn),
    "status": _status,
    "note": _text,
}
