"""Creation of a new database's tables, and their upgrade from an earlier cloud."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, Table
from sqlalchemy.schema import CreateIndex, CreateTable

from app.cloud.database import access_schema, alarm_schema, legacy, months, rollout_schema
from app.cloud.database.connection import Database, Unavailable
from app.cloud.database.legacy_schema import VERSION as LAST_BEFORE
from app.cloud.database.schema import METADATA
from app.cloud.database.sqlite import Sqlite
from app.cloud.errors import CloudFailure
from app.cloud.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy import Engine

HEAD = "0011"
_KNOWN = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", HEAD)
_FIRST = "0001"
_MIGRATIONS = Path(__file__).with_name("migrations")
_OURS = LAST_BEFORE + 1  # as user_version of SQLite: clouds before Alembic leave such a file alone
assert access_schema.TABLES  # they are in METADATA once they are imported
assert alarm_schema.TABLES
assert rollout_schema.TABLES
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('pythings cloud'))"  # two clouds may start at once


def revision(database: Database) -> str | None:
    """Return the revision of the tables, `before` for one before Alembic, None without tables.

    Raises CloudFailure, or sqlite3.DatabaseError, for a database that a newer cloud has made.
    """
    if isinstance(database.backend, Sqlite):
        (number,) = database.text("PRAGMA user_version").fetchone()
        if number < _OURS:
            return "before" if number else None
        if number > _OURS:
            raise sqlite3.DatabaseError("made by a newer version")
    elif database.text("SELECT to_regclass('alembic_version') AS it").fetchone()["it"] is None:
        return None
    found = str(database.text("SELECT version_num FROM alembic_version").fetchone()["version_num"])
    if found not in _KNOWN:
        raise CloudFailure(f"The database was made by a newer version of the cloud ({found}).")
    return found


def has_keys(database: Database) -> bool:
    """Tell whether the database holds wrapped keys: the first version did not wrap them."""
    if not isinstance(database.backend, Sqlite):
        return True
    return bool(database.text("PRAGMA user_version").fetchone()[0] > 1)


def create(database: Database) -> None:
    """Create all tables, within the caller's transaction, unless another process has done so."""
    if not isinstance(database.backend, Sqlite):
        database.text(_LOCK)
        if revision(database) is not None:
            return
    for table in METADATA.sorted_tables:
        made: list[Any] = [CreateTable(table)]
        made += [CreateIndex(index) for index in _indexes(table, database.backend.dialect.name)]
        for statement in made:
            text = str(statement.compile(dialect=database.backend.dialect))
            database.text(" ".join(text.split()))
    if not isinstance(database.backend, Sqlite):
        months.make(database, time.time())
    _stamp(database.text, HEAD, isinstance(database.backend, Sqlite))


def _indexes(table: Table, dialect: str) -> list[Index]:
    wanted = [index for index in table.indexes if index.info.get("only", dialect) == dialect]
    return sorted(wanted, key=lambda index: str(index.name))


def upgrade(database: Database, vault: Vault) -> Path | None:
    """Bring the tables to this version; return the path of SQLite's backup, else None."""
    copied = None
    if isinstance(database.backend, Sqlite):
        (version,) = database.text("PRAGMA user_version").fetchone()
        copied = legacy.copy(database.raw, database.backend.path, version)
        if version < LAST_BEFORE:
            with database.transaction():
                legacy.migrate(database.raw, version, vault, time.time())
    _run(_engine(database))
    if copied is not None:  # or secrets from the first version would stay in unused pages
        database.text("VACUUM")
        database.text("PRAGMA wal_checkpoint(TRUNCATE)")
    return copied


def _stamp(execute: Callable[[str], object], at: str, sqlite: bool) -> None:
    execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    execute(f"INSERT INTO alembic_version VALUES ('{at}')")  # noqa: S608 - a constant
    if sqlite:
        execute(f"PRAGMA user_version={_OURS}")


def _engine(database: Database) -> Engine:
    """Return a SQLAlchemy engine for the same database, which begins its own transactions."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    def creator() -> Any:
        raw = database.backend.connect()
        if not isinstance(database.backend, Sqlite):  # SQLAlchemy expects the driver's defaults
            from psycopg.rows import tuple_row

            raw.autocommit, raw.row_factory = False, tuple_row
        return raw

    name = f"{database.backend.dialect.name}+{database.backend.dialect.driver}://"
    engine = create_engine(name, creator=creator, poolclass=NullPool)
    if isinstance(database.backend, Sqlite):
        event.listen(engine, "begin", lambda it: it.exec_driver_sql(Sqlite.begin))
    return engine


def _run(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.exc import DBAPIError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            execute = connection.exec_driver_sql
            if engine.dialect.name == "postgresql":
                execute(_LOCK)
            elif execute("PRAGMA user_version").scalar_one() == LAST_BEFORE:
                _stamp(execute, _FIRST, True)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise Unavailable(str(error.orig)) from error
