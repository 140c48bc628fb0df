"""Files into articles: every format, every encoding, and files that mean harm."""

from __future__ import annotations

import json
import os
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from index.errors import BadFile
from index.readers import MAX_CHARACTERS, Skipped, find_files, normalise, read_path
from index.readers.draft import parse_date
from index.types import Article

FRENCH = "Émile Baptiste a déjà démenti cette information à Genève, où il réside. Il a tout nié.\n"
RUSSIAN = "Военные заявили, что боевики нарушили перемирие в провинции Идлиб в понедельник.\n"
PAGE = """<html><head><title>Bridge closed</title>{head}</head><body><nav>Home</nav><article>
<h1>Bridge closed</h1>{body}</article></body></html>"""
PARAGRAPH = "<p>The harbour council voted nine to four on Tuesday to close the bridge at once.</p>"
LONG = "".join(
    f"<p>On day {n} the council of the harbour said that it would meet.</p>" for n in range(9)
)


def read(folder: Path, name: str, content: bytes | str) -> list[Article | Skipped]:
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(raw)
    return list(read_path(folder / name, folder))


def read_one(folder: Path, name: str, content: bytes | str) -> Article:
    (found,) = read(folder, name, content)
    assert isinstance(found, Article), found
    return found


def reason(folder: Path, name: str, content: bytes | str) -> str:
    (found,) = read(folder, name, content)
    assert isinstance(found, Skipped), found
    assert found.path.startswith(name)
    return found.reason


def page(body: str, head: str = "") -> str:
    return PAGE.format(head=head, body=body)


def line(**fields: object) -> str:
    return json.dumps({"title": "T", "text": "Body.", **fields}) + "\n"


# Formats


def test_text_has_its_title_on_the_first_line(tmp_path: Path) -> None:
    head = "Militants defy ceasefire to launch counter-attack – Foreign Ministry"
    body = "They struck on Feb. 27.\n\nThe ministry said so."
    article = read_one(tmp_path, "a.txt", f"{head}\r\n\r\n{body}\n")
    assert (article.title, article.text, article.path) == (head, body, "a.txt")
    assert article.published is None and article.url is None


@pytest.mark.parametrize("text", ["One paragraph only.", "word " * 60 + "\n\nand a second one."])
def test_text_without_a_title_is_called_after_its_file(tmp_path: Path, text: str) -> None:
    article = read_one(tmp_path, "harbour news.txt", text)
    assert article.title == "harbour news"
    assert article.text == normalise(text)


@pytest.mark.parametrize(
    "text",
    [
        "The council of the town said on Tuesday that\nthe bridge would be closed.\n\nIt was old.",
        "The office said that prices had risen by\n3.5 percent since May.",
        "Военные заявили, что боевики\nнарушили перемирие.",
    ],
)
def test_the_first_line_of_a_wrapped_paragraph_is_no_title(tmp_path: Path, text: str) -> None:
    article = read_one(tmp_path, "harbour news.txt", text)
    assert (article.title, article.text) == ("harbour news", text)


@pytest.mark.parametrize(
    "below",
    [
        "The bridge was closed.",
        "5 March 2020\n\nThe bridge was closed.",
        "2020-03-05\nThe bridge was closed.",
        "1. The bridge was closed.\n2. The road too.",
        "\nthe bridge was closed.",
        "\n3.5 percent of it was closed.",
    ],
)
def test_a_first_line_that_nothing_goes_on_with_is_the_title(tmp_path: Path, below: str) -> None:
    article = read_one(tmp_path, "a.txt", f"Bridge closed\n{below}")
    assert (article.title, article.text) == ("Bridge closed", below.strip())


