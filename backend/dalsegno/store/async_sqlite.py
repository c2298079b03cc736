"""Async transactions on SQLite, through aiosqlite's threads."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from dalsegno.store.engine_per_loop import EnginePerLoop
from dalsegno.store.script import Work
from dalsegno.store.sqlite_driver import READER_OPTIONS, WRITER_OPTIONS, reading, writing

T = TypeVar("T")


class AsyncSQLite:
    """Works on one database file."""

    def __init__(self, path: str, *, synced: bool) -> None:
        self._synced = synced
        self._url = URL.create("sqlite+aiosqlite", database=path)
        self._readers = EnginePerLoop(self._make_readers)
        self._writers = EnginePerLoop(self._make_writer)

    async def read(self, work: Work[T]) -> T:
        """Does work that only reads, on one state of the database."""
        async with self._readers.current().begin() as connection:
            return await connection.run_sync(work)

    async def write(self, work: Work[T]) -> T:
        """Does work in a transaction that is the only writing one from its start."""
        async with self._writers.current().begin() as connection:
            return await connection.run_sync(work)

    async def close_current(self) -> None:
        """Closes the connections of the running loop."""
        await self._readers.close_current()
        await self._writers.close_current()

    def drop_ended(self) -> None:
        """Lets go of connections whose loop has ended."""
        self._readers.drop_ended()
        self._writers.drop_ended()

    def _make_readers(self) -> AsyncEngine:
        engine = create_async_engine(self._url, **READER_OPTIONS)
        reading(engine.sync_engine)
        return engine

    def _make_writer(self) -> AsyncEngine:
        engine = create_async_engine(self._url, **WRITER_OPTIONS)
        writing(engine.sync_engine, synced=self._synced)
        return engine
