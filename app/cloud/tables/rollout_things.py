"""The Things of rollouts: when each was asked, and its outcome."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Executable,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from app.cloud.database.connection import Database
from app.cloud.database.rollout_schema import rollout_thing
from app.cloud.database.schema import session, thing
from app.cloud.rollouts.rules import ASKED, CHOSEN, TROUBLE, Seen
from app.cloud.tables import newest
from app.cloud.tables.rollouts import APP, OS, Rollout

_TAKEN_BACK = {APP: "app {} taken back", OS: "os {} taken back"}  # in a Thing's status
_LONGEST = 400  # characters of a detail

_OF_ROLLOUT = rollout_thing.c.rollout_id == bindparam("rollout")
_ROW = (_OF_ROLLOUT, rollout_thing.c.thing_id == bindparam("thing"))
_its = session.alias()
_newest_of = (
    select(func.max(_its.c.id))
    .where(_its.c.thing_id == bindparam("thing"), _its.c.proved == 1)
    .scalar_subquery()
)
_NOW: Any = bindparam("now")
_KEY: dict[str, Any] = {"rollout_id": bindparam("rollout"), "thing_id": bindparam("thing")}
_ASKED: dict[str, Any] = {"did": ASKED, "asked": _NOW, "changed": _NOW, "session": _newest_of}
_CHOOSE = insert(rollout_thing).values(**_KEY, did=CHOSEN, changed=_NOW)
_ASK_CHOSEN = update(rollout_thing).values(_ASKED).where(*_ROW, rollout_thing.c.asked.is_(None))
_ASK_OTHER = insert(rollout_thing).values(**_KEY, **_ASKED)
_DID = (
    update(rollout_thing)
    .values(did=bindparam("new_did"), changed=_NOW, detail=bindparam("new_detail"))
    .where(*_ROW)
)
_UNCHOOSE = delete(rollout_thing).where(*_ROW, rollout_thing.c.asked.is_(None))
_IN_TROUBLE = or_(*(rollout_thing.c.did == did for did in TROUBLE))
_EXCUSE = update(rollout_thing).values(excused=1).where(_OF_ROLLOUT, _IN_TROUBLE)
_COUNTS = (
    select(rollout_thing.c.did, func.count().label("it"))
    .where(_OF_ROLLOUT)
    .group_by(rollout_thing.c.did)
)
_THINGS = rollout_thing.join(thing, thing.c.id == rollout_thing.c.thing_id)
_PAGE = (
    select(rollout_thing, thing.c.tid)
    .select_from(_THINGS)
    .where(_OF_ROLLOUT)
    .order_by(thing.c.id)
    .limit(bindparam("most"))
    .offset(bindparam("offset"))
)
_HERE = and_(
    thing.c.app_id == bindparam("app"),
    thing.c.pool == bindparam("the_pool"),
    thing.c.custom.is_(None),
)
_CANDIDATES = (
    select(thing.c.id, thing.c.tid)
    .select_from(thing.join(session, session.c.id == newest.SESSION))
    .where(
        _HERE,
        session.c.last_contact >= bindparam("heard"),
        thing.c.id.not_in(select(rollout_thing.c.thing_id).where(_OF_ROLLOUT)),
    )
)


@functools.cache
def _seen(kind: str) -> Executable:
    ran = exists().where(
        _its.c.thing_id == thing.c.id,
        _its.c.proved == 1,
        _its.c.id > rollout_thing.c.session,
        _its.c[kind] == bindparam("the_version"),
    )
    return (
        select(
            rollout_thing,
            thing.c.tid,
            *(session.c[name] for name in ("management", "worker", "pythings", "last_contact")),
            session.c.id.label("newest"),
            session.c[kind].label("running"),
            _HERE.label("here"),
            ran.label("ran"),
        )
        .select_from(_THINGS.outerjoin(session, session.c.id == newest.SESSION))
        .where(_OF_ROLLOUT)
        .order_by(thing.c.id)
    )


@dataclass(frozen=True)
class AskedThing:
    """A Thing of a rollout: when it was asked, its outcome since `changed`, its last status then.

    `excused`: its trouble counts no more, since it was seen before the rollout was resumed.
    """

    thing_id: int
    tid: str
    asked: float | None
    did: str
    changed: float
    excused: bool
    detail: str


class RolloutThingsTable:
    """Queries on the Things of rollouts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def choose(self, rollout_id: int, thing_id: int, now: float) -> None:
        """Add a Thing, which is asked at its next call."""
        self._db.run(_CHOOSE, rollout=rollout_id, thing=thing_id, now=now)

    def unchoose(self, rollout_id: int, thing_id: int) -> None:
        """Remove a Thing unless it was asked."""
        self._db.run(_UNCHOOSE, rollout=rollout_id, thing=thing_id)

    def ask(self, rollout_id: int, thing_id: int, chosen: bool, now: float) -> bool:
        """Record that a Thing is asked now; False if it is no longer `chosen`."""
        statement = _ASK_CHOSEN if chosen else _ASK_OTHER
        return bool(self._db.run(statement, rollout=rollout_id, thing=thing_id, now=now).rowcount)

    def did(self, rollout_id: int, thing_id: int, did: str, detail: str, now: float) -> None:
        """Store the outcome of a Thing, and its status."""
        values = {"new_did": did, "new_detail": detail[:_LONGEST], "now": now}
        self._db.run(_DID, rollout=rollout_id, thing=thing_id, **values)

    def excuse(self, rollout_id: int) -> None:
        """Excuse the Things that are in trouble."""
        self._db.run(_EXCUSE, rollout=rollout_id)

    def counts(self, rollout_id: int) -> dict[str, int]:
        """Return the number of Things by outcome."""
        return {row["did"]: row["it"] for row in self._db.run(_COUNTS, rollout=rollout_id)}

    def page(self, rollout_id: int, most: int, offset: int) -> list[AskedThing]:
        """Return some of a rollout's Things, oldest first."""
        rows = self._db.run(_PAGE, rollout=rollout_id, most=most, offset=offset)
        return [_row(row) for row in rows]

    def seen(self, it: Rollout) -> list[tuple[AskedThing, Seen, str]]:
        """Return all Things of a rollout, each as it is seen now, with its status."""
        where = {"app": it.app_id, "the_pool": it.pool, "the_version": it.version}
        rows = self._db.run(_seen(it.kind), rollout=it.id, **where)
        return [(_row(row), *_as_seen(row, it)) for row in rows]

    def candidates(self, it: Rollout, heard: float) -> dict[str, int]:
        """Return the numbers by TID of the pool's other Things that have called since `heard`."""
        where = {"app": it.app_id, "the_pool": it.pool, "heard": heard}
        rows = self._db.run(_CANDIDATES, rollout=it.id, **where)
        return {row["tid"]: row["id"] for row in rows}


def _row(row: Any) -> AskedThing:
    names = ("thing_id", "tid", "asked", "did", "changed", "detail")
    return AskedThing(excused=bool(row["excused"]), **{name: row[name] for name in names})


def _as_seen(row: Any, it: Rollout) -> tuple[Seen, str]:
    management, worker, pythings = (
        row[name] or "" for name in ("management", "worker", "pythings")
    )
    # A status of the session in which it was asked may tell of an earlier try.
    later = row["session"] is None or (row["newest"] or 0) > row["session"]
    said = later and _TAKEN_BACK[it.kind].format(it.version) in pythings
    failed = next((text for text in (management, worker) if text.startswith("KO")), "")
    seen = Seen(
        did=row["did"],
        asked=row["asked"],
        here=bool(row["here"]),
        runs=row["running"] == it.version,
        ran=bool(row["ran"]),
        ok=management.startswith("OK"),
        fails=bool(failed),
        said=said,
        heard=row["last_contact"] or 0.0,
    )
    return seen, failed or (pythings if said else "")
