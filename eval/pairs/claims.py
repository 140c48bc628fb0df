"""Statements with texts that carry them, or do not: WiCE's, and made ones."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from index.chunk import split_sentences
from index.types import Article

from ..adapters import load_set, read_rows
from ..dataset import Case
from . import Group, Text, held
from .corpus import Page, marks, pages

MOST = 16
"""Claims made of one page."""


def groups(data: Path, draw: random.Random) -> Iterator[Group]:
    yield from _wice(data, draw)
    yield from _answered(data, draw)
    for page in pages(data):
        yield from _made(page, draw)


def _wice(data: Path, draw: random.Random) -> Iterator[Group]:
    """A claim with its supporting sentences, with all of them but one, and with others."""
    for row in read_rows(data / "wice-dev" / "claims.jsonl.gz"):
        lines: list[str] = row["evidence"]
        sets = [s for s in row["supporting_sentences"] if s]
        used = {i for s in sets for i in s}
        whole = row["label"] == "supported"
        texts = [Text(_joined(lines, s), "", whole) for s in sets[:3]]
        for numbers in sets[:2]:
            if len(numbers) > 1 and whole:
                without = draw.sample(numbers, len(numbers) - 1)
                texts.append(Text(_joined(lines, without), "", False))
        wanted = set(re.findall(r"\w{4,}", row["claim"].lower()))
        rest = [i for i, line in enumerate(lines) if i not in used and len(line) > 30]
        rest.sort(key=lambda i: -len(wanted & set(re.findall(r"\w{4,}", lines[i].lower()))))
        for i in rest[:4]:
            texts.append(Text(_joined(lines, (i, i + 1)), "", False))
        if texts:
            kept_back = held(str(row["meta"]["id"]))
            yield Group("claim", "wice", kept_back, row["claim"], tuple(texts))


def _joined(lines: Sequence[str], numbers: Sequence[int]) -> str:
    return " ".join(lines[i] for i in sorted(numbers) if i < len(lines))[:1200]


def _answered(data: Path, draw: random.Random) -> Iterator[Group]:
    """A question with its answer put in is a statement in other words than the article's."""
    for name in ("squad2", "timeqa"):
        eval_set = load_set(name, data)
        articles = {a.id: a for a in eval_set.articles}
        answers = sorted({a for c in eval_set.cases for a in c.question.answers if len(a) < 40})
        cases = [c for c in eval_set.cases if c.points]
        for case in cases:
            yield from _statement(case, articles[case.points[0][0].article_id], answers, draw)


def _statement(
    case: Case, article: Article, answers: Sequence[str], draw: random.Random
) -> Iterator[Group]:
    place, title = case.points[0][0], article.title
    spans = split_sentences(article.text, None)
    at = next((i for i, s in enumerate(spans) if s.start <= place.start < s.end), None)
    answer = min(case.question.answers, key=len)
    if at is None or len(answer) > 60:
        return
    said = [article.text[s.start : s.end] for s in spans]
    claim = put_in(case.question.question, answer)
    digits = answer[0].isdigit()
    others = [a for a in draw.sample(answers, min(60, len(answers)))
              if a[0].isdigit() == digits and a not in said[at]
              and not any(a in own or own in a for own in case.question.answers)]  # fmt: skip
    far = [i for i in range(len(said)) if abs(i - at) > 1 and answer not in said[i]]
    texts = [Text(_around(said, at, draw), title, True)]
    texts += [
        Text(_around(said, i, draw), title, False) for i in draw.sample(far, min(1, len(far)))
    ]
    if at + 1 < len(said) and answer not in said[at + 1]:
        texts.append(Text(said[at + 1], title, False))
    yield Group("claim", "answered", held(title), claim, tuple(texts))
    if others:
        wrong = put_in(case.question.question, others[0])
        text = Text(_around(said, at, draw), title, False)
        yield Group("claim", "answered", held(title), wrong, (text,))


def _around(said: Sequence[str], at: int, draw: random.Random) -> str:
    """A sentence, half of the time with a neighbour."""
    if draw.random() < 0.25 and at > 0:
        return f"{said[at - 1]} {said[at]}"
    if draw.random() < 0.33 and at + 1 < len(said):
        return f"{said[at]} {said[at + 1]}"
    return said[at]


_ASKED = re.compile(
    r"\b(?:who(?:m|se)?|when|where|how (?:many|much|long|often|old|far)|why|how"
    r"|(?:in |on |at )?(?:what|which)(?: (?:year|date|day|month|century|city|country|state|person"
    r"|company|group|type|kind|number|percentage|name)s?\b(?: of)?)?)\b",
    re.IGNORECASE,
)


