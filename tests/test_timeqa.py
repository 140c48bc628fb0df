"""The adapter of TimeQA, on data made up in its form."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from eval.adapters import load_set
from eval.dataset import EvalError

PARAGRAPHS = [
    "Ada Quill",
    "",
    "Ada Quill was a member of the Harbour\u00a0Party and later, the Harbour Party having split, "
    "of the Reform Party .",
]
ENTRY = {
    "index": "/wiki/Ada_Quill#P102",
    "type": "P102",
    "link": "/wiki/Ada_Quill",
    "questions": [
        [
            "Which party was Ada Quill in from 1901 to 1910?",
            [{"para": 2, "from": 62, "end": 75, "answer": "Harbour Party"}],
        ],
        ["Which party was Ada Quill in from 1911 to 1912?", [{"para": 0, "from": 0, "end": 0}]],
    ],
    "paras": PARAGRAPHS,
}
ENTRY["questions"][1][1][0]["answer"] = ""  # type: ignore[index]


def write(folder: Path, value: Any) -> Path:
    path = folder / "timeqa-dev" / "train.json.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(json.dumps(value).encode()))
    return folder


def test_questions_point_into_the_joined_paragraphs(tmp_path: Path) -> None:
    found = load_set("timeqa", write(tmp_path, [ENTRY, {**ENTRY, "index": "again"}]))
    (article,) = found.articles
    told, open_one, *more = found.cases
    assert (article.title, len(more)) == ("Ada Quill", 2)
    ((passage,),), ((place,),) = told.passages, told.points
    assert article.text[passage.start : passage.end].startswith("Ada Quill was")
    assert article.text[place.start : place.end] == "Harbour Party"
    assert "later, the" in article.text[: place.start], "the answer that was marked, not the first"
    assert told.question.answerable and told.question.answers == ("Harbour Party",)
    assert not open_one.question.answerable and open_one.points == open_one.passages == ()


@pytest.mark.parametrize(
    "value", [{}, [{"link": "a"}], [{**ENTRY, "paras": []}], [3], [{**ENTRY, "questions": 3}]]
)
def test_what_is_not_timeqa_is_named(tmp_path: Path, value: Any) -> None:
    with pytest.raises(EvalError, match=r"train\.json\.gz"):
        load_set("timeqa", write(tmp_path, value))


def test_data_that_is_missing_or_damaged(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no such file"):
        load_set("timeqa", tmp_path)
    write(tmp_path, []).joinpath("timeqa-dev", "train.json.gz").write_bytes(b"no gzip")
    with pytest.raises(EvalError, match="cannot be read"):
        load_set("timeqa", tmp_path)
