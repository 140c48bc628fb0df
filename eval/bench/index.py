"""python -m eval.bench.index: what an index of 10,000, 100,000 and a million chunks costs.

The articles are those of a set, told again with other words, until there are enough; their
vectors are the set's own, jittered. Nothing is embedded but the questions, so that what is timed
is the index: splitting, storing, both halves' files, searching. Figures are reported; nothing
here passes or fails.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np

from index.database import Database
from index.embed import default_encoder
from index.readers import make_article
from index.store import Index
from index.types import Article, Filters, Vectors

from ..adapters import SETS, load_set
from ..dataset import EvalSet
from ..run import build_index

SIZES = (10_000, 100_000, 1_000_000)
QUESTIONS = 100
OTHER_WORDS = 0.2
"""Share of an article's words that are others in each retelling: fewer would be a near-copy."""
JITTER = 0.35
"""Length of the noise that is added to a unit vector."""
OUTLETS = 50
FIRST_DAY = date(2015, 1, 1)
DAYS = 3_650
REMOVED = 20
"""One article in so many is removed before recall is measured."""

FILTERS: dict[str, Filters | None] = {
    "no filter": None,
    "half of the days": Filters(published_after=FIRST_DAY + timedelta(days=DAYS // 2)),
    "one outlet of 50": Filters(sources=("Outlet 7",)),
}


class Jittered:
    """An encoder that knows some questions, and gives any other text a jittered stored vector."""

    fingerprint = "bench/jittered"

    def __init__(self, base: Vectors, questions: dict[str, Vectors], seed: int) -> None:
        self._base = base
        self._questions = questions
        self._chance = np.random.default_rng(seed)

    @property
    def dimension(self) -> int:
        return self._base.shape[1]

    def encode(self, texts: list[str]) -> Vectors:
        if len(texts) == 1 and texts[0] in self._questions:
            return self._questions[texts[0]][None]
        shape = len(texts), self.dimension
        noise = self._chance.standard_normal(shape, np.float32) * (JITTER / self.dimension**0.5)
        found = self._base[self._chance.integers(0, len(self._base), len(texts))] + noise
        unit: Vectors = found / np.linalg.norm(found, axis=1, keepdims=True)
        return unit


def retold(articles: Sequence[Article]) -> Iterator[Article]:
    """The articles again and again without an end, a fifth of the words others each time."""
    words = [word for article in articles for word in article.text.split()]
    for number in count():
        chance = random.Random(number)
        article = articles[number % len(articles)]
        pieces = article.text.split(" ")
        for place in range(len(pieces)):
            if chance.random() < OTHER_WORDS:
                pieces[place] = words[chance.randrange(len(words))]
        yield make_article(
            article.title,
            " ".join(pieces),
            source=f"Outlet {number % OUTLETS}",
            published=FIRST_DAY + timedelta(days=chance.randrange(DAYS)),
            key=f"bench {number}",
        )


def main() -> int:
    options = _options()
    if options.probe:
        print(json.dumps(_probe(options.folder)))
        return 0
    eval_set = load_set(options.set, options.data)
    encoder = prepare(eval_set, options.folder)
    print(f"{len(eval_set.articles)} articles of {eval_set.name}, {encoder.dimension} dimensions\n")
    rows, seconds, stream = [], 0.0, retold(eval_set.articles)
    for size in options.sizes:
        seconds += grow(stream, encoder, options.folder, size)
        rows.append({"seconds to build": seconds, **_measure(options.folder, encoder, stream)})
        print({k: _cell(v) for k, v in rows[-1].items()}, file=sys.stderr, flush=True)
    print(_table(rows))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.index", description=__doc__)
    parser.add_argument("--set", choices=SETS, default="seeds")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where the set's data lies")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="CHUNKS")
    parser.add_argument("--folder", type=Path, default=Path(".footnote") / "bench-index")
    parser.add_argument("--probe", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def prepare(eval_set: EvalSet, folder: Path) -> Jittered:
    """The set's vectors and its questions', kept beside the index for the probes."""
    with build_index(eval_set, Path(".footnote") / "eval" / eval_set.name) as index:
        database = Database.open(index.path / "index.sqlite")
        base = np.concatenate([vectors for _, vectors in database.vectors_after(0)])
        database.close()
    questions = [case.question.question for case in eval_set.cases if case.question.answerable]
    chosen = random.Random(0).sample(questions, min(QUESTIONS, len(questions)))
    folder.mkdir(parents=True)
    np.savez(
        folder / "questions.npz",
        base=base,
        texts=np.array(chosen),
        vectors=default_encoder().encode(chosen),
    )
    return _encoder(folder, seed=1)


def _encoder(folder: Path, seed: int) -> Jittered:
    kept = np.load(folder / "questions.npz")
    questions = dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))
    return Jittered(kept["base"], questions, seed)


def grow(stream: Iterator[Article], encoder: Jittered, folder: Path, size: int) -> float:
    """Add articles until there are `size` chunks; returns the seconds that it took."""
    began = time.perf_counter()
    with Index.open(folder / "index", create=True, encoder=encoder) as index:
        counted = Database.open(folder / "index" / "index.sqlite")
        have, chunks = counted.count()
        per_article = chunks / have if have else 10.0
        while chunks < size:
            more = max(1, min(20_000, int((size - chunks) / per_article)))
            index.add(islice(stream, more))
            have, chunks = counted.count()
            per_article = chunks / have
        counted.close()
    return time.perf_counter() - began


def _measure(folder: Path, encoder: Jittered, stream: Iterator[Article]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with Index.open(folder / "index", encoder=encoder) as index:
        database = Database.open(index.path / "index.sqlite")
        articles, chunks = database.count()
        found["chunks"] = chunks
        size = sum(p.stat().st_size for p in (folder / "index").rglob("*") if p.is_file())
        found["bytes on disk a chunk"] = size / chunks
        command = [sys.executable, "-m", "eval.bench.index", "--probe", "--folder", str(folder)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        probed = json.loads(done.stdout)
        found["bytes in memory a chunk"] = probed.pop("resident") / chunks
        found |= probed
        new = list(islice(stream, 10))
        index.search("warm")
        found["add one article"] = _times(lambda n: index.add([new[n]]), 10)
        found["remove one"] = _times(lambda n: index.remove([new[n].id]), 10)
        old = [a.id for a in _some(index.each_article(), articles // REMOVED, REMOVED)]
        index.remove(old)
        found["recall@10 of the dense half"] = _recall(index, database, encoder, folder)
        database.close()
    return found


def _some(articles: Iterator[Article], most: int, step: int) -> Iterator[Article]:
    for number, article in enumerate(articles):
        if number % step == 0 and number // step < most:
            yield article


def _recall(index: Index, database: Database, encoder: Jittered, folder: Path) -> float:
    """Share of the ten nearest chunks, by comparing all, that a dense search gives."""
    kept = np.load(folder / "questions.npz")
    queries = kept["vectors"]
    best: list[list[tuple[float, int]]] = [[] for _ in queries]
    with database.snapshot():
        for rows, vectors in database.vectors_after(0):
            scores = queries @ vectors.T
            for place in range(len(queries)):
                top = np.argpartition(-scores[place], 10)[:10]
                found = zip(scores[place][top].tolist(), rows[top].tolist(), strict=True)
                best[place] = sorted([*best[place], *found], reverse=True)[:10]
    shares = []
    for text, right in zip(kept["texts"].tolist(), best, strict=True):
        hits = {hit.chunk.id for hit in index.search(text, 10, mode="dense")}
        shares.append(len(hits & {row for _, row in right}) / len(right))
    return float(np.mean(shares))


def _probe(folder: Path) -> dict[str, Any]:
    """What a process that opens the index and searches it sees."""
    encoder = _encoder(folder, seed=2)
    _warm_up(folder, encoder)
    texts = np.load(folder / "questions.npz")["texts"].tolist()
    before = _resident()
    began = time.perf_counter()
    with Index.open(folder / "index", encoder=encoder) as index:
        index.search(texts[0])
        found: dict[str, Any] = {"open and first search": [time.perf_counter() - began]}
        for name, filters in FILTERS.items():
            index.search(texts[0], filters=filters)
            search = _times(lambda n, f=filters: index.search(texts[n], 10, f), len(texts))
            found[f"search, {name}"] = search
        found["resident"] = _resident() - before
    return found


def _warm_up(folder: Path, encoder: Jittered) -> None:
    """Load what a search needs: that is the program's memory, and not the index's."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as small,
        Index.open(Path(small), create=True, encoder=encoder) as index,
    ):
        index.add([make_article("Warm", "A ferry left.", key="warm")])
        index.search("ferry")


def _resident() -> int:
    """Bytes of this process in memory, files that it maps included (Linux)."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(next(li.split()[1] for li in status.splitlines() if li.startswith("VmRSS")))


def _times(work: Callable[[int], object], repeated: int) -> list[float]:
    times = []
    for number in range(repeated):
        began = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - began)
    return times


def _table(rows: Sequence[dict[str, Any]]) -> str:
    lines = [["", *(f"{row['chunks']:,} chunks" for row in rows)], ["---", *["---:"] * len(rows)]]
    for name in (name for name in rows[0] if name != "chunks"):
        lines.append([name, *(_cell(row[name]) for row in rows)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: float | list[float]) -> str:
    """A number, or median / 95th percentile / most of some times."""
    if not isinstance(value, list):
        return f"{value:,.3f}" if value <= 1 else f"{value:,.0f}"
    if len(value) == 1:
        return f"{value[0]:.2f} s"
    middle, high, most = (1_000 * float(x) for x in np.percentile(value, [50, 95, 100]))
    return f"{middle:.1f} / {high:.1f} / {most:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
