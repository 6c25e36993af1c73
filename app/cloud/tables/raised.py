"""Raised alarms: the Things of all alarms that a person may see, and their acknowledgement."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, case, func, select, update

from app.cloud.alarms.rules import WELL, rule_of
from app.cloud.database.access_schema import app_role
from app.cloud.database.alarm_schema import alarm, alarm_thing
from app.cloud.database.connection import Database
from app.cloud.database.schema import app, thing

_told = alarm_thing.c.told != WELL
# It holds for the mark that was raised then, and not for a later one.
SEEN_BY = case((alarm_thing.c.seen == alarm_thing.c.since, alarm_thing.c.seen_by)).label("by")
_FROM = alarm_thing.join(thing).join(alarm, alarm.c.id == alarm_thing.c.alarm_id)
_FROM = _FROM.join(app, app.c.id == alarm.c.app_id)
_SHOWN = (
    *(alarm_thing.c.alarm_id, alarm.c.rule, alarm.c.active, app.c.aid, alarm.c.pool, thing.c.tid),
    *(alarm_thing.c.told, alarm_thing.c.since, SEEN_BY),
)
_FILTERS: dict[str, ColumnElement[bool]] = {
    "aid": app.c.aid == bindparam("aid"),
    "person": alarm.c.app_id.in_(
        select(app_role.c.app_id).where(app_role.c.person_id == bindparam("person"))
    ),
}
_SEE = (
    update(alarm_thing)
    .values(seen=alarm_thing.c.since, seen_by=bindparam("who"))
    .where(alarm_thing.c.alarm_id == bindparam("alarm"), _told)
    .where(alarm_thing.c.seen.is_(None) | (alarm_thing.c.seen != alarm_thing.c.since))
)
_SEE_ONE = _SEE.where(alarm_thing.c.thing_id == bindparam("the_thing"))


@dataclass(frozen=True)
class RaisedAlarm:
    """An alarm that is raised for a Thing, since a time in seconds; `mark`: its condition.

    `active`: it is not paused. `seen_by`: the person that has acknowledged it, None if none has.
    """

    alarm: int
    rule: str
    active: bool
    aid: str
    pool: str
    tid: str
    mark: str
    since: float
    seen_by: str | None


@functools.cache
def _page(filters: frozenset[str]) -> tuple[Executable, Executable]:
    where = [_told, *(_FILTERS[name] for name in sorted(filters))]
    rows = select(*_SHOWN).select_from(_FROM).where(*where)
    rows = rows.order_by(alarm_thing.c.since.desc(), alarm_thing.c.alarm_id, thing.c.id)
    count = select(func.count().label("it")).select_from(_FROM).where(*where)
    return rows.limit(bindparam("most")).offset(bindparam("offset")), count


class RaisedTable:
    """Queries on raised alarms."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def page(
        self, person: int | None, aid: str | None, most: int, offset: int
    ) -> tuple[list[RaisedAlarm], int]:
        """Return some of those that a person (None: an owner) may see, the latest first; and all.

        `aid`: of this app only.
        """
        given = {"person": person, "aid": aid}
        given = {name: value for name, value in given.items() if value is not None}
        rows, count = _page(frozenset(given))
        found = self._db.run(rows, **given, most=most, offset=offset).fetchall()
        return [_raised(row) for row in found], int(self._db.run(count, **given).fetchone()["it"])

    def see(self, alarm_id: int, thing_id: int | None, who: str) -> int:
        """Acknowledge an alarm for a Thing, or for all (None); return for how many it was not."""
        if thing_id is None:
            return int(self._db.run(_SEE, alarm=alarm_id, who=who).rowcount)
        values = {"alarm": alarm_id, "the_thing": thing_id, "who": who}
        return int(self._db.run(_SEE_ONE, **values).rowcount)


def _raised(row: Any) -> RaisedAlarm:
    return RaisedAlarm(
        row["alarm_id"],
        rule_of(row["rule"]).text(),
        bool(row["active"]),
        *(row[name] for name in ("aid", "pool", "tid", "told", "since", "by")),
    )
