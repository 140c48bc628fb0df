"""XML from strangers: no entities of its own, nothing fetched, no bombs (lxml)."""

from __future__ import annotations

import re
from html import escape
from html.entities import html5
from typing import Any

from ..errors import BadFile

_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]+;)")
_XML = {"lt;", "gt;", "amp;", "quot;", "apos;"}


def parse(text: str) -> Any:
    """The root element. Raises BadFile for what is not well formed, or defines entities.

    HTML's entities (&nbsp;) are read, though XML has no such: feeds are full of them.
    """
    from lxml import etree

    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(_NAMED.sub(_entity, text).lstrip().encode(), parser)
    except etree.XMLSyntaxError as problem:
        raise BadFile(f"is not well-formed XML: {problem} (mend it, or save it again)") from None
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise BadFile("defines entities of its own, which are not read (take its DOCTYPE out)")
    return root


def _entity(found: re.Match[str]) -> str:
    name = found.group(1)
    return found.group(0) if name in _XML else escape(html5.get(name, found.group(0)))


def local(element: Any) -> str:
    """An element's name without its namespace; "" for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
