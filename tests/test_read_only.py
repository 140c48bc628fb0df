"""What may not be written to is read; what may not be read or written is named, with its remedy.

Root may do everything: what is tested runs in a process of its own, as root without root's powers.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index import lexical, sqlite
from index.errors import IndexDamaged, IndexLocked
from tests.conftest import ROOT
from tests.test_embed import article, ferries, names, open_index

POWERLESS = [] if os.geteuid() else ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]


def refusal() -> str | None:
    """Why no process can be had here that permissions hold for; None where one can."""
    try:
        done = subprocess.run([*POWERLESS, "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "root may do everything, and there is no setpriv to take its powers away"
    return f"root's powers cannot be taken away: {done.stderr}" if done.returncode else None


pytestmark = pytest.mark.skipif(refusal() is not None, reason=str(refusal()))

SERVE = """
import json, sys
from pathlib import Path
from index.errors import FootnoteError
from index.ingest import add_paths
from tests.test_embed import article, names, open_index
folder = Path(sys.argv[1])
index = None
for line in sys.stdin:
    try:
        index = index or open_index(folder)
        said = eval(line)
    except FootnoteError as problem:
        said = f"{type(problem).__name__}: {problem}"
    print(json.dumps(said), flush=True)
"""
LIST = "[heading.title for heading in index.headings()]"
FIND = "names(index.search('ferry number7', 3))"
CHECK = "[index.check().damage, index.check().lags]"


class Reader:
    """Another process, that permissions hold for and that has an index open."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [*POWERLESS, sys.executable, "-c", SERVE, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def say(self, what: str) -> Any:
        """What an expression of `index` gives there, or what is wrong."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def powerless(code: str, *given: str, **environment: str) -> subprocess.CompletedProcess[str]:
    run = [*POWERLESS, sys.executable, "-c", code, *given]
    env = {**os.environ, **environment}
    return subprocess.run(run, capture_output=True, text=True, check=False, cwd=ROOT, env=env)


def protect(folder: Path) -> None:
    """As on a disk that is mounted to be read only."""
    for path in (*folder.rglob("*"), folder):
        path.chmod(path.stat().st_mode & ~0o222)


def release(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o600 | (0o100 if path.is_dir() else 0))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An index of twenty articles that is closed."""
    made = tmp_path / "shared index?"  # a name that an address must quote
    with open_index(made, create=True) as index:
        index.add(ferries(20))
    yield made
    release(made)


@pytest.fixture
def reader(folder: Path) -> Iterator[Reader]:
    opened = Reader(folder)
    yield opened
    opened.close()


FERRIES = [f"A{n}" for n in range(20)]


def test_an_index_that_may_not_be_written_to_is_read(folder: Path, reader: Reader) -> None:
    protect(folder)
    before = sorted(path.name for path in folder.rglob("*"))
    assert reader.say(LIST) == FERRIES
    assert reader.say(FIND)[0] == "A7"
    assert reader.say("index.article(index.headings()[3].id).title") == "A3"
    assert reader.say(CHECK) == [[], []]
    # From the files: to analyse all words again would take minutes on a large index.
    assert reader.say("index._derived.lexical.searcher.num_docs") == 20
    assert sorted(path.name for path in folder.rglob("*")) == before


@pytest.mark.parametrize(
    "change",
    [
        "index.add([article('new', 'The bridge closed.')])",
        "index.add([])",
        "index.remove([index.headings()[0].id])",
        "index.repair()",
    ],
)
@pytest.mark.parametrize("files_too", [True, False])
def test_who_changes_it_is_told_what_is_not_allowed(
    folder: Path, reader: Reader, change: str, files_too: bool
) -> None:
    if files_too:
        protect(folder)
    folder.chmod(0o555)
    said = reader.say(change)
    assert said == (
        f"FootnoteError: you may not write in {folder} "
        "(ask its owner to let you, or work on a copy of it)"
    )
    assert reader.say(LIST) == FERRIES


def test_a_database_alone_that_may_not_be_written_to_is_named(folder: Path, reader: Reader) -> None:
    file = folder / "index.sqlite"
    file.chmod(0o444)
    assert reader.say(LIST) == FERRIES
    assert f"you may not write in {file} (" in reader.say("index.add([])")
    assert not list(folder.glob("index.sqlite-*"))  # they would be the reader's, and in the way


def test_what_an_owner_commits_meanwhile_is_seen(folder: Path, reader: Reader) -> None:
    """From a file that nobody wrote to, from a log beside it, and from the file again."""
    protect(folder)
    assert reader.say(LIST) == FERRIES
    release(folder)
    with open_index(folder) as owner:
        owner.add([article("late", "The bridge closed.")])
        protect(folder)
        assert reader.say(LIST) == [*FERRIES, "late"]
        assert reader.say("names(index.search('bridge', 1, mode='lexical'))") == ["late"]
        release(folder)
        owner.add([article("later", "The bridge opened.")])
        protect(folder)
        assert reader.say(LIST)[-2:] == ["late", "later"]
        assert reader.say(CHECK)[0] == []
        release(folder)
    protect(folder)
    assert reader.say(LIST)[-2:] == ["late", "later"]


