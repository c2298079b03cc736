"""Waiting for anything new in the store, whichever process writes it.

Postgres tells its listeners; SQLite is asked for its data version, which costs microseconds. One listener serves all
who wait in a process. A wait ends by news, or by its timeout, whichever comes first.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import ClassVar

from dalsegno.store.change_listeners import Listener, PostgresListener, SQLiteListener
from dalsegno.store.database import Database


class Changes:
    """News of a database; a context manager, or close() is called. Safe to use from several threads and loops.

    Nothing is missed between a read and a wait that is given the `mark` taken before the read.
    """

    def __init__(self, database: Database) -> None:
        self._news = _News.of(database)
        self._release = weakref.finalize(self, self._news.release)

    def __enter__(self) -> Changes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Who still waits goes on to its timeout."""
        self._release()

    @property
    def mark(self) -> int:
        """Where the news stand now."""
        return self._news.mark

    async def wait(self, timeout: float, after: int | None = None) -> bool:  # noqa: ASYNC109 - its end is no failure
        """Waits for news, `timeout` seconds at most; False where there was none.

        Given a mark, news since then count too.
        """
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()

        def wake() -> None:
            # The loop may have ended meanwhile, and with it who waited.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(woken.set)

        with self._news.waking(wake, after):
            try:
                await asyncio.wait_for(woken.wait(), timeout)
            except TimeoutError:
                return False
        return True

    @contextmanager
    def calling(self, wake: Callable[[], None]) -> Iterator[None]:
        """Within, `wake` is called at each news, from another thread; it returns at once."""
        with self._news.waking(wake, None):
            yield

    def wait_sync(self, timeout: float, after: int | None = None) -> bool:
        """As `wait`, in a thread that may block."""
        woken = threading.Event()
        with self._news.waking(woken.set, after):
            return woken.wait(timeout)


class _News:
    """What all who wait for one database share: a count of the news, and the listener that counts."""

    _by_url: ClassVar[weakref.WeakValueDictionary[str, _News]] = weakref.WeakValueDictionary()
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, listener: Listener) -> None:
        self.mark = 0
        self._listener = listener
        self._users = 0
        self._is_listening = False
        self._wakers: set[Callable[[], None]] = set()
        self._changed = threading.Lock()

    @classmethod
    def of(cls, database: Database) -> _News:
        url = database.url.render_as_string(hide_password=False)
        with cls._lock:
            news = cls._by_url.get(url)
            if news is None:
                listener = SQLiteListener if database.dialect_name == "sqlite" else PostgresListener
                news = cls._by_url[url] = cls(listener(database.url))
            news._users += 1
            return news

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._is_listening:
                self._is_listening = False
                self._listener.stop()

    @contextmanager
    def waking(self, wake: Callable[[], None], after: int | None) -> Iterator[None]:
        self._listen()
        with self._changed:
            self._wakers.add(wake)
            is_late = after is not None and self.mark > after
        if is_late:
            wake()
        self._listener.resume()
        try:
            yield
        finally:
            with self._changed:
                self._wakers.discard(wake)
                is_idle = not self._wakers
            if is_idle:
                self._listener.pause()

    def _listen(self) -> None:
        with self._lock:
            if not self._is_listening:
                self._is_listening = True
                self._listener.start(self._tell)

    def _tell(self) -> None:
        with self._changed:
            self.mark += 1
            wakers = list(self._wakers)
        for wake in wakers:
            wake()
