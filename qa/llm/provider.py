"""What is asked of a provider: the seam between its library and our calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Chunk:
    """One step of a stream.

    thought:  the model thinks, which is a sign of life and no part of the answer.
    finish:   why the stream ends, in the provider's word.
    usage:    tokens, "input" and "output".
    """

    text: str = ""
    thought: bool = False
    finish: str | None = None
    usage: dict[str, int] = field(default_factory=dict)


class Provider(Protocol):
    """One model of one provider. Whatever its library raises is the provider's failure.

    key_name:       the variable that its key comes from; "" where it takes none.
    secrets:        what must be in no message.
    unknown:        what to do about a name that it does not know.
    says_how_ended: a stream without a `finish` has broken off.
    """

    key_name: str
    secrets: tuple[str, ...]
    unknown: str
    says_how_ended: bool

    @property
    def context_tokens(self) -> int: ...

    def chunks(self, system: str, user: str) -> Iterator[Chunk]:
        """Ask, in the thread that will read the answer."""

    def cut(self, thread: Thread) -> None:
        """Break the line off that a thread is reading from, if there is a way to."""
