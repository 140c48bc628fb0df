"""One system in a process of its own: commands come in as lines of JSON, and so do replies go out.

    python -m eval.bench.worker MODULE:CLASS FOLDER WEIGHTS

The module is one of this package. `[command, argument...]` is answered by `{"value": ...,
"seconds": ..., "written": ...}`: what the system returned, how long it took, and the bytes that
the process gave to the operating system to write meanwhile. Runs in the environment of the system
that it measures (Linux).
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from .systems import Row


def main() -> int:
    name, folder, weights = sys.argv[1:]
    # What packages print must not come between the replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    module, _, kind = name.partition(":")
    system = getattr(import_module(f"{__package__}.{module}"), kind)(Path(folder), Path(weights))
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        replies.write(json.dumps(_reply(system, command, arguments)) + "\n")
        replies.flush()
    return 0


def _reply(system: Any, command: str, arguments: list[Any]) -> dict[str, Any]:
    if command == "peak":
        return {"value": peak()}
    if command == "can":
        return {"value": hasattr(system, arguments[0])}
    if command == "build":
        arguments = [_rows(Path(arguments[0]))]
    before, began = written(), time.perf_counter()
    try:
        value = getattr(system, command)(*arguments)
    except NotImplementedError as problem:
        return {"refused": str(problem) or "not implemented"}
    seconds = time.perf_counter() - began
    return {"value": value, "seconds": seconds, "written": written() - before}


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def peak() -> int:
    """The most bytes of this process that were in memory at once, files that it maps included."""
    return 1024 * _number(Path("/proc/self/status"), "VmHWM:")


def written() -> int:
    """Bytes that this process has written so far, whether or not they are on the disk yet."""
    return _number(Path("/proc/self/io"), "wchar:")


def _number(path: Path, name: str) -> int:
    lines = path.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


if __name__ == "__main__":
    sys.exit(main())
