"""Things: the devices, created by their first register call."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from app.cloud.database.access_schema import app_role
from app.cloud.database.connection import Database
from app.cloud.database.schema import app, message, pool, session, thing, waiting
from app.cloud.tables.like import escaped, like, pattern
from app.cloud.tables.states import STATE
from app.cloud.values import shown_object

_ALL = select(thing).order_by(thing.c.id)
_ID = thing.c.id == bindparam("the_id")
_WITH_ID = _ALL.where(_ID)
_WITH_TID = _ALL.where(thing.c.tid == bindparam("tid"))
_IN_ACCOUNT = _WITH_TID.join(app).where(app.c.account == bindparam("account"))
_COLUMNS = ("tid", "app_id", "pool", "by_account")
_ADD = insert(thing).values({name: bindparam(name) for name in _COLUMNS}).returning(thing.c.id)
_PARTS = (waiting, message, session)  # rows that are a Thing's
_SAID = ("platform", "capabilities", "frozen")
_DESCRIBE = update(thing).values({name: bindparam(name) for name in _SAID}).where(_ID)
_CAME_BY_APP = update(thing).values(by_account=0).where(_ID)
_CUSTOM = update(thing).values(custom=bindparam("custom")).where(_ID)
_ATTEND = update(thing).values(attended=bindparam("until")).where(_ID)
_TAG = update(thing).values(tags=bindparam("words")).where(_ID)
_MOVE = update(thing).values(app_id=bindparam("app"), pool=bindparam("to_pool")).where(_ID)
_RENAME = (
    update(thing).values(tid=bindparam("new_tid"), by_account=bindparam("by_account")).where(_ID)
)
_ABSORB = [
    *(delete(table).where(table.c.thing_id == bindparam("the_id")) for table in (waiting, session)),
    *(
        update(table)
        .values(thing_id=bindparam("the_id"))
        .where(table.c.thing_id == bindparam("other"))
        for table in (session, message)
    ),
]
_REMOVE = [
    *(delete(table).where(table.c.thing_id == bindparam("the_id")) for table in _PARTS),
    delete(thing).where(_ID),
]

_COUNT = select(func.count().label("it")).where(thing.c.app_id == bindparam("app"))

# Filters and orders of lists. The session is the Thing's newest with a proved identity.
_any = session.alias()
_newest = (
    select(func.max(_any.c.id))
    .where(_any.c.thing_id == thing.c.id, _any.c.proved == 1)
    .correlate(thing)
    .scalar_subquery()
)
_FROM = (
    thing.join(app)
    .outerjoin(session, session.c.id == _newest)
    .outerjoin(pool, (pool.c.app_id == thing.c.app_id) & (pool.c.name == thing.c.pool))
)
FILTERS: dict[str, ColumnElement[bool]] = {
    "aid": app.c.aid == bindparam("aid"),
    "pool": thing.c.pool == bindparam("pool"),
    "platform": thing.c.platform == bindparam("platform"),
    "state": bindparam("state") == STATE,
    "app_version": session.c.app_version == bindparam("app_version"),
    "pythings_version": session.c.pythings_version == bindparam("pythings_version"),
    "text": like(thing.c.tid, "text"),
    "match": like(thing.c.tid, "match"),
    "tag": like(func.coalesce(thing.c.tags, ""), "tag"),
    "custom": case((thing.c.custom.is_(None), 0), else_=1) == bindparam("custom"),
    "heard_after": session.c.last_contact >= bindparam("heard_after"),
    "heard_before": func.coalesce(session.c.last_contact, 0.0) < bindparam("heard_before"),
    "person": thing.c.app_id.in_(
        select(app_role.c.app_id).where(app_role.c.person_id == bindparam("person"))
    ),
}
SORTS: dict[str, ColumnElement[Any]] = {
    "id": thing.c.id,
    "tid": thing.c.tid,
    "last_contact": func.coalesce(session.c.last_contact, 0.0),
    "platform": func.coalesce(thing.c.platform, ""),
    "app_version": func.coalesce(session.c.app_version, ""),
    "pythings_version": func.coalesce(session.c.pythings_version, ""),
    "app": app.c.name,
    "pool": thing.c.pool,
    "state": STATE,
}

_APP: dict[str, ColumnElement[Any]] = {"aid": app.c.aid, "app": app.c.name}
SUMS: dict[str, dict[str, ColumnElement[Any]]] = {
    "states": {"state": STATE},
    "pools": {**_APP, "pool": thing.c.pool, "state": STATE},
    "app_versions": {**_APP, "version": session.c.app_version},
    "os_versions": {"version": session.c.pythings_version},
}
_MOST_SUMS = 1000  # rows of each

PREFIX = "thing_"  # of a Thing's columns in a row of its session, where thing_id is its id


@functools.cache
def _page(sort: str, filters: frozenset[str]) -> tuple[Executable, Executable]:
    """Return the statements of a page and its total, cached for each order and set of filters."""
    where = [FILTERS[name] for name in sorted(filters)]
    column = SORTS[sort.removeprefix("-")]
    order = column.desc() if sort.startswith("-") else column.asc()
    rows = select(thing).select_from(_FROM).where(*where).order_by(order, thing.c.id)
    count = select(func.count().label("it")).select_from(_FROM).where(*where)
    return rows.limit(bindparam("most")).offset(bindparam("offset")), count


@functools.cache
def _sum(group: str, filters: frozenset[str]) -> Executable:
    """Return the statement that counts Things by the columns of `group`, the most first."""
    where = [FILTERS[name] for name in sorted(filters)]
    columns = SUMS[group]
    count = func.count().label("things")
    shown = (column.label(name) for name, column in columns.items())
    rows = select(*shown, count).select_from(_FROM).where(*where).group_by(*columns.values())
    return rows.order_by(count.desc(), *columns.values()).limit(_MOST_SUMS)


def _given(person_id: int | None, filters: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in filters.items() if value is not None}
    if person_id is not None:
        given["person"] = person_id
    if "text" in given:
        given["text"] = pattern(given["text"])
    if "match" in given:
        given["match"] = escaped(given["match"]).replace("*", "%").replace("?", "_")
    if "tag" in given:
        given["tag"] = pattern(f"|{given['tag']}|")
    if "custom" in given:
        given["custom"] = int(given["custom"])
    return given


@dataclass(frozen=True)
class ThingRow:
    """One device; `custom` is its own settings, None if it has its pool's.

    `by_account`: it registered with its account's id, and may do so again; None if unknown.
    `pinned`: the time when its identity was pinned, None if any is accepted. `attended`: the time
    until which a person waits for it. `tags`: words of its owner, in the order of the alphabet.
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
    attended: float | None
    tags: tuple[str, ...]


