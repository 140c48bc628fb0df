"""What a reader asks of: narrowing, the index, adding to it; in a real browser."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser_support import BROKERED, NARROW, Visit, visiting
from tests.stories import DEPOT, LIBRARY

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from index.store import Index

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


# Narrowing


def test_the_search_is_narrowed_by_days_and_outlets(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    visit.button("Narrow the search").click()
    visit.page.get_by_label("From").fill("2024-02-01")
    visit.page.get_by_label("Until").fill("2024-02-29")
    visit.page.get_by_role("checkbox", name="The Port Lowell Ledger").check()
    turn = visit.ask("How much fuel leaked into the harbour?")
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


WATCH_PROGRESS = """() => {
  window.seen = [];
  const report = document.querySelector(".fn-report");
  const bar = document.querySelector("#footnote-sources progress");
  new MutationObserver((records) => {
    const added = records.flatMap((record) => [...record.addedNodes]);
    window.seen.push(...added.map((node) => [node.textContent, !bar.hidden]));
  }).observe(report, { childList: true });
}"""
"""Keeps each word of progress, and whether the bar was there."""


def test_articles_are_uploaded_and_what_is_skipped_is_named(
    visit: Visit, own: str, index: Index, tmp_path: Path
) -> None:
    (tmp_path / "depot.md").write_text(f"---\ntitle: {DEPOT.title}\n---\n\n{DEPOT.text}\n")
    (tmp_path / "odd.xyz").write_bytes(b"\0\1")
    (tmp_path / "empty.txt").write_bytes(b"")
    visit.open(own)
    visit.page.locator("#footnote-header").get_by_role("button", name="Add articles").click()
    files = [tmp_path / name for name in ("depot.md", "odd.xyz", "empty.txt")]
    visit.page.evaluate(WATCH_PROGRESS)
    visit.page.set_input_files("input[type=file]", files)
    visit.panel.locator(".fn-skipped").wait_for()
    seen = visit.page.evaluate("window.seen")
    told = ["Sending…", "1 of 2: depot.md", "2 of 2: empty.txt"]
    assert seen[:3] == [[words, True] for words in told]
    assert visit.panel.get_by_role("progressbar").is_hidden()
    assert visit.panel.locator(".fn-report p").inner_text() == "1 article added, 2 skipped."
    skipped = visit.panel.locator(".fn-skipped li").all_inner_texts()
    assert any(line.startswith("odd.xyz: has an ending") for line in skipped)
    assert any(line.startswith("empty.txt: holds no text") for line in skipped)
    assert [a.title for a in index.articles()] == [DEPOT.title]
    visit.page.get_by_text(" · 1 article").wait_for()
    assert "Six engines" in visit.ask("How many engines fought the blaze?").inner_text()
    visit.check()


@pytest.mark.parametrize("size", [(1280, 800), NARROW], ids=["wide", "narrow"])
def test_what_came_of_adding_is_in_view(browser: Browser, own: str, size: tuple[int, int]) -> None:
    """At once, below the files; and for a paste too, whose button is far below."""
    seen = """report => {
      const box = report.getBoundingClientRect();
      const frame = report.closest('#footnote-sources').getBoundingClientRect();
      const end = Math.min(frame.bottom, innerHeight);
      return box.height > 0 && box.top >= frame.top && box.bottom <= end;
    }"""
    with visiting(browser, size) as visit:
        visit.open(own)
        visit.page.locator("#footnote-header").get_by_role("button", name="Add articles").click()
        files: Any = [
            {"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"The mill turned." * (n == 0)}
            for n in range(5)
        ]
        visit.page.set_input_files("input[type=file]", files)
        report = visit.panel.locator(".fn-report")
        report.get_by_text("1 article added, 4 skipped.").wait_for()
        assert report.evaluate(seen)
        form = visit.panel.locator(".fn-paste")
        form.get_by_label("Title").fill(LIBRARY.title)
        form.get_by_label("Text").fill(LIBRARY.text)
        form.get_by_role("button", name="Add this article").click()
        report.get_by_text("1 article added.").wait_for()
        assert report.evaluate(seen)


DROP = """(selector) => {
  const data = new DataTransfer();
  data.items.add(new File(["# The tide mill\\n\\nThe mill at Orre turned again."], "mill.md"));
  const place = document.querySelector(selector);
  return ["dragenter", "dragover", "drop"].map((kind) => {
    const event = new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
    return place.dispatchEvent(event) ? "the browser's" : "the page's";
  });
}"""
"""Drops a file on an element; says whose each event was. What nobody takes, the browser opens."""


def test_files_are_dropped_in_their_place_and_harmless_beside_it(
    visit: Visit, own: str, index: Index
) -> None:
    visit.open(own)
    for beside in ("#footnote-conversation", "#footnote-question textarea", "body"):
        assert visit.page.evaluate(DROP, beside)[1:] == ["the page's"] * 2, beside
    visit.page.locator("#footnote-header").get_by_role("button", name="Add articles").click()
    assert visit.page.evaluate(DROP, ".fn-drop") == ["the page's"] * 3
    visit.panel.get_by_text("1 article added.").wait_for()
    assert [a.title for a in index.articles()] == ["The tide mill"]
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
    visit.panel.get_by_text("1 article added.").wait_for()
    (article,) = index.articles()
    assert (article.title, article.source) == (LIBRARY.title, LIBRARY.source)
    assert article.published == date(2024, 11, 2) and article.text.strip() == LIBRARY.text
    assert form.get_by_label("Title").input_value() == ""
    visit.check()


@pytest.mark.parametrize("blank", ["Title", "Text"])
def test_a_pasted_article_of_spaces_is_refused_in_words(visit: Visit, own: str, blank: str) -> None:
    visit.open(own)
    visit.page.locator("#footnote-header").get_by_role("button", name="Add articles").click()
    form = visit.panel.locator(".fn-paste")
    for name in ("Title", "Text"):
        form.get_by_label(name).fill("  " if name == blank else "A mill.")
    form.get_by_role("button", name="Add this article").click()
    visit.panel.get_by_text(f"Give the article a {blank.lower()}.").wait_for()
    assert form.get_by_label(blank).input_value() == "  "


def test_too_many_files_are_refused_before_they_are_sent(visit: Visit, own: str) -> None:
    visit.open(own)
    visit.page.locator("#footnote-header").get_by_role("button", name="Add articles").click()
    files: Any = [{"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"x"} for n in range(21)]
    visit.page.set_input_files("input[type=file]", files)
    assert "at most 20" in visit.panel.locator(".fn-report").inner_text()
