"""llama-index as its documentation shows it: FaissVectorStore, SentenceSplitter, persisted.

Its splitter's default is 1,024 tokens, of which the encoder reads 256.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import TOP, Row, versions

SOURCES = 3
"""Passages that its citation engine reads, as in its documentation."""


class System:
    def __init__(self, folder: Path, weights: Path) -> None:
        self._folder, self._weights = str(folder), str(weights)

    def load(self) -> str:
        import faiss  # noqa: F401
        import llama_index.core.query_engine
        import llama_index.vector_stores.faiss  # noqa: F401
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self._encoder = HuggingFaceEmbedding(model_name=self._weights, device="cpu")
        return versions("llama-index-core", "torch")

    def build(self, articles: list[Row]) -> None:
        import faiss
        from llama_index.core import StorageContext, VectorStoreIndex
        from llama_index.core.node_parser import SentenceSplitter
        from llama_index.vector_stores.faiss import FaissVectorStore

        dimension = len(self._encoder.get_text_embedding("any"))
        store = FaissVectorStore(faiss_index=faiss.IndexFlatL2(dimension))
        index = VectorStoreIndex.from_documents(
            [_document(row) for row in articles],
            storage_context=StorageContext.from_defaults(vector_store=store),
            transformations=[SentenceSplitter()],
            embed_model=self._encoder,
        )
        index.storage_context.persist(persist_dir=self._folder)

    def open(self) -> None:
        from llama_index.core import StorageContext, load_index_from_storage
        from llama_index.core.query_engine import CitationQueryEngine
        from llama_index.vector_stores.faiss import FaissVectorStore

        store = FaissVectorStore.from_persist_dir(self._folder)
        storage = StorageContext.from_defaults(vector_store=store, persist_dir=self._folder)
        self._index: Any = load_index_from_storage(storage, embed_model=self._encoder)
        self._retriever = self._index.as_retriever(similarity_top_k=TOP)
        self._engine = CitationQueryEngine.from_args(
            self._index, llm=_instant(), similarity_top_k=SOURCES
        )

    def search(self, question: str) -> list[str]:
        return [found.node.get_content() for found in self._retriever.retrieve(question)]

    def add(self, article: Row) -> None:
        self._index.insert(_document(article))
        self._index.storage_context.persist(persist_dir=self._folder)

    def remove(self, article_id: str) -> None:
        self._index.delete_ref_doc(article_id, delete_from_docstore=True)
        self._index.storage_context.persist(persist_dir=self._folder)

    def answer(self, question: str) -> str:
        return str(self._engine.query(question))


def _document(row: Row) -> Any:
    from llama_index.core import Document

    return Document(text=row["text"], doc_id=row["id"], metadata={"title": row["title"]})


def _instant() -> Any:
    """A model that repeats the first sentence of the first source."""
    from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata

    class Instant(CustomLLM):
        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(context_window=16_000, model_name="instant")

        def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
            shown = prompt.rpartition("\n------\nQuery: ")[0].rpartition("Source 1:\n")[2]
            return CompletionResponse(text=f"{shown.partition('. ')[0].strip()} [1].")

        def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> Any:
            yield self.complete(prompt)

    return Instant()
