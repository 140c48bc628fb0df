"""Addresses on the web to Articles: a page, or the pages that a feed or a sitemap lists."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ..errors import BadFile
from ..readers import Skipped, feed, make_article, printable
from ..readers.draft import decode
from ..readers.html import CHARSETS
from ..sandbox.pool import MEMORY, SECONDS
from ..sandbox.process import Process
from ..types import Article
from .address import Address, join, parse, shown
from .fetch import SYSTEM, Network, Page, fetch
from .wire import AGENT, LIMITS, Limits, NotFetched, gunzip

if TYPE_CHECKING:
    from protego import Protego

_ENDINGS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/pdf": ".pdf",
}
"""Content types of articles, as the ending of the reader that takes them."""

_LISTS = (
    "application/rss+xml application/atom+xml application/rdf+xml application/xml text/xml "
    "application/gzip application/x-gzip"
).split()
"""Content types of feeds and sitemaps; a sitemap may be a gzip file."""

MAX_ROBOTS = 500 * 1024
"""Bytes of a robots.txt that are read; RFC 9309 asks for no more."""


def articles(
    url: str,
    limits: Limits = LIMITS,
    network: Network = SYSTEM,
    *,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Iterator[Article | Skipped]:
    """The article at a URL, or those that a feed or sitemap at it lists, up to `limits.pages`.

    A page that takes more than `seconds`, or `memory` bytes, to read is skipped. Never raises for
    what is or is not there: it comes out as Skipped, with its URL.
    """
    with closing(_Reader(seconds, memory)) as reader:
        yield from _articles(url, limits, network, reader)


def _articles(
    url: str, limits: Limits, network: Network, reader: _Reader
) -> Iterator[Article | Skipped]:
    try:
        page = fetch(url, limits, network, [*_ENDINGS, *_LISTS])
        if page.content_type not in _LISTS:
            yield from reader.read(page)
            return
        addresses: dict[str, None] = {}
        for found in _listed(page, limits, network):
            if isinstance(found, Skipped):
                yield found
            else:
                addresses[found] = None
    except BadFile as problem:
        yield _skipped(url, str(problem))
        return
    yield from _pages(url, list(addresses), limits, network, reader)


def _skipped(url: str, reason: str) -> Skipped:
    return Skipped(printable(shown(url)), printable(reason))


def _pages(
    url: str, addresses: list[str], limits: Limits, network: Network, reader: _Reader
) -> Iterator[Article | Skipped]:
    """The articles behind a list's addresses, as far as each site's robots.txt lets programs."""
    robots = _Robots(limits, network)
    for address in addresses[: limits.pages]:
        try:
            robots.check(parse(address))
            yield from reader.read(fetch(address, limits, network, list(_ENDINGS)))
        except BadFile as problem:
            yield _skipped(address, str(problem))
    if len(addresses) > limits.pages:
        count = f"lists {len(addresses):,} pages; the first {limits.pages:,} were taken"
        yield _skipped(url, f"{count} (add the others by their own URLs)")


class _Reader:
    """Pages through the readers for their types, in a process that can be killed."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._limits = seconds, memory
        self._process: Process | None = None
        self._folder = tempfile.TemporaryDirectory()

    def read(self, page: Page) -> Iterator[Article | Skipped]:
        if self._process is None or self._process.ended:
            self._process = Process(*self._limits)
        folder = Path(self._folder.name)
        path = folder / (_file_name(page) + _ENDINGS[page.content_type])
        path.write_bytes(_as_utf8(page))
        for found in self._process.read(path, folder):
            if isinstance(found, Skipped):
                yield _skipped(page.url, found.reason)
            else:
                yield _known_by(found, page)
        path.unlink()

    def close(self) -> None:
        if self._process is not None:
            self._process.end()
        self._folder.cleanup()


def _as_utf8(page: Page) -> bytes:
    """A page of text that is no UTF-8, from the encoding that its server names; others as is."""
    named = page.content_type.startswith("text/") or page.content_type.endswith("xhtml+xml")
    marked = page.body.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not named or marked or not re.fullmatch(CHARSETS, page.charset):
        return page.body
    for encoding in ("utf-8", "cp1252" if page.charset == "iso-8859-1" else page.charset):
        try:
            return page.body.decode(encoding).encode()
        except (UnicodeDecodeError, LookupError):
            continue
    return page.body


def _file_name(page: Page) -> str:
    """The last part of a page's URL, which is its title where it has none."""
    name = PurePosixPath(parse(page.url).target.partition("?")[0]).stem
    return re.sub(r"[^\w.-]", "_", name)[:80].lstrip(".") or "page"


