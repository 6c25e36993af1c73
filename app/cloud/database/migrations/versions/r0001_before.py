"""The tables of clouds before Alembic, in SQLite: app/cloud/database/legacy.py makes them."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing is to be done: such a database is stamped with this."""
