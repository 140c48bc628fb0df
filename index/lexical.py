"""BM25 over chunks: tantivy, derived from the database.

A query is built from analysed terms, never from a query string: no sign a person types is an
operator. One analyser serves text and query: lower case, ASCII folding, English stems; scripts
without spaces become overlapping pairs of characters.
"""

from __future__ import annotations

import math
import re
import shutil
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .catalogue import Selection, day_bounds, language_names
from .database import Database, Rows, StoredChunk
from .files import digest, may_write

if TYPE_CHECKING:
    import tantivy

MAX_TERMS = 64
"""Different terms of a query that count; a question has ten, a pasted page has thousands."""

K1, B = 1.2, 0.75
"""BM25's constants, as tantivy has them fixed."""

# Thai, Lao, Tibetan, Myanmar, Khmer, kana, Han: written without spaces between words.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+"
)
_WRITER_BYTES = 50_000_000

_MONTHS = {
    name[:3].lower(): name
    for name in (
        "January February March April June July August September October November December"
    ).split()
}
_MONTH = re.compile(
    r"\b(jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?(?=,? \d)|(?<=\d )"
    r"(jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?",
    re.IGNORECASE,
)


def analyse(text: str) -> list[str]:
    """The terms of a text as they are indexed, in order."""
    terms: list[str] = _analyser().analyze(_prepared(text))
    return terms


@cache
def _analyser() -> tantivy.TextAnalyzer:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(64))
    builder = builder.filter(Filter.lowercase()).filter(Filter.ascii_fold())
    return builder.filter(Filter.stemmer("english")).build()


def _prepared(text: str) -> str:
    """What the tokenizer cannot do: Feb. 27 is 27 February, and unspaced scripts get pairs.

    An accent written as a sign of its own would part a word; Turkish I with a dot is an I.
    """
    text = unicodedata.normalize("NFC", text).replace("\u0130", "I").replace("\u0307", "")
    text = _MONTH.sub(lambda short: _MONTHS[short.group()[:3].lower()], text)
    return _UNSPACED.sub(lambda run: f" {_pairs(run.group())} ", text)


def _pairs(run: str) -> str:
    return " ".join(a + b for a, b in pairwise(run)) or run


