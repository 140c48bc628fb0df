"""Where in a text a quote that is not in it may have been copied from."""

from __future__ import annotations

from difflib import SequenceMatcher

from index.chunk import split_sentences
from index.types import Span

ALIKE = 0.3
"""Share of words, in order, that a sentence must have in common with the quote."""


def nearest(text: str, quote: str) -> Span | None:
    """The run of sentences most like a quote, of as many sentences; None when none is like it.

    Likeness is 2M/T: M words of the longest common blocks, T words of both (difflib's ratio).
    """
    sentences = split_sentences(text)
    count = min(max(1, len(split_sentences(quote))), len(sentences))
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(quote.casefold().split())
    best, likeness = None, ALIKE
    for first, last in zip(sentences, sentences[count - 1 :], strict=False):
        matcher.set_seq1(text[first.start : last.end].casefold().split())
        # The upper bound is cheap, and tells of nearly every sentence that it is not the one.
        if matcher.quick_ratio() > likeness and matcher.ratio() > likeness:
            best, likeness = Span(first.start, last.end), matcher.ratio()
    return best
