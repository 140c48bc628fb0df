"""Whether a file of questions can be measured with: everything that is wrong with it, by line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from index.types import Article

from .dataset import Case, Question, place
from .lines import read
from .metrics import normalised


def check(path: Path, articles: Iterable[Article]) -> tuple[list[Case], list[str]]:
    """The cases of a file, drafts too, and all that is wrong, as `file:line: what` in file order.

    Wrong are a line that is no question, an id or a question that is there twice, two lines that
    contradict each other, an article that is not known and a quote that is not in its article.
    Raises EvalError when the file cannot be read.
    """
    questions, problems = read(path)
    cases, misplaced = place(questions, articles)
    problems += [*misplaced, *_twice(questions)]
    if not questions and not problems:
        problems.append(f"{path}:1: holds no questions")
    return cases, sorted(problems, key=lambda problem: _line(problem, path))


def summary(cases: Sequence[Case]) -> str:
    """How many questions there are of each kind, and what waits for a person."""
    questions = [case.question for case in cases]
    lines = [f"{n:5} {kind}" for kind, n in Counter(q.kind for q in questions).items()]
    quotes = sum(len(point) for q in questions for point in q.gold)
    places = sum(len(point) for case in cases for point in case.points)
    lines.append(f"{len(questions):5} questions; {quotes} gold quotes found at {places} places")
    if drafts := sum(q.draft for q in questions):
        lines.append(
            f"{drafts:5} drafts wait for a person and are not measured with: read each, mend it, "
            'and take out its "status", or delete it'
        )
    return "\n".join(lines)


def key(question: str) -> str:
    """A question without case, punctuation and spare spaces: two of one key ask the same."""
    return " ".join(re.findall(r"[^\W_]+", question.casefold())) or question


def _twice(questions: Sequence[Question]) -> list[str]:
    """What is wrong with a question that was asked before, in the same conversation."""
    first: dict[object, Question] = {}
    problems = []
    for question in questions:
        turns = tuple((key(q), key(a)) for q, a in question.history)
        earlier = first.setdefault((key(question.question), turns), question)
        if earlier is not question:
            problems.append(f"{question.where}: {_clash(question, earlier)}")
    return problems


def _clash(later: Question, earlier: Question) -> str:
    asked = f'"{later.question}" is asked by {earlier.where} ("{earlier.id}")'
    if later.answerable != earlier.answerable:
        yes, no = ("this line", "that one") if later.answerable else ("that one", "this line")
        return f"contradiction: {asked}; {yes} says that it has an answer, {no} that it has none"
    mine, its = ({normalised(a) for a in q.answers} for q in (later, earlier))
    if later.answerable and not mine & its:
        return (
            f'contradiction: {asked}, and answered "{earlier.answers[0]}" there and '
            f'"{later.answers[0]}" here (one is wrong, or both belong to one line)'
        )
    return f"{asked} (delete one)"


def _line(problem: str, path: Path) -> int:
    return int(problem.removeprefix(f"{path}:").partition(":")[0])
