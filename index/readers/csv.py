"""Tables with named columns: one article a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ..errors import BadFile
from .draft import Draft, Skipped, decode, from_fields

_ALSO = {
    "headline": "title",
    "body": "text",
    "content": "text",
    "article": "text",
    "outlet": "source",
    "publication": "source",
    "publisher": "source",
    "link": "url",
    "date": "published",
    "byline": "author",
    "lang": "language",
    "guid": "id",
}
"""Other names of the columns, taken where a table has none of the name itself."""

_NAMES = frozenset(_ALSO.values()) | {"updated"}
_LONGEST = 256 * 1024 * 1024
"""Characters of one field; Python's own limit of 131,072 is shorter than articles are."""


def read(raw: bytes, name: str) -> Iterator[Draft | Skipped]:
    """One draft a row. A bad row is skipped with its number; the others go on."""
    text = decode(raw).replace("\0", "")
    csv.field_size_limit(_LONGEST)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    columns: list[str] | None = None
    try:
        for number, row in enumerate(rows, 1):
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = _columns(row)
                continue
            try:
                yield _draft(columns, row, f"{name}, row {number}")
            except BadFile as problem:
                yield Skipped(f"{name}:{number}", str(problem))
    except csv.Error as problem:
        where = f"{name}:{rows.line_num}"
        yield Skipped(where, f"is no table from here on: {problem} (close its quotation marks)")
    if columns is None:
        raise BadFile("holds no rows")


def _delimiter(text: str) -> str:
    """The one that parts most names in the first line: spreadsheets write ; in many countries."""
    head = text.lstrip().partition("\n")[0]
    return max(",;\t|", key=head.count)


def _columns(row: list[str]) -> list[str]:
    """The field that each column holds; "" for a column that is not read."""
    given = [cell.strip().lower() for cell in row]
    found: list[str] = []
    for name in given:
        meant = name if name in _NAMES else _ALSO.get(name, "")
        taken = meant in found or (meant != name and meant in given)
        found.append("" if taken else meant)
    if "text" not in found:
        raise BadFile(
            f'has no column "text" (its columns are {", ".join(given)[:200]}; '
            "name the one with the articles text, body, content or article)"
        )
    return found


def _draft(columns: list[str], row: list[str], title: str) -> Draft:
    if len(row) > len(columns):
        raise BadFile(
            f"has {len(row)} cells where the first row names {len(columns)} columns "
            "(put cells that hold the delimiter in quotes)"
        )
    fields: dict[str, object] = {
        column: cell for column, cell in zip(columns, row, strict=False) if column
    }
    return from_fields(fields, title, str(fields.get("text", "")))
