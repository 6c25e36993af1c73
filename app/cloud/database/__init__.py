"""The database of the local cloud: its schema, SQLite and PostgreSQL, and their upgrades."""
