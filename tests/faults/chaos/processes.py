"""A service and workers as people start them; each is started again when it has ended, until they are dismissed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.faults.chaos import pipelines
from tests.waiting import until

_MARK = "DALSEGNO_TEST_MARK"
_DALSEGNO = Path(sys.executable).with_name("dalsegno")
SETTINGS = {
    "lease_seconds": 3.0,
    "heartbeat_seconds": 0.5,
    "grace_seconds": 1.0,
    "max_runs": 4,
    "max_steps": 2,
    "log_format": "json",
}


class Kept:
    """One process that is started again."""

    def __init__(self, name: str, arguments: Sequence[str]) -> None:
        self.name = name
        self.arguments = list(arguments)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        process = self.process
        return process.pid if process is not None and process.poll() is None else None


class Processes:
    """All that runs in one folder; a context manager. `url` is the service's."""

    def __init__(self, folder: Path, database_url: str, *, workers: int) -> None:
        self.folder = folder
        self._mark = uuid.uuid4().hex
        given = {"database_url": database_url, "storage_url": folder / "storage", **SETTINGS}
        others = {name: value for name, value in os.environ.items() if not name.startswith("DALSEGNO_")}
        variables = {f"DALSEGNO_{name.upper()}": str(value) for name, value in given.items()}
        self._environment = {**others, **variables, _MARK: self._mark}
        self.url = ""
        self.file = folder / "chaos_pipelines.py"
        shutil.copy(pipelines.__file__, self.file)
        self.service = Kept("service", ["serve", "--port", "0"])
        self.workers = [Kept(f"worker-{number}", ["worker", "-f", str(self.file)]) for number in range(workers)]
        self._is_dismissed = False
        self._changed = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def __enter__(self) -> Processes:
        self._start(self.service)
        self.url = until(self._address, what="the address of the service")
        self.service.arguments[-1] = self.url.rpartition(":")[2]
        for worker in self.workers:
            self._start(worker)
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.dismiss()
        for pid in self.left():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def send(self, kept: Kept, number: signal.Signals) -> None:
        """A signal to it, where it runs."""
        pid = kept.pid
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def step_processes(self, worker: Kept) -> list[int]:
        """Of a worker: what its code process has forked."""
        return [pid for code in self.code_processes(worker) for pid in _children(code)]

    def code_processes(self, worker: Kept) -> list[int]:
        """Of a worker."""
        return [] if worker.pid is None else _children(worker.pid)

    def dismiss(self) -> None:
        """End all in good order, and start none again."""
        with self._changed:
            self._is_dismissed = True
        if self._keeper.is_alive():
            self._keeper.join()
        for kept in (*self.workers, self.service):
            self.send(kept, signal.SIGCONT)
            self.send(kept, signal.SIGTERM)
        for kept in (*self.workers, self.service):
            if kept.process is not None:
                try:
                    kept.process.wait(20)
                except subprocess.TimeoutExpired:
                    kept.process.kill()
                    kept.process.wait()

    def left(self) -> dict[int, str]:
        """What lives of all that was ever started here, by id: its command line."""
        found = {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):
                if f"{_MARK}={self._mark}".encode() in Path(f"/proc/{name}/environ").read_bytes():
                    found[int(name)] = Path(f"/proc/{name}/cmdline").read_text().replace("\0", " ")
        return found

    def logs(self) -> str:
        """What all of them have said."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.err")))

    def _keep(self) -> None:
        while True:
            with self._changed:
                if self._is_dismissed:
                    return
                for kept in (self.service, *self.workers):
                    if kept.pid is None:
                        self._start(kept)
            time.sleep(0.2)

    def _start(self, kept: Kept) -> None:
        out, err = self.folder / f"{kept.name}.out", self.folder / f"{kept.name}.err"
        with out.open("ab") as stdout, err.open("ab") as stderr:
            kept.process = subprocess.Popen(
                [_DALSEGNO, *kept.arguments],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                # A group that has a stopped member and loses its session's leader is hung up on by the kernel.
                start_new_session=True,
            )

    def _address(self) -> str | None:
        found = re.search(r"http://[\d.]+:\d+", (self.folder / "service.out").read_text())
        return found and found.group()


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return found
