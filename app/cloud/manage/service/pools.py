"""Pools of an app: their settings, and how long the readings of their Things stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.cloud.cloud import Cloud
from app.cloud.manage.service.office import Actor, Office, Refused, Role, app_of, note
from app.cloud.rollouts.rules import OPEN
from app.cloud.tables.apps import AppRow
from app.cloud.tables.pools import Pool, merged
from app.cloud.values import VERSIONS, Unshowable, check
from domain.plain import plain

_MOST_DAYS = 36_500  # a century, in place of any longer time
_VERSIONS = ("app_version", "pythings_version")
_MOST_KEYS = 100


@dataclass(frozen=True)
class PoolInfo:
    """The settings of a pool; `keep_readings` in days, None for ever."""

    settings: dict[str, Any]
    use_latest_app_version: bool
    keep_readings: int | None


@dataclass(frozen=True)
class Promotion:
    """The app version that a pool has got, and had; whether the next commit replaces it."""

    version: str
    before: Any
    use_latest_app_version: bool


class PoolService:
    """Operations on pools."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def find(self, actor: Actor, aid: str) -> dict[str, PoolInfo]:
        """Return the pools of an app by name, in the order they were made."""

        def found(cloud: Cloud) -> dict[str, PoolInfo]:
            app = app_of(cloud, actor, aid)
            return {pool.name: shown_pool(pool) for pool in cloud.store.pools.of_app(app.id)}

        return await self._office.read(found)

    async def set(
        self,
        actor: Actor,
        aid: str,
        name: str,
        settings: Mapping[str, Any] | None = None,
        *,
        remove: Iterable[str] = (),
        latest: bool | None = None,
        keep_readings: int | None = None,
    ) -> PoolInfo:
        """Change settings, drop those in `remove`; 0 keeps readings for ever. Return the pool."""
        changes = checked(settings or {})

        def changed(cloud: Cloud) -> PoolInfo:
            app = app_of(cloud, actor, aid, Role.DEVELOPER)
            before = pool_of(cloud, app, name)
            changed_names = {*changes, *remove, *(["app_version"] if latest else [])}
            _release(cloud, app, before, changed_names)
            pool = Pool(
                before.name,
                limited(merged(before.settings, changes, remove)),
                before.use_latest_app_version if latest is None else latest,
                before.keep_readings
                if keep_readings is None
                else min(keep_readings, _MOST_DAYS) or None,
            )
            cloud.store.pools.save(app.id, pool)
            note(cloud, actor, "set pool", name, ", ".join([*changes, *remove]), app)
            return shown_pool(pool)

        return await self._office.change(changed)

    async def promote(self, actor: Actor, aid: str, source: str, target: str) -> Promotion:
        """Set a pool to the version of the app that another one has."""

        def promoted(cloud: Cloud) -> Promotion:
            app = app_of(cloud, actor, aid, Role.DEVELOPER)
            given = pool_of(cloud, app, source).settings.get("app_version")
            pool = pool_of(cloud, app, target)
            if given not in cloud.store.versions.names(app.id):
                raise Refused(409, f"pool {source} has version {given}, which is gone")
            _release(cloud, app, pool, {"app_version"})
            before = pool.settings.get("app_version")
            settings = limited({**pool.settings, "app_version": given})
            cloud.store.pools.save(app.id, replace(pool, settings=settings))
            note(cloud, actor, "promote", target, f"{given} of {source}", app)
            return Promotion(given, before, pool.use_latest_app_version)

        return await self._office.change(promoted)


def _release(cloud: Cloud, app: AppRow, pool: Pool, changed: set[str]) -> None:
    """End an aborted rollout whose version is changed for the pool; refuse that in an open one."""
    it = cloud.store.rollouts.in_force(app.id, pool.name)
    if it is None or it.kind not in changed:
        return
    if it.state in OPEN:
        raise Refused(
            409,
            f"rollout {it.id} of {it.version} is {it.state} in this pool:"
            f" `pythings cloud rollout abort {it.id}` before you set another",
        )
    cloud.store.rollouts.save(replace(it, in_force=False))


def pool_of(cloud: Cloud, app: AppRow, name: str) -> Pool:
    """Return the app's pool of that name; raises Refused."""
    pool = cloud.store.pools.get(app.id, name)
    if pool is None:
        known = ", ".join(pool.name for pool in cloud.store.pools.of_app(app.id))
        raise Refused(404, f"app {app.aid} has no pool {name}; it has {known}")
    return pool


def shown_pool(pool: Pool) -> PoolInfo:
    """Return the public view of a pool."""
    return PoolInfo(pool.settings, pool.use_latest_app_version, pool.keep_readings)


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings; refuse any that cannot be stored, or bad names of versions."""
    try:
        check(dict(settings))
    except Unshowable as error:
        raise Refused(422, f"settings {error}") from error
    for name in _VERSIONS:
        value = settings.get(name, "")
        if value != "" and not (isinstance(value, str) and plain(value)):
            raise Refused(422, f"{name} is no name for a version: {VERSIONS}")
    return dict(settings)


def limited(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings; refuse more than any Thing takes."""
    if len(settings) > _MOST_KEYS:
        raise Refused(422, f"there are {len(settings)} settings, and at most {_MOST_KEYS} may be")
    return settings
