"""What does the encoder lose in int8? The same questions, searched in both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from index.embed import PACKAGED, Precision, load_encoder

from .dataset import Case, EvalSet
from .experiments import DEPTHS, answers, beside, measures
from .progress import bar
from .run import build_index


def compare(eval_set: EvalSet, cases: Sequence[Case], cache: Path, seed: int = 0) -> str:
    """The table in Markdown: answers found by the whole search, of which the vectors are half."""
    cases = [case for case in cases if case.question.answerable]
    table = {}
    for precision in get_args(Precision):
        with build_index(eval_set, cache, load_encoder(PACKAGED, precision)) as index:
            found = [
                index.search(case.question.question, max(DEPTHS), asked_on=case.asked_on)
                for case in bar(cases, precision)
            ]
        table[precision] = [
            measures([answers(case, hit) for hit in hits])
            for case, hits in zip(cases, found, strict=True)
        ]
    return beside(table, "fp32", seed)
