"""The README's Python runs, and its question has the answer that it shows."""

from __future__ import annotations

import re

import pytest

from index.store import Index
from qa.cli import main
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
ASKED = re.findall(r'\$ \.venv/bin/qa ask "([^"]+)"\n(.+?)(?=\n\$|\n```)', README, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=[block.split("\n")[0] for block in BLOCKS])
def test_python_blocks_run(
    block: str,
    seeds_index: Index,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("QA_INDEX", str(seeds_index.path))
    exec(compile(block, "README.md", "exec"), {})
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(("question", "shown"), ASKED)
def test_the_answers_shown_are_the_answers_given(
    question: str, shown: str, seeds_index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", question, "--index", str(seeds_index.path)]) == 0
    assert capsys.readouterr().out.startswith(shown)


def test_there_is_something_to_check() -> None:
    assert len(BLOCKS) == 3
    assert len(ASKED) == 2
