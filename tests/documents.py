"""Realistic files of every format, made of invented articles, with what should come out of them.

`python -m tests.documents` reads them all back and prints how much of the articles was kept, and
how much of what surrounds them was let through, as a Markdown table.
"""

from __future__ import annotations

import csv
import io
import json
import mailbox
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from pathlib import Path

from index.readers import read_path
from index.types import Article
from tests.pdfs import columns, paper, report
from tests.stories import DEPOT, FLOOD, LIBRARY, ORCHARD, STORIES, Story
from tests.word import edited, memo, plain_document


@dataclass(frozen=True)
class Made:
    """A file, the articles in it, and the words beside them that are no part of any.

    dated: whether this file gives the days of its articles, or has no place for them.
    """

    name: str
    raw: bytes
    stories: tuple[Story, ...]
    furniture: tuple[str, ...] = ()
    dated: bool = True


NAV = ("Jump to main navigation", "Today's weather", "Subscribe for 3 pounds a week")
FOOT = ("All our newsletters at a glance", "Imprint and data protection", "Cookie settings")


def page(story: Story, extra: str = "") -> str:
    """A news site's page: menus, a newsletter box, related stories, hidden text, a footer."""
    body = "".join(f"<p>{escape(block)}</p>" for block in story.blocks)
    updated = (
        f'<meta property="article:modified_time" content="{story.updated}T09:30:00+00:00">'
        if story.updated
        else ""
    )
    return f"""<!DOCTYPE html><html lang="{story.language}"><head><meta charset="utf-8">
<title>{escape(story.title)} | {story.source}</title>
<meta property="og:title" content="{escape(story.title)}">
<meta property="og:site_name" content="{story.source}">
<meta name="author" content="{story.author}">
<meta property="article:published_time" content="{story.published}T06:00:00+00:00">{updated}
<link rel="canonical" href="{story.url}"></head><body>
<header><nav><ul>{"".join(f'<li><a href="/{n}">{w}</a></li>' for n, w in enumerate(NAV))}</ul></nav>
</header><main><article><h1>{escape(story.title)}</h1>{extra}{body}
<p style="color: red; display: none">Hidden instructions for machines.</p></article>
<aside><h2>Related</h2><ul><li><a href="/a">Ten walks for a rainy day</a></li></ul></aside></main>
<footer><p>{"</p><p>".join(FOOT)}</p></footer></body></html>"""


PAGE_FURNITURE = (*NAV, *FOOT, "Hidden instructions for machines.", "Ten walks for a rainy day")


def pages() -> Iterator[Made]:
    for n, story in enumerate(STORIES):
        yield Made(f"page{n}.html", page(story).encode(), (story,), PAGE_FURNITURE)


def texts() -> Iterator[Made]:
    for n, story in enumerate(STORIES):
        yield Made(f"t{n}.txt", f"{story.title}\n\n{story.text}\n".encode(), (story,), dated=False)


def marked() -> Iterator[Made]:
    for n, story in enumerate(STORIES):
        matter = f"---\ntitle: {json.dumps(story.title)}\nsource: {story.source}\n"
        matter += f"published: {story.published}\nurl: {story.url}\n---\n"
        yield Made(f"m{n}.md", (matter + story.text).encode(), (story,))


def fields(story: Story) -> dict[str, str]:
    return {
        "title": story.title,
        "text": story.text,
        "source": story.source,
        "url": story.url,
        "published": str(story.published),
        "author": story.author,
        "language": story.language,
    }


def lines() -> Iterator[Made]:
    for n, chosen in enumerate((STORIES, STORIES[:2], STORIES[2:])):
        raw = "".join(json.dumps(fields(story)) + "\n" for story in chosen).encode()
        yield Made(f"l{n}.jsonl", raw, tuple(chosen))


