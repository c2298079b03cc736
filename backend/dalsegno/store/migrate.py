"""Brings a database's schema up to date; the only module that loads Alembic.

To change the schema: change tables.py, write the next file in migrations/versions, and set HEAD_REVISION. Tests compare
the three.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from dalsegno.errors import SchemaVersionError
from dalsegno.store.database import open_driver, parse_url
from dalsegno.store.driver_errors import TranslatedErrors
from dalsegno.store.schema import HEAD_REVISION, found_revision, lock_schema

_FOLDER = Path(__file__).parent / "migrations"


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    """What `migrate` has done."""

    # As people name it.
    database: str
    # The revision of its schema; None: it had none of ours.
    before: str | None
    after: str


def migrate(url: str) -> Migrated:
    """Gives a new, an older or a current database the schema of this version, whole or not at all.

    Raises StoreUnavailableError where it can't be reached, SchemaVersionError where a newer version has made it.
    """
    parsed, display_name = parse_url(url)
    driver = open_driver(parsed, display_name, create=True)
    try:
        with TranslatedErrors(display_name):
            before = driver.change_schema(lambda connection: _upgrade(connection, display_name))
    finally:
        driver.close()
    return Migrated(database=display_name, before=before, after=HEAD_REVISION)


def alembic_config(connection: Connection) -> Config:
    """What Alembic's commands need to work on a connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, display_name: str) -> str | None:
    lock_schema(connection)
    before = found_revision(connection)
    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if before is not None and before not in known:
        raise SchemaVersionError(database=display_name, found=before, expected=HEAD_REVISION)
    command.upgrade(config, "head")
    return before
