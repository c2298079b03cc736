"""Runs of a service as records of this project: what a client is answered, made into what the terminal shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from dalsegno.client import records
from dalsegno.plan.plan import Action, InputSource, Plan, PlannedInput, PlannedStep, PlanReason, PlanWarning
from dalsegno.plan.plan import PlanWarningKind as WarningKind
from dalsegno.runs.attempts import ErrorInfo, StepAttempt, StepState
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus


def run_of(run: records.Run) -> Run:
    """The run's record."""
    return Run(
        run_id=run.id,
        pipeline_name=run.pipeline_name,
        snapshot_id=run.snapshot_id,
        mode=run.mode,
        run_config=run.run_config,
        tags={tag.key: tag.value for tag in run.tags},
        status=RunStatus(run.status),
        created_at=run.created_at,
        step_keys_to_execute=run.step_keys_to_execute,
        started_at=run.started_at,
        ended_at=run.ended_at,
        launched_by=run.launched_by,
        reason=run.reason,
        error=_error(run.error),
        parent_run_id=run.parent_run_id,
        root_run_id=run.root_run_id,
        strategy=_strategy(run.strategy),
        selection=run.selection,
    )


def plan_of(plan: records.Plan, parent: records.Run) -> Plan:
    """The plan of a re-execution, with the id by which the service knows it."""
    made = Plan(
        pipeline_name=parent.pipeline_name,
        snapshot_id=parent.snapshot_id,
        mode=parent.mode,
        run_config=parent.run_config,
        steps=tuple(map(_planned, plan.steps)),
        parent_run_id=plan.parent_run_id,
        strategy=_strategy(plan.strategy),
        warnings=tuple(map(_warning, plan.warnings)),
        time_saved_ms=plan.time_saved_ms,
        estimated_duration_ms=plan.estimated_duration_ms,
    )
    made.__dict__["id"] = plan.id
    return made


def states_of(stats: Sequence[records.StepStats], seen: Mapping[str, StepState]) -> dict[str, StepState]:
    """How the steps of a run stand; of those that it executed as its events, folded, have told."""
    return {one.step_key: seen.get(one.step_key) or _state(one) for one in stats}


def _state(stats: records.StepStats) -> StepState:
    attempts: tuple[StepAttempt, ...] = ()
    if stats.start_time is not None:
        attempt = StepAttempt(
            number=1,
            token="",
            status=StepStatus(stats.status),
            started_at=stats.start_time,
            ended_at=stats.end_time,
            error=_error(stats.error),
        )
        attempts = (attempt,)
    return StepState(
        step_key=stats.step_key,
        status=StepStatus(stats.status),
        attempts=attempts,
        cause_step_keys=stats.cause_step_keys,
        started_at=stats.start_time,
        ended_at=stats.end_time,
    )


def _planned(step: records.PlannedStep) -> PlannedStep:
    return PlannedStep(
        step_key=step.step_key,
        action=Action(step.action),
        reason_code=PlanReason(step.reason_code),
        reason=step.reason,
        inputs=tuple(PlannedInput(name=one.name, sources=tuple(map(_source, one.sources))) for one in step.inputs),
        reused_from_run_id=step.reused_from_run_id,
        is_stale=step.is_stale,
        estimated_duration_ms=step.estimated_duration_ms,
    )


def _source(ref: records.OutputRef) -> InputSource:
    return InputSource(
        step_key=ref.step_key, output_name=ref.output_name, mapping_key=ref.mapping_key, run_id=ref.run_id or None
    )


def _warning(warning: records.PlanWarning) -> PlanWarning:
    return PlanWarning(
        kind=WarningKind(warning.kind),
        message=warning.message,
        step_key=warning.step_key,
        step_keys_to_add=warning.step_keys_to_add,
    )


def _error(error: records.ErrorInfo | None) -> ErrorInfo | None:
    return None if error is None else msgspec.convert(error, ErrorInfo, from_attributes=True)


def _strategy(name: str | None) -> ReexecutionStrategy | None:
    return None if name is None else ReexecutionStrategy(name)
