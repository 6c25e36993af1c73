"""The accounts of the cloud's management, in the form that the door uses."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from app.cloud.database.connection import Unavailable
from app.cloud.manage.service import Management
from app.cloud.manage.service.office import LOCAL, Actor, Refused
from app.console.door import Wrong

_T = TypeVar("_T")


class People:
    """The accounts of one cloud."""

    def __init__(self, manage: Management) -> None:
        self._manage = manage

    async def has_owner(self) -> bool:
        """Tell whether the owner's account was made."""
        return await _said(self._manage.people.has_owner())

    async def make_owner(self, name: str, password: str) -> None:
        """Make the owner's account; raises Wrong."""
        await _said(self._manage.people.add(LOCAL, name, password, owner=True))

    async def log_in(self, name: str, password: str, address: str) -> str:
        """Begin a session and return its token; raises Wrong."""
        login = await _said(self._manage.logins.log_in(name, password, address))
        return login.token

    async def log_out(self, token: str) -> None:
        """End a session."""
        await _said(self._manage.logins.log_out(token))

    async def actor_of(self, token: str) -> Actor | None:
        """Return the actor of a session, None for a token without one."""
        if not token:
            return None
        return await _said(self._manage.logins.by_session(token))


async def _said(call: Awaitable[_T]) -> _T:
    try:
        return await call
    except Refused as error:
        text = str(error)
        raise Wrong(f"{text[:1].upper()}{text[1:]}.") from error
    except Unavailable as error:
        raise Wrong("The database does not answer at the moment. Try again.") from error
