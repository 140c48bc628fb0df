"""Footnote's index: articles kept, found and forgotten. Knows nothing of questions or models."""

from typing import TYPE_CHECKING, Any

from .errors import FootnoteError
from .types import Article, Chunk, Encoder, Entailer, Filters, Hit, Reranker, Span

if TYPE_CHECKING:
    from .store import Index

__all__ = [
    "Article",
    "Chunk",
    "Encoder",
    "Entailer",
    "Filters",
    "FootnoteError",
    "Hit",
    "Index",
    "Reranker",
    "Span",
]


def __getattr__(name: str) -> Any:
    """`Index` with all it stands on is loaded when asked for: a process that reads needs none."""
    if name == "Index":
        from .store import Index

        return Index
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
