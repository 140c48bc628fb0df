"""Web pages: the article without menus, adverts and comments (trafilatura)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any

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
_JSON_MODIFIED = re.compile(r'"dateModified"\s*:\s*"([^"]{8,40})"')
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
    tree = _without(_tree(markup), _HIDDEN)
    updated, language = _updated(tree), _language(tree)
    page = trafilatura.bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        # Only dates that the page gives as its own: a guessed one is worse than none.
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if page is None or not page.text:
        raise BadFile("holds no article text that could be told from its menus and adverts")
    return Draft(
        title=(page.title or stem(name)).translate(back),
        text=page.text.replace("\n", "\n\n").translate(back),
        source=(page.sitename or page.hostname or "").translate(back) or None,
        url=page.url,
        published=parse_date("published", page.date),
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


def _updated(tree: Any) -> date | None:
    """The day that the page names as its last change; None when it names none that is a day."""
    scripts = tree.xpath('//script[@type="application/ld+json"]/text()')
    found = [tree.xpath(_MODIFIED), *(_JSON_MODIFIED.findall(script) for script in scripts)]
    for value in (value for values in found for value in values):
        try:
            return parse_date("updated", str(value))
        except BadFile:
            continue
    return None


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
