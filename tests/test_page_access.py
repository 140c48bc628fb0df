"""The page by keyboard, by screen reader and on narrow screens, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from eval.model_server import ModelServer, Turn
from index.types import Article
from qa.answerer import Answerer
from tests.browser_support import BROKERED, NARROW, WIDE, Scripted, Visit, served, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

    from index.store import Index

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


# Beginning, keys, layout


def test_the_examples_come_from_the_index_and_can_be_asked(
    visit: Visit, seeds_address: str
) -> None:
    visit.open(seeds_address)
    examples = visit.page.locator(".fn-example")
    examples.first.wait_for()
    assert 0 < examples.count() <= 6
    question = examples.first.inner_text()
    examples.first.click()
    turn = visit.ended(visit.page.locator(".fn-turn"))
    assert turn.locator(".fn-asked").inner_text() == question == visit.focused
    assert turn.locator(".fn-number").count() >= 1 and turn.locator(".fn-abstained").count() == 0
    visit.check()


def held(visit: Visit, address: str) -> list[Route]:
    """Open the chat with its example questions kept back; they come when the route goes on."""
    routes: list[Route] = []
    visit.page.route("**/footnote/examples?", lambda route: routes.append(route))
    with visit.page.expect_request("**/footnote/examples?"):
        visit.open(address)
    return routes


def test_the_page_is_there_before_its_examples_which_are_announced(
    visit: Visit, seeds_address: str
) -> None:
    (route,) = held(visit, seeds_address)
    welcome = visit.page.locator(".fn-welcome")
    assert welcome.locator("[aria-busy=true]").inner_text().startswith("Looking for questions")
    visit.write("Who is")
    assert visit.focused == "Your question"
    route.continue_()
    examples = visit.page.locator(".fn-example")
    examples.first.wait_for()
    assert welcome.get_by_role("heading", name="For example").is_visible()
    assert welcome.locator("[aria-busy=false]").count() == 1
    assert visit.spoken == f"{examples.count()} example questions."
    assert visit.focused == "Your question"
    assert visit.page.locator("#footnote-question textarea").input_value() == "Who is"
    visit.check()


def test_a_question_does_not_wait_for_the_examples_and_is_not_disturbed_by_them(
    visit: Visit, seeds_address: str
) -> None:
    (route,) = held(visit, seeds_address)
    turn = visit.ask(BROKERED)
    said = visit.spoken
    assert turn.locator(".fn-number").count() == 1 and said.startswith("Answer: ")
    with visit.page.expect_response("**/footnote/examples?"):
        route.continue_()
    visit.page.wait_for_timeout(200)
    assert visit.spoken == said and visit.page.locator(".fn-example, .fn-welcome").count() == 0
    visit.check()


def test_without_examples_the_page_says_nothing_of_them(visit: Visit, seeds_address: str) -> None:
    (route,) = held(visit, seeds_address)
    route.fulfill(status=500, body="{}")
    visit.page.locator(".fn-welcome [aria-busy=false]").wait_for(state="attached")
    assert visit.page.locator(".fn-welcome").inner_text().startswith("Ask a question.")
    assert visit.page.locator(".fn-welcome h2, .fn-welcome .fn-hint").count() == 0
    assert visit.page.get_by_role("alert").filter(has_text="refused").count() == 0


def test_digits_open_footnotes_but_not_while_one_types(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    turn = visit.ask("How much will the ferry terminal cost?")
    second = turn.locator(".fn-claim").nth(1).inner_text()
    visit.page.keyboard.type("2")
    assert visit.page.locator("#footnote-question textarea").input_value() == "2"
    assert visit.panel.locator(".fn-article").count() == 0
    visit.page.evaluate("document.activeElement.blur()")
    visit.page.keyboard.press("2")
    visit.panel.locator("mark.fn-current").wait_for()
    marked = visit.panel.locator("mark.fn-current").inner_text()
    assert marked and second.startswith(marked[:60])
    visit.page.keyboard.press("Escape")
    assert visit.focused.startswith("Footnote 2: ")
    visit.page.keyboard.press("9")
    assert visit.panel.locator(".fn-article").count() == 0


def test_a_question_is_asked_and_read_by_keyboard_alone(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    visit.page.locator("#footnote-question textarea").focus()
    visit.page.keyboard.type(BROKERED)
    visit.page.keyboard.press("Enter")
    turn = visit.ended(visit.page.locator(".fn-turn"))
    assert visit.focused == "Your question"
    assert "1 of 1" not in visit.spoken and "Turkey and Russia" in visit.spoken
    for _ in range(40):
        visit.page.keyboard.press("Shift+Tab")
        if visit.focused.startswith("Footnote 1: Meridian Wire"):
            break
    visit.page.keyboard.press("Enter")
    visit.panel.locator("mark.fn-current").wait_for()
    visit.page.keyboard.press("Escape")
    assert turn.locator(".fn-number").evaluate("e => e === document.activeElement")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_narrow_page_the_panel_comes_up_from_below(
    browser: Browser, seeds_address: str, scheme: Any
) -> None:
    with visiting(browser, NARROW, scheme) as visit:
        visit.open(seeds_address)
        turn = visit.ask("How much fuel leaked into the harbour?")
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert visit.panel.is_hidden()
        turn.locator(".fn-number").first.click()
        visit.panel.locator("mark.fn-current").first.wait_for()
        visit.page.wait_for_function(
            "() => document.querySelector('.fn-up').getBoundingClientRect().bottom === innerHeight"
        )
        box = visit.panel.bounding_box()
        assert box and box["x"] == 0 and box["width"] == NARROW[0] and 150 < box["y"] < 400
        visit.panel.locator("mark.fn-current").first.click()
        visit.panel.locator(".fn-statement").click()
        assert visit.panel.is_hidden()
        assert turn.locator(".fn-claim").first.evaluate("e => e === document.activeElement")
        turn.locator(".fn-number").first.click()
        visit.button("Close").click()
        assert visit.panel.is_hidden() and visit.focused.startswith("Footnote 1: ")
        ink = visit.page.evaluate("getComputedStyle(document.querySelector('.fn-text')).color")
        light = sum(int(part) for part in ink.strip("rgb()").split(",")) > 3 * 128
        assert light == (scheme == "dark")
        visit.check()


def test_a_wide_page_stands_in_the_middle(browser: Browser, seeds_address: str) -> None:
    with visiting(browser, (1_800, 900)) as visit:
        visit.open(seeds_address)
        box = visit.page.locator("#footnote-header").bounding_box()
        assert box and abs(box["x"] - (1_800 - box["x"] - box["width"])) <= 1


def violations(visit: Visit) -> list[str]:
    """What axe finds to be serious or critical, with the elements."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(visit.page).response["violations"]
    return [
        f"{each['id']}: {[node['html'] for node in each['nodes']]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(
    ("scheme", "size"),
    [
        ("light", WIDE),
        ("dark", NARROW),
        pytest.param("light", NARROW, marks=pytest.mark.slow),
        pytest.param("dark", WIDE, marks=pytest.mark.slow),
    ],
    ids=["light-wide", "dark-narrow", "light-narrow", "dark-wide"],
)
def test_axe_finds_nothing_serious(
    browser: Browser, index: Index, size: tuple[int, int], scheme: Any
) -> None:
    index.add(
        [
            Article(
                "a",
                "v",
                "Ferry",
                "Nobody came to the quay.\n\nThe ferry to Zelgrad sailed empty.\n",
            )
        ]
    )
    with (
        served(index, Scripted(), Answerer(index, "extractive"), allow_add=True) as address,
        visiting(browser, size, scheme) as visit,
    ):
        visit.open(address)
        visit.page.locator(".fn-welcome [aria-busy=false]").wait_for(state="attached")
        assert violations(visit) == [], "the empty page"
        for question in ("doubts", "along time", "nothing"):
            turn = visit.ask(question)
            assert violations(visit) == [], question
        visit.button("Narrow the search").click()
        visit.page.get_by_label("Answered by").select_option(index=1)
        visit.button("Narrow the search").click()
        turn = visit.ask("Where did the ferry sail?")
        turn.locator(".fn-number").first.click()
        visit.panel.locator("mark.fn-current").first.click()
        visit.panel.locator(".fn-rests").wait_for()
        assert violations(visit) == [], "an article"
        visit.page.keyboard.press("Escape")
        turn.get_by_role("button", name="A good answer").click()
        for name in ("Articles", "Add articles"):
            visit.button(name).click()
            visit.panel.get_by_role("heading", level=2, name=name).wait_for()
            assert violations(visit) == [], name
            visit.page.keyboard.press("Escape")


