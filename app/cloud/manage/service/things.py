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
    note,
    thing_of,
)
from app.cloud.manage.service.pools import checked
from app.cloud.manage.service.thing_changes import changed_thing
from app.cloud.manage.service.thing_identities import (
    IdentityInfo,
    only_waiting,
    shown_identities,
)
from app.cloud.settings import is_online, settings_of_all
from app.cloud.tables.apps import AppRow
from app.cloud.tables.events import Event
from app.cloud.tables.identities import NONE
from app.cloud.tables.sessions import STATUSES, Session
from app.cloud.tables.states import state_of
from app.cloud.tables.things import SORTS, ThingRow

_FINGERPRINT = re.compile("[0-9a-f]{16}")
_OF_SESSION = (
    *("active", "last_contact", "app_version", "pythings_version"),
    *(name for what in STATUSES for name in (what, f"{what}_at")),
)


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
            return Listing(shown_things(cloud, rows), total, page.offset, page.limit)

        return await self._office.read(found)

    async def get(self, actor: Actor, tid: str) -> ThingInfo:
        """Return one Thing."""
        return await self._office.read(
            lambda cloud: shown_thing(cloud, thing_of(cloud, actor, tid)[0])
        )

    async def some(self, actor: Actor, tids: Sequence[str]) -> list[ThingInfo]:
        """Return those of these Things that the actor may see, all in one read."""

        def found(cloud: Cloud) -> list[ThingInfo]:
            seen = []
            for tid in tids:
                with contextlib.suppress(Refused):
                    seen.append(thing_of(cloud, actor, tid)[0])
            return shown_things(cloud, seen)

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

        def changed(cloud: Cloud) -> list[ThingInfo]:
            things = [changed_thing(cloud, actor, tid, changes, **more) for tid in tids]
            return shown_things(cloud, things)

        return await self._office.change(changed)

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


def shown_thing(cloud: Cloud, thing: ThingRow) -> ThingInfo:
    """Return the public view of a Thing, without keys."""
    return shown_things(cloud, [thing])[0]


def shown_things(cloud: Cloud, things: Sequence[ThingRow]) -> list[ThingInfo]:
    """Return the public views of Things in the same order; as many statements for any number."""
    apps = cloud.store.apps.with_ids(thing.app_id for thing in things)
    settings = settings_of_all(cloud, things)
    sessions = cloud.store.sessions.latest_of(thing.id for thing in things)
    identities = shown_identities(cloud, things)
    now = cloud.clock()
    return [
        _shown(
            thing,
            apps[thing.app_id],
            settings[thing.id],
            sessions.get(thing.id),
            identities[thing.id],
            now,
        )
        for thing in things
    ]


def _shown(
    thing: ThingRow,
    app: AppRow,
    settings: dict[str, Any],
    session: Session | None,
    identity: IdentityInfo,
    now: float,
) -> ThingInfo:
    online = session is not None and is_online(now - session.last_contact, settings)
    statuses = (session.worker, session.management, session.pythings) if session else ()
    said = {} if session is None else {name: getattr(session, name) for name in _OF_SESSION}
    if session is not None:
        said["encrypted"] = session.key is not None
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
