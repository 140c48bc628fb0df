"""What a provider's error means: whether to ask again, when, and what to tell the reader."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from .provider import Provider

AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Answers that may be others at another time."""

_NO_SUCH_MODEL = re.compile(
    r"(?:unknown|invalid|no such) model"
    r"|\bmodel\b.{0,80}(?:not (?:found|exist|a valid|available)|unknown|invalid)"
)


class Fault(Exception):
    """Why one attempt failed.

    again:     another attempt may succeed.
    final:     no attempt ever will.
    answered:  the model is there and answered; this does not count as an outage.
    refused:   "key", "name" or "", for the remedy.
    wait:      the header Retry-After, as it came.
    """

    def __init__(
        self,
        reason: str,
        again: bool = False,
        final: bool = False,
        answered: bool = False,
        refused: str = "",
        wait: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.final = final
        self.answered = answered
        self.refused = refused
        self.wait = wait

    def bare(self) -> Fault:
        """Without traceback and causes, which hold requests and their headers."""
        self.__cause__ = self.__context__ = self.__traceback__ = None
        return self

    def pause(self, wall: float) -> float | None:
        """Seconds that Retry-After asks for, at the time `wall`; None where it does not say."""
        if re.fullmatch(r"\d{1,9}(?:\.\d+)?", self.wait):
            return float(self.wait)
        try:
            return max(0.0, parsedate_to_datetime(self.wait).timestamp() - wall)
        except ValueError:
            return None


def fault_of(problem: BaseException, secrets: Collection[str]) -> Fault:
    """The Fault that an error of a provider's library stands for, free of `secrets`.

    Each library has a tree of its own, and a stream is broken in ways that none of them wraps:
    so an error is known by the status that it carries, else by its name and its causes' names.
    """
    if isinstance(problem, Fault):
        return problem
    status = _status(problem)
    said = _said(problem)
    for secret in secrets:
        said = said.replace(secret, "[key]")
    if status is not None:
        return _refusal(status, said, _retry_after(problem))
    names = " ".join(type(p).__name__ for p in _causes(problem))
    if "Timeout" in names:
        return Fault("it did not answer in time", again=True)
    if "ConnectError" in names or "ConnectionError" in names or "ConnectionRefused" in names:
        return Fault("it cannot be reached; is it running, and the address right?", again=True)
    if "MAX_TOKENS" in said:
        return Fault("the answer was cut off at its longest", answered=True)
    if "terminated early" in said:
        return Fault("the provider ended the answer", answered=True)
    if "Protocol" in names or "ReadError" in names or isinstance(problem, OSError):
        return Fault("the connection broke off", again=True)
    if re.search("APIError|APIStatusError|ResponseError", names):
        return Fault(f"it reports an error{_quoted(said)}", again=True)
    return Fault(f"it sent what cannot be read ({type(problem).__name__})", again=True)


def explain(fault: Fault, name: str, provider: Provider, begun: bool) -> str:
    """What a reader is told, with the remedy where there is one."""
    what = "stopped in the middle of its answer" if begun else "did not answer"
    text = f"{name} {what}: {fault.reason}"
    if fault.refused == "key":
        text += f" (check {provider.key_name})" if provider.key_name else ""
    elif fault.refused == "name":
        text += f" ({provider.unknown})"
    return text


def _refusal(status: int, said: str, wait: str) -> Fault:
    """An answer with a status of 400 or more."""
    low = said.lower()
    if status in (401, 403) or (status == 400 and re.search(r"api[ _]key", low)):
        # What it says is not repeated: some put the key into it.
        return Fault(f"the key is refused ({status})", final=True, answered=True, refused="key")
    if status == 404 or (status == 400 and _NO_SUCH_MODEL.search(low)):
        return Fault(
            f"there is no such model or address ({status}){_quoted(said)}",
            final=True,
            answered=True,
            refused="name",
        )
    if re.search(r"context|too (?:long|large|many tokens)|maximum.*tokens", low):
        return Fault(f"question and evidence are too long for it{_quoted(said)}", answered=True)
    if status in AGAIN:
        busy = "it is busy" if status == 429 else "its server has a problem"
        again = "insufficient_quota" not in low
        return Fault(f"{busy} ({status}){_quoted(said)}", again=again, wait=wait)
    return Fault(f"the request was refused ({status}){_quoted(said)}", answered=True)


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    for _ in range(5):
        if problem is None:
            return
        yield problem
        problem = problem.__cause__ or problem.__context__


def _status(problem: BaseException) -> int | None:
    for name in ("status_code", "code"):
        status = getattr(problem, name, None)
        if isinstance(status, int) and 400 <= status < 600:
            return status
    return None


def _retry_after(problem: BaseException) -> str:
    """The header, where the error or one that led to it still has the response."""
    for cause in _causes(problem):
        headers: Any = getattr(getattr(cause, "response", None), "headers", None)
        if isinstance(headers, Mapping) and (wait := headers.get("retry-after")):
            return str(wait).strip()
    return ""


def _said(problem: BaseException) -> str:
    """The message that the provider put into its error; with the error's own word for it."""
    body: Any = getattr(problem, "body", None)
    inner = body.get("error", body) if isinstance(body, Mapping) else {}
    if isinstance(inner, Mapping) and isinstance(inner.get("message"), str):
        code = inner.get("code")
        return f"{inner['message']} {code}" if isinstance(code, str) else str(inner["message"])
    places = (getattr(problem, "error", None), inner, getattr(problem, "message", None))
    return next((said for said in places if isinstance(said, str)), str(problem))


def _quoted(said: str) -> str:
    """A provider's words as a reader may see them: short, plain, without addresses."""
    plain = re.sub(r"\w+://\S*", "", "".join(c if c.isprintable() else " " for c in said))
    short = " ".join(plain.split())[:160]
    return f": “{short}”" if short else ""
