"""The views' access to people, tokens, audit, data and releases, with the rights of their user."""

from __future__ import annotations

from collections.abc import Mapping

from app.cloud.manage.service import Management
from app.cloud.manage.service.office import Actor
from app.cloud.manage.service.people import PersonInfo, TokenInfo
from app.cloud.manage.service.releases import ReleaseInfo
from app.cloud.tables.audit import Entry
from app.console.access import CloudAccess


class Admin(CloudAccess):
    """The administration of a cloud by the person of a session at an `address`."""

    def __init__(self, manage: Management, token: str, actor: Actor, address: str) -> None:
        super().__init__(manage, actor, token)
        self._address = address

    async def people(self) -> list[PersonInfo]:
        """Return all accounts, oldest first."""
        return await self._call(self._manage.people.find)

    async def add_person(self, name: str, password: str, owner: bool) -> None:
        """Make an account."""
        add = self._manage.people.add
        await self._call(lambda actor: add(actor, name, password, owner))

    async def set_password(self, name: str, password: str, old: str | None) -> None:
        """Set a password, the own one by the `old` one; the person's sessions end."""
        change = self._manage.people.set_password
        await self._call(lambda actor: change(actor, name, password, old, self._address))

    async def set_active(self, name: str, active: bool) -> None:
        """Enable an account, or disable it."""
        change = self._manage.people.set_active
        await self._call(lambda actor: change(actor, name, active))

    async def roles(self, aid: str) -> Mapping[str, str]:
        """Return the roles in an app by the names of the people."""
        return await self._call(lambda actor: self._manage.apps.roles(actor, aid))

    async def set_role(self, aid: str, name: str, role: str | None) -> None:
        """Set a person's role in an app; None removes it."""
        change = self._manage.apps.set_role
        await self._call(lambda actor: change(actor, aid, name, role))

    async def tokens(self) -> list[TokenInfo]:
        """Return the person's API tokens, for an owner of the cloud those of all people."""
        return await self._call(self._manage.people.tokens)

    async def make_token(self, name: str, role: str, days: int) -> str:
        """Make an API token and return it: it is shown once."""
        make = self._manage.people.make_token
        return await self._call(lambda actor: make(actor, name, role, days))

    async def revoke_token(self, token_id: int) -> None:
        """Revoke an API token."""
        revoke = self._manage.people.revoke_token
        await self._call(lambda actor: revoke(actor, token_id))

    async def audit(self, before: int, limit: int, aid: str, text: str) -> list[Entry]:
        """Return changes below an id, newest first: of one app (else all), with a text."""
        find = self._manage.accounts.audit
        return await self._call(lambda actor: find(actor, before, limit, aid=aid, text=text))

    async def keep_readings(self, aid: str, pool: str, days: int) -> None:
        """Keep the readings of a pool's Things for so many days, 0 for ever."""
        change = self._manage.pools.set
        await self._call(lambda actor: change(actor, aid, pool, keep_readings=days))

    async def releases(self) -> list[ReleaseInfo]:
        """Return the OS releases, newest first."""
        return await self._call(self._manage.releases.find)
