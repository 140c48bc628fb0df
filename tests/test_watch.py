"""Folders that are watched, by the real command and real files: polled for what must come."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import filelock
import pytest

from qa.cli import main
from tests.conftest import ROOT
from tests.pool_support import DEADLINE, children, wait_for


class Watched:
    """`qa add --watch` over a folder, and the lines that it prints."""

    def __init__(self, folder: Path, index: Path, *options: str) -> None:
        self.folder, self.index = folder, index
        self._lines: queue.Queue[str] = queue.Queue()
        command = [sys.executable, "-m", "qa.cli", "add", "--watch", str(folder)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [*command, "--index", str(index), *options],
            stdout=pipe,
            stderr=pipe,
            text=True,
            cwd=ROOT,
        )
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            threading.Thread(target=self._collect, args=[stream], daemon=True).start()

    def _collect(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line.rstrip("\n"))

    def line(self) -> str:
        return self._lines.get(timeout=DEADLINE)

    def write(self, name: str, text: str) -> None:
        """At once, as many editors do: half a file would be a line of its own."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        written = self.folder.parent / "being-written"
        written.write_text(text, encoding="utf-8")
        written.rename(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "news"
    made.mkdir()
    (made / "ferry.txt").write_text("Ferry\n\nThe ferry left at noon.")
    return made


@pytest.fixture
def watched(folder: Path, tmp_path: Path) -> Iterator[Watched]:
    with_prune = Watched(folder, tmp_path / "index", "--prune")
    try:
        assert with_prune.line().startswith("1 added in ")
        assert with_prune.line() == "watching for changes (Ctrl-C ends it)"
        yield with_prune
    finally:
        with_prune.process.kill()
        with_prune.process.wait()


def texts(index: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    capsys.readouterr()
    assert main(["export", "--index", str(index)]) == 0
    rows = map(json.loads, capsys.readouterr().out.splitlines())
    return {row["title"]: row["text"] for row in rows}


def test_new_edited_moved_and_deleted_files_are_in_the_index(
    watched: Watched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watched.write("sub/bridge.txt", "Bridge\n\nThe bridge was closed.")
    assert watched.line() == "added sub/bridge.txt"
    watched.write("ferry.txt", "Ferry\n\nThe ferry left late.")
    assert watched.line() == "updated ferry.txt"
    (watched.folder / "sub").rename(watched.folder / "harbour")
    moved = {"added harbour/bridge.txt", "vanished sub/bridge.txt"}
    assert {watched.line(), watched.line()} == moved
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "crab.md").write_text("# Crab\n\nThe crab won.")
    other.rename(watched.folder / "races")
    assert watched.line() == "added races/crab.md"
    assert texts(watched.index, capsys) == {
        "Ferry": "The ferry left late.",
        "Bridge": "The bridge was closed.",
        "Crab": "The crab won.",
    }
    (watched.folder / "ferry.txt").unlink()
    assert watched.line() == "vanished ferry.txt"
    watched.write("bad.txt", "")
    assert watched.line() == "skipped bad.txt: holds no text"
    assert set(texts(watched.index, capsys)) == {"Bridge", "Crab"}
    watched.process.send_signal(signal.SIGINT)
    assert watched.process.wait(timeout=DEADLINE) == 0
    assert watched.line() == "qa: stopped watching; what was committed is kept"
    assert wait_for(lambda: not children(watched.process.pid))


def test_others_may_write_in_between_and_are_waited_for(
    watched: Watched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aside = tmp_path / "aside.txt"
    aside.write_text("Aside\n\nAn article from elsewhere.")
    assert main(["add", str(aside), "--index", str(watched.index)]) == 0
    with filelock.FileLock(watched.index / "writer.lock"):
        watched.write("bridge.txt", "Bridge\n\nThe bridge was closed.")
        assert watched.line().endswith("(wait for it, or stop it); trying again")
        watched.write("crab.txt", "Crab\n\nThe crab won.")
    assert {watched.line(), watched.line()} == {"added bridge.txt", "added crab.txt"}
    assert set(texts(watched.index, capsys)) == {"Ferry", "Aside", "Bridge", "Crab"}


def test_one_address_in_two_watched_files_does_not_flip(watched: Watched) -> None:
    first = "---\nurl: https://l.example/1\n---\nThe bridge was closed."
    watched.write("a.md", first)
    assert watched.line() == "added a.md"
    watched.write("b.md", first.replace("closed", "open"))
    line = watched.line()
    assert line.startswith("skipped b.md: is the same article") and line.endswith("a.md")


def test_the_other_of_two_files_is_read_when_the_one_goes(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    watched.write("a.md", "---\nurl: https://l.example/1\ntitle: Bridge\n---\nIt was closed.")
    assert watched.line() == "added a.md"
    watched.write("b.md", (watched.folder / "a.md").read_text())
    assert watched.line().startswith("skipped b.md: is the same article")
    (watched.folder / "a.md").unlink()
    assert watched.line() == "vanished a.md"
    assert watched.line() == "added b.md"
    assert set(texts(watched.index, capsys)) == {"Ferry", "Bridge"}


def test_what_is_hidden_or_the_index_itself_wakes_nobody(folder: Path) -> None:
    watched = Watched(folder, folder / "index", "--json")
    try:
        report = json.loads(watched.line())
        assert (report["added"], report["skipped"]) == (["ferry.txt"], [])
        watched.write(".draft.txt", "Not yet.")
        watched.write("bridge.txt", "Bridge\n\nThe bridge was closed.")
        report = json.loads(watched.line())
        assert (report["added"], report["skipped"]) == (["bridge.txt"], [])
        (folder / "bridge.txt").unlink()
        report = json.loads(watched.line())
        assert (report["vanished"], report["removed"]) == (["bridge.txt"], [])
    finally:
        watched.process.kill()
        watched.process.wait()


def test_only_folders_that_are_there_are_watched(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["add", "--watch", "--index", str(tmp_path / "index")]
    assert main([*command, str(folder / "ferry.txt")]) == 1
    assert "only folders can be watched" in capsys.readouterr().err


def test_a_folder_that_goes_missing_ends_the_watch_and_forgets_nothing(
    watched: Watched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watched.folder.rename(tmp_path / "away")
    assert "there is no such file or folder" in watched.line()
    assert watched.process.wait(timeout=DEADLINE) == 1
    assert set(texts(watched.index, capsys)) == {"Ferry"}
