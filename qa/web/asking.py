"""POST /footnote/ask: the events of an answer as lines."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from index.errors import BadQuestion

from ..answerer import Answerer
from ..llm import ModelFailed
from ..stream import Stream
from ..types import Answer, Claim, Event, Found, Searched, plain
from .checked import Asked
from .lines import Crew, Line, Put, busy

log = logging.getLogger(__name__)

READERS = 32
"""Readers who are answered at once."""

FAILURE = "Something went wrong. The details are in the log of the program."
BUSY = "Too many readers are asking at the moment. Try again in a few seconds."

Prices = Mapping[str, tuple[float, float]]
"""By a model's name, US dollars for a million tokens that it reads, and that it writes."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where readers ask: what answers, by its name (the first is the one that nobody named)."""

    answerers: Mapping[str, Answerer]
    crew: Crew
    prices: Prices

    @classmethod
    def of(cls, answerers: Sequence[Answerer], readers: int, prices: Prices) -> Desk:
        return cls({a.model: a for a in answerers}, Crew(readers, "reader"), prices)

    def ask(self, asked: Asked) -> Response:
        """The answer in lines, or one that says that too many are asking."""
        name = asked.model or next(iter(self.answerers))
        stream = self.answerers[name].stream(
            asked.question, asked.history, asked.filters, searched_for=asked.searched_for
        )
        price = self.prices.get(name)
        lines = self.crew.lines(lambda put: _tell(stream, price, put), stream.stop)
        return lines or busy(BUSY)


def _tell(stream: Stream, price: tuple[float, float] | None, put: Put) -> None:
    """Every event of an answer, or why it ended before its end."""
    try:
        for event in stream:
            put(_line(event, stream, price))
    except BadQuestion as problem:
        put(_error("question", sentence(str(problem))))
    except ModelFailed as problem:
        put(_error("model", sentence(str(problem))))
    except Exception:  # the edge: a page must get a sentence, the log the rest
        log.exception("A question failed.")
        put(_error("internal", FAILURE))
    finally:
        stream.close()


def _error(kind: str, message: str) -> Line:
    return {"event": "error", "kind": kind, "message": message}


def _line(event: Event, stream: Stream, price: tuple[float, float] | None) -> Line:
    match event:
        case Searched():
            return {"event": "searched", "searched_for": event.searched_for}
        case Found():
            return {"event": "found", "passages": plain(event.passages)}
        case Claim():
            return {"event": "claim", "claim": plain(event)}
        case Answer():
            seconds = round(event.timings.get("total", 0.0), 3)
            cost = cost_of(stream.spent(), price)
            return {"event": "answer", "answer": event.to_json(), "seconds": seconds, "cost": cost}


def cost_of(usage: Mapping[str, int], price: tuple[float, float] | None) -> float | None:
    """US dollars; None where the price or the number of tokens is not known."""
    if price is None or not {"input", "output"} <= usage.keys():
        return None
    return round((usage["input"] * price[0] + usage["output"] * price[1]) / 1e6, 6)


def sentence(message: str) -> str:
    """An error's message as the page shows it; a terminal shows it after "error: "."""
    return message[:1].upper() + message[1:] + "." * (not message.endswith((".", ")")))
