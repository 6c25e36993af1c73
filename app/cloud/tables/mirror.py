"""All Things with their states and newest readings, by one statement."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, select

from app.cloud.database.connection import Database
from app.cloud.database.schema import app, pool, reading, series, session, thing
from app.cloud.mqtt.topics import ThingNow
from app.cloud.tables import newest
from app.cloud.tables.states import STATE

_PAST_US = 30 * 86_400_000_000  # older readings are no news: their months are not searched

_STATUSES = ("app_version", "pythings_version", "management", "worker", "pythings")
_THINGS = (
    select(
        *(thing.c[name] for name in ("id", "tid", "pool", "platform")),
        app.c.aid,
        app.c.name.label("app"),
        *(session.c[name] for name in _STATUSES),
        STATE.label("state"),
        reading.c.ts,
        reading.c.msg,
    )
    .select_from(
        thing.join(app, app.c.id == thing.c.app_id)
        .outerjoin(session, session.c.id == newest.SESSION)
        .outerjoin(pool, (pool.c.app_id == thing.c.app_id) & (pool.c.name == thing.c.pool))
        .outerjoin(series, and_(series.c.aid == app.c.aid, series.c.tid == thing.c.tid))
        .outerjoin(
            reading, and_(reading.c.series_id == series.c.id, reading.c.ts == newest.READING)
        )
    )
    .where(app.c.hidden == 0)
    .order_by(thing.c.id)
)


class MirrorTable:
    """A query on all Things."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def things(self, now: float) -> list[ThingNow]:
        """Return all Things of apps as they are now."""
        at = int(now * 1e6)
        rows = self._db.run(_THINGS, now=now, first=at - _PAST_US, end=at + newest.AHEAD_US)
        return [_thing(row) for row in rows]


def _thing(row: Any) -> ThingNow:
    return ThingNow(**{name: row[name] for name in ThingNow.__dataclass_fields__})
