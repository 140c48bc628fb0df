"""Our own collections that the reader learns from: `eval/written/`, invented as a whole.

A collection is a folder of articles and a file of questions, both of one name, in the formats of
anybody's own set (`own`). Its questions name every sentence that answers them. Some collections,
by a hash of their names, are held back from the training: the set `written` is made of those.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..dataset import EvalSet
from ..pairs import held
from .own import load_own
from .seeds import MEASURES

WRITTEN = Path(__file__).parents[1] / "written"


def collections() -> Iterator[tuple[str, EvalSet]]:
    """Each collection with its name."""
    for path in sorted(WRITTEN.glob("*.jsonl")):
        yield path.stem, load_own(path, path.with_suffix(""), None)


def load() -> EvalSet:
    """The collections that were held back, together."""
    found = [own for name, own in collections() if held(name)]
    return EvalSet(
        name="written",
        about="Gold is the exact quotes that answer; the reader did not learn on these articles, "
        "but on others by the same hands.",
        articles=tuple(article for own in found for article in own.articles),
        cases=tuple(case for own in found for case in own.cases),
        measures=MEASURES,
    )
