"""What a run came to, in the form in which the cases say it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from dalsegno.errors import DalsegnoError, MissingOutputsError
from dalsegno.snapshot.step_keys import ANY_KEY, element_key, step_name
from tests.conformance.pipelines import UNNAMED, Received

# A record as README.md describes it.
Record = dict[str, Any]

PARENT_NOT_LAUNCHED: Record = {"launched": False, "reason": "its parent was not launched"}


class PlayedStep(msgspec.Struct, frozen=True):
    """A step in a run that has ended."""

    status: str
    # It has at least one attempt.
    was_started: bool


class PlayedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that has ended, wherever it was executed."""

    run_id: str
    status: str
    parent_run_id: str | None
    root_run_id: str
    planned: frozenset[str]
    # Of all steps of the pipeline.
    steps: Mapping[str, PlayedStep]


def record_of(run: PlayedRun, run_ids: Sequence[str | None], received: Received) -> Record:
    """The record of a run; `run_ids` are those of the scenario's runs so far, in order."""
    stats = {key: step for key, step in run.steps.items() if _was_planned(key, run.planned)}
    index = {run_id: number for number, run_id in enumerate(run_ids) if run_id is not None}
    return {
        "launched": True,
        "status": run.status,
        "parent": None if run.parent_run_id is None else index[run.parent_run_id],
        "root": None if run.parent_run_id is None else index[run.root_run_id],
        "plan": sorted(run.planned),
        "executed": sorted(key for key, step in stats.items() if step.was_started),
        "steps": {key: _outcome(stats[key]) if key in stats else "not_run" for key in run.steps},
        "sources": {
            key: {ref: _indexed(made_in, index) for ref, made_in in given.items()}
            for (run_id, key), given in received.items()
            if run_id == run.run_id
        },
        "failures": {key: _failure(step) for key, step in stats.items() if _outcome(step) == "failure"},
    }


def _was_planned(key: str, planned: Collection[str]) -> bool:
    # An element may have been planned with all the others of its step.
    return key in planned or element_key(step_name(key), ANY_KEY) in planned


def _indexed(made_in: Any, index: Mapping[str, int]) -> Any:
    if isinstance(made_in, dict):  # of a collect, by mapping key
        return {key: index[run_id] for key, run_id in made_in.items()}
    return index[made_in]


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


def compared(records: Sequence[Record], expected: Sequence[Record]) -> dict[int, Record]:
    """By number, what the expected records speak of: of a refusal without a reason, only that it was one."""
    pairs = enumerate(zip(records, expected, strict=True))
    return {number: _comparable(record, wanted) for number, (record, wanted) in pairs}


def _comparable(record: Record, expected: Record) -> Record:
    return record if record["launched"] else {key: value for key, value in record.items() if key in expected}


def _complete(record: Record) -> Record:
    if not record["launched"]:
        return {**record, "missing": sorted(record["missing"])} if "missing" in record else record
    return {"failures": {}, **record}


def _outcome(step: PlayedStep) -> str:
    match step.status:
        case "SUCCESS":
            return "success"
        case "SKIPPED":
            return "skipped"
        case "FAILURE":
            return "failure"
        # Interrupted in its body, or never reached.
        case "CANCELED" if step.was_started:
            return "failure"
        case _:
            return "not_run"


def _failure(step: PlayedStep) -> str:
    return "interrupted" if step.status == "CANCELED" else "raised"


def _ref(step_key: str, output_name: str) -> str:
    return step_key if output_name == UNNAMED else f"{step_key}.{output_name}"
