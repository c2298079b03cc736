"""A place where workers run: a database, a storage, a file of pipelines; and a mark on all processes they start."""

from __future__ import annotations

import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from dalsegno.instance import Instance
from dalsegno.launch import LaunchOptions, new_run, plan_launch, plan_relaunch
from dalsegno.output_storage import OutputStorage
from dalsegno.runs.attempts import ErrorInfo, StepState
from dalsegno.runs.run import Run
from dalsegno.runs.status import StepStatus
from dalsegno.settings import Settings
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.database import Database
from dalsegno.store.pipelines import fetch_current
from dalsegno.store.runs import create_run
from dalsegno.store.workers import WorkerRecord, live_workers
from dalsegno.worker.worker import run_worker
from tests.waiting import until

MARK = "DALSEGNO_TEST_MARK"
SHORT = {"lease_seconds": 2.0, "heartbeat_seconds": 0.5, "grace_seconds": 2.0, "max_steps": 2}

_START = "from pathlib import Path; import logging, sys; from dalsegno.settings import Settings; "
_START += "logging.basicConfig(level=logging.INFO); "
_START += "from dalsegno.worker.worker import run_worker; "
_START += "run_worker(Settings.load(), file=Path(sys.argv[1]), patience_seconds=float(sys.argv[2]))"

# What every file of pipelines begins with. `gate` tells that a step has come to it, and waits until it is opened.
PRELUDE = """
import os, time
from pathlib import Path
from dalsegno import *

HERE = Path(__file__).parent

def note(name, text):
    with open(HERE / name, "a") as file:
        file.write(f"{text}\\n")

def gate(name):
    note(f"{name}.reached", os.getpid())
    while not (HERE / f"{name}.open").exists():
        time.sleep(0.005)
"""


class WorkerProcess:
    """A worker as a process of its own."""

    def __init__(self, site: Site, patience_seconds: float, settings: dict[str, Any]) -> None:
        variables = {f"DALSEGNO_{name.upper()}": str(value) for name, value in settings.items()}
        self._site = site
        self._log = site.folder / f"worker-{uuid.uuid4().hex}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _START, str(site.file), str(patience_seconds)],
                env={**os.environ, **variables, MARK: site.mark},
                cwd=site.folder,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def record(self) -> WorkerRecord | None:
        return next((one for one in self._site.workers() if one.pid == self.pid), None)

    def until_serving(self) -> WorkerRecord:
        """It is there, and its code is loaded."""
        return until(lambda: _serving(self.record), what="a worker that serves")

    def until_said(self, words: str) -> None:
        until(lambda: words in self._log.read_text(), what=f"a worker that says {words!r}")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stall(self) -> None:
        """It stands still from now on, but not in the midst of a write: on SQLite nobody else could write then."""

        def stands_still() -> bool:
            self.send(signal.SIGSTOP)
            until(lambda: stat_of(self.pid)[0] == "T", what="a worker that stands still")
            if self._site.may_write():
                return True
            self.send(signal.SIGCONT)
            return False

        until(stands_still, what="a worker that stands still and writes nothing")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.send(number)
        return self.process.wait(30)


def stat_of(pid: int) -> list[str]:
    """What the system tells of a process, from its state on."""
    # Its name, in parentheses, may hold anything.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


class WorkerHere:
    """A worker in a thread of this process: it is there sooner, and knows no signals."""

    def __init__(self, site: Site, patience_seconds: float, settings: Settings) -> None:
        self._site = site
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=run_worker,
            args=(settings,),
            kwargs={"file": site.file, "stop": self._stop, "patience_seconds": patience_seconds},
        )
        self._thread.start()

    @property
    def record(self) -> WorkerRecord | None:
        return next((one for one in self._site.workers() if one.pid == os.getpid()), None)

    def until_broken(self) -> ErrorInfo:
        """Its code as it is now does not import."""
        return until(lambda: None if self.record is None else self.record.load_error, what="the load error")

    def until_mended(self) -> None:
        """Its code as it is now imports again."""
        until(lambda: self.record is not None and self.record.load_error is None, what="the mended code")

    def until_serving(self) -> WorkerRecord:
        """It is there, and its code is loaded."""
        return until(lambda: _serving(self.record), what="a worker that serves")

    def end(self) -> None:
        self._stop.set()
        self._thread.join()


