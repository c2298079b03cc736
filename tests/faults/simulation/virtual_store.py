"""The real store on SQLite in memory: its clock is virtual, its transactions fail as the seed says.

A transaction is one step of the simulation, as SQLite's one writer makes it. Before and after it anything may happen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import StaticPool

from dalsegno.store.database import Database
from dalsegno.store.schema import create_schema
from dalsegno.store.script import Work
from dalsegno.store.sqlite_driver import writing
from tests.faults.simulation import primitives
from tests.faults.simulation.faults import Faults
from tests.faults.simulation.history import rows_of_run
from tests.faults.simulation.journal import Ended, Entry, RunStands, Written
from tests.faults.simulation.kernel import Kernel, Process

T = TypeVar("T")

NAME = "simulated"
# A transaction and its way take so long at most.
_LATENCY = 0.004
# News of a commit come after this time at most.
_NEWS_TAKE = 0.15
_UNIX_EPOCH = 2440587.5  # as a Julian day
_STANDS = (
    "SELECT run_id, status, last_event_number, cancel_requested_at IS NOT NULL, ended_at IS NOT NULL, lease_holder"
    " FROM runs WHERE ended_at IS NULL OR run_id IN ({})"
)


class _Memory:
    """One database in memory for all simulations of this (real) process: SQLAlchemy compiles its statements once."""

    def __init__(self) -> None:
        self.now = 0.0
        self.raw = sqlite3.connect(":memory:", check_same_thread=False)
        self.raw.create_function("julianday", 1, lambda _: _UNIX_EPOCH + self.now / 86400.0)
        self.engine: Engine = writing(
            create_engine("sqlite://", creator=lambda: self.raw, poolclass=StaticPool), synced=False
        )
        self.connection = self.engine.connect()
        with self.connection.begin():
            create_schema(self.connection)
        self._empty = self.raw.serialize()

    def reset(self) -> None:
        """No rows."""
        self.raw.deserialize(self._empty)


@cache
def memory() -> _Memory:
    """Of this process."""
    return _Memory()


class VirtualStore:
    """The database of one simulation; each process opens it by itself."""

    def __init__(self, kernel: Kernel, faults: Faults, journal: list[Entry]) -> None:
        self.kernel = kernel
        self.faults = faults
        self.journal = journal
        # Runs that are stored and have not ended.
        self.open_runs: set[str] = set()
        # Called with the id of a run that has ended.
        self.on_end: Callable[[str], None] = lambda _: None
        self._memory = memory()
        self._memory.reset()
        self._listeners: list[_Listener] = []
        self._stands: dict[str, tuple[Any, ...]] = {}

    def opened(self) -> Database:
        """For one process."""
        driver: Any = _Driver(self)
        return Database(driver, NAME)

    @property
    def raw(self) -> sqlite3.Connection:
        """To look at the rows from outside."""
        return self._memory.raw

    @property
    def has_due_retries(self) -> bool:
        """A failed run is still to be re-executed by itself."""
        return bool(self.raw.execute("SELECT 1 FROM automatic_retries WHERE NOT is_settled").fetchone())

    def transact(self, work: Work[T]) -> T:
        """Carry out a transaction, or not, or do and say that it was not."""
        kernel, faults = self.kernel, self.faults
        if kernel.current is None:
            return self._carried_out(work, None)
        kernel.sleep(kernel.moment(_LATENCY))
        faults.at("before a transaction")
        if faults.strikes("away", "the database"):
            faults.away_until = kernel.now + kernel.random.random() * 2.0
        if kernel.now < faults.away_until or faults.strikes("refused", "a transaction"):
            raise sqlite3.OperationalError("disk I/O error")
        result = self._carried_out(work, kernel.random.randrange(4) if faults.strikes("refused", "within") else None)
        faults.at("after a commit")
        kernel.sleep(kernel.moment(_LATENCY))
        if faults.strikes("lost_answer", "a transaction"):
            raise sqlite3.OperationalError("disk I/O error")
        return result

    def _carried_out(self, work: Work[T], fails_after: int | None) -> T:
        self._memory.now = primitives.EPOCH.timestamp() + self.kernel.now
        # Scripts execute statements on it, and nothing else.
        connection: Any = _Watched(self, self._memory.connection, fails_after)
        changes = self.raw.total_changes
        with self._memory.connection.begin():
            result = work(connection)
        if self.raw.total_changes != changes:
            self._write_down(connection)
        return result

    def _write_down(self, connection: _Watched) -> None:
        now = self.kernel.now
        self.journal += connection.written
        marks = ",".join("?" * len(self.open_runs))
        for row in self.raw.execute(_STANDS.format(marks), tuple(self.open_runs)).fetchall():
            run_id, status, number, cancel, ended, holder = row
            if self._stands.get(run_id) == row:
                continue
            self._stands[run_id] = row
            self.journal.append(
                RunStands(
                    at=now,
                    run_id=run_id,
                    status=status,
                    last_event_number=number,
                    cancel_is_stored=bool(cancel),
                    has_ended=bool(ended),
                    holder=holder,
                )
            )
            if ended:
                self.open_runs.discard(run_id)
                self.journal.append(Ended(at=now, run_id=run_id, rows=rows_of_run(self.raw, run_id)))
                self.on_end(run_id)
            else:
                self.open_runs.add(run_id)
        for listener in self._listeners:
            listener.hear()

    def listen(self, process: Process, wake: Callable[[], None]) -> _Listener:
        """Tell a process of commits, mostly."""
        listener = _Listener(self, process, wake)
        self._listeners = [one for one in self._listeners if not one.process.is_dead] + [listener]
        return listener


class _Watched:
    """A connection, as scripts use it."""

    def __init__(self, store: VirtualStore, connection: Connection, fails_after: int | None) -> None:
        self.written: list[Written] = []
        self._store = store
        self._connection = connection
        self._left = fails_after

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        """Carry out a statement, unless the connection breaks here."""
        if self._left is not None:
            if self._left == 0:
                raise sqlite3.OperationalError("disk I/O error")
            self._left -= 1
        if parameters is None:
            return self._connection.execute(statement)
        if "held_token" not in parameters:
            return self._connection.execute(statement, parameters)
        return self._as_holder(statement, parameters)

    def _as_holder(self, statement: Any, parameters: dict[str, Any]) -> Any:
        run_id = parameters["of_run"]
        found = self._store.raw.execute("SELECT lease_token FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        result = self._connection.execute(statement, parameters)
        rows = result.all()
        if rows:
            kernel = self._store.kernel
            holder = kernel.current.process.name if kernel.current else ""
            token = parameters["held_token"]
            self.written.append(
                Written(at=kernel.now, run_id=run_id, holder=holder, token=token, token_of_run=found and found[0])
            )
        return _Rows(rows)


class _Rows:
    returns_rows = True

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def all(self) -> Any:
        return self._rows


class _Driver:
    """What `Database` asks of a driver."""

    dialect_name = "sqlite"
    url = URL.create("sqlite")

    def __init__(self, store: VirtualStore) -> None:
        self.store = store

    def read(self, work: Work[T]) -> T:
        return self.store.transact(work)

    def write(self, work: Work[T]) -> T:
        return self.store.transact(work)

    async def read_async(self, work: Work[T]) -> T:
        return self.store.transact(work)

    async def write_async(self, work: Work[T]) -> T:
        return self.store.transact(work)

    def close(self) -> None:
        pass


class _Listener:
    """Notices that commits have been made: late, once for several, or not at all."""

    def __init__(self, store: VirtualStore, process: Process, wake: Callable[[], None]) -> None:
        self.process = process
        self._store = store
        self._wake = wake
        self._is_coming = False

    def hear(self) -> None:
        """There was a commit."""
        kernel, faults = self._store.kernel, self._store.faults
        if self._is_coming or self.process.is_dead or kernel.random.random() < faults.rates.missed_notice:
            return
        self._is_coming = True
        kernel.after(kernel.moment(_NEWS_TAKE), self._come)

    def _come(self) -> None:
        self._is_coming = False
        if not self.process.is_dead:
            self._wake()


class VirtualChanges:
    """dalsegno.store.changes.Changes."""

    def __init__(self, database: Database) -> None:
        driver: Any = database._driver
        self._store: VirtualStore = driver.store

    def __enter__(self) -> VirtualChanges:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    @contextmanager
    def calling(self, wake: Callable[[], None]) -> Iterator[None]:
        """Within, `wake` is called at each news."""
        self._store.listen(primitives.current_process(), wake)
        yield
