"""The tables of alarms; the rules are in `app.cloud.alarms.rules`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from app.cloud.database.schema import METADATA

_Id = BigInteger().with_variant(Integer, "sqlite")


def _needed(name: str, kind: Any, *more: Any, default: str | None = None) -> Column[Any]:
    return Column(name, kind, *more, nullable=False, server_default=default)


# rule: JSON. means: mail or webhook; shown: the address, or the webhook's host; sealed: the
# webhook's URL and secret, wrapped (app/cloud/vault.py). inside: it may be in the cloud's own
# network. since: the begin of the watch; looked: the last look, by any process.
# sending: until when one process delivers; failures, retry, error: of its deliveries.
alarm = Table(
    "alarm",
    METADATA,
    Column("id", _Id, primary_key=True),
    _needed("app_id", _Id, ForeignKey("app.id")),
    _needed("pool", Text),
    _needed("rule", Text),
    _needed("means", Text),
    _needed("shown", Text),
    Column("sealed", LargeBinary, nullable=True),
    _needed("inside", Integer),
    _needed("active", Integer, default="1"),
    _needed("made", Double),
    _needed("who", Text),
    _needed("since", Double),
    _needed("looked", Double, default="0"),
    _needed("sending", Double, default="0"),
    _needed("failures", Integer, default="0"),
    _needed("retry", Double, default="0"),
    _needed("error", Text, default=""),
    Index("alarm_app", "app_id"),
    sqlite_autoincrement=True,
)

# A Thing that is not as usual: the mark that was told since a time, and the one that may come.
# seen: the `since` of the mark that a person has acknowledged.
alarm_thing = Table(
    "alarm_thing",
    METADATA,
    _needed("alarm_id", _Id, ForeignKey("alarm.id", ondelete="CASCADE")),
    _needed("thing_id", _Id, ForeignKey("thing.id", ondelete="CASCADE")),
    _needed("told", Text),
    _needed("since", Double),
    Column("pending", Text, nullable=True),
    _needed("pending_since", Double),
    Column("seen", Double, nullable=True),
    Column("seen_by", Text, nullable=True),
    PrimaryKeyConstraint("alarm_id", "thing_id"),
    Index("alarm_thing_thing", "thing_id"),
)

# The changes, and the outbox: `waits` is 1 until one is delivered, or given up.
alarm_event = Table(
    "alarm_event",
    METADATA,
    Column("id", _Id, primary_key=True),
    _needed("uid", Text),
    _needed("alarm_id", _Id, ForeignKey("alarm.id", ondelete="CASCADE")),
    _needed("time", Double),
    _needed("tid", Text),
    _needed("change", Text),
    _needed("detail", Text),
    _needed("waits", Integer, default="1"),
    Column("sent", Double, nullable=True),
    UniqueConstraint("uid", name="alarm_event_uid"),
    Index("alarm_event_alarm", "alarm_id", "waits", "id"),
    sqlite_autoincrement=True,
)

TABLES = (alarm, alarm_thing, alarm_event)
