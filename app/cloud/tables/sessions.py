"""Sessions: a token each, from one register to the next."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass

STATUSES = ("worker", "management", "pythings")


@dataclass(frozen=True)
class Session:
    """One session; `thing_id` is None between preregister and register, `key` if it is plain."""

    token: str
    thing_id: int | None
    active: bool
    key: str | None
    app_version: str | None
    pythings_version: str | None
    last_contact: float
    worker: str
    management: str
    pythings: str


class Sessions:
    """Queries on sessions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def start(self, now: float, key: str | None = None, kty: str | None = None) -> str:
        """Start a session without a Thing and return its token."""
        token = str(uuid.uuid4())
        self._db.execute(
            "INSERT INTO session (token, key, kty, last_contact) VALUES (?, ?, ?, ?)",
            (token, key, kty, now),
        )
        return token

    def bind(
        self, token: str, thing_id: int, app_version: str | None, pythings_version: str | None
    ) -> None:
        """Give the session to a Thing. One that was deactivated stays so."""
        self._db.execute(
            "UPDATE session SET thing_id = ?, app_version = ?, pythings_version = ?"
            " WHERE token = ?",
            (thing_id, app_version, pythings_version, token),
        )

    def get(self, token: str) -> Session | None:
        """Return the session of that token, active or not."""
        row = self._db.execute("SELECT * FROM session WHERE token = ?", (token,)).fetchone()
        return _session(row) if row else None

    def latest(self, thing_id: int) -> Session | None:
        """Return a Thing's newest session, active or not."""
        query = "SELECT * FROM session WHERE thing_id = ? ORDER BY id DESC LIMIT 1"
        row = self._db.execute(query, (thing_id,)).fetchone()
        return _session(row) if row else None

    def deactivate(self, thing_id: int) -> int:
        """End all of a Thing's sessions; return how many were active."""
        return self._db.execute(
            "UPDATE session SET active = 0 WHERE thing_id = ? AND active = 1", (thing_id,)
        ).rowcount

    def touch(self, token: str, now: float) -> None:
        """Note that the Thing was in contact."""
        self._db.execute("UPDATE session SET last_contact = ? WHERE token = ?", (now, token))

    def report(self, token: str, what: str, status: str) -> None:
        """Store the last status of one of STATUSES."""
        if what not in STATUSES:
            raise ValueError(what)
        self._db.execute(
            f"UPDATE session SET {what} = ? WHERE token = ?",  # noqa: S608 - checked above
            (status, token),
        )


def _session(row: sqlite3.Row) -> Session:
    return Session(
        token=row["token"],
        thing_id=row["thing_id"],
        active=bool(row["active"]),
        key=row["key"],
        app_version=row["app_version"],
        pythings_version=row["pythings_version"],
        last_contact=row["last_contact"],
        worker=row["worker"],
        management=row["management"],
        pythings=row["pythings"],
    )
