"""Leases: work that one of several processes does, until it ends or does not renew its lease."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from app.cloud.database.connection import Database, Upsert
from app.cloud.database.schema import meta

_NAME = meta.c.name == bindparam("the_name")
_GET = select(meta.c.value).where(_NAME)
_MAKE = Upsert(
    lambda insert: (
        insert(meta)
        .values(name=bindparam("the_name"), value=bindparam("new"))
        .on_conflict_do_nothing()
    )
)
_SWAP = update(meta).values(value=bindparam("new")).where(_NAME, meta.c.value == bindparam("old"))


class LeasesTable:
    """Leases by name; an owner is any word of its own."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def take(self, name: str, owner: str, now: float, lease_s: float) -> bool:
        """Take or renew a lease for so many seconds; False if another owner has it."""
        key = f"lease {name}"
        new = f"{owner} {now + lease_s:.3f}".encode()
        row = self._db.run(_GET, the_name=key).fetchone()
        if row is None:
            return bool(self._db.run(_MAKE, the_name=key, new=new).rowcount)
        old = bytes(row["value"])
        its, _, until = old.decode().partition(" ")
        # One that ends later than any that is taken now is of a clock that was set back.
        if its != owner and now < float(until) <= now + 2 * lease_s:
            return False
        return bool(self._db.run(_SWAP, the_name=key, old=old, new=new).rowcount)

    def release(self, name: str, owner: str, now: float) -> None:
        """End a lease, so that another may take it at once."""
        self.take(name, owner, now, 0.0)
