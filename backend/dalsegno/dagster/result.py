"""What a run of Dagster code came to, with the names of both eras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import msgspec

from dalsegno.definitions import PipelineDefinition
from dalsegno.errors import OutputUnavailableError
from dalsegno.result import PipelineResult
from dalsegno.runs.attempts import ErrorInfo, StepAttempt, StepState
from dalsegno.runs.events import RunEvent
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.snapshot.close_names import known_names
from dalsegno.snapshot.pipeline_snapshot import OutputRef

# Our kinds of events -> Dagster's, where they have the same meaning.
_TYPES: Mapping[str, str] = {
    "RUN_STARTED": "PIPELINE_START",
    "RUN_SUCCEEDED": "PIPELINE_SUCCESS",
    "RUN_FAILED": "PIPELINE_FAILURE",
    "RUN_CANCELED": "PIPELINE_CANCELED",
    "STEP_STARTED": "STEP_START",
    "STEP_SUCCEEDED": "STEP_SUCCESS",
    "STEP_FAILED": "STEP_FAILURE",
    "STEP_SKIPPED": "STEP_SKIPPED",
    "STEP_RETRYING": "STEP_UP_FOR_RETRY",
    "STEP_OUTPUT_STORED": "HANDLED_OUTPUT",
}


class CarriedEvent(msgspec.Struct, frozen=True):
    """An event, with Dagster's word for what happened; what Dagster has no word for keeps ours."""

    event: RunEvent

    @property
    def event_type_value(self) -> str:
        """As "STEP_SUCCESS"."""
        return _TYPES.get(self.event.kind, self.event.kind)

    @property
    def step_key(self) -> str | None:
        """The step that it belongs to; None for the run's own."""
        return self.event.step_key

    @property
    def message(self) -> str:
        """What happened, in a sentence."""
        return self.event.message

    @property
    def is_step_success(self) -> bool:
        """A step has succeeded."""
        return self.event_type_value == "STEP_SUCCESS"

    @property
    def is_step_failure(self) -> bool:
        """A step has failed for good."""
        return self.event_type_value == "STEP_FAILURE"

    @property
    def is_step_skipped(self) -> bool:
        """A step was skipped."""
        return self.event_type_value == "STEP_SKIPPED"


