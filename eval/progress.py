"""A bar on standard error for what takes long; a log gets a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm

LOG_SECONDS = 30.0
"""Between two lines where nobody watches."""


def bar(of: Iterable[Any] | None, unit: str, total: int | None = None) -> Any:
    """tqdm's bar over something, or, with None, one that is moved by `update`."""
    every = 0.1 if sys.stderr.isatty() else LOG_SECONDS
    return tqdm(of, unit=f" {unit}", total=total, mininterval=every, file=sys.stderr)
