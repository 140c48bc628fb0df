"""A model that reads claim and quote, in the place of the packaged one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from eval.model_server import ModelServer, Turn
from eval.verification import Labelled, measure, quoted, report
from index.store import Index
from index.types import Encoder, Entailer, Vectors
from qa import config
from qa.answerer import Answerer
from qa.checks.entail import LONGEST
from qa.llm import connect
from qa.verify import repair, verify
from tests.conftest import ROOT
from tests.test_verify import SPILL, passage


class Fixed:
    """Gives every pair the same chance, and keeps what it was asked."""

    def __init__(self, chance: float) -> None:
        self.chance = chance
        self.asked: list[tuple[str, str]] = []

    def score(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        self.asked += pairs
        return np.full(len(pairs), self.chance, np.float32)


CLAIM = "Fuel went into the harbour, the harbour authority said."


@pytest.mark.parametrize(
    ("chance", "label"), [(0.9, "supported"), (0.3, "partly"), (0.1, "unsupported")]
)
def test_its_chance_becomes_the_verdict(chance: float, label: str, encoder: Encoder) -> None:
    model = Fixed(chance)
    assert verify(CLAIM, [passage(SPILL)], encoder.encode, model).label == label
    assert model.asked == [(CLAIM, SPILL)]


def test_the_rules_stay_in_front_of_it() -> None:
    model = Fixed(1.0)
    wrong = verify("About 9,000 litres of fuel leaked.", [passage(SPILL)], None, model)
    assert wrong.label == "unsupported" and "4,000" in wrong.reason
    bare = verify("About 4,000 litres of fuel leaked into the harbour.", [passage(SPILL)],
                  None, model)  # fmt: skip
    assert bare.label == "partly" and "the harbour authority" in bare.reason
    assert verify(SPILL, [passage(SPILL)], None, Fixed(0.0)).label == "supported"


def test_quotes_are_read_together_and_alone_and_long_ones_by_their_best_sentences() -> None:
    model = Fixed(0.0)
    other = "The Norra Vind had arrived with sawn timber."
    verify(CLAIM, [passage(SPILL), passage(other)], None, model)
    assert [quote for _, quote in model.asked] == [f"{SPILL}\n{other}", SPILL, other]
    model.asked.clear()
    verify(CLAIM, [passage(f"{other} " * 90 + SPILL)], None, model)
    ((_, quote),) = model.asked
    assert quote.endswith(SPILL) and len(quote) <= LONGEST


def test_repair_asks_it_too() -> None:
    right = passage(SPILL, article_id="c")
    off = passage("The Norra Vind had arrived with sawn timber.", article_id="b")

    class Knows:
        def score(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
            return np.array([SPILL in quote for _, quote in pairs], np.float32)

    assert repair(CLAIM, [off], [off, right], None, Knows()) == (right,)
    assert repair(CLAIM, [off], [off, right], None, Fixed(0.0)) is None


def test_an_answerer_takes_one(seeds_index: Index) -> None:
    said = Turn(["Ankara and Moscow arranged the ceasefire together. [1]"])
    labels = {}
    for chance in (0.0, 1.0):
        with ModelServer(said) as server:
            model = connect(f"{server.url}#tiny", {})
            answerer = Answerer(seeds_index, model, verifier=Fixed(chance))
            (claim,) = answerer.ask("Who brokered the ceasefire?").claims
            labels[chance] = claim.verdict.label
    assert labels == {0.0: "unsupported", 1.0: "supported"}


def test_none_is_loaded_that_nobody_asked_for(
    monkeypatch: pytest.MonkeyPatch, seeds_index: Index
) -> None:
    monkeypatch.delenv("QA_VERIFIER", raising=False)
    assert config.verifier() is None
    monkeypatch.setenv("QA_VERIFIER", "nowhere/to/be/found")
    assert Answerer(seeds_index).model == "extractive"  # nothing to check: it is not loaded


def test_the_table_has_its_rows_beside_overlap(encoder: Encoder) -> None:
    claims = [
        Labelled(f"Mill {n} shut its doors.", (quoted(f"Mill {n} closed."),), n % 2 == 0, str(n))
        for n in range(20)
    ]

    class Even:
        def score(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
            return np.array([int(c.split()[1]) % 2 == 0 for c, _ in pairs], np.float32)

    judge: Entailer = Even()
    text = report("mills", measure(claims, encoder.encode, judge), False, entailer="tiny/even")
    rows = dict(line.split(" | ")[:2] for line in text.splitlines() if line.startswith("| "))
    assert rows["| tiny/even"].startswith("100.0")
    assert rows["| tiny/even, tuned in the folds"].startswith("100.0")
    assert "| tiny/even after the rules" in rows


BY_NAME = """
import sys
from pathlib import Path
import numpy as np
from index.pretrained import CrossEncoderEntailer
from index import FootnoteError
from tests.tiny_models import write_cross_encoder

folder = Path(sys.argv[1])
pairs = [("It closed.", "The mill closed."), ("It opened.", "The mill closed.")]
for name, odds, expected in (
    ("three", {"contradiction": 0.0, "ENTAILMENT": 2.0, "neutral": 1.0}, 0.6652),
    ("two", {"entailment": 0.0, "not_entailment": 1.0}, 0.2689),
    ("one", {"LABEL_0": 1.0}, 0.7311),
):
    write_cross_encoder(folder / name, odds)
    scores = CrossEncoderEntailer(str(folder / name)).score(pairs)
    assert scores.shape == (2,) and scores.dtype == np.float32, scores
    assert abs(scores - expected).max() < 1e-3, (name, scores)
    assert CrossEncoderEntailer(str(folder / name)).score([]).shape == (0,)
write_cross_encoder(folder / "unnamed", {"LABEL_0": 0.0, "LABEL_1": 1.0})
for name in ("unnamed", "missing"):
    try:
        CrossEncoderEntailer(str(folder / name))
    except FootnoteError as problem:
        print(problem)
"""


@pytest.mark.slow
def test_any_cross_encoder_is_one_by_its_folder(tmp_path: Path) -> None:
    """In a process of its own, since torch stays loaded where it once was."""
    done = subprocess.run(
        [sys.executable, "-c", BY_NAME, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr
    unnamed, missing = done.stdout.splitlines()
    assert "LABEL_0, LABEL_1" in unnamed and "must be named entailment" in unnamed
    assert "cannot be loaded" in missing
