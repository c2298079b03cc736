"""What all tests share: databases, where every test that asks for one runs on SQLite and on Postgres."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import URL, make_url

from dalsegno.store.database import Database
from tests.postgres_server import execute, postgres_server

# How long an example takes says more of the machine than of the law.
settings.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("laws")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A Postgres server; the URL of its own database."""
    with postgres_server() as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres: URL) -> Iterator[str]:
    """A new database without tables."""
    with _postgres_database(postgres, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def _postgres_template(postgres: URL) -> Iterator[str]:
    """The name of a database with the schema; to copy it is quicker than to make the tables."""
    with _postgres_database(postgres, "template0") as url:
        Database.open(url).close()
        name = make_url(url).database
        assert name is not None
        yield name


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the schema."""
    path = tmp_path_factory.mktemp("template") / "dalsegno.db"
    Database.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, for SQLite one whose file does not exist yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/dalsegno.db"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the schema and no rows."""
    with _database_with_schema(request, tmp_path) as url:
        yield url


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def module_database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same, shared by the tests of a module."""
    with _database_with_schema(request, tmp_path_factory.mktemp("database")) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same, opened."""
    database = Database.open(database_url)
    yield database
    database.close()


@contextmanager
def _postgres_database(server: URL, template: str) -> Iterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield server.set(database=name).render_as_string(hide_password=False)
    execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _database_with_schema(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("_sqlite_template"), folder / "dalsegno.db")
        yield f"sqlite:///{copy}"
        return
    with _postgres_database(request.getfixturevalue("postgres"), request.getfixturevalue("_postgres_template")) as url:
        yield url
