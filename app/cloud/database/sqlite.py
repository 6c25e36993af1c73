"""SQLite: one file in the data folder, nothing to set up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.dialects.sqlite.pysqlite import dialect

from app.cloud.database.connection import Backend

LOCKED_S = 5.0  # longest wait for another program's lock

_SETTINGS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # a committed transaction is on the disk
    "foreign_keys=ON",
    "secure_delete=ON",  # deleted or replaced data, such as a token, does not stay in the file
)


class Sqlite(Backend):
    """The database file at `path`, created if it is missing, readable by its owner only."""

    insert = staticmethod(insert)
    begin = "BEGIN IMMEDIATE"
    begin_reading = "BEGIN"
    failures = (sqlite3.OperationalError,)
    conflicts = (sqlite3.IntegrityError,)

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dialect = dialect()

    def connect(self) -> sqlite3.Connection:
        """Open the file, or create it."""
        self.path.touch(mode=0o600)
        # The thread that writes is not the one that opens and closes.
        raw = sqlite3.connect(
            str(self.path), timeout=LOCKED_S, isolation_level=None, check_same_thread=False
        )
        raw.row_factory = sqlite3.Row
        try:
            for setting in _SETTINGS:
                raw.execute(f"PRAGMA {setting}")
        except sqlite3.Error:
            raw.close()
            raise
        return raw

    def usable(self, _raw: Any) -> bool:
        """Return True: a file does not disconnect."""
        return True

    def arguments(self, names: Iterable[str], values: dict[str, Any]) -> tuple[Any, ...]:
        """Return the values in the order of the statement's question marks."""
        return tuple([values[name] for name in names])
