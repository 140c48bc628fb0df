"""Haystack: its splitter, its embedders of sentence-transformers, its in-memory document store.

Its store over FAISS wants a numpy before 2, which nothing else here is measured with.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import TOP, Row, versions


class System:
    def __init__(self, folder: Path, weights: Path) -> None:
        self._folder, self._weights = folder, str(weights)

    def load(self) -> str:
        from haystack.components.preprocessors import DocumentSplitter
        from haystack.utils import ComponentDevice
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )

        cpu = ComponentDevice.from_str("cpu")
        self._splitter = DocumentSplitter()  # 200 words
        self._articles = SentenceTransformersDocumentEmbedder(
            model=self._weights, device=cpu, meta_fields_to_embed=["title"], progress_bar=False
        )
        self._questions = SentenceTransformersTextEmbedder(
            model=self._weights, device=cpu, progress_bar=False
        )
        for part in (self._splitter, self._articles, self._questions):
            part.warm_up()
        return versions("haystack-ai", "sentence-transformers-haystack", "torch")

    def build(self, articles: list[Row]) -> None:
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        self._folder.mkdir()
        self._store = InMemoryDocumentStore()
        self._write(articles)

    def open(self) -> None:
        from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        self._store = InMemoryDocumentStore.load_from_disk(self._place)
        self._retriever = InMemoryEmbeddingRetriever(document_store=self._store, top_k=TOP)

    def search(self, question: str) -> list[str]:
        vector = self._questions.run(text=question)["embedding"]
        return [found.content for found in self._retriever.run(query_embedding=vector)["documents"]]

    def add(self, article: Row) -> None:
        self._write([article])

    def remove(self, article_id: str) -> None:
        only = {"field": "meta.article", "operator": "==", "value": article_id}
        self._store.delete_documents([d.id for d in self._store.filter_documents(only)])
        self._store.save_to_disk(self._place)

    @property
    def _place(self) -> str:
        return str(self._folder / "store.json")

    def _write(self, articles: list[Row]) -> None:
        from haystack import Document

        whole: list[Any] = [
            Document(content=row["text"], meta={"article": row["id"], "title": row["title"]})
            for row in articles
        ]
        split = self._splitter.run(documents=whole)["documents"]
        self._store.write_documents(self._articles.run(documents=split)["documents"])
        self._store.save_to_disk(self._place)
