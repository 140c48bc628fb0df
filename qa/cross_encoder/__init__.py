"""A cross-encoder of our own: does this sentence answer the question, and where in it."""

from .reader import MODEL, Reader, packaged

__all__ = ["MODEL", "Reader", "packaged"]
