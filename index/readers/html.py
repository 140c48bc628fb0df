"""Web pages: the article without menus, adverts and comments (trafilatura)."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from ..errors import BadFile
from .draft import Draft, decode, parse_date, stem

# Only these: a page may name any of Python's codecs, and some of them take quadratic time.
CHARSETS = r"utf-8|windows-\d+|iso-8859-\d+|koi8-[ru]|shift_jis|euc-(?:jp|kr)|gb(?:k|\d+)|big5"
_CHARSET = re.compile(
    rf"<(?:meta|\?xml)[^>]+(?:charset|encoding)=[\"']?({CHARSETS})\b".encode(), re.IGNORECASE
)
# At the last two lxml gives up the page.
_NO_XML = re.compile("[\x00-\x08\x0b\x0e-\x1f\ufffe\uffff]")
_JOINERS = re.compile(r"&(zwn?j|#820[45]|#x200[cd]);", re.IGNORECASE)
_AMPERSANDS = re.compile(r"<[^<>]*>|(&amp;)")
_SMALL = "translate(@style, 'DISPLAYNOE \t\n', 'displaynoe')"
_HIDDEN = f"@hidden or contains({_SMALL}, 'display:none')"
_NO_TEXT = "self::script or self::style or self::title or self::template or self::svg or "
_MODIFIED = (
    "//meta[@property='article:modified_time']/@content | //meta[@property='og:updated_time']/"
    "@content | //*[@itemprop='dateModified']/@content | //*[@itemprop='dateModified']/@datetime"
)
# What a page calls the day on which it was published, the plainest name first.
_PUBLISHED = (
    "article:published_time og:article:published_time og:published_time article:published "
    "datepublished date_published published_time publication_date published-date published_date "
    "publish-date publish_date publishdate pubdate og:pubdate parsely-pub-date sailthru.date "
    "dc.date.issued dcterms.issued citation_publication_date citation_date dc.date dcterms.date "
    "date"
).split()
_JSON = '//script[@type="application/ld+json"]/text()'
_JSON_MODIFIED = re.compile(r'"dateModified"\s*:\s*"([^"]{8,40})"')
_ARTICLES = ("Article", "BlogPosting", "Report")
"""How the types of schema.org end that are an article."""

_ADDRESS = "//link[@rel='canonical']/@href | //meta[@property='og:url']/@content"
_BESIDE = "ancestor::aside or ancestor::nav or ancestor::footer"
_ITEMS = (
    "//*[contains(concat(' ', normalize-space(@itemprop), ' '), ' datePublished ')]"
    f"[not({_BESIDE})]"
)
_DATED = frozenset("date published pubdate pub-date publish-date post-date entry-date".split())
_CHANGED = re.compile(
    r"updat|modif|revis|edited|changed|aktualis|geändert|mise? à jour|actuali[sz]|aggiorn",
    re.IGNORECASE,
)
_TITLES = "//h1[ancestor::article or ancestor::main]"
# Elsewhere it may be the outlet's name in the masthead: that stands last in <title>, if at all.
_LOOSE_TITLES = "//h1[. != '' and starts-with(normalize-space(//title), normalize-space())]"
_ENDS, _CLOSING = frozenset(".!?…。！？"), " \t\r\n\"'”’»)]"  # of a sentence
LONGEST_DAY = 80
"""Characters: what is longer is no date, and takes long to be told to be none."""

_NO_OUTLETS = frozenset(("application-name", "copyright"))
_LANGUAGE = (
    "//html/@lang | //meta[translate(@http-equiv, 'CL', 'cl')='content-language']/@content | "
    "//meta[@property='og:locale']/@content"
)
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody tfoot "
    "thead tr ul".split()
)
_BREAKS = {"br": "\n", "td": " ", "th": " "}


def read(raw: bytes, name: str) -> Iterator[Draft]:
    yield page_draft(raw, name)


def page_draft(raw: bytes, name: str) -> Draft:
    """The article of one page. Raises BadFile when there is none."""
    import trafilatura

    markup, back = _disguised(decoded(raw))
    tree = _without_programs(_without(_tree(markup), _HIDDEN))
    published, updated, language = _published(tree), _updated(tree), _language(tree)
    page = trafilatura.bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        # Its date is not taken: it would be the earliest on the page, a teaser's or a comment's.
        date_extraction_params={"extensive_search": False},
    )
    if page is None or not page.text:
        raise BadFile("holds no article text that could be told from its menus and adverts")
    return Draft(
        title=(page.title or stem(name)).translate(back),
        text=page.text.replace("\n", "\n\n").translate(back),
        source=(page.sitename or page.hostname or "").translate(back) or None,
        url=page.url,
        published=published,
        updated=updated,
        author=(page.author or "").translate(back) or None,
        language=language,
    )


def as_text(markup: str, without: str = "") -> str:
    """All text of a piece of HTML, a blank line between its blocks.

    For what is an article already: nothing is taken for a menu. What is not shown, and what the
    XPath `without` names, stays out.
    """
    from lxml import etree

    tree = _without(_tree(f"<div>{markup}</div>"), _NO_TEXT + _HIDDEN + without)
    parts = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if element.tag in _BLOCKS:
            parts.append("\n\n")
        elif event == "start" and element.tag in _BREAKS:
            parts.append(_BREAKS[element.tag])
        found = element.text if event == "start" else element.tail
        parts.append(re.sub(r"[ \t\r\n\f]+", " ", found or ""))
    lines = [" ".join(line.split(" ")).strip(" ") for line in "".join(parts).split("\n")]
    return "\n".join(lines).strip()


def _without(tree: Any, unwanted: str) -> Any:
    for element in tree.xpath(f"//body//*[{unwanted}]"):
        element.drop_tree()
    return tree


def _disguised(markup: str) -> tuple[str, dict[int, str]]:
    """The markup with signs in the place of some characters, and what leads back.

    trafilatura would drop joiners and their kin, with which Persian and many an emoji are written,
    and resolve entities twice, so that a page that shows "&lt;" would come to say "<".
    """
    markup = _JOINERS.sub(lambda found: unescape(found.group()), markup)
    there = set(markup)
    odd = sorted(c for c in there if unicodedata.category(c) == "Cf")
    signs = [c for c in map(chr, range(0x1D800, 0x1DA00)) if c not in there]  # SignWriting
    ampersand = signs.pop()
    markup = _AMPERSANDS.sub(lambda found: ampersand if found.group(1) else found.group(), markup)
    pairs = list(zip(odd, signs, strict=False))
    back = {ord(sign): c for c, sign in pairs} | {ord(ampersand): "&"}
    return markup.translate({ord(c): sign for c, sign in pairs}), back


def _without_programs(tree: Any) -> Any:
    """trafilatura would take a program's name, or a line on rights, for the outlet."""
    for meta in tree.xpath("//meta[@name]"):
        if meta.get("name").strip().lower() in _NO_OUTLETS:
            meta.drop_tree()
    return tree


