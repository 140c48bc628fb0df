"""An article's text into sentences, and sentences into chunks: exact offsets, no text lost.

Sentences come from sentencex, block by block. A chunk is a run of whole sentences of about
TARGET_TOKENS tokens; neighbours share one sentence, so that no pair of sentences is parted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .types import Span

TARGET_TOKENS = 200
MAX_SENTENCE = 1_000
"""Characters after which a sentence without an end is cut at a space (a table, a word list)."""

_WINDOW = 20_000

# A blank line ends a block; so does a line that starts a list item, a heading or a table row. The
# sign or number of an item has white space behind it: 3.5 and -5 only stand first in their line.
_BLOCK_END = re.compile(r"\n[ \t]*\n\s*|\n(?=[ \t]*(?:[•|#>]|(?:[-*+]|\d{1,3}[.)])\s))")
_WORD = re.compile(r"[぀-ヿ㐀-鿿가-힯]|[^\W぀-ヿ㐀-鿿가-힯]+|[^\w\s]")
_LOWER_START = re.compile(r"[\"'“‘(]*[a-zà-öø-ÿ]")
_HOURS = ("a.m.", "p.m.", "A.M.", "P.M.")
# What tells more of an hour: a weekday that is no subject, a day of a month, a time zone.
_MORE_OF_HOUR = re.compile(
    r"\(?(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b(?!['’]| (?:is|was|will|has|had)\b)"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s\d"
    r"|(?:[ECMP]T|[A-Z]{2,4}T|GMT|UTC)\b)"
)


def split_sentences(text: str, language: str | None = None) -> list[Span]:
    """The sentences of a text, in order, without the white space between them.

    Everything that is not white space is in exactly one of them.
    """
    return [
        piece
        for block in _blocks(text)
        for sentence in _sentences(text, block, language or "en")
        for piece in _cut(text, sentence)
    ]


def chunk_sentences(text: str, sentences: list[Span]) -> list[tuple[Span, ...]]:
    """Runs of whole sentences, about TARGET_TOKENS each, overlapping by one sentence."""
    sizes = [count_tokens(text[s.start : s.end]) for s in sentences]
    chunks: list[tuple[Span, ...]] = []
    first = 0
    while first < len(sentences):
        last, total = first + 1, sizes[first]
        while last < len(sentences) and total + sizes[last] <= TARGET_TOKENS:
            total += sizes[last]
            last += 1
        chunks.append(tuple(sentences[first:last]))
        if last == len(sentences):
            break
        # Overlap only where the shared sentence leaves room for the next one.
        shares = last - first > 1 and sizes[last - 1] + sizes[last] <= TARGET_TOKENS
        first = last - 1 if shares else last
    return chunks


def count_tokens(text: str) -> int:
    """Tokens as a word-piece model counts them, near enough: 1.2 for each word or sign."""
    return round(1.2 * len(_WORD.findall(text)))


def _blocks(text: str) -> Iterator[Span]:
    start = 0
    for end in _BLOCK_END.finditer(text):
        if end.start() > start:
            yield Span(start, end.start())
        start = end.end()
    if start < len(text):
        yield Span(start, len(text))


def _sentences(text: str, block: Span, language: str) -> list[Span]:
    """The sentences of one block; what goes on with the one before is joined to it."""
    found: list[Span] = []
    for part in _boundaries(text, block, language):
        span = _trimmed(text, part.start, part.end)
        if span is None:
            continue
        if found and _goes_on(text, found[-1], span):
            found[-1] = Span(found[-1].start, span.end)
        else:
            found.append(span)
    return found


def _goes_on(text: str, before: Span, span: Span) -> bool:
    """Whether a sentence begins in lower case, or with the rest of an hour: 5 p.m. Thursday."""
    if _LOWER_START.match(text, span.start, span.end):
        return True
    hour = text.endswith(_HOURS, before.start, before.end)
    return hour and _MORE_OF_HOUR.match(text, span.start, span.end) is not None


def _boundaries(text: str, block: Span, language: str) -> Iterator[Span]:
    """What sentencex finds, window by window: a long line of Chinese takes it quadratic time."""
    import sentencex

    start = block.start
    while start < block.end:
        end = min(start + _WINDOW, block.end)
        parts = [
            Span(start + part["start_index"], start + part["end_index"])
            for part in sentencex.get_sentence_boundaries(language, text[start:end])
        ]
        if end < block.end and len(parts) > 1:
            end = parts.pop().start  # the last one may go on beyond the window
        yield from parts
        start = end


def _trimmed(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if end > start else None


def _cut(text: str, sentence: Span) -> Iterator[Span]:
    """A sentence as it is, or one far too long in pieces that end at a space where there is one."""
    start = sentence.start
    while sentence.end - start > MAX_SENTENCE:
        space = text.rfind(" ", start + MAX_SENTENCE // 2, start + MAX_SENTENCE)
        end = space if space > 0 else start + MAX_SENTENCE
        piece = _trimmed(text, start, end)
        if piece is not None:
            yield piece
        start = end
    rest = _trimmed(text, start, sentence.end)
    if rest is not None:
        yield rest
