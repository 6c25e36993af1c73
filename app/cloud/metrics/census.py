"""The number of Things in each state, counted by one statement however many there are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, func, literal_column, or_, select

from app.cloud.database.connection import Database
from app.cloud.database.schema import pool, session, thing
from app.cloud.tables.states import ONLINE

STATES = ("online", "failing", "silent", "ended", "new")

_its = session.alias("its")
_latest = (
    select(func.max(_its.c.id))
    .where(_its.c.thing_id == thing.c.id, _its.c.proved == 1)
    .correlate(thing)
    .scalar_subquery()
)
_fails = or_(*(func.substr(it, 1, 2) == "KO" for it in (session.c.worker, session.c.management)))


def _word(state: str) -> Any:
    return literal_column(f"'{state}'")


_STATE = case(
    (session.c.id.is_(None), _word("new")),
    (session.c.active == 0, _word("ended")),
    (~ONLINE, _word("silent")),
    (_fails, _word("failing")),
    else_=_word("online"),
)
_its_pool = (pool.c.app_id == thing.c.app_id) & (pool.c.name == thing.c.pool)
_COUNTS = (
    select(_STATE.label("state"), func.count().label("things"))
    .select_from(thing.outerjoin(session, session.c.id == _latest).outerjoin(pool, _its_pool))
    .group_by(_STATE)
)


def census(database: Database, now: float) -> dict[str, int]:
    """Count Things by their state.

    The states: online, failing (online, but its app or management reports a failure), silent for
    longer than its intervals allow, ended (its session was), new (it has no session yet).
    """
    found = {row["state"]: row["things"] for row in database.run(_COUNTS, now=now)}
    return {state: found.get(state, 0) for state in STATES}
