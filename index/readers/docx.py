"""Word documents: the text of the main part, read straight from the package.

python-docx would read every part of the package at once, and would miss text in content controls
and tracked insertions.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Any

from ..errors import BadFile
from .draft import Draft, stem
from .inflate import inflated, open_zip
from .text import from_text
from .xml import local, parse

MAX_PART = 24 * 1024 * 1024
"""Bytes of one part of the document, inflated. Word spends ten to twenty on a character."""

_MAIN = re.compile(r"application/vnd\.(openxml|ms-word).*\.main\+xml")
_MAIN_DEFAULT = "word/document.xml"
# Deleted text; text boxes and pictures a second time for older programs.
_LEFT_OUT = frozenset(
    "del moveFrom Fallback instrText delText commentReference pPr rPr sectPr tblPr".split()
)
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}


def read(raw: bytes, name: str) -> Iterator[Draft]:
    with open_zip(raw) as package:
        body = _child(_part(package, _main(package)), "body")
        if body is None:
            raise BadFile("is a Word document without a body (save it again)")
        notes = [
            note
            for part in ("word/footnotes.xml", "word/endnotes.xml")
            if part in package.namelist()
            for note in _part(package, part)
            if _attribute(note, "type") is None  # the others are rules between text and notes
        ]
        core = _core(package)
    paragraphs = [found for element in (body, *notes) for found in _paragraphs(element)]
    title, text = _titled(paragraphs, core.get("title"), name)
    yield Draft(
        title=title,
        text=text,
        author=core.get("creator"),
        language=core.get("language"),
        # No date: `created` is the day that somebody opened a template (python-docx's own says
        # 2013), `modified` the day of the last save. Neither is a day of publication.
    )


def _part(package: zipfile.ZipFile, part: str) -> Any:
    try:
        entry = package.getinfo(part)
    except KeyError:
        raise BadFile(f"is no Word document: it has no {part} (save it as .docx)") from None
    try:
        return parse(inflated(package, entry, MAX_PART).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadFile(f"has a {part} that is not UTF-8 (save it again)") from None
    except BadFile as problem:
        raise BadFile(f"{part} {problem}") from None


def _main(package: zipfile.ZipFile) -> str:
    """The name of the main part: not every program calls it document.xml."""
    if _MAIN_DEFAULT in package.namelist():
        return _MAIN_DEFAULT
    for element in _part(package, "[Content_Types].xml"):
        if _MAIN.fullmatch(element.get("ContentType", "")):
            return str(element.get("PartName", "")).lstrip("/")
    return _MAIN_DEFAULT


def _core(package: zipfile.ZipFile) -> dict[str, str]:
    """Title, creator and language as the document's properties have them."""
    if "docProps/core.xml" not in package.namelist():
        return {}
    known = {local(e): (e.text or "").strip() for e in _part(package, "docProps/core.xml")}
    if known.get("creator") == "python-docx":  # the name in that library's template
        del known["creator"]
    return {key: value for key, value in known.items() if value}


def _titled(paragraphs: list[tuple[str, str]], given: str | None, name: str) -> tuple[str, str]:
    """Title and text: the document's own title, else its heading, else as plain text has them."""
    texts = [text for _, text in paragraphs]
    heading = next((text for style, text in paragraphs[:3] if style in ("title", "heading1")), None)
    title = given or heading
    if not title:
        plain = from_text("\n\n".join(texts), name)
        return plain.title, plain.text
    if title in texts[:3] and len(texts) > 1:
        texts.remove(title)
    return title or stem(name), "\n\n".join(texts)


def _paragraphs(root: Any) -> Iterator[tuple[str, str]]:
    """Style and text of each paragraph in the order of reading, a table's row as one."""
    for element in _shown(root, ("p", "tr")):
        if local(element) == "tr":
            cells = [" ".join(t for _, t in _paragraphs(c)) for c in _shown(element, ("tc",))]
            style, text = "", "\t".join(cells)
        else:
            style, text = _style(element), _text(element)
            # A text box stands inside of the paragraph that it is anchored to.
            for box in _shown(element, ("txbxContent",)):
                yield from _paragraphs(box)
        if text.strip():
            yield style, text.strip()


def _shown(root: Any, names: tuple[str, ...]) -> Iterator[Any]:
    """The nearest elements of these names below `root`, without what is left out."""
    waiting = list(reversed(root))
    while waiting:
        element = waiting.pop()
        if local(element) in names:
            yield element
        elif local(element) not in _LEFT_OUT:
            waiting.extend(reversed(element))


def _text(paragraph: Any) -> str:
    parts = []
    for element in _shown(paragraph, ("t", "txbxContent", *_BREAKS, "r")):
        if local(element) == "r":
            parts.append("" if _hidden(element) else _text(element))
        elif local(element) == "t":
            parts.append(element.text or "")
        else:
            parts.append(_BREAKS.get(local(element), ""))
    return "".join(parts)


def _hidden(run: Any) -> bool:
    mark = _child(_child(run, "rPr"), "vanish")
    return mark is not None and _attribute(mark, "val") not in ("0", "false", "off")


def _style(paragraph: Any) -> str:
    style = _child(_child(paragraph, "pPr"), "pStyle")
    return (_attribute(style, "val") or "").lower() if style is not None else ""


def _child(element: Any, name: str) -> Any:
    if element is None:
        return None
    return next((child for child in element if local(child) == name), None)


def _attribute(element: Any, name: str) -> str | None:
    found = (value for key, value in element.items() if key.rpartition("}")[2] == name)
    return next(found, None)