class CarriedResult:
    """One run as it is stored. Outputs are loaded when they are asked for, those that it reused too."""

    def __init__(self, result: PipelineResult, pipeline: PipelineDefinition) -> None:
        # The same with our own names.
        self.own = result
        self._pipeline = pipeline

    def __repr__(self) -> str:
        return f"<result {self.run_id} {self.status}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is to be let go of: outputs are loaded one at a time."""

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.own.run_id

    @property
    def run(self) -> Run:
        """The run's record."""
        return self.own.run

    dagster_run = run

    @property
    def status(self) -> RunStatus:
        """How the run ended."""
        return self.own.status

    @property
    def success(self) -> bool:
        """Every step that ran ended well."""
        return self.own.success

    @property
    def step_stats(self) -> Mapping[str, StepState]:
        """Every step of the pipeline by step key; REUSED or OMITTED where this run did not execute it."""
        return self.own.step_stats

    @property
    def event_list(self) -> list[CarriedEvent]:
        """Everything that happened in the run, in order."""
        return [CarriedEvent(event) for event in self.own.event_list]

    all_events = event_list

    @property
    def step_event_list(self) -> list[CarriedEvent]:
        """The events that belong to a step."""
        return [event for event in self.event_list if event.step_key is not None]

    all_node_events = step_event_list

    @property
    def events_by_step_key(self) -> dict[str, list[CarriedEvent]]:
        """The events of each step."""
        found: dict[str, list[CarriedEvent]] = {}
        for event in self.step_event_list:
            found.setdefault(str(event.step_key), []).append(event)
        return found

    def events_for_node(self, node: str) -> list[CarriedEvent]:
        """The events of one step."""
        return self.events_by_step_key.get(node, [])

    def get_step_success_events(self) -> list[CarriedEvent]:
        """One for each step that succeeded in this run."""
        return [event for event in self.event_list if event.is_step_success]

    def get_step_failure_events(self) -> list[CarriedEvent]:
        """One for each step that failed in this run."""
        return [event for event in self.event_list if event.is_step_failure]

    def get_step_skipped_events(self) -> list[CarriedEvent]:
        """One for each step that was skipped in this run."""
        return [event for event in self.event_list if event.is_step_skipped]

    def get_failed_step_keys(self) -> set[str]:
        """The steps that failed in this run."""
        return {str(event.step_key) for event in self.get_step_failure_events()}

    def result_for_solid(self, name: str) -> SolidResult:
        """What one step came to. Raises KeyError where the pipeline has no such step."""
        return SolidResult(self, name)

    result_for_handle = result_for_node = result_for_solid

    @property
    def solid_result_list(self) -> list[SolidResult]:
        """What each step came to."""
        return [SolidResult(self, key) for key in self.step_stats]

    def output_for_solid(self, name: str, output_name: str = "result") -> Any:
        """The value of a step's output, made in this run or reused by it; of a mapped step, a dict by mapping key.

        A step of a graph is named `graph.step`; a graph's own outputs are what its function returns. Raises KeyError
        for an unknown step or output, and OutputUnavailableError.
        """
        of_graph = getattr(self._pipeline, "returned_by_graph", {})
        if name in of_graph:
            return self._returned(of_graph[name], f"graph {name!r}", output_name)
        return self.own.output_value(name, output_name)

    output_for_node = output_for_solid

    def output_value(self, output_name: str = "result") -> Any:
        """The value of one of the job's own outputs: what its function returns. Raises KeyError where it has none."""
        return self._returned(getattr(self._pipeline, "returned", {}), self._pipeline.place, output_name)

    def _returned(self, returned: Mapping[str, OutputRef], place: str, output_name: str) -> Any:
        if output_name not in returned:
            hint = known_names(output_name, returned) or " What its function returns is its output."
            raise KeyError(f"{place} has no output {output_name!r}.{hint}")
        ref = returned[output_name]
        return self.own.output_value(ref.step_key, ref.output_name)

    def is_node_success(self, node: str) -> bool:
        """The step ran here and succeeded."""
        return self.result_for_solid(node).success

    def is_node_failed(self, node: str) -> bool:
        """The step ran here and failed."""
        return self.result_for_solid(node).state.status is StepStatus.FAILURE

    def is_node_skipped(self, node: str) -> bool:
        """The step was skipped here, because an output that it needs was not produced."""
        return self.result_for_solid(node).skipped

    def is_node_untouched(self, node: str) -> bool:
        """Nothing happened with the step in this run."""
        return not self.events_for_node(node)

    def failure_data_for_node(self, node: str) -> ErrorInfo | None:
        """The error of the step's last attempt; None where that did not fail."""
        return self.result_for_solid(node).failure_data

    def retry_attempts_for_node(self, node: str) -> int:
        """How often the step was tried again in this run."""
        return self.result_for_solid(node).retry_attempts


class SolidResult:
    """One step of a result."""

    def __init__(self, result: CarriedResult, step_key: str) -> None:
        self._result = result
        self._own = result.own.result_for_solid(step_key)
        self.step_key = step_key

    @property
    def state(self) -> StepState:
        """The step as it stands in the run."""
        return self._own.state

    @property
    def success(self) -> bool:
        """It ran here and succeeded."""
        return self._own.success

    @property
    def skipped(self) -> bool:
        """It was not run, because an output that it needs was not produced."""
        return self._own.skipped

    @property
    def failure_data(self) -> ErrorInfo | None:
        """The error of its last attempt; None where that did not fail."""
        return self._own.failure

    failure = failure_data

    @property
    def attempts(self) -> tuple[StepAttempt, ...]:
        """Its tries, the first one first."""
        return self._own.attempts

    @property
    def retry_attempts(self) -> int:
        """How often it was tried again in this run."""
        return max(0, len(self.attempts) - 1) if self.state.status is not StepStatus.REUSED else 0

    def output_value(self, output_name: str = "result") -> Any:
        """The value of one of its outputs; as `CarriedResult.output_for_solid`, and None where it made none."""
        try:
            return self._result.output_for_solid(self.step_key, output_name)
        except OutputUnavailableError:
            if self.success or self.state.status is StepStatus.REUSED:
                raise
            return None

    @property
    def output_values(self) -> dict[str, Any] | None:
        """The values of its outputs by name; None where it did not succeed."""
        if not self.success:
            return None
        names = dict.fromkeys(output.name for output in self.state.outputs)
        return {name: self.output_value(name) for name in names}
