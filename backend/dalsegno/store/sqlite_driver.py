"""Transactions on SQLite: one writer at a time, readers beside it.

Sync calls are the fast ones; async calls hop to aiosqlite's threads.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from dalsegno.store.engine_per_loop import EnginePerLoop
from dalsegno.store.script import Work

T = TypeVar("T")

BUSY_TIMEOUT_SECONDS = 30.0
# Pages of the write-ahead log after which a commit moves them into the database, 16 MiB: it syncs then, and who commits
# waits for the disk, so it is to come seldom.
_CHECKPOINT = "PRAGMA wal_autocheckpoint = 4000"


class SQLiteDriver:
    """Works on one database file."""

    dialect_name = "sqlite"

    def __init__(self, path: str) -> None:
        self._path = path
        self.url = self._url("pysqlite")
        self._readers = _reading(create_engine(self._url("pysqlite"), **_options(pool_size=4, max_overflow=28)))
        self._writer_engine = _writing(create_engine(self._url("pysqlite"), **_options(pool_size=1, max_overflow=0)))
        self._writer: Connection | None = None
        # Statements of one connection are serialised by SQLite, transactions are not: hence the lock.
        self._writer_lock = threading.Lock()
        self._async_readers = EnginePerLoop(self._async_reading)
        self._async_writers = EnginePerLoop(self._async_writing)

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
        engine = _writing(
            create_engine(self._url("pysqlite"), **_options(pool_size=1, max_overflow=0)), foreign_keys=False
        )
        try:
            with engine.begin() as connection:
                return work(connection)
        finally:
            engine.dispose()

    async def read_async(self, work: Work[T]) -> T:
        """As `read`."""
        async with self._async_readers.current().begin() as connection:
            return await connection.run_sync(work)

    async def write_async(self, work: Work[T]) -> T:
        """As `write`."""
        async with self._async_writers.current().begin() as connection:
            return await connection.run_sync(work)

    def close(self) -> None:
        """Closes the connections of sync calls."""
        with self._writer_lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        self._writer_engine.dispose()
        self._readers.dispose()
        for engines in (self._async_readers, self._async_writers):
            engines.drop_ended()

    async def close_async(self) -> None:
        """Closes the connections of the running loop."""
        await self._async_readers.close_current()
        await self._async_writers.close_current()

    def _async_reading(self) -> AsyncEngine:
        engine = create_async_engine(self._url("aiosqlite"), **_options(pool_size=4, max_overflow=28))
        _reading(engine.sync_engine)
        return engine

    def _async_writing(self) -> AsyncEngine:
        engine = create_async_engine(self._url("aiosqlite"), **_options(pool_size=1, max_overflow=0))
        _writing(engine.sync_engine)
        return engine

    def _url(self, driver: str) -> URL:
        return URL.create(f"sqlite+{driver}", database=self._path)


def _options(*, pool_size: int, max_overflow: int) -> dict[str, Any]:
    return {
        "pool_size": pool_size,
        "max_overflow": max_overflow,
        "connect_args": {"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    }


def _reading(engine: Engine) -> Engine:
    _on_connect(engine, "PRAGMA query_only = ON")
    _on_begin(engine, "BEGIN")
    return engine


def _writing(engine: Engine, *, foreign_keys: bool = True) -> Engine:
    checked = "ON" if foreign_keys else "OFF"
    _on_connect(engine, f"PRAGMA foreign_keys = {checked}", "PRAGMA synchronous = NORMAL", _CHECKPOINT, needs_wal=True)
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
