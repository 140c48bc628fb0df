"""An answer and its parts: one record for the chat, Python, the command line and the eval."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from typing import Any, Literal, Self

from index.types import Article

SCHEMA = 1
"""Version of the JSON form of an Answer; it grows when a name changes its meaning or goes."""

ABSTENTION = "The articles don't say"
"""How the text of an answer begins that found nothing."""

Label = Literal["supported", "partly", "unsupported"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the cited text carries a claim, and why, in words for a reader."""

    label: Label
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """An exact stretch of one version of an article: `article.text[start:end] == quote`.

    page:  the page, counted from 1, on which it begins; None where an article has no pages.
    """

    article_id: str
    article_version: str
    title: str
    source: str | None
    published: date | None
    url: str | None
    start: int
    end: int
    quote: str
    page: int | None = None

    @classmethod
    def of(cls, article: Article, start: int, end: int, **more: Any) -> Self:
        """The stretch `article.text[start:end]`; a Citation wants its `number` as well."""
        return cls(
            article_id=article.id,
            article_version=article.version,
            title=article.title,
            source=article.source,
            published=article.published,
            url=article.url,
            start=start,
            end=end,
            quote=article.text[start:end],
            page=article.page(start),
            **more,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation(Passage):
    """A passage that a claim rests on. Its number stands in `Answer.text` as `[number]`."""

    number: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A stretch of the answer (`answer.text[start:end] == text`) with what it rests on."""

    text: str
    start: int
    end: int
    verdict: Verdict
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """What the outlets disagree on, and the versions they give."""

    about: str
    versions: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question.

    searched_for:   the question as it was searched, standing alone.
    text:           what the reader sees; markers `[1]` are numbers of `citations`.
    abstained:      the articles do not say; `passages` are then the nearest ones.
    passages:       the passages found, best first, whether cited or not.
    timings:        seconds by stage, and "total". Of "search" are "embed", "dense", "lexical" and
                    "fuse", of "extract" "read", of "model" "check"; "first claim" counts from the
                    question on.
    usage:          tokens by kind, where a model counted them.
    index_version:  the committed version of the index that was searched.
    doubtful:       the sentences quoted come nearest and rather do not answer, by `confidence`;
                    never an abstention, nor of a model's answer.
    short:          the name, number, day or place alone that the first citation answers with, where
                    one was asked for and is sure; None from a model.
    raw:            a model's own text, unchecked; None from the extractive answerer.
    confidence:     the chance, from 0 to 1, that the passages found answer the question, by which
                    it was decided to answer or abstain; 0 where nothing was found; None unknown.
    """

    question: str
    searched_for: str
    text: str
    claims: tuple[Claim, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    abstained: bool = False
    passages: tuple[Passage, ...] = ()
    warnings: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    usage: dict[str, int] = field(default_factory=dict)
    model: str = "extractive"
    index_version: int = 0
    raw: str | None = None
    confidence: float | None = None
    short: Passage | None = None
    doubtful: bool = False

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation once, by number."""
        found = {c.number: c for claim in self.claims for c in claim.citations}
        return tuple(found[number] for number in sorted(found))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values under the names of the fields, and `schema`; dates as YYYY-MM-DD."""
        return {"schema": SCHEMA, **plain(self)}

    def __str__(self) -> str:
        from .render import as_text

        return as_text(self)


@dataclass(frozen=True, slots=True)
class Searched:
    """Event: the question, as it will be searched."""

    searched_for: str


@dataclass(frozen=True, slots=True)
class Found:
    """Event: the passages found, best first."""

    passages: tuple[Passage, ...]


Event = Searched | Found | Claim | Answer
"""What `Answerer.stream` yields: Searched, Found, each Claim once checked, the Answer last."""


def plain(value: Any) -> Any:
    """A record as JSON values."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, date) else value
