"""Brings a SQLite file of a cloud before Alembic to the last such version."""

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
    """Copy the database of that version beside itself, readable by its owner alone."""
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
    """Bring the tables from `version` to the last, within the caller's transaction."""
    for number in range(version, VERSION):
        for statement in VERSIONS[number].split(";"):
            db.execute(statement)
        if number + 1 == _HASHED:
            _hide(db, vault)
            _give_ids(db)
            # It is not known when they were used last: their time begins now.
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
    """Things that are there go on by the account's name, which registers no new ones."""
    for row in db.execute("SELECT name FROM account").fetchall():
        query = "UPDATE account SET aid = ?, by_name = 1 WHERE name = ?"
        db.execute(query, (str(uuid.uuid4()), row["name"]))
