"""A person's own set: a file of questions about the articles of a folder or of an index."""

from __future__ import annotations

from pathlib import Path

from index.store import Index

from ..dataset import EvalError, EvalSet, resolve
from ..lines import load
from .seeds import MEASURES, read_folder


def load_own(path: Path, articles: Path | None, index: Path | None) -> EvalSet:
    """The questions of a JSON lines file with their articles. Raises EvalError without either."""
    if index:
        with Index.open(index) as opened:
            found = tuple(opened.each_article())
    elif articles:
        found = read_folder(articles)
    else:
        raise EvalError(
            f"{path}: which articles is it about? Name them with --articles FOLDER or --index DIR"
        )
    return EvalSet(
        name=str(path),
        about="Gold is the exact quotes that an answer must cite.",
        articles=found,
        cases=tuple(resolve(load(path), found)),
        measures=MEASURES,
    )
