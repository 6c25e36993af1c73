"""The partitions of PostgreSQL's readings: one for each month, and a default for other times."""

from __future__ import annotations

import contextlib
from datetime import datetime, timezone

from app.cloud.database.connection import Database, Taken

_BEFORE, _AHEAD = 1, 2  # months beside this one: for late readings, and made ahead of time
_OTHERS = "CREATE TABLE IF NOT EXISTS reading_others PARTITION OF reading DEFAULT"
_ONE = (
    "CREATE TABLE IF NOT EXISTS reading_{:%Y_%m} PARTITION OF reading FOR VALUES FROM ({}) TO ({})"
)
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('pythings cloud months'))"


def make(database: Database, now: float) -> None:
    """Create the missing partitions around now, within a transaction.

    If a Thing's clock was wrong, `reading_others` may hold readings of a month already: then the
    whole month stays there.
    """
    database.text(_LOCK)
    database.text(_OTHERS)
    this = datetime.fromtimestamp(now, timezone.utc)
    for step in range(-_BEFORE, _AHEAD + 1):
        first, following = _month(this, step), _month(this, step + 1)
        with contextlib.suppress(Taken), database.savepoint():
            database.text(_ONE.format(first, _microseconds(first), _microseconds(following)))


def _month(this: datetime, step: int) -> datetime:
    number = this.year * 12 + this.month - 1 + step
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=timezone.utc)


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000
