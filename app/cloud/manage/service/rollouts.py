"""Rollouts: start, list, pause, resume, abort, roll back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.cloud.cloud import Cloud
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
from app.cloud.manage.service.rollout_plans import (
    CAREFUL,
    Wish,
    plan_of,
    planned,
    tagged,
    version_of,
)
from app.cloud.rollouts import rules
from app.cloud.rollouts.evaluation import evaluate, set_version
from app.cloud.tables.apps import AppRow
from app.cloud.tables.rollouts import APP, Rollout

_NOWHERE = ("", "0", "factory")  # versions that no Thing goes back to


@dataclass(frozen=True)
class RolloutInfo:
    """One rollout. `what`: app or os; `before`: the version of the pool at its start; `shares`: in
    percent, 0 for Things that were named; `stage`: from 0; `within`: in seconds; `things`: their
    number by outcome."""

    id: int
    aid: str
    pool: str
    what: str
    version: str
    before: str
    shares: list[int]
    within: float
    confirm: int
    trouble: int
    state: str
    stage: int
    since: float
    reason: str
    started: float
    ended: float | None
    by: str
    things: dict[str, int]


@dataclass(frozen=True)
class RolloutThing:
    """A Thing of a rollout: when it was asked, its outcome and since when, its status then.

    `excused`: its trouble was seen before the rollout was resumed, and halts it no more.
    """

    tid: str
    asked: float | None
    did: str
    changed: float
    excused: bool
    detail: str


class RolloutService:
    """Operations on rollouts."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def start(
        self, actor: Actor, aid: str, pool: str, wish: Wish, things: Sequence[str] = ()
    ) -> RolloutInfo:
        """Ask a share of the pool for a version, or first the `things` named; return the rollout.

        A pool has one at a time.
        """
        plan = plan_of(wish, bool(things) or wish.tag is not None)

        def started(cloud: Cloud) -> RolloutInfo:
            app = app_of(cloud, actor, aid, Role.DEVELOPER)
            first = [*things, *(() if wish.tag is None else tagged(cloud, app, pool, wish.tag))]
            it = planned(cloud, app, pool, wish, plan, first, actor.name)
            evaluate(cloud, it.id)
            note(cloud, actor, "start rollout", pool, _described(it, first), app)
            return _shown(cloud, it.id, app)

        return await self._office.change(started)

    async def find(
        self, actor: Actor, page: Page = FIRST, aid: str | None = None
    ) -> Listing[RolloutInfo]:
        """Return the rollouts in an app, or in all that the actor may see, newest first."""

        def found(cloud: Cloud) -> Listing[RolloutInfo]:
            apps = apps_seen(cloud, actor, aid)
            every = [it for app_id in apps for it in cloud.store.rollouts.of_app(app_id)]
            part = cut(sorted(every, key=lambda it: -it.id), page)
            shown = [_shown(cloud, it.id, apps[it.app_id]) for it in part.items]
            return Listing(shown, part.total, part.offset, part.limit)

        return await self._office.read(found)

    async def get(self, actor: Actor, rollout_id: int) -> RolloutInfo:
        """Return one rollout."""

        def found(cloud: Cloud) -> RolloutInfo:
            it, app = _of(cloud, actor, rollout_id, Role.VIEWER)
            return _shown(cloud, it.id, app)

        return await self._office.read(found)

    async def things(
        self, actor: Actor, rollout_id: int, page: Page = FIRST
    ) -> Listing[RolloutThing]:
        """Return the Things of a rollout, oldest first, with the outcome of each."""

        def found(cloud: Cloud) -> Listing[RolloutThing]:
            it, _ = _of(cloud, actor, rollout_id, Role.VIEWER)
            rows = cloud.store.rollout_things.page(it.id, page.limit, page.offset)
            names = ("tid", "asked", "did", "changed", "excused", "detail")
            shown = [RolloutThing(**{name: getattr(row, name) for name in names}) for row in rows]
            total = sum(cloud.store.rollout_things.counts(it.id).values())
            return Listing(shown, total, page.offset, page.limit)

        return await self._office.read(found)

    async def pause(self, actor: Actor, rollout_id: int) -> RolloutInfo:
        """Ask no further Things for now."""
        return await self._moved(actor, rollout_id, rules.PAUSE, _paused)

    async def resume(self, actor: Actor, rollout_id: int) -> RolloutInfo:
        """Go on; after a halt, the trouble so far is excused. The stage's time begins again."""
        return await self._moved(actor, rollout_id, rules.RESUME, _resumed)

    async def abort(self, actor: Actor, rollout_id: int) -> RolloutInfo:
        """End it as it is: the Things that were asked stay, the others keep the pool's version."""
        return await self._moved(actor, rollout_id, rules.ABORT, _aborted)

    async def roll_back(self, actor: Actor, rollout_id: int, to: str | None = None) -> RolloutInfo:
        """Ask all Things of the pool for the version before, or the version `to`."""

        def rolled_back(cloud: Cloud, app: AppRow, it: Rollout) -> Rollout:
            newest = cloud.store.rollouts.newest(app.id, it.pool)
            if newest is None or newest.id != it.id:
                raise Refused(409, f"there is a newer rollout in {it.pool}: roll that back")
            _set_back(cloud, app, it, to)
            return replace(it, in_force=False, reason="", ended=cloud.clock())

        return await self._moved(actor, rollout_id, rules.ROLLBACK, rolled_back)

    async def _moved(
        self,
        actor: Actor,
        rollout_id: int,
        event: str,
        change: Callable[[Cloud, AppRow, Rollout], Rollout],
    ) -> RolloutInfo:
        def moved(cloud: Cloud) -> RolloutInfo:
            _, app = _of(cloud, actor, rollout_id, Role.DEVELOPER)
            it = cloud.store.rollouts.lock(rollout_id)
            try:
                state = rules.move(it.state, event)
            except rules.IllegalMove as error:
                raise Refused(409, str(error)) from error
            after = change(cloud, app, it)
            cloud.store.rollouts.save(replace(after, state=state))
            note(cloud, actor, f"{event} rollout", it.pool, f"{it.id}: {it.version}", app)
            return _shown(cloud, it.id, app)

        return await self._office.change(moved)