def _updated(tree: Any) -> date | None:
    """The day that the page names as its last change; None when it names none that is a day."""
    found = [tree.xpath(_MODIFIED), *map(_JSON_MODIFIED.findall, tree.xpath(_JSON))]
    return next(filter(None, (_day(value) for values in found for value in values)), None)


def _published(tree: Any) -> date | None:
    """The day that the page gives as that of its own publication; None when it gives none.

    Teasers, comments, the masthead and changes have days too. Where the page names the day in no
    <meta>, only what its article alone can mean is taken: a guessed day is worse than none.
    """
    named = next(filter(None, map(_day, _named(tree))), None)
    return named or _only(_json_days(tree)) or _only(_item_days(tree)) or _only(_head_days(tree))


def _named(tree: Any) -> Iterator[str]:
    """What the page's <meta> elements give as the day of its publication, the plainest first."""
    given: dict[str, list[str]] = {}
    for meta in tree.xpath("//meta[@content][@property or @name]"):
        name = (meta.get("property") or meta.get("name")).strip().lower()
        given.setdefault(name, []).append(meta.get("content"))
    for name in _PUBLISHED:
        yield from given.get(name, ())


def _day(value: object) -> date | None:
    text = str(value or "").strip()
    try:
        return parse_date("date", text) if len(text) <= LONGEST_DAY else None
    except BadFile:
        return None


def _only(days: Iterable[date | None]) -> date | None:
    """The day on which all agree."""
    found = set(days)
    return found.pop() if len(found) == 1 else None


def _json_days(tree: Any) -> Iterator[date | None]:
    """The day of each article in the page's JSON-LD that can be the page's own.

    Those that name the page's address; else those that name none.
    """
    articles = [item for script in tree.xpath(_JSON) for item in _json_articles(script)]
    here = set(filter(None, map(_place, tree.xpath(_ADDRESS))))
    own = [item for item in articles if here & _places(item)]
    for item in own or [item for item in articles if not (here and _places(item))]:
        yield _day(item.get("datePublished"))


