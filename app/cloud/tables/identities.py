"""Identities: the keys by which Things prove themselves, and those that wait for the owner."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, case, delete, select, update

from app.cloud.database.connection import Database, Upsert
from app.cloud.database.schema import thing, waiting
from app.cloud.tables.among import among, listed
from app.cloud.tables.things import ThingRow
from app.cloud.vault import Vault

NONE = "none"  # instead of a fingerprint: the Thing has shown no identity at all
UNKNOWN = "unknown"  # the Thing has proved one that was never shown here
_MOST = 8  # that wait for one Thing: the one of a stranger seen least recently goes first

_ID = thing.c.id == bindparam("the_id")
_pinned = select(thing.c.id, thing.c.salt, thing.c.identity).where(thing.c.pinned.is_not(None))
_PINNED = _pinned.where(_ID)
_ALL_PINNED = _pinned.where(among(thing.c.id))
_PIN = (
    update(thing)
    .values(
        salt=bindparam("salt"),
        identity=bindparam("identity"),
        pinned=bindparam("now"),
        admitted=None,
    )
    .where(_ID)
)
_UNPIN = update(thing).values(salt=None, identity=None, pinned=None, admitted=None).where(_ID)
_ADMIT_LATER = update(thing).values(admitted=bindparam("mark")).where(_ID)
_ADMITTED = select(thing.c.id).where(_ID, thing.c.admitted == bindparam("mark"))
_OF = waiting.c.thing_id == bindparam("thing")
_DROP = delete(waiting).where(_OF)
_DROP_ONE = _DROP.where(waiting.c.fingerprint == bindparam("mark"))
_COLUMNS: dict[str, Any] = {
    "thing_id": bindparam("thing"),
    "fingerprint": bindparam("mark"),
    "identity": bindparam("identity"),
    "first": bindparam("now"),
    "last": bindparam("now"),
    "count": bindparam("refused"),
}
_WAIT = Upsert(
    lambda insert: (
        insert(waiting)
        .values(_COLUMNS)
        .on_conflict_do_update(
            index_elements=["thing_id", "fingerprint"],
            set_={"last": bindparam("now"), "count": waiting.c.count + bindparam("refused")},
        )
    )
)
_kept = (
    select(waiting.c.id)
    .where(_OF)
    .order_by(case((waiting.c.count == 0, 0), else_=1), waiting.c.last.desc(), waiting.c.id.desc())
    .limit(_MOST)
    .scalar_subquery()
)
_KEEP_SOME = delete(waiting).where(_OF, waiting.c.id.not_in(_kept))
_WAITING = select(waiting).where(among(waiting.c.thing_id)).order_by(waiting.c.first, waiting.c.id)


@dataclass(frozen=True)
class Identity:
    """A pinned identity: the key that a Thing proves to have, and the salt that went into it."""

    key: bytes
    salt: str


@dataclass(frozen=True)
class Waiting:
    """An identity that was refused `count` times, 0 for one that was pinned before; `key` is None
    where none was shown. Times in seconds."""

    fingerprint: str
    key: bytes | None
    first: float
    last: float
    count: int


class IdentitiesTable:
    """Queries on identities; their keys are stored wrapped."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    def pinned(self, thing: ThingRow) -> Identity | None:
        """Return the Thing's pinned identity, None if any identity is accepted."""
        if thing.pinned is None:
            return None
        row = self._db.run(_PINNED, the_id=thing.id).fetchone()
        return self._identity(row) if row else None

    def all_pinned(self, things: Iterable[ThingRow]) -> dict[int, Identity]:
        """Return the `pinned` identity of each of these Things that has one, by the Thing's id."""
        rows = self._db.run(_ALL_PINNED, ids=listed(it.id for it in things))
        return {row["id"]: self._identity(row) for row in rows}

    def pin(self, thing: ThingRow, identity: Identity, now: float) -> None:
        """Accept only this identity from now on."""
        wrapped = self._wrapped(thing, identity.key)
        self._db.run(_PIN, the_id=thing.id, salt=identity.salt, identity=wrapped, now=now)
        self._db.run(_DROP_ONE, thing=thing.id, mark=fingerprint(identity.key))

    def unpin(self, thing: ThingRow) -> None:
        """Accept any identity, and pin the next one that is shown."""
        self._db.run(_UNPIN, the_id=thing.id)
        self._db.run(_DROP, thing=thing.id)

    def admit_later(self, thing: ThingRow, mark: str) -> None:
        """Accept the identity of this fingerprint as soon as it is shown."""
        self._db.run(_ADMIT_LATER, the_id=thing.id, mark=mark)

    def admitted(self, thing: ThingRow, mark: str) -> bool:
        """Tell whether the owner has admitted the identity of this fingerprint."""
        return self._db.run(_ADMITTED, the_id=thing.id, mark=mark).fetchone() is not None

    def wait(self, thing: ThingRow, mark: str, key: bytes | None, now: float, refused: int) -> None:
        """Record an identity for the owner to admit, and add `refused` to its count."""
        wrapped = None if key is None else self._wrapped(thing, key)
        values = {"mark": mark, "identity": wrapped, "now": now, "refused": refused}
        self._db.run(_WAIT, thing=thing.id, **values)
        self._db.run(_KEEP_SOME, thing=thing.id)

    def waiting(self, thing: ThingRow) -> list[Waiting]:
        """Return the identities that wait, oldest first."""
        return self.all_waiting([thing]).get(thing.id, [])

    def all_waiting(self, things: Iterable[ThingRow]) -> Mapping[int, list[Waiting]]:
        """Return the identities that wait, oldest first, by the ids of their Things."""
        found: dict[int, list[Waiting]] = defaultdict(list)
        for row in self._db.run(_WAITING, ids=listed(it.id for it in things)):
            its, key = row["thing_id"], row["identity"]
            key = None if key is None else self._unwrapped(its, key)
            found[its].append(
                Waiting(row["fingerprint"], key, row["first"], row["last"], row["count"])
            )
        return found

    def _identity(self, row: Any) -> Identity:
        return Identity(self._unwrapped(row["id"], row["identity"]), row["salt"])

    def _wrapped(self, thing: ThingRow, key: bytes) -> bytes:
        return self._vault.wrap(key, f"identity {thing.id}")

    def _unwrapped(self, thing_id: int, wrapped: bytes) -> bytes:
        return self._vault.unwrap(wrapped, f"identity {thing_id}")


def fingerprint(key: bytes) -> str:
    """Return the 16 hex digits that people compare; they reveal nothing of the key."""
    return hashlib.sha256(b"pythings identity " + key).hexdigest()[:16]
