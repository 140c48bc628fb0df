"""What a claim cites, taken apart once: its sentences, their words, titles and outlets."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from index.chunk import split_sentences
from index.lexical import analyse

from ..language.figures import SMALL
from ..language.names import COMMON, words_of
from ..language.orders import asks, bids, states
from ..types import Passage

STOP = frozenset(analyse(" ".join(COMMON))) | frozenset(
    analyse("am being doing having itself might must nor off own same shall too very t s also")
)
"""Stems that tell nothing of what a sentence is about."""


@dataclass(frozen=True)
class Evidence:
    """The quotes that a claim cites, with what may be said of their articles besides."""

    quotes: tuple[Passage, ...]

    @cached_property
    def text(self) -> str:
        return "\n".join(p.quote for p in self.quotes)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Every sentence of the quotes, in order."""
        return tuple(
            p.quote[span.start : span.end] for p in self.quotes for span in split_sentences(p.quote)
        )

    @cached_property
    def stems(self) -> tuple[frozenset[str], ...]:
        """Content stems by sentence."""
        return tuple(frozenset(content(s)) for s in self.sentences)

    @cached_property
    def stating(self) -> Evidence:
        """Without the sentences that only ask or order."""
        return self._only(states)

    @cached_property
    def unordered(self) -> Evidence:
        """Without the sentences that only order."""
        return self._only(lambda sentence: states(sentence) or asks(sentence))

    @cached_property
    def unbidden(self) -> Evidence:
        """Without the sentences in the imperative."""
        return self._only(lambda sentence: not bids(sentence))

    def _only(self, wanted: Callable[[str], bool]) -> Evidence:
        kept = []
        for passage in self.quotes:
            sentences = Evidence((passage,)).sentences
            left = [sentence for sentence in sentences if wanted(sentence)]
            if len(left) < len(sentences):
                passage = replace(passage, quote=" ".join(left))
            kept += [passage] * bool(left)
        return self if tuple(kept) == self.quotes else Evidence(tuple(kept))

    @cached_property
    def about(self) -> str:
        """Titles and outlets."""
        return "\n".join(f"{p.title}\n{p.source or ''}" for p in self.quotes)

    @cached_property
    def words(self) -> frozenset[str]:
        """Folded words of quotes, titles and outlets, parts of hyphenated ones too."""
        words = words_of(f"{self.text}\n{self.about}")
        return frozenset(words) | {p for w in words for p in re.split(r"[-'’/]", w) if p}

    @cached_property
    def outlets(self) -> frozenset[str]:
        words = (w for p in self.quotes for w in words_of(p.source or ""))
        return frozenset(words) - COMMON

    def holds(self, stems: Sequence[str]) -> bool:
        """Whether any of these stems is in the quotes, titles or outlets."""
        return not frozenset(stems).isdisjoint({*content(self.about)}.union(*self.stems))

    def bearing(self, claim: str, least: float = 0.3) -> list[str]:
        """The sentences that share most of the claim's content words, and so much at least."""
        wanted = frozenset(content(claim))
        shares = [len(wanted & stems) / (len(wanted) or 1) for stems in self.stems]
        least = max(0.8 * max(shares, default=0.0), least)
        return [s for s, share in zip(self.sentences, shares, strict=True) if share >= least]


def content(text: str) -> list[str]:
    """The stems of a text that tell what it is about, in order; eleven is 11."""
    return [_SPELT.get(stem, stem) for stem in analyse(text) if stem not in STOP]


_SPELT = {stem: str(n) for word, n in SMALL.items() if n > 1 for stem in analyse(word)}
