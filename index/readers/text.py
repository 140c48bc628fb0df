"""Plain text: the first short line is the title."""

from __future__ import annotations

from collections.abc import Iterator

from .draft import Draft, decode, stem

MAX_TITLE = 200
"""A first line longer than this, in characters, is a paragraph and not a title."""


def read(raw: bytes, name: str) -> Iterator[Draft]:
    yield from_text(decode(raw), name)


def from_text(text: str, name: str) -> Draft:
    """A text that brings no title is called after its file."""
    stripped = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    first, _, rest = stripped.partition("\n")
    if first and rest.strip() and len(first) <= MAX_TITLE:
        return Draft(title=first.strip(), text=rest.strip())
    return Draft(title=stem(name), text=stripped)
