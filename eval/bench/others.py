"""Footnote beside llama-index, txtai, Haystack and chromadb: `python -m eval.bench.others`.

The same articles of realtimeqa-2024, the same weights of the encoder, the same threads; every
system in a process of its own, all in one run. Searches, additions, answers and openings go in
turns, question by question, so that what else the machine does meets all of them. A table in
Markdown is printed, with the rows on which Footnote is behind. Figures are reported; nothing here
passes or fails.

The others' packages are those of requirements.txt beside this file, in an environment that
`make bench-others` makes in .footnote/bench-venv (Linux).
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from ..adapters import load_set
from ..dataset import Case
from ..metrics import contains_answer
from ..progress import bar
from .material import Material, as_row, draw, holds, in_files, size_of, stretches, write_rows
from .process import Process
from .systems import SYSTEMS, TOP
from .tables import Figure, Row, behind, high, machine, middle, table

CHARACTERS = 8_000
"""The text that systems with long and with short passages are compared by."""

Seen = dict[str, dict[str, list[float]]]
"""What was measured, by name and system, as often as it was."""

Words = dict[str, dict[str, str]]
"""What was found out, by name and system."""


def main(arguments: Sequence[str] | None = None) -> int:
    given = _options(arguments)
    eval_set = load_set("realtimeqa", given.data)
    material = draw(eval_set, given.articles, given.questions, given.more, given.seed)
    given.folder.mkdir(parents=True, exist_ok=True)
    write_rows(given.folder / "articles.jsonl", material.indexed)
    rows, notes = _measure(given, material)
    titles = given.systems
    print(f"\n{len(material.indexed):,} articles, {len(material.cases)} questions; {machine()}")
    print(*notes, sep="\n", end="\n\n")
    print(table(rows, titles))
    print("\nFootnote is behind on: " + ("; ".join(behind(rows, titles)) or "nothing") + ".")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.others", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="DIR", help="where realtimeqa-2024/ lies")
    parser.add_argument(
        "--python",
        type=Path,
        default=Path(".footnote/bench-venv/bin/python"),
        metavar="FILE",
        help="of the environment that the others are installed in",
    )
    parser.add_argument("--folder", type=Path, default=Path(".footnote/bench-others"))
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS)
    parser.add_argument("--articles", type=int, default=1_000, help="that are indexed")
    parser.add_argument("--questions", type=int, default=400)
    parser.add_argument("--more", type=int, default=10, help="articles that are added, and removed")
    parser.add_argument("--answers", type=int, default=100, help="questions that are answered")
    parser.add_argument("--builds", type=int, default=1, help="times that each index is made")
    parser.add_argument("--openings", type=int, default=5, help="times that each is opened")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    if not given.python.exists():
        parser.error(f"{given.python} is missing (make bench-others makes it, or name another)")
    return given


def _measure(given: argparse.Namespace, material: Material) -> tuple[list[Row], list[str]]:
    """All rows of the table, and what to know about them."""
    bench = _Bench(given, material)
    bench.build(given.builds)
    bench.reopen(given.openings)
    with bench.all_open():
        bench.search()
        bench.answer(material.cases[: given.answers])
        bench.add()
        bench.remove()
    with bench.all_open():
        bench.look_again()
    size = sum(len(a.text.encode()) for a in material.more) / (len(material.more) or 1)
    notes = [f"{name}: {versions}" for name, versions in bench.versions.items()]
    notes.append(f"An article that was added has {size / 1024:.1f} KB of text on average.")
    return bench.rows(), notes


class _Bench:
    """The systems under way, and what has been seen of them."""

    def __init__(self, given: argparse.Namespace, material: Material) -> None:
        self._given = given
        self._material = material
        self._systems: list[str] = list(given.systems)
        self._open: dict[str, Process] = {}
        self._seen: Seen = defaultdict(lambda: defaultdict(list))
        self._words: Words = defaultdict(dict)
        self._removed = material.indexed[: given.more]
        self._wanted = {
            a.id: stretches(a, [o for o in material.indexed if o is not a]) for a in self._removed
        }
        self._before: dict[str, int] = {}
        self.versions: dict[str, str] = {}

    def build(self, times: int) -> None:
        for turn in range(times):
            for name in self._turn(turn):
                shutil.rmtree(self._folder(name), ignore_errors=True)
                with self._process(name) as process:
                    self.versions[name] = process.ask("load")["value"]
                    done = process.ask("build", str(self._given.folder / "articles.jsonl"))
                    self._note("seconds to index", name, done["seconds"])
                    self._note("peak to index", name, process.ask("peak")["value"])
                self._note("size", name, size_of(self._folder(name)))
                print(f"{name}: indexed in {done['seconds']:.1f} s", file=sys.stderr, flush=True)

    def reopen(self, times: int) -> None:
        question = self._material.cases[0].question.question
        for turn in range(times):
            for name in self._turn(turn):
                with self._process(name) as process:
                    process.ask("load")
                    opened, first = process.ask("open"), process.ask("search", question)
                    self._note("start", name, process.age())
                self._note("open", name, opened["seconds"] + first["seconds"])

    def all_open(self) -> ExitStack:
        """Every system at once, in the order of the table; they are closed together."""
        stack = ExitStack()
        for name in self._systems:
            process = stack.enter_context(self._process(name))
            process.ask("load")
            process.ask("open")
            process.ask("search", "Who won?")
            self._open[name] = process
        return stack

    def search(self) -> None:
        for turn, case in enumerate(bar(self._material.cases, "questions")):
            for name in self._turn(turn):
                found = self._open[name].ask("search", case.question.question)
                texts = found["value"][:TOP]
                self._note("search", name, found["seconds"])
                self._note("answer", name, contains_answer_in(texts, case))
                self._note("first", name, contains_answer_in(first_of(texts, CHARACTERS), case))
                self._note("characters", name, sum(map(len, texts)))
        for name, process in self._open.items():
            self._note("peak to search", name, process.ask("peak")["value"])

    def answer(self, cases: Sequence[Case]) -> None:
        answering = [
            name for name in self._systems if self._open[name].ask("can", "answer")["value"]
        ]
        for turn, case in enumerate(cases):
            for name in _rotated(answering, turn):
                done = self._open[name].ask("answer", case.question.question)
                self._note("whole answer", name, done["seconds"])

    def add(self) -> None:
        for turn, article in enumerate(self._material.more):
            for name in self._turn(turn):
                done = self._open[name].ask("add", as_row(article))
                self._note("add", name, done["seconds"])
                self._note("written", name, done["written"])

    def remove(self) -> None:
        self._before = {name: self._still_found(name) for name in self._systems}
        for turn, article in enumerate(self._removed):
            for name in self._turn(turn):
                done = self._open[name].ask("remove", article.id)
                if "refused" in done:
                    self._words["remove"][name] = "cannot"
                else:
                    self._note("remove", name, done["seconds"])
        for name in self._systems:
            self._words["gone"][name] = _gone(self._before[name], self._still_found(name))

    def look_again(self) -> None:
        """Whether what was removed comes back once the index is opened anew."""
        for name in self._systems:
            self._words["gone later"][name] = _gone(self._before[name], self._still_found(name))
            left = sum(in_files(self._folder(name), s) for s in self._wanted.values())
            self._words["erased"][name] = _gone(len(self._removed), left)

    def _still_found(self, name: str) -> int:
        """How many of the articles to be removed a search for their own words gives."""
        return sum(
            any(holds(self._open[name].ask("search", s)["value"], wanted) for s in wanted)
            for wanted in self._wanted.values()
        )

    def rows(self) -> list[Row]:
        return [
            self._row("to index, s", "seconds to index"),
            self._row("on disk, MB", "size", "MB"),
            self._row("most memory while indexing, MB", "peak to index", "MB"),
            self._row("to start again: imports, encoder, index, first search, s", "start"),
            self._row("of that the index and the first search, ms", "open", "ms"),
            self._row("most memory while searching, MB", "peak to search", "MB"),
            self._row("one search, p50, ms", "search", "ms"),
            self._row("one search, p95, ms", "search", "ms", of=high),
            self._row(f"answer in the first {TOP} passages", "answer", "%", 1, _mean),
            self._row(f"answer in their first {CHARACTERS:,} characters", "first", "%", 1, _mean),
            self._row("characters of the passages", "characters", "", 0, _mean),
            self._row("a whole answer, its model instant, p50, ms", "whole answer", "ms"),
            self._row("a whole answer, its model instant, p95, ms", "whole answer", "ms", of=high),
            self._row("to add one article, ms", "add", "ms"),
            self._row("written to add one article, KB", "written", "KB"),
            self._row("to remove one article, ms", "remove", "ms"),
            Row("removed articles are gone from the search", self._words["gone"], good="yes"),
            Row("and still are when it is opened again", self._words["gone later"], good="yes"),
            Row("their text is gone from the files", self._words["erased"], good="yes"),
        ]

    def _row(
        self, title: str, name: str, unit: str = "s", better: int = -1, of: object = middle
    ) -> Row:
        assert callable(of)
        figures: dict[str, Figure] = dict(self._words[name])
        figures |= {system: of(values) for system, values in self._seen[name].items()}
        return Row(title, figures, unit, better)

    def _note(self, name: str, system: str, value: float) -> None:
        self._seen[name][system].append(float(value))

    def _turn(self, number: int) -> Iterable[str]:
        return _rotated(self._systems, number)

    def _folder(self, name: str) -> Path:
        folder: Path = self._given.folder / name
        return folder

    def _process(self, name: str) -> Process:
        python = Path(sys.executable) if name == "footnote" else self._given.python
        return Process(f"systems.{name}:System", python, self._folder(name))


def contains_answer_in(texts: Sequence[str], case: Case) -> bool:
    return any(contains_answer(text, case.question.answers) for text in texts)


def first_of(texts: Iterable[str], characters: int) -> list[str]:
    """The texts up to so many characters in all; the last one is cut."""
    kept, left = [], characters
    for text in texts:
        kept.append(text[:left])
        left -= len(kept[-1])
    return kept


def _rotated(names: Sequence[str], turn: int) -> Iterator[str]:
    """Each name once, another one first at every turn."""
    for at in range(len(names)):
        yield names[(at + turn) % len(names)]


def _gone(before: int, after: int) -> str:
    return "yes" if before and not after else f"{after} of {before} are not" if before else "-"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    sys.exit(main())
