"""The calls of the web API: each takes the fields of a request and returns the answer's value."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

from app.cloud.manage.service import Management
from app.cloud.manage.service.messages import APP
from app.cloud.manage.service.office import Actor, Refused
from app.cloud.tables.readings import Reading
from app.cloud.web import moments

Fields = Mapping[str, Any]
Call = Callable[[Management, Actor, Fields], Awaitable[Any]]

_NO_THING = "Not existent Thing or no access rights"
_NO_MESSAGE = "Not existent Message or no access rights"
_HIDDEN = (403, 404)  # from which nobody shall learn that there is such a Thing

_T = TypeVar("_T")


async def queue(manage: Management, actor: Actor, fields: Fields) -> Any:
    """Queue a message for a Thing's app."""
    tid, msg = fields.get("tid"), fields.get("msg")
    if not tid:
        raise Refused(400, 'Got empty "tid"')
    if not msg:
        raise Refused(400, 'Got empty "msg"')
    return {"mid": await _seen(manage.messages.queue(actor, str(tid), APP, msg), _NO_THING)}


async def reply(manage: Management, actor: Actor, fields: Fields) -> Any:
    """Return a message's status, and the reply to it."""
    mid = fields.get("mid")
    if not mid:
        raise Refused(400, "Got empty mid")
    message = await _seen(manage.messages.named(actor, str(mid)), _NO_MESSAGE)
    return {"status": message.status.capitalize(), "reply": message.reply}


async def readings(manage: Management, actor: Actor, fields: Fields) -> Any:
    """Return the texts of a JSON list: the readings of a range, both ends included."""
    tid, ends = fields.get("tid"), []
    for name in ("from", "to"):
        moment = moments.read(fields.get(name))
        if moment is None:
            raise Refused(400, f"No {name} set")
        ends.append(moment)
    if not tid:
        raise Refused(400, "Got empty tid")
    first, last = ends
    chunks = manage.readings.chunks(actor, str(tid), first, last + 1)
    return _listed(await _seen(chunks, _NO_THING))


CALLS: dict[str, Call] = {
    "/api/web/v1/msg/management/new": queue,
    "/api/web/v1/msg/management/get": reply,
    "/api/web/v1/msg/worker/get": readings,
}


async def _seen(asked: Awaitable[_T], missing: str) -> _T:
    try:
        return await asked
    except Refused as error:
        if error.status in _HIDDEN:
            raise Refused(400, missing) from error
        raise


async def _listed(chunks: AsyncIterator[list[Reading]]) -> AsyncIterator[str]:
    before = "["
    async for rows in chunks:
        values = [{"ts": moments.shown(row.ts), "data": row.msg} for row in rows]
        yield before + json.dumps(values, ensure_ascii=False, separators=(",", ":"))[1:-1]
        before = ","
    yield "[]" if before == "[" else "]"
