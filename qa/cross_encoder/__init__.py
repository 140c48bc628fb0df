"""A cross-encoder of our own: does this sentence answer, does this text carry the claim."""

from .reader import MODEL, Reader, packaged

__all__ = ["MODEL", "Reader", "packaged"]