def table(stories: Iterable[Story], names: dict[str, str], delimiter: str = ",") -> str:
    """A table as spreadsheets write it; `names` are the columns for our fields."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([*names.values(), "Sheet note"])
    for story in stories:
        known = fields(story)
        writer.writerow([*(known[name] for name in names), "Checked by the night desk"])
    return out.getvalue()


def tables() -> Iterator[Made]:
    same = {name: name for name in fields(DEPOT)}
    note = ("Checked by the night desk",)
    yield Made("own.csv", table(STORIES, same).encode(), STORIES, note)
    other = {"published": "Date", "title": "Headline", "text": "Body", "author": "Byline"}
    other |= {"source": "Outlet", "url": "Link"}
    semicolons = table(STORIES, other, ";").encode("cp1252")
    yield Made("spreadsheet.csv", semicolons, STORIES, note)
    tabs = table(STORIES[:3], {"title": "TITLE", "text": " Content ", "published": "DATE"}, "\t")
    yield Made("tabs.csv", tabs.encode("utf-16"), STORIES[:3], note)


LETTER_FURNITURE = (
    "Nine trams are gone and the buses start on Wednesday",
    "View this email in your browser",
    "Unsubscribe",
    "You are receiving this email because you signed up at courier.example.",
    "Our mailing address is",
    "All rights reserved",
    "Update your preferences",
)


def _headers(story: Story, **more: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"{story.source} <news@{story.url.split('/')[2]}>"
    message["To"] = "Readers <readers@mail.example>"
    message["Subject"] = story.title
    day = story.published
    zone = UTC
    message["Date"] = format_datetime(datetime(day.year, day.month, day.day, 7, 30, tzinfo=zone))
    message["Message-ID"] = f"<{story.url.rpartition('/')[2]}@mail.example>"
    for name, value in more.items():
        message[name.replace("_", "-")] = value
    return message


def letter(story: Story) -> EmailMessage:
    """A newsletter as the mailing services build it: tables, a preheader, a footer."""
    rows = "".join(f"<tr><td><p>{escape(b)}</p></td></tr>" for b in story.blocks)
    shown = f"""<html><body><div style="display:none;max-height:0">{LETTER_FURNITURE[0]}</div>
<table><tr><td><a href="https://t.example/v">{LETTER_FURNITURE[1]}</a></td></tr>{rows}
<tr><td>&copy; 2024 {story.source}, {LETTER_FURNITURE[5]}.</td></tr>
<tr><td>{LETTER_FURNITURE[3]}</td></tr>
<tr><td>{LETTER_FURNITURE[4]}:<br>12 Quay Street<br>Carrow</td></tr>
<tr><td><a href="https://t.example/p">{LETTER_FURNITURE[6]}</a> or <a
href="https://t.example/u">{LETTER_FURNITURE[2]}</a></td></tr></table></body></html>"""
    message = _headers(story, List_Unsubscribe="<https://t.example/u>")
    message.set_content("View this email in your browser: https://t.example/v\n")
    message.add_alternative(shown, subtype="html", cte="quoted-printable")
    message["Content-Language"] = story.language
    return message


def plain_letter(story: Story) -> EmailMessage:
    """A newsletter in plain text whose lines flow, with a signature below it."""
    flowed = "\n\n".join(_flowed(block) for block in story.blocks)
    message = _headers(story, List_Unsubscribe="<mailto:leave@mail.example>")
    foot = "\n\n--------\nTo unsubscribe write to leave@mail.example.\n-- \nThe night desk\n"
    message.set_content(flowed + foot, cte="8bit")
    message.set_param("format", "flowed")
    return message


def _flowed(block: str, width: int = 72) -> str:
    rows = [""]
    for word in block.split(" "):
        if len(rows[-1]) + len(word) > width:
            rows.append("")
        rows[-1] += word + " "
    return "\n".join(rows).rstrip(" ")


def reply(story: Story) -> EmailMessage:
    """A colleague's answer in Latin-1, above what it answers."""
    message = _headers(story, In_Reply_To="<q1@mail.example>")
    message.replace_header("From", f"{story.author} <desk@mail.example>")
    asked = (
        "On Mon, 4 Mar 2024 at 09:12, Petra Vann <p@mail.example> wrote:\n"
        "> Can you send me what you have on this?\n>\n> Petra from the picture desk\n"
    )
    body = f"{story.text}\n\n{asked}\n-- \nExtension 4471, third floor\n"
    # Latin-1 has no German quotation marks.
    body = body.translate({0x201E: '"', 0x201C: '"'})
    message.set_content(body, charset="iso-8859-1", cte="base64")
    return message


