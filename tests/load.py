"""What the chat costs when many ask: `make load`, or `python -m tests.load --help`.

The chat runs as people run it, in a process of its own; readers and a scripted model are here.
Readers ask one question after the other, each answer streamed at the speed of a model, and what
counts is the time to its first checked sentence. The soak asks as fast as it can and looks at the
process: memory, threads and file handles. Linux only, for it reads /proc.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from eval.model_server import Messages, ModelServer, Turn, tokens
from index.ingest import add_paths
from index.store import Index
from qa.config import EXTRACTIVE
from qa.web.asking import READERS
from tests.conftest import ROOT, SEEDS

SENTENCES = 4
PIECE, EVERY = 4, 0.02
"""Characters of a piece of an answer, and seconds between two: about 50 tokens a second."""

CLIENTS = 4
"""Threads that ask in the soak."""

SAMPLES = 20
"""Looks at the process during the soak; the first fifth of them is not counted."""


@dataclass
class Outcome:
    """What the readers met. Seconds; `firsts` to the first checked sentence of each answer."""

    firsts: list[float] = field(default_factory=list)
    wholes: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def at(self, share: float) -> float:
        """The time within which a share of the answers had their first sentence."""
        ordered = sorted(self.firsts)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass(frozen=True)
class Look:
    """The process after so many questions. memory: MB resident."""

    questions: int
    memory: float
    threads: int
    handles: int


def written(every: float) -> Any:
    """A model that says what its evidence says, sentence by sentence."""

    def answer(messages: Messages) -> Turn:
        lines = re.findall(r"^\[(\d+)\] (.+)$", messages[-1]["content"], re.M)[:SENTENCES]
        said = " ".join(f"{text.rstrip('.')}. [{number}]" for number, text in lines)
        return Turn(tokens(said or "The ferry sailed.", PIECE), every=every)

    return answer


@contextmanager
def chat(folder: Path, model: str) -> Iterator[tuple[str, int]]:
    """The chat over an index in a process of its own: host and port, and the process's number."""
    command = [sys.executable, "-u", "-m", "qa.cli", "chat", "--port", "0"]
    command += ["--index", str(folder), "--model", model]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, "the chat did not start"
            yield urlsplit(found[0]).netloc, process.pid
        finally:
            process.terminate()


def ask(place: str, question: str, outcome: Outcome) -> None:
    """One question to its end."""
    began = time.perf_counter()
    line = http.client.HTTPConnection(place, timeout=120)
    first, last = 0.0, "nothing"
    try:
        line.request("POST", "/footnote/ask", json.dumps({"question": question}))
        for written in line.getresponse():
            event = json.loads(written)
            last = event.get("kind", event["event"])
            if last == "answer" and event["answer"]["model"] == EXTRACTIVE:
                last = f"answered without the model: {event['answer']['warnings']}"
            if last == "claim" and not first:
                first = time.perf_counter() - began
    except (OSError, ValueError, http.client.HTTPException) as problem:
        last = f"{type(problem).__name__}: {problem}"
    finally:
        line.close()
    if last != "answer":
        outcome.errors[last] += 1
        return
    outcome.wholes.append(time.perf_counter() - began)
    if first:
        outcome.firsts.append(first)


