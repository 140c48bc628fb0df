"""Writes the trained network as int8 ONNX: `python -m qa.cross_encoder.export FOLDER PAIRS`.

The logits are first calibrated on held-back pairs of questions and claims that people wrote, by a
factor and a shift that go into the heads' own weights (Platt 1999), so that scores are chances.
Weights are signed bytes, one scale a channel, and activations are quantised as they come. The
graph is refused when its probabilities differ from the network's, on held-back pairs, by more than
MEAN on the average.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from index.graphs import Graph, packaged_model, quantise

from .layout import alone, batch
from .train import Example, Network, read, scores

MEAN = 0.02
CHECKED = 300
"""Groups of held-back pairs on which the two are compared."""

WRITTEN = ("squad2", "clapnq", "timeqa", "ramdocs", "wice", "answered")
"""Sources whose questions or claims people wrote: calibration is on these."""

MODEL = Path(__file__).with_name("model.onnx")


def export(weights: Path, pairs: Path, target: Path = MODEL) -> str:
    """Write `target`; returns what was compared."""
    network = Network(packaged_model())
    network.load_state_dict(torch.load(weights / "network.pt"))
    network.eval()
    held = read(pairs, held=True)
    for task, head in (("answer", network.answer), ("claim", network.claim)):
        _calibrate(network, head, [e for e in held if e.task == task and e.source in WRITTEN])
    network.eval()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        _write(network, whole)
        quantise(whole)
        shutil.move(whole, target)
    said: str = _compare(network, target, held[::7][:CHECKED])
    return said


def _calibrate(network: Network, head: torch.nn.Linear, examples: list[Example]) -> None:
    logits = torch.from_numpy(np.concatenate(scores(network, examples)))
    labels = torch.tensor([label for e in examples for label in e.labels])
    by = torch.tensor([1.0, 0.0], requires_grad=True)
    search = torch.optim.LBFGS([by], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        search.zero_grad()
        logit = by[0] * logits + by[1]
        value = torch.nn.functional.binary_cross_entropy_with_logits(logit, labels)
        value.backward()
        return value

    search.step(loss)
    factor, shift = by.detach()
    with torch.no_grad():
        head.weight *= factor
        head.bias *= factor
        head.bias += shift


def _write(network: Network, path: Path) -> None:
    ids = torch.ones(2, 12, dtype=torch.long)
    types = torch.zeros_like(ids)
    types[:, 5:9] = 1
    axes = {0: "batch", 1: "tokens"}
    torch.onnx.export(
        network, (ids, torch.ones_like(ids), types), str(path),
        input_names=["ids", "mask", "types"], output_names=["answer", "claim", "span"],
        dynamic_axes={"ids": axes, "mask": axes, "types": axes, "answer": {0: "batch"},
                      "claim": {0: "batch"}, "span": axes},
        opset_version=17, dynamo=False,
    )  # fmt: skip


@torch.no_grad()
def _compare(network: Network, target: Path, examples: list[Example]) -> str:
    graph = Graph(target)
    far = []
    for example in examples:
        tokens = batch(example.sequences)
        head = 0 if example.task == "answer" else 1
        own = network(*(torch.from_numpy(part) for part in tokens))[head].numpy()
        inputs = [alone(each) for each in example.sequences]
        made = np.concatenate(
            [own for (own,) in graph.run_each([("answer", "claim")[head]], inputs)]
        )
        far += np.abs(1 / (1 + np.exp(-own)) - 1 / (1 + np.exp(-made))).tolist()
    mean, worst = float(np.mean(far)), float(np.percentile(far, 99))
    said = f"{len(far)} pairs: probabilities differ by {mean:.4f}, 99th percentile {worst:.3f}"
    if mean > MEAN:
        target.unlink()
        raise SystemExit(f"the int8 graph was refused, {said} (at most {MEAN} on the average)")
    return said


if __name__ == "__main__":
    print(export(Path(sys.argv[1]), Path(sys.argv[2])))
