"""The number of Things in each state, counted by one statement however many there are."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sqlalchemy import Integer, bindparam, case, cast, func, select

from app.cloud.database.connection import Database
from app.cloud.database.schema import pool, session, thing
from app.cloud.settings import is_online
from app.cloud.values import shown_object

STATES = ("online", "failing", "silent", "ended", "new")
_MINUTE_S = 60
_LONGEST = 8 * 24 * 60  # minutes: longer than any interval of a Thing

_its = session.alias("its")
_latest = (
    select(func.max(_its.c.id))
    .where(_its.c.thing_id == thing.c.id, _its.c.proved == 1)
    .correlate(thing)
    .scalar_subquery()
)
_age: Any = bindparam("now") - session.c.last_contact
_minutes = case(
    (_age > _LONGEST * _MINUTE_S, _LONGEST),
    (_age < 0, 0),  # a clock that jumped
    else_=cast(_age / _MINUTE_S, Integer),
)
_fails = session.c.worker.like("KO%") | session.c.management.like("KO%")
_GROUPS = (
    select(
        thing.c.app_id,
        thing.c.pool,
        thing.c.custom,
        session.c.active,
        _minutes.label("minutes"),
        case((_fails, 1), else_=0).label("failing"),
        func.count().label("things"),
    )
    .select_from(thing.outerjoin(session, session.c.id == _latest))
    .group_by(thing.c.app_id, thing.c.pool, thing.c.custom, session.c.active, "minutes", "failing")
)
_POOLS = select(pool.c.app_id, pool.c.name, pool.c.settings)


def census(database: Database, now: float) -> dict[str, int]:
    """Count Things by their state.

    The states: online, failing (online, but its app or management reports a failure), silent for
    longer than its intervals allow, ended (its session was), new (it has no session yet).
    """
    pools = {
        (row["app_id"], row["name"]): json.loads(row["settings"]) for row in database.run(_POOLS)
    }
    counts: Counter[str] = Counter(dict.fromkeys(STATES, 0))
    for row in database.run(_GROUPS, now=now):
        settings = pools.get((row["app_id"], row["pool"]), {})
        if row["custom"] is not None:
            settings = shown_object(row["custom"])
        counts[_state(row, settings)] += row["things"]
    return dict(counts)


def _state(row: Any, settings: dict[str, Any]) -> str:
    if row["active"] is None:
        return "new"
    if not row["active"]:
        return "ended"
    if not is_online(row["minutes"] * _MINUTE_S, settings):
        return "silent"
    return "failing" if row["failing"] else "online"
