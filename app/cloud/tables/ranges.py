"""Readings of one Thing in a range of time: pages of them, and their aggregates by step."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Double,
    Numeric,
    Select,
    Subquery,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.cloud.database.connection import Database
from app.cloud.database.schema import BRIEF, LONG, reading, series
from app.cloud.database.sqlite import Sqlite
from app.cloud.tables.readings import Reading
from app.cloud.values import shown

# Greater numbers are left out: their sum could overflow.
_LARGEST: ColumnElement[float] = literal_column("1e300")
_DEEPEST = 8
_NUMBERS = ("count", "min", "avg", "max")
_SERIES = select(series.c.id).where(
    series.c.aid == bindparam("aid"), series.c.tid == bindparam("tid")
)
_IN = (
    reading.c.series_id == bindparam("series"),
    reading.c.ts >= bindparam("first"),
    reading.c.ts < bindparam("end"),
)
_FORWARD = select(reading).where(*_IN).order_by(reading.c.ts).limit(bindparam("most"))
_BACKWARD = select(reading).where(*_IN).order_by(reading.c.ts.desc()).limit(bindparam("most"))


@dataclass(frozen=True)
class Bucket:
    """The numbers of one step of time from `ts` on, in seconds; None where there are none."""

    ts: float
    count: int
    min: float | None
    avg: float | None
    max: float | None


class RangesTable:
    """Queries on ranges of readings; times in microseconds, the end excluded."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._sqlite = isinstance(db.backend, Sqlite)
        self._buckets = _sqlite_buckets() if self._sqlite else _postgres_buckets()

    def page(
        self, aid: str, tid: str, first: int, end: int, most: int, newest: bool = False
    ) -> list[Reading]:
        """Return at most `most` readings, from the oldest on or from the newest back."""
        number = self._number(aid, tid)
        if number is None:
            return []
        order = _BACKWARD if newest else _FORWARD
        rows = self._db.run(order, series=number, first=first, end=end, most=most)
        return [Reading(row["ts"] / 1e6, shown(row["msg"]), row["received"]) for row in rows]

    def buckets(
        self, aid: str, tid: str, path: list[str], first: int, end: int, step: int
    ) -> list[Bucket]:
        """Return the aggregates of a number in the readings, where there are any, by time."""
        number = self._number(aid, tid)
        if number is None:
            return []
        where = _sqlite_path(path) if self._sqlite else path
        values = {"series": number, "first": first, "end": end, "step": step, "path": where}
        return [
            Bucket((first + row["n"] * step) / 1e6, *(row[name] for name in _NUMBERS))
            for row in self._db.run(self._buckets, **values)
        ]

    def _number(self, aid: str, tid: str) -> int | None:
        row = self._db.run(_SERIES, aid=aid, tid=tid).fetchone()
        return int(row["id"]) if row else None


def path_of(pointer: str) -> list[str]:
    """Return the parts of a JSON Pointer (RFC 6901), or of a name alone; raises ValueError.

    Digits are an index into a list. Names with a quote or a backslash have no form that every
    SQLite takes.
    """
    if not pointer:
        return []
    parts = pointer[1:].split("/") if pointer.startswith("/") else [pointer]
    parts = [part.replace("~1", "/").replace("~0", "~") for part in parts]
    if len(parts) > _DEEPEST or any(not part or re.search(r'["\\\0]', part) for part in parts):
        raise ValueError(pointer)
    return parts


def _sqlite_path(path: list[str]) -> str:
    steps = (f"[{part}]" if _is_index(part) else f".{json.dumps(part)}" for part in path)
    return "$" + "".join(steps)


def _is_index(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) < 6


def _aggregates(values: Select[Any]) -> Select[Any]:
    """Return count, min, avg and max of `it`, a number or null, for each step `n`."""
    rows = _once(values)
    return (
        select(
            rows.c.n,
            func.count(rows.c.it).label("count"),
            func.min(rows.c.it).label("min"),
            func.avg(rows.c.it).label("avg"),
            func.max(rows.c.it).label("max"),
        )
        .group_by(rows.c.n)
        .having(func.count(rows.c.it) > 0)
        .order_by(rows.c.n)
    )


def _once(rows: Select[Any] | CompoundSelect[Any]) -> Subquery:
    """Return a subquery that is evaluated once: its offset prevents inlining at each use."""
    return rows.offset(literal_column("0")).subquery()


def _steps(value: ColumnElement[Any], *parts: ColumnElement[bool]) -> Subquery:
    step: ColumnElement[int] = bindparam("step", type_=BigInteger)
    start: ColumnElement[int] = bindparam("first", type_=BigInteger)
    nth = (reading.c.ts - start) // step
    rows = select(nth.label("n"), value.label("it")).where(*_IN)
    return _once(union_all(*(rows.where(part) for part in parts)) if parts else rows)


def _sqlite_buckets() -> Select[Any]:
    path: ColumnElement[str] = bindparam("path", type_=Text)
    kind = func.json_type(reading.c.msg, path)
    is_number = kind.in_([literal_column("'integer'"), literal_column("'real'")])
    number = func.json_extract(reading.c.msg, path)
    found = _steps(case((func.json_valid(reading.c.msg) == 1, case((is_number, number)))))
    usable = case((func.abs(found.c.it) < _LARGEST, found.c.it))
    return _aggregates(select(found.c.n, usable.label("it")))


def _postgres_buckets() -> Select[Any]:
    path = cast(bindparam("path"), ARRAY(Text))
    # PostgreSQL rejects JSON with this escape, even outside the number.
    parsed = cast(func.replace(reading.c.msg, r"\u0000", r"\u0020"), JSONB)
    found = _steps(parsed.op("#>")(path), BRIEF, LONG)  # each has an index of its own
    is_number = func.jsonb_typeof(found.c.it) == literal_column("'number'")
    fits = func.abs(cast(found.c.it, Numeric)) < _LARGEST  # or the cast would fail
    usable = case((is_number, case((fits, cast(found.c.it, Double)))))
    return _aggregates(select(found.c.n, usable.label("it")))
