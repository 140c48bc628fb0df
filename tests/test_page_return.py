"""Back and reload, in a real browser: neither may lose the conversation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser_support import FERRY, HOSTILE, NARROW, Scripted, Visit, served, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from index.types import Encoder

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture(scope="module")
def odd(
    encoder: Encoder, scripted: Scripted, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A chat over odd articles, with the scripted answerer."""
    from index.store import Index

    folder = tmp_path_factory.mktemp("return") / "odd"
    with Index.open(folder, create=True, encoder=encoder) as index:
        index.add([HOSTILE, FERRY])
        with served(index, scripted) as address:
            yield address


def reload(visit: Visit) -> None:
    visit.page.reload()
    visit.page.wait_for_selector("body[data-footnote=ready]")


def length(visit: Visit) -> int:
    return int(visit.page.evaluate("history.length"))


# Back


def test_back_closes_the_panel_that_covers_a_narrow_page(browser: Browser, odd: str) -> None:
    with visiting(browser, NARROW) as visit:
        visit.open(odd)
        turn = visit.ask("spanning")
        before = length(visit)
        for _ in range(2):
            turn.locator(".fn-number").click()
            visit.panel.locator("mark.fn-current").first.wait_for()
            visit.page.evaluate("history.back()")
            visit.panel.wait_for(state="hidden")
            assert visit.focused.startswith("Footnote 1: ")
            assert turn.locator(".fn-claim").count() == 1
        assert length(visit) == before + 1  # what lies ahead, which is put in place of itself
        visit.check()


def test_what_closes_the_panel_takes_its_entry_back(browser: Browser, odd: str) -> None:
    with visiting(browser, NARROW) as visit:
        visit.page.goto(f"{odd}footnote/static/keys.js")
        visit.open(odd)
        turn = visit.ask("spanning")
        visit.page.evaluate("window.gone = 0; addEventListener('popstate', () => window.gone++)")
        number = turn.locator(".fn-number")
        closers = [
            lambda: visit.button("Close").click(),
            lambda: visit.page.keyboard.press("Escape"),
            lambda: visit.button("Ask only this article").click(),
        ]
        for n, close in enumerate(closers, 1):
            number.click()
            visit.panel.locator("mark.fn-current").first.wait_for()
            close()
            visit.panel.wait_for(state="hidden")
            visit.page.wait_for_function("n => window.gone === n", arg=n)
        number.click()  # opened again while the page goes back: it stays open
        visit.panel.locator("mark.fn-current").first.wait_for()
        visit.page.evaluate(
            "document.querySelector('.fn-close').click();"
            "document.querySelector('.fn-turn .fn-number').click()"
        )
        visit.page.wait_for_function("() => window.gone === 4")
        assert visit.panel.is_visible()
        visit.page.evaluate("history.back()")
        visit.panel.wait_for(state="hidden")
        visit.page.go_back()  # and the next one leaves
        assert visit.page.url.endswith("keys.js")


def test_beside_a_wide_page_the_panel_is_no_entry(visit: Visit, odd: str) -> None:
    visit.open(odd)
    before = length(visit)
    visit.ask("spanning").locator(".fn-number").click()
    visit.panel.locator("mark.fn-current").first.wait_for()
    visit.page.keyboard.press("Escape")
    assert length(visit) == before


# Reload


def test_a_reload_draws_the_conversation_again_and_asks_nothing(
    visit: Visit, scripted: Scripted, odd: str
) -> None:
    visit.open(odd)
    for question in ("doubts", "nothing", "spanning"):
        visit.ask(question)
    turns = visit.page.locator(".fn-turn")
    shown = turns.all_inner_texts()
    asked = len(scripted.histories)
    reload(visit)
    assert turns.all_inner_texts() == shown
    assert visit.page.locator(".fn-welcome").count() == 0
    assert len(scripted.histories) == asked
    turns.last.locator(".fn-number").click()
    visit.panel.locator("mark.fn-current").first.wait_for()
    visit.ask("nothing")
    assert [question for question, _ in scripted.histories[-1]] == ["doubts", "nothing", "spanning"]
    visit.check()


def test_a_conversation_ends_by_beginning_another_or_by_opening_the_page(
    visit: Visit, scripted: Scripted, odd: str
) -> None:
    visit.open(odd)
    anew = visit.button("New conversation")
    assert anew.is_hidden()
    visit.ask("doubts")
    anew.click()
    assert visit.focused == "Your question" and anew.is_hidden()
    turns = visit.page.locator(".fn-turn")
    assert turns.count() == 0 and visit.page.locator(".fn-welcome").count() == 1
    assert visit.panel.locator(".fn-source").count() == 0
    reload(visit)
    assert turns.count() == 0
    visit.ask("spanning")
    assert list(scripted.histories[-1]) == []
    visit.open(odd)
    assert turns.count() == 0
    reload(visit)
    assert turns.count() == 0
    visit.check()


def test_of_a_long_conversation_the_end_is_kept(visit: Visit, odd: str) -> None:
    visit.open(odd)
    kept = visit.page.evaluate(
        """async () => {
          const { keep } = await import('/footnote/static/kept.js');
          const turns = [1, 2, 3].map((n) => ({ request: { question: `${n}` }, within: '',
            outcome: { answer: { text: 'x'.repeat(400_000) } } }));
          keep('odd', [...turns, { request: {}, within: '', outcome: null }]);
          const { turns: kept } = JSON.parse(sessionStorage.getItem('footnote-conversation'));
          return kept.map(({ request }) => request.question);
        }"""
    )
    assert kept == ["2", "3"]
    reload(visit)  # and what cannot be drawn is left out
    assert visit.page.locator(".fn-turn").count() == 0
    assert visit.page.locator(".fn-welcome").count() == 1
    visit.check()
