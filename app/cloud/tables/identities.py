"""Identities: what a Thing proves that it is the one before, and those that wait for the owner."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

from app.cloud.tables.things import Thing
from app.cloud.vault import Vault

NONE = "none"  # instead of a fingerprint: it has shown no identity at all
UNKNOWN = "unknown"  # it has proved one that was never shown here
_MOST = 8  # that wait for one Thing: of strangers the one seen least recently goes first


@dataclass(frozen=True)
class Identity:
    """The one that is pinned: the key that Things prove to have, and what went into it."""

    key: bytes
    salt: str


@dataclass(frozen=True)
class Waiting:
    """One that was refused `count` times, 0 for one that was pinned before; `key` is None where
    none was shown. Times in seconds."""

    fingerprint: str
    key: bytes | None
    first: float
    last: float
    count: int


class Identities:
    """Queries on identities; their keys are stored wrapped."""

    def __init__(self, db: sqlite3.Connection, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    def pinned(self, thing: Thing) -> Identity | None:
        """Return the Thing's identity, None if any Thing of its TID is taken for it."""
        query = "SELECT salt, identity FROM thing WHERE id = ? AND pinned IS NOT NULL"
        row = self._db.execute(query, (thing.id,)).fetchone()
        return Identity(self._unwrapped(thing, row["identity"]), row["salt"]) if row else None

    def pin(self, thing: Thing, identity: Identity, now: float) -> None:
        """Take this one only from now on."""
        self._db.execute(
            "UPDATE thing SET salt = ?, identity = ?, pinned = ?, admitted = NULL WHERE id = ?",
            (identity.salt, self._wrapped(thing, identity.key), now, thing.id),
        )
        query = "DELETE FROM waiting WHERE thing_id = ? AND fingerprint = ?"
        self._db.execute(query, (thing.id, fingerprint(identity.key)))

    def unpin(self, thing: Thing) -> None:
        """Take any, and pin the next that is shown."""
        self._db.execute(
            "UPDATE thing SET salt = NULL, identity = NULL, pinned = NULL, admitted = NULL"
            " WHERE id = ?",
            (thing.id,),
        )
        self._db.execute("DELETE FROM waiting WHERE thing_id = ?", (thing.id,))

    def admit_later(self, thing: Thing, mark: str) -> None:
        """Take the identity of this fingerprint as soon as it is shown."""
        self._db.execute("UPDATE thing SET admitted = ? WHERE id = ?", (mark, thing.id))

    def admitted(self, thing: Thing, mark: str) -> bool:
        """Tell whether the owner has said to take the identity of this fingerprint."""
        query = "SELECT 1 FROM thing WHERE id = ? AND admitted = ?"
        return self._db.execute(query, (thing.id, mark)).fetchone() is not None

    def wait(self, thing: Thing, mark: str, key: bytes | None, now: float, refused: int) -> None:
        """Note one for the owner to admit, and how often more it was `refused`."""
        wrapped = None if key is None else self._wrapped(thing, key)
        self._db.execute(
            "INSERT INTO waiting (thing_id, fingerprint, identity, first, last, count)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (thing_id, fingerprint)"
            " DO UPDATE SET last = excluded.last, count = count + excluded.count",
            (thing.id, mark, wrapped, now, now, refused),
        )
        self._db.execute(
            "DELETE FROM waiting WHERE thing_id = :thing AND fingerprint NOT IN (SELECT fingerprint"
            " FROM waiting WHERE thing_id = :thing ORDER BY count = 0 DESC, last DESC, rowid DESC"
            " LIMIT :most)",
            {"thing": thing.id, "most": _MOST},
        )

    def waiting(self, thing: Thing) -> list[Waiting]:
        """Return those that were refused, oldest first."""
        query = "SELECT * FROM waiting WHERE thing_id = ? ORDER BY first, rowid"
        return [
            Waiting(
                row["fingerprint"],
                None if row["identity"] is None else self._unwrapped(thing, row["identity"]),
                row["first"],
                row["last"],
                row["count"],
            )
            for row in self._db.execute(query, (thing.id,))
        ]

    def _wrapped(self, thing: Thing, key: bytes) -> bytes:
        return self._vault.wrap(key, f"identity {thing.id}")

    def _unwrapped(self, thing: Thing, wrapped: bytes) -> bytes:
        return self._vault.unwrap(wrapped, f"identity {thing.id}")


def fingerprint(key: bytes) -> str:
    """Return what people compare: 16 digits, which say nothing of the key."""
    return hashlib.sha256(b"pythings identity " + key).hexdigest()[:16]
