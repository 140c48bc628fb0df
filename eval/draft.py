"""Questions proposed from articles, for a person to accept, edit or delete."""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.chunk import split_sentences
from index.types import Article
from qa.llm.model import Model, ModelFailed
from qa.prompt import Numbered, draft_prompt, fit
from qa.questions.pronouns import points_out

from .check import key
from .cloze import GAP, cloze
from .dataset import EvalError, by_reference
from .lines import DRAFT
from .metrics import contains_answer

PER_ARTICLE = 4
"""Questions that a model is asked for about one article."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposal. `quotes` are (article name, text), each a point that the answer must cite."""

    question: str
    kind: str
    answers: tuple[str, ...] = ()
    quotes: tuple[tuple[str, str], ...] = ()
    note: str = ""

    def row(self, number: int) -> dict[str, Any]:
        """The object of its line in a file of questions."""
        return {
            "id": f"draft-{number:03}",
            "kind": self.kind,
            "question": self.question,
            "answers": list(self.answers),
            "gold": [[{"article": article, "quote": text}] for article, text in self.quotes],
            "status": DRAFT,
            "note": self.note,
        }


def propose(
    articles: Sequence[Article],
    count: int,
    model: Model | None = None,
    seed: int = 0,
    thumbs: Sequence[Draft] = (),
) -> list[Draft]:
    """At most `count` questions, spread over the articles as evenly as they allow.

    thumbs:  drafts out of readers' judgements, which come first.
    Raises ModelFailed when a model fails before it has proposed anything.
    """
    named = names(articles)
    known = [article for article in articles if article.id in named]
    order = random.Random(seed).sample(known, len(known))
    if model is not None:
        made = _by_model(order, named, count, model)
    else:
        made = [_by_rules(article, named[article.id]) for article in order]
    return _spread([[thumb] for thumb in thumbs] + made, count)


def names(articles: Sequence[Article]) -> dict[str, str]:
    """What a question calls each article: its path, URL or id, whichever names no other."""
    known = by_reference(articles)
    return {
        a.id: next(n for n in (a.path, a.url, a.id) if n and len(known[n]) == 1) for a in articles
    }


def write(drafts: Sequence[Draft], path: Path) -> None:
    """One line for each. Raises EvalError when the file is there: it may have been edited."""
    if not drafts:
        raise EvalError("no question could be made of these articles (give more, or a --model)")
    lines = [json.dumps(d.row(n), ensure_ascii=False) + "\n" for n, d in enumerate(drafts, 1)]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.writelines(lines)
    except FileExistsError:
        raise EvalError(f"{path}: is there already (name another file, or move it away)") from None
    except OSError as problem:
        raise EvalError(f"{path}: cannot be written: {problem.strerror or problem}") from None


def _spread(made: Sequence[Sequence[Draft]], count: int) -> list[Draft]:
    """The first of every article, then the second; no question twice."""
    chosen: dict[str, Draft] = {}
    for turn in range(max(map(len, made), default=0)):
        for drafts in made:
            if turn < len(drafts) and len(chosen) < count:
                chosen.setdefault(key(drafts[turn].question), drafts[turn])
    return list(chosen.values())


def _by_rules(article: Article, name: str) -> list[Draft]:
    """The surest questions first; of equally sure ones that of the earlier sentence."""
    found = []
    for span in split_sentences(article.text, article.language):
        sentence = article.text[span.start : span.end]
        if made := cloze(sentence, article.text):
            how = "a gap in a sentence: ask for it in your own words" if GAP in made.question else (
                "made by rules from its quote: read it aloud"
            )  # fmt: skip
            draft = Draft(made.question, "one_sentence", (made.answer,), ((name, sentence),), how)
            found.append((made.rule, draft))
    return [draft for _, draft in sorted(found, key=lambda pair: pair[0])]


# With a model -----------------------------------------------------------------------------------


def _by_model(
    articles: Sequence[Article], named: Mapping[str, str], count: int, model: Model
) -> list[list[Draft]]:
    """Those of as many articles as it takes; what was dropped, and why, goes to standard error."""
    dropped: Counter[str] = Counter()
    made: list[list[Draft]] = []
    per_article = max(1, min(PER_ARTICLE, -(-count // max(1, len(articles)))))
    for article in articles:
        if sum(map(len, made)) >= count:
            break
        sentences = _numbered(article, model)
        try:
            text = "".join(model.stream(*draft_prompt(sentences, per_article)))
        except ModelFailed as problem:
            if not any(made):
                raise
            print(f"the model stopped: {problem}", file=sys.stderr)
            break
        made.append(list(_read(text, sentences, named[article.id], dropped)))
    for reason, times in dropped.items():
        print(f"dropped {times}: {reason}", file=sys.stderr)
    return made


def _numbered(article: Article, model: Model) -> list[Numbered]:
    text = article.text
    sentences = [text[s.start : s.end] for s in split_sentences(text, article.language)]
    evidence = [
        Numbered(number, sentence, article.id, article.title, article.source, article.published)
        for number, sentence in enumerate(sentences, 1)
    ]
    return fit(evidence, model.context_tokens)[0]


_LINE = re.compile(r"\W*\[?(\d+)\]?\s*\|\s*(.+?\?)\s*\|\s*(.+)")


def _read(
    text: str, sentences: Sequence[Numbered], name: str, dropped: Counter[str]
) -> Iterator[Draft]:
    """The lines `number | question | answer` of a model that hold what they must."""
    quotes = {sentence.number: sentence.text for sentence in sentences}
    for line in filter(str.strip, text.splitlines()):
        found = _LINE.fullmatch(line.strip())
        if found is None:
            dropped["not of the form number | question | answer"] += 1
            continue
        quote = quotes.get(int(found[1]))
        question, answer = found[2].strip(), found[3].strip().strip('"“”').rstrip(".")
        if reason := _fault(question, answer, quote):
            dropped[reason] += 1
            continue
        note = "written by a model: is it clear without the article, and is this the answer?"
        yield Draft(question, "one_sentence", (answer,), ((name, quote or ""),), note)


def _fault(question: str, answer: str, quote: str | None) -> str:
    """Why a model's proposal cannot be used; empty where it can."""
    if quote is None:
        return "the sentence that it names is not there"
    if not contains_answer(quote, (answer,)):
        return "the answer is not in the sentence"
    if contains_answer(question, (answer,)):
        return "the question gives its answer away"
    if points_out(question):
        return "the question cannot be understood alone"
    return ""
