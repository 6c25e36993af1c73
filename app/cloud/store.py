"""The database of the local cloud: opens it, and holds its tables."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from app.cloud import migration
from app.cloud.errors import CloudError
from app.cloud.folder import STORE_KEY
from app.cloud.schema import VERSION
from app.cloud.tables.accounts import Accounts
from app.cloud.tables.apps import Apps
from app.cloud.tables.events import Events
from app.cloud.tables.identities import Identities
from app.cloud.tables.messages import Messages
from app.cloud.tables.pools import Pools
from app.cloud.tables.readings import Readings
from app.cloud.tables.sessions import Sessions
from app.cloud.tables.things import Things
from app.cloud.tables.versions import Versions
from app.cloud.vault import NEXT, Vault, VaultError, load_vault

_CHECK = b"pythings cloud"
_PURPOSE = "check"


class Store:
    """All tables over one connection, for one thread.

    Every change belongs in `transaction()`; a committed one is on disk: it survives the process
    being killed and the power going. `key`: the file with the key of what is wrapped, made with a
    new database; one that is lost can be left behind, with all that it wrapped (`forget`).
    `copied`: where a database of an earlier version went. Raises CloudError for a file not ours.
    """

    def __init__(self, path: Path, key: Path | None = None, forget: bool = False) -> None:
        path.touch(mode=0o600)
        self.copied: Path | None = None
        self._path = path
        self._db = sqlite3.connect(str(path), isolation_level=None)
        self._db.row_factory = sqlite3.Row
        try:
            vault = self._prepare(key or path.with_name(STORE_KEY), forget)
        except (sqlite3.DatabaseError, OSError) as error:
            self._db.close()
            raise CloudError(
                f"{path} is not usable ({error}). Move it away, or choose another --data folder."
            ) from error
        except CloudError:
            self._db.close()
            raise
        self.accounts = Accounts(self._db)
        self.apps = Apps(self._db)
        self.events = Events(self._db)
        self.identities = Identities(self._db, vault)
        self.messages = Messages(self._db)
        self.pools = Pools(self._db)
        self.readings = Readings(self._db)
        self.sessions = Sessions(self._db, vault)
        self.things = Things(self._db)
        self.versions = Versions(self._db)

    def _prepare(self, key: Path, forget: bool) -> Vault:
        # What is deleted or replaced, a token say, does not stay in the file.
        for setting in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            self._db.execute(f"PRAGMA {setting}")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise sqlite3.DatabaseError("made by a newer version")
        check = self._check() if version == VERSION else None
        vault = load_vault(key, make=check is None or forget)
        if version < VERSION:
            self._migrate(version, vault)
        elif forget:
            self._forget(vault)
        elif check is not None:
            _must_be_ours(vault, check, key)
        return vault

    def _check(self) -> bytes | None:
        found = self._db.execute("SELECT value FROM meta WHERE name = 'key'").fetchone()
        return bytes(found["value"]) if found else None

    def _migrate(self, version: int, vault: Vault) -> None:
        if version:
            self.copied = migration.copy(self._db, self._path, version)
        with self.transaction():
            migration.migrate(self._db, version, vault, time.time())
            self._remember(vault)
        if version:  # or what was in the clear would stay in pages that nothing uses
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _forget(self, vault: Vault) -> None:
        with self.transaction():
            self._db.execute("DELETE FROM session WHERE key IS NOT NULL OR proved = 0")
            self._db.execute("DELETE FROM waiting")
            self._db.execute("UPDATE thing SET salt = NULL, identity = NULL, pinned = NULL")
            self._remember(vault)

    def _remember(self, vault: Vault) -> None:
        query = "INSERT OR REPLACE INTO meta (name, value) VALUES ('key', ?)"
        self._db.execute(query, (vault.wrap(_CHECK, _PURPOSE),))

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


def _must_be_ours(vault: Vault, check: bytes, path: Path) -> None:
    try:
        vault.unwrap(check, _PURPOSE)
    except VaultError as error:
        raise CloudError(f"{path} is not the key of this database. {NEXT}") from error
