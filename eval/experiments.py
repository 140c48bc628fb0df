"""What finds the answers better? Rankings made of the two halves' hits, each against hybrid.

Every question is searched once, DEEP in either half; an experiment is a pure function that puts
the chunks found in an order. Those that lost stay in the table, so that nobody tries them again
unknowingly.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index import lexical
from index import search as ranking
from index.database import Database
from index.search import best_first, fuse, is_about_now
from index.store import Index
from index.types import Hit, Reranker

from .dataset import Case, EvalSet
from .estimates import Estimate, mean
from .metrics import contains_answer, on_target
from .progress import bar
from .retrieval import reciprocal_rank
from .scores import ENGINE

DEEP = 200
"""Chunks of each half that are kept for the experiments."""

DEPTHS = (1, 10, 50)
HYBRID = "hybrid"

FEEDBACK = 5, 8
"""Top hits whose words expand a query, and how many words are taken."""

Ranked = dict[int, float]


@dataclass(frozen=True)
class Found:
    """One question with the chunks that either half found for it.

    dense, words:      chunk rows and scores, best first.
    titled, expanded:  the same of BM25 with the title twice, and with words of the top hits.
    right:             rows of chunks that answer the question.
    shipped, dated:    whether each hit of `Index.search` answers it, without and with the day.
    engine:            whether each article of the search engine's order holds the answer.
    reranked:          the chunks of the shipped hits as a reranker orders them, where one is given.
    """

    case: Case
    hits: dict[int, Hit]
    dense: Ranked
    words: Ranked
    titled: Ranked
    expanded: Ranked
    right: frozenset[int]
    shipped: tuple[bool, ...]
    dated: tuple[bool, ...]
    engine: tuple[bool, ...]
    reranked: tuple[bool, ...] = ()


def gather(
    eval_set: EvalSet, cases: Sequence[Case], index: Index, reranker: Reranker | None = None
) -> list[Found]:
    """Every question searched in all the ways that the experiments need."""
    cases = [case for case in cases if case.question.answerable]
    articles = {article.id: article for article in eval_set.articles}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        titled = _titled(index, Path(folder), times=2)
        for case in bar(cases, "questions"):
            engine = tuple(
                contains_answer(articles[i].text, case.question.answers) for i in case.ranking
            )
            found.append(_gather(case, index, titled, engine, reranker))
    return found


def _titled(index: Index, folder: Path, times: int) -> lexical.Lexical:
    """The word index with each title repeated, which weighs its words more."""
    database = Database.open(index.path / "index.sqlite")
    files = lexical.open_folder(folder)
    with database.snapshot():
        chunks = (
            replace(chunk, title=" ".join([chunk.title] * times))
            for chunk in database.chunks_after(0)
        )
        lexical.update(files, chunks, database.removed_since(database.version))
    database.close()
    return lexical.Lexical(files.searcher())


def _gather(
    case: Case,
    index: Index,
    titled: lexical.Lexical,
    engine: tuple[bool, ...],
    reranker: Reranker | None,
) -> Found:
    question = case.question.question
    dense = index.search(question, DEEP, mode="dense")
    words = index.search(question, DEEP, mode="lexical")
    more = index.search(f"{question} {_feedback(index, words)}", DEEP, mode="lexical")
    hits = {hit.chunk.id: hit for hit in (*more, *words, *dense)}
    shipped = index.search(question, max(DEPTHS))
    dated = index.search(question, max(DEPTHS), asked_on=case.asked_on)
    return Found(
        case,
        hits,
        _scores(dense),
        _scores(words),
        {row: s for row, s in titled.search(question, DEEP) if row in hits},
        _scores(more),
        frozenset(row for row, hit in hits.items() if answers(case, hit)),
        tuple(answers(case, hit) for hit in shipped),
        tuple(answers(case, hit) for hit in dated),
        engine,
        tuple(answers(case, hit) for hit in _reranked(question, shipped, reranker)),
    )


def _reranked(question: str, hits: list[Hit], reranker: Reranker | None) -> list[Hit]:
    """Hits as a reranker orders them, title and text together; none without one."""
    if reranker is None or not hits:
        return []
    scores = reranker.score(question, [f"{hit.article.title}\n{hit.text}" for hit in hits])
    order = sorted(range(len(hits)), key=lambda place: -scores[place])
    return [hits[place] for place in order]


def _scores(hits: Sequence[Hit]) -> Ranked:
    return {hit.chunk.id: hit.score for hit in hits}


def answers(case: Case, hit: Hit) -> bool:
    """Whether a hit holds the answer: overlaps gold, or has its words where no place is known."""
    if case.passages:
        return on_target(hit.chunk, case.passages)
    return contains_answer(hit.text, case.question.answers)


def _feedback(index: Index, hits: Sequence[Hit]) -> str:
    """The words that tell the top hits from the rest of the index, by tf-idf.

    Pseudo-relevance feedback: Rocchio 1971; after RM3 of Abdul-Jaleel et al., TREC 2004, without
    weights, which our query of plain terms does not have.
    """
    passages, count = FEEDBACK
    seen = Counter(
        word
        for hit in hits[:passages]
        for word in set(hit.text.split())
        if word.isalpha() and len(word) > 3
    )
    words = [word for word, times in seen.items() if times > 1]
    weights = [seen[w] * index.idf(lexical.analyse(w)[:1] or [w])[0] for w in words]
    best = sorted(zip(weights, words, strict=True), reverse=True)[:count]
    return " ".join(word for _, word in best)


# The experiments: hybrid, and what changes one thing about it


def hybrid(found: Found, deep: int = 50, k: int = ranking.RRF_K) -> Ranked:
    return fuse([list(found.dense)[:deep], list(found.words)[:deep]], k)


def weighted(found: Found, dense: float, deep: int = 50, k: int = ranking.RRF_K) -> Ranked:
    """Reciprocal rank fusion in which the dense half counts `dense` and BM25 the rest of 2."""
    scores: Ranked = {}
    for rows, weight in ((found.dense, dense), (found.words, 2 - dense)):
        for rank, row in enumerate(list(rows)[:deep], 1):
            scores[row] = scores.get(row, 0.0) + weight / (k + rank)
    return best_first(scores)


def convex(found: Found, dense: float) -> Ranked:
    """a * dense + (1 - a) * BM25, each from 0 to 1 between its least and its greatest score.

    Source: Bruch, Gai and Ingber, An analysis of fusion functions, TOIS 2023.
    """
    scores: Ranked = {}
    for half, weight in ((found.dense, dense), (found.words, 1 - dense)):
        low, high = min(half.values(), default=0), max(half.values(), default=1)
        for row, score in half.items():
            share = (score - low) / (high - low or 1)
            scores[row] = scores.get(row, 0.0) + weight * share
    return best_first(scores)


def recent(
    found: Found, half_life: float, floor: float, always: bool = False, k: int = ranking.RRF_K
) -> Ranked:
    """Hybrid weighted by age on the day of asking."""
    day, scores = found.case.asked_on, hybrid(found, k=k)
    if day is None or not (always or is_about_now(found.case.question.question, day)):
        return scores
    return best_first(
        {
            row: score * ranking.recency(found.hits[row].article.published, day, half_life, floor)
            for row, score in scores.items()
        }
    )


def at_most(found: Found, count: int) -> Ranked:
    """At most so many chunks of one article; the others come after all the rest."""
    seen: Counter[str] = Counter()
    scores = hybrid(found)
    for row in scores:
        article = found.hits[row].article.id
        seen[article] += 1
        scores[row] -= seen[article] > count
    return best_first(scores)


def neighbours(found: Found, share: float) -> Ranked:
    """A chunk gains a share of the scores of the chunks before and behind it in its article."""
    scores = hybrid(found)

    def near(row: int) -> float:
        article = found.hits[row].article.id
        beside = (r for r in (row - 1, row + 1) if r in scores)
        return sum(scores[r] for r in beside if found.hits[r].article.id == article)

    return best_first({row: score + share * near(row) for row, score in scores.items()})


def articles_too(found: Found, weight: float) -> Ranked:
    """A chunk gains a share of the score of its article, which is that of all of its chunks."""
    scores = hybrid(found)
    whole: dict[str, float] = {}
    for row, score in scores.items():
        article = found.hits[row].article.id
        whole[article] = whole.get(article, 0.0) + score
    return best_first({r: s + weight * whole[found.hits[r].article.id] for r, s in scores.items()})


def instead(found: Found, words: Ranked) -> Ranked:
    """Dense and another BM25, fused."""
    return fuse([list(found.dense)[:50], list(words)[:50]])


EXPERIMENTS: dict[str, Callable[[Found], Ranked]] = {
    HYBRID: hybrid,
    "BM25": lambda f: f.words,
    "dense": lambda f: f.dense,
    "20 deep": lambda f: hybrid(f, 20),
    "100 deep": lambda f: hybrid(f, 100),
    "200 deep": lambda f: hybrid(f, 200),
    "k = 5": lambda f: hybrid(f, k=5),
    "k = 10": lambda f: hybrid(f, k=10),
    "dense x 0.5, BM25 x 1.5": lambda f: weighted(f, 0.5),
    "dense x 1.5, BM25 x 0.5": lambda f: weighted(f, 1.5),
    "sum of scores, 0.4 dense": lambda f: convex(f, 0.4),
    "sum of scores, 0.6 dense": lambda f: convex(f, 0.6),
    "title twice": lambda f: instead(f, f.titled),
    "words of the top hits": lambda f: instead(f, f.expanded),
    "at most 1 of an article": lambda f: at_most(f, 1),
    "at most 3 of an article": lambda f: at_most(f, 3),
    "neighbours, 0.2": lambda f: neighbours(f, 0.2),
    "whole articles, 0.05": lambda f: articles_too(f, 0.05),
    "recency, 7 days": lambda f: recent(f, 7, 0.5),
    "recency, 14 days": lambda f: recent(f, 14, 0.5),
    "recency, 30 days": lambda f: recent(f, 30, 0.5),
    "recency, floor 0.25": lambda f: recent(f, 14, 0.25),
    "recency, floor 0.7": lambda f: recent(f, 14, 0.7),
    "recency, whatever is asked": lambda f: recent(f, 14, 0.5, always=True),
    "recency, k = 5": lambda f: recent(f, 14, 0.5, k=5),
}

ENGINE_ROW = f"{ENGINE} (whole articles)"


def measure(found: Sequence[Found]) -> dict[str, list[list[float]]]:
    """For each experiment, each question's measures: found at DEPTHS, and its reciprocal rank."""
    table = {
        name: [measures([row in f.right for row in rank(f)]) for f in found]
        for name, rank in EXPERIMENTS.items()
    }
    table["near-copies merged"] = [measures(f.shipped) for f in found]
    table["near-copies merged, recency"] = [measures(f.dated) for f in found]
    if any(f.reranked for f in found):
        table["near-copies merged, reranked"] = [measures(f.reranked) for f in found]
    if any(f.engine for f in found):
        table[ENGINE_ROW] = [measures(f.engine) for f in found]
    return table