class Site:
    """Everything of it lies in one folder, but for a Postgres database."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.file = folder / "pipelines.py"
        self.mark = uuid.uuid4().hex
        self.settings = replace(
            Settings.load({}, folder), database_url=database_url, storage_url=str(folder / "storage")
        )
        self.database = Database.open(database_url)
        self.instance = Instance(self.database, OutputStorage(self.settings.storage_url), self.settings)
        self._workers: list[WorkerProcess] = []
        self._worker_here: WorkerHere | None = None

    def write(self, code: str) -> None:
        """The file of pipelines is this now."""
        partial = self.file.with_suffix(".partial")
        partial.write_text(PRELUDE + code)
        partial.replace(self.file)

    def start(self, *, patience_seconds: float = 60.0, **settings: Any) -> WorkerProcess:
        """A worker with short times."""
        own = {"database_url": self.settings.database_url, "storage_url": self.settings.storage_url}
        worker = WorkerProcess(self, patience_seconds, own | SHORT | settings)
        self._workers.append(worker)
        return worker

    def start_here(self, *, patience_seconds: float = 60.0, **settings: Any) -> WorkerHere:
        """The same in this process, one at a time."""
        # What it starts is marked as ours.
        os.environ[MARK] = self.mark
        self._worker_here = WorkerHere(self, patience_seconds, replace(self.settings, **(SHORT | settings)))
        return self._worker_here

    def may_write(self) -> bool:
        """Nobody is in the midst of a write that would hold up others for as long as it lasts."""
        if self.database.dialect_name != "sqlite":
            return True
        with closing(sqlite3.connect(self.database.url.database or "", timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            return True

    def workers(self) -> list[WorkerRecord]:
        return self.database.read(live_workers())

    def snapshot(self, name: str) -> PipelineSnapshot:
        """The current one, once there is one."""
        return until(lambda: self.database.read(fetch_current(name)), what=f"pipeline {name}")

    def launch(self, name: str, parent: Run | None = None, **options: Any) -> str:
        """A new run, or a re-execution, in the queue."""
        snapshot, given = self.snapshot(name), LaunchOptions(**options)
        if parent is None:
            plan = plan_launch(snapshot, given)
        else:
            lineage = self.instance.lineage(parent.run_id)
            plan = plan_relaunch(snapshot, lineage, given, self.instance.outputs, verify=False)
        return self.database.write(create_run(new_run(plan, given, parent), plan)).run_id

    def ended(self, run_id: str, seconds: float = 30.0) -> Run:
        """The run, once it has ended."""

        def run() -> Run | None:
            found = self.instance.run(run_id)
            return found if found.status.has_ended else None

        return until(run, seconds=seconds, what=f"the end of run {run_id}")

    def run(self, name: str, **options: Any) -> Run:
        """A run from its launch to its end."""
        return self.ended(self.launch(name, **options))

    def until_running(self, run_id: str, key: str) -> None:
        """The step has begun, and that is recorded."""
        self.until_status(run_id, key, StepStatus.RUNNING)

    def until_status(self, run_id: str, key: str, status: StepStatus) -> None:
        until(lambda: self.statuses(run_id).get(key) is status, what=f"{status} of {key}")

    def step(self, run_id: str, key: str) -> StepState:
        return self.instance.step_states(run_id)[key]

    def statuses(self, run_id: str) -> dict[str, StepStatus]:
        return {key: state.status for key, state in self.instance.step_states(run_id).items()}

    def kinds(self, run_id: str) -> list[str]:
        return [event.kind for event in self.instance.events(run_id)]

    def printed(self, run_id: str, key: str, stream: str = "stdout") -> str:
        log = getattr(self.step(run_id, key).attempts[-1], stream)
        return "" if log is None else self.instance.read_log(log)

    def open(self, gate: str) -> None:
        (self.folder / f"{gate}.open").touch()

    def value(self, run_id: str, key: str) -> Any:
        """What the step's only output is."""
        (output,) = self.step(run_id, key).outputs
        assert output.uri is not None
        return pickle.loads(self.instance.storage.read(output.uri, output.digest))

    def reached(self, gate: str, times: int = 1) -> list[int]:
        """The processes whose steps have come to a gate, once there are so many."""
        return [int(pid) for pid in self.notes(f"{gate}.reached", times)]

    def notes(self, name: str, lines: int = 0) -> list[str]:
        """What steps have noted, once it is so many lines."""

        def read() -> list[str] | None:
            path = self.folder / name
            found = path.read_text().splitlines() if path.exists() else []
            return found if len(found) >= lines else None

        return until(lambda: _Found.of(read()), what=f"{lines} lines in {name}").lines

    def processes(self) -> list[int]:
        """All that workers of this site have started, and that lives."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if self._is_ours(pid)]

    def until_nothing_is_left(self) -> None:
        until(lambda: not self.processes(), what="the end of all processes")

    def close(self) -> None:
        if self._worker_here is not None:
            self._worker_here.end()
        for worker in self._workers:
            if worker.process.poll() is None:
                worker.send(signal.SIGCONT)
                worker.end(signal.SIGKILL)
        self.database.close()
        self.until_nothing_is_left()

    def _is_ours(self, pid: int) -> bool:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False
        return f"{MARK}={self.mark}".encode() in environment


@contextmanager
def shared_site(folder: Path, code: str, **settings: Any) -> Iterator[Site]:
    """A site on SQLite whose one worker many tests share."""
    site = Site(folder, f"sqlite:///{folder}/dalsegno.db")
    try:
        site.write(code)
        worker = site.start_here(**settings)
        record = until(lambda: worker.record and (worker.record.load_error or _serving(worker.record)), what="the code")
        assert not isinstance(record, ErrorInfo), record
        yield site
    finally:
        site.close()


def _serving(record: WorkerRecord | None) -> WorkerRecord | None:
    return record if record is not None and record.pipeline_snapshots else None


class _Found:
    """Lines that were found; true even where there are none."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    @classmethod
    def of(cls, lines: list[str] | None) -> _Found | None:
        return None if lines is None else cls(lines)
