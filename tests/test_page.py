"""What else a reader does, in a real browser: narrow, browse, add, take along, judge."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from index.types import Article
from qa.answerer import Answerer
from tests.browser_support import NARROW, WIDE, Scripted, Visit, served, visiting
from tests.model_server import ModelServer, Turn
from tests.stories import DEPOT, LIBRARY
from tests.test_generate import honest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from index.store import Index

pytestmark = pytest.mark.browser

BROKERED = "Who brokered the ceasefire?"


@pytest.fixture
def own(index: Index) -> Iterator[str]:
    """A chat over an empty index of the test's own, to which readers may add."""
    with served(index, allow_add=True) as address:
        yield address


# Narrowing


def test_the_search_is_narrowed_by_days_and_outlets(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    visit.button("Narrow the search").click()
    visit.page.get_by_label("From").fill("2024-02-01")
    visit.page.get_by_label("Until").fill("2024-02-29")
    visit.page.get_by_role("checkbox", name="The Port Lowell Ledger").check()
    turn = visit.ask("How much fuel was spilled in the harbour?")
    words = "from 1 February 2024, until 29 February 2024, The Port Lowell Ledger"
    assert turn.locator(".fn-within").inner_text() == f"Only {words}"
    wheres = visit.panel.locator(".fn-source .fn-where").all_inner_texts()
    assert wheres and all("Port Lowell Ledger" in w and "February 2024" in w for w in wheres)
    assert "undated articles were left out" in turn.locator(".fn-warnings").inner_text()
    for chip in ["from 1 February 2024", "The Port Lowell Ledger"]:
        visit.button(f"Remove: {chip}").click()
    assert visit.page.get_by_label("From").input_value() == ""
    assert not visit.page.get_by_role("checkbox", name="The Port Lowell Ledger").is_checked()
    assert visit.page.locator(".fn-chips li").count() == 1
    visit.button("Ask everything").click()
    assert visit.ask(BROKERED).locator(".fn-within").count() == 0
    visit.check()


def test_days_in_the_wrong_order_are_said_to_be(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    visit.button("Narrow the search").click()
    visit.page.get_by_label("From").fill("2024-03-01")
    visit.page.get_by_label("Until").fill("2024-02-01")
    assert "is after" in visit.page.locator(".fn-filters").get_by_role("alert").inner_text()
    visit.write(BROKERED)
    visit.page.keyboard.press("Enter")
    assert visit.page.locator(".fn-turn").count() == 0


def test_one_article_is_asked_alone(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    turn = visit.ask("How much will the ferry terminal cost?")
    turn.locator(".fn-number").nth(1).click()
    title = visit.panel.locator(".fn-article h3").inner_text()
    visit.button("Ask only this article").click()
    assert visit.focused == "Your question"
    again = visit.ask("How much will the ferry terminal cost?")
    assert again.locator(".fn-within").inner_text() == f"Only “{title}”"
    assert set(visit.panel.locator(".fn-source-title").all_inner_texts()) == {title}
    visit.check()


# The index


def test_the_index_is_browsed_searched_and_read(
    visit: Visit, seeds_address: str, seeds_index: Index
) -> None:
    visit.open(seeds_address)
    visit.button("Articles").click()
    assert visit.focused == "Articles"
    found = visit.panel.locator(".fn-found")
    visit.panel.locator(".fn-articles li").first.wait_for()
    assert found.inner_text() == f"{len(seeds_index.articles())} articles"
    newest = visit.panel.locator(".fn-source-title").first.inner_text()
    visit.button("Older ›").click()
    visit.panel.get_by_text("Page 2 of 2").wait_for()
    visit.button("‹ Newer").click()
    visit.panel.get_by_text("Page 1 of 2").wait_for()
    assert visit.panel.locator(".fn-source-title").first.inner_text() == newest

    visit.page.get_by_label("Words of the title").fill("terminal CLIMBS")
    visit.panel.get_by_text("1 article", exact=True).wait_for()
    visit.panel.locator(".fn-source-title").click()
    visit.panel.locator(".fn-article-text").wait_for()
    (article,) = (
        a
        for a in seeds_index.articles()
        if a.title == "Ferry terminal bill climbs to £23.7 million"
    )
    shown = visit.panel.locator(".fn-article-text").inner_text()
    assert shown.split() == article.text.split()
    assert visit.focused == article.title
    visit.panel.get_by_role("button", name="Back").click()
    assert visit.page.get_by_label("Words of the title").input_value() == "terminal CLIMBS"
    visit.page.get_by_label("Words of the title").fill("zzz")
    visit.panel.get_by_text("No article is like that.").wait_for()
    visit.page.keyboard.press("Escape")
    visit.check()


def test_the_index_is_narrowed_by_outlet_and_day(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    visit.button("Articles").click()
    visit.panel.get_by_label("Outlet").select_option("Coastal Wire")
    visit.panel.get_by_label("Until").fill("2024-02-10")
    visit.panel.get_by_text("1 article", exact=True).wait_for()
    assert "8 February 2024" in visit.panel.locator(".fn-articles").inner_text()


def test_an_empty_index_says_how_articles_are_added(visit: Visit, own: str, index: Index) -> None:
    visit.open(own)
    empty = visit.page.locator(".fn-empty")
    assert "There are no articles yet" in empty.inner_text()
    assert f"qa add FOLDER --index {index.path}" in empty.inner_text()
    visit.write("Who?")
    visit.page.keyboard.press("Enter")
    assert visit.page.locator(".fn-turn").count() == 0
    empty.get_by_role("button", name="Add articles").click()
    assert visit.panel.get_by_role("heading", name="Or paste one").is_visible()
    visit.check()


def test_without_leave_nothing_is_offered_to_be_added(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    assert visit.button("Add articles").count() == 0


def test_articles_are_uploaded_and_what_is_skipped_is_named(
    visit: Visit, own: str, index: Index, tmp_path: Path
) -> None:
    (tmp_path / "depot.md").write_text(f"---\ntitle: {DEPOT.title}\n---\n\n{DEPOT.text}\n")
    (tmp_path / "odd.xyz").write_bytes(b"\0\1")
    (tmp_path / "empty.txt").write_bytes(b"")
    visit.open(own)
    visit.page.locator("#footnote-header").get_by_role("button", name="Add articles").click()
    files = [tmp_path / name for name in ("depot.md", "odd.xyz", "empty.txt")]
    visit.page.set_input_files("input[type=file]", files)
    visit.panel.locator(".fn-skipped").wait_for(timeout=60_000)
    assert visit.panel.locator(".fn-report p").inner_text() == "1 article added, 2 skipped."
    skipped = visit.panel.locator(".fn-skipped li").all_inner_texts()
    assert any(line.startswith("odd.xyz: has an ending") for line in skipped)
    assert any(line.startswith("empty.txt: holds no text") for line in skipped)
    assert [a.title for a in index.articles()] == [DEPOT.title]
    visit.page.get_by_text(" · 1 article").wait_for()
    assert "Six engines" in visit.ask("How many engines fought the blaze?").inner_text()
    visit.check()


def test_an_article_is_pasted(visit: Visit, own: str, index: Index) -> None:
    visit.open(own)
    visit.page.locator("#footnote-header").get_by_role("button", name="Add articles").click()
    form = visit.panel.locator(".fn-paste")
    form.get_by_label("Title").fill(LIBRARY.title)
    form.get_by_label("Outlet").fill(LIBRARY.source)
    form.get_by_label("Published").fill("2024-11-02")
    form.get_by_label("Text").fill(LIBRARY.text)
    form.get_by_role("button", name="Add this article").click()
    visit.panel.get_by_text("1 article added.").wait_for(timeout=60_000)
    (article,) = index.articles()
    assert (article.title, article.source) == (LIBRARY.title, LIBRARY.source)
    assert article.published == date(2024, 11, 2) and article.text.strip() == LIBRARY.text
    assert form.get_by_label("Title").input_value() == ""
    visit.check()


def test_too_many_files_are_refused_before_they_are_sent(visit: Visit, own: str) -> None:
    visit.open(own)
    visit.page.locator("#footnote-header").get_by_role("button", name="Add articles").click()
    files: Any = [{"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"x"} for n in range(21)]
    visit.page.set_input_files("input[type=file]", files)
    assert "at most 20" in visit.panel.locator(".fn-report").inner_text()


# Taking an answer along


def test_an_answer_is_copied_with_its_footnotes(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    turn = visit.ask(BROKERED)
    turn.get_by_role("button", name="as text").click()
    turn.get_by_role("button", name="as text").get_by_text("Copied").wait_for()
    text = visit.copied
    assert text.startswith("Turkey and Russia brokered") and " [1]\n" in text
    assert "[1] Meridian Wire, 6 March 2020, “Erdogan and Putin agree" in text
    assert "    “Turkey and Russia brokered" in text
    turn.get_by_role("button", name="as Markdown").click()
    visit.page.wait_for_function("navigator.clipboard.readText().then(t => t.includes('[^1]:'))")
    assert "“Turkey and Russia brokered" in visit.copied.split("[^1]:")[1]
    visit.check()


def test_what_is_not_supported_is_marked_in_copies_and_nothing_in_them_is_markdown(
    visit: Visit, index: Index
) -> None:
    index.add([Article("a", "v", "A", "Some text stands here.\n")])
    with served(index, Scripted()) as address:
        visit.open(address)
        visit.ask("doubts").get_by_role("button", name="as Markdown").click()
        visit.page.wait_for_function("navigator.clipboard.readText().then(t => t.includes('[^1]'))")
    text = visit.copied
    assert "😀𝒳 first. [^1] 𝒳 second. [^1] (only partly supported)" in text
    assert "Third \\<img src=x\\>. \\[7\\] (NOT SUPPORTED)" in text
    title = "Mayor \\<b onclick=alert(1)\\>speaks\\</b\\> of \\$\\{7\\*191\\}"
    assert f"[^1]: no outlet, undated, “{title}”" in text
    assert "javascript:" not in text


MARKDOWN = [
    "![x](http://spy.example/a.gif)",
    "<img src=x>",
    "[a]: http://spy.example",
    "# not a heading",
    "- no list\n1. nor this",
    "www.spy.example",
    "a@spy.example",
    "`code` $x$ ~~s~~ | a | b | *c* _d_ \\ e",
]


def test_markdown_that_leaves_the_page_means_itself(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    for text in MARKDOWN:
        written = visit.page.evaluate(
            "async text => (await import('/footnote/static/export.js')).escaped(text)", text
        )
        assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", written) == text
        assert not re.search(r"(?<!\\)[!\[\]<>#`$~|*_@]", written)
        assert "http:" not in written and "www." not in written
        assert not re.search(r"^(- |1\.)", written, re.M)
    visit.check()


def test_the_conversation_is_downloaded(visit: Visit, seeds_address: str, tmp_path: Path) -> None:
    visit.open(seeds_address)
    header = visit.page.locator("#footnote-header")
    assert header.get_by_role("button", name="Markdown").is_hidden()
    visit.ask(BROKERED)
    visit.ask("Who won the 2031 World Cup in Montevideo?")
    got = {}
    for name in ("Markdown", "JSON"):
        with visit.page.expect_download() as download:
            header.get_by_role("button", name=name).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        got[path.name] = path.read_text(encoding="utf-8")
    assert got["footnote.md"].count("\n## ") == 1 and got["footnote.md"].startswith(
        f"## {BROKERED}"
    )
    assert "[^1-1]: Meridian Wire, 6 March 2020" in got["footnote.md"]
    answers = json.loads(got["footnote.json"])
    assert answers[0]["question"] == BROKERED and answers[1]["abstained"]
    assert answers[0]["schema"] == 1
    visit.check()


def test_a_link_asks_its_question_once(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    turn = visit.ask("Who’s & what? #1 <b>+%41</b>")
    turn.get_by_role("button", name="Copy a link").click()
    visit.page.wait_for_function("navigator.clipboard.readText().then(t => t.includes('?q='))")
    link = visit.copied
    visit.open(link)
    turn = visit.page.locator(".fn-turn")
    turn.wait_for()
    visit.ended(turn)
    assert turn.locator(".fn-asked").inner_text() == "Who’s & what? #1 <b>+%41</b>"
    assert visit.page.url == seeds_address
    visit.page.reload()
    visit.page.wait_for_selector("body[data-footnote=ready]")
    visit.open(f"{seeds_address}?q=first+one&q=second+one")
    visit.ended(visit.page.locator(".fn-turn"))
    assert visit.page.locator(".fn-asked").all_inner_texts() == ["first one"]
    visit.check()


def test_a_link_cannot_ask_more_than_may_be_asked(visit: Visit, seeds_address: str) -> None:
    visit.open(f"{seeds_address}?q={quote('😀' * 2_001)}")
    turn = visit.ended(visit.page.locator(".fn-turn"))
    assert turn.get_by_role("alert").count() == 0
    assert turn.locator(".fn-asked").inner_text() == "😀" * 2_000


# Judging, choosing


def test_a_judgement_with_its_note_is_stored(visit: Visit, own: str, index: Index) -> None:
    index.add([Article("a", "v", "Ferry", "The ferry sailed at noon on Monday.\n", "Ledger")])
    visit.open(own)
    turn = visit.ask("When did the ferry sail?")
    turn.get_by_role("button", name="A bad answer").click()
    note = turn.get_by_role("textbox", name="What was wrong with it?")
    assert note.evaluate("e => e === document.activeElement")
    note.fill("It sailed <later>.")
    visit.page.keyboard.press("Enter")
    turn.get_by_text("Thank you.").wait_for()
    (line,) = (index.path / "feedback.jsonl").read_text(encoding="utf-8").splitlines()
    stored = json.loads(line)
    assert (stored["thumb"], stored["note"]) == ("down", "It sailed <later>.")
    assert stored["question"] == "When did the ferry sail?" and stored["model"] == "extractive"
    assert stored["answer"].startswith("The ferry sailed at noon")
    assert turn.get_by_role("button", name="A good answer").is_disabled()
    visit.check()


def test_a_reader_chooses_the_model_and_sees_which_answered_and_what_it_cost(
    visit: Visit, seeds_index: Index
) -> None:
    with ModelServer(honest) as server:
        told = Answerer(seeds_index, f"{server.url}#tiny")
        prices = {told.model: (1_000.0, 10_000.0)}
        own = Answerer(seeds_index, "extractive")
        with served(seeds_index, own, told, prices=prices) as address:
            visit.open(address)
            assert "In the articles’ own sentences" in visit.ask(BROKERED).inner_text()
            visit.open(address)
            visit.page.get_by_label("Answered by").select_option(index=1)
            origin = visit.ask(BROKERED).locator(".fn-origin").inner_text()
            visit.check()
    # The server counts 11 tokens read, and one written for each piece.
    (asked,) = server.requests
    dollars = (11 * 1_000 + len(honest(asked.messages)) * 10_000) / 1e6
    assert origin.startswith(f"Written by {told.model}, in ")
    assert origin.endswith(f" s, for ${dollars:.2f}.")


def test_one_model_is_no_choice(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    assert visit.page.get_by_label("Answered by").count() == 0


# Beginning, keys, layout


def test_the_examples_come_from_the_index_and_can_be_asked(
    visit: Visit, seeds_address: str
) -> None:
    visit.open(seeds_address)
    examples = visit.page.locator(".fn-example")
    assert 0 < examples.count() <= 6
    question = examples.first.inner_text()
    examples.first.click()
    turn = visit.ended(visit.page.locator(".fn-turn"))
    assert turn.locator(".fn-asked").inner_text() == question == visit.focused
    assert turn.locator(".fn-number").count() >= 1 and turn.locator(".fn-abstained").count() == 0
    visit.check()


def test_digits_open_footnotes_but_not_while_one_types(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    visit.ask("How much will the ferry terminal cost?")
    visit.page.keyboard.type("2")
    assert visit.page.locator("#footnote-question textarea").input_value() == "2"
    assert visit.panel.locator(".fn-article").count() == 0
    visit.page.evaluate("document.activeElement.blur()")
    visit.page.keyboard.press("2")
    visit.panel.locator("mark.fn-current").wait_for()
    assert "£23.7 million" in visit.panel.locator("mark.fn-current").inner_text()
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
        turn = visit.ask("How much fuel was spilled in the harbour?")
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert visit.panel.is_hidden()
        turn.locator(".fn-number").first.click()
        visit.panel.locator("mark.fn-current").first.wait_for()
        visit.page.wait_for_function(
            "document.querySelector('.fn-up').getBoundingClientRect().bottom === innerHeight"
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


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
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
        visit.button("Stop").click()
        visit.ended(visit.page.locator(".fn-turn"))
        visit.check()
