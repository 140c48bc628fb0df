"""An index of another encoder or an older format is refused, and mended by one command."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import numpy as np
import pytest

from index import migrate
from index.database import Database
from index.errors import IndexLocked, IndexMismatch
from index.schema import VECTORS
from index.store import Index
from index.types import Vectors
from qa.cli import main
from tests.conftest import ROOT
from tests.test_embed import MODES, WordHash, ferries, names, open_index
from tests.test_index import run_sql


class Wider(WordHash):
    """Another encoder, that counts what it embeds and can be made to fail."""

    fingerprint = "wider-24"
    dimension = 24

    def __init__(self, fails_after: int = 10**9) -> None:
        self.embedded: list[str] = []
        self._fails_after = fails_after

    def encode(self, texts: list[str]) -> Vectors:
        if len(self.embedded) >= self._fails_after:
            raise KeyboardInterrupt
        self.embedded += texts
        return super().encode(texts)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with open_index(tmp_path / "index", create=True) as index:
        index.add(ferries(200))
        index.remove([index.articles()[3].id])
    yield tmp_path / "index"


def test_every_chunk_is_embedded_again_and_found(folder: Path) -> None:
    with open_index(folder) as index:
        before = index.articles()
    told: list[tuple[int, int]] = []
    assert Index.reindex(folder, Wider(), lambda *at: told.append(at)) == 199
    assert told[-1] == (199, 199)
    with pytest.raises(IndexMismatch, match=r"wider-24.*qa reindex"):
        open_index(folder)
    with Index.open(folder, encoder=Wider()) as index:
        assert index.articles() == before
        assert index.check().sound and not index.check().lags
        for mode in MODES:
            assert len(set(names(index.search("ferry", 300, mode=mode)))) == 199
        assert names(index.search("number77", mode="lexical")) == ["A77"]
    assert Index.reindex(folder, Wider()) == 0


def test_one_that_was_cut_short_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "BATCH", 50)
    first = Wider(fails_after=100)
    with pytest.raises(KeyboardInterrupt):
        Index.reindex(folder, first)
    with open_index(folder) as index:  # until it is done, nothing has changed
        assert names(index.search("number77"))[0] == "A77" and index.check().sound
        removed = index.search("number10")[0].article.id
        index.remove([removed])
        index.add(ferries(201)[200:])
    second = Wider()
    assert Index.reindex(folder, second) == 100  # 99 that were missing, and the new one
    assert set(first.embedded).isdisjoint(second.embedded)
    with Index.open(folder, encoder=Wider()) as index:
        assert index.check().sound and len(index.articles()) == 199
        assert names(index.search("number200"))[0] == "A200"


def test_an_open_reader_is_told(folder: Path) -> None:
    with open_index(folder) as reader:
        assert reader.search("ferry")
        Index.reindex(folder, Wider())
        with pytest.raises(IndexMismatch, match="qa reindex"):
            reader.search("ferry")
        with pytest.raises(IndexMismatch, match="qa reindex"):
            reader.add(ferries(1))


def test_it_is_a_change_like_others(folder: Path) -> None:
    code = (
        "import pathlib, sys; from tests.test_embed import ferries, open_index; "
        "index = open_index(pathlib.Path(sys.argv[1])); "
        "index.add(ferries(300), lambda *_: print('w', flush=True) or sys.stdin.readline())"
    )
    command = [sys.executable, "-c", code, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as writer:
        assert writer.stdout and writer.stdout.readline() == "w\n"
        with pytest.raises(IndexLocked, match=f"process {writer.pid} "):
            Index.reindex(folder, Wider())
        writer.kill()


OLD_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE articles (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL, version TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,
    source TEXT, url TEXT, published TEXT, updated TEXT, author TEXT, language TEXT, path TEXT,
    origin TEXT,
    current INTEGER NOT NULL
);
CREATE TABLE chunks (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (row) ON DELETE CASCADE,
    sentences BLOB NOT NULL
);
CREATE TABLE removed (chunk INTEGER PRIMARY KEY, version INTEGER NOT NULL);
"""


@pytest.fixture
def old(folder: Path, tmp_path: Path) -> Path:
    """The same articles in the tables of format 1, as the first version made them."""
    made = tmp_path / "old"
    made.mkdir()
    new = apsw.Connection(str(folder / "index.sqlite"))
    connection = apsw.Connection(str(made / "index.sqlite"), vfs="unix")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(OLD_TABLES + VECTORS.format(name="vectors"))
    columns = (
        "row, id, version, title, text, source, url, published, updated, author, language, "
        "path, origin, current"
    )
    for table, names_ in (
        ("meta", "name, value"),
        ("articles", columns),
        ("chunks", "row, article, sentences"),
        ("vectors", "chunk, data"),
        ("removed", "chunk, version"),
    ):
        rows = new.execute(f"SELECT {names_} FROM {table}").fetchall()
        marks = ", ".join("?" * len(names_.split(",")))
        connection.executemany(f"INSERT INTO {table} ({names_}) VALUES ({marks})", rows)
    connection.execute("UPDATE meta SET value = 1 WHERE name = 'format'")
    connection.close()
    new.close()
    shutil.copytree(folder / "lexical", made / "lexical")
    return made


def test_an_older_format_is_refused_and_brought_up(old: Path, folder: Path) -> None:
    with pytest.raises(IndexMismatch, match=r"format 1.*qa reindex --index"):
        open_index(old)
    with open_index(folder) as index:
        expected = index.articles(), names(index.search("ferry number9", 50))
    assert Index.reindex(old, WordHash()) == 0  # the vectors are right as they are
    with open_index(old) as index:
        assert (index.articles(), names(index.search("ferry number9", 50))) == expected
        assert index.check().sound and not index.check().lags
        index.add(ferries(210))
        assert index.check().sound
    assert (old / "index.sqlite").read_bytes()[20] == 8  # each page has its checksum now


def test_the_command_mends_an_index_of_another_encoder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "index"
    with open_index(folder, create=True) as index:
        index.add(ferries(3))
    assert main(["ask", "Who left?", "--index", str(folder)]) == 1
    assert "qa reindex --index" in capsys.readouterr().err
    assert main(["reindex", "--index", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("3 chunks embedded again")
    assert main(["check", "--index", str(folder)]) == 0
    run = run_sql(folder, "SELECT data FROM vectors")
    assert all(np.frombuffer(data, "<f4").shape == (384,) for (data,) in run)
    database = Database.open(folder / "index.sqlite")
    assert database.dimension == 384
    database.close()
