"""Questions made of sentences: a name, a year or a number in them becomes what is asked for."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import Group, Text
from .corpus import Mark, Page, marks, pages

MOST = 24
"""Questions made of one page."""

WORDS = {
    "year": ("when", "in what year", "what year"),
    "number": ("how many", "how much", "what number"),
    "name": ("who", "what", "which"),
    "word": ("who", "what", "which"),
}

DROPPED = 0.12
"""Share of the other words that a question leaves out, since nobody asks in an article's words."""

SWAPPED = 0.3

_CUT = re.compile(r"[;:]| [—–-] |, (?:and|but|which|who|while|where|when|after|although) ")


def groups(data: Path, draw: random.Random) -> Iterator[Group]:
    for page in pages(data):
        places = [i for i, s in enumerate(page.sentences) if 40 < len(s) < 300 and marks(s)]
        for place in draw.sample(places, min(MOST, len(places))):
            made = _group(page, place, draw)
            if made is not None:
                yield made


def _group(page: Page, place: int, draw: random.Random) -> Group | None:
    sentence = page.sentences[place]
    mark = draw.choice(marks(sentence))
    query = asked(sentence, mark, draw)
    if query is None:
        return None
    right = _text(page, place, True, (mark.start, mark.end))
    others = _near(page, place, query, mark.text)
    if len(others) < 2:
        return None
    wrong = [_text(page, i, False) for i in others[:3]]
    if len(others) > 3:
        wrong.append(_text(page, draw.choice(others[3:]), False))
    if draw.random() < SWAPPED:
        query = _swapped(query, page, draw) or query
        if not _same(query, sentence):
            right = _text(page, place, False)
    return Group("cloze", page.held, query, (right, *wrong))


def _text(page: Page, place: int, right: bool, span: tuple[int, int] | None = None) -> Text:
    before = page.sentences[place - 1] if place else ""
    return Text(page.sentences[place], f"{page.title}. {before}".strip(), right, span)


def asked(sentence: str, mark: Mark, draw: random.Random) -> str | None:
    """A question in the sentence's own order whose answer is the mark; None if too little is left.

    "who brokered the ceasefire?" of what begins with the mark; else, as people type in haste,
    "the ceasefire was brokered by who in Moscow" or "in what year the port closed".
    """
    start, end = _clause(sentence, mark)
    before = sentence[start : mark.start].strip(" ,\"“'(")
    after = sentence[mark.end : end].strip(" ,.;\"”')")
    word = draw.choice(WORDS[mark.kind])
    before = re.sub(r"\b(?:the|a|an)$", "", before).strip()
    if not before:
        parts = [word, after]
    elif mark.kind in ("year", "number") or draw.random() < 0.5:
        lead = re.sub(r"\b(?:in|on|of|by|at|to|from|since|about|for)$", "", before).strip()
        parts = [word, lead, after]
    else:
        parts = [before, word, after]
    kept = [w for w in " ".join(parts).split() if w in word or draw.random() >= DROPPED]
    if len(kept) < 5:
        return None
    if draw.random() < 0.3:
        kept = [w.lower() for w in kept]
    return " ".join(kept).rstrip(".,;") + draw.choice(["?", "?", ""])


def _clause(sentence: str, mark: Mark) -> tuple[int, int]:
    """The stretch between the cuts around the mark, the whole sentence where that is short."""
    start, end = 0, len(sentence)
    for cut in _CUT.finditer(sentence):
        if cut.end() <= mark.start:
            start = cut.end()
        elif cut.start() >= mark.end:
            end = cut.start()
            break
    return (start, end) if end - start >= 40 else (0, len(sentence))


def _near(page: Page, place: int, query: str, answer: str) -> list[int]:
    """Other sentences of the page without the answer, those with most of the question's words
    first, and the neighbours among them."""
    wanted = set(re.findall(r"\w{4,}", query.lower()))

    def shared(i: int) -> float:
        words = set(re.findall(r"\w{4,}", page.sentences[i].lower()))
        return len(wanted & words) + (0.5 if abs(i - place) == 1 else 0.0)

    others = [i for i, s in enumerate(page.sentences)
              if i != place and len(s) > 20 and answer.lower() not in s.lower()]  # fmt: skip
    return sorted(others, key=lambda i: -shared(i))


def _swapped(query: str, page: Page, draw: random.Random) -> str | None:
    """The question with another name or year of its page in it."""
    own = marks(query)
    if not own:
        return None
    old = draw.choice(own)
    others: Sequence[str] = [
        m.text for s in draw.sample(page.sentences, min(30, len(page.sentences))) for m in marks(s)
        if m.kind == old.kind and m.text not in query
    ]  # fmt: skip
    if not others:
        return None
    return query[: old.start] + draw.choice(others) + query[old.end :]


def _same(query: str, sentence: str) -> bool:
    """Whether every name and figure of the question still stands in the sentence."""
    return all(m.text in sentence for m in marks(query))
