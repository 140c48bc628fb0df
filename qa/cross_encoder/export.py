"""Writes the trained network as int8 ONNX: `python -m qa.cross_encoder.export FOLDER PAIRS`.

Weights are signed bytes, one scale a channel, and activations are quantised as they come. The
graph is refused when its probabilities differ from the network's, on held-back pairs, by more than
MEAN on the average.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

from index.embed import packaged_model

from .layout import batch
from .train import Example, Network, read

MEAN = 0.02
CHECKED = 300
"""Groups of held-back pairs on which the two are compared."""

MODEL = Path(__file__).with_name("model.onnx")


def export(weights: Path, pairs: Path, target: Path = MODEL) -> str:
    """Write `target`; returns what was compared."""
    network = Network(packaged_model())
    network.load_state_dict(torch.load(weights / "network.pt"))
    network.eval()
    with tempfile.TemporaryDirectory() as folder:
        whole, prepared = Path(folder) / "whole.onnx", Path(folder) / "prepared.onnx"
        _write(network, whole)
        quant_pre_process(whole, prepared, skip_symbolic_shape=True)
        quantize_dynamic(
            prepared, target, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8
        )
    return _compare(network, target, read(pairs, held=True)[::7][:CHECKED])


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
    session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
    far = []
    for example in examples:
        tokens = batch(example.sequences)
        head = 0 if example.task == "answer" else 1
        own = network(*(torch.from_numpy(part) for part in tokens))[head].numpy()
        made = session.run(None, dict(zip(("ids", "mask", "types"), tokens, strict=True)))[head]
        far += np.abs(1 / (1 + np.exp(-own)) - 1 / (1 + np.exp(-made))).tolist()
    mean, worst = float(np.mean(far)), float(np.percentile(far, 99))
    said = f"{len(far)} pairs: probabilities differ by {mean:.4f}, 99th percentile {worst:.3f}"
    if mean > MEAN:
        target.unlink()
        raise SystemExit(f"the int8 graph was refused, {said} (at most {MEAN} on the average)")
    return said


if __name__ == "__main__":
    print(export(Path(sys.argv[1]), Path(sys.argv[2])))
