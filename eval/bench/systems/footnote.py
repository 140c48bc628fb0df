"""Footnote: its index, and its answerer with a model that answers at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from index.embed import default_encoder
from index.readers import make_article
from index.store import Index
from index.types import Article
from qa.answerer import Answerer

from . import TOP, Row, versions


class Instant:
    """A model that repeats the first sentence of the evidence."""

    name = "instant"
    context_tokens = 16_000

    def __init__(self) -> None:
        self.usage: dict[str, int] = {}

    def stream(self, system: str, user: str) -> Iterator[str]:
        found = re.search(r"^\[(\d+)\] (.*)$", user, re.MULTILINE)
        yield f"{found[2].rstrip('. ')} [{found[1]}]." if found else "I cannot say."


class System:
    def __init__(self, folder: Path, weights: Path) -> None:
        self._folder = folder

    def load(self) -> str:
        self._encoder = default_encoder()  # of the same weights, which are in our package
        return versions("footnote-qa", "onnxruntime")

    def build(self, articles: list[Row]) -> None:
        with Index.open(self._folder, create=True, encoder=self._encoder) as index:
            index.add(_article(row) for row in articles)

    def open(self) -> None:
        self._index = Index.open(self._folder, encoder=self._encoder)
        self._answerer = Answerer(self._index, Instant())

    def search(self, question: str) -> list[str]:
        return [hit.text for hit in self._index.search(question, TOP)]

    def add(self, article: Row) -> None:
        self._index.add([_article(article)])

    def remove(self, article_id: str) -> None:
        self._index.remove([_article_id(article_id)])

    def answer(self, question: str) -> str:
        return self._answerer.ask(question).text


def _article(row: Row) -> Article:
    return make_article(row["title"], row["text"], key=row["id"])


def _article_id(key: str) -> str:
    return make_article("", "any", key=key).id
