"""Subcommands on the database itself: backup while the cloud runs, restore, migration."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

from adapters.linux import inputs
from app.cloud.cli.actions import show
from app.cloud.cli.remote import must_be_here
from app.cloud.errors import CloudFailure
from app.cloud.folder import DATABASE, KEY_PAIR, STORE_KEY, claimed


def backup(args: argparse.Namespace) -> None:
    """Copy the database as it is at one moment, also while the cloud runs and writes."""
    must_be_here(args)
    _must_be_a_file(args)
    source, target = args.data / DATABASE, args.file
    if not source.exists():
        raise CloudFailure(f"There is no {source}. Say where the cloud's data is with --data.")
    if target.exists():
        _must_be_regular(target)
    part = target.with_name(f".{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        with (
            contextlib.closing(sqlite3.connect(source)) as db,
            contextlib.closing(sqlite3.connect(part)) as copy,
        ):
            db.backup(copy)
        _settle(part, target)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise CloudFailure(f"No backup was made ({error}). Is there room for {target}?") from error
    keys = f"{args.data / STORE_KEY} and {args.data / KEY_PAIR}"
    lines = [f"Backup: {target}", f"It is of use with {keys}: keep copies of these elsewhere."]
    show(args, {"backup": str(target)}, lines)


def restore(args: argparse.Namespace) -> None:
    """Put a backup in the database's place; the replaced database stays beside it."""
    must_be_here(args)
    _must_be_a_file(args)
    _check(args.file)
    with claimed(args.data):
        target = args.data / DATABASE
        part = args.data / f".{DATABASE}.part"
        try:
            shutil.copyfile(args.file, part)
            part.chmod(0o600)
            _end_numbered(part)
            before = _set_aside(target)
            _settle(part, target)
        except (OSError, sqlite3.Error) as error:
            part.unlink(missing_ok=True)
            raise CloudFailure(f"Nothing was restored ({error}).") from error
    lines = [f"Restored: {target}", *([f"That of before: {before}"] if before else [])]
    show(args, {"restored": str(target), "before": before and str(before)}, lines)


def migrate(args: argparse.Namespace) -> None:
    """Bring the database to the newest schema, as the next start would."""
    must_be_here(args)
    from app.cloud.store import Store  # slow to load

    with claimed(args.data):
        store = Store(args.data / DATABASE, args.store_key, url=args.database)
        store.close()
    lines = ["The database has the newest schema."]
    if store.copied:
        lines.append(f"As it was before: {store.copied}. Remove it once all works.")
    show(args, {"copied": store.copied and str(store.copied)}, lines)


def _must_be_a_file(args: argparse.Namespace) -> None:
    if args.database:
        raise CloudFailure("That database is PostgreSQL: use pg_dump and pg_restore.")


def _must_be_regular(file: Path) -> None:
    try:
        inputs.check(file)
    except OSError as error:
        raise CloudFailure(f"{file} is no backup of a cloud ({error.strerror}).") from error


def _check(file: Path) -> None:
    _must_be_regular(file)
    uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"  # it may lie in a read-only folder
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        raise CloudFailure(f"{file} is no backup of a cloud ({error}).") from error
    if not version or found != "ok":
        raise CloudFailure(f"{file} is no backup of a cloud, or a damaged one.")


def _set_aside(database: Path) -> Path | None:
    """Keep the database under another name, in one file if it is sound; return its path."""
    if not database.exists():
        return None
    before = database.with_name(f"{database.name}.replaced")
    log, kept = _beside(database, "-wal"), _beside(before, "-wal")
    kept.unlink(missing_ok=True)  # first: it is of the one replaced earlier
    before.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.link(log, kept)  # SQLite removes the log of a damaged database
    if _in_one_file(database):
        kept.unlink(missing_ok=True)
    os.link(database, before)
    for left in (log, _beside(database, "-shm")):  # they do not belong to the new database
        left.unlink(missing_ok=True)
    return before


def _in_one_file(database: Path) -> bool:
    """Write the log into the database; return whether all of it is there."""
    try:
        with contextlib.closing(sqlite3.connect(database)) as db:
            (busy, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.DatabaseError:  # it is damaged
        return False
    return not busy


def _beside(database: Path, suffix: str) -> Path:
    return database.with_name(database.name + suffix)


def _end_numbered(path: Path) -> None:
    """End the sessions in payload mode 2.

    The numbers of their requests are those of the backup, so that all requests sent since then
    would be accepted once more.
    """
    before = contextlib.suppress(sqlite3.OperationalError)  # of a schema before that mode
    with contextlib.closing(sqlite3.connect(path)) as db, db, before:
        db.execute("UPDATE session SET active = 0 WHERE mode = 2")


def _settle(part: Path, target: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
