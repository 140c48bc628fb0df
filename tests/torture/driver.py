"""What is tortured: a small index on vectors made of words, three operations, and their truth.

Nothing here imports a test framework or a model: a trial is a fork of a process that has imported
this and opened no index.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from index import lexical
from index.chunk import chunk_sentences, split_sentences
from index.errors import IndexMissing
from index.readers import make_article
from index.search import fuse
from index.store import Index, Mode
from index.types import Article, Hit, Vectors

Told = Callable[[str], None]
Key = tuple[str, int, int]
"""A chunk by its article's id, its start and its end."""

QUERIES = ("harbour market", "mark3x0 mark3x1 mark7x0 mark40x0", "unheard")
ALL = 200
"""More than there are chunks."""


class WordVectors:
    """The sum of a text's words, each a direction that its hash gives."""

    fingerprint = "torture/words-16"
    dimension = 16

    def encode(self, texts: list[str]) -> Vectors:
        found = np.array([sum(map(_direction, _words(text)), _NOTHING) for text in texts])
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


@cache
def _direction(word: str) -> Any:
    return np.frombuffer(hashlib.sha256(word.encode()).digest(), "<u2") / 65535 - 0.5


_NOTHING = np.full(16, 1e-6)


def story(number: int, edition: int = 0) -> Article:
    """An article of one chunk, each fifth of two, with a word that no other one holds."""
    places = ("harbour", "market", "bridge", "school", "station")
    place, other = places[number % 5], places[(number // 5) % 5]
    lines = [
        f"The mark{number}x{edition} ferry left the {place} at dawn on day {number}.",
        f"Nobody saw it pass the {other} before noon.",
    ]
    if number % 5 == 0:
        lines += [_sentence(number, n) for n in range(15)]
    return make_article(f"Story {number}", "\n\n".join(lines), key=f"story{number}")


def _sentence(number: int, line: int) -> str:
    """Words that no other sentence has: near-copies of each other would be merged."""
    words = hashlib.sha256(f"{number} {line}".encode()).digest().hex(" ", 4)
    return f"Then {words} came."


@dataclass(frozen=True)
class Operation:
    """Something that is done to an index, with what it holds before and after."""

    name: str
    before: tuple[Article, ...] | None
    after: tuple[Article, ...]
    act: Callable[[Index, Told], object] = field(compare=False)


OLD, BASE = story(3), (*(story(n) for n in range(24) if n != 3), story(3, 1))
_NEW = tuple(story(n) for n in range(40, 44))
_EDITED = (story(7, 2),)
_GONE = tuple(a for a in BASE if a.title in ("Story 1", "Story 5", "Story 3", "Story 20"))


def _added(articles: Iterable[Article]) -> Callable[[Index, Told], object]:
    def act(index: Index, told: Told) -> object:
        return index.add(articles, lambda article, _: told(article.title))

    return act


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("add", BASE, (*BASE, *_NEW), _added(_NEW)),
        Operation(
            "update",
            BASE,
            (*(a for a in BASE if a.id != _EDITED[0].id), *_EDITED),
            _added(_EDITED),
        ),
        Operation(
            "remove",
            BASE,
            tuple(a for a in BASE if a not in _GONE),
            lambda index, _: index.remove([a.id for a in _GONE]),
        ),
        Operation("create", None, _NEW, _added(_NEW)),
    )
}


def prepare() -> None:
    """Work out every state's truth, so that forks of this process find it there."""
    for operation in OPERATIONS.values():
        for articles in (operation.before, operation.after):
            truth(articles or ())


def opened(folder: Path, create: bool = False) -> Index:
    return Index.open(folder, create=create, encoder=WordVectors())


def build(folder: Path) -> None:
    """The index that the operations start from: seven commits, so that an eighth one merges."""
    with opened(folder, create=True) as index:
        index.add([OLD, *BASE[:18]])
        for n in range(18, 24):
            index.add(BASE[n : n + 1])


# What is right


@dataclass(frozen=True)
class Truth:
    """What an index of these articles must show: found by brute force, without an index.

    texts:   what is embedded, and searched for words, of each chunk.
    dense:   for each query, the cosine of each chunk.
    lexical: for each query, the chunks that hold a word of it.
    """

    articles: dict[str, Article]
    texts: dict[Key, str]
    dense: dict[str, dict[Key, float]]
    lexical: dict[str, list[Key]]


@cache
def truth(articles: tuple[Article, ...]) -> Truth:
    texts = {
        (article.id, own[0].start, own[-1].end): (
            f"{article.title}\n{article.text[own[0].start : own[-1].end]}"
        )
        for article in articles
        for own in chunk_sentences(article.text, split_sentences(article.text))
    }
    encoder = WordVectors()
    vectors = encoder.encode(list(texts.values())) if texts else np.zeros((0, 16))
    cosines = {query: vectors @ encoder.encode([query])[0] for query in QUERIES}
    words = {key: set(_words(text)) for key, text in texts.items()}
    return Truth(
        {article.id: article for article in articles},
        texts,
        {query: dict(zip(texts, found.tolist(), strict=True)) for query, found in cosines.items()},
        {q: sorted(k for k in texts if words[k] & set(_words(q))) for q in QUERIES},
    )


