"""What a person calls an article when it is to be removed: never another, and never all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.errors import UnknownArticle
from index.ingest import add_paths
from index.store import Index
from qa.cli import main
from tests.test_embed import article, ferries, open_index
from tests.test_ingest import write


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """An index of ferries; one stands where it lies, as `qa remove FOLDER` does."""
    monkeypatch.chdir(tmp_path)
    with open_index(tmp_path / "index", create=True) as opened:
        opened.add(ferries(3))
        yield opened


def named(index: Index, what: str) -> list[str]:
    return sorted(found.title for found in index.named(what))


def folder_of(prefix: str, index: Index) -> None:
    """A folder of that name with one article, in the index."""
    add_paths(index, [write(Path(prefix), "bridge.txt", "The bridge closed.").parent])


@pytest.mark.parametrize("what", ["", " ", "\t\n"])
def test_nothing_names_nothing(small: Index, what: str) -> None:
    """As a path it is the working folder, below which every file may have come from."""
    add_paths(small, [write(Path("news"), "bridge.txt", "The bridge closed.")])
    with pytest.raises(UnknownArticle, match=r"names no article \(give an id, a URL, a file"):
        small.named(what)


def test_the_command_removes_nothing_for_an_empty_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "news", "bridge.txt", "The bridge closed.")
    at = ["--index", str(tmp_path / "index")]
    assert main(["add", "news", *at]) == 0
    assert main(["remove", "", *at]) == 1
    assert '"" names no article' in capsys.readouterr().err
    main(["list", *at])
    assert "bridge" in capsys.readouterr().out


def test_a_path_that_is_also_the_beginning_of_an_id_is_refused_with_both(small: Index) -> None:
    ferry = small.articles()[0]
    folder_of(ferry.id[:4], small)
    (bridge,) = small.named(f"./{ferry.id[:4]}")
    with pytest.raises(UnknownArticle) as refused:
        small.named(ferry.id[:4])
    for part in (ferry.id, ferry.title, bridge.id, bridge.title, f"./{ferry.id[:4]} for the path"):
        assert part in str(refused.value)
    assert named(small, ferry.id) == named(small, ferry.id[:5]) == [ferry.title]
    assert named(small, f"./{ferry.id[:4]}") == named(small, f"{ferry.id[:4]}/") == ["bridge"]


def test_a_path_that_begins_many_ids_is_refused_too(small: Index) -> None:
    small.add([article(f"B{n}", f"A boat with number{n}.") for n in range(60)])
    counts = {c: sum(a.id[0] == c for a in small.articles()) for c in "0123456789abcdef"}
    first = max(counts, key=lambda c: counts[c])
    folder_of(first, small)
    with pytest.raises(UnknownArticle, match=rf"{first}.*, \.\.\.\).*bridge"):
        small.named(first)
    assert named(small, f"./{first}") == ["bridge"]


def test_a_path_and_an_id_of_the_same_article_are_no_question(small: Index) -> None:
    """A file that is called as its own article's id begins."""
    text = write(Path("aside"), "x.txt", "A tug came.")
    add_paths(small, [text])
    (tug,) = small.named(str(text))
    write(Path(tug.id[:6]), "x.txt", "A tug came.")
    text.rename(Path(tug.id[:6]) / "x.txt")
    add_paths(small, [Path(tug.id[:6]) / "x.txt"])
    assert named(small, tug.id[:6]) == named(small, f"./{tug.id[:6]}") == ["x"]


def test_what_names_nothing_is_said(small: Index) -> None:
    for what in ("nowhere.txt", "https://ledger.example/9", "zz"):
        with pytest.raises(UnknownArticle, match="no article has an id that starts with"):
            small.named(what)