@cache
def _schema() -> tantivy.Schema:
    from tantivy import SchemaBuilder

    builder = SchemaBuilder()
    for name in ("row", "article", "published"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in ("source", "language"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("body", tokenizer_name="footnote", index_option="freq")
    return builder.build()


def searchable(chunk: StoredChunk) -> str:
    """What a chunk is found by: its article's title as well as its text."""
    return f"{chunk.title}\n{chunk.text}"


def open_folder(folder: Path) -> tantivy.Index:
    """The tantivy index in a folder, empty if there was none. Raises ValueError when damaged."""
    from tantivy import Index

    folder.mkdir(exist_ok=True)
    index = Index(_schema(), path=str(folder))
    index.config_reader("manual")  # else a thread looks twice a second whether others commit
    index.register_tokenizer("footnote", _analyser())
    return index


@contextmanager
def openable(folder: Path) -> Iterator[Path]:
    """A folder, or where it may not be written to one of links to its files, for one block.

    tantivy makes a lock to read as well. What it has opened stays open when the links are gone.
    Until it is told not to (`open_folder`) it watches them, and may make that lock once more while
    they go: then the folder stays behind. Raises OSError where no temporary folder can be made.
    """
    if may_write(folder / ".tantivy-meta.lock"):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="footnote-", ignore_cleanup_errors=True) as place:
        for path in folder.iterdir():
            if not path.name.startswith("."):
                Path(place, path.name).symlink_to(path.absolute())
        yield Path(place)


CHANGING = "meta.json"
"""The one file that tantivy writes again under its name; all others it writes once."""


def digests(folder: Path, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """The hashes of the files that a search reads. Raises OSError when one cannot be read.

    known:  hashes of files that are not read again: they are written once.
    """
    # Names with a dot are the writer's own: locks, and a list of files to clear away.
    names = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    known = {n: h for n, h in (known or {}).items() if n != CHANGING}
    return {name: known.get(name) or digest(folder / name) for name in names}


def erase(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def update(
    index: tantivy.Index, chunks: Iterable[StoredChunk], removed: Rows, last_row: int = 0
) -> None:
    """Take in chunks, whose rows come after `last_row`, and take rows out.

    Doing the same twice is doing it once.
    """
    from tantivy import FieldType, Query

    writer = index.writer(_WRITER_BYTES, 1)
    if len(removed):
        gone = Query.term_set_query(_schema(), "row", removed.tolist())
        writer.delete_documents_by_query(gone)
    # An update that was cut short may have put them in.
    again = Query.range_query(_schema(), "row", FieldType.Unsigned, last_row + 1, None)
    writer.delete_documents_by_query(again)
    for chunk in chunks:
        writer.add_document(_document(chunk))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()


def _document(chunk: StoredChunk) -> tantivy.Document:
    from tantivy import Document

    document = Document()
    document.add_unsigned("row", chunk.row)
    document.add_unsigned("article", chunk.article)
    if chunk.published is not None:
        document.add_unsigned("published", chunk.published)
    if chunk.source is not None:
        document.add_text("source", chunk.source)
    for name in language_names(chunk.language):
        document.add_text("language", name)
    document.add_text("body", _prepared(searchable(chunk)))
    return document


@dataclass(frozen=True)
class Lexical:
    """One version of the word index, ready to search.

    searcher:  tantivy's view of the files, or None where there are none.
    removed:   rows that the files still hold and that are gone by now.
    tail:      terms of the chunks that the files do not hold yet: row -> (article row, counts).
    """

    searcher: Any = None
    removed: frozenset[int] = frozenset()
    tail: dict[int, tuple[int, Counter[str]]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.tail) + (self.searcher.num_docs if self.searcher else 0)

    def idf(self, term: str) -> float:
        """BM25's weight of an analysed term: ln(1 + (N - n + 0.5) / (n + 0.5))."""
        holding = self.holding(term)
        # Removed chunks may still be counted in the files: hold n within N.
        total = max(self.size, holding)
        return math.log(1 + (total - holding + 0.5) / (holding + 0.5))

    def holding(self, term: str) -> int:
        """How many chunks hold an analysed term; just removed ones may be counted still."""
        found = self.searcher.doc_freq("body", term) if self.searcher else 0
        return int(found) + sum(term in counts for _, counts in self.tail.values())

    def search(
        self, query: str, k: int, selection: Selection | None = None
    ) -> list[tuple[int, float]]:
        """The k chunk rows with the highest BM25 score, best first; none for no known word."""
        terms = list(dict.fromkeys(analyse(query)))[:MAX_TERMS]
        if not terms or (selection is not None and not len(selection.articles)):
            return []
        found = dict(self._search_files(terms, k + len(self.removed), selection))
        found.update(self._search_tail(terms, selection))
        return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:k]

    def _search_files(
        self, terms: list[str], k: int, selection: Selection | None
    ) -> list[tuple[int, float]]:
        from tantivy import Occur, Query

        if not self.searcher:
            return []
        query = Query.boolean_query(
            [(Occur.Should, Query.term_query(_schema(), "body", term, "freq")) for term in terms]
        )
        if selection is not None:
            only = [(Occur.Must, Query.const_score_query(q, 0.0)) for q in _filters(selection)]
            query = Query.boolean_query([(Occur.Must, query), *only])
        hits = self.searcher.search(query, k, count=False).hits
        rows = self.searcher.fast_field_values("row", [address for _, address in hits])
        pairs = [(row, score) for row, (score, _) in zip(rows, hits, strict=True)]
        return [(row, score) for row, score in pairs if row not in self.removed]

    def _search_tail(
        self, terms: list[str], selection: Selection | None
    ) -> Iterable[tuple[int, float]]:
        if not self.tail:
            return
        allowed = None if selection is None else set(selection.articles.tolist())
        weights = {term: self.idf(term) for term in terms}
        mean = sum(counts.total() for _, counts in self.tail.values()) / len(self.tail)
        for row, (article, counts) in self.tail.items():
            norm = K1 * (1 - B + B * counts.total() / mean)
            score = sum(
                weight * counts[term] * (K1 + 1) / (counts[term] + norm)
                for term, weight in weights.items()
                if term in counts
            )
            if score > 0 and (allowed is None or article in allowed):
                yield row, score


def _filters(selection: Selection) -> Iterator[tantivy.Query]:
    """What must hold of a chunk, as tantivy's own queries."""
    from tantivy import FieldType, Query

    asked = selection.filters
    if bounds := day_bounds(asked):
        yield Query.range_query(_schema(), "published", FieldType.Unsigned, *bounds)
    if asked.sources is not None:
        yield Query.term_set_query(_schema(), "source", list(asked.sources))
    if asked.language is not None:
        name = asked.language.lower().replace("_", "-")
        yield Query.term_query(_schema(), "language", name, "basic")
    if asked.article_ids is not None:
        yield Query.term_set_query(_schema(), "article", selection.articles.tolist())


def catch_up(
    searcher: Any, last_row: int, version: int, database: Database, before: Lexical | None = None
) -> Lexical:
    """Files that cover rows to `last_row` and removals to `version`, with all that is newer.

    `before` is the same of an earlier version, and spares analysing its tail again. Call inside
    the snapshot that will be searched.
    """
    removed = frozenset(database.removed_since(version).tolist())
    tail = {r: t for r, t in before.tail.items() if r not in removed} if before else {}
    for chunk in database.chunks_after(max([last_row, *before.tail]) if before else last_row):
        tail[chunk.row] = chunk.article, Counter(analyse(searchable(chunk)))
    return Lexical(searcher, frozenset(r for r in removed if r <= last_row), tail)
