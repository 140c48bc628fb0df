"""The mean of several trainings: `python -m qa.cross_encoder.average FOLDER... --out FOLDER`.

Each FOLDER holds the `network.pt` of one run from the same beginning. Such runs end near each
other, and the network whose weights are the mean of theirs is seldom worse than any of them, and
costs no more to run (Wortsman et al. 2022, Model soups, arXiv:2203.05482).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

Weights = dict[str, torch.Tensor]


def averaged(runs: Sequence[Weights]) -> Weights:
    """The mean of each weight; what is no fraction (positions counted) is the first one's."""
    first, *others = runs
    if any({n: t.shape for n, t in o.items()} != {n: t.shape for n, t in first.items()}
           for o in others):  # fmt: skip
        sys.exit("these are not trainings of one network: their weights have other shapes")
    return {
        name: torch.stack([run[name] for run in runs]).mean(0)
        if weight.is_floating_point()
        else weight
        for name, weight in first.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    given = parser.parse_args(arguments)
    made = averaged([torch.load(folder / "network.pt") for folder in given.runs])
    given.out.mkdir(parents=True, exist_ok=True)
    torch.save(made, given.out / "network.pt")


if __name__ == "__main__":
    main()
