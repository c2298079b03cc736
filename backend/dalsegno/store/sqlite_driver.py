"""Transactions on SQLite: one writer at a time, readers beside it. Sync calls are the fast ones."""

from __future__ import annotations

import sqlite3
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from dalsegno.store.script import Work

if TYPE_CHECKING:
    from dalsegno.store.async_sqlite import AsyncSQLite

T = TypeVar("T")

BUSY_TIMEOUT_SECONDS = 30.0
# Pages of the write-ahead log after which a commit moves them into the database, 16 MiB: it syncs then, and who commits
# waits for the disk, so it is to come seldom.
_CHECKPOINT = "PRAGMA wal_autocheckpoint = 4000"
_CONNECT = {"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
READER_OPTIONS: dict[str, Any] = {"pool_size": 4, "max_overflow": 28, "connect_args": _CONNECT}
WRITER_OPTIONS: dict[str, Any] = {"pool_size": 1, "max_overflow": 0, "connect_args": _CONNECT}


class SQLiteDriver:
    """Works on one database file."""

    dialect_name = "sqlite"

    def __init__(self, path: str, *, synced: bool = False) -> None:
        """`synced`: what is committed survives a loss of power."""
        self._path = path
        self._synced = synced
        self.url = URL.create("sqlite+pysqlite", database=path)
        self._readers = reading(create_engine(self.url, **READER_OPTIONS))
        self._writer_engine = writing(create_engine(self.url, **WRITER_OPTIONS), synced=synced)
        self._writer: Connection | None = None
        # Statements of one connection are serialised by SQLite, transactions are not: hence the lock.
        self._writer_lock = threading.Lock()

    def read(self, work: Work[T]) -> T:
        """Does work that only reads, on one state of the database."""
        with self._readers.begin() as connection:
            return work(connection)

    def write(self, work: Work[T]) -> T:
        """Does work in a transaction that is the only writing one from its start."""
        with self._writer_lock:
            if self._writer is None:
                self._writer = self._writer_engine.connect()
            try:
                with self._writer.begin():
                    return work(self._writer)
            except sqlite3.Error:
                # BEGIN itself was refused; the connection does not know whether it is in a transaction.
                self._writer.invalidate()
                self._writer.close()
                self._writer = None
                raise

    def change_schema(self, work: Work[T]) -> T:
        """As `write`, with foreign keys not looked at: SQLite changes a table by making it anew."""
        engine = writing(create_engine(self.url, **WRITER_OPTIONS), synced=True, foreign_keys=False)
        try:
            with engine.begin() as connection:
                return work(connection)
        finally:
            engine.dispose()

    async def read_async(self, work: Work[T]) -> T:
        """As `read`."""
        return await self._async.read(work)

    async def write_async(self, work: Work[T]) -> T:
        """As `write`."""
        return await self._async.write(work)

    def close(self) -> None:
        """Closes the connections of sync calls."""
        with self._writer_lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        self._writer_engine.dispose()
        self._readers.dispose()
        if "_async" in self.__dict__:
            self._async.drop_ended()

    async def close_async(self) -> None:
        """Closes the connections of the running loop."""
        if "_async" in self.__dict__:
            await self._async.close_current()

    @cached_property
    def _async(self) -> AsyncSQLite:
        # Loaded when used: SQLAlchemy's async part is a third of the time that the command line takes to start.
        from dalsegno.store.async_sqlite import AsyncSQLite

        return AsyncSQLite(self._path, synced=self._synced)


def reading(engine: Engine) -> Engine:
    """Gives every connection of the engine what readers need."""
    _on_connect(engine, "PRAGMA query_only = ON")
    _on_begin(engine, "BEGIN")
    return engine


def writing(engine: Engine, *, synced: bool, foreign_keys: bool = True) -> Engine:
    """Gives every connection of the engine what writers need."""
    pragmas = (
        f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}",
        # Normal: the disk is waited for at a checkpoint alone; full: at each commit, by a sync of the log.
        f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}",
        _CHECKPOINT,
    )
    _on_connect(engine, *pragmas, needs_wal=True)
    _on_begin(engine, "BEGIN IMMEDIATE")
    return engine


def _on_connect(engine: Engine, *pragmas: str, needs_wal: bool = False) -> None:
    def set_up(connection: Any, _record: Any) -> None:
        # Transactions begin by our own statement: the driver's way begins at the first write only.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        if needs_wal:
            _switch_to_wal(cursor)
        cursor.close()

    event.listen(engine, "connect", set_up)


def _on_begin(engine: Engine, statement: str) -> None:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    event.listen(engine, "begin", begin)


def _switch_to_wal(cursor: Any) -> None:
    """The mode stays with the file; switching fails at once, busy timeout or not, while another process reads."""
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode")
            if cursor.fetchone()[0] != "wal":
                cursor.execute("PRAGMA journal_mode = WAL")
                cursor.fetchall()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
