"""A raised alarm is acknowledged by a person, for each Thing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """None was acknowledged before."""
    op.add_column("alarm_thing", sa.Column("seen", sa.Double))
    op.add_column("alarm_thing", sa.Column("seen_by", sa.Text))
