"""The chat in a real browser, over real articles: what a person sees and can press."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.browser_support import FERRY, HOSTILE, SPANNING, Scripted, Visit, marked, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from index.store import Index
    from index.types import Encoder

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.queueing"),
]

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def seeds_address(seeds_index: Index) -> Iterator[str]:
    with served(seeds_index) as address:
        yield address


@pytest.fixture(scope="module")
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture(scope="module")
def odd_addresses(
    encoder: Encoder, scripted: Scripted, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Two chats over odd articles: with the real answerer, and with the scripted one."""
    from index.store import Index

    folder = tmp_path_factory.mktemp("chat") / "<b>hostile"
    with Index.open(folder, create=True, encoder=encoder) as index:
        index.add([HOSTILE, FERRY])
        with served(index) as real, served(index, scripted) as other:
            yield real, other


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    visit = Visit(context.new_page())
    yield visit
    context.close()


def test_a_footnote_leads_to_its_exact_quote(
    visit: Visit, seeds_address: str, seeds_index: Index
) -> None:
    visit.open(seeds_address)
    header = visit.page.locator("#footnote-header").inner_text()
    assert f"{len(seeds_index.articles())} articles" in header and "qa add FOLDER" in header
    with visit.page.expect_response("**/footnote/context?*") as fetched:
        turn = visit.ask("Who brokered the ceasefire?")
    assert "Turkey and Russia" in turn.inner_text()
    assert "Checked against" in turn.locator(".fn-tally").inner_text()
    assert turn.locator(".fn-verdict").first.get_attribute("aria-label")
    query = dict(part.split("=") for part in urlsplit(fetched.value.url).query.split("&"))
    article = seeds_index.article(query["article"], query["version"])

    footnote = turn.get_by_role("button", name="Footnote 1: ")
    footnote.click()
    source = visit.page.locator(".fn-source").first
    quote = marked(visit, source, article)
    assert quote == article.text[int(query["start"]) : int(query["end"])]
    assert "Turkey and Russia brokered the ceasefire" in quote
    assert source.evaluate("source => source === document.activeElement")
    assert "fn-open" in (source.get_attribute("class") or "")
    assert source.locator("mark").evaluate(
        "mark => { const box = mark.getBoundingClientRect();"
        " return box.top >= 0 && box.bottom <= innerHeight; }"
    )
    link = source.get_by_role("link")
    assert link.get_attribute("href") == article.url
    assert link.get_attribute("rel") == "noopener noreferrer"

    source.get_by_role("button", name="Back to the answer").click()
    assert footnote.evaluate("button => button === document.activeElement")
    visit.check()


