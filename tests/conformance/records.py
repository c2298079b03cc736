"""What a run came to, in the form in which the cases say it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dalsegno.errors import DalsegnoError, MissingOutputsError
from dalsegno.result import PipelineResult
from dalsegno.runs.attempts import StepState
from dalsegno.runs.status import StepStatus
from tests.conformance.pipelines import UNNAMED, Script

# A record as README.md describes it.
Record = dict[str, Any]

PARENT_NOT_LAUNCHED: Record = {"launched": False, "reason": "its parent was not launched"}


def record_of(result: PipelineResult, run_ids: Sequence[str | None], script: Script) -> Record:
    """The record of a run; `run_ids` are those of the scenario's runs so far, in order."""
    run = result.run
    planned = set(run.step_keys_to_execute)
    stats = {key: state for key, state in result.step_stats.items() if key in planned}
    index = {run_id: number for number, run_id in enumerate(run_ids) if run_id is not None}
    return {
        "launched": True,
        "status": str(run.status),
        "parent": None if run.parent_run_id is None else index[run.parent_run_id],
        "root": None if run.parent_run_id is None else index[run.root_run_id],
        "plan": sorted(planned),
        "executed": sorted(key for key, state in stats.items() if state.attempts),
        "steps": {key: _outcome(stats[key]) if key in stats else "not_run" for key in result.step_stats},
        "sources": {
            key: {ref: index[made_in] for ref, made_in in given.items()}
            for (run_id, key), given in script.received.items()
            if run_id == run.run_id
        },
        "failures": {key: _failure(state) for key, state in stats.items() if _outcome(state) == "failure"},
    }


def refusal_of(error: DalsegnoError) -> Record:
    """The record of a launch that was refused."""
    if not isinstance(error, MissingOutputsError):
        return {"launched": False, "reason": "refused"}
    missing = [[one.step_key, _ref(one.upstream_step_key, one.output_name)] for one in error.missing]
    return {"launched": False, "reason": "missing outputs", "missing": sorted(missing)}


def expected_records(case: dict[str, Any]) -> list[Record]:
    """What the case expects of each run: what was decided otherwise, else what was recorded."""
    decided = case.get("ours", [None] * len(case["runs"]))
    return [_complete(ours or recorded) for ours, recorded in zip(decided, case["expected"], strict=True)]


def comparable(record: Record, expected: Record) -> Record:
    """Of a record, what the expected one speaks of: of a refusal recorded without a reason, only that it was one."""
    return record if record["launched"] else {key: value for key, value in record.items() if key in expected}


def _complete(record: Record) -> Record:
    if not record["launched"]:
        return {**record, "missing": sorted(record["missing"])} if "missing" in record else record
    return {"failures": {}, **record}


def _outcome(state: StepState) -> str:
    match state.status:
        case StepStatus.SUCCESS:
            return "success"
        case StepStatus.SKIPPED:
            return "skipped"
        case StepStatus.FAILURE:
            return "failure"
        # Interrupted in its body, or never reached.
        case StepStatus.CANCELED if state.attempts:
            return "failure"
        case _:
            return "not_run"


def _failure(state: StepState) -> str:
    return "interrupted" if state.status is StepStatus.CANCELED else "raised"


def _ref(step_key: str, output_name: str) -> str:
    return step_key if output_name == UNNAMED else f"{step_key}.{output_name}"
