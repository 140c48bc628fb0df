"""Are disagreements found, and only where there are some? The table of `python -m eval conflicts`.

On RAMDocs each question is asked of its own documents, and, for false alarms, of those of them that
give one answer with those that give none. On the seeds every question is searched as it would be.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from index.chunk import split_sentences
from index.lexical import analyse
from index.store import Index
from index.types import Article, Chunk, Hit
from qa.answerer import PASSAGES
from qa.conflicts import conflicts
from qa.cross_encoder import packaged
from qa.evidence import Sentence, sentences_of
from qa.extract import rank
from qa.features import Scored
from qa.questions.followup import stand_alone
from qa.questions.kinds import kind_of
from qa.questions.query import Query, ask, missing
from qa.types import Citation, Conflict

from .dataset import Disputed, EvalSet
from .estimates import mean, ratio
from .followups import half, markdown, percent
from .metrics import contains_answer, on_target, point_recall
from .run import build_index, sample

Finder = Callable[[str, Sequence[Scored]], tuple[Conflict, ...]]


def nothing(question: str, scored: Sequence[Scored]) -> tuple[Conflict, ...]:
    """Never a conflict: no false alarm, no use."""
    return ()


def everything(question: str, scored: Sequence[Scored]) -> tuple[Conflict, ...]:
    """The best sentence of each article as a version, wherever there are two articles."""
    best: dict[str, Scored] = {}
    for each in scored:
        best.setdefault(each.sentence.article.id, each)
    versions = [
        Citation.of(s.sentence.article, s.quote.start, s.quote.end, number=number)
        for number, s in enumerate(best.values(), 1)
    ]
    return (Conflict(question, tuple(versions)),) if len(versions) > 1 else ()


FINDERS: dict[str, Finder] = {
    "none": nothing,
    "everything found": everything,
    "conflicts": conflicts,
}


class Rarity:
    """The part of an Index that takes a question apart, over texts that are in none."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._seen: Counter[str] = Counter()
        self._n = 0
        for text in texts:
            self._seen.update(set(analyse(text)))
            self._n += 1

    def idf(self, terms: Sequence[str]) -> list[float]:
        """BM25's weight of each term."""
        counts = [self._seen[term] for term in terms]
        return [math.log(1 + (self._n - c + 0.5) / (c + 0.5)) for c in counts]

    def knows(self, word: str) -> bool:
        """Whether a text has the word."""
        return any(term in self._seen for term in analyse(word))


@dataclass(frozen=True, slots=True)
class Trial:
    """Ranked sentences for one question.

    id:       of the question, which has a trial for each set of its documents.
    answers:  the different answers among its documents; one or none where they agree.
    right:    those of them that are right.
    """

    id: str
    question: str
    scored: tuple[Scored, ...]
    answers: tuple[str, ...]
    right: tuple[str, ...]
    half: str


def trials(disputed: Sequence[Disputed]) -> list[Trial]:
    """Each question over all its documents, and over those that agree on one answer."""
    texts = Rarity(article.text for d in disputed for article, _ in d.documents)
    made = []
    for each in disputed:
        answers = tuple(dict.fromkeys(answer for _, answer in each.documents if answer))
        for kept in (answers, *((a,) for a in answers if len(answers) > 1)):
            articles = [a for a, answer in each.documents if not answer or answer in kept]
            query = ask(each.question, cast(Any, texts))
            sentences = sentences_of(map(_hit, articles))
            scored = _ranked(query, sentences) if sentences else ()
            right = tuple(a for a in kept if a in each.right)
            made.append(Trial(each.id, each.question, scored, kept, right, half(each.id)))
    return made


def _ranked(query: Query, sentences: Sequence[Sentence]) -> tuple[Scored, ...]:
    """What an answer's conflicts are looked for in, as `qa.extract.extract` has it."""
    done, others = rank(query, sentences, packaged())
    return (*done, *others)


def _hit(article: Article) -> Hit:
    spans = tuple(split_sentences(article.text))
    return Hit(Chunk(0, article.id, 0, len(article.text), spans), article, 1.0)


def news_row(news: EvalSet, limit: int, seed: int = 0) -> list[str]:
    """Conflicts raised on news questions, each over the first ten articles of a search engine.

    Nobody has marked which of them are real.
    """
    articles = {article.id: article for article in news.articles}
    texts = Rarity(article.text for article in news.articles)
    raised = []
    for case in sample(news.cases, limit, seed):
        question = case.question.question
        sentences = sentences_of(_hit(articles[i]) for i in case.ranking[:PASSAGES])
        query = ask(question, cast(Any, texts))
        known = sentences and not missing(query, sentences)
        raised.append(bool(known and conflicts(question, _ranked(query, sentences))))
    return [str(sum(raised)), str(len(raised)), percent(mean(map(float, raised), seed))]


