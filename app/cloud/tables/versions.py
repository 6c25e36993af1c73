"""Versions: what was committed to an app, file by file, in the order given."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping


class Versions:
    """Queries on app versions and their files."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, app_id: int, files: Mapping[str, str], version: str | None, now: float) -> str:
        """Commit `files` (name to text) and return the version.

        Without `version` it is the time in seconds, counted on past those already taken.
        Raises sqlite3.IntegrityError if a given one is taken.
        """
        if version is None:
            second = int(now)
            while self.files(app_id, str(second)) is not None:
                second += 1
            version = str(second)
        row = self._db.execute(
            "INSERT INTO version (app_id, name, time) VALUES (?, ?, ?)", (app_id, version, now)
        ).lastrowid
        self._db.executemany(
            "INSERT INTO file (version_id, name, text) VALUES (?, ?, ?)",
            [(row, name, text) for name, text in files.items()],
        )
        return version

    def files(self, app_id: int, version: str) -> dict[str, str] | None:
        """Return name to text of one version in order, None if there is no such version."""
        query = "SELECT id FROM version WHERE app_id = ? AND name = ?"
        found = self._db.execute(query, (app_id, version)).fetchone()
        if found is None:
            return None
        query = "SELECT name, text FROM file WHERE version_id = ? ORDER BY id"
        return {row["name"]: row["text"] for row in self._db.execute(query, (found["id"],))}

    def names(self, app_id: int) -> list[str]:
        """Return an app's versions, oldest first."""
        query = "SELECT name FROM version WHERE app_id = ? ORDER BY id"
        return [row["name"] for row in self._db.execute(query, (app_id,))]
