"""People: accounts with passwords, and API tokens in their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.cloud.cloud import Cloud
from app.cloud.database.connection import Taken
from app.cloud.errors import CloudFailure
from app.cloud.folder import OWNER
from app.cloud.manage.service.logins import LoginService, forget_tries
from app.cloud.manage.service.names import must_be_plain
from app.cloud.manage.service.office import (
    LOCAL,
    Actor,
    Office,
    Refused,
    must_be_whole,
    must_own_all,
    note,
    role_named,
)
from app.cloud.manage.service.passwords import BadPassword, hashed
from app.cloud.tables.people import Person
from app.cloud.tables.tokens import Token

_DAY_S = 86_400.0
_MOST_DAYS = 366
_MOST_TOKENS = 50  # of a person


@dataclass(frozen=True)
class PersonInfo:
    """An account; `roles` by the id of the app."""

    name: str
    owner: bool
    active: bool
    created: float
    roles: dict[str, str]


@dataclass(frozen=True)
class TokenInfo:
    """An API token without its secret; `role` is the most that it allows. Times in seconds."""

    id: int
    name: str
    person: str
    role: str
    created: float
    expires: float


class PeopleService:
    """Operations on accounts and tokens."""

    def __init__(self, office: Office, logins: LoginService) -> None:
        self._office = office
        self._logins = logins

    async def has_owner(self) -> bool:
        """Tell whether the cloud has an active account of an owner."""
        return await self._office.read(lambda cloud: cloud.store.people.owners() > 0)

    async def find(self, actor: Actor) -> list[PersonInfo]:
        """Return all accounts, oldest first."""

        def found(cloud: Cloud) -> list[PersonInfo]:
            must_own_all(actor)
            return [_shown(cloud, person) for person in cloud.store.people.all()]

        return await self._office.read(found)

    async def add(self, actor: Actor, name: str, password: str, owner: bool = False) -> PersonInfo:
        """Make an account, with no role in any app yet."""
        must_be_plain(name)
        must_own_all(actor)
        secret = await self._hashed(password)

        def added(cloud: Cloud) -> PersonInfo:
            try:
                person = cloud.store.people.add(name, secret, owner, cloud.clock())
            except Taken as error:
                raise Refused(409, f"there is an account {name} already") from error
            note(cloud, actor, "add owner" if owner else "add person", name)
            return _shown(cloud, person)

        return await self._office.change(added)

    async def set_password(
        self, actor: Actor, name: str, password: str, old: str | None = None, address: str = ""
    ) -> None:
        """Set the password of the actor by the `old` one, or as owner of any other person.

        It ends that person's sessions. Guesses of `old` from `address` count as log-ins.
        """
        _must_be(actor, name)
        secret = await self._hashed(password)
        own = actor.person_id is not None and name == actor.name
        if own and not (old and await self._logins.proven(name, old, address)):
            raise Refused(403, "give your old password, too: this one is missing or wrong")

        def changed(cloud: Cloud) -> None:
            person = person_of(cloud, name)
            if own:
                forget_tries(cloud, name, address)
            cloud.store.people.set_password(person, secret)
            cloud.store.logins.end_all(person.id)
            note(cloud, actor, "set password", name)

        await self._office.change(changed)

    async def set_active(self, actor: Actor, name: str, active: bool) -> PersonInfo:
        """Enable an account, or disable it, which ends its sessions and revokes its tokens."""

        def changed(cloud: Cloud) -> PersonInfo:
            must_own_all(actor)
            person = person_of(cloud, name)
            cloud.store.people.set_active(person, active)
            if not active:
                if person.owner and cloud.store.people.owners() == 0:
                    raise Refused(409, f"{name} is the only owner; make another one first")
                cloud.store.logins.end_all(person.id)
                cloud.store.tokens.drop_all(person.id)
            note(cloud, actor, "let in" if active else "shut out", name)
            return _shown(cloud, person_of(cloud, name))

        return await self._office.change(changed)

    async def tokens(self, actor: Actor) -> list[TokenInfo]:
        """Return the actor's own API tokens, as owner those of all people, oldest first."""

        def found(cloud: Cloud) -> list[TokenInfo]:
            return [_token(cloud, token) for token in cloud.store.tokens.all(actor.sees)]

        return await self._office.read(found)

    async def make_token(
        self, actor: Actor, name: str, role: str, days: int, person: str | None = None
    ) -> str:
        """Make an API token and return it: it is shown once. `person`: for another, as owner."""
        most = role_named(role)
        must_be_plain(name)
        if not 1 <= days <= _MOST_DAYS:
            raise Refused(422, f"a token lasts 1 to {_MOST_DAYS} days")
        _must_be(actor, person or actor.name)

        def made(cloud: Cloud) -> str:
            whose = person_of(cloud, person or actor.name)
            if len(cloud.store.tokens.all(whose.id)) >= _MOST_TOKENS:
                raise Refused(409, f"{whose.name} has {_MOST_TOKENS} tokens; revoke one first")
            now = cloud.clock()
            note(cloud, actor, "make token", name, f"{most.word} {days} days, of {whose.name}")
            return cloud.store.tokens.add(name, whose.id, most.word, now, now + days * _DAY_S)

        return await self._office.change(made)

    async def revoke_token(self, actor: Actor, token_id: int) -> None:
        """Revoke an API token: the actor's own, or as owner any."""

        def revoked(cloud: Cloud) -> None:
            must_be_whole(actor)
            for token in cloud.store.tokens.all(actor.sees):
                if token.id == token_id:
                    cloud.store.tokens.drop(token_id)
                    note(cloud, actor, "revoke token", token.name)
                    return
            raise Refused(404, f"there is no token {token_id}; see `pythings cloud token list`")

        await self._office.change(revoked)

    async def _hashed(self, password: str) -> str:
        try:
            return await self._office.think(lambda: hashed(password))
        except BadPassword as error:
            raise Refused(422, str(error)) from error


def person_of(cloud: Cloud, name: str) -> Person:
    """Return the person of that name; raises Refused."""
    person = cloud.store.people.named(name)
    if person is None:
        raise Refused(404, "there is no account of that name; see `pythings cloud person list`")
    return person


def first_owner(cloud: Cloud, ask: Callable[[], str]) -> None:
    """Make the account OWNER with the password that `ask` returns, if the cloud has no owner yet.

    An empty password makes no account: then only a user of the data folder manages the cloud.
    Called before the cloud serves; raises CloudFailure.
    """
    with cloud.store.transaction():
        if cloud.store.people.owners():
            return
    password = ask()
    if not password:
        return
    secret = hashed(password)
    with cloud.store.transaction():
        if cloud.store.people.named(OWNER) is not None:
            raise CloudFailure(f"There is an account {OWNER} that is shut out, or owns nothing.")
        cloud.store.people.add(OWNER, secret, True, cloud.clock())
        note(cloud, LOCAL, "add owner", OWNER)


def _must_be(actor: Actor, name: str) -> None:
    must_be_whole(actor)
    if actor.person_id is None or name != actor.name:
        must_own_all(actor)


def _shown(cloud: Cloud, person: Person) -> PersonInfo:
    roles = {
        cloud.store.apps.with_id(app_id).aid: role
        for app_id, role in cloud.store.people.roles(person.id).items()
    }
    return PersonInfo(person.name, person.owner, person.active, person.created, roles)


def _token(cloud: Cloud, token: Token) -> TokenInfo:
    name = cloud.store.people.with_id(token.person_id).name
    return TokenInfo(token.id, token.name, name, token.role, token.created, token.expires)
