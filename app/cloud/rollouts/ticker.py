"""The timer of each process of a cloud that has its rollouts evaluated."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging

from app.cloud.cloud import Cloud
from app.cloud.rollouts import evaluation
from app.cloud.writer import Writer

_log = logging.getLogger("pythings.cloud")


class Ticker:
    """A task that evaluates rollouts every few seconds, in the writer's thread."""

    def __init__(self, cloud: Cloud, writer: Writer) -> None:
        self._every_s = evaluation.EVERY_S
        self._work = functools.partial(evaluation.evaluate_all, cloud, self._every_s)
        self._writer = writer
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the task."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop the task."""
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            # An error ends this round only: the database may be back at the next.
            (failed,) = await asyncio.gather(self._writer.do(self._work), return_exceptions=True)
            if failed is not None:
                _log.warning("rollouts stand still for now: %s", failed)
