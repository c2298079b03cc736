"""The databases of the chaos: what can be done to them, and their rows, read by SQL alone."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import text

from dalsegno.errors import StoreUnavailableError
from dalsegno.store.database import Database
from dalsegno.store.script import Script
from tests.faults.simulation.history import TABLES_OF_RUN
from tests.postgres_server import SystemServer, execute, postgres_server, system_binaries

# What is answered is to outlive the server, though not the machine.
_SETTINGS = ("fsync=off", "full_page_writes=off", "max_wal_size=128MB", "listen_addresses=")
_CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_PATIENCE_SECONDS = 40.0

Rows = dict[str, list[dict[str, Any]]]
# By name: breaks something for so many seconds, and returns at once.
Breaks = Mapping[str, Callable[[float], None]]


@contextmanager
def sqlite(folder: Path) -> Iterator[tuple[str, Breaks]]:
    """A file, which somebody else may keep locked."""
    path = folder / "dalsegno.db"

    def lock(seconds: float) -> None:
        holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)

        def hold() -> None:
            with suppress(sqlite3.OperationalError):
                holder.execute("BEGIN IMMEDIATE")
                time.sleep(seconds)
            holder.close()

        threading.Thread(target=hold, daemon=True).start()

    yield f"sqlite:///{path}", {"database locked": lock}


@contextmanager
def postgres(_folder: Path) -> Iterator[tuple[str, Breaks]]:
    """A server, which may be restarted where it is ours, and whose connections are cut."""
    binaries = system_binaries()
    if binaries is None:
        with postgres_server() as url:
            yield url.render_as_string(hide_password=False), {"connections cut": lambda _: execute(url, _CUT)}
        return
    with SystemServer(binaries, _SETTINGS) as server:

        def restart(_seconds: float) -> None:
            server.stop()
            server.start()

        def cut(_seconds: float) -> None:
            execute(server.url, _CUT)

        yield server.url.render_as_string(hide_password=False), {"database restarted": restart, "connections cut": cut}


DATABASES = {"sqlite": sqlite, "postgres": postgres}


class Reader:
    """Reads rows as they lie, and waits for a database that is away. Safe to use from several threads."""

    def __init__(self, url: str) -> None:
        self._database = Database.open(url)

    def close(self) -> None:
        """Close its connections."""
        self._database.close()

    def rows_of_run(self, run_id: str) -> Rows:
        """All rows that are kept of a run, at one moment."""

        def script() -> Script[Rows]:
            found: Rows = {}
            for table, order in TABLES_OF_RUN.items():
                rows = yield text(f"SELECT * FROM {table} WHERE run_id = :run_id ORDER BY {order}"), {"run_id": run_id}
                found[table] = [dict(row._mapping) for row in rows]
            return found

        return self._read(script)

    def all(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table."""

        def script() -> Script[list[dict[str, Any]]]:
            rows = yield text(f"SELECT * FROM {table}"), {}
            return [dict(row._mapping) for row in rows]

        return self._read(script)

    def serves(self, pipeline_name: str) -> bool:
        """Some worker has published it."""
        return any(one["name"] == pipeline_name for one in self.all("pipelines"))

    def open_runs(self) -> bool:
        """Some run has not ended, or is to be re-executed by itself; both at one moment."""

        def script() -> Script[bool]:
            going_on = yield text("SELECT run_id FROM runs WHERE ended_at IS NULL"), {}
            to_come = yield text("SELECT parent_run_id FROM automatic_retries WHERE NOT is_settled"), {}
            return bool(going_on or to_come)

        return bool(self._read(script))

    def _read(self, script: Callable[[], Script[Any]]) -> Any:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self._database.read(script())
            except StoreUnavailableError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
