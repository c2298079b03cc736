"""What notices that a database has changed: a thread for each kind of database."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from dalsegno.store.statements import CHANNEL

_log = logging.getLogger(__name__)

POLL_SECONDS = 0.020
RECONNECT_SECONDS = 0.5
# How often a server that has nothing to tell is asked whether it is there, and how long it may take to answer.
ASK_SECONDS = 10.0

Tell = Callable[[], None]


class Listener(Protocol):
    """Calls `tell`, from a thread of its own, soon after anything was committed; once too often does no harm."""

    def start(self, tell: Tell) -> None:
        """Begin to listen; what is committed from now on is told."""

    def resume(self) -> None:
        """Somebody waits."""

    def pause(self) -> None:
        """Nobody waits any more; what is committed meanwhile is told after `resume`."""

    def stop(self) -> None:
        """Listen no more; `start` may be called again."""


class SQLiteListener:
    """Asks for the data version, which moves with every commit of another connection."""

    def __init__(self, url: URL) -> None:
        self._path = url.database or ""
        self._stopped = threading.Event()
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, tell: Tell) -> None:
        self._stopped.clear()
        connection = _connect(self._path)
        version = _version(connection)
        self._thread = threading.Thread(
            target=self._poll, args=(connection, version, tell), name="dalsegno-changes", daemon=True
        )
        self._thread.start()

    def resume(self) -> None:
        self._wanted.set()

    def pause(self) -> None:
        self._wanted.clear()

    def stop(self) -> None:
        self._stopped.set()
        self._wanted.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._wanted.clear()

    def _poll(self, connection: sqlite3.Connection | None, version: int | None, tell: Tell) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            self._wanted.wait()
            if connection is None:
                connection = _connect(self._path)
            found = _version(connection)
            if found is None and connection is not None:
                connection.close()
                connection = None
            if found != version:
                version = found
                tell()
        if connection is not None:
            connection.close()


def _connect(path: str) -> sqlite3.Connection | None:
    try:
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    except sqlite3.Error:
        return None


def _version(connection: sqlite3.Connection | None) -> int | None:
    if connection is None:
        return None
    try:
        version: int = connection.execute("PRAGMA data_version").fetchone()[0]
    except sqlite3.Error:
        return None
    return version


class PostgresListener:
    """Listens on a connection of its own; where that is lost, it is opened again, and a change is told to be safe."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None

    def start(self, tell: Tell) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(tell, ready), name="dalsegno-changes", daemon=True)
        self._thread.start()
        ready.wait()

    def resume(self) -> None:
        pass

    def pause(self) -> None:
        pass

    def stop(self) -> None:
        loop, main = self._loop, self._main
        if loop is not None and main is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(main.cancel)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self, tell: Tell, ready: threading.Event) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._listen(tell, ready))

    async def _listen(self, tell: Tell, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        limits = {"timeout": ASK_SECONDS, "command_timeout": ASK_SECONDS}
        engine = create_async_engine(self._url, poolclass=NullPool, connect_args=limits)
        try:
            while True:
                try:
                    await self._listen_once(engine, tell, ready)
                except Exception:  # noqa: BLE001 - whichever of its classes a driver raises here, it is tried again
                    _log.debug("Listening for changes has ended; it is begun again.", exc_info=True)
                ready.set()
                tell()
                await asyncio.sleep(RECONNECT_SECONDS)
        finally:
            await engine.dispose()

    async def _listen_once(self, engine: Any, tell: Tell, ready: threading.Event) -> None:
        async with engine.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            lost = asyncio.Event()
            raw.add_termination_listener(lambda _connection: lost.set())
            await raw.add_listener(CHANNEL, lambda *_notice: tell())
            # What came before the listener was there.
            tell()
            ready.set()
            try:
                while not await _within(lost.wait(), ASK_SECONDS):
                    # Where the network drops what is sent, nothing comes, not even that the connection is lost.
                    await raw.fetchval("SELECT 1")
            except TimeoutError:
                raw.terminate()
                raise


async def _within(event: Coroutine[Any, Any, Any], seconds: float) -> bool:
    try:
        await asyncio.wait_for(event, seconds)
    except TimeoutError:
        return False
    return True
