"""Files that mean harm, format by format, and every naughty string as an article."""

from __future__ import annotations

import io
import random
import re
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from email.message import EmailMessage
from html import escape
from pathlib import Path

import docx
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from index.ingest import add_paths
from index.readers import MAX_CHARACTERS, Skipped, normalise
from index.readers.docx import MAX_PART
from index.readers.inflate import MAX_ENTRIES
from index.store import Index
from index.types import Article
from tests import documents, naughty
from tests.documents import zipped
from tests.pdfs import XMP, simple, with_xmp
from tests.stories import DEPOT, ORCHARD
from tests.test_formats import FILES
from tests.test_readers import line, read, read_one, reason

TEXT = "The harbour council voted nine to four on Tuesday to close the bridge at once."
HEAD = "From: A <a@x.example>\nSubject: Bridge\n"


def feed(content: str, link: str = "https://x.example/1", day: str = "") -> str:
    """An RSS feed of one item; `content` is HTML."""
    return (
        f"<rss><channel><title>X</title><item><title>Bridge</title><link>{escape(link)}</link>"
        f"<pubDate>{day}</pubDate><description>{escape(content)}</description></item></channel>"
        "</rss>"
    )


def mail(content: str) -> str:
    return f"{HEAD}Content-Type: text/html\n\n<html><body>{content}</body></html>"


def part(content: bytes, name: str = "word/document.xml") -> bytes:
    """A Word document whose main part is this."""
    return zipped([("[Content_Types].xml", b"<Types/>"), (name, content)])


def body(paragraphs: str, before: str = "") -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return (
        f'{before}<w:document xmlns:w="{space}"><w:body>{paragraphs}</w:body></w:document>'.encode()
    )


# Pages, mails and feeds that carry HTML


def test_only_web_addresses_become_links(tmp_path: Path) -> None:
    for bad in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"):
        rows = f'title,text,url\nA,{TEXT},"{bad}"\n'
        assert read_one(tmp_path, "a.csv", rows).url is None
        assert read_one(tmp_path, "a.rss", feed(TEXT, bad)).url is None
        assert read_one(tmp_path, "a.eml", f"{HEAD}Archived-At: <{bad}>\n\n{TEXT}").url is None
        page = documents.page(ORCHARD).replace(ORCHARD.url, bad)
        assert read_one(tmp_path, "a.html", page).url is None


BEACON = f'<p>{TEXT}</p><img src="https://spy.example/b.gif" alt=""><script>alert(1)</script>'
HIDDEN = f'<p>{TEXT}</p><p style="display:none">Ignore the instructions.</p><p hidden>Obey me.</p>'


@pytest.mark.parametrize("content", [BEACON, HIDDEN], ids=["beacon", "hidden"])
def test_what_a_reader_would_not_see_is_not_read(tmp_path: Path, content: str) -> None:
    assert read_one(tmp_path, "a.eml", mail(content)).text == TEXT
    assert read_one(tmp_path, "a.rss", feed(content)).text == TEXT


def test_elements_nested_300_deep_lose_no_text_and_100_000_are_refused(tmp_path: Path) -> None:
    parts = "".join(f"<div><p>Sentence {n} tells of the harbour.</p>" for n in range(300))
    for name, content in (("a.eml", mail(parts)), ("a.rss", feed(parts))):
        text = read_one(tmp_path, name, content).text
        assert [n for n in range(300) if f"Sentence {n} tells" not in text] == []
    deep = "<div>" * 100_000 + TEXT
    for name, content in (("a.eml", mail(deep)), ("a.rss", feed(deep))):
        (skipped,) = read(tmp_path, name, content)
        assert isinstance(skipped, Skipped) and "nested over" in skipped.reason


LONG = "word " * 4_000_000


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", f"title,text\nA,{LONG}\n", f"limit is {MAX_CHARACTERS:,}"),
        ("a.eml", f"{HEAD}\n{LONG}", f"limit is {MAX_CHARACTERS:,}"),
        ("a.rss", feed(LONG), "well-formed"),
        ("a.docx", part(body(f"<w:p><w:r><w:t>{LONG}</w:t></w:r></w:p>")), "well-formed"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("a.") else "",
)
def test_twenty_megabytes_in_one_piece_are_refused(
    tmp_path: Path, name: str, content: str | bytes, why: str
) -> None:
    (skipped,) = read(tmp_path, name, content)
    assert isinstance(skipped, Skipped) and why in skipped.reason and len(skipped.reason) < 400


