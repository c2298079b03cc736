"""A scenario's runs, launched one after the other as its case says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno import Instance, ReexecutionStrategy, execute_pipeline, reexecute_pipeline
from dalsegno.definitions import PipelineDefinition
from dalsegno.errors import (
    InvalidRunConfigError,
    InvalidSelectionError,
    MissingOutputsError,
    ReexecutionNotAllowedError,
)
from dalsegno.result import PipelineResult
from tests.conformance.cases import Case
from tests.conformance.pipelines import Script, build_pipeline
from tests.conformance.records import PARENT_NOT_LAUNCHED, Record, record_of, refusal_of

REFUSALS = (InvalidRunConfigError, InvalidSelectionError, MissingOutputsError, ReexecutionNotAllowedError)


def play(case: Case, instance: Instance) -> list[Record]:
    """What each run of the scenario came to."""
    script = Script()
    pipeline = build_pipeline(case["steps"], script)
    run_ids: list[str | None] = []
    records: list[Record] = []
    for described in case["runs"]:
        if "steps" in described:
            pipeline = build_pipeline(described["steps"], script)
        parent = described.get("parent")
        run_ids.append(None)
        if parent is not None and run_ids[parent] is None:
            records.append(PARENT_NOT_LAUNCHED)
            continue
        parent_run_id = None if parent is None else run_ids[parent]
        try:
            result = _launch(described, pipeline, parent_run_id, instance, script)
        except REFUSALS as refusal:
            records.append(refusal_of(refusal))
        else:
            run_ids[-1] = result.run_id
            records.append(record_of(result, run_ids, script))
    return records


def _launch(
    described: Mapping[str, Any],
    pipeline: PipelineDefinition,
    parent_run_id: str | None,
    instance: Instance,
    script: Script,
) -> PipelineResult:
    script.cancel_start = described.get("cancelled_before_start", False)
    if parent_run_id is None:
        return execute_pipeline(pipeline, solid_selection=described.get("solid_selection"), instance=instance)
    how: dict[str, Any]
    match described["kind"]:
        case "all":
            how = {"strategy": ReexecutionStrategy.ALL_STEPS}
        case "from_failure":
            how = {"strategy": ReexecutionStrategy.FROM_FAILURE}
        case "selection":
            how = {"step_selection": described["selection"]}
        case kind:
            raise AssertionError(f"no run is of the kind {kind!r}")
    return reexecute_pipeline(pipeline, parent_run_id=parent_run_id, instance=instance, **how)
