"""Footnote's encoder beside SentenceTransformer.encode on torch: `python -m eval.bench.encoder`.

The same weights and the same texts: the chunks that `qa add` embeds of some articles. Each encoder
has a process of its own, and they take turns. Beside chunks a second and the time of one question
stands which part of the machine's own speed at multiplying matrices is reached, where the rest
goes, and how `qa add` compares with the encoder alone.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from index.embed import default_encoder
from index.ingest import add_paths
from index.store import Index
from index.types import Article, Encoder, Vectors

from ..adapters import SETS, load_set
from .process import Process
from .tables import Row, machine, middle, table

OURS = "ONNX fp32"
ENCODERS = {
    "torch": "encoders:Torch",
    OURS: "encoders:Onnx",
    "ONNX int8": "encoders:OnnxInt8",
}
COMPARED = 64
"""Texts whose vectors are compared."""

QUESTIONS = 20
"""Single questions a turn; their mean is one measurement."""


class Counting:
    """An encoder that keeps count of what it is asked, and the texts."""

    def __init__(self, inner: Encoder) -> None:
        self._inner = inner
        self.fingerprint = inner.fingerprint
        self.dimension = inner.dimension
        self.calls = 0
        self.texts: list[str] = []

    def encode(self, texts: list[str]) -> Vectors:
        self.calls += 1
        self.texts += texts
        return self._inner.encode(texts)


def main(arguments: Sequence[str] | None = None) -> int:
    given = _options(arguments)
    eval_set = load_set(given.set, given.data)
    articles = random.Random(0).sample(
        eval_set.articles, min(given.articles, len(eval_set.articles))
    )
    questions = [case.question.question for case in eval_set.cases[:QUESTIONS]]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _write(articles, folder / "articles")
        texts, adding = _adding(folder, given.adds)
        found = _measure(given, folder, texts, questions)
    rows = _rows(found, texts, found.vectors[given.encoders[0]])
    print(f"\n{len(texts)} chunks of {len(articles)} articles; {machine()}\n")
    print(table(rows, given.encoders))
    print(
        f"\nqa add, in the same process as its encoder, ONNX int8: {adding[0]:.1f} chunks/s, "
        f"{adding[1]:.2f} of the encoder's own rate there on the same chunks."
    )
    print(found.about)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.encoder", description=__doc__)
    parser.add_argument("--set", choices=SETS, default="seeds")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where the set's data lies")
    parser.add_argument("--articles", type=int, default=25, help="whose chunks are embedded")
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--adds", type=int, default=5, help="times that the articles are added")
    parser.add_argument("--encoders", nargs="+", choices=list(ENCODERS), default=list(ENCODERS))
    return parser.parse_args(arguments)


def _write(articles: Sequence[Article], folder: Path) -> None:
    folder.mkdir()
    for number, article in enumerate(articles):
        text = f"{article.title}\n\n{article.text}"
        (folder / f"{number:05}.txt").write_text(text, encoding="utf-8")


def _adding(folder: Path, times: int) -> tuple[list[str], tuple[float, float]]:
    """The chunks of the articles; chunks a second of adding them, and its share of the encoder's.

    Adding and encoding take turns; the share is the median of the turns' own.
    """
    encoder = default_encoder()
    rates, shares, texts = list[float](), list[float](), list[str]()
    for turn in range(times):
        counting = Counting(encoder)
        with Index.open(folder / f"index{turn}", create=True, encoder=counting) as index:
            added = _seconds(lambda index=index: add_paths(index, [folder / "articles"]))
        texts = counting.texts
        alone = _seconds(lambda texts=texts: encoder.encode(texts))
        rates.append(len(texts) / added)
        shares.append(alone / added)
    return texts, (middle(rates), middle(shares))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@dataclass
class _Found:
    """What the encoders' processes have told."""

    whole: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    one: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    vectors: dict[str, Vectors] = field(default_factory=dict)
    work: float = 0.0
    peak: float = 0.0
    about: str = ""


def _measure(
    given: argparse.Namespace, folder: Path, texts: list[str], questions: list[str]
) -> _Found:
    found = _Found()
    with ExitStack() as stack:
        running: dict[str, Process] = {}
        for name in given.encoders:
            process = Process(ENCODERS[name], Path(sys.executable), folder / name)
            running[name] = stack.enter_context(process)
            process.ask("load")
            process.ask("encode", texts[:8])
        for turn in range(given.turns):
            for at in range(len(running)):
                name = given.encoders[(at + turn) % len(running)]
                found.whole[name].append(running[name].ask("encode", texts)["seconds"])
                each = [running[name].ask("encode", [q])["seconds"] for q in questions]
                found.one[name].append(sum(each) / len(each))
            print(f"turn {turn + 1} of {given.turns}", file=sys.stderr, flush=True)
        for name, process in running.items():
            found.vectors[name] = np.array(process.ask("vectors", texts[:COMPARED])["value"])
            found.peak = max(found.peak, process.ask("peak_operations")["value"])
        if OURS in running:
            found.work = running[OURS].ask("operations", texts)["value"]
            found.about = _about(running[OURS], texts, middle(found.whole[OURS]), found.peak)
    return found


def _rows(found: _Found, texts: Sequence[str], first: Vectors) -> list[Row]:
    whole = {name: middle(times) for name, times in found.whole.items()}
    cosines = {n: float((v * first).sum(axis=1).mean()) for n, v in found.vectors.items()}
    return [
        Row("chunks a second", {n: len(texts) / s for n, s in whole.items()}, "", 1),
        Row("one question, ms", {n: middle(times) for n, times in found.one.items()}, "ms"),
        Row(
            "of the machine's peak in float32",
            {n: found.work / found.peak / s for n, s in whole.items()} if found.work else {},
            "%",
            1,
        ),
        Row("mean cosine to the first", cosines, "", 0),
    ]


def _about(process: Process, texts: list[str], seconds: float, peak: float) -> str:
    """Where the time of the fp32 encoder goes that is not spent at the machine's peak."""
    tokens = process.ask("tokenise", texts)
    spent = process.ask("shares", 8, 256)["value"]
    named = ", ".join(f"{kind} {100 * part:.0f}%" for kind, part in list(spent.items())[:8])
    return (
        f"The machine's peak: {peak / 1e9:,.0f} GFLOP/s in float32, the best of torch's and ONNX "
        f"Runtime's product of two square matrices. Counted are the model's own products, without "
        f"padding.\n{OURS}: {tokens['value']:,} tokens, tokenising is "
        f"{100 * tokens['seconds'] / seconds:.1f}% of the time. Of a batch of 8 texts "
        f"of 256 tokens the graph spends, by operation: {named}."
    )


if __name__ == "__main__":
    sys.exit(main())