class ThingsTable:
    """Queries on Things."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, tid: str, app_id: int, pool: str, by_account: bool | None = False) -> ThingRow:
        """Add a Thing to an app's pool; `by_account` None: it may register with either id."""
        flag = None if by_account is None else int(by_account)
        values = {"tid": tid, "app_id": app_id, "pool": pool, "by_account": flag}
        return self.with_id(self._db.run(_ADD, **values).fetchall()[0]["id"])

    def with_id(self, thing_id: int) -> ThingRow:
        """Return the Thing a row of another table refers to."""
        return self._select(_WITH_ID, the_id=thing_id)[0]

    def of_tid(self, tid: str) -> list[ThingRow]:
        """Return the Things of that id, of all accounts, oldest first."""
        return self._select(_WITH_TID, tid=tid)

    def in_account(self, account: str, tid: str) -> ThingRow | None:
        """Return the account's Thing of that id; it has one at most."""
        found = self._select(_IN_ACCOUNT, account=account, tid=tid)
        return found[0] if found else None

    def count(self, app_id: int) -> int:
        """Return how many Things an app has."""
        return int(self._db.run(_COUNT, app=app_id).fetchone()["it"])

    def page(
        self, sort: str, person_id: int | None, most: int, offset: int, now: float, **filters: Any
    ) -> tuple[list[ThingRow], int]:
        """Return a page of the Things that a person (None: an owner) may see, and the total.

        `filters`: those of FILTERS; `sort`: one of SORTS, after a `-` in reverse.
        """
        given = _given(person_id, filters)
        rows, count = _page(sort, frozenset(given))
        total = int(self._db.run(count, **given, now=now).fetchone()["it"])
        return self._select(rows, **given, now=now, most=most, offset=offset), total

    def sums(
        self, what: str, person_id: int | None, now: float, **filters: Any
    ) -> list[dict[str, Any]]:
        """Count such Things by the columns of SUMS; return these and `things`, the most first."""
        given = _given(person_id, filters)
        rows = self._db.run(_sum(what, frozenset(given)), **given, now=now)
        return [{name: row[name] for name in (*SUMS[what], "things")} for row in rows]

    def describe(self, thing: ThingRow, said: tuple[str | None, str | None, bool]) -> None:
        """Store a Thing's description of itself at registration: platform, capabilities, frozen."""
        platform, capabilities, frozen = said
        values = {"platform": platform, "capabilities": capabilities, "frozen": int(frozen)}
        self._db.run(_DESCRIBE, the_id=thing.id, **values)

    def came_by_app(self, thing: ThingRow) -> None:
        """Record that the Thing knows its App id: its account's id no longer admits it."""
        self._db.run(_CAME_BY_APP, the_id=thing.id)

    def set_custom(self, thing: ThingRow, settings: dict[str, Any] | None) -> None:
        """Set a Thing's own settings; None restores its pool's."""
        text = None if settings is None else json.dumps(settings)
        self._db.run(_CUSTOM, the_id=thing.id, custom=text)

    def attend(self, thing: ThingRow, until: float) -> None:
        """Set the time until which a person waits for the Thing."""
        self._db.run(_ATTEND, the_id=thing.id, until=until)

    def set_tags(self, thing: ThingRow, tags: Iterable[str]) -> None:
        """Set a Thing's tags, none of which has a bar in it."""
        words = "|".join(sorted(tags))
        self._db.run(_TAG, the_id=thing.id, words=f"|{words}|" if words else None)

    def move(self, thing: ThingRow, app_id: int, pool: str) -> None:
        """Move a Thing to an app's pool."""
        self._db.run(_MOVE, the_id=thing.id, app=app_id, to_pool=pool)

    def absorb(self, thing: ThingRow, other: ThingRow) -> None:
        """Give a Thing the sessions and messages of another one, which is removed."""
        for statement in _ABSORB:
            self._db.run(statement, the_id=thing.id, other=other.id)
        self.describe(thing, (other.platform, other.capabilities, other.frozen))
        self.remove(other)

    def rename(self, thing: ThingRow, tid: str, by_account: bool | None) -> None:
        """Give a Thing the id of other hardware, and that one's way to register."""
        flag = None if by_account is None else int(by_account)
        self._db.run(_RENAME, the_id=thing.id, new_tid=tid, by_account=flag)

    def remove(self, thing: ThingRow) -> None:
        """Delete a Thing with its sessions, messages and identities; its readings stay."""
        for statement in _REMOVE:
            self._db.run(statement, the_id=thing.id)

    def _select(self, statement: Executable, **values: object) -> list[ThingRow]:
        return [thing_in(row) for row in self._db.run(statement, **values)]


def thing_in(row: Any, prefix: str = "") -> ThingRow:
    """Return the Thing in a row, from the columns that begin with `prefix`."""
    custom, by_account = row[prefix + "custom"], row[prefix + "by_account"]
    return ThingRow(
        id=row[prefix + "id"],
        tid=row[prefix + "tid"],
        app_id=row[prefix + "app_id"],
        pool=row[prefix + "pool"],
        frozen=bool(row[prefix + "frozen"]),
        platform=row[prefix + "platform"],
        capabilities=row[prefix + "capabilities"],
        custom=None if custom is None else shown_object(custom),
        by_account=None if by_account is None else bool(by_account),
        pinned=row[prefix + "pinned"],
        attended=row[prefix + "attended"],
        tags=tuple((row[prefix + "tags"] or "").split("|")[1:-1]),
    )
