"""Reading an answer in a real browser, over real articles: the answer, its sources, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser_support import (
    BROKERED,
    FERRY,
    HOSTILE,
    SPANNING,
    Scripted,
    Visit,
    marked,
    served,
)

if TYPE_CHECKING:
    from index.store import Index
    from index.types import Encoder

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


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


# The evidence


def test_a_footnote_opens_its_article_at_the_quote(
    visit: Visit, seeds_address: str, seeds_index: Index
) -> None:
    visit.open(seeds_address)
    turn = visit.ask(BROKERED)
    assert "Turkey and Russia" in turn.inner_text()
    assert turn.locator(".fn-tally").inner_text() == "The statement is checked against its source"
    with visit.page.expect_request("**/footnote/article") as sent:
        turn.get_by_role("button", name="Footnote 1: ").click()
    body = sent.value.post_data_json
    article = seeds_index.article(body["article"], body["version"])
    (start, end, _), *_ = body["marks"]
    assert marked(visit, article) == " ".join(article.text[start:end].split())
    assert "Turkey and Russia brokered the ceasefire" in article.text[start:end]

    head = visit.panel.locator(".fn-article")
    assert article.title in head.inner_text()
    assert "Source 1 · Meridian Wire, 6 March 2020" in visit.panel.inner_text()
    link = head.get_by_role("link")
    assert link.get_attribute("href") == article.url
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert visit.panel.locator("mark.fn-current").first.evaluate(
        "mark => { const box = mark.getBoundingClientRect();"
        " return box.top >= 0 && box.bottom <= innerHeight; }"
    )
    assert visit.focused == "Footnote 1: show what rests on this sentence"
    assert article.title in visit.spoken
    visit.page.keyboard.press("Escape")
    assert visit.focused.startswith("Footnote 1: Meridian Wire")
    visit.check()


def test_sentences_and_statements_lead_to_each_other_many_times(
    visit: Visit, seeds_address: str
) -> None:
    visit.open(seeds_address)
    turn = visit.ask("How much will the ferry terminal cost?")
    visit.page.evaluate("window.unloaded = false")
    claims = turn.locator(".fn-claim")
    for number in (1, 2, 1, 2, 1):
        turn.get_by_role("button", name=f"Footnote {number}: ").click()
        visit.panel.locator("mark.fn-current").click()
        rests = visit.panel.get_by_role("group", name=f"What rests on footnote {number}")
        assert rests.locator("p").inner_text() == "1 statement of the answer rests on this"
        resting = turn.locator(".fn-claim.fn-resting")
        assert resting.count() == 1
        rests.get_by_role("button").click()
        assert visit.focused == claims.nth(number - 1).text_content() == resting.text_content()
    assert visit.page.evaluate("window.unloaded") is False
    visit.check()


def test_the_number_in_the_article_shows_what_rests_by_keyboard(
    visit: Visit, seeds_address: str
) -> None:
    visit.open(seeds_address)
    visit.ask(BROKERED)
    visit.page.keyboard.press("Tab")
    visit.page.evaluate("document.activeElement.blur()")
    visit.page.keyboard.press("1")
    number = visit.panel.locator("mark.fn-current + .fn-number")
    number.wait_for()
    assert visit.focused == "Footnote 1: show what rests on this sentence"
    assert number.get_attribute("aria-expanded") == "false"
    visit.page.keyboard.press("Enter")
    assert number.get_attribute("aria-expanded") == "true"
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    assert visit.focused.startswith("Turkey and Russia brokered")
    visit.page.keyboard.press("Escape")
    assert visit.panel.locator(".fn-article").count() == 0
    visit.check()


def test_the_sources_are_listed_and_lead_to_the_article_and_back(
    visit: Visit, seeds_address: str
) -> None:
    visit.open(seeds_address)
    turn = visit.ask("How much will the ferry terminal cost?")
    titles = visit.panel.locator(".fn-source-title")
    assert titles.count() == turn.locator(".fn-number").count() > 1
    first = titles.first.inner_text()
    titles.first.click()
    assert visit.panel.locator(".fn-article h3").inner_text() == first
    visit.panel.get_by_role("button", name="Back").click()
    assert titles.first.inner_text() == first and visit.focused == "Sources"


def test_an_earlier_footnote_brings_its_own_sources_back(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    first = visit.ask(BROKERED)
    visit.ask("Who won the 2031 World Cup in Montevideo?")
    said = "Nothing is cited. Open one of the nearest passages to read it here."
    assert visit.panel.locator(".fn-hint").inner_text() == said
    first.locator(".fn-number").first.click()
    assert "Turkey and Russia" in visit.panel.locator("mark.fn-current").inner_text()


def test_an_article_that_has_gone_leaves_its_quote(
    visit: Visit, odd_addresses: tuple[str, str]
) -> None:
    visit.open(odd_addresses[1])
    turn = visit.ask("along time")
    turn.locator(".fn-number").first.click()
    assert "no such article" in visit.panel.get_by_role("alert").inner_text()
    assert "ferry to Zelgrad" in visit.panel.locator("blockquote").inner_text()
    assert visit.focused == FERRY.title


def test_a_quote_over_two_paragraphs_is_marked_in_both(
    visit: Visit, odd_addresses: tuple[str, str]
) -> None:
    visit.open(odd_addresses[1])
    turn = visit.ask("spanning")
    turn.locator(".fn-number").click()
    assert marked(visit, FERRY) == " ".join(SPANNING.split())
    assert visit.panel.locator("mark").count() == 2
    assert visit.panel.locator(".fn-article-text .fn-number").count() == 1
    visit.page.keyboard.press("Escape")
    assert "p. 3" in visit.panel.locator(".fn-where").inner_text()
    visit.check()


# Verdicts, disagreements, time, abstentions


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
    tally = (
        "1 of 3 statements checked against their source · 1 only partly supported · 1 not supported"
    )
    assert turn.locator(".fn-tally").inner_text() == tally
    assert visit.spoken.endswith(f"{tally.replace(' · ', ', ')}.")
    assert "Careful." in turn.locator(".fn-warnings").inner_text()
    assert turn.locator(".fn-number").first.get_attribute("aria-label") == "Footnote 1: undated"
    visit.check()


def test_between_statements_that_come_one_by_one_there_is_a_gap(
    visit: Visit, scripted: Scripted, odd_addresses: tuple[str, str]
) -> None:
    visit.open(odd_addresses[1])
    scripted.end.clear()
    turn = visit.send("along time")
    turn.locator(".fn-claim").nth(4).wait_for()
    shown = turn.locator(".fn-text").text_content()
    scripted.end.set()
    visit.ended(turn)
    assert shown == " ".join(f"Statement {n}.{n}✓" for n in range(1, 6))
    assert turn.locator(".fn-text").text_content() == shown


def test_the_reason_is_shown_to_the_pointer_and_to_the_keyboard(
    visit: Visit, odd_addresses: tuple[str, str]
) -> None:
    visit.open(odd_addresses[1])
    turn = visit.ask("doubts")
    tip = visit.page.locator(".fn-tip")
    mark = turn.get_by_role("button", name="Only partly supported: because partly")
    mark.hover()
    assert tip.inner_text() == "Only partly supported: because partly"
    box = tip.bounding_box()
    assert box and box["x"] >= 0 and box["y"] >= 0
    visit.page.mouse.move(2, 2)
    assert tip.is_hidden()
    turn.locator(".fn-number").nth(1).focus()
    visit.page.keyboard.press("Tab")
    assert tip.inner_text() == "Only partly supported: because partly"
    visit.page.keyboard.press("Escape")
    assert tip.is_hidden()


def test_outlets_that_disagree_stand_beside_each_other(
    visit: Visit, odd_addresses: tuple[str, str], seeds_address: str
) -> None:
    visit.open(odd_addresses[1])
    conflict = visit.ask("doubts").get_by_role("region", name="The outlets disagree")
    assert "who opened it" in conflict.inner_text() and "No outlet" in conflict.inner_text()

    visit.open(seeds_address)
    turn = visit.ask("How many litres of fuel were lost in the harbour spill?")
    corrected = turn.locator(".fn-conflict")
    assert corrected.get_by_role("heading").inner_text().lower() == "corrected"
    assert corrected.locator(".fn-conflict-about").inner_text() == "11,600 litres, not 4,000 litres"
    origins = corrected.locator(".fn-version-origin").all_inner_texts()
    assert [" ".join(origin.split()) for origin in origins] == [
        "Lowell Harbour Courier 16 February 2024",
        "The Port Lowell Ledger 8 February 2024",
    ]
    corrected.locator(".fn-number").last.click()
    assert "About 4,000 litres" in visit.panel.locator("mark.fn-current").inner_text()
    visit.panel.locator("mark.fn-current").click()
    assert "No statement of the answer rests on this" in visit.panel.inner_text()
    visit.check()


def test_cited_articles_stand_in_time_and_undated_ones_apart(
    visit: Visit, odd_addresses: tuple[str, str]
) -> None:
    visit.open(odd_addresses[1])
    strip = visit.ask("along time").get_by_role("region", name="Cited articles along time")
    marks = strip.locator(".fn-marks button")
    assert marks.all_inner_texts() == ["1", "2", "3", "4"]
    boxes = [marks.nth(n).bounding_box() for n in range(4)]
    assert all(boxes)
    x, y = ([box[side] for box in boxes if box] for side in ("x", "y"))
    assert abs(x[0] - x[1]) < 1 and x[1] < x[2] < x[3]
    assert y[0] > y[1] > y[2] and y[3] == y[0]  # those of nearly one day above each other
    assert strip.locator(".fn-days span").all_inner_texts() == ["4 March 2024", "4 March 2025"]
    assert strip.locator(".fn-undated").inner_text().split() == ["Undated", "5"]
    name = "5 March 2024 · Ledger · Ferry sails (footnote 3)"
    assert marks.nth(2).get_attribute("aria-label") == name


def test_an_answer_from_one_article_has_no_strip(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    assert visit.ask(BROKERED).locator(".fn-time").count() == 0


def test_an_abstention_looks_different(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    turn = visit.ask("Who won the 2031 World Cup in Montevideo?")
    assert turn.locator(".fn-abstained").count() == 1
    assert turn.locator(".fn-outcome").inner_text() == "The articles don't say."
    assert turn.locator(".fn-number, .fn-tally").count() == 0
    turn.get_by_role("button", name="Show in the article").first.click()
    visit.panel.locator("mark.fn-current").first.wait_for()
    assert visit.panel.locator(".fn-article-text .fn-number").count() == 0
    visit.check()


def test_an_answer_that_rather_is_none_says_so_first(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    turn = visit.ask("Who chaired the talks in Idlib?")
    doubt = turn.locator(".fn-doubtful")
    assert doubt.inner_text() == "Not sure that this answers the question:"
    box, text = doubt.bounding_box(), turn.locator(".fn-text").bounding_box()
    assert box and text and box["y"] + box["height"] <= text["y"]
    assert visit.spoken.startswith("Not sure that this answers the question:")
    turn.get_by_role("button", name="Copy text").click()
    turn.get_by_text("Copied").wait_for()
    assert visit.copied.startswith("Not sure that this answers the question:\n")
    assert visit.ask(BROKERED).locator(".fn-doubtful").count() == 0
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
    # One passage for each article.
    origins = turn.locator(".fn-nearest-origin").all_inner_texts()
    assert origins == [
        "Evil & <i>Sons</i>, 4 March 2024 · Mayor <b onclick=alert(1)>speaks</b> of ${7*191}",
        "Ledger, undated · Ferry sails",
    ]
    turn.get_by_role("button", name="Show in the article").last.click()
    assert marked(visit, FERRY) == " ".join(SPANNING.split())
    visit.check()


# Follow-ups


def test_a_follow_up_says_how_it_was_understood_and_can_be_corrected(
    visit: Visit, seeds_address: str
) -> None:
    visit.open(seeds_address)
    assert (
        visit.ask("Who won the recount in the mayoral by-election?").locator(".fn-searched").count()
        == 0
    )
    turn = visit.ask("By how many votes did she win?")
    assert "Searched for: " in turn.locator(".fn-searched").inner_text()
    turn.get_by_role("button", name="Correct it").click()
    box = turn.get_by_role("textbox", name="Search for this instead")
    assert "votes" in box.input_value()
    box.fill(BROKERED)
    with visit.page.expect_request("**/footnote/ask") as sent:
        visit.page.keyboard.press("Enter")
    assert sent.value.post_data_json["searched_for"] == BROKERED
    assert len(sent.value.post_data_json["history"]) == 1
    turn.get_by_text("Turkey and Russia").first.wait_for()
    visit.ended(turn)
    assert visit.page.locator(".fn-turn").count() == 2
    assert turn.locator(".fn-asked").inner_text() == "By how many votes did she win?"
    assert turn.locator(".fn-searched q").inner_text() == BROKERED
    visit.check()


def test_a_long_answer_comes_back_cut_between_signs(
    visit: Visit, scripted: Scripted, odd_addresses: tuple[str, str]
) -> None:
    visit.open(odd_addresses[1])
    visit.ask("more")
    visit.ask("and more")
    assert scripted.histories[-1] == [("more", "x" + "😀" * 3_999)]
    visit.check()


def test_a_refusal_is_a_plain_sentence(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    box = visit.page.locator("#footnote-question textarea")
    box.focus()
    visit.page.keyboard.insert_text("why " * 749 + "why?")  # as if pasted: nothing of it is cut
    visit.page.keyboard.press("Enter")
    turn = visit.ended(visit.page.locator(".fn-turn"))
    said = "The question has 3,000 characters; the limit is 2,000."
    assert turn.get_by_role("alert").locator("p").inner_text() == said
    assert len(box.input_value()) == 3_000
    assert visit.ask(BROKERED).locator(".fn-number").count() >= 1
    assert box.input_value() == ""
    visit.check(422)


def test_a_question_that_failed_leaves_the_box_once_it_is_answered(
    visit: Visit, odd_addresses: tuple[str, str]
) -> None:
    visit.open(odd_addresses[1])
    visit.page.route("**/footnote/ask", lambda route: route.abort())
    turn = visit.ask("spanning")
    box = visit.page.locator("#footnote-question textarea")
    assert box.input_value() == "spanning"
    visit.page.unroute("**/footnote/ask")
    turn.get_by_role("button", name="Ask again").click()
    turn.locator(".fn-claim").wait_for()
    visit.ended(turn)
    assert box.input_value() == ""


def test_a_page_that_loses_the_program_says_so(visit: Visit, seeds_address: str) -> None:
    visit.open(seeds_address)
    visit.page.route("**/footnote/ask", lambda route: route.abort())
    assert "Is it still running?" in visit.ask("Who?").get_by_role("alert").inner_text()


def test_a_page_that_cannot_start_says_so(visit: Visit, seeds_address: str) -> None:
    visit.page.route("**/footnote/about?", lambda route: route.abort())
    visit.page.goto(seeds_address)
    assert "Is it still running?" in visit.page.get_by_role("alert").inner_text()
