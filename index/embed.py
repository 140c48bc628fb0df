"""Text to unit vectors: all-MiniLM-L6-v2 on ONNX Runtime, exported once from its own weights.

Answering imports neither torch nor sentence_transformers. The export runs in a process of its
own, so that their ten seconds of import are paid once and never by the process that answers.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np

from .errors import FootnoteError
from .graphs import Session, Tokenizer, by_length, load_tokenizer, open_graph, packaged_model
from .types import Encoder, Vectors

PACKAGED = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_FORMAT = 1

Precision = Literal["fp32", "int8"]


class OnnxEncoder:
    """Sentence embeddings from an exported model folder (see `export`)."""

    def __init__(
        self,
        session: Session,
        tokenizer: Tokenizer,
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
        tokenizer = load_tokenizer(folder / "tokenizer.json")
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


def default_encoder() -> Encoder:
    """The packaged all-MiniLM-L6-v2, exported on first use to the user's cache (20 s, once)."""
    return _exported(str(packaged_model()), PACKAGED_SHA256, "fp32")


def load_encoder(name: str, precision: Precision = "fp32") -> Encoder:
    """Any sentence-transformers model, by the folder it lies in or its name on the hub.

    precision:  "int8" takes about half the time, and gives vectors of a class of their own.
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
    if not (folder / "about.json").exists():
        print("preparing the encoder (once, about 20 s) ...", file=sys.stderr)
        command = [
            sys.executable,
            "-m",
            "index.pretrained",
            model,
            str(folder),
            sha256 or "",
            precision,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise FootnoteError(f"the encoder {model} could not be exported: {reason}")
    return OnnxEncoder.load(folder)


def _cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("footnote") / "encoders"
