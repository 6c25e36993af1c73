"""Things: the devices, made by their first register."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, bindparam, insert, select, update

from app.cloud.database.connection import Database
from app.cloud.database.schema import app, thing
from app.cloud.values import shown_object

_ALL = select(thing).order_by(thing.c.id)
_ID = thing.c.id == bindparam("the_id")
_WITH_ID = _ALL.where(_ID)
_WITH_TID = _ALL.where(thing.c.tid == bindparam("tid"))
_IN_ACCOUNT = _WITH_TID.join(app).where(app.c.account == bindparam("account"))
_COLUMNS = ("tid", "app_id", "pool", "by_account")
_ADD = insert(thing).values({name: bindparam(name) for name in _COLUMNS}).returning(thing.c.id)
_SAID = ("platform", "capabilities", "frozen")
_DESCRIBE = update(thing).values({name: bindparam(name) for name in _SAID}).where(_ID)
_CAME_BY_APP = update(thing).values(by_account=0).where(_ID)
_CUSTOM = update(thing).values(custom=bindparam("custom")).where(_ID)
_MOVE = update(thing).values(app_id=bindparam("app"), pool=bindparam("to_pool")).where(_ID)


@dataclass(frozen=True)
class Thing:
    """One device; `custom` is its own settings, None if it takes its pool's.

    `by_account`: its account's id let it in, and does so again; None if that is not known.
    `pinned`: since when its identity is, None if any is taken.
    """

    id: int
    tid: str
    app_id: int
    pool: str
    frozen: bool
    platform: str | None
    capabilities: str | None
    custom: dict[str, Any] | None
    by_account: bool | None
    pinned: float | None


class Things:
    """Queries on Things."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, tid: str, app_id: int, pool: str, by_account: bool = False) -> Thing:
        """Make a Thing in an app's pool."""
        values = {"tid": tid, "app_id": app_id, "pool": pool, "by_account": int(by_account)}
        return self.with_id(self._db.run(_ADD, **values).fetchall()[0]["id"])

    def with_id(self, thing_id: int) -> Thing:
        """Return the Thing a row of another table refers to."""
        return self._select(_WITH_ID, the_id=thing_id)[0]

    def with_tid(self, tid: str) -> Thing | None:
        """Return the newest Thing of that id, of whatever account."""
        found = self._select(_WITH_TID, tid=tid)
        return found[-1] if found else None

    def in_account(self, account: str, tid: str) -> Thing | None:
        """Return the account's Thing of that id; it has one at most."""
        found = self._select(_IN_ACCOUNT, account=account, tid=tid)
        return found[0] if found else None

    def all(self) -> list[Thing]:
        """Return all Things, oldest first."""
        return self._select(_ALL)

    def describe(self, thing: Thing, said: tuple[str | None, str | None, bool]) -> None:
        """Store what a Thing says of itself when it registers: platform, capabilities, frozen."""
        platform, capabilities, frozen = said
        values = {"platform": platform, "capabilities": capabilities, "frozen": int(frozen)}
        self._db.run(_DESCRIBE, the_id=thing.id, **values)

    def came_by_app(self, thing: Thing) -> None:
        """Note that it knows its App id: its account's lets it in no more."""
        self._db.run(_CAME_BY_APP, the_id=thing.id)

    def set_custom(self, thing: Thing, settings: dict[str, Any] | None) -> None:
        """Give a Thing settings of its own; None sends it back to its pool's."""
        text = None if settings is None else json.dumps(settings)
        self._db.run(_CUSTOM, the_id=thing.id, custom=text)

    def move(self, thing: Thing, app_id: int, pool: str) -> None:
        """Put a Thing into an app's pool."""
        self._db.run(_MOVE, the_id=thing.id, app=app_id, to_pool=pool)

    def _select(self, statement: Executable, **values: object) -> list[Thing]:
        return [_thing(row) for row in self._db.run(statement, **values)]


def _thing(row: Any) -> Thing:
    return Thing(
        id=row["id"],
        tid=row["tid"],
        app_id=row["app_id"],
        pool=row["pool"],
        frozen=bool(row["frozen"]),
        platform=row["platform"],
        capabilities=row["capabilities"],
        custom=None if row["custom"] is None else shown_object(row["custom"]),
        by_account=None if row["by_account"] is None else bool(row["by_account"]),
        pinned=row["pinned"],
    )
