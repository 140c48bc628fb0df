"""What a reading process and the index say to each other: frames of JSON, each after its length.

JSON and no pickle: whoever has taken over a reading process can send wrong text, but no code.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from ..readers import Skipped
from ..types import Article

MAX_FRAME = 64 * 1024 * 1024
"""Bytes. Longer than any article can be, and short enough to be held."""

_LENGTH = 4
_NAMES = [field.name for field in fields(Article)]
_DATES = {"published", "updated"}
_NEEDED = {"id", "version", "title", "text"}


def pack(kind: str, value: object = None) -> bytes:
    """A message as a frame. Raises ValueError for one that is too long."""
    text = json.dumps([kind, value], ensure_ascii=False, default=date.isoformat)
    body = text.encode("utf-8", "surrogatepass")  # names of files may have them
    if len(body) > MAX_FRAME:
        raise ValueError(f"{len(body):,} bytes in one article; the limit is {MAX_FRAME:,}")
    return len(body).to_bytes(_LENGTH, "big") + body


def packed(found: Article | Skipped) -> bytes:
    """An article, or what was skipped, as a frame."""
    return pack("article" if isinstance(found, Article) else "skipped", asdict(found))


def unpack(receive: Callable[[int], bytes]) -> tuple[object, object]:
    """The next message, by a function that gives exactly so many bytes.

    Raises ValueError for what is no message.
    """
    length = int.from_bytes(receive(_LENGTH), "big")
    if length > MAX_FRAME:
        raise ValueError(f"a frame of {length:,} bytes")
    try:
        message = json.loads(receive(length))
    except RecursionError:
        raise ValueError("a frame nested too deep") from None
    if not isinstance(message, list) or len(message) != 2:
        raise ValueError("a frame that is no pair")
    return message[0], message[1]


def article(values: object) -> Article:
    """The article that was packed, each of its fields checked. Raises ValueError."""
    if not isinstance(values, dict) or set(values) != set(_NAMES):
        raise ValueError("an article with other fields")
    return Article(**{name: _field(name, values[name]) for name in _NAMES})


def skipped(values: object) -> Skipped:
    """What was skipped, from its frame. Raises ValueError."""
    if not isinstance(values, dict) or set(values) != {"path", "reason"}:
        raise ValueError("a skipped file with other fields")
    return Skipped(_text("path", values["path"]), _text("reason", values["reason"]))


def _field(name: str, value: object) -> Any:
    if name == "pages":
        return _pages(value)
    if value is None and name not in _NEEDED:
        return None
    text = _text(name, value)
    return date.fromisoformat(text) if name in _DATES else text


def _pages(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(v) is int and 0 <= v < 2**31 for v in value):
        raise ValueError("pages are no places in a text")
    return tuple(value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    value.encode()  # a lone surrogate could not be stored: UnicodeEncodeError is a ValueError
    return value
