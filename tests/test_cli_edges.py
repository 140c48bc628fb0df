"""The command where the shell, the disk or whoever types it does what is not expected."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from index.store import Index
from index.types import Article, Encoder
from qa import config
from qa.cli import main
from tests.conftest import ROOT

TEXT = "The ferry “Ledger Star” sailed at noon. 😀"
ARTICLE = Article("a1b2", "v1", "Ferry sails", TEXT, "Ledger")
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
ASK = ["ask", "When did the ferry sail?"]


@pytest.fixture(scope="module")
def at(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The option that names an index of one article."""
    folder = tmp_path_factory.mktemp("edges") / "index"
    with Index.open(folder, create=True, encoder=encoder) as index:
        index.add([ARTICLE])
    return ["--index", str(folder)]


def qa(*command: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, under whose locale Python says what it cannot write."""
    env = {**os.environ, **more.pop("env", {})}
    run = [sys.executable, "-m", "qa.cli", *command]
    more = {"stdout": subprocess.PIPE, **more}
    return subprocess.run(
        run, stderr=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT, env=env, **more
    )


# Standard output

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("command", [["export"], ["list"], ASK])
def test_output_that_cannot_be_written_is_told_in_one_line(
    command: list[str], at: list[str]
) -> None:
    with FULL.open("w") as full:
        done = qa(*command, *at, stdout=full)
    assert done.returncode == 1
    assert done.stderr == ("qa: what was asked for could not be written: No space left on device\n")


@pytest.mark.parametrize("closed", [(1,), (1, 2)])
def test_output_may_be_closed(closed: tuple[int, ...], at: list[str]) -> None:
    shut = " ".join(f"{stream}>&-" for stream in closed)
    command = f"exec {sys.executable} -m qa.cli list {' '.join(at)} {shut}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_error_without_a_place_for_it_is_not_taken_for_output() -> None:
    command = f"exec {sys.executable} -m qa.cli list --index /nowhere 2>&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout) == (1, "")


def test_what_an_encoding_lacks_is_replaced_in_text_and_escaped_in_json(at: list[str]) -> None:
    asked = qa(*ASK, *at, env=ASCII)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "The ferry ?Ledger Star? sailed at noon." in asked.stdout
    exported = qa("export", *at, env=ASCII)
    assert exported.stdout.isascii()
    assert json.loads(exported.stdout)["text"] == TEXT


def test_json_stays_readable_where_every_character_can_be_written(at: list[str]) -> None:
    exported = qa("export", *at, env={"PYTHONUTF8": "1"})
    assert "“Ledger Star”" in exported.stdout


# Ctrl-C

INTERRUPTED = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {at!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
from qa.cli import main
sys.exit(main({command!r}))
"""


@pytest.mark.parametrize("module", ["numpy", "qa.answerer", "index.store"])
def test_ctrl_c_while_it_loads_leaves_no_trace(module: str, at: list[str]) -> None:
    code = INTERRUPTED.format(at=module, command=[*ASK, *at])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 130
    assert done.stderr.startswith("qa: stopped") and done.stderr.count("\n") == 1


def test_the_command_is_ready_before_anything_heavy_is_loaded() -> None:
    code = "import qa.cli, sys; print([n for n in ('numpy', 'apsw') if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout == "[]\n"


# What is typed


def test_a_path_that_cannot_be_looked_at_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--index", str(tmp_path / "index")]
    assert main(["add", "x" * 300, *at]) == 1
    assert "cannot be looked at: File name too long" in capsys.readouterr().err

    def closed(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", closed)  # as for all but root, who may look anywhere
    assert main(["add", "closed/news.txt", *at]) == 1
    assert "closed/news.txt cannot be looked at: Permission denied" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["list"], ASK, ["add", "news"], ["chat"]])
def test_an_empty_index_option_is_wrong_use(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "news").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main([*command, "--index", ""])
    assert left.value.code == 2
    assert "--index is empty; name a folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["news"]


@pytest.mark.parametrize("question", ["", " \n", "x" * 2_001])
def test_a_question_that_cannot_be_asked_is_wrong_use(
    question: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", question, "--index", str(tmp_path / "none")]) == 2
    assert "question" in capsys.readouterr().err


def test_nothing_is_shown_of_an_article_without_the_stretch(
    at: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "a1b2:16-9", *at]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "16-9 is not a stretch of this article" in shown.err


def test_an_index_that_is_a_link_to_nothing_is_called_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "news").mkdir()
    link = tmp_path / "link"
    link.symlink_to("gone")
    assert main(["add", str(tmp_path / "news"), "--index", str(link)]) == 1
    assert f"{link} is a link to gone, which is not there" in capsys.readouterr().err
    link.unlink()
    link.symlink_to("link")
    assert main(["add", str(tmp_path / "news"), "--index", str(link)]) == 1
    assert "is a link to link, which is not there" in capsys.readouterr().err


def test_a_home_that_nobody_has_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--index", "~no-such-user/news"]) == 1
    assert "there is no such user" in capsys.readouterr().err


# A checkout without an index


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """One with a single sample article, of a person who has no index."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "ferry.txt").write_text(f"Ferry sails\n\n{TEXT}", encoding="utf-8")
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.delenv("QA_INDEX", raising=False)
    monkeypatch.setattr(config, "own_index", lambda: tmp_path / "own")
    monkeypatch.setattr(config, "seeds", lambda: tmp_path / "seeds")
    return tmp_path


def test_the_first_question_in_a_checkout_indexes_the_samples_once(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(ASK) == 0
    first = capsys.readouterr()
    assert "sailed at noon" in first.out
    assert "the sample articles are indexed" in first.err
    assert main(ASK) == 0
    assert capsys.readouterr() == (first.out, "")
    assert not (checkout / "own").exists()


def test_samples_that_were_begun_and_stopped_are_indexed_by_the_next_question(
    checkout: Path, encoder: Encoder, capsys: pytest.CaptureFixture[str]
) -> None:
    Index.open(config.seeds_index(), create=True, encoder=encoder).close()
    assert main(ASK) == 0
    assert "sailed at noon" in capsys.readouterr().out


def test_no_samples_are_made_for_whoever_names_an_index_or_has_no_checkout(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ASK, "--index", str(checkout / "mine")]) == 1
    monkeypatch.setenv("QA_INDEX", str(checkout / "mine"))
    assert main(ASK) == 1
    monkeypatch.delenv("QA_INDEX")
    (checkout / "pyproject.toml").unlink()
    assert main(ASK) == 1
    assert capsys.readouterr().err.count("there is no index in") == 3
    assert not config.seeds_index().exists()
