"""Derived files belong to one history of their database, whatever its version numbers say."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index import changes, derived
from index.store import Index
from index.types import Article
from tests.test_embed import MODES, article, ferries, names, open_index
from tests.test_index import assert_vectors_agree, derived_files, run_sql


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that an add of few articles is several versions."""
    monkeypatch.setattr(changes, "BATCH_ARTICLES", 4)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An index of version 3, put back after it had been of version 1: only its files tell."""
    folder = tmp_path / "index"
    with open_index(folder, create=True) as index:
        index.add(ferries(3))
    shutil.copy(folder / "index.sqlite", tmp_path / "copy.sqlite")
    with open_index(folder) as index:
        index.add(of("lost", 8))
    put_back(folder)
    yield folder


def put_back(folder: Path) -> None:
    for path in folder.glob("index.sqlite*"):
        path.unlink()
    shutil.copy(folder.parent / "copy.sqlite", folder / "index.sqlite")


def of(word: str, count: int) -> list[Article]:
    return [article(f"{word}{n}", f"The {word}{n}word was seen at noon.") for n in range(count)]


def assert_right(index: Index, there: list[str], gone: list[str]) -> None:
    for mode in MODES:
        hits = index.search("ferry seen left at noon", 500, mode=mode)
        assert set(names(hits)) == {*there, "A0", "A1", "A2"}, mode
    assert all(names(index.search(f"{w}word", mode="lexical")) == [w] for w in there)
    assert all(names(index.search(f"{w}word", mode="lexical")) == [] for w in gone)
    for word in there:
        best = index.search(f"{word}\nThe {word}word was seen at noon.", 1, mode="dense")
        assert best[0].score > 0.9999


NEW, LOST = [f"new{n}" for n in range(16)], [f"lost{n}" for n in range(8)]


@pytest.mark.parametrize("count", [4, 8, 16], ids=["earlier", "same", "later"])
def test_files_of_a_lost_history_count_for_no_other(folder: Path, count: int) -> None:
    """One add makes several versions, the number that the files were of among them."""
    with open_index(folder) as index:
        assert len(index.check().lags) == 2
        index.add(of("new", count))
        assert_right(index, NEW[:count], LOST)
    with open_index(folder) as index:
        assert_right(index, NEW[:count], LOST)
        assert index.check().sound and index.check().lags == ()
        assert_vectors_agree(index)


def test_a_database_that_was_made_anew_begins_a_history(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    for word, count in (("old", 8), ("new", 13)):
        for path in folder.glob("index.sqlite*"):
            path.unlink()
        with open_index(folder, create=True) as index:
            index.add([*ferries(3), *of(word, count)])
    with open_index(folder) as index:
        assert_right(index, NEW[:13], [f"old{n}" for n in range(8)])
        assert index.check().sound and index.check().lags == ()
        assert_vectors_agree(index)


def forget_stamps(folder: Path) -> None:
    """As an earlier program left it."""
    run_sql(folder, "DELETE FROM meta WHERE name LIKE 'stamp %'")
    covers = derived._manifest(folder)
    for about in covers.values():
        about.pop("stamp", None)
    derived._write_manifest(folder, covers)


@pytest.mark.parametrize("leave", [lambda _: None, forget_stamps], ids=["stamped", "unstamped"])
def test_the_files_of_another_index_are_not_served(
    tmp_path: Path, leave: Callable[[Path], None]
) -> None:
    """Of the same version and size: an earlier program's may be so, and nothing would tell."""
    for word in ("lost", "new"):
        with open_index(tmp_path / word, create=True) as index:
            index.add([*ferries(3), *of(word, 8)])
    for path in derived_files(tmp_path / "new"):
        path.unlink()
    for path in derived_files(tmp_path / "lost"):
        shutil.copy(path, tmp_path / "new" / path.relative_to(tmp_path / "lost"))
    leave(tmp_path / "new")
    with open_index(tmp_path / "new") as index:
        assert_right(index, NEW[:8], LOST)
        assert index.check().sound
        assert all("another history" in lag for lag in index.check().lags)


@pytest.mark.parametrize("mend", [lambda index: index.add([]), Index.repair], ids=["add", "repair"])
def test_files_without_a_stamp_are_made_anew_once(
    tmp_path: Path, mend: Callable[[Index], object]
) -> None:
    folder = tmp_path / "index"
    with open_index(folder, create=True) as index:
        index.add([*ferries(3), *of("new", 8)])
    forget_stamps(folder)
    with open_index(folder) as index:
        assert len(index.check().lags) == 2
        assert_right(index, NEW[:8], [])
        version = index.version
        mend(index)
        assert (index.version, index.check().lags, index.check().sound) == (version, (), True)
        assert_right(index, NEW[:8], [])
        written = (folder / derived.MANIFEST).stat()
        index.add([])
        assert (folder / derived.MANIFEST).stat() == written


@pytest.mark.parametrize("count", [4, 8, 16], ids=["earlier", "same", "later"])
def test_an_open_reader_keeps_nothing_of_a_lost_history(folder: Path, count: int) -> None:
    """Only a new thread sees the new file: each has a connection of its own."""
    with open_index(folder) as writer:
        writer.add(of("lost", 8))
    with open_index(folder) as reader:
        assert_right(reader, LOST, [])
        put_back(folder)
        with open_index(folder) as writer:
            writer.add(of("new", count))
        problems: list[BaseException] = []

        def look() -> None:
            try:
                assert_right(reader, NEW[:count], LOST)
            except BaseException as problem:
                problems.append(problem)

        thread = threading.Thread(target=look)
        thread.start()
        thread.join(60)
        assert problems == []


def test_what_a_crash_leaves_half_replaced_is_behind_and_not_damaged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new FAISS file can have the old one's name, and only derived.json say which it is."""
    real = derived._write_manifest

    def crash(folder: Path, covers: dict[str, derived.About]) -> None:
        if "changing" not in covers["lexical"]:
            raise KeyboardInterrupt
        real(folder, covers)

    with open_index(folder) as index:
        monkeypatch.setattr(derived, "_write_manifest", crash)
        with pytest.raises(KeyboardInterrupt):
            index.add(of("new", 8))
        monkeypatch.undo()
    with open_index(folder) as index:
        assert index.check().sound and len(index.check().lags) == 2
        assert_right(index, NEW[:8], LOST)
        index.add([])
        assert index.check().sound and index.check().lags == ()
        assert_right(index, NEW[:8], LOST)
