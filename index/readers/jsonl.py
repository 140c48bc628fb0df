"""JSON lines: one article a line, with title, text, source, url, published."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..errors import BadFile
from .draft import Draft, Skipped, decode, from_fields


def read(raw: bytes, name: str) -> Iterator[Draft | Skipped]:
    """One draft a line. A bad line is skipped with its number; the others go on."""
    for number, line in enumerate(decode(raw).split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield _draft(line, f"{name}, line {number}")
        except BadFile as problem:
            yield Skipped(f"{name}:{number}", str(problem))


def _draft(line: str, title: str) -> Draft:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise BadFile(f"is not JSON: {problem}") from None
    if not isinstance(fields, dict):
        raise BadFile(f"is a {type(fields).__name__}, not an object with a title and a text")
    text = fields.get("text")
    if not isinstance(text, str):
        raise BadFile('has no "text" (a string with the article)')
    return from_fields(fields, title, text)
