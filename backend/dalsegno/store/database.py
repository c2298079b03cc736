"""One database, opened: runs scripts on it, sync or async."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from dalsegno.errors import InvalidSettingError, SchemaVersionError, StoreUnavailableError
from dalsegno.output_storage.syncing import make_folder
from dalsegno.settings import Durability, Settings
from dalsegno.store.driver_errors import TranslatedErrors
from dalsegno.store.schema import HEAD_REVISION, create_schema, found_revision, is_empty
from dalsegno.store.script import Script, run_script
from dalsegno.store.sqlite_driver import SQLiteDriver

if TYPE_CHECKING:
    from dalsegno.store.postgres_driver import PostgresDriver

T = TypeVar("T")

_SQLITE = ("sqlite", "sqlite+pysqlite", "sqlite+aiosqlite")
# What a Postgres server must have on for commits to survive a loss of power.
SYNCING = ("fsync", "full_page_writes", "synchronous_commit")
_POSTGRES = ("postgresql", "postgres", "postgresql+asyncpg")


class Database:
    """A database with the schema of this version. Safe to use from several threads and event loops."""

    def __init__(self, driver: SQLiteDriver | PostgresDriver, display_name: str) -> None:
        self._driver = driver
        # As people name it, without a password.
        self.display_name = display_name
        # It was not there at first, so the holders of runs may have been without it too.
        self.was_away = False
        self._errors = TranslatedErrors(display_name)

    @classmethod
    def of(cls, settings: Settings, url: str | None = None) -> Database:
        """The database that the settings name, or another one, opened as they say. Raises as `open` does."""
        return cls.open(
            url or settings.database_url,
            durability=settings.durability,
            # Who stalls holds no run back from who takes it over.
            stall_seconds=settings.lease_seconds,
            answer_seconds=settings.database_timeout_seconds,
        )

    @classmethod
    def open(
        cls,
        url: str,
        *,
        create: bool = True,
        durability: Durability = Durability.PROCESS,
        stall_seconds: float | None = None,
        answer_seconds: float | None = None,
    ) -> Database:
        """The database at `url`: "sqlite:///PATH" or "postgresql+asyncpg://USER@HOST/NAME".

        A new or empty one gets the schema, unless `create` is False. Where this process stalls for longer than
        `stall_seconds` in a transaction, Postgres undoes that, and with it its locks; where that does not answer for
        `answer_seconds`, what was asked for is given up with StoreUnavailableError. Raises that as well where the
        database can't be reached, SchemaVersionError where it holds another schema, InvalidSettingError where it can't
        be as durable as that.
        """
        parsed, display_name = parse_url(url)
        synced = durability is Durability.POWER
        driver = open_driver(
            parsed,
            display_name,
            create=create,
            synced=synced,
            stall_seconds=stall_seconds,
            answer_seconds=answer_seconds,
        )
        database = cls(driver, display_name)
        try:
            database._prepare(create=create)
            if synced and database.dialect_name == "postgresql":
                refuse_unsynced(database.read(_server_settings(SYNCING)))
        except BaseException:
            database.close()
            raise
        return database

    @property
    def dialect_name(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._driver.dialect_name

    @property
    def url(self) -> URL:
        """Where it is, with its password."""
        return self._driver.url

    def read(self, script: Script[T]) -> T:
        """Runs a script that only reads; all its statements see one state of the database."""
        with self._errors:
            return self._driver.read(partial(run_script, script=script))

    def write(self, script: Script[T]) -> T:
        """Runs a script in one transaction: all that it writes is kept, or, where it raises, nothing."""
        with self._errors:
            return self._driver.write(partial(run_script, script=script))

    async def read_async(self, script: Script[T]) -> T:
        """As `read`, without blocking the event loop."""
        with self._errors:
            return await self._driver.read_async(partial(run_script, script=script))

    async def write_async(self, script: Script[T]) -> T:
        """As `write`, without blocking the event loop."""
        with self._errors:
            return await self._driver.write_async(partial(run_script, script=script))

    async def revision_async(self) -> str | None:
        """The revision of its schema now; None where it has none of ours."""
        with self._errors:
            return await self._driver.read_async(found_revision)

    @contextmanager
    def unhurried(self) -> Iterator[None]:
        """Within, answers may take as long as they do: for what reads or changes much at once."""
        if isinstance(self._driver, SQLiteDriver):
            yield
            return
        limit = self._driver.answer_limit
        before, limit.seconds = limit.seconds, None
        try:
            yield
        finally:
            limit.seconds = before

    def close(self) -> None:
        """Closes the connections of sync calls. Who made async calls awaits `close_async` first, on the same loop."""
        self._driver.close()

    async def close_async(self) -> None:
        """Closes the running event loop's connections."""
        await self._driver.close_async()

    def _prepare(self, *, create: bool) -> None:
        with self._errors:
            # Both of one state: another process may be making the tables just now.
            found, is_new = self._driver.read(lambda connection: (found_revision(connection), is_empty(connection)))
            if is_new and create:
                found = self._driver.write(create_schema)
        if found != HEAD_REVISION:
            raise SchemaVersionError(database=self.display_name, found=found, expected=HEAD_REVISION)


