"""Alarms: the rule of each, the way its changes are sent, and how the last try went."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, exists, insert, select, update

from app.cloud.alarms.rules import GAP_S, AlarmRule, rule_of
from app.cloud.database.alarm_schema import alarm, alarm_event
from app.cloud.database.connection import Database
from app.cloud.vault import Vault

MAIL = "mail"
WEBHOOK = "webhook"
_LONGEST = 400  # characters of an error

_NOW: Any = bindparam("now")
_ID = alarm.c.id == bindparam("the_id")
_GET = select(alarm).where(_ID)
_OF_APP = select(alarm).where(alarm.c.app_id == bindparam("app")).order_by(alarm.c.id.desc())
_SAME = ("app_id", "pool", "rule", "means", "shown", "inside", "made", "who", "since", "looked")
_SHOWN = ("id", *(name for name in _SAME if name != "rule"), "failures", "retry", "error")
_ADD = insert(alarm).values({name: bindparam(name) for name in _SAME}).returning(alarm.c.id)
_SEAL = update(alarm).values(sealed=bindparam("wrapped")).where(_ID)
_REMOVE = delete(alarm).where(_ID)
_DUE = (
    alarm.c.active == 1,
    # The clock of another machine may be a little ahead; more is a clock that was set back.
    (alarm.c.looked <= bindparam("before")) | (alarm.c.looked > _NOW + GAP_S),
)
_ALL_DUE = select(alarm.c.id).where(*_DUE)
_CLAIM = update(alarm).values(looked=_NOW, since=bindparam("new_since")).where(_ID, *_DUE)
_CLAIMED = select(alarm.c.id).where(_ID, alarm.c.looked == _NOW).with_for_update()
_ACTIVATE = update(alarm).values(active=bindparam("on"), since=_NOW, retry=0.0).where(_ID)

_FREE = (
    alarm.c.retry <= _NOW,
    # A lease that ends later than any that is taken now is of a clock that was set back.
    (alarm.c.sending <= _NOW) | (alarm.c.sending > bindparam("until")),
)
_waits = exists().where(alarm_event.c.alarm_id == alarm.c.id, alarm_event.c.waits == 1)
_TO_SEND = select(alarm.c.id).where(*_FREE, _waits).order_by(alarm.c.retry, alarm.c.id)
_LEASE = update(alarm).values(sending=bindparam("until")).where(_ID, *_FREE)
_WENT = (
    update(alarm)
    .values(
        sending=0.0,
        failures=bindparam("new_failures"),
        retry=bindparam("new_retry"),
        error=bindparam("new_error"),
    )
    .where(_ID)
)


@dataclass(frozen=True)
class Alarm:
    """One alarm; times in seconds. `means`: MAIL or WEBHOOK, `shown`: its address or host.

    `inside`: its webhook may be in the cloud's own network. `since`, `looked`: of its watch.
    `failures` of its deliveries in a row, the last with `error`; the next try is at `retry`.
    """

    id: int
    app_id: int
    pool: str
    rule: AlarmRule
    means: str
    shown: str
    inside: bool
    active: bool
    made: float
    who: str
    since: float
    looked: float
    failures: int
    retry: float
    error: str


@dataclass(frozen=True)
class WebhookTarget:
    """The URL of a webhook, and the secret that signs for it."""

    url: str
    secret: str


class AlarmsTable:
    """Queries on alarms; the targets of webhooks are stored wrapped."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    def add(self, new: Alarm, target: WebhookTarget | None = None) -> int:
        """Store a new alarm, with the target of a webhook; return its number."""
        values = {name: getattr(new, name) for name in _SAME}
        values |= {"rule": new.rule.stored(), "inside": int(new.inside)}
        number = int(self._db.run(_ADD, **values).fetchone()["id"])
        if target is not None:
            text = json.dumps([target.url, target.secret]).encode()
            wrapped = self._vault.wrap(text, _purpose(number))
            self._db.run(_SEAL, the_id=number, wrapped=wrapped)
        return number

    def get(self, alarm_id: int) -> Alarm | None:
        """Return the alarm of that number."""
        row = self._db.run(_GET, the_id=alarm_id).fetchone()
        return _alarm(row) if row else None

    def of_app(self, app_id: int) -> list[Alarm]:
        """Return an app's alarms, newest first."""
        return [_alarm(row) for row in self._db.run(_OF_APP, app=app_id)]

    def target(self, alarm_id: int) -> WebhookTarget | None:
        """Return the target of a webhook; None if it was given up with the database's key."""
        row = self._db.run(_GET, the_id=alarm_id).fetchone()
        if row is None or row["sealed"] is None:
            return None
        return WebhookTarget(*json.loads(self._vault.unwrap(row["sealed"], _purpose(alarm_id))))

    def activate(self, alarm_id: int, on: bool, now: float) -> None:
        """Begin to watch, or stop; a delivery that waits is tried at once."""
        self._db.run(_ACTIVATE, the_id=alarm_id, on=int(on), now=now)

    def remove(self, alarm_id: int) -> None:
        """Remove an alarm, with its events."""
        self._db.run(_REMOVE, the_id=alarm_id)

    def due(self, now: float, every_s: float) -> list[int]:
        """Return the numbers of the alarms without a look in the last `every_s` seconds."""
        return [row["id"] for row in self._db.run(_ALL_DUE, now=now, before=now - every_s)]

    def claim(self, alarm_id: int, now: float, every_s: float, since: float) -> bool:
        """Take the look that is due, as a watch from `since` on; False if another process has."""
        values = {"now": now, "before": now - every_s, "new_since": since}
        return bool(self._db.run(_CLAIM, the_id=alarm_id, **values).rowcount)

    def claimed(self, alarm_id: int, now: float) -> bool:
        """Tell whether the look at `now` is still the last one, until the transaction ends."""
        return self._db.run(_CLAIMED, the_id=alarm_id, now=now).fetchone() is not None

    def to_send(self, now: float, lease_s: float) -> list[int]:
        """Return the numbers of the alarms with events to send, the longest waiting first."""
        rows = self._db.run(_TO_SEND, now=now, until=now + lease_s)
        return [row["id"] for row in rows]

    def lease(self, alarm_id: int, now: float, lease_s: float) -> bool:
        """Take the delivery for so long; False if another process has it."""
        return bool(self._db.run(_LEASE, the_id=alarm_id, now=now, until=now + lease_s).rowcount)

    def went(self, alarm_id: int, failures: int, retry: float, error: str) -> None:
        """Store how a delivery went, and end its lease."""
        values = {"new_failures": failures, "new_retry": retry, "new_error": error[:_LONGEST]}
        self._db.run(_WENT, the_id=alarm_id, **values)


def _purpose(number: int) -> str:
    return f"alarm {number}"


def _alarm(row: Any) -> Alarm:
    values: dict[str, Any] = {name: row[name] for name in _SHOWN}
    values |= {name: bool(row[name]) for name in ("inside", "active")}
    return Alarm(rule=rule_of(row["rule"]), **values)