def put_in(question: str, answer: str) -> str:
    """The question as a statement: its question word replaced by the answer, in its place."""
    found = _ASKED.search(question)
    bare = question.rstrip("? ")
    if not found:
        return f"{bare}: {answer}."
    made = f"{bare[: found.start()]}{answer}{bare[found.end() :]}"
    return f"{made[:1].upper()}{made[1:]}."


_REVERSED = {
    "rose": "fell", "fell": "rose", "increased": "decreased", "decreased": "increased",
    "more": "less", "less": "more", "fewer": "more", "won": "lost", "lost": "won",
    "before": "after", "after": "before", "first": "last", "last": "first", "up": "down",
    "down": "up", "above": "below", "below": "above", "higher": "lower", "lower": "higher",
    "largest": "smallest", "smallest": "largest", "north": "south", "south": "north",
    "accepted": "rejected", "rejected": "accepted", "supported": "opposed",
    "opposed": "supported", "opened": "closed", "closed": "opened", "began": "ended",
    "ended": "began", "always": "never", "never": "always", "all": "none of", "most": "few",
    "early": "late", "late": "early", "increase": "decrease", "decrease": "increase",
    "with": "without", "buy": "sell", "bought": "sold", "sold": "bought", "son": "father",
    "older": "younger", "younger": "older", "east": "west", "west": "east",
}  # fmt: skip
_VERB = re.compile(r"\b(was|were|is|are|has|have|had|will|would|can|could|did|does)\b(?! not)")
_NOT = re.compile(r"\b(?:not|never|no longer) ")


def _made(page: Page, draw: random.Random) -> Iterator[Group]:
    """Statements of a page's own words, whole and changed, against the sentences they are of."""
    places = [i for i, s in enumerate(page.sentences) if 50 < len(s) < 260]
    for place in draw.sample(places, min(MOST, len(places))):
        sentence = page.sentences[place]
        quote = _around(page.sentences, place, draw)
        claim = shortened(sentence, draw)
        wrong = draw.choice([_figure, _turned, _longer])(claim, sentence, page, draw)
        other = [i for i in places if abs(i - place) > 1]
        texts = [Text(quote, page.title, True)]
        if other:
            texts.append(Text(page.sentences[draw.choice(other)], page.title, False))
        yield Group("claim", "made", page.held, claim, tuple(texts))
        if wrong and wrong != claim:
            text = Text(quote, page.title, False)
            yield Group("claim", "made", page.held, wrong, (text,))


def shortened(sentence: str, draw: random.Random) -> str:
    """The sentence without a part that it can do without, as someone who retells it."""
    parts = re.split(r"(?<=[^\d]), ", sentence.rstrip(". "))
    ways = draw.random()
    if len(parts) > 1 and ways < 0.4 and len(parts[0]) > 40:
        return parts[0] + "."
    if len(parts) > 2 and ways < 0.7:
        return ", ".join(parts[:1] + parts[2:]) + "."
    if ways > 0.85:
        return re.sub(r"\([^)]*\)|\b(?:also|however|then|very|only|just|later)\b ?", "", sentence)
    return sentence


def _figure(claim: str, sentence: str, page: Page, draw: random.Random) -> str | None:
    """With another name, year or number of the same page."""
    own = marks(claim)
    if not own:
        return _turned(claim, sentence, page, draw)
    old = draw.choice(own)
    others = [m.text for s in page.sentences for m in marks(s)
              if m.kind == old.kind and m.text not in sentence]  # fmt: skip
    if not others:
        return None
    return claim[: old.start] + draw.choice(others) + claim[old.end :]


def _turned(claim: str, sentence: str, page: Page, draw: random.Random) -> str | None:
    """Denied where it affirms, or with a word for its opposite."""
    words = [m for m in re.finditer(r"[a-z]+", claim) if m.group() in _REVERSED]
    if words and draw.random() < 0.7:
        old = draw.choice(words)
        return claim[: old.start()] + _REVERSED[old.group()] + claim[old.end() :]
    if _NOT.search(claim):
        return _NOT.sub("", claim, count=1)
    verbs = list(_VERB.finditer(claim))
    if not verbs:
        return None
    verb = draw.choice(verbs)
    return f"{claim[: verb.end()]} not{claim[verb.end() :]}"


def _longer(claim: str, sentence: str, page: Page, draw: random.Random) -> str | None:
    """With something added that the quote does not say."""
    others = [s for s in draw.sample(page.sentences, min(12, len(page.sentences)))
              if s != sentence and 40 < len(s) < 200]  # fmt: skip
    if not others:
        return None
    added = re.split(r", ", draw.choice(others).rstrip(". "))[-1]
    if len(added) < 15:
        return None
    return f"{claim.rstrip('. ')}, {added}."
