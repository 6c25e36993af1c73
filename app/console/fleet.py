"""The views' access to the cloud, with the rights of the page's user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.cloud.manage.service.apps import AppInfo
from app.cloud.manage.service.messages import APP, COMMAND
from app.cloud.manage.service.office import Page
from app.cloud.manage.service.things import ThingInfo
from app.cloud.manage.service.versions import VersionInfo
from app.cloud.tables.events import Event
from app.cloud.tables.messages import Message
from app.cloud.tables.readings import Reading
from app.console.access import MOST, CloudAccess, Refusal

READINGS = 2000  # of a Thing, that a chart shows
_MOST_TEXT = 50_000_000  # characters of an export
_TALK = 80  # messages and commands of a Thing


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

    async def thing(self, tid: str) -> ThingInfo:
        """Return all that is known of a Thing."""
        return await self._call(lambda actor: self._manage.things.get(actor, tid))

    async def set_thing(self, tid: str, settings: Mapping[str, Any]) -> None:
        """Set a Thing's own settings."""
        await self._call(lambda actor: self._manage.things.set(actor, tid, settings))

    async def give_pool_settings(self, tid: str) -> None:
        """Restore the settings of a Thing's pool."""
        await self._call(lambda actor: self._manage.things.set(actor, tid, custom=False))

    async def readings(self, tid: str) -> list[Reading]:
        """Return a Thing's latest readings, oldest first."""
        find = self._manage.readings.find
        return await self._call(lambda actor: find(actor, tid, limit=READINGS))

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

    async def messages(self, tid: str) -> list[Message]:
        """Return a Thing's latest messages and commands with their replies, oldest first."""
        page = Page(limit=_TALK, sort="-queued")
        found = await self._call(lambda actor: self._manage.messages.find(actor, tid, page))
        return list(reversed(found.items))

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