def _json_articles(script: str) -> Iterator[dict[str, Any]]:
    """The articles that a script describes for themselves, not as parts of a list."""
    try:
        found = _listed(json.loads(script, strict=False))
    except (ValueError, RecursionError):
        return
    for item in found:  # which grows on the way
        if isinstance(item, dict):
            found += _listed(item.get("@graph")) + _listed(item.get("mainEntity"))
            if any(str(kind).endswith(_ARTICLES) for kind in _listed(item.get("@type"))):
                yield item


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _places(item: dict[str, Any]) -> set[str]:
    """The addresses that an article in JSON-LD gives as its own."""
    page = item.get("mainEntityOfPage")
    named = (item.get("url"), page.get("@id") if isinstance(page, dict) else page)
    return set(filter(None, map(_place, named)))


def _place(url: object) -> str | None:
    """Path and query of a web address: one page has several hosts (www, amp)."""
    if not isinstance(url, str) or not url.startswith(("http://", "https://", "/")):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return f"{parts.path.rstrip('/')}/?{parts.query}"


def _item_days(tree: Any) -> Iterator[date | None]:
    """The days that the page marks as a publication's, but for a comment's and the like."""
    for element in tree.xpath(_ITEMS):
        kinds = element.xpath("ancestor::*[@itemscope][1]/@itemtype")
        if not kinds or kinds[0].strip().endswith(_ARTICLES):
            yield _day(element.get("content")) or _shown_day(element)


def _shown_day(element: Any) -> date | None:
    return _day(element.get("datetime") or element.text_content())


def _head_days(tree: Any) -> Iterator[date]:
    """The days between an article's title and its text that do not say to be a change's."""
    for element in _head(tree):
        dated = not len(element) and not _DATED.isdisjoint(element.get("class", "").split())
        if element.tag == "time" or dated:
            day = _shown_day(element)
            if day and not element.xpath(_BESIDE) and not _is_change(element):
                yield day


def _head(tree: Any) -> list[Any]:
    """The elements from an article's beginning to its first paragraph, which ends a sentence."""
    titles = tree.xpath(_TITLES) or tree.xpath(_LOOSE_TITLES)
    if len(titles) != 1:
        return []  # which of them the article's is cannot be told
    frame = titles[0].xpath("ancestor::article[1]/descendant::*")
    head: list[Any] = []
    for element in frame or titles[0].xpath("following::*"):
        if element.tag == "p" and element.text_content().rstrip(_CLOSING)[-1:] in _ENDS:
            return head
        head.append(element)
    return []


def _is_change(element: Any) -> bool:
    """Whether its class, or the words that lead to it, say that its day is one of a change."""
    if "published" in element.get("class", "").split():
        return False
    parent, previous = element.getparent(), element.getprevious()
    before = parent.text if previous is None else previous.text_content() + (previous.tail or "")
    said = (element.get("class"), parent.get("class"), (before or "").rstrip()[-30:])
    return any(_CHANGED.search(words or "") for words in said)


def _language(tree: Any) -> str | None:
    for value in tree.xpath(_LANGUAGE):
        if re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*", value.strip()):
            return str(value).strip().replace("_", "-")
    return None


def _tree(text: str) -> Any:
    """The page as lxml reads it. Left to itself it drops what is nested over 256 deep."""
    from lxml import etree, html

    parser = html.HTMLParser(
        huge_tree=True, encoding="utf-8", remove_comments=True, remove_pis=True
    )
    try:
        tree = html.document_fromstring(_NO_XML.sub("", text).encode(), parser=parser)
    except etree.ParserError:
        raise BadFile("holds no text") from None
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise BadFile("has elements nested over 2,000 deep (save its text as .txt or .md)")
    return tree


def decoded(raw: bytes) -> str:
    """As UTF-8 or by its mark, else in the encoding that the page names, else the likeliest."""
    named = _CHARSET.search(raw[:4096])
    if named and not raw.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        encoding = named.group(1).decode().lower()
        # Browsers read Latin-1 as the code page that holds its quotation marks too.
        for likely in ("utf-8", "cp1252" if encoding == "iso-8859-1" else encoding):
            try:
                return raw.decode(likely).replace("\0", "")
            except (UnicodeDecodeError, LookupError):
                continue
    return decode(raw).replace("\0", "")
