"""The index as a llama-index retriever, for people's own pipelines."""

from __future__ import annotations

from typing import Any

from llama_index.core import QueryBundle
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, TextNode

from index.store import Index
from index.types import Filters, Hit


class IndexRetriever(BaseRetriever):  # type: ignore[misc]  # llama_index is not followed by mypy
    """Hybrid search over an Index: the `k` best passages as nodes, best first.

    A node's id names the article and the stretch; its `start_char_idx` and
    `end_char_idx` are offsets in the article, `article.text[start:end] == node.text`; its metadata
    name the article (article_id, article_version, title, source, published, url, path).
    """

    def __init__(self, index: Index, k: int = 10, filters: Filters | None = None) -> None:
        """Raises ValueError for a `k` below 1."""
        if k < 1:
            raise ValueError(f"k is {k}; it is how many passages are wanted, from 1 up")
        self._index = index
        self._k = k
        self._filters = filters
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._index.search(query_bundle.query_str, self._k, self._filters)
        return [NodeWithScore(node=_node(hit), score=hit.score) for hit in hits]


def _node(hit: Hit) -> TextNode:
    article, chunk = hit.article, hit.chunk
    metadata: dict[str, Any] = {
        "article_id": article.id,
        "article_version": article.version,
        "title": article.title,
        "source": article.source,
        "published": article.published.isoformat() if article.published else None,
        "url": article.url,
        "path": article.path,
    }
    hidden = ["article_id", "article_version", "path"]
    return TextNode(
        id_=f"{article.id}:{chunk.start}-{chunk.end}",
        text=hit.text,
        start_char_idx=chunk.start,
        end_char_idx=chunk.end,
        metadata=metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
    )
