"""The README's Python runs, and its question has the answer that it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.model_server import Messages, ModelServer, numbered, tokens
from index.store import Index
from qa.cli import main
from tests.conftest import ROOT
from tests.tiny_models import write_encoder

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
ASKED = re.findall(r'\$ \.venv/bin/qa ask "([^"]+)"\n(.+?)(?=\n\$|\n```)', README, re.DOTALL)


SERVER = "http://127.0.0.1:8000"


def honest(messages: Messages) -> list[str]:
    n = next(n for n, line in numbered(messages).items() if "brokered the ceasefire" in line)
    return tokens(f"Turkey and Russia brokered the ceasefire in Moscow. [{n}]")


@pytest.fixture
def at_home(
    seeds_index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModelServer]:
    """Where a reader of the README is: articles, an encoder of his own, a model that is served."""
    monkeypatch.setenv("QA_INDEX", str(seeds_index.path))
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "bridge.txt").write_text("Bridge\n\nThe mayor said it was safe.\n")
    monkeypatch.chdir(tmp_path)
    with ModelServer(honest) as server:
        yield server


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_python_blocks_run(
    block: str,
    at_home: ModelServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "my-encoder" in block:
        write_encoder(tmp_path / "my-encoder")
        monkeypatch.setattr("platformdirs.user_cache_path", lambda _: tmp_path / "cache")
    served = block.replace(SERVER, at_home.place)
    exec(compile(served, "README.md", "exec"), {})
    shown = capsys.readouterr().out.strip()
    assert shown
    assert ("#qwen3" in shown) == (len(at_home.requests) == 1) == (served != block)


@pytest.mark.parametrize(("question", "shown"), ASKED)
def test_the_answers_shown_are_the_answers_given(
    question: str, shown: str, seeds_index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", question, "--index", str(seeds_index.path)]) == 0
    assert capsys.readouterr().out.startswith(shown)


def test_there_is_something_to_check() -> None:
    parts = "answer(", "stream(", "history=", "Filters(", "load_encoder(", "v1#", "QueryEngine"
    assert len(BLOCKS) == 5
    assert all(any(part in block for block in BLOCKS) for part in parts)
    assert len(ASKED) == 3
