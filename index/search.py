"""Ranking: pure functions over ranked lists of chunk rows, and over the hits made of them."""

from __future__ import annotations

import heapq
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import combinations
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from .chunk import split_sentences
from .types import Article, Chunk, Hit

RRF_K = 60
"""The constant of reciprocal rank fusion, as its authors have it."""

SKETCH = 128
"""Hashes that stand for a text: they tell a share of common runs to about 0.04."""

RUN = 4
COPY = 0.6
"""Share of common runs of RUN words from which two articles may be one text."""

MIN_WORDS = 20
"""A text of fewer words says too little to be known again."""

ALIKE = 10
"""Runs of RUN words that the hits of two articles share before the articles are compared."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_WORD = re.compile(r"\w+")
_NUMBERS = frozenset(
    (
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty "
        "ninety hundred thousand million billion dozen half none"
    ).split()
)
_DENIAL = re.compile(
    r"\b(?:no|nor|not|none|never|cannot|neither|nobody|nothing|without)\b|n['’]t\b", re.IGNORECASE
)
# "PARIS, March 5 (Wire) - "; the place is in capitals.
_DATELINE = re.compile(
    r"([^\W\d_][^\n\d(–—]{1,40}?)(?:, [^\W\d_]+\.? \d{1,2})?(?: \([^()\n]{2,40}\))? ?[-–—]{1,2} "
)
_BYLINE = re.compile(
    r"\W*(?:by [^.!?\n]{1,80}\Z|(?:additional )?(?:reporting|writing|editing|written) by\b)",
    re.IGNORECASE,
)


def fuse(rankings: Sequence[Sequence[int]], k: int = RRF_K) -> dict[int, float]:
    """Reciprocal rank fusion: score(d) = sum over rankings of 1 / (k + rank of d), best first.

    Source: Cormack, Clarke and Buettcher, SIGIR 2009.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, 1):
            scores[row] = scores.get(row, 0.0) + 1.0 / (k + rank)
    return best_first(scores)


def best_first(scores: Mapping[int, float]) -> dict[int, float]:
    """Rows by falling score, and equal ones by number, so that every search agrees."""
    return dict(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])))


def positions(ranking: Sequence[int]) -> Mapping[int, int]:
    """Where each row stands in a ranking, counted from 1."""
    return {row: rank for rank, row in enumerate(ranking, 1)}


# Near-copies: a wire story that several outlets printed


class Print:
    """What tells whether two articles are one text; nothing is worked out before it is asked for.

    Source of the sketch: Broder, On the resemblance and containment of documents, 1997
    (bottom-k). Hashes are Python's own: they differ from process to process and are never kept.
    """

    def __init__(self, text: str) -> None:
        self.text = _without_dateline(text)
        self.words = _WORD.findall(self.text.casefold())

    @cached_property
    def figures(self) -> list[str]:
        """Its numbers in order, in digits or spelt."""
        return [word for word in self.words if word[0].isdecimal() or word in _NUMBERS]

    @cached_property
    def denials(self) -> int:
        """How often it says no."""
        return len(_DENIAL.findall(self.text))

    @cached_property
    def sketch(self) -> frozenset[int]:
        """The SKETCH smallest hashes of its runs of RUN words."""
        return frozenset(np.unique(_run_hashes(self.words))[:SKETCH].tolist())


def _without_dateline(text: str) -> str:
    """A text without the place, day and agency before its first sentence: they are no story."""
    dateline = _DATELINE.match(text)
    return text[dateline.end() :] if dateline and dateline.group(1).isupper() else text


def _run_hashes(words: Sequence[str]) -> NDArray[np.uint64]:
    """A hash of each run of RUN words: a polynomial of the words' own hashes, modulo 2**64."""
    one = np.fromiter(map(hash, words), np.int64, len(words)).view(np.uint64)
    count = max(0, len(words) - RUN + 1)
    runs = np.zeros(count, np.uint64)
    for place in range(RUN):
        runs = runs * _FACTOR + one[place : place + count]
    return runs