def test_markdown_keeps_its_body_and_gives_up_its_front_matter(tmp_path: Path) -> None:
    text = (
        "---\ntitle: 'Ferry: late'\nsource: Ledger\nurl: https://l.example/1\n"
        "published: 2024-03-05\nupdated: 2024-03-06T10:00:00Z\nauthor: [Ana, Bo]\nid: 7\n---\n"
        "# Heading\n\n- **bold** item\n"
    )
    article = read_one(tmp_path, "a.md", text)
    assert (article.title, article.source) == ("Ferry: late", "Ledger")
    assert (article.url, article.author) == ("https://l.example/1", "Ana, Bo")
    assert (article.published, article.updated) == (date(2024, 3, 5), date(2024, 3, 6))
    assert article.text == "# Heading\n\n- **bold** item"


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# Late ferry\n\nIt came at noon.", "Late ferry", "It came at noon."),
        ("# Late ferry\nit came at noon.", "Late ferry", "it came at noon."),
        ("---\nsource: X\n---\n# Late\n\nIt came.", "Late", "# Late\n\nIt came."),
        ("---\n---\nIt came at noon.", "a", "It came at noon."),
        ("---\nIt came.\n---\nIt went.", "It came.", "---\nIt went."),
    ],
    ids=["heading", "wrapped", "no title", "empty", "rules"],
)
def test_markdown_loses_no_text(tmp_path: Path, text: str, title: str, body: str) -> None:
    article = read_one(tmp_path, "a.md", text)
    assert (article.title, article.text) == (title, body)


def test_a_page_is_its_article_without_menus(tmp_path: Path) -> None:
    head = (
        '<meta property="article:published_time" content="2020-03-16T10:00:00Z">'
        '<meta property="og:site_name" content="Ledger"><meta name="author" content="Jo Bo">'
        '<link rel="canonical" href="https://l.example/a">'
    )
    article = read_one(tmp_path, "a.html", page(LONG + "<script>alert(1)</script>", head))
    assert (article.title, article.source, article.author) == ("Bridge closed", "Ledger", "Jo Bo")
    assert (article.url, article.published) == ("https://l.example/a", date(2020, 3, 16))
    assert "On day 8 the council" in article.text
    assert "Home" not in article.text and "alert" not in article.text


def test_a_page_without_a_date_of_its_own_is_given_none(tmp_path: Path) -> None:
    body = PARAGRAPH + "<p>The first bridge had opened on 3 May 1987.</p><p>© 2019 Ledger</p>"
    assert read_one(tmp_path, "a.html", page(body)).published is None


def ld(*items: object) -> str:
    """The items as the page's data for search engines."""
    scripts = (f'<script type="application/ld+json">{json.dumps(item)}</script>' for item in items)
    return "".join(scripts)


def story(day: str | None = "2020-03-05T10:00:00Z", **more: object) -> dict[str, object]:
    dated = {"datePublished": day} if day else {}
    return {"@context": "https://schema.org", "@type": "NewsArticle", **dated, **more}


TEASER = (
    '<aside><a href="/x">Old story</a> <time datetime="2015-01-02">2 January 2015</time></aside>'
)
BARE = '<div><a href="/x">Old story</a> <time datetime="2015-01-02">2 January 2015</time></div>'
TIME = '<time datetime="2020-03-05T10:00">5 March</time>'
HERE = '<link rel="canonical" href="https://l.example/bridge">'
LISTED = {"@type": "ItemList", "itemListElement": [story("2015-01-02")]}
ITEM = (
    '<div itemscope itemtype="https://schema.org/{}">'
    '<meta itemprop="datePublished" content="{}"></div>'
)

