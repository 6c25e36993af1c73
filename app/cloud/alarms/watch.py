"""The watch: each few seconds one process looks at the Things of each alarm.

It looks in the reader's thread, and only changes are written: a Thing's call is not delayed, and
has no statement more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.cloud.alarms import rules
from app.cloud.alarms.rules import AlarmChange, Standing
from app.cloud.cloud import Cloud
from app.cloud.periodic import Periodic
from app.cloud.reader import Reader
from app.cloud.tables.alarm_things import AlarmLook
from app.cloud.tables.alarms import Alarm
from app.cloud.writer import Writer

EVERY_S = 5.0
_AT_ONCE = 100  # changes in one transaction: calls wait for it
_LEFT = "it has left the pool"


@dataclass(frozen=True)
class _Step:
    """A Thing whose standing changes, and the change to tell if there is one."""

    thing_id: int
    tid: str
    standing: Standing
    change: AlarmChange | None


class AlarmWatch(Periodic):
    """A task that evaluates alarms every few seconds; `told` is called after changes."""

    def __init__(
        self, cloud: Cloud, reader: Reader, writer: Writer, told: Callable[[], None]
    ) -> None:
        every_s = EVERY_S
        super().__init__(every_s, lambda: self.look(every_s), "alarms are not watched")
        self._cloud = cloud
        self._reader = reader
        self._writer = writer
        self._told = told

    async def look(self, every_s: float = 0.0) -> None:
        """Evaluate the alarms that are due each `every_s` seconds."""
        now = self._cloud.clock()
        for number in await self._reader.do(lambda it: it.store.alarms.due(now, every_s)):
            await self._look_at(number, now, every_s)

    async def _look_at(self, number: int, now: float, every_s: float) -> None:
        alarm = await self._writer.do(lambda: _claimed(self._cloud, number, now, every_s))
        if alarm is None:
            return
        steps = await self._reader.do(lambda it: _steps(it, alarm, now))
        for first in range(0, len(steps), _AT_ONCE):
            part = steps[first : first + _AT_ONCE]
            await self._writer.do(lambda part=part: _store(self._cloud, alarm, part, now))  # type: ignore[misc]
        if any(step.change for step in steps):
            self._told()


def _claimed(cloud: Cloud, number: int, now: float, every_s: float) -> Alarm | None:
    """Take the look at an alarm; return the alarm, or None if another process has taken it."""
    alarm = cloud.store.alarms.get(number)
    if alarm is None:
        return None
    since = rules.watched_since(alarm.since, alarm.looked, now)
    if not cloud.store.alarms.claim(number, now, every_s, since):
        return None
    return cloud.store.alarms.get(number)


def _steps(cloud: Cloud, alarm: Alarm, now: float) -> list[_Step]:
    """Return the Things whose standing changes."""
    steps = []
    for look in _looks(cloud, alarm, now):
        judged = rules.judge(alarm.rule, look.standing.told, look.seen, alarm.since, now)
        standing, change = rules.step(alarm.rule, look.standing, judged, now)
        if standing != look.standing:
            steps.append(_Step(look.thing_id, look.tid, standing, change))
    gone = AlarmChange(rules.CLEARED, _LEFT)
    for thing in cloud.store.alarm_things.left(alarm.id, alarm.app_id, alarm.pool):
        steps.append(_Step(thing.thing_id, thing.tid, rules.USUAL, gone))
    return steps


def _looks(cloud: Cloud, alarm: Alarm, now: float) -> list[AlarmLook]:
    things, at = cloud.store.alarm_things, (alarm.id, alarm.app_id, alarm.pool)
    if alarm.rule.kind not in (rules.OVER, rules.UNDER):
        return things.looks(*at)
    app = cloud.store.apps.with_id(alarm.app_id)
    return things.looks_with_readings(*at, app.aid, alarm.made, now)


def _store(cloud: Cloud, alarm: Alarm, steps: list[_Step], now: float) -> None:
    """Store standings and events, unless another process has looked since."""
    if not cloud.store.alarms.claimed(alarm.id, now):
        return
    for step in steps:
        there = cloud.store.alarm_things.save(alarm.id, step.thing_id, step.standing)
        if there and step.change is not None:
            tell(cloud, alarm, step.tid, step.change, now)
    cloud.store.alarm_events.drop(alarm.id)


def tell(cloud: Cloud, alarm: Alarm, tid: str, change: AlarmChange, now: float) -> None:
    """Append a change to the outbox, and to the events that are shown to people."""
    cloud.store.alarm_events.add(alarm.id, now, tid, change.change, change.detail)
    text = f"{alarm.id} {change.change}: {change.detail}"
    cloud.store.events.add(now, "alarm", tid, 200, text)
