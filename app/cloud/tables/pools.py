"""Pools: the settings shared by a group of an app's Things, and how long their readings stay."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, bindparam, func, insert, select, update

from app.cloud.database.connection import Database
from app.cloud.database.rollout_schema import rollout, rollout_thing
from app.cloud.database.schema import pool, thing
from app.cloud.rollouts.rules import RUNNING
from app.cloud.tables.among import among, listed
from app.cloud.tables.rollouts import Offer
from app.cloud.values import shown_object

_APP = pool.c.app_id == bindparam("app")
_OF_APP = select(pool).where(_APP).order_by(pool.c.number)
_GET = select(pool).where(_APP, pool.c.name == bindparam("the_name"))
# With the rollout in force: a Thing's call has no statement to spare for it.
_its_rollout = (
    (rollout.c.app_id == pool.c.app_id)
    & (rollout.c.pool == pool.c.name)
    & (rollout.c.in_force == 1)
)
_ROLLOUT = ("id", "kind", "version", "state")


def _met_by(thing_id: ColumnElement[int], pools: FromClause) -> Select[Any]:
    """Return the statement of pools with the rollout in force as a Thing of each meets it."""
    its_row = (rollout_thing.c.rollout_id == rollout.c.id) & (rollout_thing.c.thing_id == thing_id)
    return select(
        pool.c.settings,
        *(rollout.c[name].label(f"rollout_{name}") for name in _ROLLOUT),
        rollout.c.everyone,
        rollout_thing.c.thing_id,
        rollout_thing.c.asked,
    ).select_from(pools.outerjoin(rollout, _its_rollout).outerjoin(rollout_thing, its_row))


_FOR_THING = _met_by(bindparam("thing"), pool).where(_APP, pool.c.name == bindparam("the_name"))
_its_pool = (pool.c.app_id == thing.c.app_id) & (pool.c.name == thing.c.pool)
_FOR_THINGS = (
    _met_by(thing.c.id, thing.join(pool, _its_pool))
    .add_columns(thing.c.id.label("the_id"))
    .where(among(thing.c.id))
)
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


class PoolsTable:
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

    def for_thing(
        self, app_id: int, name: str, thing_id: int
    ) -> tuple[dict[str, Any], Offer | None]:
        """Return the pool's settings, and the rollout in force as that Thing meets it."""
        row = self._db.run(_FOR_THING, app=app_id, the_name=name, thing=thing_id).fetchone()
        if row is None:
            return {}, None
        return shown_object(row["settings"]), _offer(row)

    def for_things(
        self, thing_ids: Iterable[int]
    ) -> dict[int, tuple[dict[str, Any], Offer | None]]:
        """Return the same for each of these Things that has a pool, by its id."""
        rows = self._db.run(_FOR_THINGS, ids=listed(thing_ids))
        return {row["the_id"]: (shown_object(row["settings"]), _offer(row)) for row in rows}

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


def _offer(row: Any) -> Offer | None:
    if row["rollout_id"] is None:
        return None
    return Offer(
        row["rollout_id"],
        row["rollout_kind"],
        row["rollout_version"],
        chosen=row["thing_id"] is not None and row["asked"] is None,
        asked=row["asked"] is not None,
        everyone=bool(row["everyone"]),
        running=row["rollout_state"] == RUNNING,
    )
