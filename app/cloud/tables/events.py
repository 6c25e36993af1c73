"""Events: the audit of Thing API calls. It never holds a token or a key."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

# A Thing calls several times a minute for years: only the newest are kept.
KEPT = 10_000
STRANGERS_KEPT = 1_000  # of calls without a Thing's session: anybody can make them
_PARTS = 100  # of a ring; one is dropped at a time
_TID = 36  # characters
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
        # It is not known how many there are, so begin by looking.
        self._added = {False: KEPT, True: KEPT}  # since old ones were dropped

    def add(
        self, now: float, what: str, tid: str, status: int, summary: str, stranger: bool = False
    ) -> None:
        """Append an event; those of strangers push out no others."""
        kept = STRANGERS_KEPT if stranger else KEPT
        self._db.execute(
            "INSERT INTO event (time, what, tid, status, summary, stranger)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (now, what, tid[:_TID], status, summary[:_SUMMARY], stranger),
        )
        self._added[stranger] += 1
        if self._added[stranger] > kept // _PARTS:
            self._added[stranger] = 0
            self._db.execute(
                "DELETE FROM event WHERE stranger = :stranger AND id <= (SELECT id FROM event"
                " WHERE stranger = :stranger ORDER BY id DESC LIMIT 1 OFFSET :kept)",
                {"stranger": stranger, "kept": kept},
            )

    def after(self, event_id: int, count: int) -> list[Event]:
        """Return at most `count` events with greater ids, in their order."""
        query = "SELECT * FROM event WHERE id > ? ORDER BY id LIMIT ?"
        return [_event(row) for row in self._db.execute(query, (event_id, count))]


def _event(row: sqlite3.Row) -> Event:
    return Event(row["id"], row["time"], row["what"], row["tid"], row["status"], row["summary"])
