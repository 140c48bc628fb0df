"""Markdown with YAML front matter. The body is kept as written: quotes must match the file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import BadFile
from .draft import Draft, decode, from_fields, stem
from .text import from_text

_HEADING = re.compile(r"\A#{1,6}[ \t]+(.+?)[ \t#]*(?:\n|\Z)")

_RULE = re.compile(r"\A\s*---[ \t]*\n")
_EMPTY_MATTER = re.compile(r"\A\s*---[ \t]*\n(?:\s|#[^\n]*\n)*---[ \t]*(?:\n|\Z)")


def read(raw: bytes, name: str) -> Iterator[Draft]:
    import frontmatter
    import yaml

    text = decode(raw).replace("\r\n", "\n").replace("\r", "\n")
    try:
        fields, body = frontmatter.parse(text)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as problem:
        # 2020-02-31 fails inside the YAML reader as a ValueError, `!!bool x` as a KeyError,
        # `!!int ""` as an IndexError, `!!timestamp x` as an AttributeError.
        where = (str(problem).splitlines() or ["it is empty"])[0][:200]
        raise BadFile(f"front matter cannot be read: {where} (dates are YYYY-MM-DD)") from None
    if fields:
        yield from_fields(fields, _title(body, name), body)
        return
    # Two rules (---) with text between them that names nothing are no front matter.
    plain = from_text(body if _EMPTY_MATTER.match(text) else _RULE.sub("", text), name)
    yield Draft(title=plain.title.lstrip("# ").strip() or stem(name), text=plain.text)


def _title(body: str, name: str) -> str:
    found = _HEADING.match(body.lstrip())
    return found.group(1) if found else stem(name)
