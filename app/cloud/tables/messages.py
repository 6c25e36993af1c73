"""Messages to Things: queued, delivered, received with a reply."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from app.cloud.values import shown


@dataclass(frozen=True)
class Message:
    """One message; `type` is APP or CMD, `msg` and `reply` any JSON value, times in seconds."""

    mid: str
    type: str
    msg: Any
    status: str
    reply: Any
    queued: float
    delivered: float | None
    received: float | None


class Messages:
    """Queries on messages."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def queue(self, thing_id: int, kind: str, msg: Any, now: float) -> str:
        """Queue a message of type `kind` and return its mid."""
        mid = str(uuid.uuid4())
        self._db.execute(
            "INSERT INTO message (mid, thing_id, type, msg, queued) VALUES (?, ?, ?, ?, ?)",
            (mid, thing_id, kind, json.dumps(msg), now),
        )
        return mid

    def deliver(self, thing_id: int, now: float) -> Message | None:
        """Take the oldest queued message. It counts as delivered: it is not given out again."""
        query = "SELECT * FROM message WHERE thing_id = ? AND status = 'queued' ORDER BY id LIMIT 1"
        row = self._db.execute(query, (thing_id,)).fetchone()
        if row is None:
            return None
        self._db.execute(
            "UPDATE message SET status = 'delivered', delivered = ? WHERE id = ?", (now, row["id"])
        )
        return _message(row)

    def cancel(self, thing_id: int, mids: Collection[str]) -> list[str]:
        """Delete a Thing's queued messages, all or those of `mids`; return which they were."""
        query = "SELECT mid FROM message WHERE thing_id = ? AND status = 'queued' ORDER BY id"
        queued = [row["mid"] for row in self._db.execute(query, (thing_id,))]
        gone = [mid for mid in queued if not mids or mid in mids]
        self._db.executemany("DELETE FROM message WHERE mid = ?", [(mid,) for mid in gone])
        return gone

    def receive(self, thing_id: int, mid: str, reply: Any, now: float) -> None:
        """Store the reply to a message; None keeps an earlier one. Unknown ones are ignored."""
        self._db.execute(
            "UPDATE message SET status = 'received', received = ?, reply = coalesce(?, reply)"
            " WHERE thing_id = ? AND mid = ?",
            (now, None if reply is None else json.dumps(reply), thing_id, mid),
        )

    def of_thing(self, thing_id: int) -> list[Message]:
        """Return a Thing's messages, oldest first."""
        query = "SELECT * FROM message WHERE thing_id = ? ORDER BY id"
        return [_message(row) for row in self._db.execute(query, (thing_id,))]


def _message(row: sqlite3.Row) -> Message:
    return Message(
        mid=row["mid"],
        type=row["type"],
        msg=shown(row["msg"]),
        status=row["status"],
        reply=None if row["reply"] is None else shown(row["reply"]),
        queued=row["queued"],
        delivered=row["delivered"],
        received=row["received"],
    )
