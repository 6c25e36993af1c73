"""Readings of PostgreSQL in their index as a whole: 10 million take some 20 s, once."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """SQLite has them so already."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE reading DROP CONSTRAINT reading_pkey")
        op.execute("ALTER TABLE reading ADD PRIMARY KEY (series_id, ts) INCLUDE (msg)")
