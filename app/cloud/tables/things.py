"""Things: the devices, made by their first register."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from app.cloud.values import shown_object


@dataclass(frozen=True)
class Thing:
    """One device; `custom` is its own settings, None if it takes its pool's.

    `by_account`: its account's id let it in, and does so again; None if that is not known.
    `pinned`: since when its identity is, None if any is taken.
    """

    id: int
    tid: str
    app_id: int
    pool: str
    frozen: bool
    platform: str | None
    capabilities: str | None
    custom: dict[str, Any] | None
    by_account: bool | None
    pinned: float | None


class Things:
    """Queries on Things."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, tid: str, app_id: int, pool: str, by_account: bool = False) -> Thing:
        """Make a Thing in an app's pool."""
        row = self._db.execute(
            "INSERT INTO thing (tid, app_id, pool, by_account) VALUES (?, ?, ?, ?)",
            (tid, app_id, pool, by_account),
        ).lastrowid
        return self._select("thing.id = ?", row)[0]

    def with_id(self, thing_id: int) -> Thing:
        """Return the Thing a row of another table refers to."""
        return self._select("thing.id = ?", thing_id)[0]

    def with_tid(self, tid: str) -> Thing | None:
        """Return the newest Thing of that id, of whatever account."""
        found = self._select("tid = ?", tid)
        return found[-1] if found else None

    def in_account(self, account: str, tid: str) -> Thing | None:
        """Return the account's Thing of that id; it has one at most."""
        found = self._select("account = ? AND tid = ?", account, tid)
        return found[0] if found else None

    def all(self) -> list[Thing]:
        """Return all Things, oldest first."""
        return self._select("1")

    def describe(self, thing: Thing, said: tuple[str | None, str | None, bool]) -> None:
        """Store what a Thing says of itself when it registers: platform, capabilities, frozen."""
        self._db.execute(
            "UPDATE thing SET platform = ?, capabilities = ?, frozen = ? WHERE id = ?",
            (*said, thing.id),
        )

    def came_by_app(self, thing: Thing) -> None:
        """Note that it knows its App id: its account's lets it in no more."""
        self._db.execute("UPDATE thing SET by_account = 0 WHERE id = ?", (thing.id,))

    def set_custom(self, thing: Thing, settings: dict[str, Any] | None) -> None:
        """Give a Thing settings of its own; None sends it back to its pool's."""
        text = None if settings is None else json.dumps(settings)
        self._db.execute("UPDATE thing SET custom = ? WHERE id = ?", (text, thing.id))

    def move(self, thing: Thing, app_id: int, pool: str) -> None:
        """Put a Thing into an app's pool."""
        self._db.execute(
            "UPDATE thing SET app_id = ?, pool = ? WHERE id = ?", (app_id, pool, thing.id)
        )

    def _select(self, where: str, *values: object) -> list[Thing]:
        join = "SELECT thing.* FROM thing JOIN app ON app.id = app_id"
        query = f"{join} WHERE {where} ORDER BY thing.id"
        return [_thing(row) for row in self._db.execute(query, values)]


def _thing(row: sqlite3.Row) -> Thing:
    return Thing(
        id=row["id"],
        tid=row["tid"],
        app_id=row["app_id"],
        pool=row["pool"],
        frozen=bool(row["frozen"]),
        platform=row["platform"],
        capabilities=row["capabilities"],
        custom=None if row["custom"] is None else shown_object(row["custom"]),
        by_account=None if row["by_account"] is None else bool(row["by_account"]),
        pinned=row["pinned"],
    )
