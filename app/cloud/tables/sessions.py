"""Sessions: a token each, from one register to the next."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, func, insert, select, update

from app.cloud.database.connection import Database
from app.cloud.database.schema import session, thing
from app.cloud.tables.among import among, listed
from app.cloud.tables.things import PREFIX, ThingRow, thing_in
from app.cloud.vault import Vault

STATUSES = ("worker", "management", "pythings")
PENDING_S = 600  # in which a session is registered, and its Thing's identity proved
_PENDING = 1000  # of a Thing at most: the oldest go
_UNBOUND = 10_000  # of no Thing yet: one address can start fewer in that time
_KEPT = 3  # sessions of a Thing, ended ones too: replies to their tokens are as recorded
_NOTED_S = 3600  # precision of the last use

_TOKEN = session.c.token == bindparam("row")
_THING = session.c.thing_id == bindparam("thing")
_NEWEST = session.c.id.desc()
_MOST: BindParameter[int] = bindparam("most")
_UNPROVED = session.c.proved == 0
_OF_NONE = session.c.thing_id.is_(None)
_DROP_PENDING = delete(session).where(session.c.used < bindparam("before"), _OF_NONE | _UNPROVED)
_DROP_MANY = delete(session).where(
    _OF_NONE,
    session.c.id
    <= select(session.c.id)
    .where(_OF_NONE)
    .order_by(_NEWEST)
    .limit(1)
    .offset(_MOST)
    .scalar_subquery(),
)
_START = insert(session).values(
    token=bindparam("row"),
    key=bindparam("key"),
    kty=bindparam("kty"),
    mode=bindparam("mode"),
    last_contact=bindparam("now"),
    used=bindparam("now"),
)
_COUNT = (
    update(session)
    .values(number=bindparam("new"))
    .where(_TOKEN, session.c.number < bindparam("new"))
)
_VERSIONS = ("app_version", "pythings_version")
_BIND = (
    update(session)
    .values(thing_id=bindparam("thing"), **{name: bindparam(name) for name in _VERSIONS})
    .where(_TOKEN)
)
_newest_proved = (
    select(session.c.id).where(_THING, session.c.proved == 1).order_by(_NEWEST).limit(_MOST)
)
_DROP_ENDED = delete(session).where(
    _THING, session.c.active == 0, session.c.id.not_in(_newest_proved.scalar_subquery())
)
_CHALLENGE = (
    update(session)
    .values(proved=0, salt=bindparam("salt"), described=bindparam("described"))
    .where(_TOKEN)
)
_newest_unproved = select(session.c.id).where(_THING, _UNPROVED).order_by(_NEWEST).limit(_MOST)
_DROP_UNPROVED = delete(session).where(
    _THING, _UNPROVED, session.c.id.not_in(_newest_unproved.scalar_subquery())
)
_OFFER = update(session).values(salt=bindparam("salt")).where(_TOKEN)
_END_OTHERS = update(session).values(active=0).where(_THING, session.c.token != bindparam("row"))
_PROVE = update(session).values(proved=1, salt=None, described=None).where(_TOKEN)
_END = update(session).values(active=0).where(_TOKEN)
_GET = select(session).where(_TOKEN)
_OF_THING = [column.label(PREFIX + column.name) for column in thing.c if column.name != "id"]
_WITH_THING = select(session, *_OF_THING).select_from(session.outerjoin(thing)).where(_TOKEN)
_LATEST = select(session).where(
    session.c.id.in_(
        select(func.max(session.c.id))
        .where(among(session.c.thing_id), session.c.proved == 1)
        .group_by(session.c.thing_id)
    )
)
_DEACTIVATE = update(session).values(active=0).where(_THING, session.c.active == 1)
_TOUCH = update(session).values(last_contact=bindparam("now"), used=bindparam("now")).where(_TOKEN)
_USE = update(session).values(used=bindparam("now")).where(_TOKEN)
_REPORT = {
    what: update(session)
    .values({what: bindparam("status"), f"{what}_at": bindparam("now")})
    .where(_TOKEN)
    for what in STATUSES
}


@dataclass(frozen=True)
class Session:
    """One session; `thing_id` is None between preregister and register, `key` without encryption.

    `proved`: the identity is proved, or needs no proof. `salt` goes into the identity that is to be
    proved, or learnt. `described`: the Thing's description of itself, until the proof. `used`: the
    last use in seconds, to the hour. `mode`: of the payload's encryption, if there is a key.
    `worker_at` and the like: the time of the report of that status, None before the first.
    """

    token_hash: str
    thing_id: int | None
    active: bool
    proved: bool
    salt: str | None
    described: tuple[str | None, str | None, bool]
    key: str | None
    mode: int
    app_version: str | None
    pythings_version: str | None
    last_contact: float
    used: float
    worker: str
    management: str
    pythings: str
    worker_at: float | None
    management_at: float | None
    pythings_at: float | None


class SessionsTable:
    """Queries on sessions. Tokens are stored hashed, keys wrapped."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    def start(
        self, now: float, key: str | None = None, kty: str | None = None, mode: int = 1
    ) -> str:
        """Start a session without a Thing and return its token; drop abandoned ones."""
        self._db.run(_DROP_PENDING, before=now - PENDING_S)
        # Drop the oldest of those without a Thing, so that their number is bounded.
        self._db.run(_DROP_MANY, most=_UNBOUND - 1)
        token = str(uuid.uuid4())
        row = hashed(token)
        wrapped = None if key is None else self._vault.wrap(key.encode(), purpose_of(row))
        self._db.run(_START, row=row, key=wrapped, kty=kty, mode=mode, now=now)
        return token

    def bind(
        self, token: str, thing_id: int, app_version: str | None, pythings_version: str | None
    ) -> None:
        """Assign the session to a Thing; a deactivated one stays so."""
        versions = {"app_version": app_version, "pythings_version": pythings_version}
        self._db.run(_BIND, row=hashed(token), thing=thing_id, **versions)
        self._db.run(_DROP_ENDED, thing=thing_id, most=_KEPT)

    def challenge(
        self,
        token: str,
        thing_id: int,
        salt: str,
        described: tuple[str | None, str | None, bool],
    ) -> None:
        """Mark the session as unproved, without rights, until the Thing proves its identity."""
        self._db.run(_CHALLENGE, row=hashed(token), salt=salt, described=json.dumps(described))
        self._db.run(_DROP_UNPROVED, thing=thing_id, most=_PENDING)

    def offer(self, token: str, salt: str | None) -> None:
        """Store the salt of the identity that the Thing may give; None once it was given."""
        self._db.run(_OFFER, row=hashed(token), salt=salt)

    def prove(self, session: Session) -> None:
        """Make the session the only active one of its Thing, with all rights."""
        self._db.run(_END_OTHERS, thing=session.thing_id, row=session.token_hash)
        self._db.run(_PROVE, row=session.token_hash)

    def count(self, session: Session, number: int) -> bool:
        """Record the number of a request; return whether it is greater than all before."""
        return bool(self._db.run(_COUNT, row=session.token_hash, new=number).rowcount)

    def end(self, session: Session) -> None:
        """End this session alone."""
        self._db.run(_END, row=session.token_hash)

    def get(self, token: str) -> Session | None:
        """Return the session of that token, active or not."""
        row = self._db.run(_GET, row=hashed(token)).fetchone()
        return self._session(row) if row else None

    def with_thing(self, token: str) -> tuple[Session | None, ThingRow | None]:
        """Return the session of that token, and its Thing if it has one."""
        row = self._db.run(_WITH_THING, row=hashed(token)).fetchone()
        if row is None:
            return None, None
        its = None if row["thing_id"] is None else thing_in(row, PREFIX)
        return self._session(row), its

    def latest(self, thing_id: int) -> Session | None:
        """Return a Thing's newest session with a proved identity, active or not."""
        return self.latest_of([thing_id]).get(thing_id)

    def latest_of(self, thing_ids: Iterable[int]) -> dict[int, Session]:
        """Return the `latest` session of each of these Things that has one, by the Thing's id."""
        rows = self._db.run(_LATEST, ids=listed(thing_ids))
        return {row["thing_id"]: self._session(row) for row in rows}

    def deactivate(self, thing_id: int) -> int:
        """End all of a Thing's sessions; return how many were active."""
        return int(self._db.run(_DEACTIVATE, thing=thing_id).rowcount)

    def touch(self, token: str, now: float) -> None:
        """Record the time of the Thing's last contact."""
        self._db.run(_TOUCH, row=hashed(token), now=now)

    def use(self, session: Session, now: float) -> None:
        """Record the time of use, at most once an hour, as each record is written to the disk."""
        if now - session.used > _NOTED_S:
            self._db.run(_USE, row=session.token_hash, now=now)

    def report(self, token: str, what: str, status: str, now: float) -> None:
        """Store the last status of `what` and its time; raise ValueError for none of STATUSES."""
        if what not in STATUSES:
            raise ValueError(what)
        self._db.run(_REPORT[what], row=hashed(token), status=status, now=now)

    def _session(self, row: Any) -> Session:
        token, key = row["token"], row["key"]
        return Session(
            token_hash=token,
            thing_id=row["thing_id"],
            active=bool(row["active"]),
            proved=bool(row["proved"]),
            salt=row["salt"],
            described=tuple(json.loads(row["described"] or "[null, null, false]")),
            key=None if key is None else self._vault.unwrap(key, purpose_of(token)).decode(),
            mode=row["mode"],
            app_version=row["app_version"],
            pythings_version=row["pythings_version"],
            last_contact=row["last_contact"],
            used=row["used"],
            worker=row["worker"],
            management=row["management"],
            pythings=row["pythings"],
            worker_at=row["worker_at"],
            management_at=row["management_at"],
            pythings_at=row["pythings_at"],
        )


def hashed(token: str) -> str:
    """Return the digest by which a token is stored: tokens are random enough to need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def purpose_of(token_hash: str) -> str:
    """Return the purpose for which the key of a session is wrapped."""
    return f"session {token_hash}"
