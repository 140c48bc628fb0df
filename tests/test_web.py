"""Pages, feeds and sitemaps from the web into articles: what comes out, and what is kept out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from index.ingest import Report, add_fetched
from index.readers import Skipped
from index.store import Index
from index.types import Article
from index.web.pages import articles
from index.web.wire import Limits
from qa import cli
from tests.hostile_server import Lab, Server, answer, redirect, zeros, zipped

ADDRESS, FOREIGN = "93.184.216.34", "185.15.59.224"
LIMITS = Limits(body=500_000, connect=5, read=5, total=20, pages=5, lists=3)
XML = "application/xml"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def lab(server: Server) -> Lab:
    """ledger.example, its www, and the foreign wire.example."""
    made = Lab()
    made.names = {
        "ledger.example": [[ADDRESS]],
        "www.ledger.example": [[ADDRESS]],
        "wire.example": [[FOREIGN]],
        "inside.example": [["10.0.0.5"]],
    }
    made.doors = {(ADDRESS, 80): server, (FOREIGN, 80): server}
    return made


def page(title: str, head: str = "") -> str:
    told = "".join(
        f"<p>On day {n} of the week the harbour council said of “{title}” that it would meet.</p>"
        for n in range(6)
    )
    return (
        f"<html><head><title>{title}</title>{head}</head><body><nav><a href=/>Home</a></nav>"
        f"<article><h1>{title}</h1>{told}</article></body></html>"
    )


def read(url: str, lab: Lab) -> tuple[list[Article], list[Skipped]]:
    found = list(articles(url, LIMITS, lab))
    assert lab.escaped == []
    return (
        [item for item in found if isinstance(item, Article)],
        [item for item in found if isinstance(item, Skipped)],
    )


def read_one(url: str, lab: Lab) -> Article:
    (article,), skipped = read(url, lab)
    assert skipped == []
    return article


def reasons(url: str, lab: Lab) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in read(url, lab)[1]}


def tell(server: Server, *names: str) -> None:
    """Pages of ledger.example, each under its name."""
    for name in names:
        server.answers[f"ledger.example/{name}"] = answer(page(f"Story {name}"))


def rss(*links: str) -> str:
    items = "".join(f"<item><title>T</title><link>{link}</link></item>" for link in links)
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        '<title>Ledger</title><link>http://ledger.example/</link><atom:link rel="self" '
        f'href="http://ledger.example/feed"/>{items}</channel></rss>'
    )


def sitemap(*links: str, index: bool = False) -> str:
    outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    urls = "".join(f"<{inner}><loc>{link}</loc></{inner}>" for link in links)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0"?><{outer} xmlns="{space}">{urls}</{outer}>'


def urls(*names: str) -> list[str]:
    return [f"http://ledger.example/{name}" for name in names]


# Pages


def test_a_page_becomes_an_article_known_by_its_final_url(lab: Lab, server: Server) -> None:
    head = '<meta property="article:published_time" content="2024-05-01T10:00:00Z">'
    server.answers["ledger.example/go"] = redirect("http://www.ledger.example/ferry")
    server.answers["www.ledger.example/ferry"] = zipped(page("Ferry sails", head))
    article = read_one("http://ledger.example/go", lab)
    assert (article.title, article.published) == ("Ferry sails", date(2024, 5, 1))
    assert article.url == article.path == "http://www.ledger.example/ferry"
    assert article.source == "www.ledger.example"
    assert "On day 5 of the week" in article.text and "Home" not in article.text


def test_a_page_has_the_time_to_be_read_that_is_given(lab: Lab, server: Server) -> None:
    tell(server, "ferry")
    (skipped,) = articles("http://ledger.example/ferry", LIMITS, lab, seconds=1e-6)
    assert isinstance(skipped, Skipped) and "allow --seconds" in skipped.reason


@pytest.mark.parametrize(
    ("canonical", "taken"),
    [
        ("http://ledger.example/ferry", True),
        ("https://www.ledger.example/2024/ferry", True),
        ("https://amp.ledger.example/ferry", True),
        ("http://wire.example/ferry", False),
        ("http://badledger.example/ferry", False),
        ("http://ledger.example.evil.example/ferry", False),
        ("http://ledger.example/", False),
        ("http://user@ledger.example/ferry", False),
        ("http://10.0.0.1/ferry", False),
    ],
)
def test_a_page_may_call_itself_by_a_url_of_its_own_site_only(
    canonical: str, taken: bool, lab: Lab, server: Server
) -> None:
    head = f'<link rel="canonical" href="{canonical}">'
    server.answers["ledger.example/f?id=7"] = answer(page("Ferry sails", head))
    article = read_one("http://ledger.example/f?id=7", lab)
    assert article.url == (canonical if taken else "http://ledger.example/f?id=7")


def test_text_and_markdown_are_read_by_their_readers(lab: Lab, server: Server) -> None:
    matter = "---\ntitle: Ferry\nid: 0123456789abcdef\npublished: 2024-05-01\n---\nIt *sailed*."
    server.answers["ledger.example/a.md"] = answer(matter, "text/markdown; charset=utf-8")
    server.answers["ledger.example/b"] = answer("Crab day\n\nThe crab won.", "text/plain")
    ferry = read_one("http://ledger.example/a.md", lab)
    assert (ferry.title, ferry.published, ferry.text) == ("Ferry", date(2024, 5, 1), "It *sailed*.")
    assert ferry.id != "0123456789abcdef"  # the id of somebody else's article
    crab = read_one("http://ledger.example/b", lab)
    assert (crab.title, crab.text) == ("Crab day", "The crab won.")


def test_a_page_is_read_in_the_encoding_that_its_server_names(lab: Lab, server: Server) -> None:
    polish = "Wójt\n\nZażółć gęślą jaźń. Wójt gminy powiedział, że most był zamknięty."
    named = "text/plain; charset=ISO-8859-2"
    server.answers["ledger.example/1"] = answer(polish.encode("iso8859-2"), named)
    # What is UTF-8 is that, whatever a server calls everything by default.
    server.answers["ledger.example/2"] = answer(polish.encode(), "text/plain; charset=iso-8859-1")
    server.answers["ledger.example/3"] = answer(polish.encode(), "text/plain; charset=nonsense")
    for name in ("1", "2", "3"):
        assert read_one(f"http://ledger.example/{name}", lab).text == polish.partition("\n\n")[2]


def test_a_page_that_is_no_article_is_skipped_with_its_url(lab: Lab, server: Server) -> None:
    server.answers["ledger.example/empty"] = answer("<html></html>")
    server.answers["ledger.example/date.md"] = answer(
        "---\npublished: soon\n---\nA.", "text/markdown"
    )
    assert "holds no" in reasons("http://ledger.example/empty", lab)["http://ledger.example/empty"]
    assert (
        "not a date"
        in reasons("http://ledger.example/date.md", lab)["http://ledger.example/date.md"]
    )
    assert "404" in reasons("http://ledger.example/gone", lab)["http://ledger.example/gone"]


def test_what_is_said_of_a_url_can_be_printed(lab: Lab, server: Server) -> None:
    ((path, reason),) = reasons("http://x\x1b[31m\ud800.example/", lab).items()
    assert path.isprintable() and reason.isprintable()
    (path + reason).encode()


# Lists


def test_a_feed_brings_the_pages_of_its_entries(lab: Lab, server: Server) -> None:
    tell(server, "1", "2")
    feed = rss(" http://ledger.example/1 ", "<![CDATA[/2]]>", "http://ledger.example/1")
    server.answers["ledger.example/feed"] = answer(feed, "application/rss+xml")
    found, skipped = read("http://ledger.example/feed", lab)
    assert [article.url for article in found] == urls("1", "2")
    assert skipped == []


def test_atom_and_rdf_name_their_pages_in_their_own_ways(lab: Lab, server: Server) -> None:
    tell(server, "1", "2", "3")
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><link href="http://ledger.example/"/><entry>'
        '<link rel="edit" href="/edit"/><link href="/1"/><source><link href="/0"/></source></entry>'
        '<entry><link rel="alternate" href="http://ledger.example/2?a=1&amp;b=2"/></entry></feed>'
    )
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/"><channel><link>http://ledger.example/</link></channel>'
        "<item><link>http://ledger.example/3</link></item></rdf:RDF>"
    )
    server.answers["ledger.example/2?a=1&b=2"] = server.answers["ledger.example/2"]
    server.answers["ledger.example/atom"] = answer(atom, "application/atom+xml")
    server.answers["ledger.example/rdf"] = answer(rdf, "text/xml")
    assert [a.url for a in read("http://ledger.example/atom", lab)[0]] == urls("1", "2?a=1&b=2")
    assert [a.url for a in read("http://ledger.example/rdf", lab)[0]] == urls("3")


def test_a_feed_may_give_guids_a_base_and_other_forms(lab: Lab, server: Server) -> None:
    tell(server, "1", "blog/2")
    guids = "<rss><channel><item><guid>http://ledger.example/1</guid></item></channel></rss>"
    based = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://ledger.example/blog/"><entry>'
        '<link href="2"/><link type="application/json" href="2.json"/></entry></feed>'
    )
    server.answers["ledger.example/guids"] = answer(guids, XML)
    server.answers["ledger.example/based"] = answer(based, XML)
    assert [a.url for a in read("http://ledger.example/guids", lab)[0]] == urls("1")
    found, skipped = read("http://ledger.example/based", lab)
    assert ([a.url for a in found], skipped) == (urls("blog/2"), [])


def test_a_bare_ampersand_in_a_list_is_part_of_the_address(lab: Lab, server: Server) -> None:
    tell(server, "s?id=1&page=2")
    server.answers["ledger.example/map.xml"] = answer(sitemap(*urls("s?id=1&page=2")), XML)
    assert [a.url for a in read("http://ledger.example/map.xml", lab)[0]] == urls("s?id=1&page=2")


def test_a_sitemap_is_read_so_far_and_says_what_was_left(lab: Lab, server: Server) -> None:
    names = [str(n) for n in range(7)]
    tell(server, *names)
    server.answers["ledger.example/map.xml"] = answer(sitemap(*urls(*names)), XML)
    found, (left,) = read("http://ledger.example/map.xml", lab)
    assert [article.url for article in found] == urls(*names[:5])
    assert left.path == "http://ledger.example/map.xml"
    assert "lists 7 pages; the first 5 were taken" in left.reason


def test_a_sitemap_index_is_followed_one_level(lab: Lab, server: Server) -> None:
    tell(server, "1", "2")
    packed = gzip.compress(sitemap(*urls("2")).encode())
    parts = {
        "a.xml": answer(sitemap(*urls("1")), XML),
        "b.xml.gz": answer(packed, "application/x-gzip"),
        "index.xml": answer(
            sitemap(*urls("a.xml", "index.xml", "b.xml.gz", "c.xml", "d.xml"), index=True), XML
        ),
    }
    server.answers |= {f"ledger.example/{name}": part for name, part in parts.items()}
    found, skipped = read("http://ledger.example/index.xml", lab)
    assert [article.url for article in found] == urls("1", "2")
    assert [s.reason.split(" (")[0] for s in skipped] == [
        "is an index within an index",
        "2 of 5 sitemaps were not read",
    ]


def test_one_bad_page_does_not_stop_the_list(lab: Lab, server: Server) -> None:
    tell(server, "1", "2")
    bad = ["http://10.0.0.1/", "http://inside.example/", "javascript:alert(1)", "http://[::1"]
    server.answers["ledger.example/feed"] = answer(rss(*urls("1"), *bad[:3], *urls("2")), XML)
    found, skipped = read("http://ledger.example/feed", lab)
    assert [article.url for article in found] == urls("1", "2")
    assert [s.path for s in skipped] == bad[:3]
    server.answers["ledger.example/feed"] = answer(rss(bad[3]), XML)
    assert list(reasons("http://ledger.example/feed", lab)) == [bad[3]]


def test_a_listed_page_is_no_list_itself(lab: Lab, server: Server) -> None:
    server.answers["ledger.example/feed"] = answer(rss(*urls("feed2")), XML)
    server.answers["ledger.example/feed2"] = answer(rss(*urls("1")), XML)
    assert XML in reasons("http://ledger.example/feed", lab)["http://ledger.example/feed2"]


ENTITIES = {
    "laughs": '<!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 9}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>",
    "parameters": '<!DOCTYPE rss [<!ENTITY % a "hahahahahaha">'
    + "".join(
        f'<!ENTITY % {b} "{f"&#37;{a};" * 9}">%{b};' for a, b in zip("abcde", "bcdef", strict=True)
    )
    + '<!ENTITY i "ha">]>',
    "a file": '<!DOCTYPE rss [<!ENTITY i SYSTEM "file:///etc/passwd">]>',
    "the net": '<!DOCTYPE rss SYSTEM "http://ledger.example/x.dtd" [<!ENTITY i SYSTEM '
    '"http://ledger.example/x">]>',
}


@pytest.mark.parametrize("start", ENTITIES.values(), ids=ENTITIES)
def test_a_list_has_no_entities_of_its_own(start: str, lab: Lab, server: Server) -> None:
    tell(server, "1")
    feed = rss("http://ledger.example/&i;", *urls("1")).partition("?>")[2]
    server.answers["ledger.example/feed"] = answer(f"<?xml version='1.0'?>{start}{feed}", XML)
    found, skipped = read("http://ledger.example/feed", lab)
    assert {article.url for article in found} <= set(urls("1"))
    assert all("root:" not in s.path and "ha" not in s.path.split("/")[-1] for s in skipped)
    assert set(server.asked()) <= {f"ledger.example/{p}" for p in ("feed", "robots.txt", "1", "")}


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"".join(zeros(50)), "application/gzip", "more than 500,000 bytes when unpacked"),
        (b"\x1f\x8b\x08 no", "application/gzip", "damaged gzip"),
        (b"<html><p>Welcome</p></html>", XML, "lists no pages"),
        (b"", XML, "XML|lists no pages"),
        (b"\0\1\2", XML, "XML|lists no pages"),
        (b"<a>" * 100_000, XML, "XML|lists no pages"),
    ],
    ids=["bomb", "no gzip", "a page", "empty", "noise", "deep"],
)
def test_what_is_no_list_is_refused(
    body: bytes, kind: str, reason: str, lab: Lab, server: Server
) -> None:
    server.answers["ledger.example/feed"] = answer(body, kind)
    (said,) = reasons("http://ledger.example/feed", lab).values()
    assert any(part in said for part in reason.split("|")), said


# What a site asks of programs

ROBOTS = "User-agent: *\nDisallow: /private/\nDisallow: /*?print=\n\nUser-agent: footnote-qa\n{}"


def test_pages_of_a_list_are_taken_as_robots_txt_allows(lab: Lab, server: Server) -> None:
    names = ["1", "private/2", "3?print=1"]
    tell(server, *names)
    server.answers["ledger.example/map.xml"] = answer(sitemap(*urls(*names)), XML)
    rules = ROBOTS.partition("\n\n")[0]
    server.answers["ledger.example/robots.txt"] = answer(rules, "text/plain")
    found, skipped = read("http://ledger.example/map.xml", lab)
    assert [article.url for article in found] == urls("1")
    assert [s.path for s in skipped] == urls(*names[1:])
    assert all("robots.txt" in s.reason for s in skipped)
    assert server.asked().count("ledger.example/robots.txt") == 1
    server.answers["ledger.example/robots.txt"] = answer(
        ROBOTS.format("Disallow: /1"), "text/plain"
    )
    assert [a.url for a in read("http://ledger.example/map.xml", lab)[0]] == urls(*names[1:])


def test_a_page_that_a_person_names_is_fetched_as_a_browser_would(lab: Lab, server: Server) -> None:
    tell(server, "1")
    server.answers["ledger.example/robots.txt"] = answer("User-agent: *\nDisallow: /", "text/plain")
    assert read_one("http://ledger.example/1", lab).title == "Story 1"


@pytest.mark.parametrize(
    ("robots", "read_anyway"),
    [
        (answer("gone", status="410 Gone"), True),
        (answer(page("Home")), True),
        (answer("down", status="503 Service Unavailable"), False),
        (redirect("http://10.0.0.1/robots.txt"), False),
    ],
    ids=["gone", "a page", "down", "led inside"],
)
def test_a_robots_txt_that_cannot_be_read_closes_a_site_unless_there_is_none(
    robots: bytes, read_anyway: bool, lab: Lab, server: Server
) -> None:
    tell(server, "1")
    server.answers["ledger.example/map.xml"] = answer(sitemap(*urls("1")), XML)
    server.answers["ledger.example/robots.txt"] = robots
    found, skipped = read("http://ledger.example/map.xml", lab)
    assert (len(found), len(skipped)) == ((1, 0) if read_anyway else (0, 1))


# Into the index


def test_fetched_articles_are_in_the_index_and_accounted_for(
    index: Index, lab: Lab, server: Server
) -> None:
    tell(server, "1", "2")
    twin = '<link rel="canonical" href="http://ledger.example/1">'
    server.answers["ledger.example/3"] = answer(page("Story 1", twin))
    server.answers["ledger.example/feed"] = answer(rss(*urls("1", "2", "3", "gone")), XML)
    report = Report()
    add_fetched(index, articles("http://ledger.example/feed", LIMITS, lab), report)
    assert report.added == urls("1", "2")
    assert [(s.path, s.reason[:15]) for s in report.skipped] == [
        ("http://ledger.example/3", "is the same art"),
        ("http://ledger.example/gone", "is answered wit"),
    ]
    assert (
        index.search("What did the harbour council say of “Story 2”?")[0].article.url
        == urls("2")[0]
    )
    again = Report()
    add_fetched(index, articles("http://ledger.example/2", LIMITS, lab), again)
    assert (again.added, again.unchanged) == ([], urls("2"))
    assert [article.url for article in index.named("http://ledger.example/1")] == urls("1")


@pytest.mark.parametrize("url", ["https://ledger.example/1", "HTTP://127.0.0.1/", "ftp://a.b/c"])
def test_nothing_is_fetched_unless_it_is_allowed(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["add", url, "--index", str(tmp_path / "index")]) == 1
    assert "--allow-network" in capsys.readouterr().err
    assert not (tmp_path / "index").exists()


def test_the_command_refuses_what_leads_inside_and_adds_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "crab.txt").write_text("Crab day\n\nThe crab won the race.", encoding="utf-8")
    inside = ["http://127.0.0.1/", "http://localhost.:80/", "http://[::1]:8080/"]
    given = [str(tmp_path / "crab.txt"), *inside, "--allow-network", "--json"]
    assert cli.main(["add", *given, "--index", str(tmp_path / "index")]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["added"] == ["crab.txt"]
    assert [skipped["path"] for skipped in report["skipped"]] == inside
