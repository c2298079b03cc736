"""What the service answers, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec


class _Record(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class Tag(_Record, frozen=True):
    """A name with a value."""

    key: str
    value: str


class ErrorInfo(_Record, frozen=True):
    """An exception as data, with what caused it."""

    class_name: str
    message: str
    traceback: str | None = None
    cause: ErrorInfo | None = None


class StepCount(_Record, frozen=True):
    """How many steps of a run are in one state."""

    status: str
    count: int


class Run(_Record, frozen=True):
    """One execution of a pipeline, as it stood when it was asked for."""

    id: str
    pipeline_name: str
    snapshot_id: str
    mode: str
    run_config: Mapping[str, Any]
    tags: tuple[Tag, ...]
    # QUEUED, STARTING, RUNNING, SUCCESS, FAILURE, CANCELING or CANCELED.
    status: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    # Milliseconds from its start to its end.
    duration_ms: float | None
    launched_by: str | None
    reason: str | None
    # Why the run as a whole failed.
    error: ErrorInfo | None
    parent_run_id: str | None
    root_run_id: str
    strategy: str | None
    selection: tuple[str, ...] | None
    step_keys_to_execute: tuple[str, ...]
    step_counts: tuple[StepCount, ...]

    @property
    def success(self) -> bool:
        """Every step that ran ended well."""
        return self.status == "SUCCESS"

    @property
    def has_ended(self) -> bool:
        """It will never change again."""
        return self.ended_at is not None


class StepStats(_Record, frozen=True):
    """One step in one run."""

    step_key: str
    # PENDING, RUNNING, RETRYING, SUCCESS, FAILURE, SKIPPED, BLOCKED, CANCELED, REUSED or OMITTED.
    status: str
    start_time: datetime | None
    end_time: datetime | None
    duration_ms: float | None
    error: ErrorInfo | None
    # Why it was executed, reused or left out.
    reason: str
    cause_step_keys: tuple[str, ...]
    reused_from_run_id: str | None
    # Of a reused step, as judged at launch: what it was made from had been, or was to be, replaced.
    is_stale: bool


class OutputRef(_Record, frozen=True):
    """One output of one step; the run is empty where it is the one being planned."""

    run_id: str
    step_key: str
    output_name: str
    # Of a dynamic output, which element; "?" for each of those that its step will give.
    mapping_key: str | None = None


class StepInput(_Record, frozen=True):
    """One input of a step, and where it will be loaded from."""

    name: str
    sources: tuple[OutputRef, ...]


class PlannedStep(_Record, frozen=True):
    """What a plan does with one step."""

    step_key: str
    # EXECUTE, REUSE or OMIT.
    action: str
    reason_code: str
    reason: str
    inputs: tuple[StepInput, ...]
    reused_from_run_id: str | None
    # Of a reused step: what it was made from has been, or will be, replaced by other bytes, code or config.
    is_stale: bool
    # From its history; None where it has never succeeded.
    estimated_duration_ms: float | None


class PlanWarning(_Record, frozen=True):
    """Something to know before launching."""

    kind: str
    step_key: str | None
    message: str
    step_keys_to_add: tuple[str, ...]


class Plan(_Record, frozen=True):
    """What a launch would do."""

    # Launches exactly this plan, or is refused.
    id: str
    parent_run_id: str | None
    strategy: str | None
    steps: tuple[PlannedStep, ...]
    step_keys_to_execute: tuple[str, ...]
    warnings: tuple[PlanWarning, ...]
    # From the steps' history along the longest path; None where unknown.
    estimated_duration_ms: float | None
    time_saved_ms: float


class RunEvent(_Record, frozen=True):
    """Something that happened in a run."""

    cursor: str
    timestamp: datetime
    run_id: str
    kind: str
    level: str
    step_key: str | None
    attempt: int | None
    message: str
    data: Mapping[str, Any]


class RunFilter(_Record, frozen=True, omit_defaults=True):
    """Which runs a bulk is about: all given conditions hold; without any, every run."""

    pipeline_name: str | None = None
    # One of them.
    statuses: Sequence[str] | None = None
    # All of them.
    tags: Mapping[str, str] | None = None
    # At that moment or later, and before that moment.
    created_after: datetime | None = None
    created_before: datetime | None = None
    root_run_id: str | None = None
    # Failed or cancelled, and the group has not ended well.
    unresolved_only: bool = False


class BulkRefusal(_Record, frozen=True):
    """Runs that are, or would be, refused, all for the same reason."""

    message: str
    runs: int


class BulkPlan(_Record, frozen=True):
    """What a bulk would do if it were started now."""

    # All that match.
    runs: int
    steps_to_execute: int
    # Of all runs one after the other; None where unknown.
    estimated_duration_ms: float | None
    refusals: tuple[BulkRefusal, ...]


class Bulk(_Record, frozen=True):
    """Many runs that the service re-executes or cancels, as it stood when it was asked for."""

    id: str
    # REEXECUTE or CANCEL.
    action: str
    strategy: str | None
    # Of its runs: all, those re-executed or cancelled so far, those refused.
    total: int
    launched: int
    refused: int
    # Nothing more comes of it; runs that it launched may still go on.
    done: bool
    # Before every run had its turn.
    canceled: bool
    started_at: datetime
    launched_by: str | None
    reason: str | None
    refusals: tuple[BulkRefusal, ...]
