"""The views' access to the cloud, with the rights of the page's user."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.cloud.manage.service.apps import AppInfo
from app.cloud.manage.service.messages import APP, COMMAND
from app.cloud.manage.service.office import Actor, Page
from app.cloud.manage.service.things import ThingInfo
from app.cloud.manage.service.versions import VersionInfo
from app.cloud.tables.events import Event
from app.cloud.tables.messages import Message
from app.cloud.tables.readings import Reading
from app.console.access import MOST, CloudAccess, Refusal

READINGS = 2000  # of a Thing, that a chart shows
_MOST_TEXT = 50_000_000  # characters of an export
_TALK = 80  # messages and commands of a Thing


@dataclass(frozen=True)
class SeenThing:
    """A Thing, its latest messages and commands, and its latest readings; oldest first."""

    thing: ThingInfo
    messages: list[Message]
    readings: list[Reading] | None


class Fleet(CloudAccess):
    """All Things and apps of this cloud that the person may see."""

    async def app(self, aid: str) -> AppInfo:
        """Return one app."""
        return await self._call(lambda actor: self._manage.apps.get(actor, aid))

    async def create_app(self, name: str, files: Mapping[str, str]) -> str:
        """Make an app of these files; return its id."""
        made = await self._call(lambda actor: self._manage.apps.create(actor, name))
        await self.commit(made.aid, files)
        return made.aid

    async def files(self, aid: str, version: str) -> dict[str, str]:
        """Return the files of a version by name."""
        return await self._call(lambda actor: self._manage.versions.files(actor, aid, version))

    async def versions(self, aid: str) -> list[VersionInfo]:
        """Return the versions of an app with their authors, newest first."""
        page = Page(limit=MOST, sort="-time")
        find = self._manage.versions.find
        return list((await self._call(lambda actor: find(actor, aid, page))).items)

    async def diff(self, aid: str, before: str, after: str) -> str:
        """Return the unified diff from one version to another."""
        return await self._call(lambda actor: self._manage.versions.diff(actor, aid, before, after))

    async def commit(self, aid: str, files: Mapping[str, str], newest: str | None = None) -> str:
        """Store a new version; return its name. Pools that follow the latest get it.

        Refused with 409 if `newest` is no longer the newest one.
        """
        commit = self._manage.versions.commit
        return await self._call(lambda actor: commit(actor, aid, files, newest=newest))

    async def set_pool(self, aid: str, pool: str, settings: Mapping[str, Any]) -> None:
        """Change settings of a pool."""
        await self._call(lambda actor: self._manage.pools.set(actor, aid, pool, settings))

    async def things(self) -> list[ThingInfo]:
        """Return all Things."""
        return await self._all(self._manage.things.find)

    async def some(self, tids: list[str]) -> list[ThingInfo]:
        """Return those of these Things that the person may see, in one call."""
        return await self._call(lambda actor: self._manage.things.some(actor, tids))

    async def set_thing(self, tid: str, settings: Mapping[str, Any]) -> None:
        """Set a Thing's own settings."""
        await self._call(lambda actor: self._manage.things.set(actor, tid, settings))

    async def give_pool_settings(self, tid: str) -> None:
        """Restore the settings of a Thing's pool."""
        await self._call(lambda actor: self._manage.things.set(actor, tid, custom=False))

    async def seen(self, tid: str, measured: bool) -> SeenThing:
        """Return a Thing with its messages, and with its readings if `measured`, in one call."""
        manage, page = self._manage, Page(limit=_TALK, sort="-queued")

        async def found(actor: Actor) -> SeenThing:
            thing, messages, readings = await asyncio.gather(
                manage.things.get(actor, tid),
                manage.messages.find(actor, tid, page),
                manage.readings.find(actor, tid, limit=READINGS) if measured else _none(),
            )
            return SeenThing(thing, list(reversed(messages.items)), readings)

        return await self._call(found)

    async def export(self, tid: str, start: float) -> str:
        """Return a Thing's readings since a time as CSV."""
        export = self._manage.readings.export
        parts = await self._call(lambda actor: export(actor, tid, "csv", start))
        text, length = [], 0
        async for part in parts:
            text.append(part)
            length += len(part)
            if length > _MOST_TEXT:
                raise Refusal(
                    "This is too much for a browser. `pythings cloud data` writes it to a file.",
                    413,
                )
        return "".join(text)

    async def attend(self, tid: str) -> None:
        """Ask a Thing to come back soon, as its page is open."""
        await self._call(lambda actor: self._manage.messages.attend(actor, tid))

    async def send(self, tid: str, msg: Any) -> None:
        """Queue a message for a Thing's app."""
        await self._call(lambda actor: self._manage.messages.queue(actor, tid, APP, msg))

    async def command(self, tid: str, source: str) -> None:
        """Queue a command: Python, or a line for its shell that begins with a colon."""
        await self._call(lambda actor: self._manage.messages.queue(actor, tid, COMMAND, source))

    async def events(self, after: int, wait_s: float) -> list[Event]:
        """Return calls of Things in their order; without one, wait for the next."""
        find = self._manage.events.after
        return await self._call(lambda actor: find(actor, after, wait_s=wait_s))


async def _none() -> None:
    """Read nothing."""
