"""Events: the calls of Things, as a list or as server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from app.cloud.manage.routes.common import LARGEST, Manage, Who
from app.cloud.manage.service.events import LONGEST_WAIT_S, MOST
from app.cloud.tables.events import Event

router = APIRouter(prefix="/events", tags=["events"])

_Id = Annotated[int, Query(ge=0, le=LARGEST)]


class EventStream(StreamingResponse):
    """Server-sent events (WHATWG HTML, 9.2)."""

    media_type = "text/event-stream"


@router.get("")
async def events(
    actor: Who,
    manage: Manage,
    after: _Id = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S, allow_inf_nan=False)] = 0.0,
    tid: Annotated[str | None, Query(max_length=200)] = None,
    newest: bool = False,
) -> list[Event]:
    """Return events with ids above `after`, the oldest or newest; without one, wait up to `wait`
    seconds for the next."""
    return await manage.events.after(actor, after, limit, wait, tid, newest)


@router.get("/stream", response_class=EventStream)
async def stream(
    actor: Who,
    manage: Manage,
    after: _Id = 0,
    last_event_id: Annotated[int | None, Header(ge=0, le=LARGEST)] = None,
) -> EventStream:
    """Send events as they come. The stream ends after 15 minutes: reconnect, as browsers do
    automatically."""
    start = after if last_event_id is None else last_event_id
    return EventStream(_lines(await manage.events.stream(actor, start)))


async def _lines(parts: AsyncIterator[list[Event]]) -> AsyncIterator[str]:
    async for events in parts:
        lines = (f"id: {event.id}\ndata: {json.dumps(asdict(event))}\n\n" for event in events)
        yield "".join(lines) or ": still here\n\n"
