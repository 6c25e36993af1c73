"""API tokens, with which programs manage the cloud in the name of a person."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from app.cloud.database.access_schema import api_token
from app.cloud.database.connection import Database
from app.cloud.tables.sessions import hashed

PREFIX = "pythings_"  # by which a secret scanner recognizes a token
_BYTES = 32

_ALL = select(api_token).order_by(api_token.c.id)
_OF = _ALL.where(api_token.c.person_id == bindparam("person"))
_GET = _ALL.where(api_token.c.token == bindparam("row"), api_token.c.expires > bindparam("now"))
_COLUMNS = {
    "token": "row",
    "name": "the_name",
    "person_id": "person",
    "role": "most",
    "created": "now",
    "expires": "until",
}
_ADD = insert(api_token).values({name: bindparam(of) for name, of in _COLUMNS.items()})
_DROP = delete(api_token).where(api_token.c.id == bindparam("the_id"))
_DROP_ALL = delete(api_token).where(api_token.c.person_id == bindparam("person"))


@dataclass(frozen=True)
class Token:
    """One API token; `role` is the most that it allows."""

    id: int
    name: str
    person_id: int
    role: str
    created: float
    expires: float


class TokensTable:
    """Queries on API tokens. They are stored hashed."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, name: str, person_id: int, role: str, now: float, until: float) -> str:
        """Make a token and return it: it cannot be read again."""
        token = PREFIX + secrets.token_urlsafe(_BYTES)
        values = {"row": hashed(token), "the_name": name, "person": person_id, "most": role}
        self._db.run(_ADD, **values, now=now, until=until)
        return token

    def get(self, token: str, now: float) -> Token | None:
        """Return the record of a token, None if it is unknown or has expired."""
        row = self._db.run(_GET, row=hashed(token), now=now).fetchone()
        return _token(row) if row else None

    def all(self, person_id: int | None = None) -> list[Token]:
        """Return all tokens, or those of a person, oldest first."""
        found = self._db.run(_ALL) if person_id is None else self._db.run(_OF, person=person_id)
        return [_token(row) for row in found]

    def drop(self, token_id: int) -> None:
        """Revoke a token."""
        self._db.run(_DROP, the_id=token_id)

    def drop_all(self, person_id: int) -> None:
        """Revoke all tokens of a person."""
        self._db.run(_DROP_ALL, person=person_id)


def _token(row: Any) -> Token:
    return Token(
        row["id"], row["name"], row["person_id"], row["role"], row["created"], row["expires"]
    )