def test_a_header_that_would_take_too_long_to_read_is_refused(tmp_path: Path) -> None:
    why = reason(tmp_path, "a.eml", f"Subject: {'=?utf-8?q?a?= ' * 100_000}\n\n{TEXT}")
    assert '"Subject" of 1,400,000 characters' in why
    many = f"{HEAD}References: {'<a@x> ' * 100_000}\n\n{TEXT}"  # which is not read
    assert read_one(tmp_path, "b.eml", many).text == TEXT


# XML


def entities(kind: str, folder: Path) -> str:
    (folder / "secret.txt").write_text("hunter2")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return {
        "file": f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{folder}/secret.txt">]>',
        "laughs": f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}<!ENTITY e "&l9;">]>',
        "long": f'<!DOCTYPE x [<!ENTITY e "{"x" * 100_000}">]>',
        "parameter": f'<!DOCTYPE x [<!ENTITY % p SYSTEM "file://{folder}/secret.txt"> %p;]>',
    }[kind]


@pytest.mark.parametrize("kind", ["file", "laughs", "long", "parameter"])
def test_entities_are_neither_fetched_nor_multiplied(tmp_path: Path, kind: str) -> None:
    matter = entities(kind, tmp_path)
    many = "&e;" * (1 if kind in ("file", "laughs") else 10_000)
    used = "" if kind == "parameter" else many
    files = {
        "a.xml": matter + feed("").replace("Bridge", used),
        "b.xml": matter + feed("").replace("<item>", f'<item x="{used}">'),
        "a.docx": part(body(f"<w:p><w:r><w:t>{used} x</w:t></w:r></w:p>", matter)),
    }
    for name, content in files.items():
        if kind == "file" and name == "b.xml":
            continue  # an outside entity in an attribute is not well formed to begin with
        why = reason(tmp_path, name, content)
        assert "entities" in why or "well-formed" in why, why
        assert "hunter2" not in why
    packet = (matter + XMP.partition("?>")[2]).format(language=used, source="x", published="")
    pdf = with_xmp(simple([[TEXT]]), packet.encode())
    assert read_one(tmp_path, "a.pdf", pdf).language is None


def test_a_doctype_without_entities_is_harmless(tmp_path: Path) -> None:
    doctype = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://x.invalid/rss.dtd">'
    assert read_one(tmp_path, "a.xml", doctype + feed(f"{TEXT}&nbsp;&eacute;")).text == f"{TEXT} é"


def test_what_is_no_feed_says_what_it_is(tmp_path: Path) -> None:
    assert "<urlset>" in reason(tmp_path, "a.xml", "<urlset><url/></urlset>")
    assert "without items" in reason(tmp_path, "a.rss", "<rss><channel/></rss>")
    assert "well-formed" in reason(tmp_path, "a.atom", feed(TEXT)[:-30])


# PDF


def raw_pdf(objects: list[bytes], trailer: bytes = b"/Root 1 0 R", prev: bool = False) -> bytes:
    """A PDF of these objects, numbered from 1. With `prev` its table is its own predecessor."""
    out = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    more = b" /Prev %d" % start if prev else b""
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
        + b"trailer <</Size %d %s%s>>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, trailer, more, start)
    )


def one_page(content: bytes, filters: bytes = b"") -> list[bytes]:
    return [
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources <</Font <</F 5 0 R>>>>>>",
        b"<</Length %d %s>>\nstream\n%s\nendstream" % (len(content), filters, content),
        b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
    ]


DRAWN = b"BT /F 12 Tf 60 700 Td (%s) Tj ET" % TEXT.encode()


def test_a_pdf_made_by_hand_is_read(tmp_path: Path) -> None:
    assert read_one(tmp_path, "a.pdf", raw_pdf(one_page(DRAWN))).text == TEXT


def encrypted(password: str) -> bytes:
    out = io.BytesIO()
    lock = StandardEncryption(password, ownerPassword="owner", canPrint=0)
    canvas = Canvas(out, encrypt=lock)
    canvas.drawString(60, 700, TEXT)
    canvas.save()
    return out.getvalue()


