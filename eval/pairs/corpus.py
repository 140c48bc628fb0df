"""Free texts, as sentences in their order, to make questions of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.chunk import split_sentences

from ..adapters import load_set, read_rows
from ..adapters.seeds import SEEDS, read_folder
from . import held

_MARK = re.compile(
    r"(?P<year>\b(?:1[5-9]|20)\d\d\b)"
    r"|(?P<number>(?<![\w.,])[$£€]?\d[\d,.]*\d?%?(?: (?:million|billion|per cent|percent))?(?!\w))"
    r"|(?P<name>\b[A-Z][\w'’-]+(?: (?:of |the |de |van |von )?[A-Z][\w'’-]+)+)"
    r"|(?P<word>(?<=[a-z,] )[A-Z][a-z'’-]{2,}\b)"
)


@dataclass(frozen=True, slots=True)
class Page:
    """One article's title and sentences."""

    title: str
    sentences: tuple[str, ...]
    held: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A name, a year or a number in a sentence."""

    start: int
    end: int
    kind: str
    text: str


def marks(sentence: str) -> list[Mark]:
    found = (m for m in _MARK.finditer(sentence))
    return [Mark(m.start(), m.end(), str(m.lastgroup), m.group()) for m in found]


def pages(data: Path) -> Iterator[Page]:
    """SQuAD's, TimeQA's and CLAP NQ's articles, WiCE's web pages, and the sample articles."""
    for name in ("squad2", "clapnq", "timeqa"):
        for article in load_set(name, data).articles:
            yield _page(article.title, article.text)
    for article in read_folder(SEEDS):
        yield _page(article.title, article.text)
    for row in read_rows(data / "wice-dev" / "claims.jsonl.gz"):
        lines = [s for s in row["evidence"] if len(s) > 40]
        yield Page("", tuple(lines), held(str(row["meta"]["id"])))


def _page(title: str, text: str) -> Page:
    spans = split_sentences(text, None)
    sentences = (" ".join(text[s.start : s.end].split()) for s in spans)
    return Page(title, tuple(sentences), held(title))
