"""An answer as it comes, in a real browser: a model that streams, stalls, fails, is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from eval.model_server import Messages, ModelServer, Turn, tokens
from qa.answerer import Answerer
from qa.llm import Timeouts, connect
from tests.browser_support import BROKERED, Gated, Visit, served, visiting
from tests.test_generate import honest, number_of

if TYPE_CHECKING:
    from index.store import Index

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@contextmanager
def answered_by(index: Index, **seconds: float) -> Iterator[tuple[ModelServer, str]]:
    """A model server whose script the test gives, and a chat in which it answers."""
    with ModelServer() as server:
        model = connect(f"{server.url}#tiny", {}, Timeouts(**seconds))
        with served(index, Answerer(index, model)) as address:
            yield server, address


@pytest.fixture
def model(seeds_index: Index) -> Iterator[tuple[ModelServer, str]]:
    with answered_by(seeds_index, first_token=120, stall=120, total=240) as made:
        yield made


def test_each_sentence_is_shown_as_soon_as_it_is_checked(
    visit: Visit, model: tuple[ModelServer, str]
) -> None:
    server, address = model
    gated: list[Gated] = []

    def script(messages: Messages) -> Turn:
        n = number_of(messages, "Turkey and Russia brokered the ceasefire")
        first = f"Turkey and Russia brokered the ceasefire in Moscow on 5 March. [{n}] It "
        gated.append(Gated(first, f"took them 99 hours. [{n}]"))
        return Turn(gated[0])

    server.script = [script]
    visit.open(address)
    turn = visit.send(BROKERED)
    turn.locator(".fn-claim").wait_for()
    assert turn.locator(".fn-claim").all_inner_texts() == [
        "Turkey and Russia brokered the ceasefire in Moscow on 5 March.1✓"
    ]
    assert turn.locator(".fn-progress").inner_text() == "1 statement checked so far…"
    assert visit.spoken.startswith("Found 10 passages in ")
    turn.locator(".fn-number").click()  # a source opens while the rest is still written
    visit.panel.locator("mark.fn-current").first.wait_for()
    gated[0].open()
    visit.ended(turn)
    assert turn.locator(".fn-claim.fn-unsupported").inner_text().startswith("It took them 99 hours")
    assert turn.locator(".fn-tally").inner_text() == (
        "1 of 2 statements checked against their source · 1 not supported"
    )
    assert turn.locator(".fn-progress").is_hidden()
    assert turn.locator(".fn-origin").inner_text().startswith("Written by tiny, in ")
    assert visit.panel.locator("mark.fn-current").count() == 1
    visit.check()


def test_what_is_searched_and_found_is_said_at_once(
    visit: Visit, model: tuple[ModelServer, str]
) -> None:
    server, address = model
    held = Gated("", "It was so.")
    server.script = [Turn(held)]
    visit.open(address)
    turn = visit.send(BROKERED)
    progress = turn.locator(".fn-progress")
    visit.page.wait_for_function(
        "() => document.querySelector('.fn-progress').textContent.startsWith('Found')"
    )
    assert " passages in " in progress.inner_text() and ", from " in progress.inner_text()
    held.open()
    visit.ended(turn)


def test_what_is_typed_meanwhile_stays(visit: Visit, model: tuple[ModelServer, str]) -> None:
    server, address = model
    held = Gated("", "It was so.")
    server.script = [Turn(held)]
    visit.open(address)
    turn = visit.send(BROKERED)
    visit.write("And then?")
    held.open()
    visit.ended(turn)
    assert visit.page.locator("#footnote-question textarea").input_value() == "And then?"


def test_stopping_keeps_what_was_checked(visit: Visit, model: tuple[ModelServer, str]) -> None:
    server, address = model

    def script(messages: Messages) -> Turn:
        return Turn([*honest(messages), " And then"], end="hang")

    server.script = [script, honest]
    visit.open(address)
    turn = visit.send(BROKERED)
    turn.locator(".fn-claim").wait_for()
    visit.button("Stop").click()
    visit.ended(turn)
    stopped = turn.locator(".fn-stopped")
    assert "You stopped this answer. 1 statement had been checked." in stopped.inner_text()
    assert turn.locator(".fn-claim.fn-supported").count() == 1
    assert turn.locator(".fn-tally").count() == 1
    assert server.hung_up.wait(10)
    assert visit.button("Ask").is_visible()
    turn.get_by_role("button", name="Ask again").click()
    turn.locator(".fn-stopped").wait_for(state="detached")
    visit.ended(turn)
    assert visit.page.locator(".fn-turn").count() == 1
    assert turn.locator(".fn-stopped").count() == 0 and turn.locator(".fn-claim").count() == 1
    visit.check()


def test_stopping_before_anything_is_checked_says_so(
    visit: Visit, model: tuple[ModelServer, str]
) -> None:
    server, address = model
    server.script = [Turn(silent=True), Turn(silent=True)]
    visit.open(address)
    turn = visit.send(BROKERED)
    visit.button("Stop").click()
    visit.ended(turn)
    assert turn.locator(".fn-stopped p").inner_text() == "You stopped this answer."
    assert turn.locator(".fn-claim, .fn-actions").count() == 0
    visit.check()


def test_a_model_that_stalls_leaves_what_was_checked(visit: Visit, seeds_index: Index) -> None:
    with answered_by(seeds_index, stall=1) as (server, address):
        server.script = [lambda messages: Turn([*honest(messages), " And then"], end="hang")]
        visit.open(address)
        turn = visit.ask(BROKERED)
        assert turn.locator(".fn-claim.fn-supported").count() == 1
        assert turn.locator(".fn-warnings").count() == 1
        visit.check()


@pytest.mark.parametrize("status", [401, 500])
def test_a_model_that_fails_is_said_to_have_failed(
    visit: Visit, model: tuple[ModelServer, str], status: int
) -> None:
    server, address = model
    server.script = [Turn(status=status)]
    visit.open(address)
    turn = visit.ask(BROKERED)
    if status == 401:  # the key is wrong: nothing is answered in the model's stead
        assert "401" in turn.get_by_role("alert").inner_text()
        assert turn.get_by_role("button", name="Ask again").is_visible()
    else:
        assert "own sentences" in turn.locator(".fn-warnings").inner_text()
        assert turn.locator(".fn-claim.fn-supported").count() == 1
    assert visit.button("Ask").is_visible()


def test_one_question_is_answered_at_a_time(visit: Visit, model: tuple[ModelServer, str]) -> None:
    server, address = model
    server.script = [Turn(silent=True)]
    visit.open(address)
    turn = visit.send(BROKERED)
    visit.write("And then?")
    visit.page.keyboard.press("Enter")
    assert visit.page.locator(".fn-turn").count() == 1
    assert visit.button("Ask").is_hidden()
    visit.button("Stop").click()
    visit.ended(turn)
    assert visit.page.locator("#footnote-question textarea").input_value() == "And then?"


def test_a_reader_beyond_the_limit_is_told_to_come_again(visit: Visit, seeds_index: Index) -> None:
    with ModelServer(Turn(silent=True)) as server:
        answerer = Answerer(seeds_index, f"{server.url}#tiny")
        with served(seeds_index, answerer, readers=1) as address:
            visit.open(address)
            first = visit.send(BROKERED)
            visit.page.wait_for_function(
                "() => document.querySelector('.fn-progress').textContent.startsWith('Found')"
            )
            with visiting(visit.page.context.browser) as other:  # type: ignore[arg-type]
                other.open(address)
                refused = other.ask(BROKERED)
                assert "Too many readers" in refused.get_by_role("alert").inner_text()
            visit.button("Stop").click()
            visit.ended(first)


def test_words_of_a_model_that_come_in_pieces_are_put_together(
    visit: Visit, model: tuple[ModelServer, str]
) -> None:
    server, address = model
    server.script = [lambda messages: tokens("".join(honest(messages)), 1)]
    visit.open(address)
    turn = visit.ask(BROKERED)
    assert turn.locator(".fn-claim").inner_text() == (
        "Turkey and Russia brokered the ceasefire in Moscow on 5 March.1✓"
    )


def test_a_model_of_which_nothing_is_carried_is_an_abstention(
    visit: Visit, model: tuple[ModelServer, str]
) -> None:
    server, address = model

    def invented(messages: Messages) -> list[str]:
        n = number_of(messages, "Turkey and Russia brokered the ceasefire")
        return tokens(f"Brazil paid 99 million dollars for the ceasefire. [{n}]", 5)

    server.script = [invented]
    visit.open(address)
    turn = visit.ask(BROKERED)
    assert turn.locator(".fn-outcome").inner_text() == "The articles don't say."
    assert turn.locator(".fn-abstained").count() == 1 and turn.locator(".fn-tally").count() == 0
    assert "99 million" not in turn.locator(".fn-text").inner_text()
    checks = turn.locator(".fn-checks .fn-unsupported")
    assert "99 million dollars" in (checks.text_content() or "")
    turn.get_by_role("button", name="Show in the article").first.click()
    visit.panel.locator("mark.fn-current").first.wait_for()
    visit.check()


def test_a_follow_up_is_understood_by_the_model_and_can_be_corrected(
    visit: Visit, model: tuple[ModelServer, str]
) -> None:
    server, address = model
    server.script = [honest, lambda messages: ["Where was the ceasefire brokered?"], honest]
    visit.open(address)
    visit.ask(BROKERED)
    turn = visit.ask("Where was that?")
    assert turn.locator(".fn-searched q").inner_text() == "Where was the ceasefire brokered?"
    assert "brokered the ceasefire in Moscow" in turn.locator(".fn-claim").inner_text()
    turn.get_by_role("button", name="Correct it").click()
    turn.get_by_role("textbox", name="Search for this instead").fill(BROKERED)
    asked = len(server.requests)
    visit.page.keyboard.press("Enter")
    turn.locator(".fn-searched q").get_by_text(BROKERED).wait_for()
    visit.ended(turn)
    assert len(server.requests) == asked + 1  # the correction is not rewritten
    visit.check()