def _latin(story: Story) -> Story:
    plain = {0x201E: '"', 0x201C: '"'}
    kept = tuple(tuple(s.translate(plain) for s in p) for p in story.paragraphs)
    return replace(story, paragraphs=kept)


REPLY_FURNITURE = ("Can you send me what you have", "wrote:", "Petra", "Extension 4471")
PLAIN_FURNITURE = ("To unsubscribe write to", "The night desk")


def mails() -> Iterator[Made]:
    yield Made("letter.eml", letter(DEPOT).as_bytes(), (DEPOT,), LETTER_FURNITURE)
    yield Made("plain.eml", plain_letter(ORCHARD).as_bytes(), (ORCHARD,), PLAIN_FURNITURE)
    yield Made("reply.eml", reply(FLOOD).as_bytes(), (_latin(FLOOD),), REPLY_FURNITURE)


def mailboxed(messages: Iterable[EmailMessage]) -> bytes:
    """A mailbox as the standard library writes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "box")
        box = mailbox.mbox(path)
        for message in messages:
            box.add(message)
        box.close()
        return path.read_bytes()


def mailboxes() -> Iterator[Made]:
    letters = mailboxed([letter(DEPOT), letter(ORCHARD), letter(LIBRARY)])
    yield Made("letters.mbox", letters, (DEPOT, ORCHARD, LIBRARY), LETTER_FURNITURE)
    mixed = mailboxed([plain_letter(LIBRARY), reply(FLOOD)])
    furniture = (*PLAIN_FURNITURE, *REPLY_FURNITURE)
    yield Made("mixed.mbox", mixed, (LIBRARY, _latin(FLOOD)), furniture)
    # A paragraph that begins with "From " is written as ">From ".
    sent = ("From the roof one could see the whole harbour burn at 11:42 on 4 March 2024.",)
    roof = replace(DEPOT, paragraphs=(DEPOT.paragraphs[0], sent, *DEPOT.paragraphs[1:]))
    box = mailboxed([plain_letter(roof), plain_letter(ORCHARD)]).replace(b"\n", b"\r\n")
    yield Made("windows.mbox", box, (roof, ORCHARD), PLAIN_FURNITURE)


def rss(stories: Iterable[Story]) -> str:
    """A blog's RSS 2.0: a summary and the full text of each item, with a line below it."""
    items = "".join(
        f"<item><title>{escape(escape(s.title))}</title><link>{s.url}</link>"
        f'<guid isPermaLink="false">{s.source}-{n}</guid><dc:creator>{s.author}</dc:creator>'
        f"<pubDate>{s.published:%a, %d %b %Y} 08:00:00 +0100</pubDate>"
        f"<description>{escape(s.sentences[0])} Read on &#8230;</description>"
        f"<content:encoded><![CDATA[{''.join(f'<p>{escape(b)}</p>' for b in s.blocks)}"
        f'<p>The post <a href="{s.url}">{escape(s.title)}</a> first appeared on {s.source}.</p>'
        "]]></content:encoded></item>"
        for n, s in enumerate(stories)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Carrow Courier</title>'
        "<link>https://courier.example/</link><description>All the news&nbsp;</description>"
        f"<language>en</language>{items}</channel></rss>"
    )


def atom(stories: Iterable[Story]) -> str:
    """An Atom feed whose entries hold XHTML and escaped HTML in turn."""
    entries = ""
    for n, s in enumerate(stories):
        inner = "".join(f"<p>{escape(block)}</p>" for block in s.blocks)
        xhtml = f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'
        content = (
            f'<content type="xhtml">{xhtml}</content>'
            if n % 2
            else f'<content type="html">{escape(inner)}</content>'
        )
        entries += (
            f'<entry xml:lang="{s.language}"><title>{escape(s.title)}</title><id>tag:x,{n}</id>'
            f'<link rel="self" href="/feed/{n}"/><link href="{s.url}"/>'
            f"<published>{s.published}T08:00:00Z</published>"
            f"<updated>{s.updated or s.published}T10:00:00.000Z</updated>"
            f"<author><name>{s.author}</name></author><summary>Short.</summary>{content}</entry>"
        )
    return (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Ahretaler Bote'
        f"</title><updated>2024-01-01T00:00:00Z</updated>{entries}</feed>"
    )


