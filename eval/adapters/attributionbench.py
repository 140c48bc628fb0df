"""AttributionBench (Li et al. 2024, arXiv:2402.15089): sentences of generated answers with the
texts that they cite, attributable to them or not. It only measures: no shipped weight knows it."""

from __future__ import annotations

import re
from pathlib import Path

from ..dataset import EvalError
from ..verification import Labelled, quoted
from . import read_rows

_MARKER = re.compile(r"\s*\[\d+\]")
_ADDRESS = re.compile(r"^\[\d+\]\s*https?://\S+\s*")


def load_claims(data: Path) -> list[Labelled]:
    """Reads `attributionbench-dev/` below `data`; the claims of one question are a group.

    The markers of a claim and the addresses before its texts go: they are not part of either.
    """
    path = data / "attributionbench-dev" / "claims.jsonl.gz"
    out = []
    for number, row in enumerate(read_rows(path), 1):
        try:
            quotes = tuple(quoted(_ADDRESS.sub("", text)) for text in row["references"])
            claim = _MARKER.sub("", row["claim"]).strip()
            label = {"attributable": True, "not attributable": False}[row["attribution_label"]]
            out.append(Labelled(claim, quotes, label, row["question"]))
        except (KeyError, TypeError) as problem:
            raise EvalError(f"{path}:{number}: not such a claim: {problem!r}") from None
    return out
