"""The tables of rollouts; the rules are in `app.cloud.rollouts.rules`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from app.cloud.database.schema import METADATA

_Id = BigInteger().with_variant(Integer, "sqlite")


def _needed(name: str, kind: Any, *more: Any, default: str | None = None) -> Column[Any]:
    return Column(name, kind, *more, nullable=False, server_default=default)


# kind: the setting, app_version or pythings_version; before: its value in the pool at the start.
# shares: JSON. everyone: the last stage, of all Things. in_force: its Things are asked for its
# version; a pool has one such rollout at most. looked: the last evaluation, by any process.
_IN_FORCE = text("in_force = 1")
rollout = Table(
    "rollout",
    METADATA,
    Column("id", _Id, primary_key=True),
    _needed("app_id", _Id, ForeignKey("app.id")),
    _needed("pool", Text),
    _needed("kind", Text),
    _needed("version", Text),
    _needed("before", Text),
    _needed("shares", Text),
    _needed("within", Double),
    _needed("confirm", Integer),
    _needed("trouble", Integer),
    _needed("state", Text),
    _needed("stage", Integer, default="0"),
    _needed("everyone", Integer, default="0"),
    _needed("since", Double),
    _needed("reason", Text, default=""),
    _needed("started", Double),
    Column("ended", Double, nullable=True),
    _needed("who", Text),
    _needed("in_force", Integer, default="1"),
    _needed("looked", Double, default="0"),
    Index(
        "rollout_in_force",
        "app_id",
        "pool",
        unique=True,
        sqlite_where=_IN_FORCE,
        postgresql_where=_IN_FORCE,
    ),
    sqlite_autoincrement=True,
)

# did: one of OUTCOMES, since `changed`; session: in which it was asked; excused: its trouble was
# seen before the rollout was resumed.
rollout_thing = Table(
    "rollout_thing",
    METADATA,
    _needed("rollout_id", _Id, ForeignKey("rollout.id", ondelete="CASCADE")),
    _needed("thing_id", _Id, ForeignKey("thing.id", ondelete="CASCADE")),
    Column("asked", Double, nullable=True),
    Column("session", _Id, nullable=True),
    _needed("did", Text),
    _needed("changed", Double),
    _needed("excused", Integer, default="0"),
    _needed("detail", Text, default=""),
    PrimaryKeyConstraint("rollout_id", "thing_id"),
    Index("rollout_thing_thing", "thing_id"),
)

TABLES = (rollout, rollout_thing)
