"""An answer's text as it grows, sentence by checked sentence, with its claims and citations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .types import Citation, Claim, Passage, Verdict

Place = tuple[str, str, int, int]

_LIKE_MARKER = re.compile(r"(?<=\S)(?:\[\d+\])+|\[(\d+)\]")


def without_markers(text: str) -> str:
    """An article's text on one line, without what would pass for a footnote of the answer.

    Reference marks at the end of a word ("in 1932.[2]") go; other bracketed numbers ("[12] of
    them") may be what somebody said, and stand in round brackets.
    """
    text = " ".join(text.split())
    return _LIKE_MARKER.sub(lambda found: f"({found[1]})" if found[1] else "", text)


@dataclass
class Composition:
    """What has been written so far. Citations are numbered 1, 2, 3 in order of first use."""

    text: str = ""
    claims: list[Claim] = field(default_factory=list)
    _cited: dict[Place, Citation] = field(default_factory=dict)

    def cite(self, passage: Passage) -> Citation:
        """A passage as a citation: the same stretch has the same number."""
        place = (passage.article_id, passage.article_version, passage.start, passage.end)
        if place not in self._cited:
            known = {name: getattr(passage, name) for name in Passage.__dataclass_fields__}
            self._cited[place] = Citation(**known, number=len(self._cited) + 1)
        return self._cited[place]

    def add(
        self, between: str, said: str, passages: tuple[Passage, ...], verdict: Verdict
    ) -> Claim:
        """Write a sentence, after what stands `between` it and the one before, and cite for it."""
        citations = tuple(dict.fromkeys(self.cite(passage) for passage in passages))
        start = len(self.text) + len(between)
        markers = "".join(f"[{citation.number}]" for citation in citations)
        self.text += f"{between}{said}" + (f" {markers}" if markers else "")
        claim = Claim(said, start, start + len(said), verdict, citations)
        self.claims.append(claim)
        return claim