def resemblance(one: Print, other: Print) -> float:
    """Estimated share of common runs of words: Jaccard's |A and B| / |A or B|, 0 to 1."""
    union = heapq.nsmallest(SKETCH, one.sketch | other.sketch)
    both = one.sketch & other.sketch
    return sum(h in both for h in union) / len(union) if union else 0.0


def is_copy(first: Article, later: Article, prints: Mapping[str, Print]) -> bool:
    """Whether `later` is the text of `first` printed again, give or take an editor's hand.

    An update, or a text that contradicts, repeats most words too. It stays apart, since hiding
    it would hide news: it brings a figure or a name that `first` does not have at that place,
    denies more or less often, or comes from the same outlet. A name is a capitalised word that
    does not begin a sentence; what an outlet says of itself is none. What `later` leaves out
    hides nothing, for `first` is shown.
    """
    one, other = prints[first.id], prints[later.id]
    if min(len(one.words), len(other.words)) < MIN_WORDS:
        return False
    if one.words == other.words:
        return True
    if not COPY <= len(one.words) / len(other.words) <= 1 / COPY:
        return False
    if _outlet(first) is not None and _outlet(first) == _outlet(later):
        return False
    if one.denials != other.denials or not _in_order(other.figures, one.figures):
        return False
    return resemblance(one, other) >= COPY and _in_order(
        _names(other.text, (first, later)), map(_unaccented, one.words)
    )


def _in_order(some: Iterable[str], among: Iterable[str]) -> bool:
    """Whether `some` stand among others in the same order."""
    left = iter(among)
    return all(word in left for word in some)


def _names(text: str, printed: Iterable[Article]) -> Iterator[str]:
    """Capitalised words inside the sentences of a text, in order and without their accents.

    printed:  articles whose outlet and author are no names; nor is who a byline names.
    """
    for own in (name for article in printed for name in _own_names(article)):
        text = re.sub(rf"(?<!\w){re.escape(own)}(?!\w)", "", text, flags=re.IGNORECASE)
    for span in split_sentences(text):
        sentence = text[span.start : span.end]
        if not _BYLINE.match(sentence):
            inside = _WORD.findall(sentence)[1:]
            yield from (_unaccented(word.casefold()) for word in inside if word[0].isupper())


def _own_names(article: Article) -> Iterator[str]:
    """What an article calls its outlet and its author: "Carrow Courier", "the Courier"."""
    for name in (article.source, article.author):
        words = (name or "").removeprefix("The ").split()
        if words:
            yield from (" ".join(words), f"the {words[-1]}")


def _unaccented(word: str) -> str:
    """Outlets write Håkon and Hakon for one man."""
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def _outlet(article: Article) -> str | None:
    """Who published an article: its source, else its URL's host."""
    return article.source or urlsplit(article.url or "").hostname


def leaders(hits: Sequence[Hit]) -> dict[str, str]:
    """For each article that copies another its id and the id of the earliest that it copies.

    Hits come best first: of articles published on one day, or undated, the better one leads.
    Only articles whose hits share ALIKE runs of words are compared, whole.
    """
    articles = {hit.article.id: hit.article for hit in hits}
    alike = _alike(hits)
    prints = {i: Print(articles[i].text) for i in {i for pair in alike for i in pair}}
    ordered = sorted((articles[i] for i in articles if i in prints), key=_day)
    found: dict[str, str] = {}
    for first, later in combinations(ordered, 2):
        pair = frozenset((first.id, later.id))
        if pair.isdisjoint(found) and pair in alike and is_copy(first, later, prints):
            found[later.id] = first.id
    return found


def _day(article: Article) -> date:
    return article.published or date.max


