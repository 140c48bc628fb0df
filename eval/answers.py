"""Answers out of the JSON of a record: whole ones, and the least that a person would write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from index.chunk import split_sentences
from index.types import Article
from qa.types import SCHEMA, Answer, Citation, Claim, Conflict, Passage, Verdict

from .dataset import by_reference

_MARKER = re.compile(r"\[(\d+(?:\s*,\s*\d+)*)\]")
_BEHIND = re.compile(rf"\s*(?:{_MARKER.pattern}[\s.]*)+")
_UNCHECKED = Verdict("supported", "not checked: of a system that checks nothing")


class Articles:
    """A set's articles by all that they are called."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._named = by_reference(articles)

    def named(self, name: str) -> Article | None:
        """The one article of this path, URL or id; None without one. ValueError with several."""
        found = self._named.get(name, [])
        if len(found) > 1:
            raise ValueError(f'"{name}" names {len(found)} articles (give the URL or the id)')
        return found[0] if found else None


def read_answer(row: Mapping[str, Any], question: str, articles: Articles) -> Answer:
    """An Answer from its own JSON (`schema` is there), or from what was written by hand.

    Raises KeyError, TypeError or ValueError where it is neither.
    """
    if "schema" not in row:
        return _by_hand(row, question, articles)
    if row["schema"] != SCHEMA:
        raise ValueError(f"an answer of schema {row['schema']!r}, and this version reads {SCHEMA}")
    known = {f.name for f in fields(Answer)}
    plain = {name: value for name, value in row.items() if name in known}
    return Answer(
        **plain
        | {
            "claims": tuple(map(_claim, row["claims"])),
            "conflicts": tuple(
                Conflict(c["about"], tuple(_passage(Citation, v) for v in c["versions"]))
                for c in row["conflicts"]
            ),
            "passages": tuple(_passage(Passage, p) for p in row["passages"]),
            "warnings": tuple(row["warnings"]),
            "short": _passage(Passage, row["short"]) if row.get("short") else None,
        }
    )


def _claim(row: Mapping[str, Any]) -> Claim:
    verdict = Verdict(row["verdict"]["label"], row["verdict"]["reason"])
    cited = tuple(_passage(Citation, c) for c in row["citations"])
    return Claim(row["text"], row["start"], row["end"], verdict, cited)


def _passage(kind: type[Any], row: Mapping[str, Any]) -> Any:
    day = row["published"]
    return kind(**{**row, "published": date.fromisoformat(day) if day else None})


def _by_hand(row: Mapping[str, Any], question: str, articles: Articles) -> Answer:
    text = row.get("text", "")
    cited = [_citation(c, n, articles) for n, c in enumerate(row.get("citations", ()), 1)]
    return Answer(
        question,
        question,
        text,
        claims=tuple(_claims(text, cited)),
        abstained=bool(row.get("abstained", False)),
        model=row.get("model", ""),
        confidence=row.get("confidence"),
        doubtful=bool(row.get("doubtful", False)),
    )


def _citation(row: Mapping[str, Any], number: int, articles: Articles) -> Citation:
    """A quote is sought in its article; one that is not there stands at [0:0], which it is not."""
    article = articles.named(row["article"])
    if not {"quote", "start"} & set(row):
        raise ValueError(f'a citation of "{row["article"]}" needs a "quote", or "start" and "end"')
    quote, start, end = row.get("quote"), row.get("start"), row.get("end")
    text = article.text if article else ""
    if start is None:
        found = text.find(quote) if article else -1
        start, end = (found, found + len(quote)) if found >= 0 else (0, 0)
    return Citation(
        number=row.get("number", number),
        article_id=article.id if article else row["article"],
        article_version=article.version if article else "",
        title=article.title if article else row["article"],
        source=article.source if article else None,
        published=article.published if article else None,
        url=article.url if article else None,
        start=start,
        end=end,
        quote=text[start:end] if quote is None else quote,
    )


def _claims(text: str, cited: list[Citation]) -> list[Claim]:
    """Each sentence with the markers in it and right behind it; all of the text without markers."""
    if not text.strip():
        return []
    if not _MARKER.search(text):
        return [Claim(text, 0, len(text), _UNCHECKED, tuple(cited))]
    known = {c.number: c for c in cited}
    claims = []
    for start, end in _sentences(text):
        numbers = dict.fromkeys(
            int(n) for m in _MARKER.finditer(text, start, end) for n in m[1].split(",")
        )
        own = tuple(known[n] for n in numbers if n in known)
        claims.append(Claim(text[start:end], start, end, _UNCHECKED, own))
    return claims


def _sentences(text: str) -> list[tuple[int, int]]:
    """The sentences, each with the markers that follow its full stop."""
    found: list[tuple[int, int]] = []
    for span in split_sentences(text):
        start, end = span.start, span.end
        behind = _BEHIND.match(text, start, end)
        if behind and found:
            found[-1] = (found[-1][0], behind.end())
            start = behind.end()
        if text[start:end].strip():
            found.append((start, end))
    return found
