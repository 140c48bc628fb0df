"""How well the checker of claims tells supported from the rest: `python -m eval verify`.

The rival is word overlap: the share of a claim's content words that its evidence has, with a
threshold tuned on the same training folds. Folds and bootstrap keep a group (the claims of one
question, or one claim against several parts of its page) together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from index.types import Entailer
from qa.checks.cited import Evidence
from qa.checks.entail import likely
from qa.checks.facts import Kind, findings
from qa.checks.meaning import MEANING, Encode, Features, chance, features, weights
from qa.types import Passage
from qa.verify import SUPPORTED, strange, weigh

from .estimates import DRAWS, auc
from .progress import bar

FOLDS = 10
RIDGE = 5.0
"""Added to the sum of the losses: RIDGE * |weights of standardised features|^2."""

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A claim with the texts that it cites, and whether people found it supported by them."""

    claim: str
    quotes: tuple[Passage, ...]
    supported: bool
    group: str


def quoted(text: str) -> Passage:
    """A text as a passage of an article of which nothing else is known."""
    return Passage(
        article_id="", article_version="", title="", source=None, published=None, url=None,
        start=0, end=len(text), quote=text,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """The features of one set's claims, what the rules found, and the labels.

    entailed:  the chances by a model that reads claim and quotes, where one was given.
    """

    features: list[Features]
    kinds: list[frozenset[Kind]]
    hard: Flags
    labels: Flags
    groups: list[str]
    entailed: Matrix | None = None


def measure(
    claims: Sequence[Labelled], encode: Encode, entailer: Entailer | None = None
) -> Measured:
    """Features and findings of every claim; minutes for a thousand claims of long texts."""
    rows: list[Features] = []
    entailed: list[float] = []
    kinds: list[frozenset[Kind]] = []
    hard: list[bool] = []
    for each in bar(claims, "claims"):
        evidence = weigh(each.claim, Evidence(each.quotes))
        found = findings(each.claim, evidence)
        rows.append(features(each.claim, evidence, encode))
        kinds.append(frozenset(f.kind for f in found))
        baseless = not evidence.quotes or strange(each.claim, evidence)
        hard.append(baseless or any(f.hard for f in found))
        if entailer is not None:
            entailed.append(likely(each.claim, evidence, entailer))
    labels = np.array([c.supported for c in claims])
    groups = [c.group for c in claims]
    chances = np.array(entailed) if entailer is not None else None
    return Measured(rows, kinds, np.array(hard), labels, groups, chances)


def names_of(model: str, measured: Measured) -> tuple[str, ...]:
    """The features of the model "meaning", or of "words", which encodes nothing."""
    return tuple(n for n in measured.features[0] if model == "meaning" or n not in MEANING)


def matrix(rows: Sequence[Features], names: Sequence[str]) -> Matrix:
    return np.array([[row[name] for name in names] for row in rows])


def fit(rows: Matrix, labels: Flags) -> tuple[Matrix, float]:
    """Logistic regression, both labels weighing the same: (weights, bias) of the raw features."""
    middle, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread == 0] = 1.0
    scaled = np.c_[(rows - middle) / spread, np.ones(len(rows))]
    signs = np.where(labels, 1.0, -1.0)
    weigh = np.where(labels, len(labels) / labels.sum(), len(labels) / (~labels).sum()) / 2

    def loss(w: Matrix) -> tuple[float, Matrix]:
        margins = signs * (scaled @ w)
        p = 1 / (1 + np.exp(np.clip(margins, -40, 40)))
        value = float((weigh * np.logaddexp(0, -margins)).sum()) + RIDGE * float(w[:-1] @ w[:-1])
        return value, -(weigh * signs * p) @ scaled + 2 * RIDGE * np.r_[w[:-1], 0.0]

    found = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B").x
    own = found[:-1] / spread
    return own, float(found[-1] - own @ middle)


def folds(groups: Sequence[str], seed: int) -> NDArray[np.int64]:
    """A fold for each claim, the same for all of a group."""
    known = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(known))
    fold = {known[at]: place % FOLDS for place, at in enumerate(order)}
    return np.array([fold[group] for group in groups])


def refitted(rows: Matrix, labels: Flags, fold: NDArray[np.int64]) -> Matrix:
    """The chance of each claim by a model fitted on the other folds."""
    out = np.empty(len(labels))
    for k in range(FOLDS):
        own, bias = fit(rows[fold != k], labels[fold != k])
        out[fold == k] = 1 / (1 + np.exp(-(rows[fold == k] @ own + bias)))
    return out


def tuned(scores: Matrix, labels: Flags, fold: NDArray[np.int64]) -> Flags:
    """Which claims pass the threshold that is best on the other folds."""
    out = np.zeros(len(labels), bool)
    for k in range(FOLDS):
        train, truth = scores[fold != k], labels[fold != k]
        tries = np.unique(train)
        best = max(tries, key=lambda t: balanced(train >= t, truth))
        out[fold == k] = scores[fold == k] >= best
    return out


def balanced(said: Flags, labels: Flags, times: Matrix | None = None) -> float:
    """Balanced accuracy: the mean of the share of supported claims that pass and of others that
    do not. `times`: how often each claim counts."""
    count = np.ones(len(labels)) if times is None else times
    passed = (count * (said & labels)).sum() / max((count * labels).sum(), 1e-9)
    caught = (count * (~said & ~labels)).sum() / max((count * ~labels).sum(), 1e-9)
    return float(passed + caught) / 2