def test_a_lock_made_anew_among_the_links_is_no_damage(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where tantivy's watcher makes it while the folder of links is cleared away."""

    def not_empty(*_: object, **__: object) -> None:
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(lexical, "may_write", lambda _: False)
    with open_index(folder) as index:
        monkeypatch.setattr(os, "rmdir", not_empty)
        assert index.check().damage == ()
    assert list(tmp_path.glob("footnote-*"))


def test_a_log_that_a_crash_left_is_read(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    with open_index(folder) as owner:
        owner.add([article("late", "The bridge closed.")])
        shutil.copytree(folder, copy)
    assert (copy / "index.sqlite-wal").stat().st_size > 0
    protect(copy)
    reader = Reader(copy)
    assert reader.say(LIST) == [*FERRIES, "late"]
    reader.close()
    # Without the index of the log it takes a writer, and without the log the article is gone.
    release(copy)
    (copy / "index.sqlite-shm").unlink()
    protect(copy)
    reader = Reader(copy)
    said = reader.say(LIST)
    reader.close()
    release(copy)
    assert f"you may not write in {copy} (" in said and "its log can be read only by" in said


def test_what_changes_while_it_is_read_counts_for_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page is right by itself then, and they are of two versions."""
    real = sqlite._access
    monkeypatch.setattr(sqlite, "_access", lambda _: "still")
    with open_index(folder) as reader:
        assert len(reader.headings()) == 20
        with pytest.raises(IndexLocked, match="was written to while it was read"):  # noqa: SIM117
            with reader._database.snapshot():
                assert len(reader.headings()) == 20
                monkeypatch.setattr(sqlite, "_access", real)
                with open_index(folder) as writer:
                    writer.add([article("late", "The bridge closed.")])
        assert len(reader.headings()) == 21
        assert names(reader.search("bridge", 1, mode="lexical")) == ["late"]


def test_a_flipped_bit_is_damage_there_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_access", lambda _: "still")
    file = folder / "index.sqlite"
    data = bytearray(file.read_bytes())
    at = data.index(b"ferry")
    data[at] ^= 1
    file.write_bytes(data)
    with pytest.raises(IndexDamaged), open_index(folder) as index:
        list(index.each_article())


def test_an_index_that_may_not_be_read_is_named(folder: Path, reader: Reader) -> None:
    (folder / "index.sqlite").chmod(0)
    file = folder / "index.sqlite"
    assert f"you may not read {file} (ask its owner to let you)" in reader.say(LIST)
    folder.chmod(0)
    assert f"you may not read {folder} (ask its owner to let you)" in reader.say(LIST)


def test_a_new_index_where_nothing_may_be_made_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    code = "from tests.test_embed import *; open_index(Path(sys.argv[1]), create=True)"
    there = powerless(code, str(tmp_path)).stderr.splitlines()[-1]
    assert "index.errors.FootnoteError: " in there and f"you may not write in {tmp_path} (" in there
    new = powerless(code, str(tmp_path / "new")).stderr.splitlines()[-1]
    assert "index.errors.FootnoteError: " in new and "Permission denied (name another" in new


def test_who_may_read_the_database_may_read_all_of_it(folder: Path) -> None:
    """tantivy makes one file for its owner alone."""
    mode = (folder / "index.sqlite").stat().st_mode
    files = [f for f in folder.rglob("*") if f.is_file() and f.name != ".managed.json"]
    assert {path.name: path.stat().st_mode for path in files} == {p.name: mode for p in files}


# What is added


def test_paths_that_cannot_be_looked_at_are_named_in_a_line(folder: Path, reader: Reader) -> None:
    shut = folder.parent / "shut"
    shut.mkdir()
    (shut / "a.txt").write_text("The ferry left.")
    shut.chmod(0)
    try:
        said = reader.say(f"add_paths(index, [Path({str(shut / 'a.txt')!r})])")
        assert said.startswith(f"FootnoteError: {shut / 'a.txt'}: cannot be looked at: Permission")
        shut.chmod(0o444)  # its names can be read, and nothing of them
        skipped = reader.say(f"add_paths(index, [Path({str(shut)!r})]).skipped[0].reason")
        assert skipped == "cannot be read: Permission denied"
    finally:
        shut.chmod(0o755)


# The encoder's cache

ENCODE = "from index.embed import default_encoder; default_encoder()"


@pytest.mark.parametrize("mode", [0, 0o555])
def test_a_cache_that_may_not_be_used_is_named_with_what_moves_it(
    tmp_path: Path, mode: int
) -> None:
    cache = tmp_path / "footnote"
    cache.mkdir()
    cache.chmod(mode)
    done = powerless(ENCODE, XDG_CACHE_HOME=str(tmp_path))
    cache.chmod(0o755)
    assert done.stderr.splitlines()[-1] == (
        f"index.errors.FootnoteError: the encoder is kept in {cache / 'encoders'}, which cannot "
        "be used: Permission denied (make it readable and writable; on Linux "
        "XDG_CACHE_HOME=FOLDER names another place)"
    )
    assert "preparing" not in done.stderr


def test_a_home_that_is_not_there_is_named_too(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    done = powerless(ENCODE, HOME=str(tmp_path / "gone"), XDG_CACHE_HOME="")
    assert f"kept in {tmp_path / 'gone'}" in done.stderr.splitlines()[-1]
    assert "XDG_CACHE_HOME=FOLDER" in done.stderr
