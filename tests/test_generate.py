"""Answers written by a model, over its real protocol: what is shown was checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest

from eval.model_server import Messages, ModelServer, Turn, numbered, tokens
from index.store import Index
from index.types import Vectors
from qa.answerer import Answerer
from qa.checks.meaning import remembering
from qa.llm import ModelFailed, Timeouts, connect
from qa.prompt import NO_ANSWER
from qa.types import ABSTENTION, Answer, Claim, Event, Searched

BROKERED = "Who brokered the ceasefire?"


def number_of(messages: Messages, *words: str) -> int:
    """The number of the evidence sentence that holds all of these words, as a model reads it."""
    for number, line in numbered(messages).items():
        if all(word in line for word in words):
            return int(number)
    raise AssertionError(f"no evidence holds {words}")


def honest(messages: Messages) -> list[str]:
    n = number_of(messages, "Turkey and Russia brokered the ceasefire")
    return tokens(f"Turkey and Russia brokered the ceasefire in Moscow on 5 March. [{n}]", 3)


def asked(
    index: Index,
    *script: Turn | Callable[[Messages], object],
    question: str = BROKERED,
    first_token: float = 5,
    **how: bool,
) -> tuple[Answer, list[Event], ModelServer]:
    with ModelServer(*script) as server:  # type: ignore[arg-type]
        model = connect(
            f"{server.url}#tiny", {}, Timeouts(first_token=first_token, stall=1, total=20)
        )
        events = list(Answerer(index, model, **how).stream(question))
    answer = events[-1]
    assert isinstance(answer, Answer)
    adds_up(answer, events, index)
    return answer, events, server


def adds_up(answer: Answer, events: list[Event], index: Index) -> None:
    """The invariants of every answer, whatever a model wrote."""
    shown = [event for event in events if isinstance(event, Claim)]
    if not answer.abstained:
        assert [c.text for c in answer.claims] == [c.text for c in shown]
        assert all(answer.text[c.start : c.end] == c.text for c in answer.claims)
        assert all(a.end <= b.start for a, b in pairwise(answer.claims))
        numbers = {int(n) for n in re.findall(r"\[(\d+)\]", answer.text)}
        assert numbers == {c.number for c in answer.citations}
        assert [c.number for c in answer.citations] == list(range(1, len(numbers) + 1))
    else:
        assert answer.text.startswith(ABSTENTION)
    for cited in answer.citations:
        article = index.article(cited.article_id, cited.article_version)
        assert article.text[cited.start : cited.end] == cited.quote
    assert not re.search(r"https?://|<\w|\]\(", answer.text)


def test_a_model_answers_in_its_own_words_with_the_articles_own_quotes(seeds_index: Index) -> None:
    answer, events, server = asked(seeds_index, honest)
    assert answer.text == "Turkey and Russia brokered the ceasefire in Moscow on 5 March. [1]"
    (claim,) = answer.claims
    assert claim.verdict.label == "supported" and "six hours" in claim.citations[0].quote
    assert answer.model.endswith("#tiny") and answer.raw and not answer.warnings
    assert answer.timings["first claim"] <= answer.timings["total"]
    assert answer.usage["output"] > 0
    assert isinstance(events[0], Searched) and len(server.requests) == 1


def test_a_wrong_number_is_marked_and_never_repaired(seeds_index: Index) -> None:
    def wrong(messages: Messages) -> list[str]:
        n = number_of(messages, "Turkey and Russia brokered the ceasefire")
        return tokens(
            f"Turkey and Russia brokered the ceasefire on 5 March. [{n}] "
            f"Erdogan and Putin talked for about nine hours. [{n}]"
        )

    answer, _, _ = asked(seeds_index, wrong)
    assert [c.verdict.label for c in answer.claims] == ["supported", "unsupported"]
    assert "six" in answer.claims[1].verdict.reason
    strict, _, _ = asked(seeds_index, wrong, strict=True)
    assert len(strict.claims) == 1 and "nine" not in strict.text
    assert any("1 statements that no source carries" in w for w in strict.warnings)


def test_a_claim_that_cites_the_wrong_sentence_is_given_the_right_one(seeds_index: Index) -> None:
    def astray(messages: Messages) -> list[str]:
        right = number_of(messages, "Turkey and Russia brokered the ceasefire")
        wrong = next(n for n in range(1, 99) if n != right)
        return tokens(f"Turkey and Russia brokered the ceasefire in Moscow. [{wrong}]")

    answer, _, _ = asked(seeds_index, astray)
    (claim,) = answer.claims
    assert claim.verdict.label == "supported"
    assert "brokered" in claim.citations[0].quote


@pytest.mark.parametrize("text", [NO_ANSWER, f'"{NO_ANSWER}"', NO_ANSWER.lower() + " [1]"])
def test_a_model_that_finds_no_answer_is_an_abstention(seeds_index: Index, text: str) -> None:
    answer, events, _ = asked(seeds_index, Turn(tokens(text)))
    assert answer.abstained and answer.claims == () and answer.passages
    assert not any(isinstance(event, Claim) for event in events)


def test_when_nothing_is_carried_the_answer_is_an_abstention(seeds_index: Index) -> None:
    said = "Norway sold 4,000 tanks to Peru. [1] The king of Spain resigned in 1999. [2]"
    answer, _, _ = asked(seeds_index, Turn(tokens(said)))
    assert answer.abstained and "Norway" not in answer.text and answer.raw == said
    assert [c.verdict.label for c in answer.claims] == ["unsupported"] * 2
    assert all((c.start, c.end) == (0, 0) for c in answer.claims)


def test_what_the_articles_lack_is_not_asked_of_a_model(seeds_index: Index) -> None:
    answer, _, server = asked(seeds_index, honest, question="Who won the World Cup?")
    assert answer.abstained and server.requests == [] and answer.raw is None


def test_invented_markers_links_and_tags_never_reach_the_reader(seeds_index: Index) -> None:
    def hostile(messages: Messages) -> list[str]:
        n = number_of(messages, "Turkey and Russia brokered the ceasefire")
        return tokens(
            f"Turkey and Russia brokered the [ceasefire](http://evil.example/x). [{n}][999] "
            f"<img src=http://evil.example/y> See https://evil.example/?q=1 ![z](data:,1)",
            2,
        )

    answer, _, _ = asked(seeds_index, hostile)
    assert "evil" not in answer.text and "evil" in (answer.raw or "")
    assert any("name nothing that was found" in w for w in answer.warnings)
    assert any("taken out" in w for w in answer.warnings)


def test_a_heading_stands_only_where_the_claim_below_it_has_its_words(seeds_index: Index) -> None:
    def headed(messages: Messages) -> list[str]:
        n = number_of(messages, "Turkey and Russia brokered the ceasefire")
        said = f"Turkey and Russia brokered the ceasefire in Moscow. [{n}]"
        return tokens(
            f"# Win a prize now\n\n## The ceasefire\n\n{said}\n\n**Buy Acme shoes**\n\n"
            f"Acme makes good shoes. [{n}]\n\n# Click here and win"
        )

    answer, _, _ = asked(seeds_index, headed)
    said, sold = answer.claims
    assert answer.text.startswith("The ceasefire\n\nTurkey and Russia")
    assert answer.text[said.end : sold.start] == " [1]\n\n"
    assert answer.text.endswith("Acme makes good shoes. [1]")
    assert any("3 headings" in w for w in answer.warnings)


@pytest.mark.parametrize(
    "turn",
    [
        Turn(status=500),
        Turn(status=503),
        Turn(silent=True),
        Turn(end="garbage"),
        Turn(pieces=(), finish="stop"),
        Turn(status=429, headers={"Retry-After": "0"}),
    ],
    ids=["500", "503", "silent", "garbage", "empty", "429"],
)
def test_a_model_that_fails_leaves_the_articles_own_sentences(
    seeds_index: Index, turn: Turn
) -> None:
    answer, _, server = asked(seeds_index, turn, first_token=1 if turn.silent else 5)
    assert answer.model == "extractive" and not answer.abstained
    assert "Turkey" in answer.claims[0].citations[0].quote
    assert any("own sentences" in w for w in answer.warnings)
    assert 1 <= len(server.requests) <= 3


@pytest.mark.parametrize("end", ["hang", "reset", "dropped", "no done"])
def test_an_answer_that_breaks_off_keeps_what_was_checked(seeds_index: Index, end: str) -> None:
    def broken(messages: Messages) -> Turn:
        said = [*honest(messages), " The", " talks", " lasted"]
        # Slowly: what lies unread when a connection is reset is lost.
        return Turn(said, every=0.02, end=end, finish=None)  # type: ignore[arg-type]

    answer, _, _ = asked(seeds_index, broken)
    assert answer.text == "Turkey and Russia brokered the ceasefire in Moscow on 5 March. [1]"
    assert any("stops where it did" in w for w in answer.warnings)


def test_a_wrong_key_is_an_error_at_once(seeds_index: Index) -> None:
    with pytest.raises(ModelFailed) as caught:
        asked(seeds_index, Turn(status=401, message="no such key"))
    assert caught.value.final


def test_a_follow_up_is_rewritten_by_the_model(seeds_index: Index) -> None:
    script = [Turn(tokens("When did Turkey and Russia broker the ceasefire?")), honest]
    with ModelServer(*script) as server:
        model = connect(f"{server.url}#tiny", {})
        history = [(BROKERED, "Turkey and Russia brokered it. [1]")]
        answer = Answerer(seeds_index, model).ask("And when did they?", history)
        assert answer.searched_for == "When did Turkey and Russia broker the ceasefire?"
        assert len(server.requests) == 2 and not answer.abstained


def test_a_reader_who_leaves_stops_the_model(seeds_index: Index) -> None:
    def endless(messages: Messages) -> Turn:
        return Turn([*honest(messages), *[" More words came."] * 2_000], every=0.01)

    with ModelServer(endless) as server:
        model = connect(f"{server.url}#tiny", {})
        stream: Iterator[Event] = Answerer(seeds_index, model).stream(BROKERED)
        assert any(isinstance(event, Claim) for event in (next(stream) for _ in range(3)))
        stream.close()  # type: ignore[attr-defined]
        assert server.hung_up.wait(20)


def test_texts_met_lately_are_not_embedded_again() -> None:
    asked: list[list[str]] = []

    def encode(texts: list[str]) -> Vectors:
        asked.append(texts)
        return np.array([[len(text)] for text in texts], np.float32)

    once = remembering(encode, most=2)
    assert once(["a", "bb", "a"]).tolist() == [[1], [2], [1]]
    assert once(["bb", "ccc"]).tolist() == [[2], [3]]
    assert once(["ccc", "a"]).tolist() == [[3], [1]]
    assert asked == [["a", "bb"], ["ccc"], ["a"]]
