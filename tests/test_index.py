"""The index: what was added is found, whole and only that, whatever happens to its files."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import faiss
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from index import derived
from index.chunk import split_sentences
from index.database import Database
from index.errors import FootnoteError, UnknownArticle
from index.readers import make_article
from index.store import Index
from index.types import Article, Hit
from tests.test_chunk import articles as texts
from tests.test_embed import MODES, article, ferries, names, open_index


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Index]:
    with open_index(tmp_path / "index", create=True) as opened:
        yield opened


def seen(index: Index) -> list[object]:
    """What a search shows in every mode. BM25's scores depend on how the files are laid out."""
    query = "ferry number7 number61"
    return [[(h.chunk, h.article) for h in index.search(query, 8, mode=m)] for m in MODES]


def everything(index: Index) -> list[object]:
    hits = [index.search("ferry number7", 500, mode=mode) for mode in MODES]
    return [{(h.chunk, h.article) for h in found} for found in hits]


def derived_files(folder: Path) -> list[Path]:
    lexical = [p for p in (folder / "lexical").glob("*") if not p.name.startswith(".")]
    return sorted([*folder.glob("dense-*"), *folder.glob("derived.json"), *lexical])


def hurt(path: Path, how: str) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.unlink()  # a new file: one that is mapped and cut where it lies ends the process
    if how != "deleted":
        path.write_bytes(raw if how == "flipped" else raw[: len(raw) // 2])


def run_sql(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Past the index. Python's own sqlite3 beside apsw in one process would break the locks."""
    connection = apsw.Connection(str(folder / "index.sqlite"))
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def assert_vectors_agree(index: Index) -> None:
    """The FAISS file's vectors are those of the database, read here without the index's help."""
    stored = dict(run_sql(index.path, "SELECT chunk, data FROM vectors"))
    manifest = json.loads((index.path / "derived.json").read_text())["covers"]["dense"]
    main = faiss.read_index(str(index.path / manifest["file"]))
    flat = faiss.downcast_index(main.index).reconstruct_n(0, main.ntotal)
    held = dict(zip(faiss.vector_to_array(main.id_map).tolist(), flat, strict=True))
    assert all(held[row].tobytes() == data for row, data in stored.items() if row in held)
    assert {row for row in stored if row <= manifest["last_row"]} <= set(held)


# Any history of changes


class History(RuleBasedStateMachine):
    """Articles come, change and go, files are hurt; what is found is what there is."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.index = open_index(self.folder / "i", create=True)
        self.live: dict[str, Article] = {}
        self.gone: set[str] = set()
        self.count = 0
        self.hurt = False

    def put(self, key: str, text: str) -> None:
        self.count += 1
        known = self.live.get(key)
        self.gone |= {known.title} if known else set()
        made = make_article(f"mark{self.count}", text + "\n\nThe end.", key=key)
        assert self.index.add([made]) == {
            "added": int(known is None),
            "updated": int(known is not None),
            "unchanged": 0,
        }
        assert known is None or known.id == made.id
        self.live[key], self.hurt = made, False

    @rule(key=st.sampled_from("abcde"), text=texts)
    def add(self, key: str, text: str) -> None:
        self.put(key, text)

    @rule(text=texts)
    def add_twice(self, text: str) -> None:
        self.put("x", text)
        assert self.index.add([self.live["x"]])["unchanged"] == 1

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        removed = self.live.pop(data.draw(st.sampled_from(sorted(self.live))))
        assert self.index.remove([removed.id, "no such id"]) == 1
        self.gone.add(removed.title)
        self.hurt = False

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.index = open_index(self.folder / "i")

    @rule()
    def repair(self) -> None:
        self.index.repair()
        self.hurt = False

    @rule(data=st.data())
    def hurt_a_file(self, data: st.DataObject) -> None:
        files = [p for p in derived_files(self.folder / "i") if p.stat().st_size]
        if files:
            path = data.draw(st.sampled_from(files))
            hurt(path, data.draw(st.sampled_from(["deleted", "cut", "flipped"])))
            self.hurt = True
            self.reopen()

    @invariant()
    def finds_what_there_is(self) -> None:
        live = {a.title: a for a in self.live.values()}
        assert {a.title: a for a in self.index.articles()} == live
        for mode in MODES:
            hits = self.index.search("The end.", 500, mode=mode)
            found = {a.title: a for h in hits for a in (h.article, *h.copies)}
            assert found == live, mode
            assert len({h.chunk.id for h in hits}) == len(hits)
        for mark in (*live, *self.gone):
            assert set(names(self.index.search(mark, mode="lexical"))) == {mark} & set(live)

    @invariant()
    def keeps_every_sentence(self) -> None:
        found = {h.chunk for h in self.index.search("The end.", 500, mode="dense")}
        for stored in self.index.articles():
            spans = {s for c in found if c.article_id == stored.id for s in c.sentences}
            assert spans == set(split_sentences(stored.text))
            assert all(stored.text[s.start : s.end].strip() for s in spans)

    @invariant()
    def is_sound(self) -> None:
        report = self.index.check()
        assert report.sound or self.hurt, report.damage
        if self.count and not self.hurt:
            assert_vectors_agree(self.index)

    def teardown(self) -> None:
        self.index.close()
        shutil.rmtree(self.folder)


TestHistory = History.TestCase
TestHistory.settings = settings(
    max_examples=12,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class LongHistory(History):
    """The same 500 times over."""


TestLongHistory = pytest.mark.slow(pytest.mark.timeout(3_000)(LongHistory.TestCase))
TestLongHistory.settings = settings(TestHistory.settings, max_examples=500)


# Articles


def test_an_earlier_version_can_be_cited_and_not_found(small: Index) -> None:
    old, new = article("A", "The old words."), article("A", "The new words.")
    small.add([old])
    small.add([new])
    assert small.article(old.id) == new and small.article(old.id, old.version) == old
    assert small.search("old", mode="lexical") == []
    small.add([old])
    assert small.article(old.id) == old and small.articles() == [old]
    assert small.remove([old.id]) == 1
    for version in (None, old.version, new.version):
        with pytest.raises(UnknownArticle):
            small.article(old.id, version)


def test_an_article_is_found_by_the_start_of_its_id(small: Index) -> None:
    small.add(ferries(40))
    first = small.articles()[0]
    assert small.find(first.id[:12]) == first
    for prefix in ("", "zz", "%", "_"):
        with pytest.raises(UnknownArticle):
            small.find(prefix)


def test_an_interrupted_add_keeps_what_it_reported(small: Index) -> None:
    def stop(article: Article, _: object) -> None:
        if article.title == "A70":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small.add(ferries(200), stop)
    kept = len(small.articles())
    assert 71 <= kept < 200 and len(small.search("ferry", 300)) == kept
    assert small.check().sound
    assert small.add(ferries(200)) == {"added": 200 - kept, "updated": 0, "unchanged": kept}


def test_searches_beside_a_writer_see_whole_versions(small: Index) -> None:
    small.add(ferries(2))
    wrong: list[object] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for hit in small.search("ferry", 50):
                if hit.text not in hit.article.text or "ferry" not in hit.text:
                    wrong.append(hit)

    threads = [threading.Thread(target=watch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(8):
        small.add([article("A0", f"The ferry left {n} times.")])
        assert names(small.search(f"{n}", mode="lexical")) == ["A0"]
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_reader_who_is_late_has_no_earlier_version_made(
    small: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a reader's snapshot and its halves another version came, and others loaded it."""
    small.add(ferries(20))
    small.search("ferry")
    ours, loads = small._current, list[int]()
    real = derived.load

    def load(folder: Path, database: Database, version: int, *rest: Any) -> Any:
        loads.append(version)
        return real(folder, database, version, *rest)

    def other() -> None:
        with open_index(small.path) as another:
            another.add([article("late", "The late ferry left.")])
        small.search("ferry")

    def late(version: int, at_any_cost: bool) -> Any:
        monkeypatch.setattr(small, "_current", ours)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return ours(version, at_any_cost)

    monkeypatch.setattr(derived, "load", load)
    monkeypatch.setattr(small, "_current", late)
    assert names(small.search("late", mode="lexical")) == ["late"]
    assert loads == [2]


def test_an_index_that_was_put_back_is_searched_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with open_index(folder, create=True) as index:
        index.add(ferries(3))
        saved = {path.name: path.read_bytes() for path in folder.glob("index.sqlite*")}
        index.add([article("new", "A new ferry.")])
        assert len(index.search("ferry", 9)) == 4
        for path in folder.glob("index.sqlite*"):
            path.unlink()
        for name, content in saved.items():
            (folder / name).write_bytes(content)
        found: list[Hit] = []
        thread = threading.Thread(target=lambda: found.extend(index.search("ferry", 9)))
        thread.start()
        thread.join(60)
        assert len(found) == 3


def test_closing_stores_nothing_of_what_others_have_not_committed(tmp_path: Path) -> None:
    index = open_index(tmp_path / "index", create=True)
    index.add(ferries(2))
    database, sql = index._database, "UPDATE articles SET title = ? WHERE id = ?"
    ids = [each.id for each in index.articles()]
    halfway, closed = threading.Event(), threading.Event()
    problems: list[BaseException] = []

    def change() -> None:
        try:
            with database.change():
                database.sqlite.run(sql, ("First", ids[0]))
                halfway.set()
                closed.wait(60)
                database.sqlite.run(sql, ("Second", ids[1]))
        except FootnoteError as problem:
            problems.append(problem)

    thread = threading.Thread(target=change)
    thread.start()
    assert halfway.wait(60)
    index.close()
    closed.set()
    thread.join()
    assert "was closed while it was in use" in str(problems[0])
    with pytest.raises(FootnoteError, match="was closed while it was in use"):
        index.articles()
    with open_index(tmp_path / "index") as again:
        assert again.check().sound and [a.title for a in again.articles()] == ["A0", "A1"]


def test_closing_waits_for_nobody_who_reads(small: Index) -> None:
    """SQLite is inside of a statement of another thread: it ends there, and then is closed."""
    sqlite, started = small._database.sqlite, threading.Event()
    ended: list[object] = []
    slow = (
        "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 3000000)"
        " SELECT max(i) FROM t"
    )

    def read() -> None:
        sqlite.connection()
        started.set()
        try:
            ended.append(sqlite.rows(slow))
            sqlite.rows("SELECT 1")
        except FootnoteError as problem:
            ended.append(problem)

    thread = threading.Thread(target=read)
    thread.start()
    assert started.wait(60)
    time.sleep(0.05)
    small.close()
    thread.join()
    assert "was closed while it was in use" in str(ended[-1])


def test_a_log_that_goes_while_it_is_looked_at_is_no_failure(
    small: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is the last to close takes it away between two looks of whoever opens."""
    small.add(ferries(2))
    small.close()
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: path.name.endswith("-wal") or exists(path))
    with open_index(small.path) as again:
        assert len(again.articles()) == 2


def test_the_text_of_a_removed_article_is_in_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    secret = "The witness Ondine Pellworm lives above the chandlery. " * 200

    def holding() -> list[str]:
        files = [path for path in folder.rglob("*") if path.is_file()]
        return [path.name for path in files if b"Ondine Pellworm" in path.read_bytes()]

    with open_index(folder, create=True) as index:
        index.add([*ferries(20), article("secret", secret)])
        assert holding()
        index.remove([a.id for a in index.articles() if a.title == "secret"])
        assert holding() == []
    assert holding() == []


# Derived files


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with a tail and removals that its FAISS file does not know of."""
    folder = tmp_path_factory.mktemp("prepared") / "index"
    with open_index(folder, create=True) as index:
        index.add(ferries(60))
        index.remove([index.articles()[8].id])
        index.add([article("late", "The ferry came back with number61.")])
        assert index.check().lags == ("dense covers version 1 of 3",)
    return folder


def copied(prepared: Path, folder: Path) -> Path:
    return Path(shutil.copytree(prepared, folder / "index"))


def assert_mended(index: Index) -> None:
    """After the next add everything is as it should be."""
    index.add([article("mend", "A word: mended.")])
    report = index.check()
    assert report.sound and not any("lexical" in lag for lag in report.lags)
    assert_vectors_agree(index)
    assert names(index.search("mended number7", mode="lexical")) == ["mend", "A7"]
    assert len(index.search("ferry", 100, mode="dense")) == 61


DERIVED = ["dense-*", "derived.json", "lexical/meta.json"] + [
    f"lexical/*.{ending}" for ending in ("fast", "fieldnorm", "idx", "pos", "store", "term")
]


@pytest.mark.parametrize("how", ["deleted", "cut", "flipped"])
@pytest.mark.parametrize("pattern", DERIVED)
def test_a_hurt_file_is_reported_never_served_and_mended(
    prepared: Path, tmp_path: Path, pattern: str, how: str
) -> None:
    folder = copied(prepared, tmp_path)
    with open_index(folder) as index:
        expected = seen(index)
    for path in folder.glob(pattern):
        hurt(path, how)
    with open_index(folder) as index:
        report = index.check()
        lagging = (pattern, how) == ("derived.json", "deleted")
        assert report.sound == lagging and report.articles == 60
        assert not lagging or len(report.lags) == 2
        assert seen(index) == expected
        assert_mended(index)


def test_without_any_derived_file_all_is_found(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared, tmp_path)
    with open_index(folder) as index:
        expected = seen(index)
        shutil.rmtree(folder / "lexical")
        for path in derived_files(folder):
            path.unlink()
        assert seen(index) == expected  # what was loaded is kept
    with open_index(folder) as index:
        assert seen(index) == expected
        assert index.check().sound
        assert_mended(index)


def test_older_files_are_caught_up(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared, tmp_path)
    with open_index(folder) as index:
        index.remove([a.id for a in index.articles() if a.title == "A7"])
        index.add([article("A3", "The ferry changed its number."), article("new", "number7")])
        expected = everything(index)
    for path in derived_files(folder):
        path.unlink()
    for path in derived_files(prepared):
        shutil.copy(path, folder / path.relative_to(prepared))
    with open_index(folder) as index:
        assert everything(index) == expected
        assert names(index.search("number7", mode="lexical")) == ["new"]
        assert index.check().sound and len(index.check().lags) == 2


def test_files_of_a_later_database_are_not_served(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared, tmp_path)
    with open_index(folder) as index:
        expected = seen(index)
        index.add(ferries(200))
    for path in folder.glob("index.sqlite*"):
        path.unlink()
    shutil.copy(prepared / "index.sqlite", folder)
    with open_index(folder) as index:
        assert seen(index) == expected
        assert index.check().sound and len(index.check().lags) == 2
        assert_mended(index)


def test_vectors_come_in_batches_whole(small: Index) -> None:
    small.add(ferries(23))
    database = Database.open(small.path / "index.sqlite")
    batches = list(database.vectors_after(0, batch=5))
    assert [len(rows) for rows, _ in batches] == [5, 5, 5, 5, 3]
    assert np.concatenate([rows for rows, _ in batches]).tolist() == database.rows().tolist()
    database.close()
