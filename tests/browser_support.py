"""What the browser tests stand on: the real app on a port, a page that is watched, odd articles."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from index.types import Article
from qa.stream import Stream
from qa.types import (
    Answer,
    Citation,
    Claim,
    Conflict,
    Event,
    Found,
    Label,
    Passage,
    Searched,
    Verdict,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

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
    """Answers with what the page must be able to draw, by the question's text.

    end:  set, unless the test holds the end of answers back.
    """

    model = "scripted"

    def __init__(self) -> None:
        self.histories: list[Any] = []
        self.end = threading.Event()
        self.end.set()

    def stream(
        self,
        question: str,
        history: Any = (),
        filters: Any = None,
        *,
        searched_for: str | None = None,
    ) -> Stream:
        self.histories.append(history)
        scripts: dict[str, Callable[[str], Answer]] = {
            "doubts": doubtful,
            "spanning": spanning,
            "nothing": abstaining,
            "along time": along_time,
        }
        answer = scripts.get(question, endless)(question)
        return Stream(self._events(answer))

    def _events(self, answer: Answer) -> Iterator[Event]:
        yield from (Searched(answer.searched_for), Found(answer.passages), *answer.claims)
        self.end.wait(60)
        yield answer


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


def along_time(question: str) -> Answer:
    """Five articles: two of one day, one of the day after, one a year later, one undated."""
    days = (date(2024, 3, 4), date(2024, 3, 4), date(2024, 3, 5), date(2025, 3, 4), None)
    claims = []
    text = ""
    for number, published in enumerate(days, 1):
        told = {**passage(FERRY, SPANNING), "article_id": f"a{number}", "published": published}
        cited = Citation(number=number, **told)
        said = f"Statement {number}."
        start = len(text)
        text += f"{said} [{number}] "
        claims.append(Claim(said, start, start + len(said), Verdict("supported", "so"), (cited,)))
    return Answer(question, question, text.strip(), tuple(claims))


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


class Gated(Sequence[str]):
    """What a model sends: each piece but the first only when the test has opened its gate."""

    def __init__(self, *pieces: str) -> None:
        self.pieces = pieces
        self.gates = [threading.Event() for _ in pieces]
        self.gates[0].set()

    def __len__(self) -> int:
        return len(self.pieces)

    def __getitem__(self, at: Any) -> Any:
        return self.pieces[at]

    def __iter__(self) -> Iterator[str]:
        for gate, piece in zip(self.gates, self.pieces, strict=True):
            gate.wait(30)
            yield piece

    def open(self) -> None:
        for gate in self.gates:
            gate.set()


@contextmanager
def served(index: Index, *answerers: Any, **options: Any) -> Iterator[str]:
    """The address of the real app over an index, as it is served, while the block lasts."""
    import uvicorn

    from qa.answerer import Answerer
    from qa.chat import Impatient, build_app
    from qa.web.gate import LOOPBACK

    answer = answerers or (Answerer(index, "extractive"),)
    app = build_app(answer, index, hosts=LOOPBACK, **options)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Impatient, log_level="warning", timeout_graceful_shutdown=1)
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


BROKERED = "Who brokered the ceasefire?"
"""A question that the sample articles answer."""

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; the test is skipped where there is none."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


WIDE = (1280, 860)
NARROW = (390, 844)


@contextmanager
def visiting(
    browser: Browser, size: tuple[int, int] = WIDE, scheme: Any = "light"
) -> Iterator[Visit]:
    """A page of its own, and nothing kept by those before it but Gradio's scripts, compiled."""
    context = browser.contexts[0] if browser.contexts else _context(browser)
    page = context.new_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    yield Visit(page)
    page.close()
    context.clear_cookies()


def _context(browser: Browser) -> BrowserContext:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(120_000)  # a busy machine decides no test
    return context


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
        page.on("popup", lambda other: self.troubles.append(f"popup: {other.url}"))

    def _on_dialog(self, dialog: Any) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _on_console(self, message: Any) -> None:
        # A violated Content-Security-Policy is reported here.
        if message.type in ("error", "warning"):
            self.troubles.append(f"console: {message.text}")

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.page.wait_for_selector("body[data-footnote=ready]")

    def write(self, question: str) -> None:
        self.page.fill("#footnote-question textarea", question)

    def send(self, question: str) -> Locator:
        """Type a question and press Enter; the turn that it begins."""
        turns = self.page.locator(".fn-turn")
        before = turns.count()
        self.write(question)
        self.page.keyboard.press("Enter")
        turn = turns.nth(before)
        turn.wait_for()
        return turn

    def ask(self, question: str) -> Locator:
        """Send a question and wait for its end; its turn."""
        return self.ended(self.send(question))

    def ended(self, turn: Locator) -> Locator:
        turn.page.wait_for_function(
            "turn => turn.getAttribute('aria-busy') === 'false'", arg=turn.element_handle()
        )
        return turn

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def panel(self) -> Locator:
        return self.page.locator("#footnote-sources")

    @property
    def focused(self) -> str:
        """The name, or else the text, of what has the focus."""
        return str(
            self.page.evaluate(
                "() => { const e = document.activeElement;"
                " return e.getAttribute('aria-label') ?? e.textContent; }"
            )
        )

    @property
    def spoken(self) -> str:
        """What a screen reader was told last."""
        return self.page.locator(".fn-spoken[role=status]").text_content() or ""

    @property
    def copied(self) -> str:
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def check(self, *refused: int) -> None:
        """Nothing left this machine, nothing ran that should not, no policy was violated.

        refused:  statuses of requests that the program was right to refuse.
        """
        hosts = {urlsplit(url).hostname for url in self.requests if not url.startswith("blob:")}
        assert hosts == {"127.0.0.1"}
        expected = [f"the server responded with a status of {status} " for status in refused]
        troubles = [t for t in self.troubles if not any(words in t for words in expected)]
        assert troubles == [], troubles
        assert self.page.locator("img, iframe, object, embed").count() == 0
        assert "1337" not in (self.page.text_content("body") or "")


def marked(visit: Visit, article: Article) -> str:
    """What is marked as shown in the panel, where the whole article is."""
    visit.panel.locator("mark.fn-current").first.wait_for()
    shown = visit.panel.locator(".fn-article-text > p").evaluate_all(
        "all => all.map(p => [...p.childNodes].filter(n => n.nodeName !== 'BUTTON')"
        ".map(n => n.textContent).join(''))"
    )
    assert "\n\n".join(shown).split() == article.text.split()
    parts = visit.panel.locator("mark.fn-current").all_text_contents()
    return " ".join(" ".join(parts).split())
