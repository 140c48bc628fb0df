"""chromadb: a persistent collection that embeds with sentence-transformers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import TOP, Row, pieces, versions


class System:
    def __init__(self, folder: Path, weights: Path) -> None:
        self._folder, self._weights = str(folder), str(weights)

    def load(self) -> str:
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

        self._encoder: Any = SentenceTransformerEmbeddingFunction(self._weights, device="cpu")
        return versions("chromadb", "torch")

    def build(self, articles: list[Row]) -> None:
        self.open()
        passages = [passage for row in articles for passage in _passages(row)]
        for at in range(0, len(passages), self._most):
            self._add(passages[at : at + self._most])

    def open(self) -> None:
        import chromadb

        silent = chromadb.Settings(anonymized_telemetry=False)
        client = chromadb.PersistentClient(self._folder, settings=silent)
        self._most = client.get_max_batch_size()
        self._collection = client.get_or_create_collection(
            "articles", embedding_function=self._encoder
        )

    def search(self, question: str) -> list[str]:
        found = self._collection.query(query_texts=[question], n_results=TOP)
        return [passage.partition("\n")[2] for passage in found["documents"][0]]

    def add(self, article: Row) -> None:
        self._add(list(_passages(article)))

    def remove(self, article_id: str) -> None:
        self._collection.delete(where={"article": article_id})

    def _add(self, passages: list[tuple[str, str, str]]) -> None:
        self._collection.add(
            ids=[name for name, _, _ in passages],
            documents=[text for _, text, _ in passages],
            metadatas=[{"article": article} for _, _, article in passages],
        )


def _passages(row: Row) -> Iterator[tuple[str, str, str]]:
    for number, piece in enumerate(pieces(row["text"])):
        yield f"{row['id']}:{number}", f"{row['title']}\n{piece}", row["id"]
