"""Accounts: who owns apps, and the limits of the plan they pay for."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass

# By default: what no household reaches, and no stranger shall fill a disk beyond. Five million
# readings are some 2 GB at most; ten Things that send one every five minutes take five years.
THINGS = 10_000
MESSAGES = 5_000_000
_UNLIMITED = -1
_REFUSED = 1000  # before they are counted again


@dataclass(frozen=True)
class Account:
    """One account; `aid` is what new Things register with. `by_name`: its name still lets in
    Things that are there, as it did before accounts had ids."""

    name: str
    aid: str
    by_name: bool


class Accounts:
    """Queries on accounts."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        # Of an account: messages that may come before they are counted again; negative: refusals.
        self._room: dict[str, int] = {}

    def add(self, name: str) -> None:
        """Make the account, with a random id, unless there is one of that name."""
        query = "INSERT OR IGNORE INTO account (name, aid) VALUES (?, ?)"
        self._db.execute(query, (name, str(uuid.uuid4())))

    def with_aid(self, aid: str) -> Account | None:
        """Return the account of that id."""
        return self._first("aid = ?", aid)

    def named(self, name: str) -> Account | None:
        """Return the account of that name."""
        return self._first("name = ?", name)

    def all(self) -> list[Account]:
        """Return all accounts."""
        return self._select("1")

    def close_name(self, name: str) -> None:
        """Let nothing register by the account's name any more."""
        self._db.execute("UPDATE account SET by_name = 0 WHERE name = ?", (name,))

    def exists(self, name: str) -> bool:
        """Tell whether there is an account of that name."""
        found = self._db.execute("SELECT 1 FROM account WHERE name = ?", (name,))
        return found.fetchone() is not None

    def set_limits(self, name: str, things: int | None, messages: int | None) -> None:
        """Limit the account's Things and messages; None lifts a limit, also that by default."""
        limits = [_UNLIMITED if limit is None else limit for limit in (things, messages)]
        query = "UPDATE account SET things_limit = ?, messages_limit = ? WHERE name = ?"
        self._db.execute(query, (*limits, name))
        self._room.clear()

    def full_of_things(self, name: str) -> bool:
        """Tell whether one more Thing would exceed the limit."""
        return not self._left(
            name,
            "things_limit",
            THINGS,
            "SELECT count(*) FROM thing JOIN app ON app.id = app_id WHERE account = :name",
        )

    def full_of_messages(self, name: str) -> bool:
        """Tell whether one more message, of either direction, would exceed the limit.

        Counting takes long, so it is done when half as many have come as there was room for: the
        rest is for replies, which come unasked.
        """
        room = self._room.get(name, 0)
        if room == 0:
            left = self._room_for_messages(name)
            room = (left + 1) // 2 or -_REFUSED
        self._room[name] = room - 1 if room > 0 else room + 1
        return room < 0

    def _room_for_messages(self, name: str) -> int:
        return self._left(
            name,
            "messages_limit",
            MESSAGES,
            "SELECT (SELECT count(*) FROM reading JOIN app USING (aid) WHERE account = :name)"
            " + (SELECT count(*) FROM message JOIN thing ON thing.id = thing_id"
            " JOIN app ON app.id = app_id WHERE account = :name AND status = 'received')",
        )

    def _first(self, where: str, value: str) -> Account | None:
        found = self._select(where, value)
        return found[0] if found else None

    def _select(self, where: str, *values: str) -> list[Account]:
        query = f"SELECT * FROM account WHERE {where} ORDER BY rowid"  # noqa: S608 - constants
        rows = self._db.execute(query, values)
        return [Account(row["name"], row["aid"], bool(row["by_name"])) for row in rows]

    def _left(self, name: str, column: str, default: int, count: str) -> int:
        """How many more may come."""
        query = f"SELECT {column} FROM account WHERE name = ?"  # noqa: S608 - a constant of ours
        (limit,) = self._db.execute(query, (name,)).fetchone()
        if limit == _UNLIMITED:
            return 1
        (used,) = self._db.execute(count, {"name": name}).fetchone()
        return max(0, (default if limit is None else limit) - int(used))
