"""Messages to Things: queued, delivered, received with a reply."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, bindparam, delete, func, insert, select, update

from app.cloud.database.connection import Database
from app.cloud.database.schema import message
from app.cloud.values import shown

_THING = message.c.thing_id == bindparam("thing")
_OF_THING = select(message).where(_THING).order_by(message.c.id)
_QUEUED = _OF_THING.where(message.c.status == "queued")
_NEXT = _QUEUED.limit(1)
_WITH_MID = select(message).where(_THING, message.c.mid == bindparam("the_mid"))
_ANY = select(message).where(message.c.mid == bindparam("the_mid"))
_STATUS = message.c.status == bindparam("the_status")
_PAGES = {
    (newest, narrowed): select(message)
    .where(_THING, *([_STATUS] if narrowed else []))
    .order_by(message.c.id.desc() if newest else message.c.id)
    .limit(bindparam("most"))
    .offset(bindparam("offset"))
    for newest in (False, True)
    for narrowed in (False, True)
}
_COUNTS = {
    narrowed: select(func.count().label("it")).where(_THING, *([_STATUS] if narrowed else []))
    for narrowed in (False, True)
}
_COLUMNS = ("mid", "thing_id", "type", "msg", "queued")
_ADD = insert(message).values({name: bindparam(name) for name in _COLUMNS})
_DELIVER = (
    update(message)
    .values(status="delivered", delivered=bindparam("now"))
    .where(message.c.id == bindparam("the_id"))
)
_CANCEL = delete(message).where(message.c.mid == bindparam("the_mid"))
_RECEIVE = (
    update(message)
    .values(
        status="received",
        received=bindparam("now"),
        reply=func.coalesce(bindparam("answer", type_=Text), message.c.reply),
    )
    .where(_THING, message.c.mid == bindparam("the_mid"))
)


@dataclass(frozen=True)
class Message:
    """One message; `type` is APP or CMD, `msg` and `reply` any JSON value, times in seconds."""

    mid: str
    type: str
    msg: Any
    status: str
    reply: Any
    queued: float
    delivered: float | None
    received: float | None


class MessagesTable:
    """Queries on messages."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def queue(self, thing_id: int, kind: str, msg: Any, now: float) -> str:
        """Queue a message of type `kind` and return its mid."""
        mid = str(uuid.uuid4())
        values = {"mid": mid, "thing_id": thing_id, "msg": json.dumps(msg)}
        self._db.run(_ADD, type=kind, queued=now, **values)
        return mid

    def deliver(self, thing_id: int, now: float) -> Message | None:
        """Take the oldest queued message and mark it as delivered: it is not sent again."""
        row = self._db.run(_NEXT, thing=thing_id).fetchone()
        if row is None:
            return None
        self._db.run(_DELIVER, the_id=row["id"], now=now)
        return _message(row)

    def cancel(self, thing_id: int, mids: Collection[str]) -> list[str]:
        """Delete a Thing's queued messages, all or those of `mids`; return their mids."""
        queued = [row["mid"] for row in self._db.run(_QUEUED, thing=thing_id).fetchall()]
        gone = [mid for mid in queued if not mids or mid in mids]
        for mid in gone:
            self._db.run(_CANCEL, the_mid=mid)
        return gone

    def receive(self, thing_id: int, mid: str, reply: Any, now: float) -> None:
        """Store the reply to a message; None keeps an earlier one. Unknown mids are ignored."""
        answer = None if reply is None else json.dumps(reply)
        self._db.run(_RECEIVE, thing=thing_id, the_mid=mid, now=now, answer=answer)

    def get(self, thing_id: int, mid: str) -> Message | None:
        """Return a Thing's message of that id."""
        row = self._db.run(_WITH_MID, thing=thing_id, the_mid=mid).fetchone()
        return _message(row) if row else None

    def with_mid(self, mid: str) -> tuple[int, Message] | None:
        """Return the message of that id, after the number of its Thing."""
        row = self._db.run(_ANY, the_mid=mid).fetchone()
        return (row["thing_id"], _message(row)) if row else None

    def page(
        self, thing_id: int, most: int, offset: int, newest: bool, status: str | None
    ) -> tuple[list[Message], int]:
        """Return a page of a Thing's messages, of one status if given, and their total number."""
        given = {"thing": thing_id, **({} if status is None else {"the_status": status})}
        narrowed = status is not None
        total = int(self._db.run(_COUNTS[narrowed], **given).fetchone()["it"])
        rows = self._db.run(_PAGES[newest, narrowed], **given, most=most, offset=offset)
        return [_message(row) for row in rows], total


def _message(row: Any) -> Message:
    return Message(
        mid=row["mid"],
        type=row["type"],
        msg=shown(row["msg"]),
        status=row["status"],
        reply=None if row["reply"] is None else shown(row["reply"]),
        queued=row["queued"],
        delivered=row["delivered"],
        received=row["received"],
    )
