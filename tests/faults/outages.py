"""Databases that can be taken away from whoever uses them, and given back."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.engine import URL, make_url

_SOCKET = ".s.PGSQL.5432"


class Outage(Protocol):
    """A database under a URL of its own; whoever knows another one of it goes on."""

    url: str

    def begin(self) -> None: ...

    def end(self) -> None: ...

    def close(self) -> None: ...


class PostgresOutage:
    """A way to a server, through a socket of its own, that can be closed: connections are cut, and new ones refused."""

    def __init__(self, url: str) -> None:
        self._server = make_url(url)
        self._folder = tempfile.mkdtemp(prefix="dalsegno-way-")
        self.url = self._server.set(
            drivername="postgresql+asyncpg", host=None, port=None, query={"host": self._folder}
        ).render_as_string(hide_password=False)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="way to Postgres", daemon=True)
        self._thread.start()
        self._ways: set[asyncio.Task[None]] = set()
        # What is set, for the ways that are opened from now on, as long as they pass on what comes.
        self._open = asyncio.Event()
        self._open.set()
        self._socket = Path(self._folder, _SOCKET)
        # Under another name nobody finds it. A listener that is closed loses who comes at that moment.
        self._hidden = Path(self._folder, "hidden")
        self._do(self._listen())

    @property
    def is_cut(self) -> bool:
        return not self._socket.exists()

    def begin(self) -> None:
        self._do(self._cut())

    def end(self) -> None:
        self._hidden.rename(self._socket)

    def close(self) -> None:
        self._do(self._cut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._listener.close()
        self._loop.close()
        shutil.rmtree(self._folder)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._listener = await asyncio.start_unix_server(self._serve, self._socket)

    async def _cut(self) -> None:
        if not self.is_cut:
            self._socket.rename(self._hidden)
        for way in self._ways:
            way.cancel()
        # Those that had come before and are noticed only now see that it is closed.
        await asyncio.sleep(0)
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        way = asyncio.current_task()
        assert way is not None
        if self.is_cut:
            # Came just before the way was closed.
            await _hang_up(writer)
            return
        self._ways.add(way)
        is_open = self._open
        try:
            with suppress(OSError, asyncio.CancelledError):
                there, back = await _connect(self._server)
                try:
                    await asyncio.gather(_pass_on(reader, back, is_open), _pass_on(there, writer, is_open))
                finally:
                    await _hang_up(back)
        finally:
            self._ways.discard(way)
            await _hang_up(writer)


class SilentPostgres(PostgresOutage):
    """The same where the network drops what is sent, and nobody says so: connections stand, and nothing comes.

    Those that stood, or were opened, in the meantime stay so; new ones are as they should be.
    """

    def begin(self) -> None:
        self._do(self._fall_silent())

    def end(self) -> None:
        if self.is_cut:
            super().end()
        else:
            self._do(self._pass_again())

    async def _fall_silent(self) -> None:
        self._open.clear()

    async def _pass_again(self) -> None:
        self._open = asyncio.Event()
        self._open.set()


async def _connect(server: URL) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    folder = server.query.get("host")
    if isinstance(folder, str):
        return await asyncio.open_unix_connection(f"{folder}/{_SOCKET}")
    return await asyncio.open_connection(server.host, server.port or 5432)


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_open: asyncio.Event) -> None:
    while content := await reader.read(1 << 16):
        await is_open.wait()
        writer.write(content)
        await writer.drain()
    writer.close()


class SQLiteOutage:
    """A file that somebody else keeps locked; who wants to write is told so after the busy timeout."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._path = make_url(url).database or ""
        self._holder: sqlite3.Connection | None = None

    def begin(self) -> None:
        self._holder = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        self._holder.execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        assert self._holder is not None
        self._holder.close()
        self._holder = None

    def close(self) -> None:
        if self._holder is not None:
            self.end()


def outage_of(url: str) -> Outage:
    """Of the database at this URL."""
    return SQLiteOutage(url) if url.startswith("sqlite") else PostgresOutage(url)
