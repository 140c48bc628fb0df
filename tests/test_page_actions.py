"""What a reader does with an answer, in a real browser: take it along, judge it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from eval.model_server import ModelServer
from index.types import Article
from qa.answerer import Answerer
from tests.browser_support import BROKERED, Scripted, Visit, served
from tests.test_generate import honest

if TYPE_CHECKING:
    from index.store import Index

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


# Taking an answer along


def test_an_answer_is_copied_with_its_footnotes(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    turn = visit.ask(BROKERED)
    turn.get_by_role("button", name="Copy text").click()
    turn.get_by_role("button", name="Copy text").get_by_text("Copied").wait_for()
    text = visit.copied
    assert text.startswith("Turkey and Russia brokered") and " [1]\n" in text
    assert "[1] Meridian Wire, 6 March 2020, “Erdogan and Putin agree" in text
    assert "    “Turkey and Russia brokered" in text
    turn.get_by_role("button", name="Copy Markdown").click()
    visit.page.wait_for_function(
        "() => navigator.clipboard.readText().then(t => t.includes('[^1]:'))"
    )
    assert "“Turkey and Russia brokered" in visit.copied.split("[^1]:")[1]
    visit.check()


def test_what_is_not_supported_is_marked_in_copies_and_nothing_in_them_is_markdown(
    visit: Visit, index: Index
) -> None:
    index.add([Article("a", "v", "A", "Some text stands here.\n")])
    with served(index, Scripted()) as address:
        visit.open(address)
        visit.ask("doubts").get_by_role("button", name="Copy Markdown").click()
        visit.page.wait_for_function(
            "() => navigator.clipboard.readText().then(t => t.includes('[^1]'))"
        )
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
    turn.get_by_role("button", name="Copy link").click()
    visit.page.wait_for_function(
        "() => navigator.clipboard.readText().then(t => t.includes('?q='))"
    )
    link = visit.copied
    visit.open(link)
    turn = visit.page.locator(".fn-turn")
    turn.wait_for()
    visit.ended(turn)
    assert turn.locator(".fn-asked").inner_text() == "Who’s & what? #1 <b>+%41</b>"
    assert visit.page.evaluate("document.activeElement === document.body")  # no key was pressed
    assert visit.page.url == seeds_address
    visit.page.reload()
    visit.page.wait_for_selector("body[data-footnote=ready]")
    visit.open(f"{seeds_address}?q=first+one&q=second+one")
    visit.ended(visit.page.locator(".fn-turn"))
    assert visit.page.locator(".fn-asked").all_inner_texts() == ["first one"]
    visit.check()


def test_a_link_that_asks_too_much_is_refused_and_not_cut(visit: Visit, seeds_address: str) -> None:
    asked = "😀" * 2_001
    visit.open(f"{seeds_address}?q={quote(asked)}")
    turn = visit.ended(visit.page.locator(".fn-turn"))
    said = "The question has 2,001 characters; the limit is 2,000."
    assert turn.get_by_role("alert").locator("p").inner_text() == said
    assert turn.locator(".fn-asked").text_content() == asked
    assert visit.page.locator("#footnote-question textarea").input_value() == asked
    visit.check(422)


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
            assert "In the articles' own sentences" in visit.ask(BROKERED).inner_text()
            visit.open(address)
            visit.page.get_by_label("Answered by").select_option(index=1)
            origin = visit.ask(BROKERED).locator(".fn-origin").inner_text()
            visit.check()
    # The server counts 11 tokens read, and one written for each piece.
    (asked,) = server.requests
    dollars = (11 * 1_000 + len(honest(asked.messages)) * 10_000) / 1e6
    assert origin.startswith("Written by tiny, in ")  # as the reader chose it
    assert origin.endswith(f" s, for ${dollars:.2f}.")


def test_one_model_is_no_choice(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    assert visit.page.get_by_label("Answered by").count() == 0
