"""Apps: what Things run; each belongs to an account."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass

# The hidden app of an account that holds the Things registered with the account's name.
NONE_AID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class App:
    """One app; `aid` is unique within its account only, because of the hidden one."""

    id: int
    aid: str
    name: str
    account: str
    default_pool: str
    hidden: bool


class Apps:
    """Queries on apps."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, account: str, name: str, default_pool: str, aid: str | None = None) -> App:
        """Make an app with the given or a random `aid`; sqlite3.IntegrityError if it exists."""
        aid = aid or str(uuid.uuid4())
        self._db.execute(
            "INSERT INTO app (aid, name, account, default_pool, hidden) VALUES (?, ?, ?, ?, ?)",
            (aid, name, account, default_pool, aid == NONE_AID),
        )
        return self._select("account = ? AND aid = ?", account, aid)[0]

    def with_aid(self, aid: str) -> list[App]:
        """Return the apps of that id: one or none, more only for the hidden one."""
        return self._select("aid = ?", aid)

    def with_id(self, app_id: int) -> App:
        """Return the app a row of another table refers to."""
        return self._select("id = ?", app_id)[0]

    def hidden_of(self, account: str) -> App | None:
        """Return the account's hidden app, if it was made."""
        found = self._select("account = ? AND aid = ?", account, NONE_AID)
        return found[0] if found else None

    def all(self) -> list[App]:
        """Return all apps, oldest first."""
        return self._select("1")

    def _select(self, where: str, *values: object) -> list[App]:
        query = f"SELECT * FROM app WHERE {where} ORDER BY id"  # noqa: S608 - constants of ours
        return [
            App(
                row["id"],
                row["aid"],
                row["name"],
                row["account"],
                row["default_pool"],
                bool(row["hidden"]),
            )
            for row in self._db.execute(query, values)
        ]
