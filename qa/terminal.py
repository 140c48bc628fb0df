"""What the commands share: how they end, and a bar for what takes long."""

from __future__ import annotations

from typing import Any

OK, FAILED, WRONG_USE = 0, 1, 2
"""Exit statuses. An abstention is OK."""


class Progress:
    """A bar with rate and time left, for whatever takes over two seconds."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._bar: Any = None

    def __enter__(self) -> Progress:
        return self

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(total=total, unit=self._unit, delay=2, leave=False)
        self._bar.update(done - self._bar.n)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