OWN_DAYS: dict[str, tuple[str, str]] = {
    "a named day": ('<meta property="article:published_time" content="2020-03-05T10:00Z">', BARE),
    "the plainest name": (
        '<meta name="date" content="2021-01-01"><meta name="DC.date.issued" content="2020-03-05">',
        "",
    ),
    "a day and a change": (
        '<meta property="article:modified_time" content="2021-01-01">'
        '<meta property="article:published_time" content="2020-03-05">',
        "",
    ),
    "no day, then one": (
        '<meta name="pubdate" content="04/03/2020"><meta name="date" content="5 March 2020">',
        "",
    ),
    "json": (ld(story(dateModified="2021-01-01")), BARE),
    "json in a graph": (ld({"@graph": [{"@type": "WebSite"}, story()]}), BARE),
    "json of the page": (ld({"@type": "WebPage", "mainEntity": story()}), BARE),
    "json beside a list": (ld([story(), LISTED]), BARE),
    "json twice": (ld(story(), story("2020-03-05")), BARE),
    "json of this page and another": (
        HERE
        + ld(story(url="https://www.l.example/bridge/"))
        + ld(story("2015-01-02", url="https://l.example/old")),
        "",
    ),
    "json of another page and a time": (
        HERE + ld(story("2015-01-02", mainEntityOfPage={"@id": "https://l.example/old"})),
        TIME,
    ),
    "json that names no page": (HERE + ld(story(mainEntityOfPage=True)), ""),
    "microdata": ("", f'<time itemprop="datePublished" datetime="2020-03-05">x</time>{LONG}{BARE}'),
    "microdata beside a comment": (
        "",
        ITEM.format("NewsArticle", "2020-03-05") + LONG + ITEM.format("Comment", "2021-01-02"),
    ),
    "a time below the title": ("", TIME),
    "a time in a byline": ("", f"<p>By Jo Bo | {TIME} | 4 min</p>"),
    "a time beside a teaser": ("", TIME + LONG + TEASER),
    "a time beside a bare teaser": ("", TIME + LONG + BARE),
    "a time and one in the text": ("", f"{TIME}<p>It sank on <time>15 April 2012</time>.</p>"),
    "a time and its change": (
        "",
        f'{TIME}<p>Last updated: <time datetime="2021-01-01">x</time></p>'
        '<p><time class="updated" datetime="2021-01-02">x</time></p>',
    ),
    "a time for a day and its change": (
        "",
        '<time class="entry-date published updated" datetime="2020-03-05">5 March</time>',
    ),
    "a time and a duration": ("", f'{TIME}<time datetime="PT4M">4 min</time>'),
    "a written day": ("", '<span class="byline date">5 March 2020</span>'),
}
"""Head and body of pages that name 5 March 2020 as their day."""

NO_OWN_DAY: dict[str, tuple[str, str]] = {
    "a teaser": ("", LONG + TEASER),
    "a bare teaser": ("", LONG + BARE),
    "a teaser above the text": ("", TEASER),
    "a comment": ("", LONG + f'<div class="comment">{TIME} Nice.</div>'),
    "a comment with microdata": ("", LONG + ITEM.format("Comment", "2020-03-05")),
    "a footer": ("", LONG + '<div class="footer-date">1 January 2012</div>'),
    "a footer's time": ("", LONG + f"<footer>{TIME}</footer>"),
    "a time in the text": ("", f"<p>It sank on {TIME}, killing nine.</p>"),
    "two days": ("", f'{TIME}<time datetime="2020-03-07">7 March</time>'),
    "a change": ('<meta property="article:modified_time" content="2020-03-05">', ""),
    "a change in json": (ld(story(None, dateModified="2020-03-05")), ""),
    "a change below the title": ("", f"<p>Updated {TIME}</p>"),
    "a written change": ("", '<span class="date">Updated 5 March 2020</span>'),
    "a list in json": (ld(LISTED), ""),
    "another page in json": (HERE + ld(story(url="https://l.example/old")), ""),
    "another article in json": (ld(story(None), story("2015-01-02")), ""),
    "broken json": (ld(story())[:-12] + ",</script>", ""),
    "deep json": ('<script type="application/ld+json">' + "[" * 100_000 + "</script>", ""),
    "a day of two readings": ('<meta name="pubdate" content="04/03/2020">', ""),
    "a line on rights": ('<meta name="copyright" content="2012-01-01">', ""),
}
"""Head and body of pages that name no day as their own."""


@pytest.mark.parametrize(("head", "body"), OWN_DAYS.values(), ids=OWN_DAYS)
def test_the_day_of_a_page_is_its_own(tmp_path: Path, head: str, body: str) -> None:
    found = read_one(tmp_path, "a.html", page(body + LONG, head)).published
    assert found == date(2020, 3, 5)


