"""The runs of a scenario over GraphQL: a service takes them, a worker executes them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dalsegno.client import Client, Run
from tests.conformance.cases import Case
from tests.conformance.pipelines import Received
from tests.conformance.records import PlayedRun, PlayedStep
from tests.conformance.served import FILE, FOLDER, TOKEN, URL, FileScript
from tests.end_to_end.service_processes import OPERATOR, Processes
from tests.waiting import until

ROOT = Path(__file__).parents[2]
SECONDS = 60.0


class Theatre:
    """One service and one worker for the pipelines of all cases, all in one file."""

    def __init__(self, processes: Processes, client: Client, cases: Iterable[Case]) -> None:
        self.processes = processes
        self.client = client
        self.scripts = processes.folder / "scripts"
        self.scripts.mkdir()
        self.described = {name_of(case): {"generation": 0, "steps": case["steps"]} for case in cases}
        self._write()

    def change(self, name: str, steps: Mapping[str, Any]) -> None:
        """The pipeline has these steps now, in the file and as it is served."""
        described = self.described[name]
        if steps == described["steps"]:
            return
        before = self.processes.until_served(name)
        self.described[name] = {"generation": described["generation"] + 1, "steps": steps}
        self._write()
        self.processes.until_served(name, other_than=before)

    def _write(self) -> None:
        self.processes.write(FILE.format(described=self.described))


class OverTheService:
    """The stage of one scenario."""

    def __init__(self, theatre: Theatre, case: Case) -> None:
        self._theatre = theatre
        self._client = theatre.client
        self._name = name_of(case)
        self._script = FileScript(self._name, theatre.scripts)

    def define(self, steps: Mapping[str, Any]) -> None:
        self._theatre.change(self._name, steps)

    def cancel_next_start(self) -> None:
        self._script.cancel_next_start()

    def execute(self, selection: list[str] | None) -> PlayedRun:
        return self._played(self._client.launch_run(self._name, selection=selection))

    def reexecute(self, parent_run_id: str, strategy: str | None, selection: list[str] | None) -> PlayedRun:
        return self._played(self._client.launch_reexecution(parent_run_id, strategy=strategy, selection=selection))

    def received(self) -> Received:
        return self._script.received()

    def _played(self, launched: Run) -> PlayedRun:
        def ended() -> Run | None:
            run = self._client.run(launched.id)
            return run if run.has_ended else None

        run = until(ended, seconds=SECONDS, what=f"the end of run {launched.id} of {self._name}")
        return PlayedRun(
            run_id=run.id,
            status=run.status,
            parent_run_id=run.parent_run_id,
            root_run_id=run.root_run_id,
            planned=frozenset(run.step_keys_to_execute),
            steps={
                step.step_key: PlayedStep(step.status, step.start_time is not None)
                for step in self._client.step_stats(run.id)
            },
        )


@contextmanager
def open_theatre(folder: Path, database_url: str, cases: Iterable[Case]) -> Iterator[Theatre]:
    """A service, and a worker that serves the pipelines of these cases."""
    processes = Processes(folder, database_url)
    try:
        processes.serve()
        with processes.client() as client:
            theatre = Theatre(processes, client, cases)
            modules = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
            called = {FOLDER: str(theatre.scripts), URL: processes.url, TOKEN: OPERATOR, "PYTHONPATH": modules}
            processes.work(called)
            processes.until_served(next(iter(theatre.described)))
            yield theatre
    finally:
        processes.close()


def name_of(case: Case) -> str:
    """Of the case's pipeline."""
    return str(case["id"]).replace("-", "_")
