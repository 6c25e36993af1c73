"""Things have the time until which a person's attention lasts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """There was none before."""
    op.add_column("thing", sa.Column("attended", sa.Double))
