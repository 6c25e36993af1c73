"""Sessions have the times at which their statuses were reported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """The times of those that there are, are unknown."""
    for name in ("worker_at", "management_at", "pythings_at"):
        op.add_column("session", sa.Column(name, sa.Double))