def ramdocs_rows(made: Sequence[Trial], seed: int = 0) -> list[list[str]]:
    """A row for each half, group of questions and finder. Intervals draw whole questions.

    Columns: half, questions, finder, n that disagree, found, right answers given, n that agree,
    false conflicts.
    """
    rows = []
    for part in ("tuned on", "held out"):
        for name, belongs in _GROUPS.items():
            group = [t for t in made if t.half == part and belongs(t.question)]
            for finder, find in FINDERS.items():
                rows.append([part, name, finder, *_ramdocs(group, find, seed)])
    return rows


_GROUPS: dict[str, Callable[[str], bool]] = {
    "of dates, figures, people": lambda q: kind_of(q) is not None and kind_of(q) != "where",
    "all": lambda q: True,
}


def _ramdocs(group: Sequence[Trial], find: Finder, seed: int) -> list[str]:
    found = [(t, find(t.question, t.scored)) for t in group]
    apart = [(t, c) for t, c in found if len(t.answers) > 1]
    agreed = [(t, c) for t, c in found if len(t.answers) < 2]
    given = [
        sum(any(contains_answer(v.quote, [a]) for x in c for v in x.versions) for a in t.right)
        for t, c in apart
    ]
    return [
        str(len(apart)),
        percent(mean([float(bool(c)) for _, c in apart], seed)),
        percent(ratio(given, [float(len(t.right)) for t, _ in apart], seed)),
        str(len(agreed)),
        percent(mean([float(bool(c)) for _, c in agreed], seed, [t.id for t, _ in agreed])),
    ]


def seed_rows(seeds: EvalSet, index: Index, seed: int = 0) -> list[list[str]]:
    """A row for each finder on the sample articles.

    Columns: finder, share of contradictions and of corrected figures with a conflict, of their gold
    points that its versions cover, of its versions on a gold quote, and false conflicts among the
    other answerable questions.
    """
    ranked = []
    for case in seeds.cases:
        question = stand_alone(case.question.question, case.question.history)
        sentences = sentences_of(index.search(question, PASSAGES))
        query = ask(question, index)
        known = sentences and not query.unknown and not missing(query, sentences)
        ranked.append((case, question, _ranked(query, sentences) if known else ()))
    rows = []
    for name, find in FINDERS.items():
        row = [name]
        found = [(case, find(question, scored)) for case, question, scored in ranked]
        for kind in ("contradiction", "corrected_figure"):
            of = [(case, c) for case, c in found if case.question.kind == kind]
            versions = [(case, [v for x in c for v in x.versions]) for case, c in of]
            on = [on_target(v, case.points) for case, cited in versions for v in cited]
            row += [
                percent(mean([float(bool(c)) for _, c in of], seed)),
                percent(mean([point_recall(cited, case.points) for case, cited in versions], seed)),
                percent(mean(map(float, on), seed)),
            ]
        others = [
            bool(c)
            for case, c in found
            if case.question.kind not in ("contradiction", "corrected_figure")
        ]
        rows.append([*row, f"{sum(others)} of {len(others)}"])
    return rows


RAMDOCS_HEAD = (
    "half, questions, finder, disagree, found, right answers given, agree, false conflicts"
).split(", ")
NEWS = 150
"""News questions that are asked."""

NEWS_HEAD = "conflicts raised, news questions, share".split(", ")
SEED_HEAD = [
    "finder",
    *(
        f"{k}: {m}"
        for k in ("contradictions", "corrections")
        for m in ("found", "points", "on gold")
    ),
    "false conflicts",
]


def render(data: Path, cache: Path, seed: int = 0) -> str:
    """The three tables. Raises EvalError when a set is missing."""
    from .adapters import ramdocs, realtimeqa, seeds

    own = seeds.load_seeds()
    with build_index(own, cache / "seeds") as index:
        rows = seed_rows(own, index, seed)
    disputed = ramdocs_rows(trials(ramdocs.load(data)), seed)
    news = [news_row(realtimeqa.load(data), NEWS, seed)]
    tables = ((SEED_HEAD, rows), (RAMDOCS_HEAD, disputed), (NEWS_HEAD, news))
    return "\n\n".join(markdown(head, table) for head, table in tables) + "\n"
