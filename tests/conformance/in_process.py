"""The runs of a scenario in this process, by the public Python API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from dalsegno import Instance, execute_pipeline, reexecute_pipeline
from dalsegno.definitions import PipelineDefinition
from dalsegno.result import PipelineResult
from tests.conformance.pipelines import Received, Value, build_pipeline
from tests.conformance.records import PlayedRun, PlayedStep


class MemoryScript:
    """A script that is kept in memory, and cancels as Ctrl-C does."""

    def __init__(self) -> None:
        self.received: Received = {}
        self.cancels_next_start = False
        # How often each step's body was entered.
        self._entered: Counter[str] = Counter()

    def enter(self, run_id: str, step_key: str, given: Iterable[Value], behaviour: list[str]) -> str:
        self.received[run_id, step_key] = dict(given)
        self._entered[step_key] += 1
        return behaviour[min(self._entered[step_key], len(behaviour)) - 1]

    def start(self) -> None:
        if self.cancels_next_start:
            self.cancels_next_start = False
            raise KeyboardInterrupt

    def cancel(self, run_id: str) -> None:
        raise KeyboardInterrupt


class InProcess:
    """The stage of one scenario."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._script = MemoryScript()
        self._pipeline: PipelineDefinition | None = None

    def define(self, steps: Mapping[str, Any]) -> None:
        self._pipeline = build_pipeline(steps, self._script)

    def cancel_next_start(self) -> None:
        self._script.cancels_next_start = True

    def execute(self, selection: list[str] | None) -> PlayedRun:
        return _played(execute_pipeline(self._pipeline, solid_selection=selection, instance=self._instance))

    def reexecute(self, parent_run_id: str, strategy: str | None, selection: list[str] | None) -> PlayedRun:
        result = reexecute_pipeline(
            self._pipeline,
            parent_run_id=parent_run_id,
            strategy=strategy,
            step_selection=selection,
            instance=self._instance,
        )
        return _played(result)

    def received(self) -> Received:
        return self._script.received


def _played(result: PipelineResult) -> PlayedRun:
    return PlayedRun(
        run_id=result.run_id,
        status=str(result.run.status),
        parent_run_id=result.run.parent_run_id,
        root_run_id=result.run.root_run_id,
        planned=frozenset(result.run.step_keys_to_execute),
        steps={key: PlayedStep(str(state.status), bool(state.attempts)) for key, state in result.step_stats.items()},
    )
