"""Where things stand on the page, and what can be seen of them, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser_support import FERRY, HOSTILE, NARROW, WIDE, Scripted, Visit, served, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from index.types import Encoder

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def odd(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A chat over odd articles, with the scripted answerer."""
    from index.store import Index

    folder = tmp_path_factory.mktemp("looks") / "odd"
    with Index.open(folder, create=True, encoder=encoder) as index:
        index.add([HOSTILE, FERRY])
        with served(index, Scripted()) as address:
            yield address


def box_of(found: Locator) -> dict[str, Any]:
    box: Any = found.bounding_box()
    assert box
    return {**box, "right": box["x"] + box["width"], "bottom": box["y"] + box["height"]}


def style(found: Locator, name: str) -> str:
    return str(found.evaluate("(e, name) => getComputedStyle(e).getPropertyValue(name)", name))


# The question


def test_the_question_has_a_ring_when_it_has_the_focus(visit: Visit, odd: str) -> None:
    visit.open(odd)
    box = visit.page.locator("#footnote-question textarea")
    box.focus()
    assert (style(box, "outline-style"), style(box, "outline-width")) == ("solid", "2px")


def test_a_question_takes_the_direction_of_its_script(visit: Visit, odd: str) -> None:
    visit.open(odd)
    box = visit.page.locator("#footnote-question textarea")
    box.focus()
    for words, direction in (("ما هذا؟", "rtl"), ("What?", "ltr")):
        visit.write(words)
        assert style(box, "direction") == direction


def test_of_a_long_question_four_lines_are_shown_until_it_is_opened(visit: Visit, odd: str) -> None:
    visit.open(odd)
    short = visit.ask("nothing")
    assert short.get_by_role("button", name="Show all").is_hidden()
    turn = visit.ask("and why " * 220)
    asked = turn.locator(".fn-asked")
    lines = float(style(asked, "line-height")[:-2])
    assert abs(box_of(asked)["height"] - 4 * lines) < 2
    turn.get_by_role("button", name="Show all").click()
    assert box_of(asked)["height"] > 12 * lines
    turn.get_by_role("button", name="Show less").click()
    assert abs(box_of(asked)["height"] - 4 * lines) < 2
    visit.check()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_new_question_comes_up_to_the_header(
    browser: Browser, odd: str, size: tuple[int, int]
) -> None:
    with visiting(browser, size) as visit:
        visit.open(odd)
        for _ in range(3):
            turn = visit.ask("nothing")
        turn = visit.send("spanning")
        visit.ended(turn)
        header = visit.page.locator("#footnote-header")
        top = box_of(header)["bottom"] if style(header, "position") == "sticky" else 0
        assert abs(box_of(turn)["y"] - top) <= 4


def test_on_a_page_of_little_height_the_question_gives_way(browser: Browser, odd: str) -> None:
    for height, position in ((400, "static"), (800, "sticky")):
        with visiting(browser, (640, height)) as visit:
            visit.open(odd)
            assert style(visit.page.locator("#footnote-form"), "position") == position


# The header


def test_on_a_narrow_page_the_index_stands_below_the_name(browser: Browser, odd: str) -> None:
    with visiting(browser, NARROW) as visit:
        visit.open(odd)
        name, about, menu = (
            box_of(visit.page.locator(f"#footnote-header {part}"))
            for part in ("h1", ".fn-about", ".fn-menu")
        )
        assert about["x"] == name["x"]
        assert about["y"] >= max(name["bottom"], menu["bottom"]) - 1


# The answer


def test_the_spaces_between_lines_are_ours_and_not_gradios(visit: Visit, odd: str) -> None:
    visit.open(odd)
    visit.button("Narrow the search").click()
    visit.page.get_by_label("From").fill("2024-02-01")
    turn = visit.ask("doubts")
    assert style(turn.locator(".fn-within"), "margin-bottom") == "12px"
    turn.locator(".fn-progress").evaluate("e => { e.hidden = false; }")
    assert style(turn.locator(".fn-progress"), "margin-bottom") == "12px"
    assert style(turn.locator(".fn-conflict-about"), "margin-top") == "2.4px"
    assert style(turn.locator(".fn-version").first, "margin-top") == "3.2px"
    days = visit.ask("along time").locator(".fn-days")
    assert style(days, "margin-top") == "4.8px" and style(days, "margin-left") == "-17.6px"


def test_a_verdict_stays_beside_the_last_word_of_its_statement(visit: Visit, odd: str) -> None:
    visit.open(odd)
    turn = visit.ask("doubts")
    apart = turn.evaluate(
        """turn => {
          const apart = [];
          for (let width = 290; width < 620; width += 7) {
            turn.querySelector('.fn-text').style.width = `${width}px`;
            for (const claim of turn.querySelectorAll('.fn-claim')) {
              const words = document.createTreeWalker(claim, NodeFilter.SHOW_TEXT);
              let last = null;
              for (let node; (node = words.nextNode());) {
                if (!node.parentElement.closest('button') && node.data.trim()) last = node;
              }
              const range = document.createRange();
              range.setStart(last, last.length - 1);
              range.setEnd(last, last.length);
              const [word, mark] = [range, claim.querySelector('.fn-verdict')]
                .map(each => each.getBoundingClientRect());
              if (mark.top > word.bottom) apart.push([width, claim.textContent]);
            }
          }
          return apart;
        }"""
    )
    assert apart == []


def test_a_number_in_an_article_stays_beside_the_last_word_of_its_sentence(
    visit: Visit, odd: str
) -> None:
    visit.open(odd)
    visit.ask("spanning").locator(".fn-number").click()
    visit.panel.locator("mark.fn-current").last.wait_for()
    apart = visit.panel.locator(".fn-article-text").evaluate(
        """text => {
          const number = text.querySelector('.fn-number');
          const apart = [];
          for (let width = 180; width < 440; width += 3) {
            text.style.width = `${width}px`;
            const [last, box] = [[...number.previousSibling.getClientRects()].at(-1),
              number.getBoundingClientRect()];
            if (box.top > last.bottom) apart.push(width);
          }
          return apart;
        }"""
    )
    assert apart == []


def test_where_colours_are_forced_a_tip_has_an_edge_and_what_rests_is_marked(
    visit: Visit, odd: str
) -> None:
    visit.page.emulate_media(forced_colors="active")
    visit.open(odd)
    turn = visit.ask("spanning")
    turn.locator(".fn-verdict").hover()
    tip = visit.page.locator(".fn-tip")
    assert (style(tip, "border-top-style"), style(tip, "border-top-width")) == ("solid", "1px")
    turn.locator(".fn-number").click()
    visit.panel.locator("mark.fn-current").last.click()
    resting = turn.locator(".fn-resting")
    assert (style(resting, "outline-style"), style(resting, "outline-width")) == ("solid", "2px")
