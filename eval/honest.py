"""Answers written by hand as a good model would write them, some wrong: does the checker tell?

The tables of `python -m eval honest`. Each answer goes the whole way: its question is searched, a
model on a real socket reads the evidence and writes the sentences with the numbers of what they
rest on, and what is counted is the verdicts that a reader sees.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.store import Index
from index.types import Entailer
from qa.answerer import Answerer
from qa.llm import Model, connect
from qa.questions.followup import stand_alone
from qa.types import Answer, Claim

from .adapters.seeds import QUESTIONS
from .attacks import bare
from .dataset import EvalError, Question
from .followups import markdown
from .lines import load
from .model_server import Messages, ModelServer, numbered, tokens

FILES = {
    "sixty answers": Path(__file__).with_name("honest_answers.jsonl"),
    "claims written after the rules": Path(__file__).with_name("fresh_claims.jsonl"),
}
WRONG = ("right", "number", "name", "negation", "attribution", "invented")
COLUMNS = ("supported", "partly", "unsupported", "not in the evidence", "not asked")


@dataclass(frozen=True, slots=True)
class Written:
    """One sentence: what is wrong with it, or "right", and the article sentences it rests on."""

    text: str
    wrong: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of every sentence, one of COLUMNS.

    held:   seconds from a sentence's last letter to its event.
    first:  seconds from the question to the first sentence.
    """

    fates: tuple[tuple[Written, str], ...]
    held: tuple[float, ...]
    first: tuple[float, ...]

    def row(self, wrong: str) -> list[str]:
        found = Counter(fate for sentence, fate in self.fates if sentence.wrong == wrong)
        return [wrong, *(str(found[column]) for column in COLUMNS)]

    @property
    def passed(self) -> list[str]:
        """The wrong sentences that a reader is shown as supported."""
        return [
            f"- {sentence.wrong}: {sentence.text}"
            for sentence, fate in self.fates
            if sentence.wrong != "right" and fate == "supported"
        ]


class Timed:
    """A model that remembers when it handed over how much."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name = model.name
        self.context_tokens = model.context_tokens
        self.raw = ""
        self.times: list[tuple[int, float]] = []

    def stream(self, system: str, user: str) -> Iterator[str]:
        self.raw, self.times = "", []
        for piece in self._model.stream(system, user):
            self.raw += piece
            self.times.append((len(self.raw), time.perf_counter()))
            yield piece

    def since(self, text: str) -> float:
        """Seconds since the last letter of a text was handed over."""
        end = self.raw.index(text) + len(text)
        return time.perf_counter() - next(at for length, at in self.times if length >= end)


def read(path: Path) -> list[tuple[str, tuple[Written, ...]]]:
    """Each answer's question, by id, and its sentences. Raises EvalError."""
    out = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            sentences = (
                Written(s["text"], s.get("wrong", "right"), tuple(c["quote"] for c in s["cites"]))
                for s in row["sentences"]
            )
            out.append((row["question"], tuple(sentences)))
        except (KeyError, TypeError, ValueError) as problem:
            raise EvalError(f"{path}:{number}: not an answer: {problem!r}") from None
    return out


def confusion(
    answers: Sequence[tuple[str, tuple[Written, ...]]],
    index: Index,
    entailer: Entailer | None = None,
) -> Outcome:
    """What became of every sentence, and how long they were held."""
    questions = {question.id: question for question in load(QUESTIONS)}
    fates: list[tuple[Written, str]] = []
    held: list[float] = []
    first: list[float] = []
    with ModelServer() as server:
        model = Timed(connect(f"{server.url}#honest", {}))
        answerer = Answerer(index, model, verifier=entailer)
        for name, sentences in answers:
            unseen: list[Written] = []
            server.script = [_writer(questions[name], sentences, unseen)]
            shown, answer = _asked(answerer, questions[name], model, held)
            if "first claim" in answer.timings:
                first.append(answer.timings["first claim"])
            for sentence in sentences:
                fates.append((sentence, _fate(sentence, unseen, shown, answer)))
    return Outcome(tuple(fates), tuple(held), tuple(first))


def _asked(
    answerer: Answerer, question: Question, model: Timed, held: list[float]
) -> tuple[dict[str, Claim], Answer]:
    shown: dict[str, Claim] = {}
    for event in answerer.stream(question.question, question.history):
        if isinstance(event, Claim):
            if model.times:
                held.append(model.since(event.text))
            shown[event.text] = event
    assert isinstance(event, Answer)
    return shown, event


def _writer(
    question: Question, sentences: Sequence[Written], unseen: list[Written]
) -> Callable[[Messages], list[str]]:
    def write(messages: Messages) -> list[str]:
        lines = numbered(messages)
        if not lines:
            return [stand_alone(question.question, question.history)]
        text = ""
        for sentence in sentences:
            wanted = [bare(quote) for quote in sentence.quotes]
            cited = [n for n, line in lines.items() if any(bare(line) in w for w in wanted)]
            if not cited:
                unseen.append(sentence)
            else:
                text += sentence.text + " " + "".join(f"[{n}]" for n in cited) + " "
        return tokens(text)

    return write


def _fate(sentence: Written, unseen: list[Written], shown: dict[str, Claim], answer: Answer) -> str:
    if answer.raw is None and answer.abstained:
        return "not asked"
    if sentence in unseen or sentence.text not in shown:
        return "not in the evidence"
    return shown[sentence.text].verdict.label


def render(index: Index, entailer: Entailer | None = None) -> str:
    """A table for each file, and how long sentences were held, in Markdown."""
    parts = []
    outcomes = [confusion(read(path), index, entailer) for path in FILES.values()]
    for title, outcome in zip(FILES, outcomes, strict=True):
        parts.append(markdown([title, *COLUMNS], [outcome.row(wrong) for wrong in WRONG]))
        parts.append("\n".join(["Wrong and supported:", *(outcome.passed or ["- none"])]))
    rows = [
        _times("from its last letter to its event", [s for o in outcomes for s in o.held]),
        _times("from the question to the first", [s for o in outcomes for s in o.first]),
    ]
    parts.append(markdown(["milliseconds", "sentences", "p50", "p95", "most"], rows))
    return "\n\n".join(parts) + "\n"


def _times(name: str, seconds: Sequence[float]) -> list[str]:
    points = (np.percentile(seconds, p) for p in (50, 95, 100)) if seconds else ()
    return [name, str(len(seconds)), *(f"{1000 * p:.0f}" for p in points)]
