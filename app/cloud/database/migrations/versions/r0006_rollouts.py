"""Rollouts of versions, and their Things."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _needed(name: str, kind: Any, *more: Any, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, *more, nullable=False, server_default=default)


def upgrade() -> None:
    """Make the tables; there is no rollout yet."""
    op.create_table(
        "rollout",
        sa.Column("id", _ID, primary_key=True),
        _needed("app_id", _ID, sa.ForeignKey("app.id")),
        *(_needed(name, sa.Text) for name in ("pool", "kind", "version", "before", "shares")),
        _needed("within", sa.Double),
        _needed("confirm", sa.Integer),
        _needed("trouble", sa.Integer),
        _needed("state", sa.Text),
        _needed("stage", sa.Integer, default="0"),
        _needed("everyone", sa.Integer, default="0"),
        _needed("since", sa.Double),
        _needed("reason", sa.Text, default=""),
        _needed("started", sa.Double),
        sa.Column("ended", sa.Double),
        _needed("who", sa.Text),
        _needed("in_force", sa.Integer, default="1"),
        _needed("looked", sa.Double, default="0"),
        sqlite_autoincrement=True,
    )
    where = sa.text("in_force = 1")
    op.create_index(
        "rollout_in_force",
        "rollout",
        ["app_id", "pool"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "rollout_thing",
        _needed("rollout_id", _ID, sa.ForeignKey("rollout.id", ondelete="CASCADE")),
        _needed("thing_id", _ID, sa.ForeignKey("thing.id", ondelete="CASCADE")),
        sa.Column("asked", sa.Double),
        sa.Column("session", _ID),
        _needed("did", sa.Text),
        _needed("changed", sa.Double),
        _needed("excused", sa.Integer, default="0"),
        _needed("detail", sa.Text, default=""),
        sa.PrimaryKeyConstraint("rollout_id", "thing_id"),
    )
    op.create_index("rollout_thing_thing", "rollout_thing", ["thing_id"])
