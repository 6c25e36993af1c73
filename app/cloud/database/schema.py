"""The tables of the local cloud, as both databases have them.

Each change here needs a revision in `migrations/versions`; a test compares the two.
"""

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
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    literal_column,
)

METADATA = MetaData()

# SQLite numbers rows automatically by an INTEGER key only.
_Id = BigInteger().with_variant(Integer, "sqlite")


def _column(name: str, kind: Any, *more: Any, optional: bool = False) -> Column[Any]:
    return Column(name, kind, *more, nullable=optional)


def _flag(name: str, default: int | None = None, optional: bool = False) -> Column[Any]:
    shown = None if default is None else str(default)
    return Column(name, Integer, nullable=optional, server_default=shown)


def _id() -> Column[Any]:
    return Column("id", _Id, primary_key=True)


# Settings, messages and replies are JSON text: the API carries any JSON value, in its order.
# Times are seconds since 1970 UTC; reading.ts is in microseconds, the precision it is unique by.
# `number` is the order in which rows were made. Flags are 0 or 1.
account = Table(
    "account",
    METADATA,
    Column("name", Text, primary_key=True),
    _column("number", Integer),
    _column("aid", Text, optional=True),
    _flag("by_name", 0),
    _column("things_limit", BigInteger, optional=True),
    _column("messages_limit", BigInteger, optional=True),
    Index("account_aid", "aid", unique=True),
)

app = Table(
    "app",
    METADATA,
    _id(),
    _column("aid", Text),
    _column("name", Text),
    _column("account", Text, ForeignKey("account.name")),
    _column("default_pool", Text),
    _flag("hidden"),
    UniqueConstraint("account", "aid", name="app_account_aid"),
    Index("app_aid", "aid"),
)

# keep_readings: days, null for ever.
pool = Table(
    "pool",
    METADATA,
    _column("app_id", _Id, ForeignKey("app.id")),
    _column("name", Text),
    _column("number", Integer),
    _column("settings", Text),
    _flag("use_latest_app_version"),
    _column("keep_readings", Integer, optional=True),
    PrimaryKeyConstraint("app_id", "name"),
)

version = Table(
    "version",
    METADATA,
    _id(),
    _column("app_id", _Id, ForeignKey("app.id")),
    _column("name", Text),
    _column("time", Double),
    UniqueConstraint("app_id", "name", name="version_app_name"),
)

file = Table(
    "file",
    METADATA,
    _id(),
    _column("version_id", _Id, ForeignKey("version.id")),
    _column("name", Text),
    _column("text", Text),
    Index("file_version", "version_id"),
)

# tags: in their order, each between two bars, so that a search finds whole ones.
thing = Table(
    "thing",
    METADATA,
    _id(),
    _column("tid", Text),
    _column("app_id", _Id, ForeignKey("app.id")),
    _column("pool", Text),
    _flag("frozen", 0),
    _column("platform", Text, optional=True),
    _column("capabilities", Text, optional=True),
    _column("custom", Text, optional=True),
    _flag("by_account", optional=True),
    _column("salt", Text, optional=True),
    _column("identity", LargeBinary, optional=True),
    _column("pinned", Double, optional=True),
    _column("admitted", Text, optional=True),
    _column("attended", Double, optional=True),
    _column("tags", Text, optional=True),
    UniqueConstraint("app_id", "tid", name="thing_app_tid"),
    Index("thing_tid", "tid"),
)

# Tokens are stored as their SHA-256, keys wrapped (app/cloud/vault.py).
session = Table(
    "session",
    METADATA,
    _id(),
    _column("token", Text),
    _column("thing_id", _Id, ForeignKey("thing.id"), optional=True),
    _flag("active", 1),
    _column("key", LargeBinary, optional=True),
    _column("kty", Text, optional=True),
    _column("app_version", Text, optional=True),
    _column("pythings_version", Text, optional=True),
    _column("last_contact", Double),
    Column("worker", Text, nullable=False, server_default="Unknown"),
    Column("management", Text, nullable=False, server_default="Unknown"),
    Column("pythings", Text, nullable=False, server_default="Ok: session started"),
    _column("used", Double),
    _flag("proved", 1),
    _column("salt", Text, optional=True),
    _column("described", Text, optional=True),
    _flag("mode", 1),
    Column("number", _Id, nullable=False, server_default="0"),
    _column("worker_at", Double, optional=True),
    _column("management_at", Double, optional=True),
    _column("pythings_at", Double, optional=True),
    UniqueConstraint("token", name="session_token"),
    Index("session_thing", "thing_id"),
)
_pending = (session.c.thing_id.is_(None)) | (session.c.proved == 0)
Index("session_pending", session.c.used, sqlite_where=_pending, postgresql_where=_pending)

message = Table(
    "message",
    METADATA,
    _id(),
    _column("mid", Text),
    _column("thing_id", _Id, ForeignKey("thing.id")),
    _column("type", Text),
    _column("msg", Text),
    Column("status", Text, nullable=False, server_default="queued"),
    _column("reply", Text, optional=True),
    _column("queued", Double),
    _column("delivered", Double, optional=True),
    _column("received", Double, optional=True),
    UniqueConstraint("mid", name="message_mid"),
    Index("message_thing", "thing_id", "status"),
)

# The Thing and app that readings belong to: a Thing that moves to another app begins a new series.
series = Table(
    "series",
    METADATA,
    _id(),
    _column("aid", Text),
    _column("tid", Text),
    UniqueConstraint("aid", "tid", name="series_aid_tid"),
)

# A series is stored contiguously, in the order of time: "this Thing, this time range" reads
# neighbours. In PostgreSQL only an index has this order, and holds the text, too: the rows lie in
# the order of arrival. Its index rows have 2,704 bytes at most, so that long texts are in none.
reading = Table(
    "reading",
    METADATA,
    _column("series_id", _Id),
    _column("ts", BigInteger),
    _column("msg", Text),
    _column("received", Double),
    PrimaryKeyConstraint("series_id", "ts"),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (ts)",
)
_bytes = func.octet_length(reading.c.msg)
BRIEF, LONG = _bytes <= literal_column("2000"), _bytes > literal_column("2000")
_of_series = (reading.c.series_id, reading.c.ts)
_only = {"only": "postgresql"}
Index("reading_brief", *_of_series, postgresql_include=["msg"], postgresql_where=BRIEF, info=_only)
Index("reading_long", *_of_series, postgresql_where=LONG, info=_only)

# Calls without a Thing's session have a ring buffer of their own.
event = Table(
    "event",
    METADATA,
    _id(),
    _column("time", Double),
    _column("what", Text),
    _column("tid", Text),
    _column("status", Integer),
    _column("summary", Text),
    _flag("stranger", 0),
    Index("event_stranger", "stranger", "id"),
    sqlite_autoincrement=True,
)

waiting = Table(
    "waiting",
    METADATA,
    _id(),
    _column("thing_id", _Id, ForeignKey("thing.id")),
    _column("fingerprint", Text),
    _column("identity", LargeBinary, optional=True),
    _column("first", Double),
    _column("last", Double),
    _column("count", Integer),
    UniqueConstraint("thing_id", "fingerprint", name="waiting_thing_fingerprint"),
)

meta = Table(
    "meta",
    METADATA,
    Column("name", Text, primary_key=True),
    _column("value", LargeBinary),
)
