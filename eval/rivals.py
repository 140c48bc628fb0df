"""Trivial answerers over the same hits. A measure that one of them wins measures too little."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from index.lexical import analyse
from index.types import Hit, Vectors
from qa.evidence import Sentence, sentences_of
from qa.language.names import COMMON, words_of
from qa.types import Answer, Citation, Claim, Verdict

PASSAGES = 10
"""Passages that `every_passage` cites, and that the best sentence is sought in: a first page."""

Encode = Callable[[list[str]], Vectors]
Rival = Callable[[str, Sequence[Hit], Encode], Answer]

_UNCHECKED = Verdict("supported", "a rival of the eval: nothing was checked")


def cite_nothing(question: str, hits: Sequence[Hit], encode: Encode) -> Answer:
    """Says the first passage and cites nothing: never wrong in a citation, never of use."""
    text = hits[0].text if hits else ""
    claims = (Claim(text, 0, len(text), _UNCHECKED, ()),) if hits else ()
    return Answer(question, question, text, claims=claims, model="cite nothing")


def first_passage(question: str, hits: Sequence[Hit], encode: Encode) -> Answer:
    """Says and cites the whole first passage: what an answerer must point into."""
    return _citing(question, [_whole(hit, 1) for hit in hits[:1]], "first passage")


def every_passage(question: str, hits: Sequence[Hit], encode: Encode) -> Answer:
    """Says and cites every passage found: the most that recall can be."""
    cited = [_whole(hit, number) for number, hit in enumerate(hits[:PASSAGES], 1)]
    return _citing(question, cited, "every passage")


def best_by_overlap(question: str, hits: Sequence[Hit], encode: Encode) -> Answer:
    """Says and cites the sentence with the largest share of the question's words; never abstains.

    Words as the search knows them, without the common ones; the better passage among equals. Its
    confidence is that share.
    """
    content = [w for w in words_of(question) if w not in COMMON]
    wanted = frozenset(analyse(" ".join(content) or question))

    def shares(sentences: Sequence[Sentence]) -> list[float]:
        return [len(wanted & each.terms) / (len(wanted) or 1) for each in sentences]

    return _best(question, hits, shares, "best sentence by overlap")


def best_by_cosine(question: str, hits: Sequence[Hit], encode: Encode) -> Answer:
    """Says and cites the sentence nearest to the question by the encoder; never abstains.

    Its confidence is the cosine.
    """

    def cosines(sentences: Sequence[Sentence]) -> list[float]:
        vectors = encode([question, *(s.text for s in sentences)])
        found: list[float] = (vectors[1:] @ vectors[0]).tolist()
        return found

    return _best(question, hits, cosines, "best sentence by cosine")


def always_abstain(question: str, hits: Sequence[Hit], encode: Encode) -> Answer:
    """Never answers: right on every unanswerable question."""
    text = "The articles do not say."
    return Answer(question, question, text, abstained=True, model="always abstain")


RIVALS: tuple[Rival, ...] = (
    cite_nothing,
    first_passage,
    every_passage,
    best_by_overlap,
    best_by_cosine,
    always_abstain,
)


def _best(
    question: str,
    hits: Sequence[Hit],
    score: Callable[[Sequence[Sentence]], list[float]],
    name: str,
) -> Answer:
    sentences = sentences_of(hits[:PASSAGES])
    if not sentences:
        return _citing(question, [], name)
    scores = score(sentences)
    first = max(range(len(scores)), key=lambda at: (scores[at], -sentences[at].rank, -at))
    best = sentences[first]
    span = best.source.sentences[best.position]
    cited = Citation.of(best.article, span.start, span.end, number=1)
    return _citing(question, [cited], name, min(1.0, max(0.0, scores[first])))


def _whole(hit: Hit, number: int) -> Citation:
    return Citation.of(hit.article, hit.chunk.start, hit.chunk.end, number=number)


def _citing(
    question: str, cited: Sequence[Citation], name: str, confidence: float | None = None
) -> Answer:
    """One claim for each citation, in the article's own words, with its marker behind it."""
    claims: list[Claim] = []
    text = ""
    for citation in cited:
        start = len(text) + bool(text)
        text += "\n" * bool(text) + f"{citation.quote} [{citation.number}]"
        claims.append(Claim(text[start:], start, len(text), _UNCHECKED, (citation,)))
    return Answer(question, question, text, claims=tuple(claims), model=name, confidence=confidence)
