"""The events of alarms: each change, kept, and waiting in the outbox until it is delivered."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from app.cloud.database.alarm_schema import alarm_event
from app.cloud.database.connection import Database

KEPT = 10_000  # of an alarm
_LONGEST = 200  # characters of a detail

_OF = alarm_event.c.alarm_id == bindparam("alarm")
_WAITS = alarm_event.c.waits == 1
_NEWEST_FIRST = alarm_event.c.id.desc()
_COLUMNS = ("uid", "alarm_id", "time", "tid", "change", "detail")
_ADD = insert(alarm_event).values({name: bindparam(name) for name in _COLUMNS})
_WAITING = (
    select(alarm_event).where(_OF, _WAITS).order_by(alarm_event.c.id).limit(bindparam("most"))
)
_PAGE = select(alarm_event).where(_OF).order_by(_NEWEST_FIRST)
_PAGE = _PAGE.limit(bindparam("most")).offset(bindparam("offset"))
_COUNT = select(func.count().label("it")).where(_OF)
_COUNT_WAITING = _COUNT.where(_WAITS)
_SENT = (
    update(alarm_event)
    .values(waits=0, sent=bindparam("now"))
    .where(alarm_event.c.id == bindparam("the_id"))
)
_GIVE_UP = (
    update(alarm_event).values(waits=0).where(_OF, _WAITS, alarm_event.c.time < bindparam("before"))
)
_oldest = select(alarm_event.c.id).where(_OF).order_by(_NEWEST_FIRST).limit(1).offset(KEPT)
_DROP = delete(alarm_event).where(_OF, alarm_event.c.id <= _oldest.scalar_subquery())


@dataclass(frozen=True)
class AlarmEvent:
    """One change of a Thing; times in seconds. `uid`: the same in each try to deliver it.

    `waits`: it is to be delivered; else it was `sent`, or given up (None).
    """

    id: int
    uid: str
    time: float
    tid: str
    change: str
    detail: str
    waits: bool
    sent: float | None


class AlarmEventsTable:
    """Queries on the events of alarms."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, alarm_id: int, now: float, tid: str, change: str, detail: str) -> None:
        """Append an event, to be delivered."""
        values = {"time": now, "tid": tid, "change": change, "detail": detail[:_LONGEST]}
        self._db.run(_ADD, uid=uuid.uuid4().hex, alarm_id=alarm_id, **values)

    def waiting(self, alarm_id: int, most: int) -> list[AlarmEvent]:
        """Return the events to deliver, oldest first."""
        return [_event(row) for row in self._db.run(_WAITING, alarm=alarm_id, most=most)]

    def sent(self, event: AlarmEvent, now: float) -> None:
        """Record that an event was delivered."""
        self._db.run(_SENT, the_id=event.id, now=now)

    def give_up(self, alarm_id: int, before: float) -> int:
        """Deliver no events of before that time; return their number."""
        return int(self._db.run(_GIVE_UP, alarm=alarm_id, before=before).rowcount)

    def drop(self, alarm_id: int) -> None:
        """Drop the oldest events of an alarm that has more than KEPT."""
        self._db.run(_DROP, alarm=alarm_id)

    def page(self, alarm_id: int, most: int, offset: int) -> tuple[list[AlarmEvent], int]:
        """Return some of an alarm's events, newest first, and the number of all."""
        rows = self._db.run(_PAGE, alarm=alarm_id, most=most, offset=offset)
        found = [_event(row) for row in rows]
        return found, int(self._db.run(_COUNT, alarm=alarm_id).fetchone()["it"])

    def count_waiting(self, alarm_id: int) -> int:
        """Return the number of events to deliver."""
        return int(self._db.run(_COUNT_WAITING, alarm=alarm_id).fetchone()["it"])


def _event(row: Any) -> AlarmEvent:
    names = ("id", "uid", "time", "tid", "change", "detail", "sent")
    return AlarmEvent(waits=bool(row["waits"]), **{name: row[name] for name in names})