def test_axe_finds_nothing_serious_on_an_empty_index(visit: Visit, own: str) -> None:
    visit.open(own)
    assert violations(visit) == []


def test_a_hanging_model_leaves_the_page_usable(visit: Visit, seeds_index: Index) -> None:
    with (
        ModelServer(Turn(silent=True)) as server,
        served(seeds_index, Answerer(seeds_index, f"{server.url}#tiny")) as address,
    ):
        visit.open(address)
        visit.send(BROKERED)
        visit.button("Articles").click()
        visit.panel.locator(".fn-articles li").first.wait_for()
        assert violations(visit) == [], "an answer that is waited for"
        visit.button("Stop").click()
        visit.ended(visit.page.locator(".fn-turn"))
        visit.page.keyboard.press("Escape")
        assert violations(visit) == [], "an answer that was stopped"
        visit.check()


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_axe_finds_nothing_serious_in_what_went_wrong(
    browser: Browser, seeds_index: Index, scheme: Any
) -> None:
    with (
        ModelServer(Turn(status=401), Turn(status=500)) as server,
        served(seeds_index, Answerer(seeds_index, f"{server.url}#tiny")) as address,
        visiting(browser, WIDE, scheme) as visit,
    ):
        visit.open(address)
        visit.ask(BROKERED).get_by_role("alert").wait_for()
        assert violations(visit) == [], "a wrong key"
        visit.ask(BROKERED).locator(".fn-warnings").wait_for()
        assert violations(visit) == [], "a model that fails"


UNNAMED = """() => [...document.querySelectorAll('#footnote-header button, #footnote-body button')]
  .filter((button) => button.hasAttribute('aria-label') && button.offsetParent)
  .map((button) => [button.textContent, button.getAttribute('aria-label')])
  .map(([seen, name]) => [seen.replace(/^[✓≈✗✕] ?/, '').toLowerCase(), name.toLowerCase()])
  .filter(([seen, name]) => !name.includes(seen))
"""
"""Buttons whose name lacks what is seen of them: who speaks to a machine says what is seen."""


def test_the_name_of_a_button_has_the_words_that_are_seen(visit: Visit, index: Index) -> None:
    index.add([Article("a", "v", "Ferry", "The ferry to Zelgrad sailed empty.\n")])
    with served(index, Scripted()) as address:
        visit.open(address)
        for question in ("doubts", "nothing", "along time"):
            visit.ask(question)
        assert visit.page.evaluate(UNNAMED) == []
        assert visit.button("Markdown: download the conversation").is_visible()
