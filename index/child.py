"""Python processes of our own: they import what this one would, and nothing that lies about."""

from __future__ import annotations

import json
import sys

_START = (
    "import json, sys; path, module, given = json.loads(sys.argv[1]); sys.path[:] = path; "
    "from importlib import import_module; import_module(module).main(*given)"
)


def command(module: str, *given: str | float) -> list[str]:
    """The command line of a process that calls `main(*given)` of a module."""
    # -P: a file in the working folder is not taken for a module.
    about = json.dumps([[str(place) for place in sys.path], module, given])
    return [sys.executable, "-P", "-c", _START, about]
