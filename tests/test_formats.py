"""What goes into a file of any format comes out of it as the same article, and nothing else."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Callable
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.chunk import split_sentences
from index.ingest import add_paths
from index.readers import FORMATS, Skipped, make_article, normalise
from index.readers.draft import Draft
from index.store import Index
from index.types import Article
from qa.render import where
from qa.types import Citation, Passage, plain
from tests import documents
from tests.documents import Made, read_back, squashed
from tests.pdfs import simple
from tests.stories import DEPOT, FLOOD, ORCHARD, STORIES, Story
from tests.test_readers import read, read_one, reason

FILES = [made for make in documents.FORMATS.values() for made in make()]
BY_NAME = {made.name: made for made in FILES}


def article_of(name: str, title: str) -> Article:
    return next(found for found in read_back(BY_NAME[name]) if found.title == title)


# Realistic files


@pytest.mark.parametrize("made", FILES, ids=lambda made: made.name)
def test_an_article_comes_out_whole_and_alone(made: Made) -> None:
    found = documents.score([made])
    assert found.missing == []
    assert found.furniture.right == 0
    for share in (found.articles, found.titles, found.dates):
        assert share.right == share.all > 0
    assert len(read_back(made)) == len(made.stories)


@pytest.mark.parametrize("made", FILES, ids=lambda made: made.name)
def test_paragraphs_stay_paragraphs(made: Made) -> None:
    found = documents.score([made])
    assert found.paragraphs.right == found.paragraphs.all


def test_every_format_has_three_files_at_least() -> None:
    endings = {ending for name in documents.FORMATS for ending in name.split()}
    assert endings >= set(FORMATS) - {".text", ".markdown", ".htm", ".gz"}
    assert all(len(list(make())) >= 3 for make in documents.FORMATS.values())


KNOWN = {
    "page0.html": ("source", "author", "published", "updated", "language", "url"),
    "own.csv": ("source", "author", "published", "language", "url"),
    "spreadsheet.csv": ("source", "author", "published", "url"),
    "report.pdf": ("source", "author", "published", "language"),
    "plain.docx": ("author", "language"),
    "letter.eml": ("source", "published", "language"),
    "letters.mbox": ("source", "published", "language"),
    "blog.rss": ("source", "author", "published", "url", "language"),
    "crawl.warc": ("source", "author", "published", "updated", "language", "url"),
    "folder.zip": ("source", "author", "published", "updated", "language", "url"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_what_a_file_says_of_its_article_is_kept(name: str) -> None:
    article = article_of(name, DEPOT.title)
    found = {field: getattr(article, field) for field in KNOWN[name]}
    assert found == {field: getattr(DEPOT, field) for field in KNOWN[name]}


def test_each_entry_of_an_atom_feed_has_its_own_dates_and_language() -> None:
    depot, flood = (article_of("news.atom", story.title) for story in (DEPOT, FLOOD))
    assert (depot.published, depot.updated) == (DEPOT.published, DEPOT.updated)
    assert (depot.language, flood.language) == ("en", "de")
    assert (flood.url, flood.source) == (FLOOD.url, "Ahretaler Bote")


def test_the_sender_of_a_letter_is_an_outlet_and_of_a_message_a_person() -> None:
    letter, message = (
        article_of(n, s.title) for n, s in (("letter.eml", DEPOT), ("reply.eml", FLOOD))
    )
    assert (letter.source, letter.author) == (DEPOT.source, None)
    assert (message.source, message.author) == (None, FLOOD.author)


def test_the_days_on_which_a_file_was_made_are_no_days_of_publication() -> None:
    made = docx.Document()
    made.core_properties.title = "Late"
    made.add_paragraph("The ferry was late.")
    out = io.BytesIO()
    made.save(out)  # with the template's own `created` of 2013
    pdf = simple([["The ferry was late."]], "Late")  # with a /CreationDate of today
    for name, raw in (("a.docx", out.getvalue()), ("a.pdf", pdf)):
        (article,) = read_back(Made(name, raw, ()))
        assert (article.title, article.published, article.updated) == ("Late", None, None)
        assert article.author is None


# Text in, any format out, and back in

LETTERS = "abcdefghijklmnopqrstuvwxyzäéñøßABCDEFGÖ0123456789"
words = st.text(LETTERS, min_size=1, max_size=9)
# A title of its own, so that a sentence is never taken for it.
titles = st.lists(words, min_size=2, max_size=5).map(lambda ws: f"Title {' '.join(ws)}")
sentences = st.lists(words, min_size=9, max_size=22).map(lambda ws: f"So {' '.join(ws)} ended.")
articles = st.lists(st.lists(sentences, min_size=1, max_size=4), min_size=1, max_size=6)


def story(title: str, paragraphs: list[list[str]]) -> Story:
    return Story(
        title,
        tuple(map(tuple, paragraphs)),
        "Ledger",
        "Jo",
        date(2024, 3, 5),
        "https://l.example/1",
    )


def word(it: Story) -> bytes:
    document = docx.Document()
    document.add_heading(it.title, 0)
    for block in it.blocks:
        document.add_paragraph(block)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


WRITERS: dict[str, Callable[[Story], bytes]] = {
    "a.txt": lambda it: f"{it.title}\n\n{it.text}".encode(),
    "a.md": lambda it: f"# {it.title}\n\n{it.text}".encode(),
    "a.html": lambda it: documents.page(it).encode(),
    "a.jsonl": lambda it: json.dumps(documents.fields(it)).encode(),
    "a.csv": lambda it: documents.table([it], {n: n for n in documents.fields(it)}).encode(),
    "a.docx": word,
    "report.pdf": lambda it: documents.report(it)[0],
    "columns.pdf": lambda it: documents.columns(it)[0],
    "paper.pdf": lambda it: documents.paper(it)[0],
    "letter.eml": lambda it: documents.letter(it).as_bytes(),
    "plain.eml": lambda it: documents.plain_letter(it).as_bytes(),
    "a.mbox": lambda it: documents.mailboxed([documents.plain_letter(it)]),
    "a.rss": lambda it: documents.rss([it]).encode(),
    "a.atom": lambda it: documents.atom([it, it]).encode(),
    "a.xml": lambda it: documents.rdf([it]).encode("latin-1"),
    "a.warc.gz": lambda it: documents.warc([it], packed=True),
    "a.zip": lambda it: documents.zipped([("a.txt", f"{it.title}\n\n{it.text}".encode())]),
}


@pytest.mark.parametrize("name", WRITERS)
@given(title=titles, paragraphs=articles)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_sentence_is_lost_and_offsets_are_exact(
    name: str, title: str, paragraphs: list[list[str]]
) -> None:
    written = story(title, paragraphs)
    found = read_back(Made(name, WRITERS[name](written), (written,)))
    assert found
    for article in found:
        assert article.title == title and normalise(article.text) == article.text
        text = squashed(article.text)
        assert [s for s in written.sentences if squashed(s) not in text] == []
        spans = split_sentences(article.text)
        assert all(0 <= s.start < s.end <= len(article.text) for s in spans)
        assert squashed("".join(article.text[s.start : s.end] + " " for s in spans)) == text
        assert list(article.pages) == sorted(article.pages)
        assert all(0 <= start <= len(article.text) for start in article.pages)


# Pages


def test_a_passage_knows_the_page_that_it_stands_on() -> None:
    rows = [
        [f"Sentence {n} of page {page} tells of the ferry." for n in range(9)] for page in (1, 3)
    ]
    article = read_back(Made("a.pdf", simple([rows[0], [], rows[1]]), ()))[0]
    assert len(article.pages) == 3
    for page in (1, 3):
        start = article.text.index(f"Sentence 4 of page {page}")
        cited = Citation.of(article, start, start + 9, number=1)
        assert (article.page(start), cited.page) == (page, page)
        assert where(cited).endswith(f", p. {page}")
        assert plain(cited)["page"] == page
    assert Passage.of(make_article("T", "No pages."), 0, 2).page is None


def test_a_word_broken_over_two_pages_is_whole_and_on_the_first() -> None:
    first = ["The council met on Tuesday and decided that the whole neigh-"]
    article = read_back(Made("a.pdf", simple([first, ["bourhood would get the bridge."]]), ()))[0]
    assert "whole neighbourhood would" in article.text
    assert article.page(article.text.index("neighbourhood")) == 1
    assert article.page(article.text.index("would get")) == 2


def test_pages_count_only_in_a_text_that_stays_as_it_is() -> None:
    with pytest.raises(AssertionError, match="normalise would change"):
        make_article("T", "One.\n\n\n\nTwo.", pages=(0, 8))
    assert make_article("T", "One.\n\nTwo.", pages=(0, 6)).page(5) == 1


def test_pages_change_the_version_and_articles_without_them_keep_theirs() -> None:
    known: dict[str, Any] = {"source": "L", "url": "https://l.example/1", "language": "en"}
    known |= {"published": date(2024, 3, 5), "author": "Jo", "path": "a.md"}
    article = make_article("Ferry", "It sank.", **known)
    assert article.version == "bef2a916d39ddb23"  # as it was before there were pages
    paged = make_article("Ferry", "It sank.", **known, pages=(0,))
    assert paged.id == article.id and paged.version != article.version


def test_a_hyphen_goes_with_the_line_end_unless_the_word_has_one_elsewhere(tmp_path: Path) -> None:
    rows = [
        "The well-known pilot saw the light-",
        "house, and the not so well-",
        "known one did too.",
    ]
    article = read_one(tmp_path, "a.pdf", simple([rows]))
    assert "the lighthouse, and the not so well-known one" in article.text
    rows = ["It happened in the early-", "and mid-nineties, people say."]
    assert "early- and mid-nineties" in read_one(tmp_path, "b.pdf", simple([rows])).text


# Files of many articles


MANY = [
    name for name in BY_NAME if name.endswith((".mbox", ".zip", ".warc", ".csv", ".rss", ".gz"))
]


@pytest.mark.parametrize("name", MANY)
def test_articles_of_one_file_have_ids_of_their_own_wherever_it_lies(name: str) -> None:
    made = BY_NAME[name]
    ids = [article.id for article in read_back(made)]
    again = [article.id for article in read_back(Made(f"copy {name}", made.raw, ()))]
    assert ids == again and len(set(ids)) == len(ids)


def test_a_message_is_one_article_alone_and_in_a_mailbox() -> None:
    assert article_of("letter.eml", DEPOT.title).id == article_of("letters.mbox", DEPOT.title).id


def test_a_member_of_an_archive_is_named_after_both() -> None:
    paths = [article.path for article in read_back(BY_NAME["folder.zip"])]
    assert paths == ["folder.zip/a/page0.html", "folder.zip/a/page1.html"]
    assert article_of("mixed.zip", FLOOD.title).path == "mixed.zip/etc/flood.html"


@pytest.mark.parametrize("name", BY_NAME)
def test_what_a_reader_yields_can_be_sent_between_processes(name: str, tmp_path: Path) -> None:
    suffix = Path(name).suffix
    for draft in FORMATS[suffix](BY_NAME[name].raw, name):
        assert isinstance(draft, Draft | Skipped)
        assert pickle.loads(pickle.dumps(draft)) == draft


def test_bad_rows_items_and_messages_are_named_and_the_others_go_on(tmp_path: Path) -> None:
    good = documents.rss(STORIES).replace("Tue, 05 Mar 2024", "Tue, 35 Mar 2024")
    found = read(tmp_path, "a.rss", good)
    assert [f.path for f in found if isinstance(f, Skipped)] == ["a.rss:1"]
    rows = "title,text,published\nA,First.,2024-03-05\nB,Second.,soon\nC,x,y,z\nD,Last.,\n"
    found = read(tmp_path, "a.csv", rows)
    assert [f.text for f in found if isinstance(f, Article)] == ["First.", "Last."]
    assert [f.path for f in found if isinstance(f, Skipped)] == ["a.csv:3", "a.csv:4"]
    box = documents.mailboxed([documents.letter(DEPOT), EmailMessage(), documents.letter(ORCHARD)])
    found = read(tmp_path, "a.mbox", box)
    assert [f.title for f in found if isinstance(f, Article)] == [DEPOT.title, ORCHARD.title]
    assert [f.path for f in found if isinstance(f, Skipped)] == ["a.mbox:2"]


def test_a_table_without_texts_says_which_columns_it_has(tmp_path: Path) -> None:
    why = reason(tmp_path, "a.csv", "Headline;Day\nA;1\n")
    assert 'no column "text"' in why and "headline, day" in why
    assert reason(tmp_path, "b.csv", "\n \n") == "holds no rows"
    assert (
        "close its quotation marks" in read(tmp_path, "c.csv", 'text\n"never closed\n')[-1].reason
    )  # type: ignore[union-attr]


def test_a_column_of_our_own_name_goes_before_its_other_names(tmp_path: Path) -> None:
    article = read_one(tmp_path, "a.csv", "body,text,headline\nTeaser.,The text.,Head\n")
    assert (article.text, article.title) == ("The text.", "Head")


# Mail


REPLIES = {
    "answer below": ("On Monday, Ana wrote:\n> Where is it?\n\nIt is here.", "It is here."),
    "answer between": ("> Where is it?\nHere.\n> And she?\nThere.", "Here.\nThere."),
    "outlook": ("It is here.\n\n----- Original Message -----\n> Where is it?", "It is here."),
}


@pytest.mark.parametrize(("body", "text"), REPLIES.values(), ids=REPLIES)
def test_what_a_reply_answers_is_left_out(tmp_path: Path, body: str, text: str) -> None:
    head = "From: A <a@x.example>\nIn-Reply-To: <1@x>\nSubject: Re: it\n\n"
    assert read_one(tmp_path, "a.eml", head + body).text == text


def test_a_quotation_in_a_letter_that_answers_nothing_is_kept(tmp_path: Path) -> None:
    body = (
        "She wrote this to us.\n\n> The bridge is safe.\n\nIt was not.\n\nTo unsubscribe, vote no."
    )
    found = read_one(tmp_path, "a.eml", f"From: A <a@x.example>\nSubject: S\n\n{body}").text
    assert "> The bridge is safe." in found and "It was not." in found


def test_an_article_on_unsubscribing_keeps_its_text(tmp_path: Path) -> None:
    first = "A new law lets readers unsubscribe with one click, the ministry said on Tuesday."
    body = f"{first}\n\n{DEPOT.text}\n\nUnsubscribe"
    article = read_one(tmp_path, "a.eml", f"From: A <a@x.example>\nSubject: S\n\n{body}")
    assert article.text == normalise(f"{first}\n\n{DEPOT.text}")


# Pages of the web


def test_hidden_text_stays_out_and_the_last_change_is_found(tmp_path: Path) -> None:
    page = documents.page(
        ORCHARD, '<div hidden>Not for readers.</div><p STYLE="DISPLAY : None">Nor</p>'
    )
    ld = '<script type="application/ld+json">{"dateModified": "2023-09-20T10:00:00Z"}</script>'
    article = read_one(tmp_path, "a.html", page.replace("</head>", ld + "</head>"))
    assert "Not for readers" not in article.text and "Nor" not in article.text.split()
    assert (article.updated, article.language) == (date(2023, 9, 20), "en")
    odd = page.replace("</head>", ld.replace("2023-09-20", "2023-99-20") + "</head>")
    assert read_one(tmp_path, "b.html", odd).updated is None


def test_joiners_and_ampersands_of_a_page_are_kept(tmp_path: Path) -> None:
    extra = "<p>می‌خواهم 👩‍🚒 and &zwnj; show &amp;lt;b&amp;gt; to Lindqvist &amp; Sons.</p>"
    page = documents.page(DEPOT, extra).replace("Carrow Courier", "Lindqvist &amp; Sons")
    article = read_one(tmp_path, "a.html", page)
    assert "می‌خواهم 👩‍🚒 and ‌ show &lt;b&gt; to Lindqvist & Sons." in article.text
    assert article.source == "Lindqvist & Sons"


# All of them at once


def test_a_folder_of_every_format_is_in_the_index_afterwards(index: Index, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    for made in FILES:
        (folder / made.name).write_bytes(made.raw)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    report = add_paths(index, [folder])
    bad = [s for s in report.skipped if "is the same article" not in s.reason]
    assert [s.path for s in bad] == ["broken.pdf"]
    assert {a.title for a in index.articles()} >= {s.title for s in STORIES}
    hits = index.search("Which vet saw the fire at the depot?", 3)
    assert any("Ines Pryor" in hit.text for hit in hits)
    again = add_paths(index, [folder])
    assert (again.added, again.updated, again.vanished) == ([], [], [])
