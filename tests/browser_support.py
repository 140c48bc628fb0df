"""What the browser tests stand on: the real app on a port, a page that is watched, odd articles."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index.types import Article
from qa.stream import Stream
from qa.types import Answer, Citation, Claim, Conflict, Found, Label, Passage, Searched, Verdict

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from index.store import Index

HOSTILE = Article(
    "hostile",
    "v1",
    "Mayor <b onclick=alert(1)>speaks</b> of ${7*191}",
    "😀 Rain fell in Zelgrad all day. The mayor of Zelgrad opened the tannery bridge with the "
    "words <img src=x onerror=alert(1)> and ${7*191} and {{7*191}} on Monday. "
    "<script>alert(2)</script> Nobody clapped in Zelgrad.\n",
    "Evil & <i>Sons</i>",
    "javascript:alert(3)",
    date(2024, 3, 4),
)

SPANNING = "Nobody came to the quay.\n\nThe ferry to Zelgrad sailed empty."
FERRY = Article(
    "ferry", "v1", "Ferry sails", f"It was a wet day. {SPANNING} It was late.\n", "Ledger"
)


def passage(article: Article, quote: str) -> dict[str, Any]:
    """The fields of the Passage that quotes this of an article."""
    start = article.text.index(quote)
    return {
        "article_id": article.id,
        "article_version": article.version,
        "title": article.title,
        "source": article.source,
        "published": article.published,
        "url": article.url,
        "start": start,
        "end": start + len(quote),
        "quote": quote,
    }


class Scripted:
    """Answers with what the page must be able to draw, by the question's text."""

    model = "scripted"

    def __init__(self) -> None:
        self.histories: list[Any] = []

    def ask(self, question: str, history: Any = (), filters: Any = None) -> Answer:
        self.histories.append(history)
        scripts = {"doubts": doubtful, "spanning": spanning, "nothing": abstaining}
        return scripts.get(question, endless)(question)

    def stream(self, question: str, history: Any = (), filters: Any = None, **_: Any) -> Stream:
        answer = self.ask(question, history, filters)
        searched = Searched(answer.searched_for)
        return Stream(iter((searched, Found(answer.passages), *answer.claims, answer)))


DOUBTS: list[tuple[str, Label]] = [
    ("😀𝒳 first.", "supported"),
    ("𝒳 second.", "partly"),
    ("Third <img src=x>.", "unsupported"),
]


def doubtful(question: str) -> Answer:
    """A claim of each verdict, a conflict and a warning."""
    unknown = {"source": None, "published": None}
    cited = Citation(number=1, **{**passage(HOSTILE, "The mayor"), **unknown})
    text = "😀𝒳 first. [1] 𝒳 second. [1]\nThird <img src=x>. [7]"
    claims = []
    for words, label in DOUBTS:
        at = text.index(words)
        verdict = Verdict(label, f"because {label}")
        claims.append(Claim(words, at, at + len(words), verdict, (cited,)))
    conflict = Conflict("who opened it", (cited,))
    return Answer(question, question, text, tuple(claims), (conflict,), warnings=("Careful.",))


def spanning(question: str) -> Answer:
    """One claim whose quote runs over the end of a paragraph."""
    said = " ".join(SPANNING.split())
    cited = Citation(number=1, **passage(FERRY, SPANNING), page=3)
    claim = Claim(said, 0, len(said), Verdict("supported", "its own words"), (cited,))
    return Answer(question, question, f"{said} [1]", (claim,))


def abstaining(question: str) -> Answer:
    """No answer, for a reason; three passages are near, two of them of one article."""
    near = [(HOSTILE, "Rain fell"), (HOSTILE, "Nobody clapped"), (FERRY, SPANNING)]
    return Answer(
        question,
        "What of the harbour? And nothing?",
        "The articles don't say: no article mentions “population: all”.",
        abstained=True,
        passages=tuple(Passage(**passage(article, quote)) for article, quote in near),
    )


def endless(question: str) -> Answer:
    """More text than may come back as history, of signs that take two UTF-16 units each."""
    return Answer(question, question, "x" + "😀" * 5_000)


@contextmanager
def served(index: Index, *answerers: Any, **how: Any) -> Iterator[str]:
    """The address of the real app over an index, while the block lasts; `how`: see build_app."""
    import uvicorn

    from qa.answerer import Answerer
    from qa.chat import build_app
    from qa.gate import LOOPBACK

    app = build_app(answerers or [Answerer(index)], index, hosts=LOOPBACK, **how)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        for _ in range(300):
            if server.started or not thread.is_alive():
                break
            time.sleep(0.1)
        assert server.started
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()


class Visit:
    """A page of the chat, and what went on in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.troubles: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("dialog", self._on_dialog)
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("console", self._on_console)

    def _on_dialog(self, dialog: Any) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _on_console(self, message: Any) -> None:
        # A violated Content-Security-Policy is reported here.
        if message.type in ("error", "warning"):
            self.troubles.append(f"console: {message.text}")

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.page.wait_for_selector("body[data-footnote=ready]", timeout=60_000)

    def ask(self, question: str) -> Locator:
        """Type a question, press Enter, wait; the last turn of the conversation."""
        turns = self.page.locator(".fn-turn")
        before = turns.count()
        self.page.fill("#footnote-question textarea", question)
        self.page.keyboard.press("Enter")
        self.page.wait_for_function(
            "n => document.querySelectorAll('.fn-turn').length > n", arg=before
        )
        turn = turns.last
        turn.locator(".fn-answer, .fn-error").wait_for(timeout=60_000)
        return turn

    def check(self) -> None:
        """Nothing left this machine, nothing ran that should not, no policy was violated."""
        assert {urlsplit(url).hostname for url in self.requests} == {"127.0.0.1"}
        assert self.troubles == []
        assert self.page.locator("img, iframe, object, embed").count() == 0


def marked(visit: Visit, source: Locator, article: Article) -> str:
    """The text marked in a source, once the text around it is there."""
    visit.page.wait_for_load_state("networkidle")
    (quote,) = source.locator("mark").all_text_contents()
    around = source.locator("blockquote").text_content() or ""
    assert around.strip("…\u00a0") in article.text
    return quote