def rdf(stories: Iterable[Story]) -> str:
    """RSS 1.0: the items stand beside the channel, and hold plain text."""
    items = "".join(
        f'<item rdf:about="{s.url}"><title>{escape(s.title)}</title><link>{s.url}</link>'
        f"<dc:date>{s.published}T08:00:00+02:00</dc:date><dc:creator>{s.author}</dc:creator>"
        f"<description>{escape(s.text)}</description></item>"
        for s in stories
    )
    return (
        '<?xml version="1.0" encoding="iso-8859-1"?><rdf:RDF xmlns="http://purl.org/rss/1.0/" '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://r.example/">'
        f"<title>Valley Register</title></channel>{items}</rdf:RDF>"
    )


def feeds() -> Iterator[Made]:
    beside = ("first appeared on", "Read on", "All the news")
    # The outlet of a feed is the feed's own name, whatever these stories say.
    rss_stories = tuple(replace(s, source="Carrow Courier") for s in STORIES)
    yield Made("blog.rss", rss(STORIES).encode(), rss_stories, beside)
    atom_stories = tuple(replace(s, source="Ahretaler Bote") for s in STORIES)
    yield Made("news.atom", atom(STORIES).encode(), atom_stories, ("Short.",))
    old = tuple(replace(_latin(s), source="Valley Register") for s in STORIES)
    yield Made("old.xml", rdf(old).encode("iso-8859-1"), old)


def warc(stories: Iterable[Story], packed: bool, encoding: str = "") -> bytes:
    """A crawl: pages, a redirect, a picture, an error page, and how they were asked for."""
    import gzip

    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    out = io.BytesIO()
    writer = WARCWriter(out, gzip=packed)
    writer.write_record(writer.create_warcinfo_record("crawl.warc", {"software": "a crawler"}))

    def add(url: str, status: str, kind: str, content: bytes) -> None:
        headers = [("Content-Type", kind)]
        if encoding == "gzip":
            headers.append(("Content-Encoding", "gzip"))
            content = gzip.compress(content)
        if encoding == "chunked":
            headers.append(("Transfer-Encoding", "chunked"))
            content = b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)
        http = StatusAndHeaders(status, headers, protocol="HTTP/1.1")
        ask = StatusAndHeaders("GET / HTTP/1.1", [("Host", "x.example")], is_http_request=True)
        writer.write_record(writer.create_warc_record(url, "request", http_headers=ask))
        record = writer.create_warc_record(url, "response", io.BytesIO(content), http_headers=http)
        writer.write_record(record)

    for story in stories:
        add(story.url, "200 OK", "text/html; charset=utf-8", page(story).encode())
        add(story.url + "#old", "301 Moved", "text/html", page(MOVED).encode())
        add(story.url + ".png", "200 OK", "image/png", b"\x89PNG\r\n" + bytes(200))
        add(story.url + "/gone", "404 Not Found", "text/html", page(MOVED).encode())
    return out.getvalue()


MOVED = replace(
    LIBRARY, title="Page moved", paragraphs=(("This page has moved or was never there at all.",),)
)


def crawls() -> Iterator[Made]:
    beside = (*PAGE_FURNITURE, "This page has moved")
    yield Made("crawl.warc", warc(STORIES, packed=False), STORIES, beside)
    yield Made("crawl.warc.gz", warc(STORIES, packed=True, encoding="gzip"), STORIES, beside)
    yield Made("part.warc.gz", warc(STORIES[1:3], True, "chunked"), STORIES[1:3], beside)


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def archives() -> Iterator[Made]:
    depot, orchard, flood, library = pages()
    several = (("a/", b""), *((f"a/{m.name}", m.raw) for m in (depot, orchard)))
    junk = (("__MACOSX/a/._page0.html", b"\0\5"), ("a/.DS_Store", b"junk of the desk"))
    both = (DEPOT, ORCHARD)
    yield Made("folder.zip", zipped((*several, *junk)), both, (*PAGE_FURNITURE, "junk of"))
    ((_, letters_raw, letters, *_),) = [(m.name, m.raw, m.stories) for m in mailboxes()][:1]
    mixed = zipped([("../../etc/flood.html", flood.raw), ("/abs/letters.mbox", letters_raw)])
    yield Made("mixed.zip", mixed, (FLOOD, *letters), (*PAGE_FURNITURE, *LETTER_FURNITURE))
    inner = zipped([("library.html", library.raw)])
    nested = zipped([("old/inner.zip", inner), ("tabs.csv", list(tables())[2].raw)])
    yield Made("nested.zip", nested, STORIES, PAGE_FURNITURE)


