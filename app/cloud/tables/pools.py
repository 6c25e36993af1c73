"""Pools: the settings shared by a group of an app's Things."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.cloud.values import shown_object


@dataclass(frozen=True)
class Pool:
    """A named group; `settings` is sent as it is, in its order."""

    name: str
    settings: dict[str, Any]
    use_latest_app_version: bool


class Pools:
    """Queries on pools."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, app_id: int, pool: Pool) -> None:
        """Add a pool to an app; sqlite3.IntegrityError if it has one of that name."""
        self._db.execute(
            "INSERT INTO pool (app_id, name, settings, use_latest_app_version) VALUES (?, ?, ?, ?)",
            (app_id, pool.name, json.dumps(pool.settings), pool.use_latest_app_version),
        )

    def get(self, app_id: int, name: str) -> Pool | None:
        """Return an app's pool of that name."""
        query = "SELECT * FROM pool WHERE app_id = ? AND name = ?"
        row = self._db.execute(query, (app_id, name)).fetchone()
        return _pool(row) if row else None

    def of_app(self, app_id: int) -> list[Pool]:
        """Return an app's pools in the order they were made."""
        query = "SELECT * FROM pool WHERE app_id = ? ORDER BY rowid"
        return [_pool(row) for row in self._db.execute(query, (app_id,))]

    def save(self, app_id: int, pool: Pool) -> None:
        """Store the settings and the flag of an existing pool."""
        self._db.execute(
            "UPDATE pool SET settings = ?, use_latest_app_version = ?"
            " WHERE app_id = ? AND name = ?",
            (json.dumps(pool.settings), pool.use_latest_app_version, app_id, pool.name),
        )


def merged(
    settings: Mapping[str, Any], changes: Mapping[str, Any], remove: Iterable[str]
) -> dict[str, Any]:
    """Return `settings` with `changes` applied and the keys of `remove` left out."""
    return {k: v for k, v in {**settings, **changes}.items() if k not in set(remove)}


def _pool(row: sqlite3.Row) -> Pool:
    return Pool(row["name"], shown_object(row["settings"]), bool(row["use_latest_app_version"]))