@pytest.mark.parametrize(("head", "body"), NO_OWN_DAY.values(), ids=NO_OWN_DAY)
def test_a_page_is_given_no_other_day(tmp_path: Path, head: str, body: str) -> None:
    raw = page(body + LONG, head).replace("<html>", '<html lang="en-US">')
    assert read_one(tmp_path, "a.html", raw).published is None


def test_the_day_in_the_masthead_is_no_article_s(tmp_path: Path) -> None:
    masthead = '<div class="date">Thursday, 7 November 2024</div><time>7 November 2024</time>'
    raw = page("<p>By Jo Bo, 5 March 2020</p>" + LONG).replace("<nav>", masthead + "<nav>")
    assert read_one(tmp_path, "a.html", raw).published is None


@pytest.mark.parametrize("article", [True, False])
def test_a_title_may_stand_outside_the_article(tmp_path: Path, article: bool) -> None:
    title = f"<div><h1>Bridge closed</h1>{TIME}</div>"
    body = f"<article>{LONG}</article>" if article else f"<div>{LONG}</div>"
    name = "<head><title>Bridge closed | Ledger</title></head>"
    raw = f"<html>{name}<body><time>7 November 2024</time>{title}{body}{BARE}</body></html>"
    assert read_one(tmp_path, "a.html", raw).published == date(2020, 3, 5)
    outlet = raw.replace("<h1>Bridge closed</h1>", "<h1>Ledger</h1>")
    assert read_one(tmp_path, "b.html", outlet).published is None


@pytest.mark.parametrize(
    "meta",
    ['name="application-name" content="WordPress"', 'name="Copyright" content="© 2020 Wire"'],
)
def test_a_program_or_a_line_on_rights_is_no_outlet(tmp_path: Path, meta: str) -> None:
    assert read_one(tmp_path, "a.html", page(LONG, f"<meta {meta}>")).source is None
    named = page(LONG, f'<meta {meta}><meta property="og:site_name" content="Ledger">')
    assert read_one(tmp_path, "b.html", named).source == "Ledger"


def test_json_lines_are_an_article_each_and_bad_ones_are_named(tmp_path: Path) -> None:
    bad = ["[1]", "{", "NaN", '{"title": "no text"}', '{"text": 5}', "[" * 10_000]
    lines = [line(text="First.", id="a").strip(), *bad, "", line(text="Last.").strip()]
    found = read(tmp_path, "a.jsonl", "\n".join(lines))
    assert [a.text for a in found if isinstance(a, Article)] == ["First.", "Last."]
    assert {s.path for s in found if isinstance(s, Skipped)} == {
        f"a.jsonl:{n}" for n in range(2, 8)
    }
    assert (
        read(tmp_path, "b.jsonl", line() + line()[:-4])[1:] != []
    )  # the cut line is not passed by


# Dates


SAME_DAY = (
    "2020-03-05|2020-03-05T23:30:00-05:00|2020-03-05T10:00:00Z|2020-03-05 10:00|20200305|"
    "2020/03/05|5 March 2020|March 5, 2020|Mar 5, 2020| 5 Mar 2020 |1583366400000|"
    "Thu, 05 Mar 2020 10:00:00 GMT"
).split("|")
NO_DATE = (
    "0000-00-00|2020-02-31|31/02/2020|05/03/2020|202011|2020113|20200305123|2020|soon| |"
    "99999999999|99999999999999999999|Mon, 1 Jan 99999999999999 00:00:00 +0000|\ud800"
).split("|")


@pytest.mark.parametrize("value", [*SAME_DAY, 1583366400000, 1583366400, 1583366400.5])
def test_dates_are_read_in_many_forms(value: object) -> None:
    assert parse_date("published", value) == date(2020, 3, 5)


@pytest.mark.parametrize(
    "value",
    [*NO_DATE, "1" * 500, 20200305, 0, True, float("nan"), float("inf"), 10**400, [], {"a": 1}],
)
def test_what_is_no_date_is_refused_by_its_name(value: object) -> None:
    with pytest.raises(BadFile, match=r'^"published" is ".*", not a date \(use YYYY-MM-DD\)$') as e:
        parse_date("published", value)
    assert len(str(e.value)) < 200


