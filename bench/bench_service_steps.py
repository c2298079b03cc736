"""What a step costs by a worker, in warm processes: a chain and a fan of 200, without HTTP.

Bar: 5 ms a step, from the first step's start to the run's end. On SQLite, and on the Postgres that
DALSEGNO_BENCH_POSTGRES_URL names, where it names one.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dalsegno.launch import LaunchOptions, new_run, plan_launch
from dalsegno.runs.status import RunStatus
from dalsegno.store.database import Database
from dalsegno.store.events import fetch_events
from dalsegno.store.pipelines import fetch_current
from dalsegno.store.runs import create_run, fetch_run

BAR_MS = 5.0  # a step
ROUNDS = 5
STEPS = 200

CODE = f"""
from dalsegno import In, pipeline, step

@step
def begin():
    return 0

@step
def advance(value):
    return value + 1

@step
def total(values):
    return sum(values)

@pipeline
def chain():
    value = begin()
    for number in range(1, {STEPS}):
        value = advance.alias(f"s{{number:03}}")(value)

@pipeline
def fan():
    value = begin()
    total([advance.alias(f"e{{number:03}}")(value) for number in range({STEPS} - 2)])
"""
START = (
    "import sys; from pathlib import Path; from dalsegno.settings import Settings; "
    "from dalsegno.worker.worker import run_worker; run_worker(Settings.load(), file=Path(sys.argv[1]))"
)


@contextmanager
def worker(folder: Path, database_url: str) -> Iterator[int]:
    """A worker on this database; its process id."""
    file = folder / "measured.py"
    file.write_text(CODE)
    settings = {"DALSEGNO_DATABASE_URL": database_url, "DALSEGNO_STORAGE_URL": str(folder / "storage")}
    process = subprocess.Popen([sys.executable, "-c", START, str(file)], env={**os.environ, **settings})
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def measure(database: Database, name: str) -> tuple[float, float]:
    """Milliseconds: from the launch to the first step's start, and a step from there to the run's end."""
    while (snapshot := database.read(fetch_current(name))) is None:
        time.sleep(0.01)
    plan = plan_launch(snapshot, LaunchOptions())
    run = database.write(create_run(new_run(plan, LaunchOptions()), plan))
    while not (ended := database.read(fetch_run(run.run_id))) or not ended.status.has_ended:
        time.sleep(0.05)
    if ended.status is not RunStatus.SUCCESS or ended.ended_at is None:
        raise AssertionError(f"the measured run ended {ended.status}")
    (first,) = database.read(fetch_events(run.run_id, kinds=["STEP_STARTED"], limit=1))
    to_first = (first.timestamp - run.created_at).total_seconds() * 1000.0
    return to_first, (ended.ended_at - first.timestamp).total_seconds() * 1000.0 / STEPS


def cpu_seconds(pid: int) -> float:
    """What a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_on(what: str, database_url: str, folder: Path) -> bool:
    """Print the figures; whether the bar is held."""
    held = True
    database = Database.open(database_url)
    with worker(folder, database_url) as pid:
        for name in ("chain", "fan"):
            measure(database, name)
            before = cpu_seconds(pid)
            found = [measure(database, name) for _ in range(ROUNDS)]
            used = (cpu_seconds(pid) - before) * 1000.0 / (ROUNDS * STEPS)
            to_first, a_step = (statistics.median(values) for values in zip(*found, strict=True))
            held = held and a_step <= BAR_MS
            told = "held" if a_step <= BAR_MS else "missed"
            print(f"{what + ', ' + name:18}{to_first:12.1f} ms{a_step:12.2f} ms{used:12.2f} ms   {told}")
    database.close()
    return held


def main() -> int:
    """Print the figures; 1 where a bar is missed."""
    print(f"{'':18}{'to first step':>15}{'a step':>15}{'worker CPU':>15}   bar {BAR_MS:g} ms a step")
    with tempfile.TemporaryDirectory() as folder:
        held = measure_on("SQLite", f"sqlite:///{folder}/bench.db", Path(folder))
    postgres_url = os.environ.get("DALSEGNO_BENCH_POSTGRES_URL")
    if postgres_url:
        with tempfile.TemporaryDirectory() as folder:
            held = measure_on("Postgres", postgres_url, Path(folder)) and held
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
