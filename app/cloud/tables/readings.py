"""Readings: the values that the worker tasks sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, func, select

from app.cloud.database.connection import Database, Taken, Upsert
from app.cloud.database.schema import app, pool, reading, series, thing

_STEP = 500  # readings that are dropped at a time, so that new ones wait only briefly
_SERIES_STEP = 50  # series that are examined at a time
_KNOWN = 100_000  # series with a cached number, which never changes
_DAY_US = 86_400_000_000

_WHOSE: dict[str, Any] = {"aid": bindparam("aid"), "tid": bindparam("tid")}
_BEGIN = Upsert(lambda insert: insert(series).values(_WHOSE).on_conflict_do_nothing())
_SERIES = select(series.c.id).where(
    series.c.aid == bindparam("aid"), series.c.tid == bindparam("tid")
)
_ADD = Upsert(
    lambda insert: (
        insert(reading)
        .values(
            series_id=bindparam("series"),
            ts=bindparam("ts"),
            msg=bindparam("msg"),
            received=bindparam("now"),
        )
        .on_conflict_do_nothing()
    )
)
_OF = reading.c.series_id == bindparam("series")
# A Thing that moves leaves its readings behind: they are kept as long as its present pool's.
_was, _is = app.alias("was"), app.alias("is_in")
_KEPT = (
    select(series.c.id, func.min(pool.c.keep_readings).label("days"))
    .join(_was, _was.c.aid == series.c.aid)
    .join(thing, thing.c.tid == series.c.tid)
    .join(_is, (_is.c.id == thing.c.app_id) & (_is.c.account == _was.c.account))
    .join(pool, (pool.c.app_id == thing.c.app_id) & (pool.c.name == thing.c.pool))
    .where(pool.c.keep_readings.is_not(None), series.c.id > bindparam("after"))
    .group_by(series.c.id)
    .order_by(series.c.id)
    .limit(_SERIES_STEP)
)
_nth = select(reading.c.ts).where(_OF).order_by(reading.c.ts).limit(1).offset(_STEP - 1)
_DROP = delete(reading).where(
    _OF,
    reading.c.ts < bindparam("before"),
    reading.c.ts <= func.coalesce(_nth.scalar_subquery(), bindparam("before")),
)

# Of a Thing in all apps of its account, but for the hidden one: its id is that of all accounts.
_SERIES_OF = (
    select(series.c.id, series.c.aid)
    .join(app, app.c.aid == series.c.aid)
    .where(series.c.tid == bindparam("tid"), app.c.account == bindparam("account"))
    .where(app.c.hidden == 0)
)
_TAKE = _DROP.returning(reading.c.ts, reading.c.msg, reading.c.received)
_END = 2**62  # microseconds: after any reading


@dataclass(frozen=True)
class Reading:
    """One reading; `ts` and `received` in seconds since 1970 UTC, `msg` any JSON value."""

    ts: float
    msg: Any
    received: float


class ReadingsTable:
    """Queries on readings."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._series: dict[tuple[str, str], int] = {}
        self._pruned = 0  # up to this series
        db.undone.append(self._series.clear)

    def add(self, aid: str, tid: str, microseconds: int, msg: Any, now: float) -> None:
        """Store a reading of the given time; raises Taken if that time has one."""
        values = {"ts": microseconds, "msg": json.dumps(msg), "now": now}
        if not self._db.run(_ADD, series=self._numbered(aid, tid), **values).rowcount:
            raise Taken

    def drop(self, account: str, tid: str) -> int:
        """Drop some readings of a Thing, in whatever app of the account; return their number."""
        for row in self._db.run(_SERIES_OF, account=account, tid=tid).fetchall():
            gone = int(self._db.run(_DROP, series=row["id"], before=_END).rowcount)
            if gone:
                return gone
        return 0

    def move(self, account: str, tid: str, new_tid: str) -> int:
        """Move some readings of a Thing to another of the account; return their number.

        A series keeps its number, which other processes remember, and a time its first reading.
        """
        for row in self._db.run(_SERIES_OF, account=account, tid=tid).fetchall():
            taken = self._db.run(_TAKE, series=row["id"], before=_END).fetchall()
            if not taken:
                continue
            target = self._numbered(row["aid"], new_tid)
            for it in taken:
                values = {"ts": it["ts"], "msg": it["msg"], "now": it["received"]}
                self._db.run(_ADD, series=target, **values)
            return len(taken)
        return 0

    def prune(self, now: float) -> bool:
        """Drop some readings older than their pools keep them; return whether none was left."""
        rows = self._db.run(_KEPT, after=self._pruned).fetchall()
        for row in rows:
            before = int(now * 1e6) - row["days"] * _DAY_US
            if self._db.run(_DROP, series=row["id"], before=before).rowcount >= _STEP:
                return False  # there may be more of it
            self._pruned = row["id"]
        if rows:
            return False
        self._pruned = 0
        return True

    def _numbered(self, aid: str, tid: str) -> int:
        """Return the number of the series, which is created with its first reading."""
        number = self._series.get((aid, tid))
        if number is None:
            self._db.run(_BEGIN, aid=aid, tid=tid)
            number = int(self._db.run(_SERIES, aid=aid, tid=tid).fetchone()["id"])
            if len(self._series) >= _KNOWN:
                self._series.clear()
            self._series[aid, tid] = number
        return number
