"""Rollouts: the plan of each, and its state."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, bindparam, delete, insert, or_, select, update

from app.cloud.database.connection import Database
from app.cloud.database.rollout_schema import rollout
from app.cloud.rollouts.rules import OPEN, Plan

APP = "app_version"
OS = "pythings_version"
_KEPT = 20  # of a pool, beside the one in force

_ID = rollout.c.id == bindparam("the_id")
_POOL = (rollout.c.app_id == bindparam("app"), rollout.c.pool == bindparam("the_pool"))
_NEWEST_FIRST = rollout.c.id.desc()
_GET = select(rollout).where(_ID)
_LOCK = _GET.with_for_update()  # SQLite has one writer as it is
_OF_APP = select(rollout).where(rollout.c.app_id == bindparam("app")).order_by(_NEWEST_FIRST)
_IN_FORCE = select(rollout).where(*_POOL, rollout.c.in_force == 1)
_NEWEST = select(rollout).where(*_POOL).order_by(_NEWEST_FIRST).limit(1)
_IS_OPEN = (rollout.c.in_force == 1, or_(*(rollout.c.state == state for state in OPEN)))
_ALL_OPEN = select(rollout.c.id).where(*_IS_OPEN)
_DUE = (rollout.c.looked <= bindparam("before")) | (rollout.c.looked > bindparam("now"))
_CLAIM = update(rollout).values(looked=bindparam("now")).where(_ID, *_IS_OPEN, _DUE)
_SAME = ("app_id", "pool", "kind", "version", "before", "state", "since", "started", "who")
_PLAN = ("shares", "within", "confirm", "trouble")
_ADD = (
    insert(rollout)
    .values({name: bindparam(name) for name in (*_SAME, *_PLAN)})
    .returning(rollout.c.id)
)
_STATE = ("state", "stage", "everyone", "since", "reason", "ended", "in_force")
_SAVE = update(rollout).values({name: bindparam(f"new_{name}") for name in _STATE}).where(_ID)
_ended = select(rollout.c.id).where(*_POOL, rollout.c.in_force == 0).order_by(_NEWEST_FIRST)
_DROP = delete(rollout).where(rollout.c.id.in_(_ended.limit(1000).offset(_KEPT)))


@dataclass(frozen=True)
class Rollout:
    """One rollout of a version in a pool; times in seconds. `kind`: APP or OS; `before`: the pool's
    version at the start; `everyone`: all Things are asked, also those not chosen. `in_force`: its
    Things are asked for its version."""

    id: int
    app_id: int
    pool: str
    kind: str
    version: str
    before: str
    plan: Plan
    state: str
    stage: int
    everyone: bool
    since: float
    reason: str
    started: float
    ended: float | None
    who: str
    in_force: bool


@dataclass(frozen=True)
class Offer:
    """The version of a rollout as one Thing meets it: the Thing is `chosen` to be asked, was
    `asked`, or is neither; `everyone`: also those are asked. `running`: further ones may be."""

    rollout_id: int
    kind: str
    version: str
    chosen: bool
    asked: bool
    everyone: bool
    running: bool


class RolloutsTable:
    """Queries on rollouts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, new: Rollout) -> int:
        """Store a new rollout and drop the oldest of its pool; return its number.

        Raises Taken while another is in force.
        """
        self._db.run(_DROP, app=new.app_id, the_pool=new.pool)
        values = {name: getattr(new, name) for name in _SAME}
        plan = new.plan
        shares = json.dumps(plan.shares)
        planned = dict(zip(_PLAN, (shares, plan.within_s, plan.confirm, plan.trouble), strict=True))
        return int(self._db.run(_ADD, **values, **planned).fetchall()[0]["id"])

    def get(self, rollout_id: int) -> Rollout | None:
        """Return the rollout of that number."""
        return self._one(_GET, the_id=rollout_id)

    def lock(self, rollout_id: int) -> Rollout:
        """Return an existing rollout for a change that no other process makes meanwhile."""
        found = self._one(_LOCK, the_id=rollout_id)
        assert found is not None  # those in force are never dropped, and a newest one neither
        return found

    def in_force(self, app_id: int, pool: str) -> Rollout | None:
        """Return the rollout for whose version Things of the pool are asked."""
        return self._one(_IN_FORCE, app=app_id, the_pool=pool)

    def newest(self, app_id: int, pool: str) -> Rollout | None:
        """Return the pool's newest rollout."""
        return self._one(_NEWEST, app=app_id, the_pool=pool)

    def of_app(self, app_id: int) -> list[Rollout]:
        """Return an app's rollouts, newest first."""
        return [_rollout(row) for row in self._db.run(_OF_APP, app=app_id)]

    def open(self) -> list[int]:
        """Return the numbers of the rollouts that have not ended, of all apps."""
        return [row["id"] for row in self._db.run(_ALL_OPEN)]

    def claim(self, rollout_id: int, now: float, every_s: float) -> bool:
        """Take the evaluation that is due each `every_s` seconds; False if another process has."""
        claimed = self._db.run(_CLAIM, the_id=rollout_id, now=now, before=now - every_s)
        return bool(claimed.rowcount)

    def save(self, it: Rollout) -> None:
        """Store the state of a rollout: all that changes after its start."""
        values = {f"new_{name}": getattr(it, name) for name in _STATE}
        values |= {f"new_{name}": int(getattr(it, name)) for name in ("everyone", "in_force")}
        self._db.run(_SAVE, the_id=it.id, **values)

    def _one(self, statement: Executable, **values: object) -> Rollout | None:
        row = self._db.run(statement, **values).fetchone()
        return _rollout(row) if row else None


def _rollout(row: Any) -> Rollout:
    values = {name: row[name] for name in ("id", *_SAME, *_STATE)}
    values |= {name: bool(row[name]) for name in ("everyone", "in_force")}
    plan = Plan(tuple(json.loads(row["shares"])), row["within"], row["confirm"], row["trouble"])
    return Rollout(plan=plan, **values)
