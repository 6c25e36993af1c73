"""Things have tags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """There were none before."""
    op.add_column("thing", sa.Column("tags", sa.Text))
