"""The audit of management: each change with its author and time. It never holds a secret."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, or_, select

from app.cloud.database.access_schema import app_role, audit
from app.cloud.database.connection import Database
from app.cloud.database.schema import app
from app.cloud.tables.like import like, pattern

KEPT = 100_000
COMMIT, CREATE = "commit", "create app"  # actions
_PARTS = 100  # one of which is dropped at a time
_LONGEST = 400  # characters of a detail

_COLUMNS = ("time", "who", "action", "aid", "target", "detail")
_ADD = insert(audit).values({name: bindparam(name) for name in _COLUMNS})
_BEFORE = (
    select(audit)
    .where(audit.c.id < bindparam("id"))
    .order_by(audit.c.id.desc())
    .limit(bindparam("most"))
)
_COMMITS = (
    select(audit.c.action, audit.c.target, audit.c.who)
    .where(audit.c.aid == bindparam("aid"), (audit.c.action == COMMIT) | (audit.c.action == CREATE))
    .order_by(audit.c.id)
)
# A person sees the changes in the apps that the person owns.
_mine = (
    select(app.c.aid)
    .join(app_role, app_role.c.app_id == app.c.id)
    .where(app_role.c.person_id == bindparam("person"), app_role.c.role == "owner")
)
_narrowed = {
    "person": audit.c.aid.in_(_mine),
    "aid": audit.c.aid == bindparam("aid"),
    "text": or_(
        *(like(audit.c[name], "text") for name in ("who", "action", "target", "detail")),
    ),
}
_oldest = select(audit.c.id).order_by(audit.c.id.desc()).limit(1).offset(KEPT).scalar_subquery()
_DROP = delete(audit).where(audit.c.id <= _oldest)


@functools.cache
def _before(filters: frozenset[str]) -> Select[Any]:
    return _BEFORE.where(*(_narrowed[name] for name in sorted(filters)))


@dataclass(frozen=True)
class Entry:
    """One change: its time in seconds, its author, its app (None: the cloud itself)."""

    id: int
    time: float
    who: str
    action: str
    aid: str | None
    target: str
    detail: str


class AuditTable:
    """Queries on the audit."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._added = KEPT  # since the last drop; the number of rows is unknown at first

    def add(
        self, now: float, who: str, action: str, aid: str | None, target: str, detail: str
    ) -> None:
        """Append an entry."""
        values = {"target": target[:_LONGEST], "detail": detail[:_LONGEST]}
        self._db.run(_ADD, time=now, who=who, action=action, aid=aid, **values)
        self._added += 1
        if self._added > KEPT // _PARTS:
            self._added = 0
            self._db.run(_DROP)

    def before(
        self, entry_id: int, count: int, person_id: int | None, aid: str = "", text: str = ""
    ) -> list[Entry]:
        """Return at most `count` entries below an id, newest first: all, or a person's.

        `aid` limits them to an app, `text` to those with it in any of their words.
        """
        given = {"person": person_id, "aid": aid or None, "text": pattern(text) if text else None}
        given = {name: value for name, value in given.items() if value is not None}
        rows = self._db.run(_before(frozenset(given)), id=entry_id, most=count, **given)
        return [_entry(row) for row in rows]

    def authors(self, aid: str) -> dict[str, str]:
        """Return the author of each version of an app, and by its `aid` that of the app itself.

        Those whose entries were dropped are missing.
        """
        rows = self._db.run(_COMMITS, aid=aid)
        return {row["target"]: row["who"] for row in rows}


def _entry(row: Any) -> Entry:
    names = ("id", "time", "who", "action", "aid", "target", "detail")
    return Entry(*(row[name] for name in names))
