"""Web sessions of people, and the count of log-in tries."""

from __future__ import annotations

import secrets

from sqlalchemy import bindparam, delete, insert, select

from app.cloud.database.access_schema import guess, web_session
from app.cloud.database.connection import Database, Upsert
from app.cloud.tables.sessions import hashed

_BYTES = 32  # of a token: OWASP asks for 8 at least
_KEPT = 20  # sessions of a person; the oldest end first

_TOKEN = web_session.c.token == bindparam("row")
_PERSON = web_session.c.person_id == bindparam("person")
_COLUMNS = {"token": "row", "person_id": "person", "created": "now", "expires": "until"}
_START = insert(web_session).values({name: bindparam(of) for name, of in _COLUMNS.items()})
_GET = select(web_session.c.person_id).where(_TOKEN, web_session.c.expires > bindparam("now"))
_END = delete(web_session).where(_TOKEN)
_END_ALL = delete(web_session).where(_PERSON)
_END_EXPIRED = delete(web_session).where(web_session.c.expires <= bindparam("now"))
_newest = (
    select(web_session.c.id)
    .where(_PERSON)
    .order_by(web_session.c.id.desc())
    .limit(_KEPT)
    .scalar_subquery()
)
_END_MANY = delete(web_session).where(_PERSON, web_session.c.id.not_in(_newest))

_WHAT = guess.c.what == bindparam("the_what")
_COUNT = Upsert(
    lambda insert: (
        insert(guess)
        .values(what=bindparam("the_what"), count=1, until=bindparam("end"))
        .on_conflict_do_update(index_elements=["what"], set_={"count": guess.c.count + 1})
    )
)
_GUESSES = select(guess).where(_WHAT, guess.c.until > bindparam("now"))
_FORGET = delete(guess).where(_WHAT)
_FORGET_OLD = delete(guess).where(guess.c.until <= bindparam("now"))


class LoginsTable:
    """Queries on web sessions. Their tokens are stored hashed."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def start(self, person_id: int, now: float, until: float) -> str:
        """Start a session and return its token; drop expired ones and the oldest surplus ones."""
        token = secrets.token_urlsafe(_BYTES)
        self._db.run(_END_EXPIRED, now=now)
        self._db.run(_START, row=hashed(token), person=person_id, now=now, until=until)
        self._db.run(_END_MANY, person=person_id)
        return token

    def person_of(self, token: str, now: float) -> int | None:
        """Return the number of the session's person, None if the session has ended."""
        row = self._db.run(_GET, row=hashed(token), now=now).fetchone()
        return int(row["person_id"]) if row else None

    def end(self, token: str) -> None:
        """End one session."""
        self._db.run(_END, row=hashed(token))

    def end_all(self, person_id: int) -> None:
        """End all sessions of a person."""
        self._db.run(_END_ALL, person=person_id)

    def count(self, what: str, now: float, until: float) -> None:
        """Count one more try; the first of a period sets its end to `until`."""
        self._db.run(_FORGET_OLD, now=now)
        self._db.run(_COUNT, the_what=what, end=until)

    def tries(self, what: str, now: float) -> tuple[int, float]:
        """Return the number of tries, and the time until which they count."""
        row = self._db.run(_GUESSES, the_what=what, now=now).fetchone()
        return (int(row["count"]), row["until"]) if row else (0, now)

    def forget(self, what: str) -> None:
        """Reset the count of tries."""
        self._db.run(_FORGET, the_what=what)
