"""Events: the audit of Thing API calls. It never holds a token or a key."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select, text

from app.cloud.database.access_schema import app_role
from app.cloud.database.connection import Database
from app.cloud.database.schema import event, thing
from app.cloud.database.sqlite import Sqlite

# A Thing calls several times a minute for years: only the newest are kept.
KEPT = 10_000
STRANGERS_KEPT = 1_000  # of calls without a Thing's session: any client can make them
_PARTS = 100  # of a ring; one is dropped at a time
_TID = 36  # characters
_SUMMARY = 200  # characters

_COLUMNS = ("time", "what", "tid", "status", "summary", "stranger")
_ADD = insert(event).values({name: bindparam(name) for name in _COLUMNS})
_ring = event.c.stranger == bindparam("ring")
_oldest = (
    select(event.c.id)
    .where(_ring)
    .order_by(event.c.id.desc())
    .limit(1)
    .offset(bindparam("kept"))
    .scalar_subquery()
)
_DROP = delete(event).where(_ring, event.c.id <= _oldest)
_AFTER = (
    select(event).where(event.c.id > bindparam("id")).order_by(event.c.id).limit(bindparam("most"))
)
# Several processes number events before they commit them, so that an event can appear after a
# reader has passed its number. Only events older than all open transactions are therefore shown.
_SETTLED = _AFTER.where(
    text("age(event.xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::text::xid)")
)

# An event names a TID without an account: it is hidden if an app of others has that TID, too.
_roles = select(app_role.c.app_id).where(app_role.c.person_id == bindparam("person"))
_mine = select(thing.c.tid).where(thing.c.app_id.in_(_roles))
_of_others = select(thing.c.tid).where(thing.c.app_id.not_in(_roles))
_narrowed = {
    "person": event.c.tid.in_(_mine) & event.c.tid.not_in(_of_others),
    "tid": event.c.tid == bindparam("tid"),
}


@functools.cache
def _after(settled: bool, newest: bool, filters: frozenset[str]) -> Select[Any]:
    statement = _SETTLED if settled else _AFTER
    if newest:
        statement = statement.order_by(None).order_by(event.c.id.desc())
    return statement.where(*(_narrowed[name] for name in sorted(filters)))


@dataclass(frozen=True)
class Event:
    """One call: its time in seconds, API name, Thing ("" if unknown), HTTP status, effect."""

    id: int
    time: float
    what: str
    tid: str
    status: int
    summary: str


class EventsTable:
    """Queries on events."""

    def __init__(self, db: Database) -> None:
        self._db = db
        # The number of rows is unknown at first, so the first event triggers a drop.
        self._added = {False: KEPT, True: KEPT}  # since the last drop

    def add(
        self, now: float, what: str, tid: str, status: int, summary: str, stranger: bool = False
    ) -> None:
        """Append an event; events of strangers displace only each other."""
        kept = STRANGERS_KEPT if stranger else KEPT
        self._db.run(
            _ADD,
            time=now,
            what=what,
            tid=tid[:_TID],
            status=status,
            summary=summary[:_SUMMARY],
            stranger=int(stranger),
        )
        self._added[stranger] += 1
        if self._added[stranger] > kept // _PARTS:
            self._added[stranger] = 0
            self._db.run(_DROP, ring=int(stranger), kept=kept)

    def after(
        self,
        event_id: int,
        count: int,
        person_id: int | None = None,
        tid: str | None = None,
        newest: bool = False,
    ) -> list[Event]:
        """Return at most `count` events with greater ids, the oldest or newest, in their order.

        `person_id` limits them to the Things that a person may see, `tid` to one Thing.
        """
        given = {"person": person_id, "tid": tid}
        given = {name: value for name, value in given.items() if value is not None}
        settled = not isinstance(self._db.backend, Sqlite)
        statement = _after(settled, newest, frozenset(given))
        found = [_event(row) for row in self._db.run(statement, id=event_id, most=count, **given)]
        return found[::-1] if newest else found


def _event(row: Any) -> Event:
    return Event(row["id"], row["time"], row["what"], row["tid"], row["status"], row["summary"])
