"""Messages and commands to Things, with their replies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from adapters.debug.commands import shown_remote
from app.cloud.attention import attend
from app.cloud.cloud import Cloud
from app.cloud.manage.service.events import LONGEST_WAIT_S
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
from app.cloud.settings import settings_of
from app.cloud.sizes import too_long
from app.cloud.tables.messages import Message
from app.cloud.values import Unshowable, check

APP, COMMAND = "APP", "CMD"
STATUSES = ("queued", "delivered", "received")


class MessageService:
    """Operations on messages."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def find(
        self,
        actor: Actor,
        tid: str,
        page: Page = FIRST,
        status: str | None = None,
    ) -> Listing[Message]:
        """Return a Thing's messages, oldest first (`-queued`: newest), secrets masked."""

        def found(cloud: Cloud) -> Listing[Message]:
            thing, _ = thing_of(cloud, actor, tid)
            newest = page.sort == "-queued"
            rows, total = cloud.store.messages.page(
                thing.id, page.limit, page.offset, newest, status
            )
            return Listing([_masked(row) for row in rows], total, page.offset, page.limit)

        return await self._office.read(found)

    async def get(self, actor: Actor, tid: str, mid: str, wait_s: float = 0.0) -> Message:
        """Return one message, after up to `wait_s` seconds if it is not answered before."""

        def found(cloud: Cloud) -> Message:
            message = cloud.store.messages.get(thing_of(cloud, actor, tid)[0].id, mid)
            if message is None:
                raise Refused(404, f"Thing {tid} has no message {mid}; it may have been cancelled")
            return _masked(message)

        async def look() -> Message:
            return await self._office.read(found)

        wait_s = min(wait_s, LONGEST_WAIT_S)
        return await self._office.awaited(wait_s, look, lambda it: it.status == STATUSES[-1])

    async def named(self, actor: Actor, mid: str) -> Message:
        """Return the message of that id, whichever Thing it is for."""

        def found(cloud: Cloud) -> Message:
            known = cloud.store.messages.with_mid(mid)
            if known is not None:
                thing_id, message = known
                if actor.role_in(cloud.store.things.with_id(thing_id).app_id) is not None:
                    return _masked(message)
            raise Refused(404, f"there is no message {mid}; it may have been cancelled")

        return await self._office.read(found)

    async def queue(self, actor: Actor, tid: str, kind: str, msg: Any) -> str:
        """Queue any JSON value for the Thing's app, or source text as a command; return the mid."""
        if kind not in (APP, COMMAND):
            raise Refused(422, "type must be APP or CMD")
        if kind == COMMAND and not isinstance(msg, str):
            raise Refused(422, "msg must be text for a command")
        try:
            check(msg)
        except Unshowable as error:
            raise Refused(422, f"msg {error}") from error

        def queued(cloud: Cloud) -> str:
            thing, app = thing_of(cloud, actor, tid, Role.DEVELOPER)
            session = cloud.store.sessions.latest(thing.id)
            encrypted = session is not None and session.key is not None
            problem = too_long(thing.platform, encrypted, settings_of(cloud, thing), kind, msg)
            if problem:
                raise Refused(422, problem)
            mid = cloud.store.messages.queue(thing.id, kind, msg, cloud.clock())
            note(cloud, actor, f"queue {kind}", tid, mid, app)
            if kind == COMMAND:  # more will follow; messages may come from a program
                attend(cloud, thing)
            return mid

        return await self._office.change(queued)

    async def attend(self, actor: Actor, tid: str) -> float:
        """Ask a Thing to come back soon: a person waits for it. Return until when."""
        return await self._office.change(
            lambda cloud: attend(cloud, thing_of(cloud, actor, tid)[0])
        )

    async def cancel(self, actor: Actor, tid: str, mids: Collection[str] = ()) -> list[str]:
        """Cancel a Thing's queued messages, all or those of `mids`; return their mids."""

        def cancelled(cloud: Cloud) -> list[str]:
            thing, app = thing_of(cloud, actor, tid, Role.DEVELOPER)
            gone = cloud.store.messages.cancel(thing.id, mids)
            note(cloud, actor, "cancel messages", tid, ", ".join(gone), app)
            return gone

        return await self._office.change(cancelled)


def _masked(message: Message) -> Message:
    if message.type != COMMAND:
        return message
    return replace(message, msg=shown_remote(message.msg))