def interval(
    labels: Flags, groups: Sequence[str], said: Flags, rival: Flags | None, seed: int
) -> tuple[float, float]:
    """95% bootstrap interval of balanced accuracy, or of its difference to a rival's, by group."""
    known, place = np.unique(np.array(groups), return_inverse=True)
    draw = np.random.default_rng(seed)
    out = []
    for _ in range(DRAWS):
        drawn = draw.integers(0, len(known), len(known))
        times = np.bincount(drawn, minlength=len(known))[place].astype(float)
        value = balanced(said, labels, times)
        out.append(value - (balanced(rival, labels, times) if rival is not None else 0.0))
    low, high = np.percentile(out, [2.5, 97.5])
    return float(low), float(high)


Judged = tuple[Matrix, Flags]
"""The scores of a system, and which claims it takes as supported."""


def report(
    name: str, measured: Measured, trained_on: bool, seed: int = 0, entailer: str = "entailer"
) -> str:
    """The tables of one set, in Markdown.

    trained_on:  the shipped weights know this set.
    entailer:    what the model is called whose chances were measured besides.
    """
    labels, groups = measured.labels, measured.groups
    systems = {**_systems(measured, trained_on, seed), **_entailed(measured, entailer, seed)}
    rival = next(iter(systems.values()))[1]
    lines = [
        f"{name}: {len(labels)} claims in {len(set(groups))} groups, {labels.sum()} supported",
        "",
        "| | balanced accuracy | more than word overlap | AUC | supported passed | others caught |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for title, (scores, said) in systems.items():
        gain = "-" if said is rival else _estimate(measured, said, rival, seed)
        lines.append(
            f"| {title} | {_estimate(measured, said, None, seed)} | {gain} "
            f"| {auc(labels.tolist(), scores.tolist()):.3f} "
            f"| {100 * said[labels].mean():.1f} | {100 * (~said[~labels]).mean():.1f} |"
        )
    return "\n".join([*lines, "", *_rules(measured), ""])


def _systems(measured: Measured, trained_on: bool, seed: int) -> dict[str, Judged]:
    """Word overlap first, then ours, by the titles of the table's rows."""
    labels = measured.labels
    fold = folds(measured.groups, seed)
    overlap = matrix(measured.features, ["words"])[:, 0]
    out = {"word overlap, tuned in the folds": (overlap, tuned(overlap, labels, fold))}
    for model in ("words", "meaning"):
        rows = matrix(measured.features, names_of(model, measured))
        chances = refitted(rows, labels, fold)
        title = "words only" if model == "words" else "meaning"
        out[f"{title}, fitted in the folds"] = (chances, chances >= SUPPORTED)
    out["the same after the rules"] = (chances, (chances >= SUPPORTED) & ~measured.hard)
    if not trained_on:
        shipped = np.array([chance(f, weights()["meaning"]) for f in measured.features])
        out["meaning, shipped weights"] = (shipped, shipped >= SUPPORTED)
        ruled = (shipped >= SUPPORTED) & ~measured.hard
        out["shipped weights after the rules"] = (shipped, ruled)
    return out


def _entailed(measured: Measured, name: str, seed: int) -> dict[str, Judged]:
    """The rows of a model that reads claim and quotes: as it is, in the checker, and tuned."""
    scores = measured.entailed
    if scores is None:
        return {}
    said = scores >= SUPPORTED
    ours = tuned(scores, measured.labels, folds(measured.groups, seed))
    return {
        name: (scores, said),
        f"{name} after the rules": (scores, said & ~measured.hard),
        f"{name}, tuned in the folds": (scores, ours),
    }


def _estimate(measured: Measured, said: Flags, rival: Flags | None, seed: int) -> str:
    """Balanced accuracy, or how much more it is than a rival's, with its interval."""
    labels = measured.labels
    value = balanced(said, labels) - (balanced(rival, labels) if rival is not None else 0.0)
    low, high = interval(labels, measured.groups, said, rival, seed)
    sign = "+" if rival is not None else ""
    return f"{100 * value:{sign}.1f} [{100 * low:{sign}.1f}, {100 * high:{sign}.1f}]"


def _rules(measured: Measured) -> list[str]:
    labels = measured.labels
    lines = [
        "| rule | fires | right when it fires | false alarms on supported claims |",
        "| --- | ---: | ---: | ---: |",
    ]
    for kind in sorted({kind for kinds in measured.kinds for kind in kinds}):
        fires = np.array([kind in kinds for kinds in measured.kinds])
        lines.append(_rule(kind, fires, labels))
    return [*lines, _rule("any hard rule", measured.hard, labels)]


def _rule(name: str, fires: Flags, labels: Flags) -> str:
    right = f"{100 * (~labels[fires]).mean():.1f}" if fires.any() else "-"
    return f"| {name} | {fires.sum()} | {right} | {100 * fires[labels].mean():.1f} |"


def shipped_weights(measured: Measured) -> str:
    """The text of qa/checks/verify.json: both models, fitted on all of these claims."""
    out: dict[str, dict[str, float]] = {}
    for model in ("meaning", "words"):
        names = names_of(model, measured)
        own, bias = fit(matrix(measured.features, names), measured.labels)
        rounded = {n: round(float(w), 4) for n, w in zip(names, own, strict=True)}
        out[model] = {"bias": round(bias, 4), **rounded}
    return json.dumps(out, indent=1) + "\n"


def load_claims(name: str, data: Path) -> list[Labelled]:
    from .adapters import attributionbench, wice

    return {"wice": wice, "attributionbench": attributionbench}[name].load_claims(data)
