"""An answer as text for a terminal. The page has its own rendering."""

from __future__ import annotations

import textwrap
from datetime import date

from .types import Answer, Passage

WIDTH = 88
DOUBT = "Not sure that this answers the question:"
_MARKS = {"supported": "", "partly": " (partly supported)", "unsupported": " (NOT SUPPORTED)"}


def as_text(answer: Answer) -> str:
    """The answer, its footnotes with outlet, date and quote, and its warnings."""
    parts = [DOUBT] if answer.doubtful else []
    parts += [_wrap(line) for line in _marked(answer).split("\n")]
    if answer.abstained:
        if answer.passages:
            parts.append("Nearest passages:")
            parts += [
                _wrap(f"{where(p)}: “{_short(p.quote)}”", "  - ") for p in answer.passages[:3]
            ]
    else:
        parts.append("")
        for citation in answer.citations:
            parts.append(_wrap(f"{where(citation)}", f"[{citation.number}] "))
            parts.append(_wrap(f"{citation.article_id}:{citation.start}-{citation.end}", "    "))
    for conflict in answer.conflicts:
        parts.append(f"\n{conflict.about[:1].upper()}{conflict.about[1:]}")
        parts += [_wrap(f"{where(v)}: “{_short(v.quote)}”", "  - ") for v in conflict.versions]
    parts += [_wrap(warning, "Note: ") for warning in answer.warnings]
    return "\n".join(parts)


def where(passage: Passage) -> str:
    """`Ledger, 3 March 2024, "Title"`, and the page where there are pages."""
    page = f", p. {passage.page}" if passage.page else ""
    return f"{passage.source or 'no outlet'}, {day(passage.published)}, “{passage.title}”{page}"


def day(published: date | None) -> str:
    return f"{published.day} {published:%B %Y}" if published else "undated"


def _marked(answer: Answer) -> str:
    """The text with the verdict of each claim that is not supported."""
    text = answer.text
    for claim in sorted(answer.claims, key=lambda c: -c.end):
        # The claims of an abstention are listed, and stand nowhere in its text.
        if answer.text[claim.start : claim.end] == claim.text:
            mark = _MARKS[claim.verdict.label]
            text = text[: claim.end] + mark + text[claim.end :]
    return text


def _short(quote: str, most: int = 200) -> str:
    line = " ".join(quote.split())
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0] + " ..."


def _wrap(text: str, lead: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead), break_long_words=False
    )
