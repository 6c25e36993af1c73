"""Sessions have a mode of their payload's encryption, and the number of their last request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """All that there are speak mode 1."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.add_column("session", sa.Column("mode", sa.Integer, nullable=False, server_default="1"))
    op.add_column("session", sa.Column("number", number, nullable=False, server_default="0"))
