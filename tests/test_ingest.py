"""Files into an index: each is accounted for, one writes at a time, and no folder is mistaken."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import index.readers as readers
from index.errors import FootnoteError, IndexDamaged, IndexLocked, IndexMismatch, IndexMissing
from index.ingest import Report, add_paths
from index.store import Index
from qa.types import plain
from tests.conftest import ROOT
from tests.pdfs import report
from tests.stories import STORIES
from tests.test_embed import MODES, WordHash, article, ferries, names, open_index
from tests.test_index import run_sql, seen


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Index]:
    with open_index(tmp_path / "index", create=True) as opened:
        yield opened


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """A folder with two articles."""
    folder = tmp_path / "news"
    folder.mkdir()
    write(folder, "a.txt", "The ferry left.")
    write(folder, "sub/b.txt", "The bridge closed.")
    return folder


def write(folder: Path, name: str, text: str, **matter: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = "".join(f"{key}: {value}\n" for key, value in matter.items())
    path.write_text(f"---\n{fields}---\n{text}" if matter else f"{path.stem}\n\n{text}")
    return path


def outcome(report: Report) -> dict[str, list[str]]:
    """What became of a batch, without what is empty."""
    fields = ("added", "updated", "unchanged", "vanished", "removed")
    found = {name: sorted(getattr(report, name)) for name in fields if getattr(report, name)}
    skipped = sorted(s.path for s in report.skipped)
    return found | ({"skipped": skipped} if skipped else {})


def ids(index: Index) -> dict[str | None, str]:
    return {a.path: a.id for a in index.articles()}


# What becomes of each file


def test_added_unchanged_updated_vanished_removed(small: Index, news: Path) -> None:
    both = ["a.txt", "sub/b.txt"]
    assert outcome(add_paths(small, [news])) == {"added": both}
    before = ids(small)
    assert outcome(add_paths(small, [news])) == {"unchanged": both}
    write(news, "a.txt", "The ferry left late.")
    (news / "sub/b.txt").unlink()
    write(news, "c.md", "Fog came.")
    assert outcome(add_paths(small, [news])) == {
        "added": ["c.md"],
        "updated": ["a.txt"],
        "vanished": ["sub/b.txt"],
    }
    assert ids(small)["a.txt"] == before["a.txt"]
    assert names(small.search("bridge", mode="lexical")) == ["b"]  # only pruning removes
    assert outcome(add_paths(small, [news], prune=True)) == {
        "unchanged": ["a.txt", "c.md"],
        "vanished": ["sub/b.txt"],
        "removed": ["sub/b.txt"],
    }
    assert small.search("bridge", mode="lexical") == []


def test_what_indexes_are_made_of_is_no_file_of_the_folder_that_they_lie_in(news: Path) -> None:
    """It was: the second run named each of an index's files as one that it cannot read."""
    with open_index(news / "idx", create=True) as first, open_index(news, create=True) as second:
        for index in (first, second, first, second):
            report = add_paths(index, [news])
            assert len(report.added + report.unchanged) == 2 and report.skipped == []
        # Only its own files are left out, and only where an index is.
        for name in ("idx/c.txt", "idx/lexical/d.txt", "lexical/e.txt"):
            write(news, name, f"Text of {name}.")
        for name in ("idx/x.pos", "sub/index.sqlite-wal", "sub/writer.lock"):
            (news / name).write_text("It is none.")
        assert outcome(add_paths(first, [news])) == {
            "added": ["idx/c.txt", "idx/lexical/d.txt", "lexical/e.txt"],
            "unchanged": ["a.txt", "sub/b.txt"],
            "skipped": ["idx/x.pos", "sub/index.sqlite-wal", "sub/writer.lock"],
        }
        (named,) = add_paths(first, [news / "idx" / "index.sqlite"]).skipped
        assert "has an ending that is not known" in named.reason


def test_what_is_hidden_is_read_where_it_is_named(small: Index, news: Path) -> None:
    hidden = write(news, ".hidden.txt", "The bridge closed."), write(news, ".notes/c.txt", "Fog.")
    assert outcome(add_paths(small, [news])) == {"added": ["a.txt", "sub/b.txt"]}
    assert outcome(add_paths(small, [hidden[0]])) == {"added": [".hidden.txt"]}
    assert outcome(add_paths(small, [hidden[1].parent])) == {"added": ["c.txt"]}