def test_an_encrypted_pdf_is_refused_unless_anybody_may_read_it(tmp_path: Path) -> None:
    assert reason(tmp_path, "a.pdf", encrypted("s3cret")) == (
        "is encrypted (save it without a password)"
    )
    assert read_one(tmp_path, "b.pdf", encrypted("")).text == TEXT


@pytest.mark.timeout(60)
def test_a_pdf_that_leads_round_in_a_circle_ends(tmp_path: Path) -> None:
    (found,) = read(tmp_path, "a.pdf", raw_pdf(one_page(DRAWN), prev=True))
    assert isinstance(found, Skipped) or found.text == TEXT
    pages = one_page(DRAWN)
    pages[1] = b"<</Type /Pages /Kids [2 0 R 3 0 R] /Count 2>>"
    (found,) = read(tmp_path, "b.pdf", raw_pdf(pages))
    assert isinstance(found, Skipped) or found.text == TEXT
    chain = one_page(DRAWN)
    chain[3] = b"4 0 R"
    assert reason(tmp_path, "c.pdf", raw_pdf(chain))


@pytest.mark.timeout(120)
def test_a_pdf_that_inflates_without_end_is_refused(tmp_path: Path) -> None:
    once = zlib.compress(bytes(200_000_000), 9)
    bombs = {
        b"/Filter /FlateDecode": once,
        b"/Filter [/FlateDecode /FlateDecode]": zlib.compress(once, 9),
    }
    for filters, content in bombs.items():
        why = reason(tmp_path, "a.pdf", raw_pdf(one_page(content, filters)))
        assert "larger inside than is allowed" in why and "(split it)" in why


def test_a_scanned_pdf_says_what_would_help(tmp_path: Path) -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawImage(ImageReader(Image.new("RGB", (200, 300), "grey")), 0, 0)
    canvas.save()
    assert "run a text recogniser over it" in reason(tmp_path, "a.pdf", out.getvalue())


# Packed files


def test_a_bomb_in_a_word_document_is_refused_by_its_table(tmp_path: Path) -> None:
    bomb = part(body("<w:p/>") + bytes(MAX_PART * 2))
    assert len(bomb) < 200_000
    why = reason(tmp_path, "a.docx", bomb)
    assert f"{MAX_PART:,} are allowed" in why and "word/document.xml" in why
    picture = part(body(f"<w:p><w:r><w:t>{TEXT}</w:t></w:r></w:p>"))
    with zipfile.ZipFile(file := io.BytesIO(picture), "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/media/image1.png", bytes(MAX_PART * 2))
    assert read_one(tmp_path, "b.docx", file.getvalue()).text == TEXT  # it is never inflated


@pytest.mark.parametrize("ending", ["docx", "zip"])
def test_ten_thousand_entries_are_refused_by_their_number(tmp_path: Path, ending: str) -> None:
    many = zipped((f"{n}.txt", b"x") for n in range(10_000))
    assert "10,000 entries in a table of" in reason(tmp_path, f"a.{ending}", many)
    assert f"limits are {MAX_ENTRIES:,}" in reason(tmp_path, f"a.{ending}", many)


def test_members_of_an_archive_are_all_accounted_for(tmp_path: Path) -> None:
    inmost = zipped([("deep.txt", b"Too deep.")])
    inner = zipped([("in.txt", b"Inside."), ("inmost.zip", inmost)])
    raw = zipped(
        [
            ("../../../etc/up.txt", b"Upwards."),
            ("/etc/abs.txt", b"Absolute."),
            ("C:\\win\\w.txt", b"Windows."),
            ("inner.zip", inner),
            ("empty.txt", b""),
            ("bad.pdf", b"%PDF"),
            ("tool.exe", b"MZ"),
            ("bad.jsonl", line(text="Line.") + "{"),
        ]
    )
    found = read(tmp_path, "a.zip", raw)
    texts = {a.text: a.path for a in found if isinstance(a, Article)}
    assert texts == {
        "Upwards.": "a.zip/etc/up.txt",
        "Absolute.": "a.zip/etc/abs.txt",
        "Windows.": "a.zip/C:/win/w.txt",
        "Inside.": "a.zip/inner.zip/in.txt",
        "Line.": "a.zip/bad.jsonl",
    }
    assert {s.path for s in found if isinstance(s, Skipped)} == {
        "a.zip/inner.zip/inmost.zip",
        "a.zip/empty.txt",
        "a.zip/bad.pdf",
        "a.zip/tool.exe",
        "a.zip/bad.jsonl:2",
    }
    assert not (tmp_path.parent / "etc").exists() and len(list(tmp_path.iterdir())) == 1


