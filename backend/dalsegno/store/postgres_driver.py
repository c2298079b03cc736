"""Transactions on Postgres, through asyncpg; sync calls run on an event loop in a thread of their own."""

from __future__ import annotations

import asyncio
import threading
from typing import TypeVar

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from dalsegno.store.answer_limit import AnswerLimit
from dalsegno.store.background_loop import BackgroundLoop
from dalsegno.store.engine_per_loop import EnginePerLoop
from dalsegno.store.script import Work

T = TypeVar("T")

_CONNECT_TIMEOUT_SECONDS = 10.0
# To say goodbye to a server, which may be silent.
_CLOSE_TIMEOUT_SECONDS = 2.0
# A query's plan on these tables is never worth compiling.
_SERVER_SETTINGS = {"application_name": "dalsegno", "jit": "off"}


class PostgresDriver:
    """Works on one Postgres database."""

    dialect_name = "postgresql"

    def __init__(self, url: URL, stall_seconds: float | None = None, answer_seconds: float | None = None) -> None:
        """Where this process stalls for longer than `stall_seconds` in a transaction, the server undoes that.

        What takes longer than `answer_seconds` is given up.
        """
        self.url = url
        self.answer_limit = AnswerLimit(answer_seconds)
        self._server_settings = _SERVER_SETTINGS | (
            {} if stall_seconds is None else {"idle_in_transaction_session_timeout": str(int(stall_seconds * 1000))}
        )
        self._engines = EnginePerLoop(self._make_engine)
        self._background: BackgroundLoop | None = None
        self._lock = threading.Lock()

    def read(self, work: Work[T]) -> T:
        """Does work that only reads, on one state of the database."""
        return self._loop().call(self.read_async(work))

    def write(self, work: Work[T]) -> T:
        """Does work in a transaction; it locks the rows that it reads and then writes."""
        return self._loop().call(self.write_async(work))

    def change_schema(self, work: Work[T]) -> T:
        """As `write`."""
        return self.write(work)

    async def read_async(self, work: Work[T]) -> T:
        """As `read`."""
        engine = self._engines.current().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        async with self.answer_limit.kept(), engine.begin() as connection:
            return await connection.run_sync(work)

    async def write_async(self, work: Work[T]) -> T:
        """As `write`."""
        async with self.answer_limit.kept(), self._engines.current().begin() as connection:
            return await connection.run_sync(work)

    def close(self) -> None:
        """Closes the connections of sync calls and ends their thread."""
        with self._lock:
            if self._background is not None:
                self._background.call(self.close_async())
                self._background.close()
                self._background = None
        self._engines.drop_ended()

    async def close_async(self) -> None:
        """Closes the connections of the running loop."""
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_SECONDS):
                await self._engines.close_current()
        except TimeoutError:
            self.answer_limit.give_up_idle()

    def _loop(self) -> BackgroundLoop:
        with self._lock:
            if self._background is None:
                self._background = BackgroundLoop("dalsegno postgres")
            return self._background

    def _make_engine(self) -> AsyncEngine:
        engine = create_async_engine(
            self.url,
            pool_size=5,
            max_overflow=27,
            # The server may have been restarted since a connection was last used.
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
            connect_args={"timeout": _CONNECT_TIMEOUT_SECONDS, "server_settings": self._server_settings},
        )
        self.answer_limit.watch(engine)
        return engine