def test_the_end_of_time_is_a_date_and_nothing_is_none() -> None:
    assert parse_date("published", "9999-12-31") == date(9999, 12, 31)
    assert parse_date("published", None) is None and parse_date("published", "") is None


# Encodings


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251", "latin-1"],
)
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_encodings_are_told_apart(tmp_path: Path, encoding: str, name: str) -> None:
    text = FRENCH if encoding == "latin-1" else RUSSIAN
    content = page(f"<p>{text}</p>") if name == "a.html" else text * 3
    article = read_one(tmp_path, name, content.encode(encoding))
    assert " ".join(text.split()) in " ".join(f"{article.title} {article.text}".split())


def test_a_page_is_read_in_the_encoding_that_it_names(tmp_path: Path) -> None:
    body = page("<p>Il a dit “non” à Genève, en hiver.</p>", '<meta charset="iso-8859-1">')
    assert "“non” à Genève" in read_one(tmp_path, "a.html", body.encode("cp1252")).text
    odd = body.replace("iso-8859-1", "unicode_escape")
    assert "“non” à Genève" in read_one(tmp_path, "b.html", odd).text


@pytest.mark.parametrize("damage", [b"\xc3", b"\xff\x9d and more"])
def test_a_bad_byte_does_not_change_the_encoding(tmp_path: Path, damage: bytes) -> None:
    text = read_one(tmp_path, "a.txt", b"T\n" + FRENCH.encode() * 9 + damage).text
    assert text.count(FRENCH.strip()) == 9 and "\ufffd" in text


# Files that mean harm


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.jsonl"])
@pytest.mark.parametrize("content", [b"", b" \n\t\n ", b"\xef\xbb\xbf", b"\xff\xfe", b"\0\0\0"])
def test_a_file_without_text_says_so(tmp_path: Path, name: str, content: bytes) -> None:
    found = read(tmp_path, name, content)
    assert all(isinstance(item, Skipped) and item.reason for item in found)
    assert found or name == "a.jsonl"  # which then holds no lines


def test_null_bytes_are_left_out(tmp_path: Path) -> None:
    article = read_one(tmp_path, "a.txt", "Ti\0tle\n\nBo\0dy te\0xt.")
    assert (article.title, article.text) == ("Title", "Body text.")
    assert "council" in read_one(tmp_path, "a.html", page("\0" + PARAGRAPH)).text


FRONT_MATTER = {
    "date": "published: 2020-02-31",
    "object": "a: !!python/object:os.system x",
    "int": 'a: !!int ""',
    "bool": "a: !!bool x",
    "timestamp": "a: !!timestamp x",
    "deep": "a: " + "[" * 10_000,
    "surrogate": 'id: "\\ud800"',
    "digits": "published: " + "1" * 5_000,
    "long title": "title: 0x" + "f" * 5_000 + "\npublished: 0x" + "f" * 5_000,
    "title": "title: 2020-01-01",
    "laughs": "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
    + "".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in pairwise("abcdefgh"))
    + "published: *h",
}


@pytest.mark.parametrize("matter", FRONT_MATTER.values(), ids=FRONT_MATTER)
def test_bad_front_matter_is_named_and_survived(tmp_path: Path, matter: str) -> None:
    why = reason(tmp_path, "a.md", f"---\n{matter}\n---\nBody.\n")
    assert "front matter cannot be read" in why or "not a" in why or "not text" in why, why
    assert "(" in why and len(why) < 400  # the remedy, and no wall of text


