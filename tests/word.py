"""Word documents as people leave them: headers, tables, tracked changes (python-docx)."""

from __future__ import annotations

import io
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from tests.stories import Story

Result = tuple[bytes, tuple[str, ...]]
"""A file, and the words in it that are no part of the article."""


def _saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def plain_document(story: Story) -> Result:
    """Title and author in the properties, the title again as heading, a header and a footer."""
    document = docx.Document()
    document.core_properties.title = story.title
    document.core_properties.author = story.author
    document.core_properties.language = story.language
    document.sections[0].header.paragraphs[0].text = "Internal, not for quotation"
    document.sections[0].footer.paragraphs[0].text = "Carrow Courier archive, shelf 12"
    document.add_heading(story.title, level=0)
    for block in story.blocks:
        document.add_paragraph(block)
    return _saved(document), ("Internal, not for quotation", "shelf 12")


def memo(story: Story) -> Result:
    """A heading instead of a title, runs of several faces, a table, and a comment's mark."""
    document = docx.Document()
    document.add_heading(story.title, level=1)
    for n, block in enumerate(story.blocks):
        if n == 1:
            table = document.add_table(rows=1, cols=2)
            table.cell(0, 0).text = "Hives"
            table.cell(0, 1).text = "forty"
        paragraph = document.add_paragraph(style="List Bullet" if n == 2 else None)
        for word in block.split(" "):
            paragraph.add_run(word).bold = len(word) > 9
            paragraph.add_run(" ")
    document.core_properties.comments = "Second draft, do not send"
    return _saved(document), ("Second draft, do not send",)


def edited(story: Story) -> Result:
    """Tracked changes, a content control, a text box, a link and hidden text."""
    document = docx.Document()
    document.add_heading(story.title, level=1)
    first, second, *rest = story.blocks
    _append(
        document,
        f'<w:p {nsdecls("w")}><w:ins w:id="1" w:author="N"><w:r><w:t>{first}</w:t>'
        '</w:r></w:ins><w:del w:id="2" w:author="N"><w:r><w:delText>Struck out by the editor.'
        "</w:delText></w:r></w:del></w:p>",
    )
    _append(
        document,
        f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:hyperlink><w:r><w:t>{second}"
        "</w:t></w:r></w:hyperlink></w:p></w:sdtContent></w:sdt>",
    )
    for block in rest:
        words = block.split(" ", 3)
        _append(
            document,
            f"<w:p {nsdecls('w')}><w:r><w:rPr><w:vanish/></w:rPr><w:t>Ghost writer"
            f'</w:t></w:r><w:r><w:t xml:space="preserve">{" ".join(words[:3])} </w:t></w:r>'
            f"<w:r><w:t>{words[3]}</w:t></w:r></w:p>",
        )
    return _saved(document), ("Struck out by the editor", "Ghost writer")


def _append(document: Any, markup: str) -> None:
    body = document.element.body
    body.insert(len(body) - 1, parse_xml(markup))  # before the section's own properties
