"""Sessions: a token each, from one register to the next."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from dataclasses import dataclass

from app.cloud.vault import Vault

STATUSES = ("worker", "management", "pythings")
PENDING_S = 600  # in which a session is registered, and its Thing's identity proved
_PENDING = 1000  # of a Thing at most: the oldest go
_UNBOUND = 10_000  # of no Thing yet: what one address can start in that time is less
_KEPT = 3  # sessions of a Thing, ended ones too: what becomes of their tokens is recorded
_NOTED_S = 3600  # how exactly the last use is known


@dataclass(frozen=True)
class Session:
    """One session; `thing_id` is None between preregister and register, `key` if it is plain.

    `proved`: nothing is to be proved, or it was. `salt` goes into the identity that is to be
    proved, or learnt. `described`: what the Thing said of itself, until it is proved. `used`:
    about when it was used last, in seconds.
    """

    token_hash: str
    thing_id: int | None
    active: bool
    proved: bool
    salt: str | None
    described: tuple[str | None, str | None, bool]
    key: str | None
    app_version: str | None
    pythings_version: str | None
    last_contact: float
    used: float
    worker: str
    management: str
    pythings: str


class Sessions:
    """Queries on sessions. Tokens are stored hashed, keys wrapped."""

    def __init__(self, db: sqlite3.Connection, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    def start(self, now: float, key: str | None = None, kty: str | None = None) -> str:
        """Start a session without a Thing and return its token; drop those that came to nothing."""
        self._db.execute(
            "DELETE FROM session WHERE used < ? AND (thing_id IS NULL OR proved = 0)",
            (now - PENDING_S,),
        )
        self._drop_many()
        token = str(uuid.uuid4())
        row = hashed(token)
        wrapped = None if key is None else self._vault.wrap(key.encode(), purpose_of(row))
        self._db.execute(
            "INSERT INTO session (token, key, kty, last_contact, used) VALUES (?, ?, ?, ?, ?)",
            (row, wrapped, kty, now, now),
        )
        return token

    def _drop_many(self) -> None:
        """Drop the oldest of those without a Thing, so that there never are too many."""
        self._db.execute(
            "DELETE FROM session WHERE thing_id IS NULL AND id <= (SELECT id FROM session"
            " WHERE thing_id IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?)",
            (_UNBOUND - 1,),
        )

    def bind(
        self, token: str, thing_id: int, app_version: str | None, pythings_version: str | None
    ) -> None:
        """Give the session to a Thing. One that was deactivated stays so."""
        self._db.execute(
            "UPDATE session SET thing_id = ?, app_version = ?, pythings_version = ?"
            " WHERE token = ?",
            (thing_id, app_version, pythings_version, hashed(token)),
        )
        self._db.execute(
            "DELETE FROM session WHERE thing_id = :thing AND active = 0 AND id NOT IN ("
            "SELECT id FROM session WHERE thing_id = :thing AND proved ORDER BY id DESC"
            " LIMIT :most)",
            {"thing": thing_id, "most": _KEPT},
        )

    def challenge(
        self,
        token: str,
        thing_id: int,
        salt: str,
        described: tuple[str | None, str | None, bool],
    ) -> None:
        """Have the session count for nothing until the Thing's identity is proved."""
        self._db.execute(
            "UPDATE session SET proved = 0, salt = ?, described = ? WHERE token = ?",
            (salt, json.dumps(described), hashed(token)),
        )
        self._db.execute(
            "DELETE FROM session WHERE thing_id = :thing AND proved = 0 AND id NOT IN (SELECT id"
            " FROM session WHERE thing_id = :thing AND proved = 0 ORDER BY id DESC LIMIT :most)",
            {"thing": thing_id, "most": _PENDING},
        )

    def offer(self, token: str, salt: str | None) -> None:
        """Note what goes into the identity that the session's Thing may give; None: it gave it."""
        self._db.execute("UPDATE session SET salt = ? WHERE token = ?", (salt, hashed(token)))

    def prove(self, session: Session) -> None:
        """Make the session the only one of its Thing, with all rights."""
        self._db.execute(
            "UPDATE session SET active = 0 WHERE thing_id = ? AND token != ?",
            (session.thing_id, session.token_hash),
        )
        query = "UPDATE session SET proved = 1, salt = NULL, described = NULL WHERE token = ?"
        self._db.execute(query, (session.token_hash,))

    def end(self, session: Session) -> None:
        """End this session alone."""
        query = "UPDATE session SET active = 0 WHERE token = ?"
        self._db.execute(query, (session.token_hash,))

    def get(self, token: str) -> Session | None:
        """Return the session of that token, active or not."""
        query = "SELECT * FROM session WHERE token = ?"
        row = self._db.execute(query, (hashed(token),)).fetchone()
        return self._session(row) if row else None

    def latest(self, thing_id: int) -> Session | None:
        """Return a Thing's newest session that is surely its own, active or not."""
        query = "SELECT * FROM session WHERE thing_id = ? AND proved ORDER BY id DESC LIMIT 1"
        row = self._db.execute(query, (thing_id,)).fetchone()
        return self._session(row) if row else None

    def deactivate(self, thing_id: int) -> int:
        """End all of a Thing's sessions; return how many were active."""
        return self._db.execute(
            "UPDATE session SET active = 0 WHERE thing_id = ? AND active = 1", (thing_id,)
        ).rowcount

    def touch(self, token: str, now: float) -> None:
        """Note that the Thing was in contact."""
        self._db.execute(
            "UPDATE session SET last_contact = ?, used = ? WHERE token = ?",
            (now, now, hashed(token)),
        )

    def use(self, session: Session, now: float) -> None:
        """Note that it was used: once an hour, as each note is written to the disk."""
        if now - session.used > _NOTED_S:
            query = "UPDATE session SET used = ? WHERE token = ?"
            self._db.execute(query, (now, session.token_hash))

    def report(self, token: str, what: str, status: str) -> None:
        """Store the last status of one of STATUSES."""
        if what not in STATUSES:
            raise ValueError(what)
        self._db.execute(
            f"UPDATE session SET {what} = ? WHERE token = ?",  # noqa: S608 - checked above
            (status, hashed(token)),
        )

    def _session(self, row: sqlite3.Row) -> Session:
        token, key = row["token"], row["key"]
        return Session(
            token_hash=token,
            thing_id=row["thing_id"],
            active=bool(row["active"]),
            proved=bool(row["proved"]),
            salt=row["salt"],
            described=tuple(json.loads(row["described"] or "[null, null, false]")),
            key=None if key is None else self._vault.unwrap(key, purpose_of(token)).decode(),
            app_version=row["app_version"],
            pythings_version=row["pythings_version"],
            last_contact=row["last_contact"],
            used=row["used"],
            worker=row["worker"],
            management=row["management"],
            pythings=row["pythings"],
        )


def hashed(token: str) -> str:
    """Return what is stored of a token: it is random enough for a digest without a salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def purpose_of(token_hash: str) -> str:
    """Return what the key of a session is wrapped for."""
    return f"session {token_hash}"
