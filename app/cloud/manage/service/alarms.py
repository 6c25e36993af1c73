"""Alarms: add, list, pause, test, remove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.cloud.alarms import rules
from app.cloud.alarms.watch import tell
from app.cloud.cloud import Cloud
from app.cloud.manage.service.alarm_wishes import AlarmWish, rule_of, target_of
from app.cloud.manage.service.office import (
    FIRST,
    Actor,
    Listing,
    Office,
    Page,
    Refused,
    Role,
    app_of,
    apps_seen,
    cut,
    must_be,
    note,
)
from app.cloud.manage.service.pools import pool_of
from app.cloud.tables.alarms import Alarm
from app.cloud.tables.apps import AppRow

_MOST = 20  # in a pool: each is evaluated every few seconds


@dataclass(frozen=True)
class AlarmInfo:
    """One alarm. `kind`: offline, over, under or taken_back; `field`, `limit`, `back`: of over and
    under; `to`: the address, or the webhook's host: its URL and secret are never shown. `raised`:
    the number of Things now; `waiting`: of events to deliver. `failures`: of deliveries in a row,
    the last with `error`."""

    id: int
    aid: str
    pool: str
    kind: str
    rule: str
    for_s: float
    settle_s: float
    field: Sequence[str]
    limit: float
    back: float
    means: str
    to: str
    active: bool
    made: float
    by: str
    raised: int
    waiting: int
    failures: int
    error: str


@dataclass(frozen=True)
class AlarmThing:
    """A Thing for which an alarm is raised, since a time in seconds; `mark`: its condition.

    `seen_by`: the person that has acknowledged it, None if none has.
    """

    tid: str
    mark: str
    since: float
    seen_by: str | None


@dataclass(frozen=True)
class AlarmNotice:
    """An event of an alarm: `id` is that of its deliveries; `sent`: when, None if not (yet)."""

    id: str
    time: float
    tid: str
    change: str
    detail: str
    waits: bool
    sent: float | None


class AlarmService:
    """Operations on alarms."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def add(self, actor: Actor, aid: str, pool: str, wish: AlarmWish) -> AlarmInfo:
        """Watch the Things of a pool; return the alarm."""
        rule, target = rule_of(wish), target_of(wish)

        def added(cloud: Cloud) -> AlarmInfo:
            app = app_of(cloud, actor, aid, Role.OWNER)
            name = pool_of(cloud, app, pool).name
            if wish.mail is not None and not cloud.mails:
                raise Refused(409, "this cloud sends no e-mail: `serve --smtp` names a mail server")
            there = [it for it in cloud.store.alarms.of_app(app.id) if it.pool == name]
            if len(there) >= _MOST:
                raise Refused(409, f"{name} has {_MOST} alarms, and none may be added")
            now = cloud.clock()
            inside = actor.owner and actor.most >= Role.OWNER
            new = Alarm(
                0, app.id, name, rule, wish.means, wish.shown, inside, True,
                now, actor.name, now, now, 0, 0.0, "",
            )  # fmt: skip
            it = replace(new, id=cloud.store.alarms.add(new, target))
            note(cloud, actor, "add alarm", name, f"{it.id}: {rule.text()}, to {it.shown}", app)
            return _shown(cloud, it, app)

        return await self._office.change(added)

    async def find(
        self, actor: Actor, page: Page = FIRST, aid: str | None = None
    ) -> Listing[AlarmInfo]:
        """Return the alarms in an app, or in all that the actor may see, newest first."""

        def found(cloud: Cloud) -> Listing[AlarmInfo]:
            apps = apps_seen(cloud, actor, aid)
            every = [it for app_id in apps for it in cloud.store.alarms.of_app(app_id)]
            part = cut(sorted(every, key=lambda it: -it.id), page)
            shown = [_shown(cloud, it, apps[it.app_id]) for it in part.items]
            return Listing(shown, part.total, part.offset, part.limit)

        return await self._office.read(found)

    async def get(self, actor: Actor, alarm_id: int) -> AlarmInfo:
        """Return one alarm."""
        return await self._office.read(lambda cloud: _seen(cloud, actor, alarm_id))

    async def things(self, actor: Actor, alarm_id: int, page: Page = FIRST) -> Listing[AlarmThing]:
        """Return the Things for which an alarm is raised now, the longest first."""

        def found(cloud: Cloud) -> Listing[AlarmThing]:
            alarm_of(cloud, actor, alarm_id, Role.VIEWER)
            rows, total = cloud.store.alarm_things.raised(alarm_id, page.limit, page.offset)
            shown = [AlarmThing(row.tid, row.mark, row.since, row.seen_by) for row in rows]
            return Listing(shown, total, page.offset, page.limit)

        return await self._office.read(found)

    async def events(self, actor: Actor, alarm_id: int, page: Page = FIRST) -> Listing[AlarmNotice]:
        """Return the events of an alarm, newest first."""

        def found(cloud: Cloud) -> Listing[AlarmNotice]:
            alarm_of(cloud, actor, alarm_id, Role.VIEWER)
            rows, total = cloud.store.alarm_events.page(alarm_id, page.limit, page.offset)
            names = ("time", "tid", "change", "detail", "waits", "sent")
            shown = [
                AlarmNotice(row.uid, **{name: getattr(row, name) for name in names}) for row in rows
            ]
            return Listing(shown, total, page.offset, page.limit)

        return await self._office.read(found)

    async def set_active(self, actor: Actor, alarm_id: int, active: bool) -> AlarmInfo:
        """Watch, or stop to; a delivery that waits for its next try is made at once."""

        def change(cloud: Cloud, it: Alarm) -> None:
            cloud.store.alarms.activate(it.id, active, cloud.clock())

        name = "resume alarm" if active else "pause alarm"
        await self._changed(actor, alarm_id, name, change)
        return await self.get(actor, alarm_id)

    async def test(self, actor: Actor, alarm_id: int) -> AlarmInfo:
        """Queue an event that says it is a test; return the alarm."""

        def change(cloud: Cloud, it: Alarm) -> None:
            told = rules.AlarmChange(rules.TEST, f"a test, by {actor.name}")
            tell(cloud, it, "", told, cloud.clock())

        await self._changed(actor, alarm_id, "test alarm", change)
        return await self.get(actor, alarm_id)

    async def remove(self, actor: Actor, alarm_id: int) -> None:
        """Remove an alarm, with its events."""
        await self._changed(
            actor, alarm_id, "remove alarm", lambda cloud, it: cloud.store.alarms.remove(it.id)
        )

    async def _changed(
        self, actor: Actor, alarm_id: int, action: str, change: Callable[[Cloud, Alarm], None]
    ) -> None:
        def changed(cloud: Cloud) -> None:
            it, app = alarm_of(cloud, actor, alarm_id, Role.OWNER)
            change(cloud, it)
            note(cloud, actor, action, it.pool, f"{it.id}: {it.rule.text()}", app)

        await self._office.change(changed)


