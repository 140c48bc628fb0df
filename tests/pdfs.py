"""PDF files as word processors, newspapers and typesetters make them (reportlab, pypdf)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html import escape
from typing import Any

from reportlab.lib.pagesizes import A4, A5
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

from tests.stories import Story

Result = tuple[bytes, tuple[str, ...]]
"""A file, and the words of its headers and footers."""

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/">
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<prism:publicationName>{source}</prism:publicationName>
<prism:publicationDate>{published}</prism:publicationDate>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def report(story: Story) -> Result:
    """A report on A5 with a header and "Page n of m", paragraphs apart, and a publisher's XMP."""
    style = getSampleStyleSheet()

    def furniture(canvas: Canvas, document: Any) -> None:
        width, height = A5
        canvas.setFont("Helvetica", 8)
        canvas.drawString(60, height - 40, "Special report of the Institute")
        canvas.drawRightString(width - 60, height - 40, "Confidential draft")
        canvas.drawCentredString(width / 2, 30, f"Page {document.page} of 4")

    out = io.BytesIO()
    document = SimpleDocTemplate(out, pagesize=A5, title=story.title, author=story.author)
    flow = [Paragraph(escape(story.title), style["Title"])]
    flow += [Paragraph(escape(block), style["BodyText"]) for block in story.blocks]
    document.build(flow, onFirstPage=furniture, onLaterPages=furniture)
    packet = XMP.format(
        language=story.language, source=story.source, published=story.published
    ).encode()
    beside = ("Special report of the Institute", "Confidential draft", "Page 1", "Page 2", "of 4")
    return with_xmp(out.getvalue(), packet), beside


def with_xmp(raw: bytes, packet: bytes) -> bytes:
    from pypdf import PdfWriter

    writer = PdfWriter(io.BytesIO(raw))
    writer.xmp_metadata = packet
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def columns(story: Story) -> Result:
    """A newspaper's page: a large headline, two narrow columns, words broken at line ends."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    beside = ("THE DAILY EXAMPLE", "Printed on recycled paper")
    rows = list(_rows(story.blocks, 190, 9, indent=10))
    while rows:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(60, 810, "THE DAILY EXAMPLE")
        canvas.drawString(400, 810, str(canvas.getPageNumber() + 16))
        canvas.drawString(60, 24, "Printed on recycled paper")
        if canvas.getPageNumber() == 1:
            canvas.setFont("Times-Bold", 22)
            for n, row in enumerate(_wrapped(story.title, 440, 22)):
                canvas.drawString(60, 770 - 26 * n, row)
        for x in (60, 310):
            page, rows = rows[:24], rows[24:]
            _draw(canvas, page, x, 690)
        canvas.showPage()
    canvas.save()
    return out.getvalue(), beside


def paper(story: Story) -> Result:
    """A typeset paper: no space between paragraphs but an indent, other headers left and right."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A5)
    canvas.setTitle("paper-final.tex")
    rows = list(_rows(story.blocks, 300, 9, indent=14))
    pages = [rows[at : at + 9] for at in range(0, len(rows), 9)]
    # A header that stands on one page only cannot be told from text.
    headers = ("Proceedings, volume 7", "N. Author et al.") if len(pages) > 3 else ("Proc. 7",) * 2
    for number, page in enumerate(pages, 1):
        canvas.setFont("Times-Italic", 8)
        canvas.drawString(60, 560, headers[number % 2])
        canvas.drawString(205, 30, f"– {number} –")
        if number == 1:
            canvas.setFont("Times-Bold", 14)
            for n, row in enumerate(_wrapped(story.title, 300, 14)):
                canvas.drawString(60, 530 - 17 * n, row)
        _draw(canvas, page, 60, 470 if number == 1 else 530)
        canvas.showPage()
    canvas.save()
    return out.getvalue(), ("– 1 –", *(headers if len(pages) > 1 else ()))


def _draw(canvas: Canvas, rows: list[tuple[float, str]], x: float, top: float) -> None:
    canvas.setFont("Times-Roman", 9)
    for n, (indent, row) in enumerate(rows):
        canvas.drawString(x + indent, top - 11 * n, row)


def _rows(
    blocks: list[str], width: float, size: float, indent: float
) -> Iterator[tuple[float, str]]:
    """Lines of paragraphs whose first line is indented."""
    for block in blocks:
        for n, row in enumerate(_wrapped(block, width - indent, size, broken=True)):
            yield (0.0 if n else indent, row)


def _wrapped(text: str, width: float, size: float, broken: bool = False) -> Iterator[str]:
    """Lines that fit; with `broken`, long words are parted at a hyphen where they do not."""
    row = ""
    for word in text.split():
        if stringWidth(f"{row} {word}", "Times-Roman", size) <= width:
            row = f"{row} {word}".strip()
            continue
        half = len(word) // 2
        if broken and len(word) > 7 and word.isalpha() and word[half:].islower():
            yield f"{row} {word[:half]}-".strip()
            row = word[half:]
        else:
            yield row
            row = word
    yield row


def simple(pages: list[list[str]], title: str | None = None) -> bytes:
    """Pages of lines, each drawn where it would stand."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    if title:
        canvas.setTitle(title)
    for rows in pages:
        for n, row in enumerate(rows):
            canvas.drawString(60, 780 - 14 * n, row)
        canvas.showPage()
    canvas.save()
    return out.getvalue()
