"""Pools: the settings shared by a group of an app's Things, and how long their readings stay."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from app.cloud.database.connection import Database
from app.cloud.database.schema import pool
from app.cloud.values import shown_object

_APP = pool.c.app_id == bindparam("app")
_OF_APP = select(pool).where(_APP).order_by(pool.c.number)
_GET = select(pool).where(_APP, pool.c.name == bindparam("the_name"))
_VALUES: dict[str, Any] = {
    "settings": bindparam("given"),
    "use_latest_app_version": bindparam("latest"),
    "keep_readings": bindparam("keep"),
}
_ADD = insert(pool).values(
    app_id=bindparam("app"),
    name=bindparam("the_name"),
    number=select(func.coalesce(func.max(pool.c.number), 0) + 1).scalar_subquery(),
    **_VALUES,
)
_SAVE = update(pool).values(_VALUES).where(_APP, pool.c.name == bindparam("the_name"))


@dataclass(frozen=True)
class Pool:
    """A named group; `settings` is sent as it is, in its order. `keep_readings`: in days, None
    for ever."""

    name: str
    settings: dict[str, Any]
    use_latest_app_version: bool
    keep_readings: int | None = None


class Pools:
    """Queries on pools."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, app_id: int, pool: Pool) -> None:
        """Add a pool of a new name to an app."""
        self._db.run(_ADD, app=app_id, **_row(pool))

    def get(self, app_id: int, name: str) -> Pool | None:
        """Return an app's pool of that name."""
        row = self._db.run(_GET, app=app_id, the_name=name).fetchone()
        return _pool(row) if row else None

    def of_app(self, app_id: int) -> list[Pool]:
        """Return an app's pools in the order they were made."""
        return [_pool(row) for row in self._db.run(_OF_APP, app=app_id)]

    def save(self, app_id: int, pool: Pool) -> None:
        """Store all fields of an existing pool except its name."""
        self._db.run(_SAVE, app=app_id, **_row(pool))


def merged(
    settings: Mapping[str, Any], changes: Mapping[str, Any], remove: Iterable[str]
) -> dict[str, Any]:
    """Return `settings` with `changes` applied and the keys of `remove` left out."""
    return {k: v for k, v in {**settings, **changes}.items() if k not in set(remove)}


def _row(pool: Pool) -> dict[str, Any]:
    return {
        "the_name": pool.name,
        "given": json.dumps(pool.settings),
        "latest": int(pool.use_latest_app_version),
        "keep": pool.keep_readings,
    }


def _pool(row: Any) -> Pool:
    latest = bool(row["use_latest_app_version"])
    return Pool(row["name"], shown_object(row["settings"]), latest, row["keep_readings"])
