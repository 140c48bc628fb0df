"""Footnote's index: articles kept, found and forgotten. Knows nothing of questions or models."""

from .errors import FootnoteError
from .store import Index
from .types import Article, Chunk, Encoder, Filters, Hit, Reranker, Span

__all__ = [
    "Article",
    "Chunk",
    "Encoder",
    "Filters",
    "FootnoteError",
    "Hit",
    "Index",
    "Reranker",
    "Span",
]
