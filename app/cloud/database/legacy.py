"""Upgrade of a SQLite file from before Alembic to the last schema version of that time."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import uuid
from pathlib import Path

from app.cloud.database.legacy_schema import VERSION, VERSIONS
from app.cloud.tables.sessions import hashed, purpose_of
from app.cloud.vault import Vault

_HASHED = 2  # the version from which on tokens are hashed, keys wrapped, and accounts have ids


def copy(db: sqlite3.Connection, path: Path, version: int) -> Path:
    """Copy the database to a file beside it, readable by its owner only; return its path."""
    target = path.with_name(f"{path.name}.v{version}")
    part = path.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with contextlib.closing(sqlite3.connect(part)) as other:
        db.backup(other)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    return target


def migrate(db: sqlite3.Connection, version: int, vault: Vault, now: float) -> None:
    """Bring the tables from `version` to the last one, within the caller's transaction."""
    for number in range(version, VERSION):
        for statement in VERSIONS[number].split(";"):
            db.execute(statement)
        if number + 1 == _HASHED:
            _hide(db, vault)
            _give_ids(db)
            # Their last use is unknown: it counts from now.
            db.execute("UPDATE session SET used = ?", (now,))
    db.execute(f"PRAGMA user_version={VERSION}")


def _hide(db: sqlite3.Connection, vault: Vault) -> None:
    rows = db.execute("SELECT id, token, key FROM session").fetchall()
    for row in rows:
        token, key = hashed(row["token"]), row["key"]
        if key is not None:
            key = vault.wrap(str(key).encode(), purpose_of(token))
        db.execute("UPDATE session SET token = ?, key = ? WHERE id = ?", (token, key, row["id"]))


def _give_ids(db: sqlite3.Connection) -> None:
    """Give each account an id; known Things keep using its name, which admits no new ones."""
    for row in db.execute("SELECT name FROM account").fetchall():
        query = "UPDATE account SET aid = ?, by_name = 1 WHERE name = ?"
        db.execute(query, (str(uuid.uuid4()), row["name"]))
