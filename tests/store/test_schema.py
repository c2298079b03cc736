"""One schema, whether it is made at once or by the migrations."""

from __future__ import annotations

from functools import partial

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from dalsegno.errors import SchemaVersionError, StoreUnavailableError
from dalsegno.store.database import Database, open_driver, parse_url
from dalsegno.store.migrate import alembic_config, migrate
from dalsegno.store.run_filter import RunFilter
from dalsegno.store.runs import list_runs
from dalsegno.store.schema import HEAD_REVISION, alembic_version, found_revision
from dalsegno.store.tables import metadata
from tests.store.records import created, run_named


@pytest.fixture
def driver(empty_database_url):
    parsed, display_name = parse_url(empty_database_url)
    driver = open_driver(parsed, display_name, create=True)
    yield driver
    driver.close()


def made_at_once(url):
    Database.open(url).close()


def differences(connection):
    """Between the tables that there are and those that are declared."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return compare_metadata(context, metadata)


def described(connection):
    """All that the database itself says of its tables."""
    found = inspect(connection)
    return {
        table: (
            [{**column, "type": repr(column["type"])} for column in found.get_columns(table)],
            found.get_pk_constraint(table),
            sorted(found.get_indexes(table), key=lambda index: index["name"]),
            sorted(found.get_foreign_keys(table), key=lambda key: key["name"]),
            sorted(found.get_unique_constraints(table), key=lambda constraint: constraint["name"]),
            found.get_table_options(table),
        )
        for table in found.get_table_names()
    }


@pytest.mark.parametrize("make", [made_at_once, migrate], ids=["at once", "by the migrations"])
def test_the_tables_are_those_that_are_declared(driver, empty_database_url, make):
    make(empty_database_url)
    assert driver.read(differences) == []
    assert driver.read(found_revision) == HEAD_REVISION


def test_both_ways_make_the_same(driver, empty_database_url):
    migrate(empty_database_url)
    migrated = driver.read(described)

    def begin_anew(connection):
        connection.execute(text("DROP TABLE alembic_version"))
        metadata.drop_all(connection)

    driver.change_schema(begin_anew)
    made_at_once(empty_database_url)
    assert driver.read(described) == migrated
    assert migrated.keys() == {*metadata.tables, alembic_version.name}


def test_the_revision_written_down_is_the_newest_migration(driver):
    scripts = driver.read(lambda connection: ScriptDirectory.from_config(alembic_config(connection)))
    assert scripts.get_heads() == [HEAD_REVISION]
    assert [script.revision for script in scripts.walk_revisions()][-1] == "0001"


def test_a_new_database_is_migrated_and_a_current_one_left_as_it_is(empty_database_url):
    first, second = migrate(empty_database_url), migrate(empty_database_url)
    assert (first.before, first.after) == (None, HEAD_REVISION)
    assert (second.before, second.after) == (HEAD_REVISION, HEAD_REVISION)
    Database.open(empty_database_url, create=False).close()


def test_an_old_database_is_refused_until_it_is_migrated_and_keeps_what_it_holds(driver, empty_database_url):
    driver.change_schema(lambda connection: command.upgrade(alembic_config(connection), "0001"))
    with pytest.raises(SchemaVersionError) as refused:
        Database.open(empty_database_url)
    assert (refused.value.found, refused.value.expected) == ("0001", HEAD_REVISION)
    assert migrate(empty_database_url).before == "0001"
    database = Database.open(empty_database_url)
    database.write(created(run_named("r")))
    assert len(database.read(list_runs(RunFilter(), 10))) == 1
    database.close()


@pytest.mark.parametrize("act", [Database.open, migrate], ids=["opening", "migrating"])
def test_a_database_of_a_newer_version_is_left_as_it_is(driver, empty_database_url, act):
    made_at_once(empty_database_url)
    driver.write(partial(stamp, revision="9999"))
    with pytest.raises(SchemaVersionError) as refused:
        act(empty_database_url)
    assert (refused.value.found, refused.value.expected) == ("9999", HEAD_REVISION)
    assert driver.read(found_revision) == "9999"


def test_a_database_with_the_tables_of_somebody_else_is_not_taken(driver, empty_database_url):
    driver.write(lambda connection: connection.execute(text("CREATE TABLE theirs (id INTEGER)")))
    with pytest.raises(SchemaVersionError) as refused:
        Database.open(empty_database_url)
    assert refused.value.found is None
    assert driver.read(lambda connection: inspect(connection).get_table_names()) == ["theirs"]


def test_an_empty_database_is_not_made_where_that_is_not_wanted(empty_database_url):
    with pytest.raises((SchemaVersionError, StoreUnavailableError)):
        Database.open(empty_database_url, create=False)
    with pytest.raises((SchemaVersionError, StoreUnavailableError)):
        Database.open(empty_database_url, create=False)


def test_a_migration_that_fails_leaves_nothing(driver, empty_database_url, monkeypatch):
    upgrade = command.upgrade

    def fails_late(*arguments):
        upgrade(*arguments)
        raise RuntimeError("the last statement failed")

    monkeypatch.setattr(command, "upgrade", fails_late)
    with pytest.raises(RuntimeError):
        migrate(empty_database_url)
    assert driver.read(lambda connection: inspect(connection).get_table_names()) == []


def stamp(connection, revision):
    connection.execute(alembic_version.update().values(version_num=revision))
