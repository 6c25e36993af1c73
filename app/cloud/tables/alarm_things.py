"""The Things of a pool as an alarm sees them, and the standing of those not as usual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, select

from app.cloud.alarms.rules import USUAL, WELL, Sighting, Standing
from app.cloud.database.alarm_schema import alarm_thing
from app.cloud.database.connection import Database, Upsert
from app.cloud.database.schema import reading, series, session, thing
from app.cloud.tables import newest
from app.cloud.tables.raised import SEEN_BY

_standing = and_(alarm_thing.c.alarm_id == bindparam("alarm"), alarm_thing.c.thing_id == thing.c.id)
_NAMES = ("told", "since", "pending", "pending_since")
_of_alarm = [alarm_thing.c[name] for name in _NAMES]
_from = thing.outerjoin(session, session.c.id == newest.SESSION).outerjoin(alarm_thing, _standing)
_PARTS = (thing.c.id, thing.c.tid, session.c.last_contact, session.c.pythings, *_of_alarm)
_IN_POOL = (thing.c.app_id == bindparam("app"), thing.c.pool == bindparam("the_pool"))
_THINGS = select(*_PARTS).select_from(_from).where(*_IN_POOL)
_with_reading = _from.outerjoin(
    series, and_(series.c.aid == bindparam("aid"), series.c.tid == thing.c.tid)
).outerjoin(reading, and_(reading.c.series_id == series.c.id, reading.c.ts == newest.READING))
_READINGS = select(*_PARTS, reading.c.msg).select_from(_with_reading).where(*_IN_POOL)
_ROW = (
    alarm_thing.c.alarm_id == bindparam("alarm"),
    alarm_thing.c.thing_id == bindparam("the_thing"),
)
_VALUES: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _NAMES}
_SAVE = Upsert(
    lambda insert: (
        insert(alarm_thing)
        .values(alarm_id=bindparam("alarm"), thing_id=bindparam("the_thing"), **_VALUES)
        .on_conflict_do_update(index_elements=["alarm_id", "thing_id"], set_=_VALUES)
    )
)
_DROP = delete(alarm_thing).where(*_ROW)
_EXISTS = select(thing.c.id).where(thing.c.id == bindparam("the_thing"))
_RAISED = (
    select(alarm_thing, thing.c.tid, SEEN_BY)
    .join(thing, thing.c.id == alarm_thing.c.thing_id)
    .where(alarm_thing.c.alarm_id == bindparam("alarm"), alarm_thing.c.told != WELL)
)
_PAGE = _RAISED.order_by(alarm_thing.c.since, thing.c.id).limit(bindparam("most"))
_PAGE = _PAGE.offset(bindparam("offset"))
_COUNT = select(func.count().label("it")).select_from(_RAISED.subquery())
_LEFT = _RAISED.where(
    (thing.c.app_id != bindparam("app")) | (thing.c.pool != bindparam("the_pool"))
)


@dataclass(frozen=True)
class AlarmLook:
    """A Thing as it is now, and the standing that it has."""

    thing_id: int
    tid: str
    seen: Sighting
    standing: Standing


@dataclass(frozen=True)
class AlarmedThing:
    """A Thing for which an alarm is raised: its mark, since a time in seconds.

    `seen_by`: the person that has acknowledged it, None if none has.
    """

    thing_id: int
    tid: str
    mark: str
    since: float
    seen_by: str | None


class AlarmThingsTable:
    """Queries on the Things of alarms."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def looks(self, alarm_id: int, app_id: int, pool: str) -> list[AlarmLook]:
        """Return the pool's Things."""
        return [
            _look(row) for row in self._db.run(_THINGS, alarm=alarm_id, app=app_id, the_pool=pool)
        ]

    def looks_with_readings(
        self, alarm_id: int, app_id: int, pool: str, aid: str, since: float, now: float
    ) -> list[AlarmLook]:
        """Return the pool's Things, each with its newest reading since a time in seconds."""
        times = {"first": int(since * 1e6), "end": int(now * 1e6) + newest.AHEAD_US}
        values = {"alarm": alarm_id, "app": app_id, "the_pool": pool, "aid": aid}
        return [_look(row, row["msg"]) for row in self._db.run(_READINGS, **values, **times)]

    def save(self, alarm_id: int, thing_id: int, standing: Standing) -> bool:
        """Store a standing; False if the Thing was removed meanwhile."""
        if self._db.run(_EXISTS, the_thing=thing_id).fetchone() is None:
            return False
        if standing.told == WELL and standing.pending is None:
            self._db.run(_DROP, alarm=alarm_id, the_thing=thing_id)
            return True
        values = {f"new_{name}": getattr(standing, name) for name in _NAMES}
        self._db.run(_SAVE, alarm=alarm_id, the_thing=thing_id, **values)
        return True

    def left(self, alarm_id: int, app_id: int, pool: str) -> list[AlarmedThing]:
        """Return the Things for which it is raised, and that are no longer in the pool."""
        rows = self._db.run(_LEFT, alarm=alarm_id, app=app_id, the_pool=pool)
        return [_raised(row) for row in rows]

    def raised(self, alarm_id: int, most: int, offset: int) -> tuple[list[AlarmedThing], int]:
        """Return some of the Things for which it is raised, the longest first, and their number."""
        rows = self._db.run(_PAGE, alarm=alarm_id, most=most, offset=offset)
        found = [_raised(row) for row in rows]
        return found, int(self._db.run(_COUNT, alarm=alarm_id).fetchone()["it"])


def _look(row: Any, message: str | None = None) -> AlarmLook:
    standing = USUAL
    if row["told"] is not None:
        standing = Standing(*(row[name] for name in _NAMES))
    seen = Sighting(row["last_contact"], row["pythings"] or "", message)
    return AlarmLook(row["id"], row["tid"], seen, standing)


def _raised(row: Any) -> AlarmedThing:
    return AlarmedThing(row["thing_id"], row["tid"], row["told"], row["since"], row["by"])
