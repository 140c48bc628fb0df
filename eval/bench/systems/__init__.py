"""Footnote and others, each a module with a class System that does the same few things.

Only `footnote` imports anything of ours: the others run in an environment of their own
(`requirements.txt`), each in a process of its own (`eval.bench.worker`), as their documentation
shows them, with the weights, the threads and the articles that Footnote has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, TypedDict

SYSTEMS = ("footnote", "llama_index", "txtai", "haystack", "chroma")

TOP = 10
"""Passages that a search gives."""

WORDS = 200
"""Words of a passage for those that bring no splitter: about what the encoder reads."""


class Row(TypedDict):
    """An article, as it is handed to every system."""

    id: str
    title: str
    text: str


class System(Protocol):
    """`System(folder, weights)` keeps its index in `folder`; nothing is imported before `load`.

    A system that answers with citations has `answer(question)` too, with a model that answers at
    once: it repeats the first sentence of what it is shown, and cites it.
    """

    def __init__(self, folder: Path, weights: Path) -> None: ...

    def load(self) -> str:
        """Import what is needed and load the encoder; the packages with their versions."""

    def build(self, articles: list[Row]) -> None:
        """Make the index, and leave it on disk."""

    def open(self) -> None:
        """The index from the disk."""

    def search(self, question: str) -> list[str]:
        """The texts of the TOP best passages, best first."""

    def add(self, article: Row) -> None:
        """One article more, on disk too when this returns."""

    def remove(self, article_id: str) -> None:
        """One article less, on disk too. Raises NotImplementedError where it cannot be done."""


def pieces(text: str) -> list[str]:
    """A text in runs of WORDS words."""
    words = text.split()
    return [" ".join(words[at : at + WORDS]) for at in range(0, len(words), WORDS)]


def versions(*packages: str) -> str:
    """The packages, each with its version."""
    from importlib.metadata import version

    return ", ".join(f"{package} {version(package)}" for package in packages)
