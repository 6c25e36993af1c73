"""The people that manage the cloud, and their roles in its apps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from app.cloud.database.access_schema import app_role, person
from app.cloud.database.connection import Database, Taken, Upsert

_ALL = select(person).order_by(person.c.id)
_NAMED = _ALL.where(person.c.name == bindparam("the_name"))
_ID = person.c.id == bindparam("the_id")
_WITH_ID = _ALL.where(_ID)
_COLUMNS = ("name", "password", "owner", "created")
_ADD = Upsert(
    lambda insert: (
        insert(person).values({name: bindparam(name) for name in _COLUMNS}).on_conflict_do_nothing()
    )
)
_OWNERS = select(func.count().label("it")).where(person.c.owner == 1, person.c.active == 1)
_PASSWORD = update(person).values(password=bindparam("hashed")).where(_ID)
_ACTIVE = update(person).values(active=bindparam("given")).where(_ID)
_OF_PERSON = select(app_role).where(app_role.c.person_id == bindparam("the_id"))
_OF_APP = (
    select(person.c.name, app_role.c.role)
    .select_from(app_role.join(person, person.c.id == app_role.c.person_id))
    .where(app_role.c.app_id == bindparam("app"))
    .order_by(person.c.name)
)
_GIVE = Upsert(
    lambda insert: (
        insert(app_role)
        .values(person_id=bindparam("the_id"), app_id=bindparam("app"), role=bindparam("given"))
        .on_conflict_do_update(
            index_elements=["person_id", "app_id"], set_={"role": bindparam("given")}
        )
    )
)
_TAKE = delete(app_role).where(
    app_role.c.person_id == bindparam("the_id"), app_role.c.app_id == bindparam("app")
)


@dataclass(frozen=True)
class Person:
    """One account of a person; `owner`: of the whole cloud. An inactive one has no rights."""

    id: int
    name: str
    owner: bool
    active: bool
    created: float
    password: str  # its hash


class PeopleTable:
    """Queries on people and their roles."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, name: str, hashed: str, owner: bool, now: float) -> Person:
        """Add a person; raises Taken for a name that exists."""
        values = {"name": name, "password": hashed, "owner": int(owner), "created": now}
        if not self._db.run(_ADD, **values).rowcount:
            raise Taken
        found = self.named(name)
        assert found is not None
        return found

    def named(self, name: str) -> Person | None:
        """Return the person of that name."""
        row = self._db.run(_NAMED, the_name=name).fetchone()
        return _person(row) if row else None

    def with_id(self, person_id: int) -> Person:
        """Return the person a row of another table refers to."""
        return _person(self._db.run(_WITH_ID, the_id=person_id).fetchone())

    def all(self) -> list[Person]:
        """Return all people, oldest account first."""
        return [_person(row) for row in self._db.run(_ALL)]

    def owners(self) -> int:
        """Return how many active owners the cloud has."""
        return int(self._db.run(_OWNERS).fetchone()["it"])

    def set_password(self, person: Person, hashed: str) -> None:
        """Replace the hash of a person's password."""
        self._db.run(_PASSWORD, the_id=person.id, hashed=hashed)

    def set_active(self, person: Person, active: bool) -> None:
        """Enable or disable an account."""
        self._db.run(_ACTIVE, the_id=person.id, given=int(active))

    def roles(self, person_id: int) -> dict[int, str]:
        """Return a person's roles by the number of the app."""
        rows = self._db.run(_OF_PERSON, the_id=person_id).fetchall()
        return {row["app_id"]: row["role"] for row in rows}

    def of_app(self, app_id: int) -> dict[str, str]:
        """Return the roles in an app by the names of the people."""
        rows = self._db.run(_OF_APP, app=app_id).fetchall()
        return {row["name"]: row["role"] for row in rows}

    def set_role(self, person: Person, app_id: int, role: str | None) -> None:
        """Set a person's role in an app; None removes it."""
        if role is None:
            self._db.run(_TAKE, the_id=person.id, app=app_id)
        else:
            self._db.run(_GIVE, the_id=person.id, app=app_id, given=role)


def _person(row: Any) -> Person:
    return Person(
        row["id"],
        row["name"],
        bool(row["owner"]),
        bool(row["active"]),
        row["created"],
        row["password"],
    )
