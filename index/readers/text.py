"""Plain text: the first short line is the title."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import BadFile
from .draft import Draft, decode, parse_date, stem

MAX_TITLE = 200
"""A first line longer than this, in characters, is a paragraph and not a title."""

_ITEM = re.compile(r"\d{1,3}[.)]\s")


def read(raw: bytes, name: str) -> Iterator[Draft]:
    yield from_text(decode(raw), name)


def from_text(text: str, name: str) -> Draft:
    """A text that brings no title is called after its file."""
    stripped = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    first, _, rest = stripped.partition("\n")
    if first and rest.strip() and len(first) <= MAX_TITLE and not _goes_on(first, rest):
        return Draft(title=first.strip(), text=rest.strip())
    return Draft(title=stem(name), text=stripped)


def _goes_on(first: str, rest: str) -> bool:
    """Whether the line below goes on with the first: in lower case, or with a figure.

    A date, or the number of a list's item, begins something of its own; a heading of Markdown
    ends with its line.
    """
    if first.startswith("#"):
        return False
    below = rest.partition("\n")[0].lstrip(" \t")
    if not below[:1].isdigit():
        return below[:1].islower()
    return not _ITEM.match(below) and not _is_date(below)


def _is_date(line: str) -> bool:
    try:
        return parse_date("line", line) is not None
    except BadFile:
        return False