def test_a_name_that_is_too_long_is_named_in_a_line(small: Index, tmp_path: Path) -> None:
    with pytest.raises(FootnoteError, match=r"x: cannot be looked at: File name too long \(check"):
        add_paths(small, [tmp_path / ("x" * 300)])


def test_only_what_lay_under_the_added_folder_can_vanish(small: Index, tmp_path: Path) -> None:
    for name in ("news", "news2", "news/sub"):
        write(tmp_path / name, f"{name[-1]}.txt", f"Text of {name}.")
    add_paths(small, [tmp_path / "news", tmp_path / "news2"])
    (tmp_path / "news2" / "2.txt").unlink()
    assert "vanished" not in outcome(add_paths(small, [tmp_path / "news"], prune=True))
    assert "vanished" not in outcome(add_paths(small, [tmp_path / "news" / "sub"], prune=True))
    assert len(small.articles()) == 3
    report = add_paths(small, [tmp_path / "news", tmp_path / "news2"], prune=True)
    assert report.removed == ["2.txt"] and len(small.articles()) == 2


def test_a_file_reached_by_two_roots_is_one_article(small: Index, news: Path) -> None:
    first = add_paths(small, [news, news / "sub", news / "sub" / "b.txt"])
    assert outcome(first) == {"added": ["a.txt", "sub/b.txt"]}
    before = small.articles()[1].id
    for roots in ([news / "sub"], [news / "sub" / "b.txt"], [news / "sub" / ".." / "sub"]):
        assert outcome(add_paths(small, roots)) == {"unchanged": ["b.txt"]}
    (news.parent / "link").symlink_to(news)
    assert outcome(add_paths(small, [news.parent / "link"])) == {
        "unchanged": ["a.txt", "sub/b.txt"]
    }
    assert small.articles()[1].id == before and len(small.articles()) == 2


@pytest.mark.parametrize("together", [True, False])
def test_files_of_the_same_name_are_two_articles(
    small: Index, tmp_path: Path, together: bool
) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        write(folder, "a.txt", f"Text of {folder.name}.")
    for roots in [folders] if together else [[folder] for folder in folders]:
        assert set(outcome(add_paths(small, roots))) == {"added"}
    before = {a.text: a.id for a in small.articles()}
    assert len(before) == len(set(before.values())) == 2
    assert outcome(add_paths(small, folders[::-1])) == {"unchanged": ["a.txt", "a.txt"]}
    assert {a.text: a.id for a in small.articles()} == before


def test_names_that_are_no_utf8_stay_apart(small: Index, news: Path) -> None:
    for name in (b"\xff.txt", b"\xfe.txt"):
        (news / name.decode("utf-8", "surrogateescape")).write_text(f"Text of {name!r}.")
    assert len(add_paths(small, [news]).added) == 4
    (news / b"\xfe.txt".decode("utf-8", "surrogateescape")).unlink()
    report = add_paths(small, [news], prune=True)
    assert len(report.unchanged) == 3 and len(report.removed) == 1 and not report.skipped


def test_a_folder_that_was_moved_keeps_its_identities(small: Index, news: Path) -> None:
    add_paths(small, [news])
    before = ids(small)
    moved = news.rename(news.with_name("moved"))
    assert set(outcome(add_paths(small, [moved]))) == {"unchanged"}
    assert ids(small) == before
    (moved / "a.txt").unlink()
    assert add_paths(small, [moved]).vanished == ["a.txt"]


@pytest.mark.parametrize("key", ["url", "id"])
def test_the_same_address_twice_is_skipped_with_its_reason(
    small: Index, tmp_path: Path, key: str
) -> None:
    for name in ("a.md", "b.md"):
        write(tmp_path / "news", name, f"Text of {name}.", **{key: "https://x.example/1"})
    report = add_paths(small, [tmp_path / "news"])
    assert outcome(report) == {"added": ["a.md"], "skipped": ["b.md"]}
    assert "same article" in report.skipped[0].reason and "a.md" in report.skipped[0].reason


