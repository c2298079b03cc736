"""The schema of a database: the revision that it has, and how a new one gets it."""

from __future__ import annotations

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, func, insert, inspect, select

from dalsegno.store.tables import metadata

# The newest migration. Written down here because importing Alembic takes longer than opening a database.
HEAD_REVISION = "0007"

# Alembic's own table, as it makes it.
alembic_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

# Any number that nobody else locks: "dalsegno" in ASCII.
_SCHEMA_LOCK = 0x64616C7365676E6F


def found_revision(connection: Connection) -> str | None:
    """The revision that the database has; None where it has none."""
    if not inspect(connection).has_table(alembic_version.name):
        return None
    revision: str | None = connection.execute(select(alembic_version.c.version_num)).scalar()
    return revision


def is_empty(connection: Connection) -> bool:
    """It holds no table, ours or another's."""
    return not inspect(connection).get_table_names()


def lock_schema(connection: Connection) -> None:
    """Makes other processes that would change the schema wait for the transaction's end."""
    # SQLite has one writer anyway.
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))


def create_schema(connection: Connection) -> str | None:
    """Makes the tables where the database is empty; the revision that it has then. Needs a writing transaction."""
    lock_schema(connection)
    if is_empty(connection):
        metadata.create_all(connection, checkfirst=False)
        alembic_version.create(connection)
        connection.execute(insert(alembic_version).values(version_num=HEAD_REVISION))
    return found_revision(connection)
