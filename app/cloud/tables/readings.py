"""Readings: what the worker tasks sent."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from app.cloud.values import shown


@dataclass(frozen=True)
class Reading:
    """One reading; `ts` and `received` in seconds since 1970 UTC, `msg` any JSON value."""

    ts: float
    msg: Any
    received: float


class Readings:
    """Queries on readings."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, aid: str, tid: str, microseconds: int, msg: Any, now: float) -> None:
        """Store a reading of the given time; sqlite3.IntegrityError if that one is there."""
        self._db.execute(
            "INSERT INTO reading (aid, tid, ts, msg, received) VALUES (?, ?, ?, ?, ?)",
            (aid, tid, microseconds, json.dumps(msg), now),
        )

    def last(self, aid: str, tid: str, count: int) -> list[Reading]:
        """Return the `count` latest readings by their own time, oldest of them first."""
        query = "SELECT * FROM reading WHERE aid = ? AND tid = ? ORDER BY ts DESC LIMIT ?"
        rows = self._db.execute(query, (aid, tid, count)).fetchall()
        return [Reading(r["ts"] / 1e6, shown(r["msg"]), r["received"]) for r in rows[::-1]]