def wrongs(index: Index, articles: tuple[Article, ...] | None) -> list[str]:
    """Where what an index shows is not what these articles alone would show."""
    right = truth(articles or ())
    if {article.id: article for article in index.articles()} != right.articles:
        return ["its articles are others"]
    return [wrong for query in QUERIES for wrong in _search_wrongs(index, query, right)]


def _search_wrongs(index: Index, query: str, right: Truth) -> Iterator[str]:
    modes: tuple[Mode, ...] = ("dense", "lexical", "hybrid")
    found = {mode: index.search(query, ALL, mode=mode) for mode in modes}
    keys = {mode: list(map(_key, hits)) for mode, hits in found.items()}
    if any(right.articles.get(h.article.id) != h.article for of in found.values() for h in of):
        yield f"{query}: a hit shows an article as it is not"
    if not _nearest(right.dense[query], found["dense"]):
        yield f"{query}: dense finds {keys['dense']}"
    if sorted(keys["lexical"]) != right.lexical[query]:
        yield f"{query}: lexical finds {keys['lexical']} and not {right.lexical[query]}"
    rankings = [[hit.chunk.id for hit in found[mode]] for mode in ("dense", "lexical")]
    if [hit.chunk.id for hit in found["hybrid"]] != list(fuse(rankings)):
        yield f"{query}: hybrid finds {keys['hybrid']}"


def _nearest(right: dict[Key, float], hits: list[Hit]) -> bool:
    """Whether the hits are all chunks, with their cosines, best first."""
    scores = [hit.score for hit in hits]
    return (
        sorted(map(_key, hits)) == sorted(right)
        and scores == sorted(scores, reverse=True)
        and all(abs(right[_key(hit)] - hit.score) < 1e-5 for hit in hits)
    )


def _key(hit: Hit) -> Key:
    return hit.article.id, hit.chunk.start, hit.chunk.end


# One trial's process, and the one that comes after it


def perform(operation: Operation, folder: Path, say: Told, pause: Callable[[], None]) -> None:
    """Do an operation, saying what was told and what came of it; then see that all goes on.

    `pause` is called when tantivy's threads are there and have nothing to do yet.
    """
    _pause_at_writer(pause)
    index = None
    try:
        index = opened(folder, create=operation.before is None)
        operation.act(index, lambda title: say(f"told {title}"))
        say("done")
        index.close()
        return
    except BaseException as problem:  # a panic of tantivy's is no Exception
        say(f"refused {type(problem).__name__}: {problem}")
    if index is not None:
        _go_on(operation, index, say)


def _pause_at_writer(pause: Callable[[], None]) -> None:
    original = lexical.update

    class Pausing:
        def __init__(self, index: Any) -> None:
            self._index = index

        def writer(self, *arguments: Any) -> Any:
            made = self._index.writer(*arguments)
            pause()
            return made

        def __getattr__(self, name: str) -> Any:
            return getattr(self._index, name)

    lexical.update = lambda index, *rest: original(Pausing(index), *rest)


def _go_on(operation: Operation, index: Index, say: Told) -> None:
    """The same process after an error: it sees one state, and the operation can be repeated."""
    try:
        if all(wrongs(index, state) for state in (operation.before, operation.after)):
            say("stuck sees neither state")
        operation.act(index, lambda _: None)
        for wrong in wrongs(index, operation.after):
            say(f"stuck {wrong}")
        index.close()
    except BaseException as problem:
        say(f"stuck {type(problem).__name__}: {problem}")


def recover(operation: Operation, folder: Path) -> dict[str, Any]:
    """Open what a fault left behind, look at all of it, and repeat the operation."""
    start = time.monotonic()
    try:
        index = opened(folder)
    except IndexMissing:
        if operation.before is not None:
            raise
        index = opened(folder, create=True)
    with index:
        state = _state(operation, index)
        report = index.check()
        seconds = time.monotonic() - start
        operation.act(index, lambda _: None)
        again = index.check()
        # The FAISS file may lag: it is rewritten when a tenth of it has changed.
        lags = [lag for lag in again.lags if not lag.startswith("dense")]
        repeated = [*wrongs(index, operation.after), *again.damage, *lags]
    return {
        "state": state,
        "damage": report.damage,
        "lags": report.lags,
        "seconds": seconds,
        "repeated": repeated,
    }


def _state(operation: Operation, index: Index) -> str:
    before, after = (wrongs(index, state) for state in (operation.before, operation.after))
    if not before:
        return "before"
    return "after" if not after else f"neither: {before[0]}; {after[0]}"