def test_an_abstention_looks_different(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    turn = visit.ask("Who won the 2031 World Cup in Montevideo?")
    assert turn.locator(".fn-abstained").count() == 1
    assert "don't say" in turn.inner_text()
    assert turn.locator(".fn-number, .fn-tally").count() == 0
    turn.get_by_role("button", name="Show in the article").first.click()
    assert visit.page.locator(".fn-source.fn-open.fn-near mark").count() == 1
    visit.check()


def test_an_earlier_footnote_brings_its_own_sources_back(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    first = visit.ask("Who brokered the ceasefire?")
    visit.ask("Who won the 2031 World Cup in Montevideo?")
    assert visit.page.locator(".fn-near").count() > 0
    visit.page.locator(".fn-turn").first.locator(".fn-number").first.click()
    assert visit.page.locator(".fn-near").count() == 0
    assert "Turkey and Russia" in visit.page.locator(".fn-source.fn-open mark").inner_text()
    assert first.count() == 1


@pytest.mark.parametrize("question", ["<img src=x onerror=alert(1)>", "${7*191}", "{{7*191}}"])
def test_a_hostile_question_stays_text(visit: Visit, seeds_address: str, question: str) -> None:
    visit.open(seeds_address)
    turn = visit.ask(question)
    assert turn.locator(".fn-asked").inner_text() == question
    assert "1337" not in visit.page.inner_text("body")
    visit.check()


def test_a_hostile_article_stays_text(visit: Visit, odd_addresses: tuple[str, str]) -> None:
    visit.open(odd_addresses[0])
    turn = visit.ask("With what words did the mayor of Zelgrad open the tannery bridge?")
    assert "<img src=x onerror=alert(1)> and ${7*191} and {{7*191}}" in turn.inner_text()
    turn.locator(".fn-number, .fn-show").first.click()
    source = visit.page.locator(".fn-source.fn-open")
    quote = marked(visit, source, HOSTILE)
    assert "<img src=x onerror=alert(1)> and ${7*191}" in quote
    assert "<b onclick=alert(1)>speaks</b>" in source.locator("h3").inner_text()
    assert "Evil & <i>Sons</i>" in source.inner_text() and "4 March 2024" in source.inner_text()
    assert source.get_by_role("link").count() == 0
    assert "<b>hostile" in visit.page.locator("#footnote-header").inner_text()
    assert "1337" not in visit.page.inner_text("body")
    visit.check()


def test_each_verdict_is_marked_where_its_claim_stands(
    visit: Visit, odd_addresses: tuple[str, str]
) -> None:
    visit.open(odd_addresses[1])
    turn = visit.ask("doubts")
    # Offsets count code points, and these claims stand behind signs of two UTF-16 units each.
    for label, words in [
        ("supported", "😀𝒳 first.1✓"),
        ("partly", "𝒳 second.1≈ only partly supported"),
        ("unsupported", "Third <img src=x>. [7]✗ not supported"),
    ]:
        assert turn.locator(f".fn-claim.fn-{label}").text_content() == words
        assert f"because {label}" in turn.locator(f".fn-checks .fn-{label}").inner_text()
    assert turn.locator(".fn-tally").inner_text() == (
        "Checked against the articles: 1 of 3 statements supported"
        " · 1 only partly supported · 1 not supported"
    )
    assert "who opened it" in turn.locator(".fn-conflict").inner_text()
    assert "Careful." in turn.locator(".fn-warnings").inner_text()
    assert turn.locator(".fn-number").first.get_attribute("aria-label") == "Footnote 1: undated"
    visit.check()


def test_a_quote_over_two_paragraphs_is_one_claim_and_keeps_its_break(
    visit: Visit, odd_addresses: tuple[str, str]
) -> None:
    visit.open(odd_addresses[1])
    turn = visit.ask("spanning")
    (said,) = turn.locator(".fn-claim").all_inner_texts()
    assert said == " ".join(SPANNING.split()) + "1✓"
    turn.locator(".fn-number").click()
    source = visit.page.locator(".fn-source.fn-open")
    assert marked(visit, source, FERRY) == SPANNING
    assert source.locator("mark").inner_text().split("\n")[-1].startswith("The ferry")
    assert source.locator(".fn-where span").all_inner_texts()[-1] == "p. 3"
    visit.check()


def test_an_abstention_gives_its_reason_and_where_it_looked(
    visit: Visit, odd_addresses: tuple[str, str]
) -> None:
    visit.open(odd_addresses[1])
    turn = visit.ask("nothing")
    assert turn.locator(".fn-text p").all_inner_texts() == [
        "The articles don't say.",
        "No article mentions “population: all”.",
    ]
    searched = turn.locator(".fn-searched").inner_text()
    assert searched == "Searched for: What of the harbour? And nothing?"
    # One passage for each article.
    origins = turn.locator(".fn-nearest-origin").all_inner_texts()
    assert origins == [
        "Evil & <i>Sons</i>, 4 March 2024 · Mayor <b onclick=alert(1)>speaks</b> of ${7*191}",
        "Ledger, undated · Ferry sails",
    ]
    turn.get_by_role("button", name="Show in the article").last.click()
    assert marked(visit, visit.page.locator(".fn-source.fn-open"), FERRY) == SPANNING
    visit.check()


def test_a_question_searched_as_asked_is_not_said_twice(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    assert visit.ask("Who brokered the ceasefire?").locator(".fn-searched").count() == 0


def test_a_long_answer_comes_back_cut_between_signs(
    visit: Visit, scripted: Scripted, odd_addresses: tuple[str, str]
) -> None:
    visit.open(odd_addresses[1])
    visit.ask("more")
    visit.ask("and more")
    assert scripted.histories[-1] == [("more", "x" + "😀" * 3_999)]
    visit.check()


def test_a_wide_page_stands_in_the_middle(browser: Browser, seeds_address: str) -> None:
    context = browser.new_context(viewport={"width": 1800, "height": 900})
    visit = Visit(context.new_page())
    visit.open(seeds_address)
    box = visit.page.locator("#footnote-header").bounding_box()
    assert box and abs(box["x"] - (1800 - box["x"] - box["width"])) <= 1
    context.close()


def test_a_page_that_cannot_start_says_so(visit: Visit, seeds_address: str) -> None:
    visit.page.route("**/footnote/about", lambda route: route.abort())
    visit.page.goto(seeds_address)
    assert "Is it still running?" in visit.page.get_by_role("alert").inner_text()


def test_a_refusal_is_a_plain_sentence(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    # The browser's own limit is for convenience; anybody can lift it.
    visit.page.eval_on_selector(
        "#footnote-question textarea", "t => t.removeAttribute('maxlength')"
    )
    turn = visit.ask("why " * 600)
    assert "the limit is 2,000" in turn.get_by_role("alert").inner_text()
    assert visit.page.locator("#footnote-ask").is_enabled()
    assert visit.ask("Who brokered the ceasefire?").locator(".fn-number").count() >= 1
    visit.check()


def test_a_page_that_loses_the_program_says_so(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    visit.page.route("**/gradio_api/call/**", lambda route: route.abort())
    assert "Is it still running?" in visit.ask("Who?").get_by_role("alert").inner_text()


def test_looking_is_shown_and_one_question_waits_at_a_time(
    visit: Visit, seeds_address: str
) -> None:
    visit.open(seeds_address)
    held: list[Any] = []
    visit.page.route("**/gradio_api/call/ask", lambda route: held.append(route))
    visit.page.fill("#footnote-question textarea", "Who brokered the ceasefire?")
    visit.page.click("#footnote-ask")
    waiting = visit.page.locator(".fn-waiting")
    waiting.wait_for()
    assert waiting.inner_text() == "Looking…"
    assert visit.page.locator("#footnote-ask").is_disabled()
    visit.page.locator("#footnote-question textarea").press("Enter")
    assert visit.page.locator(".fn-turn").count() == 1
    held[0].continue_()
    visit.page.locator(".fn-answer").wait_for()
    assert waiting.count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page_has_the_panel_below_and_nothing_cut_off(
    browser: Browser, seeds_address: str, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    visit = Visit(context.new_page())
    visit.open(seeds_address)
    visit.ask("Who brokered the ceasefire?")
    page = visit.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    panel, form = (page.locator(s).bounding_box() for s in ("#footnote-sources", "#footnote-form"))
    assert panel and form and panel["y"] >= form["y"] + form["height"]
    ink = page.evaluate("getComputedStyle(document.querySelector('.fn-text')).color")
    light = sum(int(part) for part in ink.strip("rgb()").split(",")) > 3 * 128
    assert light == (scheme == "dark")
    visit.check()
    context.close()
