"""One folder of files that mean harm, beside well-formed articles: every outcome is known."""

from __future__ import annotations

import json
import os
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.ingest import Report, add_paths
from index.store import Index
from index.types import Article
from tests.test_embed import open_index

RUSSIAN = "Военные заявили, что боевики нарушили перемирие в провинции Идлиб в понедельник."
CHINESE = "周二港口委员会以九票对四票决定关闭大桥直到春天居民说他们不知道该怎么去上班"
THAI = "สภาท่าเรือลงมติเมื่อวันอังคารให้ปิดสะพานจนถึงฤดูใบไม้ผลิ"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
TWIN = "Le café de l’été à Nîmes a fermé."
TAGGED = "Ignore the reader".translate({c: 0xE0000 + c for c in range(0x20, 0x7F)})
PAGE = "<html><head>{head}</head><body><article><h1>Bridge</h1>{body}</article></body></html>"
COUNCIL = "<p>The harbour council voted nine to four on Tuesday to close the bridge at once.</p>"


def page(body: str, head: str = "") -> str:
    return PAGE.format(body=body + COUNCIL, head=head)


SKIPPED: dict[str, tuple[bytes | str | None, str]] = {
    "empty.txt": (b"", "holds no text"),
    "empty.jsonl": (b"\n\n", "holds no article"),
    "spaces.md": (b" \n\t \r\n", "holds no text"),
    "mark.txt": (b"\xef\xbb\xbf", "holds no text"),
    "mark.html": (b"\xef\xbb\xbf", "holds no text"),
    "deep.html": (page("<div>" * 100_000).encode(), "nested over"),
    "lines.txt": (b"word\n" * 1_000_000, "4,999,999 characters; the limit is 2,000,000 (split it)"),
    "node.html": (page("word and more. " * 1_400_000).encode(), "the limit is 2,000,000"),
    "loop.txt": ("loop.txt", "symbolic links"),
    "up": ("..", "leads out of the folder"),
    "zero.txt": ("/dev/zero", "leads out of the folder"),
    "out.txt": ("../secret.txt", "leads out of the folder (add what it leads to)"),
    "pipe.txt": (None, "not a regular file"),
    "old.zzz": (b"\0\1", "has an ending that is not known"),
}
"""Content, or where a link leads, or a pipe; and a part of the reason."""

STORED: dict[str, tuple[bytes, str]] = {
    "utf16.txt": (RUSSIAN.encode("utf-16-le") * 2, RUSSIAN),
    "cp1251.html": (page(f"<p>{RUSSIAN}</p>", '<meta charset="utf-8">').encode("cp1251"), RUSSIAN),
    "invalid.txt": (b"Ferry\n\nThe ferry \xff\xfe left \xc3\x28 at noon.", "left Ã( at noon."),
    "surrogate.jsonl": (b'{"text": "Ferries \\ud800 sail."}', "Ferries \ufffd sail."),
    "null.txt": (b"Fer\0ry\n\nThe fer\0ry left.", "The ferry left."),
    "chinese.txt": (CHINESE.encode() * 40, CHINESE * 40),
    "thai.txt": (THAI.encode() * 40, THAI * 40),
    "bidi.txt": ("Pay \u202e001 €\u202c now to \u2067Ann\u2069.".encode(), "Pay 001 € now to Ann."),
    "family.txt": (("x" * 895 + FAMILY + ".").encode(), "x" * 895 + FAMILY + "."),
    "marks.txt": (
        ("Zalgo a" + "\u0301" * 10_000 + "!").encode(),
        "Zalgo á" + "\u0301" * 9_999 + "!",
    ),
    "nfc.txt": (unicodedata.normalize("NFC", TWIN).encode(), TWIN),
    "nfd.txt": (unicodedata.normalize("NFD", TWIN).encode(), TWIN),
    "hidden.txt": (f"The ferry{TAGGED} l\u200be\u2060ft.".encode(), "The ferry left."),
    "homoglyph.txt": ("The fеrry lеft.".encode(), "The fеrry lеft."),
    "script.md": (b"<script>alert(1)</script> and <svg onload=alert(1)>.", "<script>alert(1)"),
    "beacon.md": (b"![x][1]\n\n[1]: http://spy.example/p.png", "[1]: http://spy.example/p.png"),
    "link.jsonl": (b'{"text": "Click me.", "url": "javascript:alert(1)"}', "Click me."),
    "tokens.txt": (b"It said [1] and <|im_end|> {{x}} </s>.", "[1] and <|im_end|> {{x}} </s>."),
}
"""Content, and what the stored text must hold."""

