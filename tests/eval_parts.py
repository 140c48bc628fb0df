"""Two small articles, a question on both, and answers about them, for the tests of the eval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eval.dataset import Case, EvalSet, Place, Question
from index.errors import BadQuestion
from index.readers import make_article
from index.types import Chunk, Hit, Span
from qa.types import Answer, Citation, Claim, Verdict

FERRY = make_article(
    "Ferry terminal approved",
    "The council approved the ferry terminal on Monday. It will cost 14 million pounds.\n\n"
    "Mayor Ruiz called it overdue.",
    path="ferry.md",
    url="https://example.org/ferry",
)
STRIKE = make_article(
    "Cannery strike",
    "Workers at the cannery walked out on Tuesday. The union counted 212 of them.",
    path="strike.md",
)
ARTICLES = {a.id: a for a in (FERRY, STRIKE)}
COST = "It will cost 14 million pounds."
APPROVED = "The council approved the ferry terminal on Monday."
UNION = "The union counted 212 of them."
FINE = Verdict("supported", "test")


def place(article, quote):
    start = article.text.index(quote)
    return Place(article.id, start, start + len(quote))


def cite(article, quote, number=1):
    where = place(article, quote)
    return Citation(
        number=number,
        article_id=article.id,
        article_version=article.version,
        title=article.title,
        source=None,
        published=None,
        url=article.url,
        start=where.start,
        end=where.end,
        quote=quote,
    )


def answering(*claims):
    """An answer of one claim for each list of citations, in their own words."""
    made, text = [], ""
    for citations in claims:
        said = " ".join(c.quote for c in citations) + " [1]"
        made.append(Claim(said, len(text), len(text) + len(said), FINE, tuple(citations)))
        text += said
    return Answer("q", "q", text, claims=tuple(made))


def hit(article, quote, score=1.0):
    where = place(article, quote)
    span = Span(where.start, where.end)
    return Hit(Chunk(1, article.id, span.start, span.end, (span,)), article, score)


# Two points: the cost, which only the ferry article has, and the number of strikers.
CASE = Case(
    Question("q1", "several_articles", "What does the terminal cost?", answers=("14 million",)),
    points=((place(FERRY, COST),), (place(STRIKE, UNION),)),
    passages=((place(FERRY, COST),), (place(STRIKE, UNION),)),
)
ONE = replace(CASE, points=CASE.points[:1], passages=CASE.passages[:1])
OPEN = Case(Question("q2", "near_miss", "What does the bridge cost?", answerable=False))
ABSTAINED = Answer("q", "q", "The articles do not say.", abstained=True)


def encode(texts):
    """How often each letter occurs, at unit length: a text is nearest to itself."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789 "
    counts = np.array([[text.lower().count(c) for c in letters] for text in texts], np.float32)
    return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1)


class FakeIndex:
    """Finds the cost first and the number of strikers second, whatever is asked."""

    def search(self, query, k=10, filters=None, mode="hybrid", asked_on=None):
        return [hit(FERRY, COST), hit(STRIKE, UNION)][:k]

    def encode(self, texts):
        return encode(texts)


class FakeAnswerer:
    """Right about the terminal, abstains on the bridge, fails on anything else."""

    model = "fake"

    def __init__(self):
        self.asked = []

    def stream(self, question, history=(), *, asked_on=None):
        self.asked.append(question)
        if "bridge" in question:
            yield replace(ABSTAINED, model="fake")
        elif "terminal" in question:
            answer = answering([cite(FERRY, COST)], [cite(STRIKE, UNION, 2)])
            yield from answer.claims
            yield replace(answer, model="fake")
        else:
            raise BadQuestion("the question cannot be asked")


FAILING = replace(CASE, question=replace(CASE.question, id="q3", question="?"))
SMALL = EvalSet("small", "Made up.", (FERRY, STRIKE), (CASE, OPEN, FAILING), ("gold@1",))
