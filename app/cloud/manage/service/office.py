"""The base of all management services: actors, roles, refusals, pages, database threads."""

from __future__ import annotations

import asyncio
import enum
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from app.cloud.cloud import Cloud
from app.cloud.errors import CloudFailure
from app.cloud.reader import Reader
from app.cloud.tables.apps import AppRow
from app.cloud.tables.things import ThingRow
from app.cloud.writer import Writer

_T = TypeVar("_T")


class Role(enum.IntEnum):
    """The rights of a person in an app; each role has those of the roles before it."""

    VIEWER = 1  # see
    DEVELOPER = 2  # commit, change settings, send messages
    OWNER = 3  # give roles, see the audit

    @property
    def word(self) -> str:
        """Return the role as it is stored and shown."""
        return self.name.lower()


ROLES = tuple(role.word for role in Role)


def role_named(word: str) -> Role:
    """Return the role of that word; raises Refused."""
    if word not in ROLES:
        raise Refused(422, f"there is no role {word}; there are {', '.join(ROLES)}")
    return Role[word.upper()]


@dataclass(frozen=True)
class Actor:
    """The author of a request. `person_id` is None for a user of the cloud's data folder.

    `owner`: of the whole cloud. `roles` by the number of the app; `most` is the highest role that
    the API token allows, in any app.
    """

    name: str
    person_id: int | None = None
    owner: bool = False
    roles: Mapping[int, Role] = field(default_factory=dict)
    most: Role = Role.OWNER

    def role_in(self, app_id: int) -> Role | None:
        """Return the actor's role in an app, None without one."""
        role = Role.OWNER if self.owner else self.roles.get(app_id)
        return None if role is None else min(role, self.most)

    @property
    def sees(self) -> int | None:
        """Return the number of the person that limits the visible apps, None for all apps."""
        return None if self.owner else self.person_id


LOCAL = Actor("(data folder)", owner=True)


class Refused(CloudFailure):
    """A refused request; `status` is of HTTP, after `retry_s` a retry may succeed.

    `more` has further members of the problem details.
    """

    def __init__(
        self, status: int, text: str, retry_s: float | None = None, **more: object
    ) -> None:
        super().__init__(text)
        self.status = status
        self.retry_s = retry_s
        self.more = more


@dataclass(frozen=True)
class Page:
    """The requested part of a list, and its order; `-` before a column reverses it."""

    offset: int = 0
    limit: int = 100
    sort: str = ""


FIRST = Page()


@dataclass(frozen=True)
class Listing(Generic[_T]):
    """A part of a list, and the length of the whole list."""

    items: Sequence[_T]
    total: int
    offset: int
    limit: int


def cut(rows: Sequence[_T], page: Page) -> Listing[_T]:
    """Return a page of a list that is short enough to be in memory as a whole."""
    part = rows[page.offset : page.offset + page.limit]
    return Listing(part, len(rows), page.offset, page.limit)


class Office:
    """The runner of the services' work: in the threads of the database, never in the event loop."""

    def __init__(self, cloud: Cloud, writer: Writer, reader: Reader) -> None:
        self.cloud = cloud
        self._writer = writer
        self._reader = reader
        self._thinking = asyncio.Semaphore(2)

    async def read(self, call: Callable[[Cloud], _T]) -> _T:
        """Run `call` in a reader's thread, and return its result; it must not write."""
        return await self._reader.do(call)

    async def think(self, call: Callable[[], _T]) -> _T:
        """Run `call` in a thread without the database, and return its result; two at a time."""
        async with self._thinking:
            return await asyncio.to_thread(call)

    async def awaited(
        self, wait_s: float, look: Callable[[], Awaitable[_T]], found: Callable[[_T], bool]
    ) -> _T:
        """Look, and again after each event, until it is found or `wait_s` seconds have passed."""
        end = time.monotonic() + wait_s
        while True:
            # Before the look: an event between it and the wait rings, too.
            ring = self.cloud.notifier.next()
            result = await look()
            left = end - time.monotonic()
            if found(result) or left <= 0 or self.cloud.notifier.closed:
                return result
            await self.cloud.notifier.wait(left, ring)

    async def change(self, call: Callable[[Cloud], _T]) -> _T:
        """Run `call` in the writer's thread; return its result once its changes are committed."""
        return await self._writer.do(lambda: call(self.cloud))


def note(
    cloud: Cloud,
    actor: Actor,
    action: str,
    target: str,
    detail: str = "",
    app: AppRow | None = None,
) -> None:
    """Record an actor's change in the audit, in the transaction of the change."""
    aid = None if app is None else app.aid
    cloud.store.audit.add(cloud.clock(), actor.name, action, aid, target, detail)


def must_own_all(actor: Actor) -> None:
    """Refuse an actor that is not an owner of the whole cloud."""
    if not actor.owner or actor.most < Role.OWNER:
        raise Refused(403, "only an owner of the cloud may do this")


def must_be_whole(actor: Actor) -> None:
    """Refuse an API token that allows less than its person: it must not turn into more."""
    if actor.most < Role.OWNER:
        raise Refused(403, "this token may not do this; log in, or use one with the role owner")


def app_of(cloud: Cloud, actor: Actor, aid: str, least: Role = Role.VIEWER) -> AppRow:
    """Return the app of that id; to an actor without a role, it does not exist."""
    for app in cloud.store.apps.with_aid(aid):
        role = actor.role_in(app.id)
        if role is not None:
            must_be(role, least)
            return app
    raise Refused(404, f"there is no app {aid}; see `pythings cloud app list`")


def apps_seen(cloud: Cloud, actor: Actor, aid: str | None) -> dict[int, AppRow]:
    """Return the app of that id, or all that the actor may see, by their numbers."""
    if aid is not None:
        found = [app_of(cloud, actor, aid)]
    else:
        found = [app for app in cloud.store.apps.all() if actor.role_in(app.id) is not None]
    return {app.id: app for app in found}


def thing_of(
    cloud: Cloud, actor: Actor, tid: str, least: Role = Role.VIEWER
) -> tuple[ThingRow, AppRow]:
    """Return the newest Thing of that id which the actor may see, with its app."""
    for thing in reversed(cloud.store.things.of_tid(tid)):
        role = actor.role_in(thing.app_id)
        if role is not None:
            must_be(role, least)
            return thing, cloud.store.apps.with_id(thing.app_id)
    raise Refused(404, f"no Thing {tid} has registered; see `pythings cloud thing list`")


def must_be(role: Role, least: Role) -> None:
    """Refuse a role below `least`."""
    if role < least:
        raise Refused(403, f"a {role.word} of this app may not do this; a {least.word} may")
