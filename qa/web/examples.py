"""Questions that an index answers, made from sentences of its newest articles.

A question about the subject of a sentence keeps the sentence's own words: "Six engines fought the
blaze until dawn" gives "How many engines fought the blaze until dawn?". Each is asked before it is
shown, and kept when the answer quotes the sentence that it was made from. No model is asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from index.chunk import split_sentences
from index.errors import UnknownArticle
from index.store import Index
from index.types import Article, Heading, Span

from ..answerer import Answerer
from ..config import EXTRACTIVE

MOST = 6
OF_A_KIND = 2
ARTICLES = 40
"""The newest ones, of which questions are made."""

TRIES = 12
"""Questions that are asked to find those that are shown."""

LENGTHS = range(18, 86)
"""Characters of a question that is read at a glance."""

_VERB = (
    r"(?:[a-z]{3,}ed|said|told|found|held|won|lost|sold|bought|built|led|made|paid|took|gave|ran"
    r"|wrote|chose|quit|became|began|kept|left|met|set|put|saw|sent|spoke|stood|brought|drew|fought"
    r"|sank|were|was|will|would|have|has|had|are)"
)
_TITLE = "(?:Mr|Mrs|Ms|Miss|Dr|Mayor|Judge|President|Minister|Captain|Councillor|Sir|Dame)"
_PERSON = rf"(?:{_TITLE}\.? )?[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){{0,2}}"
_NUMBER = (
    r"(?:(?:About|Around|Some|At least|More than|Nearly|Almost) )?(?:\d[\d,.]*\d|\d"
    r"|(?i:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty))"
)
_MANY = re.compile(rf"{_NUMBER} (?P<rest>(?:[a-z’'-]+ ){{1,3}}{_VERB}\b.*)")
_WHO = re.compile(rf"(?P<s>{_PERSON}) (?P<rest>{_VERB}\b.*)")
_CAME = {
    "opened": "open", "reopened": "reopen", "closed": "close", "resigned": "resign", "died": "die",
    "arrived": "arrive", "ended": "end", "started": "start", "collapsed": "collapse",
}  # fmt: skip
_WHEN = re.compile(
    r"(?P<s>(?:The [\w’' -]{3,30}?|[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){1,3})) "
    rf"(?P<v>{'|'.join(_CAME)})\b.{{0,40}}? "
    r"(?:on|in) (?:\d|[A-Z][a-z]+day|January|February|March|April|May|June|July|August|September"
    r"|October|November|December)"
)
_IS = re.compile(r"(?P<s>[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){1,2}), (?:a|an|the|who|whose|\d\d,)\b")

_LEANS = re.compile(
    r"\b(?:[Hh]e|[Ss]he|[Ii]t|[Tt]hey|[Ww]e|I|him|them|us|[Hh]is|her|[Ii]ts|[Tt]heir|our|my|[Tt]his"
    r"|[Tt]hese|[Tt]hose|there|then|here|other|others|another|also|both|such|same|former|latter|too|but|"
    r"as well|on \w+day|yesterday|today|tomorrow)\b"
    '|["“”„«»():;?!]'
)
"""What makes a question hang on the sentences around it, or hard to read."""


def examples(
    index: Index, headings: Sequence[Heading], stopped: Callable[[], bool] = lambda: False
) -> list[str]:
    """Up to MOST questions, of different kinds.

    headings:  the articles, the newest first.
    stopped:   asked before each question that is tried; then those that were found are all.
    """
    answerer = Answerer(index, EXTRACTIVE)
    kinds: Counter[str] = Counter()
    shown: list[str] = []
    tried = 0
    for heading in headings[:ARTICLES]:
        if tried == TRIES or len(shown) == MOST or stopped():
            break
        try:
            article = index.article(heading.id, heading.version)
        except UnknownArticle:
            continue  # removed since
        new = [item for item in candidates(article) if item[0] not in shown]
        question, span = min(new, key=lambda item: kinds[_kind(item[0])], default=("", Span(0, 0)))
        if not question or kinds[_kind(question)] == OF_A_KIND:
            continue
        tried += 1
        if _answers(answerer, question, article, span):
            kinds[_kind(question)] += 1
            shown.append(question)
    return shown


def candidates(article: Article) -> Iterator[tuple[str, Span]]:
    """Questions that sentences of an article answer, with the sentences, in their order."""
    for span in split_sentences(article.text, article.language):
        sentence = " ".join(article.text[span.start : span.end].split())
        for question in questions_of(sentence, article.text):
            if len(question) in LENGTHS:
                yield question, span


def questions_of(sentence: str, text: str) -> Iterator[str]:
    """The questions that a plain sentence of a text answers; none where it is not plain."""
    plain = sentence.removesuffix(".")
    if not _LEANS.search(plain):
        if found := _MANY.fullmatch(plain):
            yield f"How many {found['rest']}?"
        elif (found := _WHO.fullmatch(plain)) and _is_person(found["s"], text):
            yield f"Who {found['rest']}?"
    if (found := _WHEN.match(plain)) and not _LEANS.search(found["s"]):
        yield f"When did {re.sub('^The ', 'the ', found['s'])} {_CAME[found['v']]}?"
    for found in _IS.finditer(plain):
        if _is_person(found["s"], text):
            yield f"Who is {found['s']}?"


def _is_person(name: str, text: str) -> bool:
    """Whether a text gives the last part of a name a title somewhere, as it does to a person's."""
    last = re.escape(name.split()[-1])
    return re.search(rf"\b{_TITLE}\.? (?:[A-Z][\w’'-]+ )?{last}\b", text) is not None


def _kind(question: str) -> str:
    """By its first words."""
    return " ".join(question.split()[:2]) if question.startswith("Who is") else question.split()[0]


def _answers(answerer: Answerer, question: str, article: Article, span: Span) -> bool:
    """Whether the first statement of the answer quotes the sentence."""
    answer = answerer.ask(question)
    return bool(answer.claims) and any(
        cited.article_id == article.id and cited.start < span.end and span.start < cited.end
        for cited in answer.claims[0].citations
    )
