"""A task of the cloud's event loop that does its work again and again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

_END_S = 1.0

_log = logging.getLogger("pythings.cloud")


class Periodic:
    """A task that calls `work` every few seconds, and at once after `wake`.

    `failing`: the notice for a person when that fails. An error ends this round only: the database
    may be back at the next.
    """

    def __init__(self, every_s: float, work: Callable[[], Awaitable[object]], failing: str) -> None:
        self._every_s = every_s
        self._work = work
        self._failing = failing
        self._called = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the task."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop the task; one that cleans up for longer is cut again each second."""
        assert self._task is not None
        while not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=_END_S)

    def wake(self) -> None:
        """Work at once, or again after the work under way."""
        self._called.set()

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._called.wait(), self._every_s)
            self._called.clear()
            (failed,) = await asyncio.gather(self._work(), return_exceptions=True)
            if isinstance(failed, BaseException):
                _log.warning("%s for now: %s", self._failing, failed)
