"""The database of the local cloud: opens it, and holds its tables."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from app.cloud.errors import CloudError
from app.cloud.schema import SCHEMA, VERSION
from app.cloud.tables.accounts import Accounts
from app.cloud.tables.apps import Apps
from app.cloud.tables.events import Events
from app.cloud.tables.messages import Messages
from app.cloud.tables.pools import Pools
from app.cloud.tables.readings import Readings
from app.cloud.tables.sessions import Sessions
from app.cloud.tables.things import Things
from app.cloud.tables.versions import Versions


class Store:
    """All tables over one connection, for one thread.

    Every change belongs in `transaction()`; a committed one is on disk: it survives the process
    being killed and the power going. Raises CloudError if the file is not ours.
    """

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)  # it holds tokens and keys
        self._db = sqlite3.connect(str(path), isolation_level=None)
        self._db.row_factory = sqlite3.Row
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise CloudError(
                f"{path} is not usable ({error}). Move it away, or choose another --data folder."
            ) from error
        self.accounts = Accounts(self._db)
        self.apps = Apps(self._db)
        self.events = Events(self._db)
        self.messages = Messages(self._db)
        self.pools = Pools(self._db)
        self.readings = Readings(self._db)
        self.sessions = Sessions(self._db)
        self.things = Things(self._db)
        self.versions = Versions(self._db)

    def _prepare(self) -> None:
        for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._db.execute(f"PRAGMA {setting}")
        with self.transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise sqlite3.DatabaseError("made by a newer version")
            if version < VERSION:
                for statement in SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={VERSION}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done inside, or nothing of it if an exception passes."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.rollback()

    def close(self) -> None:
        """Close the connection; the store cannot be used after it."""
        self._db.close()
