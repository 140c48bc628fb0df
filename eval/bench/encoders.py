"""The encoder that Footnote uses, and the library that it was made from, as timed workers."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from index.embed import PACKAGED, load_encoder

from .systems import versions

SIDE = 1_536
"""Rows and columns of the matrices by which the machine's peak is measured."""

TRIES = 20


class Torch:
    """sentence-transformers, as it encodes when nothing is set."""

    def __init__(self, folder: Path, weights: Path) -> None:
        self._weights = weights

    def load(self) -> str:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(str(self._weights), device="cpu")
        return versions("sentence-transformers", "torch")

    def encode(self, texts: list[str]) -> None:
        self._model.encode(texts)

    def vectors(self, texts: list[str]) -> list[list[float]]:
        return self._model.encode(texts, normalize_embeddings=True).tolist()

    def peak_operations(self) -> float:
        import torch

        one, other = torch.rand(SIDE, SIDE), torch.rand(SIDE, SIDE)
        return _operations(lambda: torch.mm(one, other))


class Onnx:
    """Footnote's own, in fp32."""

    precision = "fp32"

    def __init__(self, folder: Path, weights: Path) -> None:
        self._folder, self._weights = folder, weights

    def load(self) -> str:
        import tokenizers

        self._encoder = load_encoder(PACKAGED, **self._kind())
        about = (self._weights / "sentence_bert_config.json").read_text(encoding="utf-8")
        self._tokenizer = tokenizers.Tokenizer.from_file(str(self._weights / "tokenizer.json"))
        self._tokenizer.enable_truncation(json.loads(about)["max_seq_length"])
        self._tokenizer.no_padding()
        return versions("onnxruntime", "tokenizers")

    def encode(self, texts: list[str]) -> None:
        self._encoder.encode(texts)

    def vectors(self, texts: list[str]) -> list[list[float]]:
        return self._encoder.encode(texts).tolist()

    def peak_operations(self) -> float:
        """By ONNX Runtime's own product of two matrices."""
        import onnx
        import onnxruntime

        shape = [SIDE, SIDE]
        graph = onnx.helper.make_graph(
            [onnx.helper.make_node("MatMul", ["a", "b"], ["c"])],
            "product",
            [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, shape) for n in "ab"],
            [onnx.helper.make_tensor_value_info("c", onnx.TensorProto.FLOAT, shape)],
        )
        opset = [onnx.helper.make_opsetid("", 17)]
        model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
        options = onnxruntime.SessionOptions()
        session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        given = dict.fromkeys("ab", np.random.default_rng(0).random(shape, np.float32))
        return _operations(lambda: session.run(None, given))

    def tokenise(self, texts: list[str]) -> int:
        """The tokens of the texts, each cut at the encoder's window; padding not counted."""
        return sum(self._lengths(texts))

    def operations(self, texts: list[str]) -> float:
        """Floating point operations that the matrix products of these texts need, unpadded.

        For each token and layer 24 d^2 (four projections, and two of four times the width), and
        4 n d in attention over n tokens (Kaplan et al. 2020, arXiv:2001.08361, table 1).
        """
        about = json.loads((self._weights / "config.json").read_text(encoding="utf-8"))
        width, layers = about["hidden_size"], about["num_hidden_layers"]
        lengths = np.array(self._lengths(texts), float)
        return float(layers * (24 * width**2 * lengths + 4 * width * lengths**2).sum())

    def _lengths(self, texts: list[str]) -> list[int]:
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(texts)]

    def shares(self, batch: int, tokens: int) -> dict[str, float]:
        """Where the time of one batch goes: the share of each kind of operation in the graph."""
        import onnxruntime

        from index.pretrained import export

        with tempfile.TemporaryDirectory() as temporary:
            made = Path(temporary) / "encoder"
            export(str(self._weights), made, None, **self._kind())
            options = onnxruntime.SessionOptions()
            options.enable_profiling = True
            options.profile_file_prefix = str(Path(temporary) / "profile")
            session = onnxruntime.InferenceSession(made / "model.onnx", options)
            ids = np.random.default_rng(0).integers(1_000, 20_000, (batch, tokens))
            for _ in range(TRIES):
                session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
            events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
        spent: dict[str, float] = {}
        for event in events:
            kind = event.get("args", {}).get("op_name")
            if event.get("cat") == "Node" and kind:
                spent[kind] = spent.get(kind, 0.0) + event["dur"]
        total = sum(spent.values())
        return {kind: time / total for kind, time in sorted(spent.items(), key=lambda k: -k[1])}

    def _kind(self) -> dict[str, Any]:
        return {} if self.precision == "fp32" else {"precision": self.precision}


class OnnxInt8(Onnx):
    """The same, its weights and what it multiplies them with in a byte each."""

    precision = "int8"


def _operations(product: Callable[[], object]) -> float:
    """Floating point operations a second: the best of some products of SIDE by SIDE."""
    best = float("inf")
    for _ in range(TRIES):
        began = time.perf_counter()
        product()
        best = min(best, time.perf_counter() - began)
    return 2 * SIDE**3 / best
