"""Text to unit vectors: all-MiniLM-L6-v2 on ONNX Runtime, exported once from its own weights.

Answering imports neither torch nor sentence_transformers. The export runs in a process of its
own, so that their ten seconds of import are paid once and never by the process that answers.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from . import child
from .errors import FootnoteError
from .graphs import Graph, Tokenizer, load_tokenizer, packaged_model
from .types import Encoder, Vectors

PACKAGED = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_FORMAT = 1

Precision = Literal["fp32", "int8"]


class OnnxEncoder:
    """Sentence embeddings from an exported model folder (see `export`)."""

    def __init__(
        self,
        graph: Graph,
        tokenizer: Tokenizer,
        dimension: int,
        fingerprint: str,
    ) -> None:
        self._graph = graph
        self._tokenizer = tokenizer
        self._dimension = dimension
        self._fingerprint = fingerprint

    @classmethod
    def load(cls, folder: Path) -> OnnxEncoder:
        """From a folder that `export` has written."""
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        graph = Graph(folder / "model.onnx")
        tokenizer = load_tokenizer(folder / "tokenizer.json")
        tokenizer.enable_truncation(about["max_tokens"])
        return cls(graph, tokenizer, about["dimension"], about["fingerprint"])

    @property
    def fingerprint(self) -> str:
        """The weights' hash and the precision class."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        return self._dimension

    def encode(self, texts: list[str]) -> Vectors:
        """`(len(texts), dimension)` float32 rows of unit length.

        A text longer than the model's window counts by its first tokens only.
        """
        inputs = [_inputs(encoding.ids) for encoding in self._tokenizer.encode_batch(texts)]
        rows = [row for (row,) in self._graph.run_each(["embedding"], inputs)]
        vectors = np.concatenate(rows) if rows else np.empty((0, self._dimension), np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def _inputs(ids: list[int]) -> dict[str, NDArray[np.int64]]:
    tokens = np.array([ids], np.int64)
    return {"input_ids": tokens, "attention_mask": np.ones_like(tokens)}


def default_encoder(made_with: str | None = None) -> Encoder:
    """The packaged all-MiniLM-L6-v2 in int8, exported once to the user's cache (20 s).

    made_with:  an index's fingerprint; one of the same weights in fp32 gets these.
    """
    fp32 = made_with == f"{PACKAGED_SHA256[:32]}-fp32"
    return load_encoder(PACKAGED, "fp32" if fp32 else "int8")


def load_encoder(name: str, precision: Precision = "fp32") -> Encoder:
    """Any sentence-transformers model, by the folder it lies in or its name on the hub.

    precision:  "int8" takes less than half the time, and gives vectors of a class of their own.
    """
    if name == PACKAGED:
        return _exported(str(packaged_model()), PACKAGED_SHA256, precision)
    # The export is kept under the name: a folder's must not depend on where one stands.
    place = str(Path(name).resolve()) if Path(name).is_dir() else name
    return _exported(place, None, precision)


def _exported(model: str, sha256: str | None, precision: Precision) -> Encoder:
    kind = "" if precision == "fp32" else f" {precision}"
    key = hashlib.sha256(f"{_FORMAT} {sha256 or model}{kind}".encode()).hexdigest()[:16]
    folder = _cache() / key
    try:
        if not (folder / "about.json").exists():
            _export(model, sha256, precision, folder)
        return OnnxEncoder.load(folder)
    except OSError as problem:
        raise FootnoteError(
            f"the encoder is kept in {folder.parent}, which cannot be used: {problem.strerror} "
            "(make it readable and writable; on Linux XDG_CACHE_HOME=FOLDER names another place)"
        ) from None


def _export(model: str, sha256: str | None, precision: Precision, folder: Path) -> None:
    """Export in a process of its own. Raises OSError where nothing can be written beside it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder.parent):
        pass  # said now, and not after 20 s
    print("preparing the encoder (once, about 20 s) ...", file=sys.stderr)
    command = child.command("index.pretrained", model, str(folder), sha256 or "", precision)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise FootnoteError(f"the encoder {model} could not be exported: {reason}")


def _cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("footnote") / "encoders"
