"""What a re-execution of 3 steps of 10,000 writes into the database."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

from bench.measuring import told
from bench.planned import running_layers
from dalsegno import Instance, execute_pipeline, reexecute_pipeline
from dalsegno.client import Client
from tests.end_to_end.service_processes import Processes

ROWS_BAR, BYTES_BAR = 60, 64 * 1024
LAYERS = 100
SELECTION = ["s99_0", "s99_1", "s98_7"]
# A worker says that it is there whether there are runs or none.
_NOT_OF_RUNS = frozenset({"workers", "served_snapshots"})

CODE = """
import sys
sys.path.insert(0, {root!r})
from bench.planned import running_layers

layered = running_layers({layers})
"""


class Writes:
    """Counts every row that is written from now on, by whichever process; and remembers what stood in each table."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        names = self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        self._tables = [
            name for (name,) in names if not name.startswith(("sqlite_", "bench_")) and name not in _NOT_OF_RUNS
        ]
        self._database.execute("CREATE TABLE IF NOT EXISTS bench_writes (of_table TEXT)")
        for table in self._tables:
            for what in ("INSERT", "UPDATE", "DELETE"):
                count = f"INSERT INTO bench_writes VALUES ('{table}')"
                self._database.execute(
                    f"CREATE TRIGGER IF NOT EXISTS bench_{table}_{what} AFTER {what} ON {table} BEGIN {count}; END"
                )
        self._database.execute("DELETE FROM bench_writes")
        self._before = self._rows()

    def written(self) -> tuple[Counter[str], int]:
        """By table, how many rows were written; and the bytes of the rows that are new or other now."""
        counted = Counter(name for (name,) in self._database.execute("SELECT of_table FROM bench_writes"))
        changed = [row for table, rows in self._rows().items() for row in rows - self._before[table]]
        self._database.close()
        return counted, sum(len(str(value).encode()) for row in changed for value in row if value is not None)

    def _rows(self) -> dict[str, set[tuple[object, ...]]]:
        return {table: set(self._database.execute(f"SELECT * FROM {table}")) for table in self._tables}


def measure() -> bool:
    """Print the figures; whether the bars hold."""
    print(f"a re-execution of {len(SELECTION)} steps of {LAYERS * 100:,}")
    layered = running_layers(LAYERS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "dalsegno.db"
        url, storage = f"sqlite:///{path}", str(folder / "storage")
        with Instance.open(url, storage_url=storage) as instance:
            root = execute_pipeline(layered, instance=instance).run_id
            writes = Writes(path)
            assert reexecute_pipeline(layered, root, step_selection=SELECTION, instance=instance).success
            held = _told("in this process", *writes.written())
        with closing(Processes(folder, url, storage_url=storage)) as processes:
            processes.write(CODE.format(root=str(Path(__file__).parents[1]), layers=LAYERS))
            processes.serve()
            processes.work()
            processes.until_served("layered")
            writes = Writes(path)
            with processes.client() as client:
                _reexecuted(client, root)
            return _told("by a worker", *writes.written()) and held


def _reexecuted(client: Client, parent_run_id: str) -> None:
    run = client.launch_reexecution(parent_run_id, selection=SELECTION)
    assert client.wait(run.id, timeout=60).success


def _told(where: str, counted: Counter[str], size: int) -> bool:
    by_table = ", ".join(f"{count} {table}" for table, count in counted.most_common())
    held = told(f"  {where}: rows", f"{counted.total()}", counted.total(), ROWS_BAR, "rows")
    held = told(f"  {where}: bytes", f"{size:,}", size, BYTES_BAR, "bytes") and held
    print(f"    {by_table}")
    return held
