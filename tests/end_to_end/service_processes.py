"""A service and workers as people start them: each a process of its own, all ended with the fixture that made them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from dalsegno.client import Client
from dalsegno.store.database import Database
from dalsegno.store.workers import live_workers
from tests.waiting import until

DALSEGNO = Path(sys.executable).with_name("dalsegno")
OPERATOR = "secret-of-the-operator"
VIEWER = "secret-of-the-viewer"
_SNAPSHOT = "query ($name: String!) { pipeline(name: $name) { snapshotId launchable } }"


class Processes:
    """What runs in one folder, on one database; the pipelines are in one file."""

    def __init__(self, folder: Path, database_url: str, **settings: object) -> None:
        self.folder = folder
        self.file = folder / "pipelines.py"
        self.url = ""
        given = {
            "database_url": database_url,
            "storage_url": folder / "storage",
            "tokens": f"operator/nightly:{OPERATOR},viewer:{VIEWER}",
            **settings,
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith("DALSEGNO_")}
        self.environment = others | {f"DALSEGNO_{name.upper()}": str(value) for name, value in given.items()}
        self._service: subprocess.Popen[bytes] | None = None
        self._started: list[subprocess.Popen[bytes]] = []
        self.database = Database.open(database_url)
        self._http = httpx.Client(headers={"Authorization": f"Bearer {OPERATOR}"}, timeout=30)

    def write(self, code: str) -> None:
        """The file of pipelines is this now, at once."""
        partial = self.file.with_suffix(".partial")
        partial.write_text(code)
        partial.replace(self.file)

    def serve(self) -> str:
        """Starts the service; its address."""
        return self._listen("serve")

    def dev(self) -> str:
        """Starts the service and a worker that serves the file, as one command; its address."""
        return self._listen("dev", "-f", str(self.file))

    def end_service(self) -> None:
        """Ends the service, and the worker where it has one."""
        process = self._service
        assert process is not None
        process.send_signal(signal.SIGTERM)
        process.wait(20)

    def kill_service(self) -> None:
        """Ends the service as a power failure does."""
        assert self._service is not None
        self._service.kill()
        self._service.wait()

    def serve_again(self) -> None:
        """Starts the service that was ended, at the address that it had."""
        self._listen("serve", port=self.url.rpartition(":")[2])

    def work(self, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Starts a worker that serves the file."""
        return self._start(f"worker-{len(self._started)}", "worker", "-f", str(self.file), environment=environment)

    def client(self, token: str | None = OPERATOR) -> Client:
        """A client of the service."""
        return Client(self.url, token)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer to the operator; fails the test where there are errors."""
        content = {"query": query, "variables": variables}
        answer = self._http.post(f"{self.url}/graphql", json=content).raise_for_status().json()
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def snapshot_id(self, pipeline_name: str) -> str | None:
        """Of the pipeline as it is now; None where no worker serves it."""
        found = self.ask(_SNAPSHOT, name=pipeline_name)["pipeline"]
        return found["snapshotId"] if found and found["launchable"] else None

    def until_served(self, pipeline_name: str, *, other_than: str | None = None) -> str:
        """The snapshot's id, once every worker serves it; of other code than that, where some is given.

        One that has not seen an edit yet may still publish the code before it, and what is published last is current.
        """

        def served() -> str | None:
            now = self.snapshot_id(pipeline_name)
            live = self.database.read(live_workers())
            is_same = all(worker.pipeline_snapshots.get(pipeline_name) == now for worker in live)
            return now if now != other_than and is_same else None

        return until(served, what=f"a worker that serves {pipeline_name}")

    def close(self) -> None:
        """Ends every process, and waits for each; workers first, as their service does."""
        self._http.close()
        self.database.close()
        for process in reversed(self._started):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _listen(self, *arguments: str, port: str = "0") -> str:
        process = self._service = self._start("service", *arguments, "--port", port)

        def address() -> str | None:
            assert process.poll() is None, (self.folder / "service.err").read_text()
            found = re.search(r"http://[\d.]+:\d+", (self.folder / "service.out").read_text())
            return found and found.group()

        self.url = until(address, what="the address of the service")
        return self.url

    def _start(
        self, name: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.out").open("wb") as out, (self.folder / f"{name}.err").open("wb") as err:
            process = subprocess.Popen(
                [DALSEGNO, *arguments],
                cwd=self.folder,
                env={**self.environment, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        self._started.append(process)
        return process


@contextmanager
def running(folder: Path, database_url: str, code: str, *, workers: int, **settings: object) -> Iterator[Processes]:
    """A service, and workers that serve this code; all of them answer."""
    processes = Processes(folder, database_url, **settings)
    processes.write(code)
    try:
        processes.serve()
        for _ in range(workers):
            processes.work()
        yield processes
    finally:
        processes.close()
