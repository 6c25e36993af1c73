"""Accounts: who owns apps, and the limits of the plan they pay for."""

from __future__ import annotations

import sqlite3


class Accounts:
    """Queries on accounts."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, name: str) -> None:
        """Make the account unless there is one of that name."""
        self._db.execute("INSERT OR IGNORE INTO account (name) VALUES (?)", (name,))

    def exists(self, name: str) -> bool:
        """Tell whether there is an account of that name."""
        found = self._db.execute("SELECT 1 FROM account WHERE name = ?", (name,))
        return found.fetchone() is not None

    def set_limits(self, name: str, things: int | None, messages: int | None) -> None:
        """Limit the account's Things and messages; None lifts a limit."""
        self._db.execute(
            "UPDATE account SET things_limit = ?, messages_limit = ? WHERE name = ?",
            (things, messages, name),
        )

    def full_of_things(self, name: str) -> bool:
        """Tell whether one more Thing would exceed the limit."""
        return self._reached(
            name,
            "things_limit",
            "SELECT count(*) FROM thing JOIN app ON app.id = app_id WHERE account = :name",
        )

    def full_of_messages(self, name: str) -> bool:
        """Tell whether one more message, of either direction, would exceed the limit."""
        return self._reached(
            name,
            "messages_limit",
            "SELECT (SELECT count(*) FROM reading JOIN app USING (aid) WHERE account = :name)"
            " + (SELECT count(*) FROM message JOIN thing ON thing.id = thing_id"
            " JOIN app ON app.id = app_id WHERE account = :name AND status = 'received')",
        )

    def _reached(self, name: str, column: str, count: str) -> bool:
        query = f"SELECT {column} FROM account WHERE name = ?"  # noqa: S608 - a constant of ours
        (limit,) = self._db.execute(query, (name,)).fetchone()
        if limit is None:
            return False
        (used,) = self._db.execute(count, {"name": name}).fetchone()
        return bool(used >= limit)
