"""What a person waits for, and what an idle chat holds: `python -m eval.bench.start`.

Cold processes, of Python alone, of the imports, of `qa ask` and of `qa chat`, take turns. Then one
process answers questions without a model from an index of the set's articles, told again until it
has 100,000 chunks (`eval.bench.index`), and says where the time goes. Linux.
"""

from __future__ import annotations

import argparse
import http.client
import random
import shutil
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from index.database import Database
from index.embed import default_encoder
from index.store import Index
from index.types import Vectors
from qa.answerer import Answerer

from ..adapters import SETS, load_set
from ..dataset import EvalError, EvalSet
from ..progress import bar
from .index import Jittered, grow, prepare, retold
from .process import ROOT
from .tables import Row, high, machine, middle, table

QUESTION = "Who brokered the ceasefire?"
WAIT = 60.0
"""Seconds for the chat's page, after which something is wrong."""

IDLE = 3.0
"""Seconds from the page to the look at the chat's memory."""

SESSIONS = 100
"""Pages that are open at once when it is told what one more costs."""

WARM = 10
"""Questions before those that are timed."""


class Known:
    """The real encoder, for an index whose vectors were made by jittering its own."""

    fingerprint = Jittered.fingerprint

    def __init__(self) -> None:
        self._inner = default_encoder()
        self.calls = 0
        self.texts = 0

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    def encode(self, texts: list[str]) -> Vectors:
        self.calls += 1
        self.texts += len(texts)
        return self._inner.encode(texts)


def main(arguments: Sequence[str] | None = None) -> int:
    given = _options(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    print(machine())
    if given.starts:
        print(f"\n{_cold(given.folder, given.starts)}")
    if given.chunks:
        eval_set = load_set(given.set, given.data)
        print(f"\n{_warm(eval_set, given.folder, given.chunks, given.questions)}")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.start", description=__doc__)
    parser.add_argument("--set", choices=SETS, default="seeds")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where the set's data lies")
    parser.add_argument("--folder", type=Path, default=Path(".footnote") / "bench-start")
    parser.add_argument("--starts", type=int, default=10, help="of each process; 0 for none")
    parser.add_argument("--chunks", type=int, default=100_000, help="0 for no questions")
    parser.add_argument("--questions", type=int, default=200)
    return parser.parse_args(arguments)


def _cold(folder: Path, turns: int) -> str:
    """Seconds of whole processes, and megabytes of a chat that nobody asks."""
    index = str((folder / "seeds").absolute())
    _run("-m", "qa.cli", "add", "seeds", "--index", index)
    works: dict[str, Callable[[], float]] = {
        "Python, importing nothing": lambda: _run("-c", "pass"),
        "importing qa": lambda: _run("-c", "import qa"),
        "importing what qa ask needs": lambda: _run("-c", f"import {NEEDED}"),
        "qa ask, a question on the sample articles": lambda: _run(
            "-m", "qa.cli", "ask", QUESTION, "--index", index
        ),
    }
    seconds: dict[str, list[float]] = defaultdict(list)
    memory: dict[str, list[float]] = defaultdict(list)
    for _ in range(turns):
        for name, work in works.items():
            seconds[name].append(work())
        page, resident, own, session = _chat(index)
        seconds["qa chat, until its page comes"].append(page)
        memory["idle chat, in memory"].append(resident)
        memory["idle chat, of that not shared with other programs"].append(own)
        memory["each further page that is open"].append(session)
    return table([*_rows(seconds, "s"), *_rows(memory, "MB")], ["p50", "p95"], ratios=False)


NEEDED = "qa.cli, qa.answerer, onnxruntime, tokenizers, faiss, tantivy, sentencex, apsw"


def _rows(measured: dict[str, list[float]], unit: str) -> list[Row]:
    return [
        Row(name, {"p50": middle(values), "p95": high(values)}, unit)
        for name, values in measured.items()
    ]


def _run(*arguments: str) -> float:
    """Seconds of a Python process from its start to its end. Raises EvalError when it fails."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise EvalError(f"{' '.join(arguments)}: {done.stderr.strip()}")
    return seconds


def _chat(index: str) -> tuple[float, float, float, float]:
    """Seconds until the page answers 200; bytes that the idle process has, and has alone; bytes
    that one more open page takes."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["-m", "qa.cli", "chat", "--index", index, "--port", str(port)]
    began = time.perf_counter()
    chat = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not _answers(port):
            if chat.poll() is not None or time.perf_counter() - began > WAIT:
                raise EvalError(f"qa chat gave no page in {WAIT:.0f} s")
            time.sleep(0.01)
        seconds = time.perf_counter() - began
        time.sleep(IDLE)
        idle = _memory(chat.pid)
        return seconds, *idle, _session(port, chat.pid)
    finally:
        chat.terminate()
        chat.wait()


def _answers(port: int) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)
    try:
        asked.request("GET", "/")
        return asked.getresponse().status == 200
    except (ConnectionError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def _session(port: int, pid: int) -> float:
    """Bytes for each of many pages that are open at once: read, and kept alive as Gradio does."""
    with ExitStack() as open_pages:
        for number in range(2 * SESSIONS):
            if number == SESSIONS:  # what the first ones bring is there for all
                before = _memory(pid)[0]
            page = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)
            open_pages.callback(page.close)
            for path in ("/", "/config", f"/gradio_api/heartbeat/{number}"):
                page.request("GET", path)
                reply = page.getresponse()
                if reply.status != 200:
                    raise EvalError(f"{path} was answered with {reply.status}")
                if not path.startswith("/gradio_api"):
                    reply.read()
        return (_memory(pid)[0] - before) / SESSIONS


def _memory(pid: int) -> tuple[float, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    own = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    return 1024.0 * kilobytes["Rss"], 1024.0 * own


def _warm(eval_set: EvalSet, folder: Path, size: int, count: int) -> str:
    """Milliseconds of one question by stage (`Answer.timings`), the process being warm."""
    cases = [case for case in eval_set.cases if case.question.answerable]
    asked = random.Random(1).sample(cases, min(count + WARM, len(cases)))
    made = folder / f"{eval_set.name}-{size}"
    if not made.exists():
        part = made.with_suffix(".part")  # one that was cut off is not taken for a whole one
        shutil.rmtree(part, ignore_errors=True)
        grow(retold(eval_set.articles), prepare(eval_set, part), part, size)
        part.rename(made)
    encoder = Known()
    stages: dict[str, list[float]] = defaultdict(list)
    with Index.open(made / "index", encoder=encoder) as index:
        database = Database.open(index.path / "index.sqlite")
        chunks = database.count()[1]
        database.close()
        answerer = Answerer(index, "extractive")
        for number, case in enumerate(bar(asked, "questions")):
            if number == min(WARM, len(asked) - 1):
                stages.clear()
                encoder.calls = encoder.texts = 0
            answer = answerer.ask(case.question.question, asked_on=case.asked_on)
            for stage, seconds in answer.timings.items():
                stages[stage].append(seconds)
    timed = len(stages["total"])
    about = (
        f"{timed} questions without a model on {chunks:,} chunks; for each the encoder is called "
        f"{encoder.calls / timed:.1f} times with {encoder.texts / timed:.1f} texts in all."
    )
    return f"{about}\n\n{table(_rows(stages, 'ms'), ['p50', 'p95'], ratios=False)}"


if __name__ == "__main__":
    sys.exit(main())
