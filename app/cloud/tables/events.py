"""Events: the audit of Thing API calls. It never holds a token or a key."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

# A Thing calls several times a minute for years: only the newest are kept.
KEPT = 10_000
_SUMMARY = 200  # characters


@dataclass(frozen=True)
class Event:
    """One call: its time in seconds, API name, Thing ("" if unknown), HTTP status, what it did."""

    id: int
    time: float
    what: str
    tid: str
    status: int
    summary: str


class Events:
    """Queries on events."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, now: float, what: str, tid: str, status: int, summary: str) -> None:
        """Append an event."""
        row = self._db.execute(
            "INSERT INTO event (time, what, tid, status, summary) VALUES (?, ?, ?, ?, ?)",
            (now, what, tid, status, summary[:_SUMMARY]),
        ).lastrowid
        self._db.execute("DELETE FROM event WHERE id <= ?", ((row or 0) - KEPT,))

    def after(self, event_id: int, count: int) -> list[Event]:
        """Return at most `count` events with greater ids, in their order."""
        query = "SELECT * FROM event WHERE id > ? ORDER BY id LIMIT ?"
        return [Event(**dict(row)) for row in self._db.execute(query, (event_id, count))]
