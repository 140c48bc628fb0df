"""Footnote: questions in, checked and cited answers out."""

from .answerer import Answerer, answer
from .types import Answer, Citation, Claim, Conflict, Passage, Verdict

__all__ = ["Answer", "Answerer", "Citation", "Claim", "Conflict", "Passage", "Verdict", "answer"]
