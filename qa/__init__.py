"""Footnote: questions in, checked and cited answers out."""

from typing import TYPE_CHECKING

from .types import Answer, Citation, Claim, Conflict, Passage, Verdict

__all__ = ["Answer", "Answerer", "Citation", "Claim", "Conflict", "Passage", "Verdict", "answer"]

if TYPE_CHECKING:
    from .answerer import Answerer, answer
else:

    def __getattr__(name: str) -> object:
        """What answers is loaded when asked for: the command `qa` is first ready for Ctrl-C."""
        if name in ("Answerer", "answer"):
            from . import answerer

            return getattr(answerer, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
