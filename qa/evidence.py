"""The sentences of the passages found, each with what is needed to judge and to quote it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from index.chunk import split_sentences
from index.lexical import analyse
from index.types import Article, Hit, Span

from .language.days import shifted
from .language.forms import has_forms, in_one_form, otherwise
from .language.names import Name, beginnings, plain, stand_together, stands_in, words_of

_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(_WEEKDAYS)})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """One article with its sentences in order."""

    article: Article
    sentences: tuple[Span, ...]

    def text(self, position: int) -> str:
        span = self.sentences[position]
        return self.article.text[span.start : span.end]

    def terms(self, position: int) -> frozenset[str]:
        """Analysed terms of a sentence."""
        if position not in self._terms:
            self._terms[position] = frozenset(analyse(self.text(position)))
        return self._terms[position]

    @cached_property
    def _terms(self) -> dict[int, frozenset[str]]:
        return {}

    @cached_property
    def about(self) -> frozenset[str]:
        """Analysed terms of the title."""
        return frozenset(analyse(self.article.title))

    def lacks(self, names: tuple[Name, ...]) -> frozenset[Name]:
        """Those of the names that neither the title, outlet and years nor any sentence holds."""
        if names not in self._lacks:
            self._lacks[names] = frozenset(name for name in names if not self._holds(name))
        return self._lacks[names]

    @cached_property
    def _lacks(self) -> dict[tuple[Name, ...], frozenset[Name]]:
        return {}

    def _holds(self, name: Name) -> bool:
        # Words are cut and folded only where the letters that a name begins with are found.
        signs = [beginnings(part) for part in name.words]
        return any(
            all(any(sign in said for sign in own) for own in signs)
            and stands_in(name, self._words(position))
            and (not name.together or stand_together(name, said))
            for position, said in self._plain
        )

    @cached_property
    def _plain(self) -> list[tuple[int, str]]:
        """The title with outlet and years, numbered -1, and each sentence, without case."""
        each = map(self.text, range(len(self.sentences)))
        return list(enumerate(map(plain, (self._about(), *each)), -1))

    def _words(self, position: int) -> frozenset[str]:
        """Folded words of a sentence, or at -1 of the title with outlet and years."""
        if position not in self._folded:
            said = self._about() if position < 0 else self.text(position)
            self._folded[position] = frozenset(words_of(said))
        return self._folded[position]

    @cached_property
    def _folded(self) -> dict[int, frozenset[str]]:
        return {}

    def writes_otherwise(self, name: Name) -> bool:
        """Whether the title or a sentence has a name in another of its forms."""
        if name.together:
            return False
        if (spelt := otherwise(name.text)) and any(spelt.search(said) for said in self._said()):
            return True
        if not has_forms(name.text):
            return False
        asked = Name(name.text, tuple(words_of(in_one_form(name.text))))
        return any(stands_in(asked, words) for words in self._in_one_form)

    @cached_property
    def _in_one_form(self) -> list[frozenset[str]]:
        """Folded words of the title and of each sentence, each listed name in one form."""
        return [frozenset(words_of(in_one_form(said))) for said in self._said()]

    def _said(self) -> list[str]:
        return [self.article.title, *map(self.text, range(len(self.sentences)))]

    def _about(self) -> str:
        article = self.article
        years = (d.year for d in (article.published, article.updated) if d)
        return " ".join(
            str(each or "") for each in (article.title, article.source, article.author, *years)
        )


@dataclass(frozen=True)
class Sentence:
    """A candidate: sentence number `position` of an article, found at `rank` (from 0)."""

    source: Source
    position: int
    rank: int

    @property
    def text(self) -> str:
        return self.source.text(self.position)

    @property
    def article(self) -> Article:
        return self.source.article

    @cached_property
    def terms(self) -> frozenset[str]:
        """Analysed terms of the sentence, with the dates that weekdays in it name."""
        return self._terms(self.position)

    @cached_property
    def quoted(self) -> frozenset[str]:
        """The same of all that is quoted for it, the sentences that it leans on included."""
        return self._terms(quoted_from(self))

    def _terms(self, first: int) -> frozenset[str]:
        """Of the sentences from `first` to this one."""
        positions = range(first, self.position + 1)
        days = weekday_dates(" ".join(map(self.source.text, positions)), self.article.published)
        return frozenset(analyse(days)).union(*map(self.source.terms, positions))

    @cached_property
    def context(self) -> frozenset[str]:
        """Terms of the sentence, of its neighbours and of the title."""
        first, last = max(0, self.position - 1), self.position + 2
        near = range(first, min(last, len(self.source.sentences)))
        return self.terms.union(self.source.about, *map(self.source.terms, near))


def sentences_of(hits: Iterable[Hit]) -> list[Sentence]:
    """Every sentence of the passages once, in the order of the hits."""
    sources: dict[str, Source] = {}
    found: dict[tuple[str, int], Sentence] = {}
    for rank, hit in enumerate(hits):
        article = hit.article
        if article.id not in sources:
            # Only a search knows them; without one they are found anew.
            spans = hit.sentences or tuple(split_sentences(article.text, article.language))
            sources[article.id] = Source(article, spans)
        source = sources[article.id]
        for position, span in enumerate(source.sentences):
            if hit.chunk.start <= span.start and span.end <= hit.chunk.end:
                found.setdefault((article.id, span.start), Sentence(source, position, rank))
    return list(found.values())


def weekday_dates(text: str, published: date | None) -> str:
    """The dates of the weekdays that a text names: `15 March 2020`; none for an undated article.

    News names the last such day up to the day of printing.
    """
    if published is None:
        return ""
    days = []
    for found in _WEEKDAY.finditer(text):
        back = (published.weekday() - _WEEKDAYS.index(found.group().lower())) % 7
        if day := shifted(published, -back):
            days.append(f"{day.day} {day:%B} {day.year}")
    return " ".join(days)


_PRONOUN = re.compile(
    r"\b(?:he|she|they|him|her|his|hers|their|theirs|them|it|its|himself|herself)\b", re.IGNORECASE
)
_POINTER = re.compile(
    r"\b(?:that|this|those|these|such|the (?:same|latter|former|other|two|three|pair|group|groups"
    r"|deal|agreement|accord|move|vote|decision|ministry|company|statement|plan|man|woman|official"
    r"|spokesman|spokeswoman|spokesperson|minister|agency|party|figure|sum|judge|committee|firm"
    r"|memo|letter|email|survey))\b",
    re.IGNORECASE,
)
_INITIAL_LINK = re.compile(
    r"^[\"'“‘(]*(?:but|and|however|then|later|instead|also|so|still|yet|meanwhile|on the same day"
    r"|another|one of (?:them|these)|both|neither|nor|most of them|some of them)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<!^)(?<![.!?] )(?<![\"“‘(])\b[^\W\d_a-zß-öø-ÿ][\w'’-]+")
_REPORTED = re.compile(
    r"\b(?:said|says|say|told|added|adding|according to|reported|reports|claimed|claims|announced"
    r"|stated|argued|insisted|denied|warned|wrote|asked|called)\b",
    re.IGNORECASE,
)
_QUOTE_OPEN = re.compile(r"^[\"“‘]")

MAX_LEAN = 3
"""Sentences that a quote may grow by to reach the one that names what it speaks of."""


def quote_span(sentence: Sentence, onward: int = 0) -> Span:
    """The stretch to quote: from the sentence that names what this one leans on, to its end.

    onward:  so many sentences after it belong to the stretch as well.
    """
    spans = sentence.source.sentences
    return Span(spans[quoted_from(sentence)].start, spans[sentence.position + onward].end)


def quoted_from(sentence: Sentence) -> int:
    """The position of the sentence that names what this one leans on; its own if on none."""
    first = sentence.position
    while first > 0 and sentence.position - first < MAX_LEAN and leans(sentence.source.text(first)):
        first -= 1
    return first


def leans(text: str) -> bool:
    """Whether a sentence cannot be understood, or attributed, without the one before it."""
    if _QUOTE_OPEN.match(text) and not _REPORTED.search(text):
        return True
    opening = " ".join(text.split()[:6])
    pronoun = _PRONOUN.search(opening)
    if pronoun and not _named_before(text, text.index(pronoun.group())):
        return not re.match(
            r"[\"'“‘(]*it (?:is|was|took|will|would|has been)\b", text, re.IGNORECASE
        )
    pointer = _POINTER.match(text.lstrip("\"'“‘("))
    if pointer and not re.match(r"(?:that|this) (?:is|was)\b", text, re.IGNORECASE):
        return True
    return bool(_INITIAL_LINK.match(text)) and not _NAME.search(text)


def _named_before(text: str, end: int) -> bool:
    """Whether a name stands in the text before `end`, its first word included."""
    before = text[:end].strip("\"'“‘( ")
    words = before.split()
    return any(w[0].isupper() for w in words[1:]) or (
        len(words) > 0 and words[0][0].isupper() and words[0].lower() not in _OPENERS
    )


_OPENERS = frozenset(
    """the a an but and when while as if after before in on at by for from to with since although
    though however then later instead also so still yet meanwhile what that this these those
    there here asked because until during despite under over one some many most""".split()
)


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """Overlap coefficient of two sets of terms: what they share, by the smaller one's size."""
    return len(a & b) / (min(len(a), len(b)) or 1)


def read_with(sentence: Sentence) -> str:
    """What a reader gets: all that would be quoted for the sentence, and, behind a blank line, its
    article's title and the sentence before."""
    span, text = quote_span(sentence), sentence.article.text
    led = span.start < sentence.source.sentences[sentence.position].start
    alone = led or sentence.position == 0
    before = "" if alone else sentence.source.text(sentence.position - 1)
    said = " ".join(text[span.start : span.end].split())
    return f"{said}\n\n{sentence.article.title}. {' '.join(before.split())}".rstrip()
