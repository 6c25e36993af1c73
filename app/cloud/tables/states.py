"""The state of a Thing as its owner sees it, as an expression of the database and in Python.

trouble   it reports a failure, or an identity that it has shown waits for the owner
offline   silent for longer than its intervals allow, or its session has ended; a battery Thing may
          miss one: it sleeps on to the next, by a clock that is some percent off
run       the others that have a session
new       no session with a proved identity yet
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, case, exists, func, literal_column, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.cloud.database.schema import pool, session, thing, waiting

RUN, TROUBLE, OFFLINE, NEW = STATES = ("run", "trouble", "offline", "new")
GRACE_S = 60  # that a Thing may be late
INTERVALS = ("management_interval", "worker_interval")
_FAILURE = "KO"  # the beginning of a status


class _Interval(FunctionElement[int]):
    """The seconds of an interval in settings, as `is_online` reads them."""

    type = Integer()
    inherit_cache = True


@compiles(_Interval, "sqlite")
def _for_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    settings, name = (compiler.process(part, **more) for part in element.clauses)
    value, kind = (f"{call}({settings}, '$.{name}')" for call in ("json_extract", "json_type"))
    # A CASE in a CASE: the inner one is an error for text that is no JSON.
    return (
        f"CASE WHEN json_valid({settings}) THEN CASE WHEN {kind} IN ('integer', 'text')"
        f" AND length({value}) BETWEEN 1 AND 9 AND {value} NOT GLOB '*[^0-9]*'"
        f" THEN CAST({value} AS INTEGER) ELSE {-GRACE_S} END ELSE {-GRACE_S} END"
    )


@compiles(_Interval, "postgresql")
def _for_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    settings, name = (compiler.process(part, **more) for part in element.clauses)
    # PostgreSQL rejects JSON with the escape of NUL.
    value = f"CAST(REPLACE({settings}, '\\u0000', '') AS json) ->> '{name}'"
    return f"COALESCE(CAST(substring({value} FROM '^[0-9]{{1,9}}$') AS integer), {-GRACE_S})"


class _Battery(FunctionElement[int]):
    """1 for settings that say `battery_operated`, else 0."""

    type = Integer()
    inherit_cache = True


@compiles(_Battery, "sqlite")
def _battery_in_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    (settings,) = (compiler.process(part, **more) for part in element.clauses)
    return (
        f"CASE WHEN json_valid({settings}) THEN"
        f" COALESCE(json_type({settings}, '$.battery_operated') = 'true', 0) ELSE 0 END"
    )


@compiles(_Battery, "postgresql")
def _battery_in_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    (settings,) = (compiler.process(part, **more) for part in element.clauses)
    value = f"CAST(REPLACE({settings}, '\\u0000', '') AS json) ->> 'battery_operated'"
    return f"CASE WHEN {value} = 'true' THEN 1 ELSE 0 END"


_settings = func.coalesce(thing.c.custom, pool.c.settings)
_age: Any = bindparam("now") - session.c.last_contact
_missed: Any = 1 + _Battery(_settings)  # intervals
# Of the same rows as STATE: it may be silent for as long as either interval allows.
ONLINE = or_(
    *(_age < _Interval(_settings, literal_column(name)) * _missed + GRACE_S for name in INTERVALS)
)
_fails = or_(
    *(
        func.substr(status, 1, len(_FAILURE)) == _FAILURE
        for status in (session.c.worker, session.c.management, session.c.pythings)
    )
)
_waits = exists().where(waiting.c.thing_id == thing.c.id, waiting.c.count > 0).correlate(thing)


def _word(state: str) -> ColumnElement[str]:
    return literal_column(f"'{state}'")


# Of a row of Things, their newest sessions and their pools; `now` in seconds since 1970 UTC.
STATE: ColumnElement[str] = case(
    (_waits, _word(TROUBLE)),
    (session.c.id.is_(None), _word(NEW)),
    ((session.c.active == 0) | ~ONLINE, _word(OFFLINE)),
    (_fails, _word(TROUBLE)),
    else_=_word(RUN),
)


def state_of(waits: bool, active: bool | None, online: bool, *statuses: str | None) -> str:
    """Return the state that STATE gives; `active` is None without a session."""
    if waits:
        return TROUBLE
    if active is None:
        return NEW
    if not (active and online):
        return OFFLINE
    return TROUBLE if any((text or "").startswith(_FAILURE) for text in statuses) else RUN
