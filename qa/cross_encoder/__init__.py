"""A cross-encoder of our own: does this sentence answer, does this text carry the claim."""

from .reader import Reader, packaged

__all__ = ["Reader", "packaged"]