def questions() -> list[str]:
    """What a reader of the sample articles may ask."""
    lines = (ROOT / "eval" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    return [each["question"] for each in asked if not each.get("history")]


def load(place: str, readers: int, spread: float, seconds: float) -> Outcome:
    """Readers that begin within `spread` seconds and ask until `seconds` have gone by."""
    outcome, asked = Outcome(), questions()
    end = time.monotonic() + seconds

    def read(number: int) -> None:
        time.sleep(spread * number / readers)
        for question in itertools.islice(itertools.cycle(asked), number * 7, None):
            if time.monotonic() >= end:
                return
            ask(place, question, outcome)

    threads = [threading.Thread(target=read, args=[number]) for number in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


def beyond(place: str) -> tuple[str, float]:
    """What the reader beyond the limit is told, and after how many seconds.

    The chat's model must be one that never answers, so that all places stay taken.
    """
    with ExitStack() as stack:
        for _ in range(READERS):
            line = http.client.HTTPConnection(place, timeout=120)
            stack.callback(line.close)
            line.request("POST", "/footnote/ask", json.dumps({"question": questions()[0]}))
            stack.callback(line.getresponse().close)
        outcome = Outcome()
        began = time.perf_counter()
        ask(place, questions()[0], outcome)
        (told,) = outcome.errors or ["answer"]
        return told, time.perf_counter() - began


def look(pid: int, count: int) -> Look:
    """The process as it is now."""
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    memory = int(status["VmRSS"].split()[0]) / 1024
    handles = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return Look(count, memory, int(status["Threads"]), handles)


def soak(place: str, pid: int, count: int) -> tuple[list[Look], Outcome]:
    """The process at even steps of `count` questions, once all connections are closed again."""
    outcome, looks, step = Outcome(), [], max(CLIENTS, count // SAMPLES)
    asked = itertools.cycle(questions())
    for done in range(step, count + 1, step):
        batch = iter([next(asked) for _ in range(step)])
        lock = threading.Lock()

        def client(batch: Iterator[str] = batch, lock: threading.Lock = lock) -> None:
            while True:
                with lock:
                    question = next(batch, None)
                if question is None:
                    return
                ask(place, question, outcome)

        threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        looks.append(look(pid, done))
    return looks, outcome


def slope(looks: list[Look]) -> float:
    """MB that 1,000 questions add, by least squares once the process has warmed up."""
    counted = looks[len(looks) // 5 :]
    line = statistics.linear_regression([x.questions for x in counted], [x.memory for x in counted])
    return line.slope * 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=25)
    parser.add_argument("--spread", type=float, default=10, help="seconds over which they begin")
    parser.add_argument("--seconds", type=float, default=300, help="that they go on asking")
    parser.add_argument("--questions", type=int, default=5_000, help="of the soak")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "index"
        with Index.open(folder, create=True) as index:
            add_paths(index, [SEEDS])
        if given.seconds:
            _load(folder, given)
        if given.questions:
            _soak(folder, given)


def _load(folder: Path, given: argparse.Namespace) -> None:
    with ModelServer(written(EVERY)) as model, chat(folder, f"{model.url}#tiny") as (place, _):
        ask(place, questions()[0], Outcome())  # loads what is loaded once
        outcome = load(place, given.readers, given.spread, given.seconds)
    with ModelServer(Turn(silent=True)) as model, chat(folder, f"{model.url}#tiny") as (place, _):
        told, after = beyond(place)
    print(
        f"{given.readers} readers for {given.seconds:g} s: {len(outcome.wholes)} answers, "
        f"{sum(outcome.errors.values())} errors {dict(outcome.errors) or ''}\n"
        f"first checked sentence of {len(outcome.firsts)}: p50 {outcome.at(0.5):.2f} s, "
        f"p95 {outcome.at(0.95):.2f} s\n"
        f"the reader beyond {READERS}: {told} after {after:.2f} s"
    )


def _soak(folder: Path, given: argparse.Namespace) -> None:
    with ModelServer(written(0)) as model, chat(folder, f"{model.url}#tiny") as (place, pid):
        looks, outcome = soak(place, pid, given.questions)
    first, last = looks[len(looks) // 5], looks[-1]
    print(
        f"{last.questions} questions: {sum(outcome.errors.values())} errors "
        f"{dict(outcome.errors) or ''}\n"
        f"memory {first.memory:.0f} to {last.memory:.0f} MB, {slope(looks):+.2f} MB per 1,000; "
        f"threads {first.threads} to {last.threads}; file handles {first.handles} to {last.handles}"
    )


if __name__ == "__main__":
    main()