def test_what_json_can_smuggle_in_is_stored_clean_or_named(tmp_path: Path) -> None:
    odd = "\ud800\x00\x1b"
    found = read(
        tmp_path,
        "a.jsonl",
        line(title=odd + "t", text=odd + "x", source=odd, id=odd + "1", language=odd)
        + line(title=odd, text=" ")
        + line(published=odd)
        + line(source={"lc": 1})
        + line(title="x" * 2_000)
        + line(text="x" * (MAX_CHARACTERS + 1)),
    )
    assert isinstance(found[0], Article) and found[0].text == "\ufffdx"
    assert [type(item) for item in found[1:]] == [Skipped] * 5
    repr(found).encode()
    "".join(s.path + s.reason for s in found[1:]).encode()  # can be printed


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", 7]
)
def test_only_web_addresses_are_kept(tmp_path: Path, url: object) -> None:
    article = read_one(tmp_path, "a.jsonl", line(url=url))
    assert article.url is None
    assert read_one(tmp_path, "b.jsonl", line(url=" HTTPS://x.example/a ")).url


@pytest.mark.parametrize("depth", [300, 1_000])
def test_nested_elements_lose_no_text(tmp_path: Path, depth: int) -> None:
    parts = "".join(f"<div><p>Sentence {n} tells of the harbour.</p>" for n in range(depth))
    article = read_one(tmp_path, "a.html", page(parts + "</div>" * depth))
    assert [n for n in range(depth) if f"Sentence {n} tells" not in article.text] == []


def test_what_is_nested_too_deep_is_refused_and_not_cut(tmp_path: Path) -> None:
    deep = page("<div>" * 100_000 + PARAGRAPH)
    assert "nested over" in reason(tmp_path, "a.html", deep)


def test_a_page_cannot_read_other_files(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("hunter2")
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret.txt">]>'
    assert (
        "hunter2" not in read_one(tmp_path, "a.html", entity + page("<p>&e;</p>" + PARAGRAPH)).text
    )


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.jsonl"])
def test_a_million_spaces_take_bounded_time(tmp_path: Path, name: str) -> None:
    text = "First words\n\nthen" + " " * 1_000_000 + "the last."
    content = {"a.html": page(f"<p>{text}</p>{PARAGRAPH}"), "a.jsonl": line(text=text)}
    began = time.monotonic()
    assert read_one(tmp_path, name, content.get(name, text)).text.count("the last.") == 1
    assert time.monotonic() - began < 20


# Files and folders


def test_an_unknown_ending_names_the_known_ones(tmp_path: Path) -> None:
    assert ".jsonl" in reason(tmp_path, "a.exe", b"MZ")


@pytest.mark.timeout(20)
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (skipped,) = read_path(tmp_path / "pipe.txt", tmp_path)
    assert isinstance(skipped, Skipped) and "not a regular file" in skipped.reason
    (gone,) = read_path(tmp_path / "gone.txt", tmp_path)
    assert isinstance(gone, Skipped) and "No such file" in gone.reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Text.")
    (tmp_path / "a.txt").chmod(0)
    (skipped,) = read_path(tmp_path / "a.txt", tmp_path)
    assert isinstance(skipped, Skipped) and "Permission denied" in skipped.reason


def test_links_are_not_followed_out_nor_round(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "out.txt").write_text("Outside.")
    (folder / "in.txt").write_text("Inside.")
    for name, target in (("out.txt", "../out.txt"), ("up", ".."), ("loop.txt", "loop.txt")):
        (folder / name).symlink_to(target)
    (folder / "sub" / "same.txt").symlink_to("../in.txt")
    (folder / ".hidden.txt").write_text("Hidden.")
    found = [path.relative_to(folder).as_posix() for path in find_files(folder)]
    assert found == ["in.txt", "loop.txt", "sub/same.txt"]
    (looped,) = read_path(folder / "loop.txt", folder)
    assert isinstance(looped, Skipped)


@pytest.mark.parametrize("name", [b"new\nline.txt", b"\xff\xfe.txt", "é".encode() * 100 + b".txt"])
def test_any_name_of_a_file_can_be_stored_and_printed(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_text("Title\n\nText.")
    (article,) = [a for found in find_files(tmp_path) for a in read_path(found, tmp_path)]
    assert isinstance(article, Article) and article.path and article.path.encode()
