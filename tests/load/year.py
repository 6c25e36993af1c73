"""A query of a Thing's year, in 1,000 buckets, of 10 million readings: `tox -e load -- --year`.

The readings are those of 95 Things, each 5 minutes for a year, in the order of arrival: those of
one Thing lie far from each other, unless the database groups them.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.cloud.database import months
from app.cloud.database.connection import Database
from app.cloud.store import Store
from tests import postgres

THINGS = 95  # with a year each: 10 million readings
STEP_S, DAYS = 300, 365
TIMES = DAYS * 86_400 // STEP_S  # 105,120
BUCKETS = 1000
START = 1_700_000_000 // STEP_S * STEP_S
_TURNS = 5

_SQLITE = """
WITH RECURSIVE at(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM at WHERE n + 1 < {times})
INSERT INTO reading (series_id, ts, msg, received)
SELECT s.id, ({start} + n * {step}) * 1000000,
    '{{"temperature": ' || round(20 + (n * 7919 % 1000) / 100.0, 2) || ', "battery": 3.7}}',
    {start} + n * {step} FROM at CROSS JOIN series s
"""
_POSTGRESQL = """
INSERT INTO reading (series_id, ts, msg, received)
SELECT s.id, ({start} + n * {step})::bigint * 1000000,
    '{{"temperature": ' || round(20 + (n::bigint * 7919 % 1000) / 100.0, 2) || ', "battery": 3.7}}',
    {start} + n * {step} FROM generate_series(0, {times} - 1) n CROSS JOIN series s
"""


def fill(store: Store, things: int = THINGS, times: int = TIMES) -> None:
    """Insert readings of so many Things, oldest first."""
    with store.beside() as database:
        sqlite = database.backend.dialect.name == "sqlite"
        with database.transaction():
            for month in range(0, DAYS + 60, 28) if not sqlite else ():
                months.make(database, START + month * 86_400.0)
            for number in range(things):
                database.text(f"INSERT INTO series (aid, tid) VALUES ('aid', 'thing-{number}')")
            text = _SQLITE if sqlite else _POSTGRESQL
            database.text(text.format(times=times, start=START, step=STEP_S))
        _settle(database)


def _settle(database: Database) -> None:
    """Vacuum and analyze on PostgreSQL, as it does by itself in time."""
    if database.backend.dialect.name != "sqlite":
        database.text("VACUUM ANALYZE reading")


def ask(store: Store, times: int = TIMES) -> tuple[float, int]:
    """Return the median seconds of the query, and the number of buckets that it found."""
    first, last = START * 1_000_000, (START + times * STEP_S) * 1_000_000
    seconds = []
    for _ in range(_TURNS):
        began = time.perf_counter()
        found = store.ranges.buckets(
            "aid", "thing-1", ["temperature"], first, last, -(-(last - first) // BUCKETS)
        )
        seconds.append(time.perf_counter() - began)
    assert sum(bucket.count for bucket in found) == times
    return statistics.median(seconds), len(found)


@contextlib.contextmanager
def stores() -> Iterator[dict[str, Store]]:
    """Open a store on SQLite, and one on PostgreSQL where that is installed."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = {"SQLite": Store(folder / "cloud.db")}
        if postgres.binaries() is not None:
            url = stack.enter_context(postgres.running()).database()
            found["PostgreSQL"] = Store(folder / "other.db", url=url)
        for store in found.values():
            stack.callback(store.close)
        yield found


def lines(things: int) -> Iterator[str]:
    """Fill each store and time the query; yield a line for each."""
    with stores() as found:
        for name, store in found.items():
            began = time.perf_counter()
            fill(store, things)
            filled = time.perf_counter() - began
            seconds, buckets = ask(store)
            yield (
                f"{name:15} {things * TIMES:,} readings (made in {filled:.0f} s),"
                f" {TIMES:,} of one Thing in {buckets} buckets: {seconds * 1000:.0f} ms"
            )