def _known_by(article: Article, page: Page) -> Article:
    """An article known by its canonical URL, if that is of its own site, else by the page's."""
    place = parse(page.url)
    known = make_article(
        article.title,
        article.text,
        source=article.source or place.host,
        url=article.url if article.url and _may_name(place, article.url) else page.url,
        published=article.published,
        updated=article.updated,
        author=article.author,
        language=article.language,
        pages=article.pages,
    )
    return replace(known, path=page.url)


def _may_name(place: Address, url: str) -> bool:
    """Whether a page may call itself that: else it could take the place of another's article."""
    try:
        named = parse(url)
    except BadFile:
        return False
    own, other = (host.removeprefix("www.") for host in (place.host, named.host))
    same_site = own == other or own.endswith("." + other) or other.endswith("." + own)
    # A whole site whose pages all name its front page is a common mistake.
    return same_site and (named.target != "/" or place.target == "/")


def _listed(page: Page, limits: Limits, network: Network) -> Iterator[str | Skipped]:
    """The pages that a list names; of a sitemap index, those that its sitemaps name."""
    pages, lists = _links(page, limits)
    if not pages and not lists:
        raise BadFile("lists no pages (neither a feed's entries nor a sitemap's addresses)")
    yield from pages
    count = len(pages)
    for done, address in enumerate(lists):
        if done == limits.lists or count >= limits.pages:
            left = f"{len(lists) - done:,} of {len(lists):,} sitemaps were not read"
            yield _skipped(page.url, f"{left} (add them by their own URLs)")
            return
        try:
            inner, deeper = _links(fetch(address, limits, network, _LISTS), limits)
        except BadFile as problem:
            yield _skipped(address, str(problem))
            continue
        if deeper:
            yield _skipped(address, "is an index within an index (add it by its own URL)")
        yield from inner
        count += len(inner)


def _links(page: Page, limits: Limits) -> tuple[list[str], list[str]]:
    """URLs of the pages, and of the further sitemaps, that a feed or sitemap names, in order."""
    raw = page.body
    if raw.startswith(b"\x1f\x8b"):
        raw = gunzip(io.BytesIO(raw), limits.body + 1)
        if len(raw) > limits.body:
            raise BadFile(f"has more than {limits.body:,} bytes when unpacked")
    found: tuple[list[str], list[str]] = ([], [])
    base = parse(page.url)
    for parent, text in _elements(raw):
        try:
            found[parent == "sitemap"].append(join(base, text).url)
        except BadFile:
            # It is named when it is fetched.
            found[parent == "sitemap"].append(text)
    return found


def _elements(raw: bytes) -> Iterator[tuple[str, str]]:
    """Each link with the name of the element that it is of; no entities, no other files."""
    from lxml import etree

    wanted = {("url", "loc"), ("sitemap", "loc")}
    events = etree.iterparse(
        io.BytesIO(_mended(raw)),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        recover=True,
    )
    try:
        for _, node in events:
            name, parent = (_local(n) for n in (node, node.getparent()))
            if (parent, name) in wanted and (text := (node.text or "").strip()):
                yield parent, text
            elif name in ("item", "entry") and (link := feed.link(node, node.base or "")):
                yield name, link
            if name in ("url", "sitemap", "item", "entry"):
                node.clear()
    except etree.XMLSyntaxError as problem:
        raise BadFile(f"is not XML: {shown(str(problem))}") from None


def _mended(raw: bytes) -> bytes:
    """With each bare & escaped, as in ?id=1&page=2: libxml2 would pass by it and the word after."""
    if b"\0" in raw:  # UTF-16
        return raw
    bare = rb"(<!\[CDATA\[.*?\]\]>)|&(?!#?\w+;)"
    return re.sub(bare, lambda found: found[1] or b"&amp;", raw, flags=re.DOTALL)


def _local(node: object) -> str:
    tag = getattr(node, "tag", None)
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


class _Robots:
    """What the sites of a list allow programs. A page that a person names is not asked for."""

    def __init__(self, limits: Limits, network: Network) -> None:
        self._limits = limits
        self._network = network
        self._rules: dict[str, Protego | str] = {}

    def check(self, place: Address) -> None:
        """Raises BadFile where robots.txt forbids, or hides behind a failure (RFC 9309)."""
        if place.origin not in self._rules:
            self._rules[place.origin] = self._fetched(place.origin)
        rules = self._rules[place.origin]
        if isinstance(rules, str):
            raise BadFile(f"the site's robots.txt cannot be read: {rules}")
        if not rules.can_fetch(place.url, AGENT):
            raise BadFile("the site's robots.txt asks programs to stay away (add it by its URL)")

    def _fetched(self, origin: str) -> Protego | str:
        from protego import Protego

        try:
            page = fetch(origin + "/robots.txt", self._limits, self._network)
        except BadFile as problem:
            status = problem.status if isinstance(problem, NotFetched) else None
            return Protego.parse("") if status and 400 <= status < 500 else str(problem)
        return Protego.parse(decode(page.body[:MAX_ROBOTS]))