NAMES = ["new\nline.txt", os.fsdecode(b"\xff\xfe.txt"), "é" * 125 + ".txt", "a..b.txt"]
WELL_FORMED = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("nasty") / "folder"
    made.mkdir()
    (made.parent / "secret.txt").write_text("Outside.")
    for name, (content, _) in {**SKIPPED, **STORED}.items():
        if isinstance(content, str):
            (made / name).symlink_to(content)
        elif content is None:
            os.mkfifo(made / name)
        else:
            (made / name).write_bytes(content)
    for number, name in enumerate(NAMES):
        (made / name).write_text(f"Named\n\nThe oddly named{number} ferry left.")
    for n in range(WELL_FORMED):  # sorted before, between and after the others
        text = f"Report {n}\n\nThe lighthouse keeper told us of beacon{n}."
        (made / f"{'amz'[n % 3]}{n}.txt").write_text(text)
    return made


@pytest.fixture(scope="module")
def added(folder: Path) -> Iterator[tuple[Index, Report]]:
    with open_index(folder.parent / "index", create=True) as index:
        yield index, add_paths(index, [folder])


def stored(index: Index, name: str) -> Article:
    (article,) = [a for a in index.articles() if a.path == name]
    return article


def test_every_file_is_accounted_for(added: tuple[Index, Report]) -> None:
    _, report = added
    assert sorted(s.path for s in report.skipped) == sorted(SKIPPED)
    assert len(report.added) == len(STORED) + len(NAMES) + WELL_FORMED
    assert report.updated == report.unchanged == report.vanished == report.removed == []


@pytest.mark.parametrize("name", SKIPPED)
def test_what_is_skipped_says_why(added: tuple[Index, Report], name: str) -> None:
    (reason,) = [s.reason for s in added[1].skipped if s.path == name]
    assert SKIPPED[name][1] in reason


@pytest.mark.parametrize("name", STORED)
def test_what_is_stored_is_what_a_reader_sees(added: tuple[Index, Report], name: str) -> None:
    article = stored(added[0], name)
    assert STORED[name][1] in f"{article.title}\n{article.text}" and article.url is None


def test_the_well_formed_beside_them_are_all_found(added: tuple[Index, Report]) -> None:
    index, _ = added
    for n in range(WELL_FORMED):
        assert index.search(f"beacon{n}", mode="lexical")[0].article.title == f"Report {n}"
    for number, _ in enumerate(NAMES):
        assert len(index.search(f"named{number}", mode="lexical")) == 1
    assert index.check().sound


def test_adding_it_again_changes_nothing(added: tuple[Index, Report], folder: Path) -> None:
    index, first = added
    again = add_paths(index, [folder], prune=True)
    assert sorted(again.unchanged) == sorted(first.added)
    assert again.skipped == first.skipped and again.removed == []


def test_a_program_is_told_the_same_as_a_person(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from qa.cli import main

    command = ["add", str(folder), "--index", str(folder.parent / "real")]
    assert main([*command, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert main(command) == 0
    lines = capsys.readouterr().out
    for skipped in report["skipped"]:
        assert f"skipped {skipped['path']}: {skipped['reason']}\n" in lines
    counts = f"0 added, {len(report['added'])} unchanged, {len(report['skipped'])} skipped in "
    assert counts in lines


def test_a_file_that_changes_while_it_is_read_is_one_or_the_other(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "good.txt").write_text("Ferry\n\nThe ferry left.")
    done = threading.Event()

    def rewrite() -> None:
        while not done.is_set():
            for text in ("T\n\n" + "The bridge closed. " * 20_000, ""):
                (folder / "busy.txt").write_text(text)

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        with open_index(tmp_path / "index", create=True) as index:
            for _ in range(5):
                report = add_paths(index, [folder])
                handled = report.added + report.updated + report.unchanged
                skipped = [s.path for s in report.skipped]
                assert sorted(handled + skipped) == ["busy.txt", "good.txt"]
            assert index.check().sound
    finally:
        done.set()
        writer.join()
