"""Writes the trained network as int8 ONNX: `python -m qa.cross_encoder.export FOLDER PAIRS`.

The logits are first calibrated on held-back pairs of questions that people wrote, by a factor and a
shift that go into the head's own weights (Platt 1999), so that scores are chances.
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
from torch import Tensor, nn

from index.graphs import Graph, packaged_model, quantise

from .examples import Example, read
from .layout import alone, batch
from .train import Network, scores

MEAN = 0.02
CHECKED = 300
"""Groups of held-back pairs on which the two are compared."""

WRITTEN = ("squad2", "clapnq", "timeqa", "ramdocs", "written")
"""Sources whose questions people wrote: calibration is on these."""

MODEL = Path(__file__).with_name("model.onnx")


class Alone(nn.Module):
    """The network as it is run: one text, so that nothing is padded and nothing masked."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """`(1, tokens)` ids and types to logits: answer (1,), span (1, tokens, 2)."""
        body = self.network.body
        states = body.embeddings(input_ids=ids, token_type_ids=types)
        for layer in body.encoder.layer:
            made = layer(states)
            states = made[0] if isinstance(made, tuple) else made
        return self.network.heads(states, types)


def export(weights: Path, pairs: Path, target: Path = MODEL) -> str:
    """Write `target`; returns what was compared."""
    network = Network(packaged_model())
    network.load_state_dict(torch.load(weights / "network.pt"))
    network.eval()
    held = read(pairs, held=True)
    _calibrate(network, [e for e in held if e.source in WRITTEN])
    network.eval()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        _write(network, whole)
        quantise(whole)
        shutil.move(whole, target)
    said: str = _compare(network, target, held[::7][:CHECKED])
    return said


def _calibrate(network: Network, examples: list[Example]) -> None:
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
        network.answer.weight *= factor
        network.answer.bias *= factor
        network.answer.bias += shift


def _write(network: Network, path: Path) -> None:
    ids = torch.ones(1, 12, dtype=torch.long)
    types = torch.zeros_like(ids)
    types[:, 5:9] = 1
    torch.onnx.export(
        Alone(network).eval(), (ids, types), str(path),
        input_names=["ids", "types"], output_names=["answer", "span"],
        dynamic_axes={name: {1: "tokens"} for name in ("ids", "types", "span")},
        opset_version=17, dynamo=False,
    )  # fmt: skip


@torch.no_grad()
def _compare(network: Network, target: Path, examples: list[Example]) -> str:
    graph = Graph(target)
    far = []
    for example in examples:
        tokens = batch(example.sequences)
        own = network(*(torch.from_numpy(part) for part in tokens))[0].numpy()
        inputs = [alone(each) for each in example.sequences]
        made = np.concatenate([each for (each,) in graph.run_each(["answer"], inputs)])
        far += np.abs(1 / (1 + np.exp(-own)) - 1 / (1 + np.exp(-made))).tolist()
    mean, worst = float(np.mean(far)), float(np.percentile(far, 99))
    said = f"{len(far)} pairs: probabilities differ by {mean:.4f}, 99th percentile {worst:.3f}"
    if mean > MEAN:
        target.unlink()
        raise SystemExit(f"the int8 graph was refused, {said} (at most {MEAN} on the average)")
    return said


if __name__ == "__main__":
    print(export(Path(sys.argv[1]), Path(sys.argv[2])))