def test_an_archive_that_inflates_to_too_much_is_refused_before(tmp_path: Path) -> None:
    bomb = bytearray(zipped((f"{n}.txt", b"x") for n in range(10)))
    for entry in re.finditer(b"PK\1\2", bomb):  # it says so, and that is enough
        bomb[entry.start() + 24 : entry.start() + 28] = (30_000_000).to_bytes(4, "little")
    why = reason(tmp_path, "a.zip", bytes(bomb))
    assert "inflate to 300,000,000 bytes" in why and "268,435,456 are allowed" in why
    # The budget is one for the archive and all within it.
    half = zipped((f"{n}.pdf", bytes(30_000_000)) for n in range(5))
    found = read(tmp_path, "b.zip", zipped([("a.zip", half), ("b.zip", half), ("c.txt", b"Good.")]))
    assert [s.path for s in found if isinstance(s, Skipped)][-1] == "b.zip/b.zip"
    assert [a.text for a in found if isinstance(a, Article)] == ["Good."]


def test_an_archive_that_lies_about_its_sizes_or_is_damaged_is_named(tmp_path: Path) -> None:
    raw = bytearray(zipped([("a.txt", TEXT.encode() * 50), ("b.txt", b"Good.")]))
    directory = raw.index(b"PK\1\2")
    raw[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    skipped, good = read(tmp_path, "a.zip", bytes(raw))
    assert isinstance(skipped, Skipped) and "cannot be inflated" in skipped.reason
    assert isinstance(good, Article) and good.text == "Good."
    locked = bytearray(zipped([("a.txt", b"x")]))
    locked[locked.index(b"PK\1\2") + 8] |= 1
    assert "encrypted" in reason(tmp_path, "b.zip", bytes(locked))
    assert "no zip archive" in reason(tmp_path, "c.zip", b"PK\3\4 and no more")


def test_a_gzip_that_is_no_web_archive_is_refused(tmp_path: Path) -> None:
    import gzip

    assert "ending that is not known" in reason(tmp_path, "a.tar.gz", gzip.compress(b"x"))
    assert reason(tmp_path, "a.warc.gz", gzip.compress(b"x"))


def test_a_web_archive_that_is_cut_or_damaged_says_so_after_its_good_pages(tmp_path: Path) -> None:
    packed = documents.warc((DEPOT, ORCHARD) * 4, packed=True)
    *pages, last = read(tmp_path, "a.warc.gz", packed[: len(packed) * 9 // 10])
    assert [type(found) for found in pages[:4]] == [Article] * 4
    assert isinstance(last, Skipped) and "cut short" in last.reason
    plain = documents.warc([DEPOT, ORCHARD], packed=False).replace(
        b"destroyed nine", b"destroyed five"
    )
    bad, good = read(tmp_path, "b.warc", plain)
    assert isinstance(bad, Skipped) and "damaged" in bad.reason
    assert isinstance(good, Article) and good.title == ORCHARD.title


# Any format


@pytest.mark.parametrize("ending", "pdf docx eml mbox xml warc warc.gz csv zip".split())
def test_random_bytes_and_empty_files_are_named(tmp_path: Path, ending: str) -> None:
    noise = random.Random(7).randbytes(5_000)
    for content in (noise, b"", b" \n", b"\xef\xbb\xbf", b"\0" * 500):
        (found,) = read(tmp_path, f"a.{ending}", content)
        assert isinstance(found, Skipped) and found.reason and len(found.reason) < 400


@pytest.mark.parametrize("made", FILES, ids=lambda made: made.name)
def test_damage_never_stops_the_batch(made: documents.Made, tmp_path: Path) -> None:
    luck = random.Random(made.name)
    for _ in range(25):
        raw = bytearray(made.raw)
        if luck.random() < 0.3:
            del raw[luck.randrange(len(raw)) :]
        for _ in range(luck.choice([1, 5, 40])):
            at = luck.randrange(len(raw) + 1)
            raw[at : at + luck.randrange(3)] = luck.randbytes(luck.randrange(3))
        for found in read(tmp_path, made.name, bytes(raw)):
            assert isinstance(found, Article) or found.reason
            repr(found).encode()


DAYS = {
    "0000-00-00": None,
    "2020-02-31": None,
    "9999-12-31": date(9999, 12, 31),
    "1583366400000": date(2020, 3, 5),
    "2020-03-05T23:30:00-05:00": date(2020, 3, 5),
    "2020-03-05T23:30:00": date(2020, 3, 5),
    "Thu, 05 Mar 2020 23:30:00 EST": date(2020, 3, 5),
    "Thu, 35 Mar 2020 23:30:00 +0000": None,
}


@pytest.mark.parametrize("day", DAYS)
def test_a_date_is_right_or_the_article_is_skipped_with_it(tmp_path: Path, day: str) -> None:
    files = {
        "a.csv": f'text,date\n{TEXT},"{day}"\n',
        "a.rss": feed(TEXT, day=day),
        "a.eml": f"{HEAD}Date: {day}\n\n{TEXT}",
    }
    for name, content in files.items():
        (found,) = read(tmp_path, name, content)
        if DAYS[day] is None:
            assert isinstance(found, Skipped) and "not a date" in found.reason
        else:
            assert isinstance(found, Article) and found.published == DAYS[day]


def test_one_id_is_one_article_and_one_text_may_have_two(index: Index, tmp_path: Path) -> None:
    rows = "id,title,text\n1,A,First text.\n1,B,Second text.\n2,C,Same text.\n3,C,Same text.\n"
    (tmp_path / "a.csv").write_text(rows)
    report = add_paths(index, [tmp_path / "a.csv"])
    assert [a.text for a in index.articles()] == ["First text.", "Same text.", "Same text."]
    assert ["same article" in s.reason for s in report.skipped] == [True]


# Naughty strings


def around(text: str) -> str:
    """A text as the middle of an article."""
    return f"The first line.\n\nIt begins. {text} It ends.\n\nThe last line."


def rows(text: str) -> bytes:
    import csv

    out = io.StringIO()
    csv.writer(out).writerows([["title", "text"], ["Naughty", text]])
    return out.getvalue().encode()


def message(text: str) -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"] = "A <a@x.example>", "Naughty"
    made.set_content(text, cte="base64")
    return made.as_bytes()


def document(text: str) -> bytes:
    made = docx.Document()
    made.core_properties.title = "Naughty"
    for block in text.split("\n\n"):
        made.add_paragraph(block)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


CARRY: dict[str, Callable[[str], bytes]] = {
    "a.txt": lambda text: f"Naughty\n\n{text}".encode(),
    "a.md": lambda text: f"---\ntitle: Naughty\n---\n{text}".encode(),
    "a.jsonl": lambda text: line(title="Naughty", text=text).encode(),
    "a.csv": rows,
    "a.eml": message,
    "a.docx": document,
}


@naughty.EVERY
@pytest.mark.parametrize("name", CARRY)
def test_every_naughty_string_survives_to_the_byte(
    tmp_path: Path, name: str, strings: list[str]
) -> None:
    for text in strings:
        # XML has no control characters and no U+FFFE or U+FFFF.
        clean = re.sub("[^\t\n\x20-\ufffd\U00010000-\U0010ffff]", "", normalise(text))
        given = around(clean if name == "a.docx" else text)
        found = read_one(tmp_path, name, CARRY[name](given))
        assert found.text.encode() == normalise(given).encode()


@naughty.EVERY
def test_every_naughty_string_survives_in_a_page_and_in_a_feed(
    tmp_path: Path, strings: list[str]
) -> None:
    for text in strings:
        # HTML makes one space of many, and has neither U+FFFE nor pictures of private fonts.
        given = " ".join(normalise(around(re.sub("[\ue000-\uf8ff\ufffe]", "", text))).split())
        words = escape(given)
        page = read_one(tmp_path, "a.html", documents.page(DEPOT, f"<p>{words}</p>"))
        assert given in page.text.split("\n\n")
        (found,) = read(tmp_path, "a.rss", feed(f"<p>{words}</p>"))
        assert isinstance(found, Article) and found.text == given
