"""What needs torch: exporting an encoder, in a process of its own, and cross-encoders by name."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from .embed import OnnxEncoder, Precision
from .errors import FootnoteError, IndexMismatch
from .graphs import quantise
from .types import Vectors

AGREES: dict[Precision, float] = {"fp32": 0.999, "int8": 0.985}
"""Mean cosine to the original on the built-in sentences under which an export is refused."""


class CrossEncoderReranker:
    """Any cross-encoder of sentence-transformers, by its folder or its name on the hub.

    It runs on torch, which takes seconds to import: for measuring, not for answering.
    """

    def __init__(self, name: str) -> None:
        self._model = _cross_encoder(name)

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """How well each text answers the question: `(len(texts),)` float32, higher is better."""
        pairs = [(question, text) for text in texts]
        return np.asarray(self._model.predict(pairs), np.float32).reshape(len(texts))


class CrossEncoderEntailer:
    """Any cross-encoder for natural language inference, by its folder or its name on the hub.

    Of a model with one label, it is the chance of that label; of one with several, that of the
    label whose name says entailment. It runs on torch: seconds to load, and for a big model more
    for each claim.
    """

    def __init__(self, name: str) -> None:
        """Raises FootnoteError when it cannot be loaded, or has no such label."""
        self._model = _cross_encoder(name)
        labels = self._model.config.id2label
        named = [at for at, label in labels.items() if re.match(r"entail", label, re.IGNORECASE)]
        if len(labels) > 1 and len(named) != 1:
            raise FootnoteError(
                f"the cross-encoder {name} has the labels {', '.join(labels.values())}, and one of "
                "them must be named entailment (id2label in its config.json)"
            )
        self._label = int(named[0]) if len(labels) > 1 else None

    def score(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        """The probability that each (claim, quote)'s quote carries its claim: `(len(pairs),)`."""
        import torch

        if not pairs:
            return np.zeros(0, np.float32)
        turned = [(quote, claim) for claim, quote in pairs]  # premise first, as they are trained
        raw = self._model.predict(turned, activation_fn=torch.nn.Identity())
        odds = np.asarray(raw, np.float32).reshape(len(pairs), -1)
        if self._label is None:
            return np.asarray(1 / (1 + np.exp(-odds[:, 0])), np.float32)
        weights = np.exp(odds - odds.max(axis=1, keepdims=True))
        return np.asarray(weights[:, self._label] / weights.sum(axis=1), np.float32)


def _cross_encoder(name: str) -> Any:
    from sentence_transformers import CrossEncoder

    try:
        return CrossEncoder(name, device="cpu")
    except (OSError, ValueError) as problem:
        reason = (str(problem).strip().splitlines() or ["no reason given"])[0]
        raise FootnoteError(f"the cross-encoder {name} cannot be loaded: {reason}") from None


def export(model: str, folder: Path, sha256: str | None, precision: Precision = "fp32") -> None:
    """Write `model` as an ONNX graph, its tokenizer and `about.json` into `folder`, at once.

    Raises IndexMismatch when the weights' hash is not `sha256`, or when the exported graph does
    not agree with the model (AGREES).
    """
    import sentence_transformers

    original = sentence_transformers.SentenceTransformer(model, device="cpu")
    digest = _weights_digest(original)
    if sha256 and digest != sha256:
        raise IndexMismatch(f"the weights of {model} have sha256 {digest}, not {sha256}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        made = Path(temporary) / "encoder"
        made.mkdir()
        _write_graph(original, made / "model.onnx")
        if precision == "int8":
            quantise(made / "model.onnx")
        original.tokenizer.backend_tokenizer.save(str(made / "tokenizer.json"))
        about = {
            "model": model,
            "fingerprint": f"{digest[:32]}-{precision}",
            "dimension": original.get_embedding_dimension(),
            "max_tokens": original.max_seq_length,
        }
        (made / "about.json").write_text(json.dumps(about), encoding="utf-8")
        _check_parity(original, OnnxEncoder.load(made), AGREES[precision])
        try:
            made.rename(folder)
        except OSError:  # another process was first; its export is the same
            if not (folder / "about.json").exists():
                raise


def _weights_digest(original: Any) -> str:
    """Hash of the weights file, or of the tensors where there is no single file."""
    path = Path(original[0].auto_model.config.name_or_path) / "model.safetensors"
    if path.exists():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for name, tensor in sorted(original.state_dict().items()):
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()


def _write_graph(original: Any, path: Path) -> None:
    import torch

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = original

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            if hasattr(original[0].auto_model.embeddings, "token_type_embeddings"):
                features["token_type_ids"] = torch.zeros_like(input_ids)
            return self.model(features)["sentence_embedding"]

    # Fused attention has no ONNX operator in the opset that ONNX Runtime optimises best.
    original[0].auto_model.set_attn_implementation("eager")
    ids = torch.ones(2, 8, dtype=torch.long)
    dynamic = {0: "batch", 1: "tokens"}
    torch.onnx.export(
        Graph().eval(),
        (ids, torch.ones_like(ids)),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["embedding"],
        dynamic_axes={"input_ids": dynamic, "attention_mask": dynamic, "embedding": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )


_PARITY = [
    "The council voted nine to four on Tuesday to close the bridge until spring.",
    "Who brokered the ceasefire?",
    "Émile Baptiste denied it.",
    "In 2023 the port handled 1,204,500 tonnes, 3.4% more than a year earlier. " * 12,
]


def _check_parity(original: Any, exported: OnnxEncoder, least: float) -> None:
    expected = original.encode(_PARITY, normalize_embeddings=True)
    cosine = float((expected * exported.encode(_PARITY)).sum(axis=1).mean())
    if cosine < least:
        raise IndexMismatch(
            f"the export disagrees with the model: cosine {cosine:.4f}, {least} wanted"
        )


def main(model: str, folder: str, sha256: str, precision: str) -> None:
    """The whole of that process: `export`, ended by what went wrong in one line."""
    try:
        export(model, Path(folder), sha256 or None, cast(Precision, precision))
    except FootnoteError as problem:
        sys.exit(str(problem))
