"""Accounts of Things: the ids that new ones register with, limits on their data; the audit."""

from __future__ import annotations

from dataclasses import dataclass

from app.cloud.cloud import Cloud
from app.cloud.manage.service.office import (
    Actor,
    Office,
    Refused,
    must_be_whole,
    must_own_all,
    note,
)
from app.cloud.srsa import EXPONENT
from app.cloud.tables.accounts import Account
from app.cloud.tables.audit import Entry

NEWEST = 2**62


@dataclass(frozen=True)
class KeyInfo:
    """The cloud's public key, as text: few JSON parsers keep a number of 309 digits."""

    modulus: str
    exponent: str


class AccountService:
    """Operations on the accounts that own apps, and on the cloud as a whole."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def key(self) -> KeyInfo:
        """Return the public key that Things encrypt to; it is no secret."""
        return KeyInfo(str(self._office.cloud.keys.modulus), str(EXPONENT))

    async def find(self, actor: Actor) -> list[Account]:
        """Return all accounts with the id that new Things register with."""

        def found(cloud: Cloud) -> list[Account]:
            must_own_all(actor)
            return cloud.store.accounts.all()

        return await self._office.read(found)

    async def set_limits(
        self, actor: Actor, name: str, things: int | None, messages: int | None
    ) -> None:
        """Limit an account's Things and messages; None is no limit."""

        def changed(cloud: Cloud) -> None:
            account = _account(cloud, actor, name)
            cloud.store.accounts.set_limits(account.name, things, messages)
            note(cloud, actor, "set limits", name, f"things {things}, messages {messages}")

        await self._office.change(changed)

    async def close_name(self, actor: Actor, name: str) -> Account:
        """Stop registration by the account's name, which was in use before accounts had ids."""

        def closed(cloud: Cloud) -> Account:
            account = _account(cloud, actor, name)
            cloud.store.accounts.close_name(account.name)
            note(cloud, actor, "close account name", name)
            return _account(cloud, actor, name)

        return await self._office.change(closed)

    async def audit(
        self, actor: Actor, before: int = NEWEST, limit: int = 100, aid: str = "", text: str = ""
    ) -> list[Entry]:
        """Return changes and their authors, newest first: all of them for an owner of the cloud,
        those in the owned apps for an owner of apps.

        `aid`: of one app; `text`: in the author, the action, its object or the details.
        """
        must_be_whole(actor)
        return await self._office.read(
            lambda cloud: cloud.store.audit.before(before, limit, actor.sees, aid, text)
        )


def _account(cloud: Cloud, actor: Actor, name: str) -> Account:
    must_own_all(actor)
    account = cloud.store.accounts.named(name)
    if account is None:
        raise Refused(404, f"there is no account {name}; see `pythings cloud account list`")
    return account
