"""A model's answer, checked sentence by sentence before anyone sees it."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from index.clock import Clock
from index.types import Entailer

from .checks.meaning import Encode
from .citations import Parser, Said
from .compose import Composition
from .evidence import Sentence, quote_span
from .llm import Model, ModelFailed, hang_up
from .prompt import Numbered, fit, is_no_answer, render
from .types import Claim, Passage, Verdict
from .verify import heads, repair, verify


@dataclass
class Generated:
    """What has come of a model's answer so far.

    raw:        the model's own text, unchecked.
    no_answer:  the model said that the evidence does not answer.
    problem:    why it stopped before its end.
    left_out:   unsupported statements that were not written, as `strict` asks.
    headings:   those that wait for the claim below them.
    headless:   headings that were not written: nothing below them carries their words.
    """

    written: Composition = field(default_factory=Composition)
    raw: str = ""
    no_answer: bool = False
    problem: ModelFailed | None = None
    left_out: int = 0
    headings: list[Said] = field(default_factory=list)
    headless: int = 0
    usage: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def carried(self) -> bool:
        """Whether a source carries any of it, at least in part."""
        return any(claim.verdict.label != "unsupported" for claim in self.written.claims)


def generate(
    question: str,
    evidence: Sequence[Sentence],
    model: Model,
    encode: Encode,
    made: Generated,
    strict: bool = False,
    entailer: Entailer | None = None,
    clock: Clock | None = None,
) -> Iterator[Claim]:
    """Each claim of a model's answer, once it is checked; `made` is filled on the way.

    question:   one that stands alone.
    evidence:   the sentences found, best first.
    strict:     unsupported claims are left out, and counted.
    entailer:   judges the meaning in the packaged model's place.
    clock:      is told what checking took.
    """
    clock = clock or Clock()
    numbered = _numbered(evidence)
    kept, left = fit([item for item, _ in numbered], model.context_tokens, question)
    if left:
        made.warnings.append(
            f"{left} of {len(numbered)} sentences found did not fit into the model's context"
        )
    passages = {item.number: _quoted(sentence) for item, sentence in numbered[: len(kept)]}
    check = _Check(question, passages, encode, entailer, strict)
    parser = Parser(passages)
    with closing(_said(parser, model.stream(*render(question, kept)), made)) as sentences:
        for said in sentences:
            if not made.written.claims and is_no_answer(said.text):
                made.no_answer = True
                break
            if said.title:
                made.headings.append(said)
                continue
            with clock.stage("check"):
                claim = _checked(said, check, made)
            if claim:
                yield claim
    _tell(parser, made)


def _numbered(sentences: Sequence[Sentence]) -> list[tuple[Numbered, Sentence]]:
    """The evidence with its numbers, best first; those of one article rise as it goes on."""
    place: dict[str, int] = {}
    for sentence in sentences:
        place.setdefault(sentence.article.id, len(place))
    in_order = sorted(sentences, key=lambda s: (place[s.article.id], s.position))
    number = {id(sentence): n for n, sentence in enumerate(in_order, 1)}
    return [(_item(number[id(sentence)], sentence), sentence) for sentence in sentences]


def _item(number: int, sentence: Sentence) -> Numbered:
    article = sentence.article
    return Numbered(
        number, sentence.text, article.id, article.title, article.source, article.published
    )


def _quoted(sentence: Sentence) -> Passage:
    span = quote_span(sentence)
    return Passage.of(sentence.article, span.start, span.end)


def _said(parser: Parser, reply: Iterator[str], made: Generated) -> Generator[Said, None, None]:
    """Sentences as they end; what had ended before the model failed comes before the end."""
    try:
        for piece in reply:
            made.raw += piece
            yield from parser.feed(piece)
    except ModelFailed as problem:
        if problem.final:
            raise
        made.problem = problem
    finally:
        made.usage = dict(getattr(reply, "usage", {}))
        # A reader who has left does not keep the model writing.
        hang_up(reply)
    # A sentence that broke off says what nobody meant.
    if made.problem is None:
        yield from parser.end()


@dataclass(frozen=True)
class _Check:
    """What each sentence is checked against, and how."""

    question: str
    passages: dict[int, Passage]
    encode: Encode
    entailer: Entailer | None
    strict: bool


def _checked(said: Said, check: _Check, made: Generated) -> Claim | None:
    cited = tuple(check.passages[number] for number in said.numbers)
    how = check.encode, check.entailer
    verdict = verify(said.text, cited, *how)
    if verdict.label != "supported":
        better = repair(said.text, cited, tuple(check.passages.values()), *how)
        if better:
            cited = better
            verdict = verify(said.text, cited, *how)
            verdict = Verdict(verdict.label, f"{verdict.reason} (the answer cited another passage)")
    if check.strict and verdict.label == "unsupported":
        made.left_out += 1
        return None
    carried = cited if verdict.label != "unsupported" else ()
    between = _headed(said, check.question, carried, made)
    return made.written.add(between, said.text, cited, verdict)


def _headed(said: Said, question: str, cited: Sequence[Passage], made: Generated) -> str:
    """What stands before a claim, with those of the headings above it that say no more than it."""
    claim = said.text if cited else ""
    kept = [h for h in made.headings if heads(h.text, question, claim, cited)]
    made.headless += len(made.headings) - len(kept)
    made.headings = []
    between = "".join(heading.between + heading.text for heading in kept) + said.between
    return between if made.written.text else between.lstrip(" \n")


def _tell(parser: Parser, made: Generated) -> None:
    """What a reader should know of the text that is not in it."""
    made.headless += len(made.headings)
    for count, what in (
        (parser.invented, "citations of the model name nothing that was found"),
        (parser.removed, "links, images or tags of the model were taken out"),
        (made.headless, "headings of the model that no source carries were left out"),
        (made.left_out, "statements that no source carries were left out"),
    ):
        if count:
            made.warnings.append(f"{count} {what}")
    if made.problem and made.written.claims:
        made.warnings.append(f"{made.problem}; the answer stops where it did, checked up to there")
