"""Questions with gold quotes, and the places in the articles where those quotes stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

from index.errors import FootnoteError
from index.types import Article

from .nearest import nearest

ANSWERABLE = (
    "one_sentence",
    "several_articles",
    "dated",
    "corrected_figure",
    "contradiction",
    "follow_up",
)
UNANSWERABLE = ("false_premise", "not_in_articles", "near_miss")


class EvalError(FootnoteError):
    """Questions or data that cannot be measured with."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch of an article, word for word. `article` is its path, URL or id."""

    article: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands: `article.text[start:end]` of the article with this id."""

    article_id: str
    start: int
    end: int


Points = tuple[tuple[Place, ...], ...]
"""What an answer must cite: all of the points, any one place of each."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `gold` holds the points to cover, each with its alternative quotes.

    history:     earlier (question, answer) pairs of the conversation.
    answers:     short answers, any of which is right; empty where the articles do not say.
    answerable:  whether the articles say it; False is what an abstention should meet.
    draft:       whether it still waits for a person; nothing is measured with it.
    where:       file and line that it was read from, for messages.
    """

    id: str
    kind: str
    question: str
    answers: tuple[str, ...] = ()
    gold: tuple[tuple[Quote, ...], ...] = ()
    history: tuple[tuple[str, str], ...] = ()
    answerable: bool = True
    draft: bool = False
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A question with everything that it is measured by.

    points:    where its citations should point; empty where the set has no gold quotes.
    passages:  where its search should lead; the same as `points`, or something coarser.
    ranking:   article ids in the order in which a rival search engine gave them.
    asked_on:  the day of asking, where the set knows it.
    asked_of:  id of the article that it was written for, where the set knows it.
    """

    question: Question
    points: Points = ()
    passages: Points = ()
    ranking: tuple[str, ...] = ()
    asked_on: date | None = None
    asked_of: str | None = None


@dataclass(frozen=True, slots=True)
class EvalSet:
    """What an adapter makes of its data: articles, and questions with their gold.

    about:     what the numbers mean on this set, for a reader of the table.
    measures:  the retrieval measures worth showing, as "gold@10" (`metrics.retrieval_scores`).
    """

    name: str
    about: str
    articles: tuple[Article, ...]
    cases: tuple[Case, ...]
    measures: tuple[str, ...]

    @property
    def depths(self) -> tuple[int, ...]:
        """The k of its measures, smallest first."""
        return tuple(sorted({int(measure.partition("@")[2]) for measure in self.measures}))


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A turn of a conversation and a person's rewrite of it that stands alone."""

    id: str
    set: str
    conversation: str
    history: tuple[tuple[str, str], ...]
    question: str
    rewrite: str


@dataclass(frozen=True, slots=True)
class Disputed:
    """A question with documents that may contradict each other.

    documents:     each with the answer that it gives, "" where it gives none.
    right, wrong:  the answers that are true of something that the question may mean, and the
                   others.
    """

    id: str
    question: str
    documents: tuple[tuple[Article, str], ...]
    right: tuple[str, ...]
    wrong: tuple[str, ...]


def resolve(questions: Sequence[Question], articles: Iterable[Article]) -> list[Case]:
    """Each question with its gold quotes turned into places, in the same order.

    A quote that its article holds more than once counts at each of its places. Raises EvalError
    that lists every quote that is not in its article, and every article that is not known.
    """
    cases, problems = place(questions, articles)
    if problems:
        raise EvalError("\n".join(problems))
    return cases


def place(
    questions: Sequence[Question], articles: Iterable[Article]
) -> tuple[list[Case], list[str]]:
    """`resolve` that gives what is wrong, as `file:line: what is wrong`, instead of raising."""
    known = by_reference(articles)
    problems: list[str] = []
    cases = []
    for question in questions:
        points = tuple(_point(question, p, known, problems) for p in question.gold)
        cases.append(Case(question, points=points, passages=points))
    return cases, problems


def occurrences(text: str, quote: str) -> list[int]:
    """Every offset at which `quote` begins in `text`, overlapping ones too."""
    starts = []
    start = text.find(quote)
    while start >= 0:
        starts.append(start)
        start = text.find(quote, start + 1)
    return starts


def _point(
    question: Question,
    alternatives: tuple[Quote, ...],
    known: Mapping[str, list[Article]],
    problems: list[str],
) -> tuple[Place, ...]:
    places = []
    for quote in alternatives:
        found, problem = _places(quote, known)
        places += found
        if problem:
            problems.append(f"{question.where}: {problem}")
    return tuple(places)


def _places(quote: Quote, known: Mapping[str, list[Article]]) -> tuple[list[Place], str | None]:
    """The places of a quote in the article that it names, or why it has none."""
    named = known.get(quote.article, [])
    if not named:
        near = get_close_matches(quote.article, known, n=1)
        meant = (
            f'did you mean "{near[0]}"?' if near else "give its path below the folder, URL or id"
        )
        return [], f'no article "{quote.article}" ({meant})'
    if len(named) > 1:
        return [], f'"{quote.article}" names {len(named)} articles (give the URL or the id)'
    article = named[0]
    starts = occurrences(article.text, quote.text)
    if starts:
        return [Place(article.id, s, s + len(quote.text)) for s in starts], None
    return [], f'not in "{quote.article}": "{quote.text}" ({_hint(quote, article, known)})'


def _hint(quote: Quote, article: Article, known: Mapping[str, list[Article]]) -> str:
    """Where a quote that is not in its article may have been meant to stand."""
    for others in known.values():
        for other in others:
            if quote.text in other.text:
                return f'it stands in "{other.path or other.url or other.id}"'
    near = nearest(article.text, quote.text)
    if near is None:
        return "nothing there is like it: copy it from the article"
    stands = article.text[near.start : near.end]
    told = f'{article.id}:{near.start}-{near.end}: "{stands}"'
    if " ".join(quote.text.split()).casefold() in " ".join(stands.split()).casefold():
        return f"only its white space or capitals differ from {told}"
    return f"copy it from the article; nearest is {told}"


def by_reference(articles: Iterable[Article]) -> dict[str, list[Article]]:
    """Articles by everything that a question may call them."""
    known: dict[str, dict[str, Article]] = defaultdict(dict)
    for article in articles:
        for name in (article.id, article.url, article.path):
            if name:
                known[name][article.id] = article
    return {name: list(found.values()) for name, found in known.items()}
