"""The checks at the start of a rollout: its version, pool and shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.cloud.cloud import Cloud
from app.cloud.database.connection import Taken
from app.cloud.manage.service.office import Refused
from app.cloud.manage.service.pools import pool_of
from app.cloud.manage.service.tags import tag_of
from app.cloud.rollouts import rules
from app.cloud.rollouts.evaluation import staged
from app.cloud.tables.apps import AppRow
from app.cloud.tables.pools import Pool
from app.cloud.tables.rollouts import APP, OS, Rollout
from app.cloud.values import VERSIONS
from domain.plain import plain

CAREFUL = (10, 50, 100)  # percent
_MOST_STAGES = 10
_SHORTEST_S, _LONGEST_S = 60.0, 90 * 86400.0
_MOST_NAMED = 200  # Things: each costs a statement, and all are in one transaction
_CALLS = 2  # of a Thing, at its interval, in the time that it has at least


@dataclass(frozen=True)
class Wish:
    """A version of the app or of the OS, and how to roll it out: see Plan of the rules.

    `tag`: the first stage is of the Things that have it.
    """

    app: str | None = None
    os: str | None = None
    shares: Sequence[int] | None = None
    within: float = 3600.0
    confirm: int = 90
    trouble: int = 10
    tag: str | None = None

    @property
    def kind(self) -> str:
        """Return the setting that names the version."""
        return OS if self.app is None else APP


def plan_of(wish: Wish, named: bool) -> rules.Plan:
    """Return the plan of a wish, whose first stage may be of `named` Things; raises Refused."""
    if (wish.app is None) == (wish.os is None):
        raise Refused(422, "give a version of either the app or the OS")
    given = wish.shares if wish.shares is not None else ((rules.ALL,) if named else CAREFUL)
    shares = tuple(given)
    rising = all(low < high for low, high in zip(shares, shares[1:], strict=False))
    if not (shares and rising and shares[0] >= 1 and shares[-1] == rules.ALL):
        raise Refused(422, "shares must be percents that grow, from 1 on, and end with 100")
    if len(shares) > _MOST_STAGES:
        raise Refused(422, f"there are {len(shares)} shares, and at most {_MOST_STAGES} may be")
    if not _SHORTEST_S <= wish.within <= _LONGEST_S:
        raise Refused(422, f"within must be {_SHORTEST_S:.0f} to {_LONGEST_S:.0f} seconds")
    if not (1 <= wish.confirm <= 100 and 0 <= wish.trouble <= 100):
        raise Refused(422, "confirm must be 1 to 100 percent, and trouble 0 to 100")
    stages = (rules.LISTED, *shares) if named else shares
    return rules.Plan(stages, wish.within, wish.confirm, wish.trouble)


def planned(
    cloud: Cloud,
    app: AppRow,
    pool_name: str,
    wish: Wish,
    plan: rules.Plan,
    things: Sequence[str],
    who: str,
) -> Rollout:
    """Store a rollout, with the Things of its first stage if they are named; raises Refused."""
    version = version_of(cloud, app, wish.kind, wish.os if wish.app is None else wish.app)
    pool = pool_of(cloud, app, pool_name)
    before = str(pool.settings.get(wish.kind, ""))
    if before == version:
        raise Refused(409, f"all Things of {pool.name} are asked for {version} already")
    if wish.kind == APP and pool.use_latest_app_version:
        raise Refused(
            409,
            f"{pool.name} follows each commit at once: choose a pool that does not, as staging or"
            " production, or set its use_latest_app_version to false",
        )
    _must_have_time(pool, plan)
    _must_be_free(cloud, app, pool)
    ids = _named(cloud, app, pool, things)
    now = cloud.clock()
    new = Rollout(
        0, app.id, pool.name, wish.kind, version, before, plan, rules.RUNNING, 0, False,
        now, "", now, None, who, True,
    )  # fmt: skip
    try:
        it = staged(replace(new, id=cloud.store.rollouts.add(new)))
    except Taken as error:
        raise Refused(409, f"another rollout in {pool.name} has just begun") from error
    cloud.store.rollouts.save(it)
    for thing_id in ids:
        cloud.store.rollout_things.choose(it.id, thing_id, now)
    return it


def version_of(cloud: Cloud, app: AppRow, kind: str, version: str | None) -> str:
    """Return the version if it exists; raises Refused."""
    if version is None or not plain(version):
        raise Refused(422, f"{version!r} is no name for a version: {VERSIONS}")
    if kind == APP:
        known = cloud.store.versions.names(app.id)
        if version not in known:
            raise Refused(404, f"app {app.aid} has no version {version}; it has {known[-10:]}")
    elif cloud.dist is None or not (cloud.dist / "PythingsOS" / version).is_dir():
        raise Refused(404, f"this cloud serves no OS release {version}; `serve --dist` says where")
    return version


def _must_have_time(pool: Pool, plan: rules.Plan) -> None:
    try:
        interval = int(str(pool.settings.get("management_interval")))
    except ValueError:
        return
    if plan.within_s < _CALLS * interval:
        raise Refused(
            422,
            f"the Things of {pool.name} call each {interval} s: within must be"
            f" {_CALLS * interval} s at least",
        )


def _must_be_free(cloud: Cloud, app: AppRow, pool: Pool) -> None:
    """Refuse a second open rollout in a pool; one that was aborted gives way."""
    other = cloud.store.rollouts.in_force(app.id, pool.name)
    if other is None:
        return
    if other.state in rules.OPEN:
        raise Refused(
            409,
            f"rollout {other.id} of {other.version} is {other.state} in {pool.name}:"
            f" `pythings cloud rollout abort {other.id}` or `rollback {other.id}` first",
        )
    cloud.store.rollouts.save(replace(other, in_force=False))


def tagged(cloud: Cloud, app: AppRow, pool_name: str, tag: str) -> list[str]:
    """Return the ids of the Things that a first stage by tag asks; raises Refused."""
    found, total = cloud.store.things.page(
        "id",
        None,
        _MOST_NAMED,
        0,
        cloud.clock(),
        aid=app.aid,
        pool=pool_name,
        tag=tag_of(tag),
        custom=False,
    )
    if not found:
        raise Refused(422, f"no Thing of {pool_name} with the settings of its pool has that tag")
    if total > _MOST_NAMED:
        raise Refused(422, f"{total} Things have that tag, and at most {_MOST_NAMED} may be named")
    return [thing.tid for thing in found]


def _named(cloud: Cloud, app: AppRow, pool: Pool, things: Sequence[str]) -> list[int]:
    if len(things) > _MOST_NAMED:
        raise Refused(422, f"{len(things)} Things are named, and at most {_MOST_NAMED} may be")
    ids = []
    for tid in dict.fromkeys(things):
        thing = cloud.store.things.in_account(app.account, tid)
        if thing is None or (thing.app_id, thing.pool) != (app.id, pool.name):
            raise Refused(422, f"there is no Thing {tid} in {pool.name} of this app")
        if thing.custom is not None:
            raise Refused(
                422,
                f"{tid} has settings of its own, not the pool's:"
                f" `pythings cloud thing set {tid} --pool-settings`",
            )
        ids.append(thing.id)
    return ids
