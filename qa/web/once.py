"""What is made once for each version of the index, however many ask for it meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from fastapi.concurrency import run_in_threadpool

T = TypeVar("T")


class Once(Generic[T]):
    """Gives what `make` makes of the present version; while that is made, all wait for the same.

    Who asks after a change has it made anew, whether or not the earlier one is ready.

    version:  a number that changes when what was made is stale.
    """

    def __init__(self, version: Callable[[], int], make: Callable[[], T]) -> None:
        self._version = version
        self._make = make
        self._of: int | None = None
        self._task: asyncio.Task[T] | None = None

    async def now(self) -> T:
        """Raises what `make` raised; the next who asks has it tried again."""
        version = await run_in_threadpool(self._version)
        task = self._task
        if task is None or self._of != version or (task.done() and _failed(task)):
            self._of = version
            task = self._task = asyncio.create_task(run_in_threadpool(self._make))
        return await asyncio.shield(task)


def _failed(task: asyncio.Task[T]) -> bool:
    return task.cancelled() or task.exception() is not None
