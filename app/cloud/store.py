"""The database of the local cloud: opens it, and holds its tables."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import bindparam, delete, select, update

from app.cloud.database import months, upgrade
from app.cloud.database.alarm_schema import alarm
from app.cloud.database.connection import Backend, Database, Unavailable, Upsert
from app.cloud.database.notices import SharedEventNotifier
from app.cloud.database.schema import meta, session, thing, waiting
from app.cloud.database.sqlite import Sqlite
from app.cloud.errors import CloudFailure
from app.cloud.event_notifier import EventNotifier
from app.cloud.folder import STORE_KEY
from app.cloud.tables.accounts import AccountsTable
from app.cloud.tables.alarm_events import AlarmEventsTable
from app.cloud.tables.alarm_things import AlarmThingsTable
from app.cloud.tables.alarms import AlarmsTable
from app.cloud.tables.apps import AppsTable
from app.cloud.tables.audit import AuditTable
from app.cloud.tables.events import EventsTable
from app.cloud.tables.identities import IdentitiesTable
from app.cloud.tables.leases import LeasesTable
from app.cloud.tables.logins import LoginsTable
from app.cloud.tables.messages import MessagesTable
from app.cloud.tables.mirror import MirrorTable
from app.cloud.tables.people import PeopleTable
from app.cloud.tables.pools import PoolsTable
from app.cloud.tables.raised import RaisedTable
from app.cloud.tables.ranges import RangesTable
from app.cloud.tables.readings import ReadingsTable
from app.cloud.tables.rollout_things import RolloutThingsTable
from app.cloud.tables.rollouts import RolloutsTable
from app.cloud.tables.sessions import SessionsTable
from app.cloud.tables.things import ThingsTable
from app.cloud.tables.tokens import TokensTable
from app.cloud.tables.versions import VersionsTable
from app.cloud.vault import OTHER, Vault, VaultError, load_vault

_CHECK = b"pythings cloud"
_PURPOSE = "check"

_PUT = Upsert(
    lambda insert: (
        insert(meta)
        .values(name="key", value=bindparam("value"))
        .on_conflict_do_update(index_elements=["name"], set_={"value": bindparam("value")})
    )
)
_GET = select(meta.c.value).where(meta.c.name == "key")
_FORGET = (
    delete(session).where(session.c.key.is_not(None) | (session.c.proved == 0)),
    delete(waiting),
    update(thing).values(salt=None, identity=None, pinned=None),
    update(alarm).values(sealed=None),
)


class Store:
    """All tables over one connection, for one thread at a time.

    Every change belongs in `transaction()`; a committed one is on disk: it survives the process
    being killed and the power going. `url`: a PostgreSQL database instead of the file at `path`.
    `key`: the file with the wrapping key, made with a new database; a lost one can be given up,
    with all that it wrapped (`forget`). `copied`: the copy of a database of an earlier version,
    None if there was none. Raises CloudFailure for a database not ours.
    """

    def __init__(
        self,
        path: Path,
        key: Path | None = None,
        forget: bool = False,
        url: str | None = None,
    ) -> None:
        self.copied: Path | None = None
        name = "The database" if url else str(path)
        try:
            self._db = Database(_backend(path, url))
        except (Unavailable, sqlite3.DatabaseError, OSError) as error:
            raise _unusable(name, url, error) from error
        try:
            vault = self._prepare(key or path.with_name(STORE_KEY), forget)
        except (Unavailable, sqlite3.DatabaseError, OSError) as error:
            self._db.close()
            raise _unusable(name, url, error) from error
        except CloudFailure:
            self._db.close()
            raise
        self.accounts = AccountsTable(self._db)
        self.alarm_events = AlarmEventsTable(self._db)
        self.alarm_things = AlarmThingsTable(self._db)
        self.alarms = AlarmsTable(self._db, vault)
        self.apps = AppsTable(self._db)
        self.audit = AuditTable(self._db)
        self.events = EventsTable(self._db)
        self.identities = IdentitiesTable(self._db, vault)
        self.leases = LeasesTable(self._db)
        self.logins = LoginsTable(self._db)
        self.messages = MessagesTable(self._db)
        self.mirror = MirrorTable(self._db)
        self.people = PeopleTable(self._db)
        self.pools = PoolsTable(self._db)
        self.raised = RaisedTable(self._db)
        self.ranges = RangesTable(self._db)
        self.readings = ReadingsTable(self._db)
        self.rollout_things = RolloutThingsTable(self._db)
        self.rollouts = RolloutsTable(self._db)
        self.sessions = SessionsTable(self._db, vault)
        self.things = ThingsTable(self._db)
        self.tokens = TokensTable(self._db)
        self.versions = VersionsTable(self._db)

    def _prepare(self, key: Path, forget: bool) -> Vault:
        at = upgrade.revision(self._db)
        check = self._check(at)
        vault = load_vault(key, make=check is None or forget)
        if at not in (None, upgrade.HEAD):
            self.copied = upgrade.upgrade(self._db, vault)
        with self.transaction():
            if at is None:
                upgrade.create(self._db)
                check = self._check(upgrade.HEAD)  # another cloud may have done so meanwhile
            if check is not None and forget:
                for statement in _FORGET:
                    self._db.run(statement)
            if check is None or forget:
                self._db.run(_PUT, value=vault.wrap(_CHECK, _PURPOSE))
                return vault
        _must_be_ours(vault, check, key)
        return vault

    def _check(self, at: str | None) -> bytes | None:
        if at is None or not upgrade.has_keys(self._db):
            return None
        found = self._db.run(_GET).fetchone()
        return bytes(found["value"]) if found else None

    def tend(self, now: float) -> bool:
        """Drop some old readings, make room for those to come; tell if that was all for now."""
        done = self.readings.prune(now)
        if done and not isinstance(self._db.backend, Sqlite):
            months.make(self._db, now)
        return done

    def notifier(self) -> EventNotifier:
        """Return a notifier that wakes tasks in all processes of a PostgreSQL database."""
        return SharedEventNotifier(self._db.backend)

    def connected(self) -> bool:
        """Tell whether the database has not ended the connection, as far as that is known."""
        return self._db.connected()

    def transaction(self, reading: bool = False) -> AbstractContextManager[None]:
        """Commit all changes made inside, or none of them if an exception passes.

        `reading`: nothing is written, and no writer is waited for.
        """
        return self._db.transaction(reading)

    def beside(self) -> contextlib.closing[Database]:
        """Open another connection, for a thread of its own that only reads."""
        return contextlib.closing(Database(self._db.backend))

    def savepoint(self, seldom: bool = False) -> AbstractContextManager[None]:
        """Keep the changes made inside, within a transaction, or undo them if an exception passes.

        `seldom`: no exception is expected, see Database.
        """
        return self._db.savepoint(seldom)

    @contextlib.contextmanager
    def hope(self) -> Iterator[None]:
        """Skip savepoints that are `seldom` needed; if one is, raise Anew: repeat it all."""
        self._db.hopeful = True
        try:
            yield
        finally:
            self._db.hopeful = False

    def close(self) -> None:
        """Close the connection; the store cannot be used after it."""
        self._db.close()


def _backend(path: Path, url: str | None) -> Backend:
    if url is None:
        return Sqlite(path)
    from app.cloud.database.postgres import Postgres  # slow to load, and seldom used

    return Postgres(url)


def _unusable(name: str, url: str | None, error: Exception) -> CloudFailure:
    if url:
        return CloudFailure(
            f"{name} is not usable ({error}). Is --database right, and does it run?"
        )
    return CloudFailure(
        f"{name} is not usable ({error}). Move it away, or choose another --data folder."
    )


def _must_be_ours(vault: Vault, check: bytes, path: Path) -> None:
    try:
        vault.unwrap(check, _PURPOSE)
    except VaultError as error:
        raise CloudFailure(f"{path} is not the key of this database. {OTHER}") from error
