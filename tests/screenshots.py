"""Takes the screenshots of the README: `python -m tests.screenshots`.

The sample articles, the extractive answerer, the real page in Chromium. The pictures are reduced to
a palette, which halves them and cannot be seen.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from index.ingest import add_paths
from index.store import Index
from tests.browser_support import NARROW, WIDE, Visit, chromium, served, visiting
from tests.conftest import SEEDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PLACE = Path(__file__).parent / "screenshots"
MOST = 200_000
"""Bytes of a picture."""

TERMINAL = "How much will the ferry terminal cost?"
SPILL = "How many litres of fuel were lost in the harbour spill?"
CUP = "Who won the 2031 World Cup in Montevideo?"


def answer(visit: Visit) -> None:
    """An answer with its sources beside it."""
    visit.ask(TERMINAL)


def panel(visit: Visit) -> None:
    """A source in its article, with what rests on the cited sentence."""
    visit.ask(TERMINAL).locator(".fn-number").first.click()
    visit.panel.locator("mark.fn-current").first.click()
    visit.panel.locator(".fn-rests").wait_for()


def disagreement(visit: Visit) -> None:
    """A figure that was corrected: both versions, with outlet and day."""
    turn = visit.ask(SPILL)
    turn.locator(".fn-conflict").evaluate(
        "card => scrollBy(0, card.getBoundingClientRect().top - innerHeight / 4)"
    )


def abstention(visit: Visit) -> None:
    """What the articles do not say."""
    visit.ask(CUP)


SHOTS: list[tuple[str, Callable[[Visit], None], tuple[int, int], str]] = [
    ("answer", answer, WIDE, "light"),
    ("panel", panel, WIDE, "light"),
    ("disagreement", disagreement, WIDE, "light"),
    ("abstention", abstention, WIDE, "dark"),
    ("narrow-answer", answer, NARROW, "light"),
    ("narrow-panel", panel, NARROW, "dark"),
]


def take(visit: Visit, name: str) -> int:
    """Save what the page shows; the bytes that it takes."""
    visit.page.mouse.move(1, 1)
    visit.page.evaluate("document.activeElement.blur()")
    visit.page.wait_for_timeout(400)  # what moves has come to rest
    picture = Image.open(BytesIO(visit.page.screenshot())).convert("RGB")
    path = PLACE / f"{name}.png"
    picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    return path.stat().st_size


def main() -> None:
    PLACE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "sample articles"
        with Index.open(folder, create=True) as index, chromium() as browser:
            add_paths(index, [SEEDS])
            with served(index) as address:
                for shot in SHOTS:
                    take_one(browser, address, *shot)


def take_one(
    browser: Browser,
    address: str,
    name: str,
    show: Callable[[Visit], None],
    size: tuple[int, int],
    scheme: str,
) -> None:
    with visiting(browser, size, scheme) as visit:
        visit.open(address)
        show(visit)
        taken = take(visit, name)
        visit.check()
    print(f"{name}.png: {taken:,} bytes")
    assert taken <= MOST, f"{name}.png is over {MOST:,} bytes"


if __name__ == "__main__":
    main()
