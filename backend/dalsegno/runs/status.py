"""The states of runs and steps, each with its meaning."""

from __future__ import annotations

from enum import StrEnum


class RunStatus(StrEnum):
    """Where a run stands."""

    # Waits for a worker.
    QUEUED = "QUEUED"
    # Claimed; its steps' resources are being made.
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    # Every step that ran ended well.
    SUCCESS = "SUCCESS"
    # A step failed, or the run as a whole did.
    FAILURE = "FAILURE"
    # To be cancelled; its running steps are being interrupted.
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"

    @property
    def has_ended(self) -> bool:
        """A run in this state never changes again."""
        return self in (RunStatus.SUCCESS, RunStatus.FAILURE, RunStatus.CANCELED)


class StepStatus(StrEnum):
    """Where a step stands in one run."""

    # Will run, not yet begun.
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    # Failed, waiting for its next attempt.
    RETRYING = "RETRYING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    # Not run, because an optional output upstream was not produced.
    SKIPPED = "SKIPPED"
    # Not run, because a step upstream failed.
    BLOCKED = "BLOCKED"
    CANCELED = "CANCELED"
    # Of an attempt: its worker or lease was lost; it is tried again.
    LOST = "LOST"
    # Not run in this run: an earlier run of the lineage stands in for it.
    REUSED = "REUSED"
    # Not run in this run, and nothing stands in for it.
    OMITTED = "OMITTED"

    @property
    def ended_well(self) -> bool:
        """Settled: success or skipped."""
        return self in (StepStatus.SUCCESS, StepStatus.SKIPPED)

    @property
    def has_ended(self) -> bool:
        """The step will not run (again) in this run."""
        return self in _STEP_ENDS


_STEP_ENDS = frozenset(
    {StepStatus.SUCCESS, StepStatus.FAILURE, StepStatus.SKIPPED, StepStatus.BLOCKED, StepStatus.CANCELED}
)


class ReexecutionStrategy(StrEnum):
    """Which steps a re-execution executes."""

    # The group's scope.
    ALL_STEPS = "ALL_STEPS"
    # Exactly the steps that the selection picks.
    SELECTED_STEPS = "SELECTED_STEPS"
    # The selection's steps and every step downstream of them.
    FROM_SELECTED = "FROM_SELECTED"
    # Every step of the scope that is not settled in the lineage, and every step downstream of them.
    FROM_FAILURE = "FROM_FAILURE"
    # Every step of the scope that is not settled, or whose code, config or inputs have changed since its effective
    # output was made, and every step downstream of them.
    FROM_CHANGED = "FROM_CHANGED"

    @property
    def needs_selection(self) -> bool:
        """Refused without a selection; the other strategies refuse one."""
        return self in (ReexecutionStrategy.SELECTED_STEPS, ReexecutionStrategy.FROM_SELECTED)
