"""The views' access to the cloud, with the rights of the page's user."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from app.cloud.database.connection import Unavailable
from app.cloud.manage.service import Management
from app.cloud.manage.service.apps import AppInfo
from app.cloud.manage.service.messages import APP, COMMAND
from app.cloud.manage.service.office import Actor, Page, Refused
from app.cloud.manage.service.things import ThingInfo
from app.cloud.manage.service.versions import VersionInfo
from app.cloud.tables.events import Event
from app.cloud.tables.messages import Message
from app.cloud.tables.readings import Reading

_T = TypeVar("_T")
READINGS = 2000  # of a Thing, that a chart shows
_MOST = 1000  # that are read at a time
_TALK = 80  # messages and commands of a Thing


class Refusal(Exception):
    """The cloud refuses, or cannot answer; the text says why, in a sentence for the user.

    `status` is of HTTP.
    """

    def __init__(self, text: str, status: int = 503) -> None:
        super().__init__(text)
        self.status = status


class Fleet:
    """All Things and apps of this cloud that `actor` may see."""

    def __init__(self, manage: Management, actor: Actor) -> None:
        self._manage = manage
        self.actor = actor

    async def apps(self) -> list[AppInfo]:
        """Return the apps, oldest first, with their versions and pools, without hidden ones."""
        found = await said(self._manage.apps.find(self.actor, Page(limit=_MOST)))
        return [app for app in found.items if not app.hidden]

    async def app(self, aid: str) -> AppInfo:
        """Return one app."""
        return await said(self._manage.apps.get(self.actor, aid))

    async def create_app(self, name: str, files: Mapping[str, str]) -> str:
        """Make an app of these files; return its id."""
        made = await said(self._manage.apps.create(self.actor, name))
        await self.commit(made.aid, files)
        return made.aid

    async def files(self, aid: str, version: str) -> dict[str, str]:
        """Return the files of a version by name."""
        return await said(self._manage.versions.files(self.actor, aid, version))

    async def versions(self, aid: str) -> list[VersionInfo]:
        """Return the versions of an app with their authors, newest first."""
        page = Page(limit=_MOST, sort="-time")
        return list((await said(self._manage.versions.find(self.actor, aid, page))).items)

    async def diff(self, aid: str, before: str, after: str) -> str:
        """Return the unified diff from one version to another."""
        return await said(self._manage.versions.diff(self.actor, aid, before, after))

    async def commit(self, aid: str, files: Mapping[str, str], newest: str | None = None) -> str:
        """Store a new version; return its name. Pools that follow the latest get it.

        Refused with 409 if `newest` is no longer the newest one.
        """
        call = self._manage.versions.commit(self.actor, aid, files, newest=newest)
        return await said(call)

    async def set_pool(self, aid: str, pool: str, settings: Mapping[str, Any]) -> None:
        """Change settings of a pool."""
        await said(self._manage.pools.set(self.actor, aid, pool, settings))

    async def things(self) -> list[ThingInfo]:
        """Return all Things."""
        things: list[ThingInfo] = []
        total = 1
        while len(things) < total:
            page = Page(offset=len(things), limit=_MOST)
            found = await said(self._manage.things.find(self.actor, page))
            if not found.items:
                break
            things += found.items
            total = found.total
        return things

    async def thing(self, tid: str) -> ThingInfo:
        """Return all that is known of a Thing."""
        return await said(self._manage.things.get(self.actor, tid))

    async def set_thing(self, tid: str, settings: Mapping[str, Any]) -> None:
        """Set a Thing's own settings."""
        await said(self._manage.things.set(self.actor, tid, settings))

    async def give_pool_settings(self, tid: str) -> None:
        """Restore the settings of a Thing's pool."""
        await said(self._manage.things.set(self.actor, tid, custom=False))

    async def readings(self, tid: str) -> list[Reading]:
        """Return a Thing's latest readings, oldest first."""
        return await said(self._manage.readings.find(self.actor, tid, limit=READINGS))

    async def messages(self, tid: str) -> list[Message]:
        """Return a Thing's latest messages and commands with their replies, oldest first."""
        page = Page(limit=_TALK, sort="-queued")
        found = await said(self._manage.messages.find(self.actor, tid, page))
        return list(reversed(found.items))

    async def send(self, tid: str, msg: Any) -> None:
        """Queue a message for a Thing's app."""
        await said(self._manage.messages.queue(self.actor, tid, APP, msg))

    async def command(self, tid: str, source: str) -> None:
        """Queue a command: Python, or a line for its shell that begins with a colon."""
        await said(self._manage.messages.queue(self.actor, tid, COMMAND, source))

    async def events(self, after: int, wait_s: float) -> list[Event]:
        """Return calls of Things in their order; without one, wait for the next."""
        return await said(self._manage.events.after(self.actor, after, wait_s=wait_s))


async def said(call: Awaitable[_T]) -> _T:
    """Return the call's result; raise Refusal, in a sentence, for its errors."""
    try:
        return await call
    except Refused as error:
        text = str(error)
        raise Refusal(f"{text[:1].upper()}{text[1:]}.", error.status) from error
    except Unavailable as error:
        raise Refusal("The database does not answer at the moment. Try again.") from error