def test_bad_files_are_named_and_the_rest_goes_on(small: Index, news: Path) -> None:
    (news / "empty.txt").write_text("")
    (news / "old.pdf").write_bytes(b"%PDF")
    (news / "loop.txt").symlink_to("loop.txt")
    (news / "some.jsonl").write_text('{"text": "First line."}\nno\n{"text": "Last line."}')
    report = add_paths(small, [news])
    skipped = ["empty.txt", "loop.txt", "old.pdf", "some.jsonl:2"]
    assert outcome(report)["skipped"] == skipped and len(report.added) == 4
    assert all(s.reason for s in report.skipped) and report.handled == 4


def test_what_cannot_be_read_now_has_not_vanished(small: Index, news: Path) -> None:
    (news / "c.jsonl").write_text('{"text": "First line."}\n{"text": "Last line."}')
    add_paths(small, [news])
    (news / "a.txt").write_bytes(b"")
    (news / "c.jsonl").write_text('{"text": "First line."}\n{"text": "Last')
    report = add_paths(small, [news], prune=True)
    assert report.vanished == report.removed == []
    assert len(report.skipped) == 2 and len(small.articles()) == 4


def test_a_folder_that_cannot_be_listed_has_not_vanished(
    small: Index, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_paths(small, [news])
    scan = readers.os.scandir

    def refuse(path: str | Path) -> object:
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(readers.os, "scandir", refuse)
    report = add_paths(small, [news], prune=True)
    assert outcome(report) == {"unchanged": ["a.txt"], "skipped": ["sub"]}
    assert "cannot be listed" in report.skipped[0].reason and len(small.articles()) == 2


def test_a_path_that_is_not_there_changes_nothing(small: Index, news: Path) -> None:
    with pytest.raises(FootnoteError, match=r"gone: there is no such file"):
        add_paths(small, [news, news / "gone"])
    assert small.articles() == [] and small.version == 0


def test_an_interrupted_add_keeps_what_was_committed_and_goes_on(
    small: Index, tmp_path: Path
) -> None:
    for n in range(150):
        write(tmp_path / "many", f"{n:03}.txt", f"The ferry left {n} times.")

    def stop(done: int, total: int) -> None:
        assert total == 150
        if done == 140:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_paths(small, [tmp_path / "many"], progress=stop)
    kept = len(small.articles())
    assert 0 < kept < 140 and len(small.search("ferry", 200, mode="lexical")) == kept
    report = add_paths(small, [tmp_path / "many"], prune=True)
    assert (len(report.added), len(report.unchanged), report.removed) == (150 - kept, kept, [])
    assert small.check().sound


# One article in two places


def exported(index: Index, path: Path) -> Path:
    """What `qa export` prints, in a file."""
    rows = [plain(article) for article in index.articles()]
    for row in rows:
        del row["version"], row["path"], row["pages"]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def held(index: Index) -> dict[str, str | None]:
    """The name of the file that each article is held to lie in, by title."""
    origins = {a.title: index.origin(a.id) for a in index.articles()}
    assert len(origins) == len(index.articles())
    return {title: origin and Path(origin).name for title, origin in origins.items()}


def test_an_export_that_is_added_beside_its_folder_is_no_second_copy(
    small: Index, news: Path, tmp_path: Path
) -> None:
    add_paths(small, [news])
    before = ids(small), held(small)
    lines = exported(small, tmp_path / "all.jsonl")
    for place, called in ((lines, ["all.jsonl"] * 2), (news, ["a.txt", "sub/b.txt"])):
        assert outcome(add_paths(small, [place])) == {"unchanged": called}
        assert (ids(small), held(small)) == before
    small.remove([article.id for article in small.named(str(news))])
    assert small.articles() == small.search("ferry") == []


@pytest.mark.parametrize("together", [True, False])
def test_a_folder_added_beside_its_export_is_no_second_copy(
    small: Index, news: Path, tmp_path: Path, together: bool
) -> None:
    write(news, "c.md", "Fog came.", id="fog")
    add_paths(small, [news])
    lines = exported(small, tmp_path / "all.jsonl")
    with open_index(tmp_path / "new", create=True) as new:
        for places in [[lines, news], [news, lines]] if together else [[lines], [news]] * 2:
            add_paths(new, places)
            assert {a.id for a in new.articles()} == set(ids(small).values())
        held_in = {"a": "a.txt", "b": "b.txt", "c": "c.md"}
        assert held(new) == (held_in if together else dict.fromkeys(held_in, "all.jsonl"))
        lines.unlink()
        assert len(add_paths(new, [news]).unchanged) == 3
        assert held(new) == held_in


def test_a_pdf_beside_its_export_without_pages_is_no_second_copy(
    small: Index, tmp_path: Path
) -> None:
    news = tmp_path / "news"
    news.mkdir()
    (news / "report.pdf").write_bytes(report(STORIES[0])[0])
    add_paths(small, [news])
    (before,) = small.articles()
    lines = exported(small, tmp_path / "all.jsonl")
    for places in ([lines], [news], [lines, news], [news]):
        add_paths(small, places)
        assert [article.id for article in small.articles()] == [before.id]
    assert before.pages and small.articles() == [before]


def test_files_of_the_same_name_that_say_the_same_are_two_articles_in_any_order(
    small: Index, tmp_path: Path
) -> None:
    folders = [write(tmp_path / name, "a.txt", "The ferry left.").parent for name in ("one", "two")]
    for roots in ([folders[0]], [folders[1]], folders, folders[::-1]):
        add_paths(small, roots)
    assert len(small.articles()) == 2
    assert [len(small.named(str(folder))) for folder in folders] == [1, 1]


def test_what_the_web_gives_as_it_is_stays_with_its_file(small: Index, news: Path) -> None:
    write(news, "c.md", "Fog came.", url="https://x.example/1")
    add_paths(small, [news])
    (fog,) = small.named("https://x.example/1")
    assert small.add([replace(fog, path=fog.url)])["unchanged"] == 1
    assert small.named(str(news / "c.md")) == [fog]


@pytest.mark.parametrize("key", ["url", "id"])
@pytest.mark.parametrize("name", ["b.md", "A.md"], ids=["read later", "read before"])
@pytest.mark.parametrize("watched", [True, False])
def test_a_file_that_was_renamed_and_written_anew_is_two_articles(
    small: Index, tmp_path: Path, key: str, name: str, watched: bool
) -> None:
    news = tmp_path / "news"
    old = write(news, "a.md", "The bridge closed.", title="Bridge", **{key: "https://x.example/1"})
    add_paths(small, [news])
    (bridge,) = small.articles()
    old.rename(news / name)
    write(news, "a.md", "Bees came.", title="Bees")
    changed = [news / "a.md", news / name] if watched else None
    assert outcome(add_paths(small, [news], prune=True, changed=changed)) == {
        "added": ["a.md"],
        "unchanged": [name],
    }
    assert held(small) == {"Bees": "a.md", "Bridge": name}
    assert small.article(bridge.id).text == "The bridge closed."
    for _ in range(2):
        assert len(add_paths(small, [news], prune=True).unchanged) == 2
    (news / "a.md").unlink()
    changed = [news / "a.md"] if watched else None
    assert add_paths(small, [news], prune=True, changed=changed).removed == ["a.md"]
    assert held(small) == {"Bridge": name}


def test_one_that_was_renamed_is_found_again_one_file_at_a_time(
    small: Index, tmp_path: Path
) -> None:
    """The file that is held to have it is there, and has become the place of another."""
    news = tmp_path / "news"
    old = write(news, "a.md", "The bridge closed.", title="Bridge", url="https://x.example/1")
    add_paths(small, [news])
    old.rename(news / "b.md")
    for name in ("a.md", "b.md"):
        write(news, "a.md", "Bees came.", title="Bees")
        assert not add_paths(small, [news], changed=[news / name]).skipped
    assert held(small) == {"Bees": "a.md", "Bridge": "b.md"}


# Two at once, and folders that are not an index


def test_what_one_adds_the_next_search_of_the_other_sees(small: Index) -> None:
    with open_index(small.path) as other:
        for n in range(4):
            small.add([article("A", f"The ferry left as mark{n}.")])
            for mode in MODES:
                hit = other.search(f"mark{n}", mode=mode)[0]
                assert hit.text.endswith(f"mark{n}.")
        small.remove([small.articles()[0].id])
        assert [other.search("ferry", mode=mode) for mode in MODES] == [[], [], []]


def test_a_second_writer_is_refused_at_once(small: Index) -> None:
    small.add(ferries(1))
    code = (
        "import pathlib, sys; from tests.test_embed import ferries, open_index; "
        "index = open_index(pathlib.Path(sys.argv[1])); "
        "index.add(ferries(3), lambda *_: print('writing', flush=True) or sys.stdin.readline())"
    )
    command = [sys.executable, "-c", code, str(small.path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as writer:
        assert writer.stdout and writer.stdout.readline() == "writing\n"
        for change in (lambda: small.add(ferries(2)), lambda: small.remove(["x"])):
            began = time.monotonic()
            with pytest.raises(IndexLocked, match=f"written to by process {writer.pid} "):
                change()
            assert time.monotonic() - began < 5
        assert len(small.search("ferry")) == 3  # committed by then; a reader never waits
        writer.communicate("\n" * 9, timeout=60)
    assert writer.returncode == 0
    assert small.add(ferries(3))["unchanged"] == 3


def test_reopening_keeps_everything(small: Index) -> None:
    small.add(ferries(20))
    before = small.articles(), small.version, seen(small)
    small.close()
    with open_index(small.path) as again:
        assert (again.articles(), again.version, seen(again)) == before


HARM = {
    "text": "UPDATE articles SET text = text || '!'",
    "date": "UPDATE articles SET published = 'soon'",
    "no text": "UPDATE articles SET text = CAST(x'ff' AS TEXT)",
    "beyond": "UPDATE chunks SET sentences = x'00000000ffffff7f'",
    "spans": "UPDATE chunks SET sentences = x'00'",
    "no spans": "UPDATE chunks SET sentences = x''",
    "length": "UPDATE vectors SET data = zeroblob(64)",
    "vector": "UPDATE vectors SET data = x'00'",
    "gone": "DELETE FROM vectors WHERE chunk = 1",
}


@pytest.mark.parametrize("sql", HARM.values(), ids=HARM)
def test_what_contradicts_itself_is_reported(small: Index, sql: str) -> None:
    small.add(ferries(3))
    run_sql(small.path, sql)
    assert not small.check().sound


def test_the_files_of_a_thread_that_has_ended_are_closed(small: Index) -> None:
    """A server that starts a thread for each question must not run out of them."""
    small.add(ferries(3))
    small.search("ferry")
    files = Path("/proc/self/fd")
    before = len(list(files.glob("*")))
    for _ in range(40):
        thread = threading.Thread(target=small.search, args=["ferry"])
        thread.start()
        thread.join()
    assert len(list(files.glob("*"))) < before + 20


class OtherHash(WordHash):
    fingerprint = "other"


def test_another_encoder_is_refused(small: Index) -> None:
    with pytest.raises(IndexMismatch, match=r"word-hash-16.*other.*\("):
        Index.open(small.path, encoder=OtherHash())


def test_a_missing_index_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="qa add"):
        open_index(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(FootnoteError, match="file"):
        open_index(tmp_path / "file" / "index", create=True)


@pytest.mark.parametrize("content", [b"", b"no database" * 500, b"SQLite format 3\0" + b"\1" * 99])
def test_what_is_no_database_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "index.sqlite").write_bytes(content)
    if content:
        for create in (False, True):
            with pytest.raises(IndexDamaged, match=r"index\.sqlite"):
                open_index(tmp_path, create)
        return
    # An empty one is what a creation that was killed leaves behind.
    with pytest.raises(IndexMissing):
        open_index(tmp_path)
    with open_index(tmp_path, create=True) as index:
        assert index.add(ferries(1))["added"] == 1


def test_another_format_is_refused(small: Index) -> None:
    small.close()
    run_sql(small.path, "UPDATE meta SET value = 99 WHERE name = 'format'")
    with pytest.raises(IndexMismatch, match="99"):
        open_index(small.path)
