"""What measures the checker of claims: folds, thresholds, intervals, the two sets it reads."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.__main__ import main
from eval.dataset import EvalError
from eval.verification import (
    Labelled,
    balanced,
    fit,
    folds,
    interval,
    load_claims,
    measure,
    quoted,
    report,
    shipped_weights,
    tuned,
)
from index.types import Encoder
from qa.checks.meaning import weights


def written(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


WICE = {
    "label": "partially_supported",
    "claim": "The mill closed in 1931 and burnt down.",
    "evidence": ["The mill closed in 1931.", "Nothing is known of a fire."],
    "meta": {"id": "dev1"},
}
BENCH = {
    "question": "when did the mill close",
    "claim": "The mill closed in 1931 [2].",
    "references": ["[2] http://mill.example/history The mill closed in 1931."],
    "attribution_label": "attributable",
}


def test_the_sets_are_read_into_claims_with_their_texts(tmp_path: Path) -> None:
    written(tmp_path / "wice-dev" / "oracle_claims.jsonl.gz", [WICE])
    (claim,) = load_claims("wice", tmp_path)
    assert not claim.supported
    assert claim.quotes[0].quote == "The mill closed in 1931.\n\nNothing is known of a fire."
    written(tmp_path / "attributionbench-dev" / "claims.jsonl.gz", [BENCH])
    (claim,) = load_claims("attributionbench", tmp_path)
    assert claim.supported
    assert (claim.claim, claim.quotes[0].quote) == ("The mill closed in 1931.",) * 2


@pytest.mark.parametrize(
    ("name", "file", "row"),
    [
        ("wice", "wice-dev/oracle_claims.jsonl.gz", WICE | {"label": "maybe"}),
        ("attributionbench", "attributionbench-dev/claims.jsonl.gz", {"claim": "It rained."}),
    ],
)
def test_a_row_of_another_shape_is_named_by_its_line(
    tmp_path: Path, name: str, file: str, row: dict[str, Any]
) -> None:
    written(tmp_path / file, [row])
    with pytest.raises(EvalError, match=r"gz:1: not "):
        load_claims(name, tmp_path)


def test_missing_data_is_said_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--data", str(tmp_path)]) == 1
    assert "--data DIR" in capsys.readouterr().err


def test_a_group_is_never_parted_between_folds() -> None:
    groups = [f"question {i % 37}" for i in range(400)]
    fold = folds(groups, seed=3)
    assert len(set(fold.tolist())) == 10
    assert all(len({f for g, f in zip(groups, fold, strict=True) if g == name}) == 1
               for name in set(groups))  # fmt: skip


def test_a_threshold_is_not_chosen_on_the_claims_that_it_judges() -> None:
    scores = np.array([0.1, 0.2, 0.8, 0.9, 0.5, 0.6])
    labels = np.array([False, False, True, True, True, False])
    said = tuned(scores, labels, np.array([0, 0, 0, 0, 1, 1]))
    # Fold 1 is judged by what parts 0.2 from 0.8, although 0.55 from below would be right for it.
    assert said[4:].tolist() == [False, False]


def test_balanced_accuracy_weighs_both_labels_alike() -> None:
    labels = np.array([True] + [False] * 9)
    assert balanced(np.zeros(10, bool), labels) == 0.5
    assert balanced(labels, labels) == 1.0


def test_a_difference_to_oneself_has_an_interval_of_nothing() -> None:
    labels = np.arange(40) % 2 == 0
    said = np.arange(40) % 3 == 0
    groups = [str(i // 2) for i in range(40)]
    assert interval(labels, groups, said, said, 0) == (0.0, 0.0)
    low, high = interval(labels, groups, labels, ~labels, 0)
    assert (low, high) == (1.0, 1.0)


def test_the_fit_finds_the_feature_that_tells() -> None:
    draw = np.random.default_rng(0)
    labels = draw.random(300) < 0.3
    rows = np.c_[labels * 2.0 + draw.normal(size=300), draw.normal(size=300)]
    own, bias = fit(rows, labels)
    assert own[0] > 5 * abs(own[1])
    assert balanced(rows @ own + bias > 0, labels) > 0.8


def test_the_report_has_overlap_beside_every_model(encoder: Encoder) -> None:
    claims = [
        Labelled(f"Mill {n} closed in {1900 + n + n % 2}.",
                 (quoted(f"Mill {n} closed its doors in {1900 + n}."),), n % 2 == 0, str(n))
        for n in range(40)
    ]  # fmt: skip
    measured = measure(claims, encoder.encode)
    assert measured.hard.tolist() == [n % 2 == 1 for n in range(40)]
    text = report("mills", measured, trained_on=False)
    assert "| date | 20 | 100.0 | 0.0 |" in text
    assert text.count("more than word overlap") == 1
    assert "| meaning, shipped weights |" in text


def test_shipped_weights_have_every_feature_and_stay_small(encoder: Encoder) -> None:
    claims = [
        Labelled("It rained.", (quoted("It rained."),), True, "a"),
        Labelled("It snowed.", (quoted("It rained."),), False, "b"),
    ]
    text = shipped_weights(measure(claims, encoder.encode))
    made = json.loads(text)
    assert {model: set(w) for model, w in made.items()} == {
        model: set(w) for model, w in weights().items()
    }
    assert len(text) < 4_000