def _alike(hits: Sequence[Hit]) -> set[frozenset[str]]:
    """Pairs of articles whose hits share ALIKE runs of words."""
    if not hits:
        return set()
    hashes = [_run_hashes(_WORD.findall(hit.text.casefold())) for hit in hits]
    runs, owners = np.concatenate(hashes), np.repeat(np.arange(len(hits)), list(map(len, hashes)))
    _, place, counts = np.unique(runs, return_inverse=True, return_counts=True)
    often = counts[place] > 1  # most runs stand once: no loop in Python goes over these
    holders: dict[int, set[str]] = {}
    for run, owner in zip(runs[often].tolist(), owners[often].tolist(), strict=True):
        holders.setdefault(run, set()).add(hits[owner].article.id)
    shared = Counter(
        frozenset(pair) for ids in holders.values() if len(ids) > 1 for pair in combinations(ids, 2)
    )
    return {pair for pair, count in shared.items() if count >= ALIKE}


def merge_copies(hits: Sequence[Hit], chunks_of: Callable[[str], Sequence[Chunk]]) -> list[Hit]:
    """Hits of near-copies as hits of the earliest one, which names the others as its copies.

    hits:       best first. A merged hit stands where the best of its group stood.
    chunks_of:  all chunks of an article by its id, asked only where there are copies.
    """
    articles = {hit.article.id: hit.article for hit in hits}
    leads = leaders(hits)
    if not leads:
        return list(hits)
    copies: dict[str, list[Article]] = {}
    for copy, first in leads.items():
        copies.setdefault(first, []).append(articles[copy])
    chunks = {first: chunks_of(first) for first in copies}
    merged: dict[int, Hit] = {}
    for hit in hits:
        lead = articles[leads.get(hit.article.id, hit.article.id)]
        if lead.id in copies:
            chunk = hit.chunk if lead is hit.article else _same_part(hit, lead, chunks[lead.id])
            hit = replace(hit, article=lead, chunk=chunk, copies=tuple(copies[lead.id]))
        merged.setdefault(hit.chunk.id, hit)
    return list(merged.values())


def _same_part(hit: Hit, lead: Article, chunks: Sequence[Chunk]) -> Chunk:
    """The leader's chunk that shares the most words with what was found in its copy."""
    words = set(_WORD.findall(hit.text.casefold()))

    def shared(chunk: Chunk) -> int:
        return len(words & set(_WORD.findall(lead.text[chunk.start : chunk.end].casefold())))

    return max(chunks, key=shared)


# Time: of two passages that fit a question about now, the newer one is meant

HALF_LIFE = 14.0
"""Days in which the weight of being new halves."""

FLOOR = 0.5
"""What the weight of an old or an undated article comes down to."""

_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_YEAR = re.compile(r"\b(?:1\d|20)\d\d(?=s?\b)")
_MONTH = re.compile(rf"\b(?:{'|'.join(m.title() for m in _MONTHS)})\b")
_LONG_AGO = re.compile(
    r"\b(?:last|previous) (?:year|decade|century)\b|\b(?:years?|decades?|months?) ago\b", re.I
)


def recency(
    published: date | None, day: date, half_life: float = HALF_LIFE, floor: float = FLOOR
) -> float:
    """The weight of an article by its age on a day: floor + (1 - floor) * 2**(-age / half_life).

    A prior and no filter: an undated article weighs as an old one, and what is dated later as what
    is as far before, for it is as far from the day.
    After the time-based language model of Li and Croft, CIKM 2003 (exponential decay of a
    document's prior), with a floor.
    """
    if published is None:
        return floor
    age = abs((day - published).days)
    return floor + (1 - floor) * math.pow(2, -age / half_life)


def is_about_now(question: str, day: date) -> bool:
    """Whether a question asked on a day names no time before it: a year, a month, "years ago".

    A year to come is what the news of the day is about.
    """
    if _LONG_AGO.search(question) or any(int(y) < day.year for y in _YEAR.findall(question)):
        return False
    return all(_MONTHS.index(m.lower()) + 1 == day.month for m in _MONTH.findall(question))
