"""Alembic's migrations: how a database of an older version gets the schema of this one."""