def alarm_of(cloud: Cloud, actor: Actor, alarm_id: int, least: Role) -> tuple[Alarm, AppRow]:
    """Return the alarm of that number, with its app; to an actor without a role there is none."""
    it = cloud.store.alarms.get(alarm_id)
    role = None if it is None else actor.role_in(it.app_id)
    if it is None or role is None:
        raise Refused(404, f"there is no alarm {alarm_id}; see `pythings cloud alarm list`")
    must_be(role, least)
    return it, cloud.store.apps.with_id(it.app_id)


def _seen(cloud: Cloud, actor: Actor, alarm_id: int) -> AlarmInfo:
    return _shown(cloud, *alarm_of(cloud, actor, alarm_id, Role.VIEWER))


def _shown(cloud: Cloud, it: Alarm, app: AppRow) -> AlarmInfo:
    rule = it.rule
    _, raised = cloud.store.alarm_things.raised(it.id, 0, 0)
    return AlarmInfo(
        id=it.id,
        aid=app.aid,
        pool=it.pool,
        kind=rule.kind,
        rule=rule.text(),
        for_s=rule.for_s,
        settle_s=rule.settle_s,
        field=list(rule.field),
        limit=rule.limit,
        back=rule.back,
        means=it.means,
        to=it.shown,
        active=it.active,
        made=it.made,
        by=it.who,
        raised=raised,
        waiting=cloud.store.alarm_events.count_waiting(it.id),
        failures=it.failures,
        error=it.error,
    )


__all__ = ["AlarmInfo", "AlarmNotice", "AlarmService", "AlarmThing", "AlarmWish"]
