"""Apps: the programs of Things; each belongs to an account."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, bindparam, select

from app.cloud.database.connection import Database, Taken, Upsert
from app.cloud.database.schema import app
from app.cloud.tables.among import among, listed

# The hidden app of an account that holds the Things registered with the account's name.
NONE_AID = "00000000-0000-0000-0000-000000000000"

_ALL = select(app).order_by(app.c.id)
_WITH_AID = _ALL.where(app.c.aid == bindparam("aid"))
_WITH_ID = _ALL.where(app.c.id == bindparam("id"))
_WITH_IDS = _ALL.where(among(app.c.id))
_OF_ACCOUNT = _WITH_AID.where(app.c.account == bindparam("account"))
_COLUMNS = ("aid", "name", "account", "default_pool", "hidden")
_VALUES: dict[str, Any] = {name: bindparam(name) for name in _COLUMNS}
_ADD = Upsert(lambda insert: insert(app).values(_VALUES).on_conflict_do_nothing())


@dataclass(frozen=True)
class AppRow:
    """One app; `aid` is unique within its account only, because of the hidden one."""

    id: int
    aid: str
    name: str
    account: str
    default_pool: str
    hidden: bool


class AppsTable:
    """Queries on apps."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, account: str, name: str, default_pool: str, aid: str | None = None) -> AppRow:
        """Make an app with the given or a random `aid`; raises Taken if it exists."""
        aid = aid or str(uuid.uuid4())
        values = {"name": name, "default_pool": default_pool, "hidden": aid == NONE_AID}
        if not self._db.run(_ADD, aid=aid, account=account, **values).rowcount:
            raise Taken
        return self._select(_OF_ACCOUNT, account=account, aid=aid)[0]

    def with_aid(self, aid: str) -> list[AppRow]:
        """Return the apps of that id: one or none, more only for the hidden one."""
        return self._select(_WITH_AID, aid=aid)

    def with_id(self, app_id: int) -> AppRow:
        """Return the app a row of another table refers to."""
        return self._select(_WITH_ID, id=app_id)[0]

    def with_ids(self, app_ids: Iterable[int]) -> dict[int, AppRow]:
        """Return the apps that rows of another table refer to, by their ids."""
        return {app.id: app for app in self._select(_WITH_IDS, ids=listed(app_ids))}

    def hidden_of(self, account: str) -> AppRow | None:
        """Return the account's hidden app, if it was made."""
        found = self._select(_OF_ACCOUNT, account=account, aid=NONE_AID)
        return found[0] if found else None

    def all(self) -> list[AppRow]:
        """Return all apps, oldest first."""
        return self._select(_ALL)

    def _select(self, statement: Executable, **values: object) -> list[AppRow]:
        return [
            AppRow(
                row["id"],
                row["aid"],
                row["name"],
                row["account"],
                row["default_pool"],
                bool(row["hidden"]),
            )
            for row in self._db.run(statement, **values)
        ]
