"""Short readings of PostgreSQL in an index as a whole: 10 million take some 20 s, once."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """SQLite has them so already. A row of an index has 2,704 bytes at most: the long ones have
    one of their own, without their text."""
    if op.get_bind().dialect.name == "postgresql":
        on = "ON reading (series_id, ts)"
        op.execute(f"CREATE INDEX reading_brief {on} INCLUDE (msg) WHERE octet_length(msg) <= 2000")
        op.execute(f"CREATE INDEX reading_long {on} WHERE octet_length(msg) > 2000")
