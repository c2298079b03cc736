"""What a run came to, for scripts: its status, events, steps, and outputs, reused ones included."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from dalsegno.definitions import PipelineDefinition
from dalsegno.errors import OutputUnavailableError
from dalsegno.instance import Instance
from dalsegno.plan.plan import InputSource, Plan
from dalsegno.runs.attempts import ErrorInfo, StepAttempt, StepState
from dalsegno.runs.effective_steps import effective_steps
from dalsegno.runs.events import RunEvent
from dalsegno.runs.lineage import EffectiveStep, Lineage
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.snapshot.step_keys import mapping_key_of, step_name
from dalsegno.worker.run_environment import open_environment

_PAGE = 1000  # events


class PipelineResult:
    """One run as it is stored. Outputs are loaded when they are asked for."""

    def __init__(self, instance: Instance, pipeline: PipelineDefinition, run_id: str) -> None:
        self._instance = instance
        self._pipeline = pipeline
        self.run_id = run_id

    def __repr__(self) -> str:
        return f"<PipelineResult {self.run_id} {self.status}>"

    @cached_property
    def run(self) -> Run:
        """The run's record."""
        return self._instance.run(self.run_id)

    @property
    def status(self) -> RunStatus:
        """How the run ended."""
        return self.run.status

    @property
    def success(self) -> bool:
        """Every step that ran ended well."""
        return self.status is RunStatus.SUCCESS

    @cached_property
    def plan(self) -> Plan:
        """The plan that the run was launched with: every step with its reason, and which reused ones were stale."""
        return self._instance.plan_of(self.run_id)

    @cached_property
    def event_list(self) -> list[RunEvent]:
        """Everything that happened in the run, in order."""
        events: list[RunEvent] = []
        while page := self._instance.events(self.run_id, after=len(events), limit=_PAGE):
            events.extend(page)
        return events

    @property
    def step_event_list(self) -> list[RunEvent]:
        """The events that belong to a step."""
        return [event for event in self.event_list if event.step_key is not None]

    @cached_property
    def step_stats(self) -> Mapping[str, StepState]:
        """Every step of the pipeline by step key; REUSED or OMITTED where this run did not execute it.

        A mapped step is there by its elements, `work[k1]`; as a whole, `work[?]`, where it has none in this run.
        """
        return self._instance.step_states(self.run_id)

    def result_for_solid(self, name: str) -> StepResult:
        """What one step came to. Raises KeyError where the pipeline has no such step."""
        if name not in self.step_stats:
            raise KeyError(
                f"pipeline {self.run.pipeline_name!r} has no step {name!r}; it has {', '.join(self.step_stats)}"
            )
        return StepResult(self, name)

    def output_for_solid(self, name: str, output_name: str = "result") -> Any:
        """The value of a step's output; the same as `output_value`."""
        return self.output_value(name, output_name)

    def output_value(self, step_key: str, output_name: str = "result") -> Any:
        """The value of a step's output, made in this run or reused by it.

        Of a dynamic output, and of a mapped step named without a mapping key, a dict of the elements' values by mapping
        key. Raises KeyError for an unknown step, and OutputUnavailableError where the step did not make it, or where
        what it stored is gone or damaged.
        """
        elements = {key: mapping_key_of(key) for key in self.step_stats if step_name(key) == step_key}
        if elements and step_key not in elements:
            return {
                mapping_key: self.output_value(key, output_name)
                for key, mapping_key in elements.items()
                if self.step_stats[key].output(output_name) is not None
            }
        state = self.result_for_solid(step_key).state
        mapping_keys = state.expansions.get(output_name)
        if mapping_keys is not None:
            return {key: self._load(state, output_name, key) for key in mapping_keys}
        return self._load(state, output_name, None)

    def _load(self, state: StepState, output_name: str, mapping_key: str | None) -> Any:
        step_key = state.step_key
        output = state.output(output_name, mapping_key)
        run_id = self._made_in(step_key, state)
        if output is None or run_id is None:
            raise OutputUnavailableError(
                run_id=self.run_id,
                step_key=step_key,
                output_name=output_name,
                uri=None,
                problem=f"the step has not made it here (it is {state.status})",
            )
        source = InputSource(
            step_key=step_key,
            output_name=output_name,
            mapping_key=mapping_key,
            run_id=run_id,
            attempt=state.attempts[-1].number,
            uri=output.uri,
            digest=output.digest,
            size_bytes=output.size_bytes,
        )
        with open_environment(self._pipeline, self.run, (step_key,), self._instance.storage) as environment:
            return environment.load(source, step_key=step_key, input_name="")

    def _made_in(self, step_key: str, state: StepState) -> str | None:
        if state.status is StepStatus.SUCCESS:
            return self.run_id
        if state.status is StepStatus.REUSED:
            step = self._earlier.get(step_key)
            return step.well_run_id if step else None
        return None

    @cached_property
    def _earlier(self) -> Mapping[str, EffectiveStep]:
        # Made by an earlier run, so this run's own attempts do not matter.
        ancestors = Lineage(self._instance.lineage(self.run_id).runs[1:])
        return effective_steps(ancestors, self._instance.snapshot(self.run_id)).by_key


class StepResult:
    """One step of a result."""

    def __init__(self, result: PipelineResult, step_key: str) -> None:
        self._result = result
        self.step_key = step_key

    @property
    def state(self) -> StepState:
        """The step as it stands in the run."""
        return self._result.step_stats[self.step_key]

    @property
    def success(self) -> bool:
        """It ran here and succeeded."""
        return self.state.status is StepStatus.SUCCESS

    @property
    def skipped(self) -> bool:
        """It was not run, because an output that it needs was not produced."""
        return self.state.status is StepStatus.SKIPPED

    @property
    def is_stale(self) -> bool:
        """It was reused, although what it was made from had been, or was to be, replaced; as judged at launch."""
        return self._result.plan.by_key[self.step_key].is_stale

    @property
    def failure(self) -> ErrorInfo | None:
        """The error of its last attempt; None where that did not fail."""
        return self.state.error

    @property
    def attempts(self) -> tuple[StepAttempt, ...]:
        """Its tries, the first one first."""
        return self.state.attempts

    def output_value(self, name: str = "result") -> Any:
        """The value of one of its outputs; as `PipelineResult.output_value`."""
        return self._result.output_value(self.step_key, name)
