"""A run: one execution of a pipeline, and its place in its group."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from dalsegno.runs.attempts import ErrorInfo
from dalsegno.runs.status import ReexecutionStrategy, RunStatus


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One execution of a pipeline; immutable once it has ended."""

    # A UUIDv7: later runs have greater ids.
    run_id: str
    pipeline_name: str
    # The definition it executes.
    snapshot_id: str
    mode: str
    # With defaults filled in.
    run_config: Mapping[str, Any]
    # The user's, never the pipeline's or the system's.
    tags: Mapping[str, str]
    status: RunStatus
    created_at: datetime
    # In topological order of the snapshot it was planned on.
    step_keys_to_execute: tuple[str, ...]
    started_at: datetime | None = None
    ended_at: datetime | None = None
    launched_by: str | None = None
    reason: str | None = None
    # Why the run as a whole failed.
    error: ErrorInfo | None = None
    # The run it re-executes; None for the first of its group.
    parent_run_id: str | None = None
    # The first run of its group; its own id for that run.
    root_run_id: str
    strategy: ReexecutionStrategy | None = None
    # As given, for people; what counts is step_keys_to_execute.
    selection: tuple[str, ...] | None = None
    # Every step of the scope that this run does not execute was settled when it was launched.
    rest_is_settled: bool = True
    # The file or module that its code was loaded from.
    code_location: str | None = None
    # Somebody has asked for it to be cancelled.
    cancel_requested: bool = False
    # Who did; None where that is not known.
    canceled_by: str | None = None
    # Moves with every change of the run or of its steps: the number of its last event.
    version: int = 0

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds from its start to its end; None while it has not ended."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds() * 1000.0


class RunGroup(msgspec.Struct, frozen=True, kw_only=True):
    """All runs of one root, as kept beside them."""

    root_run_id: str
    pipeline_name: str
    status: RunStatus
    newest_run_id: str
    run_count: int
    created_at: datetime
    updated_at: datetime
