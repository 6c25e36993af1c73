"""Keeps the rows of all Things, as calls of theirs come in, for all pages that are open.

A page that opens reads nothing from the database for its table, and a Thing that calls costs one
look at that Thing, however many pages show it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable

from app.cloud.tables.events import Event
from app.console.fleet import Fleet, Refusal
from app.console.rows import ONLINE, Row, row_of

_REST_S = 0.25  # between two looks: more changes of a Thing are one change of its row
_LATE_S = 10.0  # at most between two looks for those that have gone silent
_GRACE_S = 60.0  # the cloud counts nobody as silent before
_KEPT = 200  # of a Thing: what its page tells of the past
_log = logging.getLogger("pythings.console")

Told = Callable[[list[str]], None]


class Watch:
    """Rows by Thing, and its latest calls; in the event loop of the cloud."""

    def __init__(self, fleet: Fleet) -> None:
        self.rows: dict[str, Row] = {}
        self._fleet = fleet
        self._told: set[Told] = set()
        self._calls: dict[str, deque[Event]] = {}
        self._after = 0
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """End."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def subscribe(self, tell: Told) -> Callable[[], None]:
        """Have `tell` called with the ids of Things whose rows have changed; return its end."""
        self._told.add(tell)
        return lambda: self._told.discard(tell)

    @property
    def after(self) -> int:
        """The number of the latest call that is taken in."""
        return self._after

    def calls(self, tid: str) -> list[Event]:
        """Return the latest calls of a Thing, oldest first."""
        return list(self._calls.get(tid, ()))

    async def look(self, tids: list[str]) -> None:
        """Read these Things anew, and tell the pages."""
        for tid in tids:
            with contextlib.suppress(Refusal):  # it has gone, or was never a Thing's
                self.rows[tid] = row_of(await self._fleet.thing(tid))
        self._tell(tids)

    def _tell(self, tids: list[str]) -> None:
        for tell in list(self._told):
            tell(tids)

    async def _follow(self) -> None:
        while True:
            try:
                self.rows = {thing.tid: row_of(thing) for thing in await self._fleet.things()}
                self._tell(list(self.rows))
                while True:
                    await self._next()
            except Refusal as error:
                _log.warning("the console waits for the database: %s", error)
                await asyncio.sleep(_LATE_S)

    async def _next(self) -> None:
        """Take in what has come, and wait for more."""
        events = await self._fleet.events(self._after, _LATE_S)
        for event in events:
            self._after = event.id
            if event.tid:
                self._calls.setdefault(event.tid, deque(maxlen=_KEPT)).append(event)
        changed = dict.fromkeys(event.tid for event in events if event.tid)
        changed.update(dict.fromkeys(self._silent()))
        if changed:
            await self.look(list(changed))
            await asyncio.sleep(_REST_S)

    def _silent(self) -> list[str]:
        """Those that were in touch and may not be any more."""
        before = time.time() - _GRACE_S
        return [r.tid for r in self.rows.values() if r.state == ONLINE and r.seen < before]