def measures(right: Sequence[bool]) -> list[float]:
    """One question's: found at DEPTHS, and its reciprocal rank."""
    cut = right[: max(DEPTHS)]
    return [*(float(any(cut[:k])) for k in DEPTHS), reciprocal_rank(cut)]


def render(found: Sequence[Found], seed: int = 0) -> str:
    """The table in Markdown: each measure, and how far from hybrid."""
    return beside(measure(found), HYBRID, seed)


def beside(table: Mapping[str, Sequence[Sequence[float]]], base: str, seed: int = 0) -> str:
    """By name each question's `measures`, in Markdown: their means, and how far from `base`'s.

    In brackets the ends of the paired 95% bootstrap interval of the difference.
    """
    heads = ["search", *(f"answer@{k}" for k in DEPTHS), "MRR"]
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    for name, rows in table.items():
        cells = []
        for own, other in zip(zip(*rows, strict=True), zip(*table[base], strict=True), strict=True):
            apart = mean((a - b for a, b in zip(own, other, strict=True)), seed)
            cells.append(_cell(mean(own, seed), None if name == base else apart))
        lines.append([name, *cells])
    count = len(table[base])
    note = f"{count} questions; against {base}, paired by question: [95% bootstrap interval]."
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), "", note]) + "\n"


def _cell(value: Estimate | None, apart: Estimate | None) -> str:
    share = f"{100 * value.mean:.1f}" if value else "-"
    if apart is None:
        return share
    return f"{share}, {100 * apart.mean:+.1f} [{100 * apart.low:+.1f}, {100 * apart.high:+.1f}]"
