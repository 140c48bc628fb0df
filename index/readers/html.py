"""Web pages: the article without menus, adverts and comments (trafilatura)."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import BadFile
from .draft import Draft, parse_date, stem


def read(raw: bytes, name: str) -> Iterator[Draft]:
    import trafilatura

    page = trafilatura.bare_extraction(raw, with_metadata=True, include_comments=False)
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