def papers() -> Iterator[Made]:
    long = replace(DEPOT, paragraphs=DEPOT.paragraphs + ORCHARD.paragraphs + LIBRARY.paragraphs)
    raw, furniture = report(long)
    yield Made("report.pdf", raw, (long,), furniture)
    raw, furniture = columns(long)
    yield Made("columns.pdf", raw, (long,), furniture, dated=False)
    raw, furniture = paper(long)
    yield Made("paper.pdf", raw, (long,), furniture, dated=False)
    raw, furniture = paper(FLOOD)
    yield Made("german.pdf", raw, (FLOOD,), furniture, dated=False)


def documents() -> Iterator[Made]:
    for name, make, story in (
        ("plain.docx", plain_document, DEPOT),
        ("memo.docx", memo, ORCHARD),
        ("edited.docx", edited, FLOOD),
    ):
        raw, furniture = make(story)
        yield Made(name, raw, (story,), furniture, dated=False)


FORMATS = {
    ".txt": texts,
    ".md": marked,
    ".html": pages,
    ".jsonl": lines,
    ".csv": tables,
    ".pdf": papers,
    ".docx": documents,
    ".eml": mails,
    ".mbox": mailboxes,
    ".rss .atom .xml": feeds,
    ".warc .warc.gz": crawls,
    ".zip": archives,
}


@dataclass
class Share:
    """Counts over files: of `all` things `right` were as they should be."""

    right: int = 0
    all: int = 0

    def add(self, *right: bool) -> None:
        self.right += sum(right)
        self.all += len(right)

    def __str__(self) -> str:
        return f"{self.right}/{self.all}" if self.all else "-"


@dataclass
class Score:
    """What came out of some files, compared with what went in."""

    articles: Share
    sentences: Share
    paragraphs: Share
    furniture: Share
    titles: Share
    dates: Share
    missing: list[str]


def squashed(text: str) -> str:
    return " ".join(text.split())


def read_back(made: Made) -> list[Article]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, made.name)
        path.write_bytes(made.raw)
        return [found for found in read_path(path, Path(folder)) if isinstance(found, Article)]


def score(files: Iterable[Made]) -> Score:
    """Each story is compared with the article that came out in its place."""
    total = Score(*(Share() for _ in range(6)), [])
    for made in files:
        found = read_back(made)
        by_title = {article.title: article for article in found}
        total.articles.add(*(n < len(found) for n in range(len(made.stories))))
        for story in made.stories:
            article = by_title.get(story.title)
            total.titles.add(article is not None)
            text = squashed(article.text) if article else ""
            blocks = [squashed(b) for b in article.text.split("\n\n")] if article else []
            total.sentences.add(*(squashed(s) in text for s in story.sentences))
            total.missing += [s for s in story.sentences if squashed(s) not in text]
            total.paragraphs.add(*(squashed(b) in blocks for b in story.blocks))
            wanted: date | None = story.published if made.dated else None
            total.dates.add(article is not None and article.published == wanted)
        whole = squashed(" ".join(article.text for article in found))
        total.furniture.add(*(squashed(words) in whole for words in made.furniture))
    return total


def main() -> None:
    print(
        "| format | files | articles | sentences kept | paragraphs as they were | "
        "furniture let through | title right | date right |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, make in FORMATS.items():
        files = list(make())
        s = score(files)
        print(
            f"| {name} | {len(files)} | {s.articles} | {s.sentences} | {s.paragraphs} | "
            f"{s.furniture} | {s.titles} | {s.dates} |"
        )


if __name__ == "__main__":
    main()
