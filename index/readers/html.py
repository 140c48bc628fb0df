"""Web pages: the article without menus, adverts and comments (trafilatura)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..errors import BadFile
from .draft import Draft, decode, parse_date, stem

# Only these: a page may name any of Python's codecs, and some of them take quadratic time.
_CHARSET = re.compile(
    rb"<(?:meta|\?xml)[^>]+(?:charset|encoding)=[\"']?"
    rb"(utf-8|windows-\d+|iso-8859-\d+|koi8-[ru]|shift_jis|euc-(?:jp|kr)|gb(?:k|\d+)|big5)\b",
    re.IGNORECASE,
)


def read(raw: bytes, name: str) -> Iterator[Draft]:
    import trafilatura

    page = trafilatura.bare_extraction(
        _tree(raw),
        with_metadata=True,
        include_comments=False,
        # Only dates that the page gives as its own: a guessed one is worse than none.
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if page is None or not page.text:
        raise BadFile("holds no article text that could be told from its menus and adverts")
    yield Draft(
        title=page.title or stem(name),
        text=page.text.replace("\n", "\n\n"),
        source=page.sitename or page.hostname,
        url=page.url,
        published=parse_date("published", page.date),
        author=page.author,
        language=page.language,
    )


def _tree(raw: bytes) -> Any:
    """The page as lxml reads it. Left to itself it drops what is nested over 256 deep."""
    from lxml import etree, html  # type: ignore[import-untyped]

    parser = html.HTMLParser(
        huge_tree=True, encoding="utf-8", remove_comments=True, remove_pis=True
    )
    try:
        tree = html.document_fromstring(_decoded(raw).encode(), parser=parser)
    except etree.ParserError:
        raise BadFile("holds no text") from None
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise BadFile("has elements nested over 2,000 deep (save its text as .txt or .md)")
    return tree


def _decoded(raw: bytes) -> str:
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
