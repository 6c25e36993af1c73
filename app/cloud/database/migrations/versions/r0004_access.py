"""People who manage the cloud: accounts, roles, sessions, API tokens, audit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _needed(name: str, kind: Any, *more: Any, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, *more, nullable=False, server_default=default)


def upgrade() -> None:
    """Make the tables; there is no account yet."""
    op.create_table(
        "person",
        sa.Column("id", _ID, primary_key=True),
        _needed("name", sa.Text),
        _needed("password", sa.Text),
        _needed("owner", sa.Integer, default="0"),
        _needed("active", sa.Integer, default="1"),
        _needed("created", sa.Double),
        sa.UniqueConstraint("name", name="person_name"),
    )
    op.create_table(
        "app_role",
        _needed("person_id", _ID, sa.ForeignKey("person.id")),
        _needed("app_id", _ID, sa.ForeignKey("app.id")),
        _needed("role", sa.Text),
        sa.PrimaryKeyConstraint("person_id", "app_id"),
    )
    op.create_index("app_role_app", "app_role", ["app_id"])
    op.create_table(
        "web_session",
        sa.Column("id", _ID, primary_key=True),
        _needed("token", sa.Text),
        _needed("person_id", _ID, sa.ForeignKey("person.id")),
        _needed("created", sa.Double),
        _needed("expires", sa.Double),
        sa.UniqueConstraint("token", name="web_session_token"),
    )
    op.create_index("web_session_person", "web_session", ["person_id"])
    op.create_table(
        "api_token",
        sa.Column("id", _ID, primary_key=True),
        _needed("token", sa.Text),
        _needed("name", sa.Text),
        _needed("person_id", _ID, sa.ForeignKey("person.id")),
        _needed("role", sa.Text),
        _needed("created", sa.Double),
        _needed("expires", sa.Double),
        sa.UniqueConstraint("token", name="api_token_token"),
    )
    op.create_index("api_token_person", "api_token", ["person_id"])
    op.create_table(
        "guess",
        sa.Column("what", sa.Text, primary_key=True),
        _needed("count", sa.Integer),
        _needed("until", sa.Double),
    )
    op.create_index("guess_until", "guess", ["until"])
    op.create_table(
        "audit",
        sa.Column("id", _ID, primary_key=True),
        _needed("time", sa.Double),
        _needed("who", sa.Text),
        _needed("action", sa.Text),
        sa.Column("aid", sa.Text),
        _needed("target", sa.Text),
        _needed("detail", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_aid", "audit", ["aid", "id"])
