"""Accounts: the owners of apps, with the limits of the plan that they pay for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Executable, bindparam, func, select, update

from app.cloud.database.connection import Database, Upsert
from app.cloud.database.schema import account, app, message, reading, series, thing

# Defaults that no household reaches, and that keep strangers from filling a disk. Five million
# readings are some 2 GB at most; ten Things that send one every five minutes take five years.
THINGS = 10_000
MESSAGES = 5_000_000
_UNLIMITED = -1
_REFUSED = 1000  # messages that are refused before the next count

_NAME: BindParameter[str] = bindparam("the_name")
_ALL = select(account).order_by(account.c.number)
_NAMED = _ALL.where(account.c.name == _NAME)
_WITH_AID = _ALL.where(account.c.aid == bindparam("aid"))
_ADD = Upsert(
    lambda insert: (
        insert(account)
        .values(
            name=bindparam("name"),
            aid=bindparam("aid"),
            by_name=bindparam("by_name"),
            number=select(func.coalesce(func.max(account.c.number), 0) + 1).scalar_subquery(),
        )
        .on_conflict_do_nothing()
    )
)
_CLOSE = update(account).values(by_name=0).where(account.c.name == _NAME)
_LIMIT = (
    update(account)
    .values(things_limit=bindparam("things"), messages_limit=bindparam("messages"))
    .where(account.c.name == _NAME)
)
_apps = app.c.account == _NAME
_COUNT_THINGS = select(func.count().label("it")).select_from(thing.join(app)).where(_apps)
_readings = (
    select(func.count())
    .select_from(reading.join(series, series.c.id == reading.c.series_id))
    .join(app, app.c.aid == series.c.aid)
    .where(_apps)
    .scalar_subquery()
)
_replies = (
    select(func.count())
    .select_from(message.join(thing).join(app))
    .where(_apps, message.c.status == "received")
    .scalar_subquery()
)
_COUNT_MESSAGES = select((_readings + _replies).label("it"))


@dataclass(frozen=True)
class Account:
    """One account; new Things register with its `aid`. `by_name`: known Things may still register
    with its name, as before accounts had ids."""

    name: str
    aid: str
    by_name: bool


class AccountsTable:
    """Queries on accounts."""

    def __init__(self, db: Database) -> None:
        self._db = db
        # By account: messages that may come before the next count; negative: refusals before it.
        self._room: dict[str, int] = {}

    def add(self, name: str, by_name: bool = False) -> None:
        """Make the account, with a random id, unless there is one of that name."""
        self._db.run(_ADD, name=name, aid=str(uuid.uuid4()), by_name=int(by_name))

    def with_aid(self, aid: str) -> Account | None:
        """Return the account of that id."""
        return self._first(_WITH_AID, aid=aid)

    def named(self, name: str) -> Account | None:
        """Return the account of that name."""
        return self._first(_NAMED, the_name=name)

    def all(self) -> list[Account]:
        """Return all accounts."""
        return [_account(row) for row in self._db.run(_ALL)]

    def close_name(self, name: str) -> None:
        """Stop registration by the account's name."""
        self._db.run(_CLOSE, the_name=name)

    def exists(self, name: str) -> bool:
        """Tell whether there is an account of that name."""
        return self.named(name) is not None

    def set_limits(self, name: str, things: int | None, messages: int | None) -> None:
        """Limit the account's Things and messages; None lifts a limit, also that by default."""
        limits = [_UNLIMITED if limit is None else limit for limit in (things, messages)]
        self._db.run(_LIMIT, the_name=name, things=limits[0], messages=limits[1])
        self._room.clear()

    def full_of_things(self, name: str) -> bool:
        """Tell whether one more Thing would exceed the limit."""
        return not self._left(name, "things_limit", THINGS, _COUNT_THINGS)

    def full_of_messages(self, name: str) -> bool:
        """Tell whether one more message, of either direction, would exceed the limit.

        Counting takes long, so it is repeated once half of the room left is used: the other half
        is for replies, which are stored without this check.
        """
        room = self._room.get(name, 0)
        if room == 0:
            left = self._left(name, "messages_limit", MESSAGES, _COUNT_MESSAGES)
            room = (left + 1) // 2 or -_REFUSED
        self._room[name] = room - 1 if room > 0 else room + 1
        return room < 0

    def _first(self, statement: Executable, **values: str) -> Account | None:
        row = self._db.run(statement, **values).fetchone()
        return _account(row) if row else None

    def _left(self, name: str, column: str, default: int, count: Executable) -> int:
        """Return how many more rows the limit allows, 1 if there is no limit."""
        limit = self._db.run(_NAMED, the_name=name).fetchone()[column]
        if limit == _UNLIMITED:
            return 1
        used = self._db.run(count, the_name=name).fetchone()["it"]
        return max(0, (default if limit is None else limit) - int(used))


def _account(row: Any) -> Account:
    return Account(row["name"], row["aid"], bool(row["by_name"]))
