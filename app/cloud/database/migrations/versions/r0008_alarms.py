"""Alarms of pools, the Things that they are about, and the outbox of changes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _needed(name: str, kind: Any, *more: Any, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, *more, nullable=False, server_default=default)


def _alarm() -> sa.ForeignKey:
    return sa.ForeignKey("alarm.id", ondelete="CASCADE")


def upgrade() -> None:
    """Make the tables; there is no alarm yet."""
    op.create_table(
        "alarm",
        sa.Column("id", _ID, primary_key=True),
        _needed("app_id", _ID, sa.ForeignKey("app.id")),
        *(_needed(name, sa.Text) for name in ("pool", "rule", "means", "shown")),
        sa.Column("sealed", sa.LargeBinary),
        _needed("inside", sa.Integer),
        _needed("active", sa.Integer, default="1"),
        _needed("made", sa.Double),
        _needed("who", sa.Text),
        _needed("since", sa.Double),
        _needed("looked", sa.Double, default="0"),
        _needed("sending", sa.Double, default="0"),
        _needed("failures", sa.Integer, default="0"),
        _needed("retry", sa.Double, default="0"),
        _needed("error", sa.Text, default=""),
        sqlite_autoincrement=True,
    )
    op.create_index("alarm_app", "alarm", ["app_id"])
    op.create_table(
        "alarm_thing",
        _needed("alarm_id", _ID, _alarm()),
        _needed("thing_id", _ID, sa.ForeignKey("thing.id", ondelete="CASCADE")),
        _needed("told", sa.Text),
        _needed("since", sa.Double),
        sa.Column("pending", sa.Text),
        _needed("pending_since", sa.Double),
        sa.PrimaryKeyConstraint("alarm_id", "thing_id"),
    )
    op.create_index("alarm_thing_thing", "alarm_thing", ["thing_id"])
    op.create_table(
        "alarm_event",
        sa.Column("id", _ID, primary_key=True),
        _needed("uid", sa.Text),
        _needed("alarm_id", _ID, _alarm()),
        _needed("time", sa.Double),
        *(_needed(name, sa.Text) for name in ("tid", "change", "detail")),
        _needed("waits", sa.Integer, default="1"),
        sa.Column("sent", sa.Double),
        sa.UniqueConstraint("uid", name="alarm_event_uid"),
        sqlite_autoincrement=True,
    )
    op.create_index("alarm_event_alarm", "alarm_event", ["alarm_id", "waits", "id"])
