"""Runs as rows of `runs`."""

from __future__ import annotations

from typing import Any

from dalsegno.runs.priority import priority_of
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy, RunStatus
from dalsegno.store.script import AnyRow


def run_of(row: AnyRow) -> Run:
    """The run that a row of `runs` holds."""
    return Run(
        run_id=row.run_id,
        pipeline_name=row.pipeline_name,
        snapshot_id=row.snapshot_id,
        mode=row.mode,
        run_config=row.run_config,
        tags=row.tags,
        status=RunStatus(row.status),
        created_at=row.created_at,
        step_keys_to_execute=row.step_keys_to_execute,
        started_at=row.started_at,
        ended_at=row.ended_at,
        launched_by=row.launched_by,
        reason=row.reason,
        error=row.error,
        parent_run_id=row.parent_run_id,
        root_run_id=row.root_run_id,
        strategy=None if row.strategy is None else ReexecutionStrategy(row.strategy),
        selection=row.selection,
        rest_is_settled=row.rest_is_settled,
        code_location=row.code_location,
        cancel_requested=row.cancel_requested_at is not None,
        canceled_by=row.cancel_requested_by,
        version=row.last_event_number,
    )


def run_values(run: Run) -> dict[str, Any]:
    """The columns that a run fills by itself."""
    return {
        "run_id": run.run_id,
        "root_run_id": run.root_run_id,
        "parent_run_id": run.parent_run_id,
        "pipeline_name": run.pipeline_name,
        "snapshot_id": run.snapshot_id,
        "status": run.status,
        "created_at": run.created_at,
        "priority": priority_of(run.tags),
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "mode": run.mode,
        "strategy": run.strategy,
        "rest_is_settled": run.rest_is_settled,
        "launched_by": run.launched_by,
        "reason": run.reason,
        "code_location": run.code_location,
        "error": run.error,
        "tags": run.tags,
        "selection": run.selection,
        "run_config": run.run_config,
        "step_keys_to_execute": run.step_keys_to_execute,
    }
