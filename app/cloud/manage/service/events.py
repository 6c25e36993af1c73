"""Events: the calls of Things, as a list, and as they come."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from app.cloud.manage.service.office import Actor, Office, Refused
from app.cloud.tables.events import Event

MOST = 1000
LONGEST_WAIT_S = 30.0
_STREAM_S = 900.0  # then a client reconnects, and is authenticated again
_BEAT_S = 15.0  # a proxy may close a stream that is silent for longer
_STREAMS = 100


class EventService:
    """Queries on events, and streams of them."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._streams = 0

    async def after(
        self,
        actor: Actor,
        event_id: int = 0,
        limit: int = MOST,
        wait_s: float = 0.0,
        tid: str | None = None,
        newest: bool = False,
    ) -> list[Event]:
        """Return events with greater ids, of one Thing if given, the oldest or newest of them.

        Without one, wait up to `wait_s` seconds for the next.
        """

        async def look() -> list[Event]:
            return await self._office.read(
                lambda cloud: cloud.store.events.after(event_id, limit, actor.sees, tid, newest)
            )

        return await self._office.awaited(min(wait_s, LONGEST_WAIT_S), look, bool)

    async def stream(self, actor: Actor, event_id: int = 0) -> AsyncIterator[list[Event]]:
        """Yield events as they come, an empty list after 15 s without one; end after 15 minutes."""
        if self._streams >= _STREAMS:
            raise Refused(503, "too many event streams are open", retry_s=_BEAT_S)
        return self._parts(actor, event_id)

    async def _parts(self, actor: Actor, after: int) -> AsyncIterator[list[Event]]:
        self._streams += 1
        end = time.monotonic() + _STREAM_S
        try:
            while time.monotonic() < end and not self._office.cloud.notifier.closed:
                events = await self.after(actor, after, MOST, _BEAT_S)
                after = events[-1].id if events else after
                yield events
        finally:
            self._streams -= 1
