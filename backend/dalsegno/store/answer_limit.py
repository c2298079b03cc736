"""How long a server's answer is waited for, where a network drops what is sent and nobody says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


class AnswerLimit:
    """Gives up transactions that take too long, and with them the connections that nobody uses: they hang as well."""

    def __init__(self, seconds: float | None) -> None:
        """None: there is no limit."""
        self.seconds = seconds
        # By loop: a connection is ended on the loop that opened it.
        self._idle: dict[asyncio.AbstractEventLoop, WeakSet[Any]] = {}

    def watch(self, engine: AsyncEngine) -> None:
        """From now on the engine's connections are known; it is one of the running loop."""
        loop = asyncio.get_running_loop()
        self._idle = {one: known for one, known in self._idle.items() if not one.is_closed()}
        idle = self._idle.setdefault(loop, WeakSet())

        @event.listens_for(engine.sync_engine, "checkin")
        def _is_idle(connection: Any, _record: Any) -> None:
            if connection is not None:
                idle.add(connection.driver_connection)

        @event.listens_for(engine.sync_engine, "checkout")
        def _is_used(connection: Any, _record: Any, _proxy: Any) -> None:
            idle.discard(connection.driver_connection)

    def give_up_idle(self) -> None:
        """Ends the connections of the running loop that nobody uses, without a word to the server."""
        for connection in list(self._idle.get(asyncio.get_running_loop(), ())):
            connection.terminate()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """What is done within is cancelled where it takes too long. Raises TimeoutError then."""
        limit, deadline = self.seconds, asyncio.timeout(self.seconds)
        try:
            async with deadline:
                yield
        except TimeoutError as error:
            if not deadline.expired():
                raise
            # Otherwise each would be tried in turn, and waited for as long.
            self.give_up_idle()
            problem = f"it has not answered within {limit:g} s (DALSEGNO_DATABASE_TIMEOUT_SECONDS)"
            raise TimeoutError(problem) from error