def _paused(_cloud: Cloud, _app: AppRow, it: Rollout) -> Rollout:
    return replace(it, reason="")


def _resumed(cloud: Cloud, _app: AppRow, it: Rollout) -> Rollout:
    if it.state == rules.HALTED:
        cloud.store.rollout_things.excuse(it.id)
    return replace(it, since=cloud.clock(), reason="")


def _aborted(cloud: Cloud, _app: AppRow, it: Rollout) -> Rollout:
    return replace(it, ended=cloud.clock())


def _set_back(cloud: Cloud, app: AppRow, it: Rollout, to: str | None) -> None:
    target = it.before if to is None else version_of(cloud, app, it.kind, to)
    if target.lower() in _NOWHERE:
        raise Refused(
            409,
            f"the pool's version before was {target or 'none'}, to which no Thing goes back:"
            " name the version to go to",
        )
    pool = cloud.store.pools.get(app.id, it.pool)
    now = "" if pool is None else pool.settings.get(it.kind, "")
    if it.state == rules.DONE and now != it.version:
        raise Refused(409, f"the pool was set to {now} meanwhile: set it with `pool set`")
    set_version(cloud, it, target)


def _of(cloud: Cloud, actor: Actor, rollout_id: int, least: Role) -> tuple[Rollout, AppRow]:
    it = cloud.store.rollouts.get(rollout_id)
    role = None if it is None else actor.role_in(it.app_id)
    if it is None or role is None:
        raise Refused(404, f"there is no rollout {rollout_id}; see `pythings cloud rollout list`")
    must_be(role, least)
    return it, cloud.store.apps.with_id(it.app_id)


def _described(it: Rollout, things: Sequence[str]) -> str:
    stages = ", ".join(f"{share} %" for share in it.plan.shares if share != rules.LISTED)
    return f"{it.id}: {it.version} to {', '.join([*things, stages])}"


def _shown(cloud: Cloud, rollout_id: int, app: AppRow) -> RolloutInfo:
    it = cloud.store.rollouts.get(rollout_id)
    assert it is not None  # the caller has read or stored it in this transaction
    return RolloutInfo(
        id=it.id,
        aid=app.aid,
        pool=it.pool,
        what="app" if it.kind == APP else "os",
        version=it.version,
        before=it.before,
        shares=list(it.plan.shares),
        within=it.plan.within_s,
        confirm=it.plan.confirm,
        trouble=it.plan.trouble,
        state=it.state,
        stage=it.stage,
        since=it.since,
        reason=it.reason,
        started=it.started,
        ended=it.ended,
        by=it.who,
        things=cloud.store.rollout_things.counts(it.id),
    )


__all__ = ["CAREFUL", "RolloutInfo", "RolloutService", "RolloutThing", "Wish"]
