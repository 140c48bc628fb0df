"""Feeds as files: RSS 2.0, RSS 1.0 and Atom. Each item is an article."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from ..errors import BadFile
from . import html
from .draft import Draft, Skipped, parse_date
from .xml import local, parse

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
# What blogs put below the text of every item.
_FURNITURE = re.compile(
    r"(the post .{1,300} (first appeared|appeared first) on .{1,200}"
    r"|(continue reading|read more|read the (rest|full (story|article|post))).{0,200})",
    re.IGNORECASE | re.DOTALL,
)


def read(raw: bytes, name: str) -> Iterator[Draft | Skipped]:
    """One draft an item. A bad item is skipped with its number; the others go on."""
    root = parse(html.decoded(raw))
    kind = local(root).lower()
    if kind not in ("rss", "rdf", "feed"):
        raise BadFile(f"is no feed: its outermost element is <{local(root)}> (RSS or Atom is read)")
    channel = root if kind == "feed" else _child(root, "channel")
    items = [e for e in root.iter() if local(e) == ("entry" if kind == "feed" else "item")]
    if channel is None or not items:
        raise BadFile("is a feed without items")
    outlet = _outlet(channel)
    for number, item in enumerate(items, 1):
        try:
            yield _draft(item, outlet, f"{name}, item {number}")
        except BadFile as problem:
            yield Skipped(f"{name}:{number}", str(problem))


@dataclass(frozen=True, slots=True)
class _Outlet:
    """What a feed says of itself, for items that do not say it."""

    title: str | None
    base: str
    author: str | None
    language: str | None


def _outlet(channel: Any) -> _Outlet:
    return _Outlet(
        title=_plain(_child(channel, "title")),
        base=channel.get(_BASE) or _href(channel) or "",
        author=_author(channel),
        language=channel.get(_LANG) or _text(channel, "language"),
    )


def _draft(item: Any, outlet: _Outlet, title: str) -> Draft:
    return Draft(
        title=_plain(_child(item, "title")) or title,
        text=_content(item),
        # Of an item that was taken over: Atom names its feed inside of it, RSS by its text.
        source=_plain(_child(item, "source", "title")) or _text(item, "source") or outlet.title,
        url=link(item, outlet.base),
        published=parse_date("published", _text(item, "pubDate", "published", "issued", "date")),
        updated=parse_date("updated", _text(item, "updated", "modified")),
        author=_author(item) or outlet.author,
        language=item.get(_LANG) or _text(item, "language") or outlet.language,
        key=_text(item, "guid", "id"),
    )


def _child(element: Any, *path: str) -> Any:
    """The first element down a path of local names; None where it breaks off."""
    for name in path:
        element = next((e for e in element if local(e) == name), None)
        if element is None:
            return None
    return element


def _text(element: Any, *names: str) -> str | None:
    """The text of the first of these children that has some."""
    for name in names:
        for child in element:
            if local(child) == name and (child.text or "").strip():
                return str(child.text).strip()
    return None


def _content(item: Any) -> str:
    """The full text where there is one, else the summary."""
    # RSS: content:encoded. Atom: content. media:content holds no text.
    for name in ("encoded", "content", "description", "summary"):
        for child in item:
            if local(child) == name and (found := _written(child)):
                return found
    return ""


def _written(element: Any) -> str:
    """The text of an element that holds text, escaped HTML or XHTML."""
    from lxml import etree

    if len(element):  # Atom's type="xhtml": the markup stands in the feed itself
        markup = "".join(etree.tostring(child, encoding="unicode") for child in element)
        # The HTML reader knows its elements by their bare names.
        return _body(html.as_text(re.sub(r"(</?)[A-Za-z]\w*:", r"\1", markup)))
    text = element.text or ""
    if element.get("type") == "text":
        return str(text).strip()
    return _body(html.as_text(text) if _MARKUP.search(text) else entities.unescape(text))


def _body(text: str) -> str:
    paragraphs = text.strip().split("\n\n")
    while len(paragraphs) > 1 and _FURNITURE.fullmatch(paragraphs[-1].strip()):
        paragraphs.pop()
    return "\n\n".join(paragraphs)


def _plain(element: Any) -> str | None:
    """A title: its entities resolved, and its markup gone where it says that it has some."""
    if element is None:
        return None
    text = "".join(element.itertext())
    if element.get("type") in ("html", "xhtml"):
        return html.as_text(text) or None
    return entities.unescape(text).strip() or None


def link(item: Any, base: str) -> str | None:
    """The address of an item's page: its link, else its guid where that is one."""
    found = _href(item)
    if found is None:
        guid = _child(item, "guid")
        if guid is not None and guid.get("isPermaLink", "true") == "true":
            found = (guid.text or "").strip()
    try:
        return urljoin(item.get(_BASE) or base, found) if found else None
    except ValueError:
        return found


def _href(element: Any) -> str | None:
    """An RSS link's text, or the address of an Atom link to the page itself."""
    for link in element:
        if local(link) == "link" and link.get("rel", "alternate") == "alternate":
            found = link.get("href") or link.text or ""
            if found.strip():
                return str(found).strip()
    return None


def _author(element: Any) -> str | None:
    names = [_text(e, "name") or (e.text or "").strip() for e in element if local(e) == "author"]
    names += [(e.text or "").strip() for e in element if local(e) == "creator"]
    found = [re.sub(r"\A\S+@\S+ \((.+)\)\Z", r"\1", name) for name in names if name]
    return ", ".join(dict.fromkeys(found)) or None
