"""The rows of all Things, kept up to date by their calls, for all open pages.

A page that opens reads nothing from the database for its table. Things that have called are read
together, once, however many pages show them; one that has not is read when it is due to be silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable

from app.cloud.tables.events import Event
from app.console.access import Refusal
from app.console.fleet import Fleet
from app.console.rows import ONLINE, Row, row_of

_REST_S = 0.25  # between two queries: several changes of a Thing become one change of its row
_LATE_S = 10.0  # at most between two checks for Things that have gone silent
_KEPT = 200  # calls of a Thing, for its page
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
        """Start to follow the calls of Things."""
        self._task = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Stop following."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def subscribe(self, tell: Told) -> Callable[[], None]:
        """Call `tell` with the TIDs of changed rows; return a function that unsubscribes it."""
        self._told.add(tell)
        return lambda: self._told.discard(tell)

    @property
    def after(self) -> int:
        """The id of the latest call that was processed."""
        return self._after

    def calls(self, tid: str) -> list[Event]:
        """Return the latest calls of a Thing, oldest first."""
        return list(self._calls.get(tid, ()))

    async def look(self, tids: list[str]) -> None:
        """Read these Things again, and notify the pages."""
        found = {thing.tid: row_of(thing) for thing in await self._fleet.some(tids)}
        self.rows.update(found)
        for tid in set(tids) - set(found):  # it has gone, or was never a Thing's
            self.rows.pop(tid, None)
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
        """Wait for calls, and update the rows by them."""
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
        """Return the TIDs of Things that were online and are due to be silent."""
        now = time.time()
        return [r.tid for r in self.rows.values() if r.state == ONLINE and r.late_at <= now]
