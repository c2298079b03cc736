"""Async engines, one for each event loop that asks: a connection works only on the loop that opened it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncEngine


class EnginePerLoop:
    """Makes an engine at a loop's first use of it."""

    def __init__(self, make: Callable[[], AsyncEngine]) -> None:
        self._make = make
        self._engines: dict[asyncio.AbstractEventLoop, AsyncEngine] = {}

    def current(self) -> AsyncEngine:
        """The engine of the running loop."""
        loop = asyncio.get_running_loop()
        engine = self._engines.get(loop)
        if engine is None:
            self.drop_ended()
            engine = self._engines[loop] = self._make()
        return engine

    async def close_current(self) -> None:
        """Closes the connections of the running loop."""
        engine = self._engines.pop(asyncio.get_running_loop(), None)
        if engine is not None:
            await engine.dispose()

    def drop_ended(self) -> None:
        """Lets go of connections whose loop has ended; nothing can close them any more."""
        for loop in [loop for loop in self._engines if loop.is_closed()]:
            self._engines.pop(loop).sync_engine.dispose(close=False)
