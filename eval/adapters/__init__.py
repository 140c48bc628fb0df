"""Sets of articles and questions, each read by one module into the same EvalSet."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..dataset import EvalError, EvalSet

SETS = ("seeds", "written", "squad2", "clapnq", "realtimeqa", "ramdocs", "timeqa")
ELSEWHERE = {
    "wice": "claims and no questions: python -m eval verify measures the checker on it",
    "attributionbench": "claims and no questions: python -m eval verify measures the checker on it",
    "mtrag": "turns of conversations without articles: python -m eval followups measures on it",
    "cast": "turns of conversations without articles: python -m eval followups measures on it",
    "bipia": "attacks to hide in articles: python -m eval attacks measures what comes of them",
}
"""Sets that a run cannot ask, with what they hold and the command that measures on them."""


def open_set(
    name: str,
    data: Path | None = None,
    articles: Path | None = None,
    index: Path | None = None,
) -> EvalSet:
    """A set by its name (`load_set`), or a file of questions by its path.

    articles, index:  where the articles of such a file are: in a folder, or in an index.
    """
    if name in ELSEWHERE:
        raise EvalError(f"{name} holds {ELSEWHERE[name]}")
    if name in SETS or not name.endswith(".jsonl"):
        return load_set(name, data)
    from .own import load_own

    return load_own(Path(name), articles, index)


def load_set(name: str, data: Path | None = None) -> EvalSet:
    """The set of this name.

    data:  for `seeds` the folder of articles (default: the repository's); for the others, but
           `written`, the folder that holds theirs (default: the environment's QA_EVAL_DATA).
    Raises EvalError when something is missing or not as it should be.
    """
    from . import clapnq, ramdocs, realtimeqa, seeds, squad2, timeqa, written

    if name == "seeds":
        return seeds.load_seeds(data)
    if name == "written":
        return written.load()
    readers = {
        "clapnq": clapnq.load,
        "ramdocs": ramdocs.load_set,
        "realtimeqa": realtimeqa.load,
        "squad2": squad2.load,
        "timeqa": timeqa.load,
    }
    if name not in readers:
        raise EvalError(
            f'no set "{name}" (known are {", ".join(SETS)}; a file of questions ends in .jsonl)'
        )
    return readers[name](data_folder(name, data))


def data_folder(name: str, given: Path | None) -> Path:
    """The folder that holds the folders of sets that are not in this repository.

    The one given, else the environment's QA_EVAL_DATA. Raises EvalError when there is none.
    """
    variable = os.environ.get("QA_EVAL_DATA")
    folder = given or (Path(variable) if variable else None)
    if folder is None:
        raise EvalError(f"the set {name} is not in this repository: {REMEDY}")
    if not folder.is_dir():
        raise EvalError(f"{folder}: no such folder for the set {name}: {REMEDY}")
    return folder


REMEDY = "name the folder that holds its data with --data DIR or the environment's QA_EVAL_DATA"


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a gzipped JSON lines file, one at a time."""
    if not path.is_file():
        raise EvalError(f"{path}: no such file: {REMEDY}")
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield json.loads(line)
                except json.JSONDecodeError as problem:
                    raise EvalError(f"{path}:{number}: not JSON: {problem}") from None
    except (OSError, EOFError, UnicodeDecodeError) as problem:
        raise EvalError(f"{path}: cannot be read: {problem}") from None
