"""Things: list, state, settings of their own, pools, sessions, identities, history."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.cloud import identity
from app.cloud.cloud import Cloud
from app.cloud.manage.service.fleet import EVERY, ThingFilter, check_filter
from app.cloud.manage.service.office import (
    FIRST,
    Actor,
    Listing,
    Office,
    Page,
    Refused,
    Role,
    app_of,
    note,
    thing_of,
)
from app.cloud.manage.service.pools import checked, limited, pool_of
from app.cloud.manage.service.tags import tagged
from app.cloud.manage.service.thing_identities import IdentityInfo, only_waiting, shown_identity
from app.cloud.settings import is_online, settings_of
from app.cloud.tables.apps import AppRow
from app.cloud.tables.events import Event
from app.cloud.tables.identities import NONE
from app.cloud.tables.pools import merged
from app.cloud.tables.states import state_of
from app.cloud.tables.things import SORTS, ThingRow

_FINGERPRINT = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True)
class ThingInfo:
    """One Thing as its cloud knows it; the values from its newest session are None without one.

    `pythings`, `management` and `worker` are the last statuses, which begin with Ok or KO;
    `pythings_at` and so on the times of their reports. `state` is one of `tables.states.STATES`.
    """

    tid: str
    aid: str
    app: str
    pool: str
    platform: str | None
    capabilities: str | None
    frozen: bool
    custom: bool
    settings: dict[str, Any]
    state: str
    online: bool
    identity: IdentityInfo
    tags: list[str]
    active: bool | None = None
    encrypted: bool | None = None
    last_contact: float | None = None
    app_version: str | None = None
    pythings_version: str | None = None
    worker: str | None = None
    management: str | None = None
    pythings: str | None = None
    worker_at: float | None = None
    management_at: float | None = None
    pythings_at: float | None = None


class ThingService:
    """Operations on Things."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def find(
        self,
        actor: Actor,
        page: Page = FIRST,
        narrowed: ThingFilter = EVERY,
    ) -> Listing[ThingInfo]:
        """Return Things that the actor may see, in the order of one of SORTS."""
        check_filter(narrowed)
        if page.sort.removeprefix("-") not in ("", *SORTS):
            raise Refused(422, f"sort must be one of {', '.join(SORTS)}, or one after a -")

        def found(cloud: Cloud) -> Listing[ThingInfo]:
            part = (actor.sees, page.limit, page.offset, cloud.clock())
            rows, total = cloud.store.things.page(page.sort or "id", *part, **vars(narrowed))
            shown = [shown_thing(cloud, thing) for thing in rows]
            return Listing(shown, total, page.offset, page.limit)

        return await self._office.read(found)

    async def get(self, actor: Actor, tid: str) -> ThingInfo:
        """Return one Thing."""
        return await self._office.read(
            lambda cloud: shown_thing(cloud, thing_of(cloud, actor, tid)[0])
        )

    async def some(self, actor: Actor, tids: Sequence[str]) -> list[ThingInfo]:
        """Return those of these Things that the actor may see, all in one read."""

        def found(cloud: Cloud) -> list[ThingInfo]:
            shown = []
            for tid in tids:
                with contextlib.suppress(Refused):
                    shown.append(shown_thing(cloud, thing_of(cloud, actor, tid)[0]))
            return shown

        return await self._office.read(found)

    async def history(
        self, actor: Actor, tid: str, after: int = 0, limit: int = 100
    ) -> list[Event]:
        """Return the calls of a Thing that are still kept, oldest first: its lifecycle."""

        def found(cloud: Cloud) -> list[Event]:
            thing_of(cloud, actor, tid)
            return cloud.store.events.after(after, limit, actor.sees, tid)

        return await self._office.read(found)

    async def set(
        self,
        actor: Actor,
        tid: str,
        settings: Mapping[str, Any] | None = None,
        *,
        remove: Iterable[str] = (),
        custom: bool | None = None,
        aid: str | None = None,
        pool: str | None = None,
        tag: Iterable[str] = (),
        untag: Iterable[str] = (),
    ) -> ThingInfo:
        """Set a Thing's own settings, starting from its current ones; move or tag it; return it.

        `custom` False restores its pool's settings.
        """
        given = {"remove": remove, "custom": custom, "aid": aid, "pool": pool}
        given.update(tag=tag, untag=untag)
        return (await self.set_many(actor, [tid], settings, **given))[0]

    async def set_many(
        self,
        actor: Actor,
        tids: Iterable[str],
        settings: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> list[ThingInfo]:
        """Change several Things as `set` does: all of them, or none if one is refused."""
        changes = checked(settings or {})
        return await self._office.change(
            lambda cloud: [_changed(cloud, actor, tid, changes, **more) for tid in tids]
        )

    async def remove(self, actor: Actor, tid: str) -> int:
        """Delete a Thing with all that it left; return the number of its readings.

        They go in small steps, which new ones do not wait for. If it still runs, it can register
        again, as a new one.
        """

        def step(cloud: Cloud) -> int:
            thing, app = thing_of(cloud, actor, tid, Role.OWNER)
            gone = cloud.store.readings.drop(app.account, tid)
            if not gone:
                cloud.store.things.remove(thing)
                note(cloud, actor, "remove Thing", tid, app=app)
            return gone

        total = 0
        while gone := await self._office.change(step):
            total += gone
        return total

    async def expire(self, actor: Actor, tid: str) -> int:
        """End a Thing's sessions, so that it must register again; return how many there were."""

        def ended(cloud: Cloud) -> int:
            thing, app = thing_of(cloud, actor, tid, Role.DEVELOPER)
            note(cloud, actor, "end sessions", tid, app=app)
            return cloud.store.sessions.deactivate(thing.id)

        return await self._office.change(ended)

    async def admit(self, actor: Actor, tid: str, mark: str | None = None) -> ThingInfo:
        """Accept another identity for a Thing: the only one that waits, the one named, or `none`.

        `none` accepts any, and pins the next one that is shown.
        """
        if mark is not None and mark != NONE and not _FINGERPRINT.fullmatch(mark):
            raise Refused(422, "an identity is named by 16 digits from 0 to f, or none")

        def admitted(cloud: Cloud) -> ThingInfo:
            thing, app = thing_of(cloud, actor, tid, Role.OWNER)
            chosen = mark or only_waiting(cloud, thing)
            identity.admit(cloud, thing, chosen)
            note(cloud, actor, "admit identity", tid, chosen, app)
            return shown_thing(cloud, cloud.store.things.with_id(thing.id))

        return await self._office.change(admitted)


def _changed(
    cloud: Cloud,
    actor: Actor,
    tid: str,
    changes: Mapping[str, Any],
    remove: Iterable[str] = (),
    custom: bool | None = None,
    aid: str | None = None,
    pool: str | None = None,
    tag: Iterable[str] = (),
    untag: Iterable[str] = (),
) -> ThingInfo:
    thing, app = thing_of(cloud, actor, tid, Role.DEVELOPER)
    thing, app = _moved(cloud, actor, thing, app, aid, pool)
    if changes or remove:
        before = {k: v for k, v in settings_of(cloud, thing).items() if k != "pool"}
        cloud.store.things.set_custom(thing, limited(merged(before, changes, remove)))
    elif custom is False:
        cloud.store.things.set_custom(thing, None)
    words = tagged(thing, tag, untag)
    if words != set(thing.tags):
        cloud.store.things.set_tags(thing, words)
        note(cloud, actor, "tag Thing", tid, ", ".join(sorted(words)), app)
    note(cloud, actor, "set Thing", tid, ", ".join([*changes, *remove]), app)
    return shown_thing(cloud, cloud.store.things.with_id(thing.id))


def _moved(
    cloud: Cloud, actor: Actor, thing: ThingRow, app: AppRow, aid: str | None, pool: str | None
) -> tuple[ThingRow, AppRow]:
    if aid is None and pool is None:
        return thing, app
    target = app_of(cloud, actor, aid, Role.DEVELOPER) if aid else app
    other = cloud.store.things.in_account(target.account, thing.tid)
    if other is not None and other.id != thing.id:
        raise Refused(409, f"account {target.account} has a Thing {thing.tid} already")
    name = pool_of(cloud, target, pool or target.default_pool).name
    cloud.store.things.move(thing, target.id, name)
    note(cloud, actor, "move Thing", thing.tid, f"to {target.aid} {name}", app)
    return cloud.store.things.with_id(thing.id), target


def shown_thing(cloud: Cloud, thing: ThingRow) -> ThingInfo:
    """Return the public view of a Thing, without keys."""
    app = cloud.store.apps.with_id(thing.app_id)
    settings = settings_of(cloud, thing)
    session = cloud.store.sessions.latest(thing.id)
    online = session is not None and is_online(cloud.clock() - session.last_contact, settings)
    identity = shown_identity(cloud, thing)
    statuses = (session.worker, session.management, session.pythings) if session else ()
    said: dict[str, Any] = {}
    if session is not None:
        said = {
            "active": session.active,
            "encrypted": session.key is not None,
            "last_contact": session.last_contact,
            "app_version": session.app_version,
            "pythings_version": session.pythings_version,
            "worker": session.worker,
            "management": session.management,
            "pythings": session.pythings,
            "worker_at": session.worker_at,
            "management_at": session.management_at,
            "pythings_at": session.pythings_at,
        }
    return ThingInfo(
        tid=thing.tid,
        aid=app.aid,
        app=app.name,
        pool=thing.pool,
        platform=thing.platform,
        capabilities=thing.capabilities,
        frozen=thing.frozen,
        custom=thing.custom is not None,
        settings=settings,
        state=state_of(bool(identity.waiting), said.get("active"), online, *statuses),
        online=online,
        identity=identity,
        tags=list(thing.tags),
        **said,
    )
