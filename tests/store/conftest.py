"""Both ways to run scripts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TypeVar

import pytest

from dalsegno.store.database import Database
from dalsegno.store.script import Script

T = TypeVar("T")


class Store:
    """Runs scripts on a database in one of the two ways."""

    def __init__(self, database: Database, runner: asyncio.Runner | None) -> None:
        self.database = database
        self._runner = runner

    def read(self, script: Script[T]) -> T:
        """What a script returns that only reads."""
        if self._runner is None:
            return self.database.read(script)
        return self._runner.run(self.database.read_async(script))

    def write(self, script: Script[T]) -> T:
        """What a script returns that writes."""
        if self._runner is None:
            return self.database.write(script)
        return self._runner.run(self.database.write_async(script))


@pytest.fixture(params=["sync", "async"])
def store(request: pytest.FixtureRequest, database: Database) -> Iterator[Store]:
    """A database to run scripts on, on each database and in each way."""
    if request.param == "sync":
        yield Store(database, None)
        return
    with asyncio.Runner() as runner:
        yield Store(database, runner)
        runner.run(database.close_async())
