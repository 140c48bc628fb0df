"""txtai: an embeddings database with content, saved whole after every change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import TOP, Row, pieces, versions

MOST = 10_000
"""Passages of one article that are looked for when it is removed."""


class System:
    def __init__(self, folder: Path, weights: Path) -> None:
        self._folder, self._weights = str(folder), str(weights)
        self._loaded: dict[str, Any] = {}
        """Its cache of encoders: an index that is opened loads none anew."""

    def load(self) -> str:
        from txtai import Embeddings

        self._embeddings = Embeddings(path=self._weights, content=True, models=self._loaded)
        return versions("txtai", "torch")

    def build(self, articles: list[Row]) -> None:
        self._embeddings.index(passage for row in articles for passage in _passages(row))
        self._embeddings.save(self._folder)

    def open(self) -> None:
        self._embeddings.load(self._folder)

    def search(self, question: str) -> list[str]:
        return [_body(found["text"]) for found in self._embeddings.search(question, TOP)]

    def add(self, article: Row) -> None:
        self._embeddings.upsert(_passages(article))
        self._embeddings.save(self._folder)

    def remove(self, article_id: str) -> None:
        query = f"select id from txtai where id like '{article_id}:%'"
        self._embeddings.delete([row["id"] for row in self._embeddings.search(query, MOST)])
        self._embeddings.save(self._folder)


def _passages(row: Row) -> Iterator[tuple[str, str, None]]:
    for number, piece in enumerate(pieces(row["text"])):
        yield f"{row['id']}:{number}", f"{row['title']}\n{piece}", None


def _body(passage: str) -> str:
    return passage.partition("\n")[2]
