"""A scenario's runs, launched one after the other as its case says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from dalsegno.errors import (
    InvalidRunConfigError,
    InvalidSelectionError,
    MissingOutputsError,
    ReexecutionNotAllowedError,
)
from tests.conformance.cases import Case
from tests.conformance.pipelines import Received
from tests.conformance.records import PARENT_NOT_LAUNCHED, PlayedRun, Record, record_of, refusal_of

REFUSALS = (InvalidRunConfigError, InvalidSelectionError, MissingOutputsError, ReexecutionNotAllowedError)


class Stage(Protocol):
    """Where the runs of one scenario are executed."""

    def define(self, steps: Mapping[str, Any]) -> None:
        """From now on the pipeline has these steps."""

    def cancel_next_start(self) -> None:
        """The next run is cancelled before any of its steps starts."""

    def execute(self, selection: list[str] | None) -> PlayedRun:
        """A first run, to its end. Raises one of REFUSALS."""

    def reexecute(self, parent_run_id: str, strategy: str | None, selection: list[str] | None) -> PlayedRun:
        """A re-execution, to its end. Raises one of REFUSALS."""

    def received(self) -> Received:
        """What bodies were given so far."""


def play(case: Case, stage: Stage) -> list[Record]:
    """What each run of the scenario came to."""
    stage.define(case["steps"])
    run_ids: list[str | None] = []
    records: list[Record] = []
    for described in case["runs"]:
        if "steps" in described:
            stage.define(described["steps"])
        parent = described.get("parent")
        run_ids.append(None)
        if parent is not None and run_ids[parent] is None:
            records.append(PARENT_NOT_LAUNCHED)
            continue
        if described.get("cancelled_before_start"):
            stage.cancel_next_start()
        try:
            run = _launch(described, None if parent is None else run_ids[parent], stage)
        except REFUSALS as refusal:
            records.append(refusal_of(refusal))
        else:
            run_ids[-1] = run.run_id
            records.append(record_of(run, run_ids, stage.received()))
    return records


def _launch(described: Mapping[str, Any], parent_run_id: str | None, stage: Stage) -> PlayedRun:
    if parent_run_id is None:
        return stage.execute(described.get("solid_selection"))
    match described["kind"]:
        case "all":
            return stage.reexecute(parent_run_id, "ALL_STEPS", None)
        case "from_failure":
            return stage.reexecute(parent_run_id, "FROM_FAILURE", None)
        case "selection":
            return stage.reexecute(parent_run_id, None, described["selection"])
        case kind:
            raise AssertionError(f"no run is of the kind {kind!r}")
