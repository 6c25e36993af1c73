"""The tables of a cloud's managers: accounts, roles, sessions, API tokens, audit.

Tokens are stored as their SHA-256, passwords as Argon2id hashes. Flags are 0 or 1, times seconds
since 1970 UTC. `app.cloud.database.schema` has the tables of Things.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from app.cloud.database.schema import METADATA

_Id = BigInteger().with_variant(Integer, "sqlite")


# owner: of the whole cloud, with every right in every app.
person = Table(
    "person",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("owner", Integer, nullable=False, server_default="0"),
    Column("active", Integer, nullable=False, server_default="1"),
    Column("created", Double, nullable=False),
    UniqueConstraint("name", name="person_name"),
)

# role: owner, developer or viewer of one app.
app_role = Table(
    "app_role",
    METADATA,
    Column("person_id", _Id, ForeignKey("person.id"), nullable=False),
    Column("app_id", _Id, ForeignKey("app.id"), nullable=False),
    Column("role", Text, nullable=False),
    PrimaryKeyConstraint("person_id", "app_id"),
    Index("app_role_app", "app_id"),
)

web_session = Table(
    "web_session",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("token", Text, nullable=False),
    Column("person_id", _Id, ForeignKey("person.id"), nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    UniqueConstraint("token", name="web_session_token"),
    Index("web_session_person", "person_id"),
)

# role: the most that the token allows, even if its person has more rights.
api_token = Table(
    "api_token",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("token", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("person_id", _Id, ForeignKey("person.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    UniqueConstraint("token", name="api_token_token"),
    Index("api_token_person", "person_id"),
)

# Log-in tries by name, by address and by both; a row counts until `until` or a success.
guess = Table(
    "guess",
    METADATA,
    Column("what", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("until", Double, nullable=False),
    Index("guess_until", "until"),
)

audit = Table(
    "audit",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("time", Double, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("aid", Text, nullable=True),
    Column("target", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("audit_aid", "aid", "id"),
    sqlite_autoincrement=True,
)

TABLES = (person, app_role, web_session, api_token, guess, audit)
