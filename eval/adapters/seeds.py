"""The repository's own articles and questions: `seeds/` and `eval/questions.jsonl`."""

from __future__ import annotations

from pathlib import Path

from index.readers import Skipped, find_files, read_path
from index.types import Article

from ..dataset import EvalError, EvalSet, resolve
from ..lines import load

_EVAL = Path(__file__).parents[1]
QUESTIONS = _EVAL / "questions.jsonl"
SEEDS = _EVAL.parent / "seeds"
MEASURES = ("gold@1", "gold@3", "gold@10", "article@1", "article@3", "article@10")


def load_seeds(folder: Path | None = None, questions: Path = QUESTIONS) -> EvalSet:
    """The articles of a folder, `seeds/` by default, and the questions about them."""
    articles = read_folder(folder or SEEDS)
    return EvalSet(
        name="seeds",
        about="Gold is the exact quotes that an answer must cite.",
        articles=articles,
        cases=tuple(resolve(load(questions), articles)),
        measures=MEASURES,
    )


def read_folder(folder: Path) -> tuple[Article, ...]:
    """Every article below a folder. Raises EvalError when a file cannot be read, or none is."""
    if not folder.is_dir():
        raise EvalError(f"{folder}: no such folder of articles (name one that is there)")
    found = [a for path in find_files(folder) for a in read_path(path, folder)]
    skipped = [f"{folder / s.path}: {s.reason}" for s in found if isinstance(s, Skipped)]
    if skipped or not found:
        raise EvalError("\n".join(skipped) or f"{folder}: holds no articles")
    return tuple(a for a in found if isinstance(a, Article))
