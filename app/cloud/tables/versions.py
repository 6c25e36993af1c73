"""Versions: the files committed to an app, in the order given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select

from app.cloud.database.connection import Database, Taken, Upsert
from app.cloud.database.schema import file, version

_ADD = Upsert(
    lambda insert: (
        insert(version)
        .values(app_id=bindparam("app"), name=bindparam("name"), time=bindparam("time"))
        .on_conflict_do_nothing()
        .returning(version.c.id)
    )
)
_COLUMNS = ("version_id", "name", "text")
_ADD_FILE = insert(file).values({name: bindparam(name) for name in _COLUMNS})
_OF_APP = select(version).where(version.c.app_id == bindparam("app")).order_by(version.c.id)
_NAMED = _OF_APP.where(version.c.name == bindparam("name"))
_FILES = select(file).where(file.c.version_id == bindparam("version")).order_by(file.c.id)


@dataclass(frozen=True)
class Version:
    """A version's name and the time of its commit, in seconds."""

    name: str
    time: float


class VersionsTable:
    """Queries on app versions and their files."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, app_id: int, files: Mapping[str, str], version: str | None, now: float) -> str:
        """Commit `files` (name to text) and return the version.

        Without `version` it is the time in seconds, counted on past those already taken.
        Raises Taken if a given one is taken.
        """
        if version is None:
            second = int(now)
            while self.files(app_id, str(second)) is not None:
                second += 1
            version = str(second)
        made = self._db.run(_ADD, app=app_id, name=version, time=now).fetchall()
        if not made:
            raise Taken
        for name, text in files.items():
            self._db.run(_ADD_FILE, version_id=made[0]["id"], name=name, text=text)
        return version

    def files(self, app_id: int, version: str) -> dict[str, str] | None:
        """Return name to text of one version in order, None if there is no such version."""
        found = self._db.run(_NAMED, app=app_id, name=version).fetchone()
        if found is None:
            return None
        return {row["name"]: row["text"] for row in self._db.run(_FILES, version=found["id"])}

    def names(self, app_id: int) -> list[str]:
        """Return the names of an app's versions, oldest first."""
        return [version.name for version in self.of_app(app_id)]

    def of_app(self, app_id: int) -> list[Version]:
        """Return an app's versions, oldest first."""
        return [Version(row["name"], row["time"]) for row in self._db.run(_OF_APP, app=app_id)]
