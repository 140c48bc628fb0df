"""WiCE (Kamoi et al. 2023, arXiv:2303.01432): claims of Wikipedia against parts of the web pages
they cite, chosen so that the supporting sentences are among them (oracle evidence)."""

from __future__ import annotations

from pathlib import Path

from ..dataset import EvalError
from ..verification import Labelled, quoted
from . import read_rows

LABELS = {
    "supported": "supported",
    "partially_supported": "partly",
    "not_supported": "unsupported",
}


def load_claims(data: Path) -> list[Labelled]:
    """Reads `wice-dev/` below `data`: a claim comes once for each part of its page, as a group."""
    path = data / "wice-dev" / "oracle_claims.jsonl.gz"
    out = []
    for number, row in enumerate(read_rows(path), 1):
        try:
            label = LABELS[row["label"]]
            group = f"{row['meta']['id']} {row['claim']}"
            # Its sentences come apart; a blank line keeps them so.
            quotes = (quoted("\n\n".join(row["evidence"])),)
            out.append(Labelled(row["claim"], quotes, label == "supported", group))
        except (KeyError, TypeError) as problem:
            raise EvalError(f"{path}:{number}: not a claim of WiCE: {problem!r}") from None
    return out
