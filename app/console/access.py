"""The calls of a page to the cloud, with the present rights of its person."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from app.cloud.database.connection import Unavailable
from app.cloud.manage.service import Management
from app.cloud.manage.service.apps import AppInfo
from app.cloud.manage.service.office import Actor, Listing, Page, Refused

_T = TypeVar("_T")
MOST = 1000  # that are read at a time


class Refusal(Exception):
    """The cloud refuses, or cannot answer; the text says why, in a sentence for the user.

    `status` is of HTTP.
    """

    def __init__(self, text: str, status: int = 503) -> None:
        super().__init__(text)
        self.status = status


class _Find(Protocol[_T]):
    def __call__(self, actor: Actor, *, page: Page) -> Awaitable[Listing[_T]]: ...


class CloudAccess:
    """The services of a cloud for the person of a session.

    The session is looked up for each call: a person that was shut out sees and changes nothing more
    from a page that is still open. Without a `token`, `actor` has its rights for ever.
    """

    def __init__(self, manage: Management, actor: Actor, token: str | None = None) -> None:
        self._manage = manage
        self._token = token
        self.actor = actor

    async def _call(self, call: Callable[[Actor], Awaitable[_T]]) -> _T:
        if self._token is not None:
            actor = await said(self._manage.logins.by_session(self._token))
            if actor is None:
                raise Refusal("Your session has ended. Log in again.", 401)
            self.actor = actor
        return await said(call(self.actor))

    async def alive(self) -> None:
        """Raise Refusal if the session has ended."""
        await self._call(_nothing)

    async def _all(self, find: _Find[_T]) -> list[_T]:
        """Return all of a list, page by page."""
        found: list[_T] = []
        total = 1
        while len(found) < total:
            page = Page(offset=len(found), limit=MOST)
            part = await self._call(functools.partial(find, page=page))
            if not part.items:
                break
            found += part.items
            total = part.total
        return found

    async def apps(self) -> list[AppInfo]:
        """Return the apps that the person may see, oldest first, without hidden ones."""
        find = self._manage.apps.find
        found = await self._call(lambda actor: find(actor, Page(limit=MOST)))
        return [app for app in found.items if not app.hidden]


async def _nothing(_actor: Actor) -> None:
    """Ask for nothing but the session."""


async def said(call: Awaitable[_T]) -> _T:
    """Return the call's result; raise Refusal, in a sentence, for its errors."""
    try:
        return await call
    except Refused as error:
        text = str(error)
        raise Refusal(f"{text[:1].upper()}{text[1:]}.", error.status) from error
    except Unavailable as error:
        raise Refusal("The database does not answer at the moment. Try again.") from error
