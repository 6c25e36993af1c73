"""Log-ins by password, with a limit on guesses in the database; actors by session or token."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from app.cloud.cloud import Cloud
from app.cloud.manage.service.office import LOCAL, Actor, Office, Refused, Role, note, role_named
from app.cloud.manage.service.passwords import hashed, matches
from app.cloud.tables.people import Person

SESSION_S = 12 * 3600.0
_PERIOD_S = 600.0
# Tries in a period. Guesses of one name from one address lock out no other user; an attacker with
# many addresses gets no more than 14,400 guesses a day.
_BY_BOTH = 10
_BY_NAME = 100
_BY_ADDRESS = 30  # it may be a whole office
_WRONG = "the name or the password is wrong"


@dataclass(frozen=True)
class Login:
    """A session that has begun: its secret token, and the CSRF token to send with each change."""

    token: str
    csrf: str
    name: str
    expires: float


class LoginService:
    """Authentication. `local`: the secret in the data folder, which grants all rights."""

    def __init__(self, office: Office, local: str) -> None:
        self._office = office
        self._local = local.encode()
        # The hash of no account: an unknown name takes as long as a known one.
        self._nobody: str | None = None

    async def log_in(self, name: str, password: str, address: str) -> Login:
        """Start a session; raises Refused with 401, or 429 after too many tries."""
        person = await self.proven(name, password, address)
        if person is None:
            raise Refused(401, _WRONG)
        return await self._office.change(lambda cloud: _start(cloud, person, address))

    async def proven(self, name: str, password: str, address: str) -> Person | None:
        """Return the active person with that password, else None; raises Refused with 429."""
        person = await self._office.change(lambda cloud: _try(cloud, name, address))
        if await self._office.think(lambda: self._matches(password, person)):
            return person
        self._office.cloud.warn(f"a log-in from {address} has failed")
        return None

    async def by_password(self, name: str, password: str, address: str) -> Actor | None:
        """Return the actor of that password, without a session; raises Refused with 429."""
        person = await self.proven(name, password, address)
        if person is None:
            return None

        def found(cloud: Cloud) -> Actor | None:
            forget_tries(cloud, name, address)
            return _actor(cloud, person.id)

        return await self._office.change(found)

    async def log_out(self, token: str) -> None:
        """End a session."""
        await self._office.change(lambda cloud: cloud.store.logins.end(token))

    async def by_session(self, token: str) -> Actor | None:
        """Return the actor of an active session, with the current roles, else None."""

        def found(cloud: Cloud) -> Actor | None:
            person_id = cloud.store.logins.person_of(token, cloud.clock())
            return None if person_id is None else _actor(cloud, person_id)

        return await self._office.read(found)

    async def by_token(self, token: str) -> Actor | None:
        """Return the actor of an API token or of the secret in the data folder, else None."""
        if hmac.compare_digest(token.encode("utf-8", "replace"), self._local):
            return LOCAL

        def found(cloud: Cloud) -> Actor | None:
            known = cloud.store.tokens.get(token, cloud.clock())
            if known is None:
                return None
            return _actor(cloud, known.person_id, role_named(known.role))

        return await self._office.read(found)

    def _matches(self, password: str, person: Person | None) -> bool:
        if person is not None and person.active:
            return matches(password, person.password)
        if self._nobody is None:
            self._nobody = hashed("nobody has this password")
        matches(password, self._nobody)
        return False


def csrf_of(token: str) -> str:
    """Return the CSRF token of a session, which a page of another site cannot read."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def _try(cloud: Cloud, name: str, address: str) -> Person | None:
    """Count a try before the password is checked, so that parallel tries count, too."""
    now = cloud.clock()
    for what, most in _counted(name, address):
        tries, until = cloud.store.logins.tries(what, now)
        if tries >= most:
            raise Refused(429, "too many log-ins have failed; wait a while", max(1.0, until - now))
    for what, _ in _counted(name, address):
        cloud.store.logins.count(what, now, now + _PERIOD_S)
    return cloud.store.people.named(name)


def forget_tries(cloud: Cloud, name: str, address: str) -> None:
    """Reset the counts of tries after the right password."""
    for what, _ in _counted(name, address):
        cloud.store.logins.forget(what)


def _start(cloud: Cloud, person: Person, address: str) -> Login:
    now, name = cloud.clock(), person.name
    forget_tries(cloud, name, address)
    until = now + SESSION_S
    token = cloud.store.logins.start(person.id, now, until)
    note(cloud, Actor(name), "log in", name, f"from {address}")
    return Login(token, csrf_of(token), name, until)


def _counted(name: str, address: str) -> tuple[tuple[str, int], ...]:
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32]
    return (
        (f"both {digest} {address}", _BY_BOTH),
        (f"name {digest}", _BY_NAME),
        (f"address {address}", _BY_ADDRESS),
    )


def _actor(cloud: Cloud, person_id: int, most: Role = Role.OWNER) -> Actor | None:
    person = cloud.store.people.with_id(person_id)
    if not person.active:
        return None
    roles = {
        app_id: role_named(word) for app_id, word in cloud.store.people.roles(person.id).items()
    }
    return Actor(person.name, person.id, person.owner, roles, most)