def parse_url(url: str) -> tuple[URL, str]:
    """A database URL and the name that people may see.

    Raises StoreUnavailableError where it names no database that can be used.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Not repeated: what does not parse may hold a password.
        raise _unusable("the given URL", "it is not a database URL") from None
    shown = URL.create(
        parsed.drivername, parsed.username, host=parsed.host, port=parsed.port, database=parsed.database
    ).render_as_string()
    if parsed.drivername in _SQLITE:
        if not parsed.database or parsed.database == ":memory:":
            raise _unusable(url, "it names no file, and other connections can't share a database in memory")
        return parsed, os.path.abspath(parsed.database)
    if parsed.drivername in _POSTGRES:
        # asyncpg's name of libpq's option.
        query = {("ssl" if key == "sslmode" else key): value for key, value in parsed.query.items()}
        return parsed.set(drivername="postgresql+asyncpg", query=query), shown.replace("+asyncpg", "", 1)
    raise _unusable(shown, f"{parsed.drivername!r} is not known here")


def open_driver(
    url: URL,
    display_name: str,
    *,
    create: bool,
    synced: bool = False,
    stall_seconds: float | None = None,
    answer_seconds: float | None = None,
) -> SQLiteDriver | PostgresDriver:
    """The driver of a parsed URL. Raises StoreUnavailableError where there is no file, or no folder to make it in."""
    if url.drivername not in _SQLITE:
        # Loaded when used: it takes longer than all the rest.
        from dalsegno.store.postgres_driver import PostgresDriver

        return PostgresDriver(url, stall_seconds, answer_seconds)
    if create:
        try:
            make_folder(os.path.dirname(display_name), synced=synced)
        except OSError as error:
            problem = f"its folder can't be made ({error.strerror}: {error.filename})"
            raise StoreUnavailableError(database=display_name, problem=problem) from error
    elif not os.path.exists(display_name):
        raise StoreUnavailableError(database=display_name, problem="there is no such file")
    return SQLiteDriver(display_name, synced=synced)


def _server_settings(names: Collection[str]) -> Script[Mapping[str, str]]:
    (row,) = yield select(*(func.current_setting(name).label(name) for name in names))
    return dict(row._mapping)


def refuse_unsynced(server: Mapping[str, str]) -> None:
    """Raises InvalidSettingError where a server with these settings may lose commits with the power."""
    off = sorted(name for name in SYNCING if server[name] == "off")
    if off:
        problem = f"the Postgres server has {', '.join(off)} off, so it may lose what is committed; turn that on"
        raise InvalidSettingError(name="DALSEGNO_DURABILITY", value=Durability.POWER, problem=problem)


def _unusable(shown: str, problem: str) -> StoreUnavailableError:
    return StoreUnavailableError(
        database=shown, problem=f"{problem}; use sqlite:///PATH or postgresql+asyncpg://USER@HOST/NAME"
    )
