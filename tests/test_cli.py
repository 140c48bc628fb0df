"""The command as people and scripts use it: output, exit codes, errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qa import config
from qa.cli import main
from tests.conftest import ROOT

PAGE = """---
title: Ferry sails
source: Ledger
published: 2024-05-01
---

The ferry sailed at noon."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    made.mkdir()
    (made / "ferry.md").write_text(PAGE, encoding="utf-8")
    (made / "crab.txt").write_text("Crab day\n\nThe crab won the race.", encoding="utf-8")
    return made


@pytest.fixture
def at(tmp_path: Path) -> list[str]:
    return ["--index", str(tmp_path / "index")]


def test_add_list_show_ask_remove_check(
    folder: Path, at: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", str(folder), *at]) == 0
    assert "2 added" in capsys.readouterr().out
    assert main(["list", "--json", *at]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ferry = next(row for row in rows if row["title"] == "Ferry sails")
    assert ferry == {
        "id": ferry["id"],
        "title": "Ferry sails",
        "source": "Ledger",
        "published": "2024-05-01",
        "path": "ferry.md",
    }
    assert main(["show", f"{ferry['id'][:8]}:4-9", *at]) == 0
    assert "The [[ferry]] sailed at noon." in capsys.readouterr().out
    assert main(["ask", "When did the ferry sail?", "--json", *at]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema"] == 1
    assert answer["claims"][0]["citations"][0]["quote"] == "The ferry sailed at noon."
    assert answer["claims"][0]["verdict"]["label"] == "supported"
    assert main(["remove", ferry["id"], *at]) == 0
    assert main(["check", *at]) == 0
    assert "1 articles" in capsys.readouterr().out


def test_adding_again_changes_nothing_and_prune_forgets(
    folder: Path, at: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["add", str(folder), *at])
    (folder / "crab.txt").unlink()
    capsys.readouterr()
    assert main(["add", str(folder), *at]) == 0
    shown = capsys.readouterr().out
    assert "vanished crab.txt (--prune removes it)" in shown
    assert "1 unchanged" in shown
    assert main(["add", str(folder), "--prune", "--json", *at]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["removed"] == ["crab.txt"]
    main(["ask", "Who won the race?", *at])
    assert "The articles don't say" in capsys.readouterr().out


def test_what_is_exported_can_be_added_again(
    folder: Path, at: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["add", str(folder), *at])
    capsys.readouterr()
    assert main(["export", *at]) == 0
    lines = tmp_path / "all.jsonl"
    lines.write_text(capsys.readouterr().out, encoding="utf-8")
    other = ["--index", str(tmp_path / "other")]
    assert main(["add", str(lines), *other]) == 0
    capsys.readouterr()
    main(["export", *other])
    assert capsys.readouterr().out == lines.read_text(encoding="utf-8")


def test_articles_are_removed_by_file_and_by_url(
    folder: Path, at: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    page = PAGE.replace("source", "url: https://ledger.example/9\nsource")
    (folder / "third.md").write_text(page, encoding="utf-8")
    main(["add", str(folder), *at])
    assert main(["remove", "https://ledger.example/9", str(folder / "crab.txt"), *at]) == 0
    capsys.readouterr()
    main(["list", *at])
    assert [line.split()[-2:] for line in capsys.readouterr().out.splitlines()] == [
        ["Ferry", "sails"]
    ]
    assert main(["remove", "nowhere.txt", *at]) == 1


def test_repair_makes_the_derived_files_anew(
    folder: Path, at: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["add", str(folder), *at])
    for file in Path(at[1]).glob("dense-*.faiss"):
        file.write_bytes(b"damaged")
    assert main(["check", *at]) == 1
    assert main(["check", "--repair", *at]) == 0
    assert "sound" in capsys.readouterr().out


def test_an_abstention_is_no_failure(
    folder: Path, at: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["add", str(folder), *at])
    assert main(["ask", "Who won the World Cup?", *at]) == 0
    assert "“World Cup”" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "status", "says"),
    [
        (["ask", "x"], 1, "qa add"),
        (["add", "no-such-folder"], 1, "no-such-folder"),
        (["show", "ab:9"], 2, "ID:START-END"),
        (["chat", "--seeds"], 2, "--index"),
    ],
)
def test_failures_are_told_from_wrong_use(
    command: list[str], status: int, says: str, at: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, *at]) == status
    assert says in capsys.readouterr().err


def test_wrong_options_leave_with_2() -> None:
    with pytest.raises(SystemExit) as left:
        main(["ask"])
    assert left.value.code == 2


def test_a_file_that_cannot_be_read_is_named_and_the_rest_goes_on(
    folder: Path, at: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.md").write_text("---\npublished: 31/02/2020\n---\nText.", encoding="utf-8")
    (folder / "empty.txt").write_bytes(b"")
    assert main(["add", str(folder), *at]) == 0
    shown = capsys.readouterr().out
    assert 'skipped bad.md: "published" is "31/02/2020", not a date (use YYYY-MM-DD)' in shown
    assert "skipped empty.txt: holds no text" in shown
    assert "2 added" in shown


def test_the_samples_serve_whoever_has_no_index_yet(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("QA_INDEX", raising=False)
    monkeypatch.setattr(config, "own_index", lambda: tmp_path / "own")
    monkeypatch.setattr(config, "seeds_index", lambda: tmp_path / "seeds")
    assert config.index_folder() == tmp_path / "own"
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "index.sqlite").touch()
    assert config.index_folder() == tmp_path / "seeds"
    assert config.new_index_folder() == tmp_path / "own"
    monkeypatch.setenv("QA_INDEX", str(tmp_path / "named"))
    assert config.index_folder() == config.new_index_folder() == tmp_path / "named"
    # Not every shell has done it: `make chat INDEX=~/mine`.
    home = Path("~/mine").expanduser()
    assert config.index_folder("~/mine") == config.new_index_folder("~/mine") == home


def test_nothing_is_added_to_the_samples_index(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", str(folder), "--index", str(config.seeds_index())]) == 1
    assert "sample articles" in capsys.readouterr().err


def test_output_may_be_cut_off_by_its_reader(folder: Path, at: list[str]) -> None:
    main(["add", str(folder), *at])
    command = f"{sys.executable} -m qa.cli list {' '.join(at)} | head -n 0"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT)
    assert "Traceback" not in done.stderr


def test_output_that_fits_a_buffer_may_be_cut_off_too(folder: Path, at: list[str]) -> None:
    """It is written at the end of the program, when nobody reads any more."""
    assert main(["add", str(folder), *at]) == 0
    command = [sys.executable, "-m", "qa.cli", "list", *at]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, cwd=ROOT, env=buffered) as lister:
        assert lister.stdout is not None and lister.stderr is not None
        lister.stdout.close()
        assert lister.stderr.read() == b""
    assert lister.returncode == 0
