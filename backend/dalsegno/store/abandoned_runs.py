"""Runs of scripts whose process is gone: their lease has expired, and no worker can carry them on."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import bindparam, select, type_coerce

from dalsegno.errors import WorkerLostError
from dalsegno.plan.outcome import all_is_settled
from dalsegno.plan.plan import Plan
from dalsegno.plan.ready_steps import ReadySteps
from dalsegno.runs.attempts import ErrorInfo, StepState
from dalsegno.runs.events import AttemptLost, Event, RunCanceled, RunFailed, RunSucceeded
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.runs.step_states import StepStates
from dalsegno.store.column_types import Instant
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.run_rows import run_of
from dalsegno.store.runs import fetch_plan
from dalsegno.store.script import Script
from dalsegno.store.statements import database_now
from dalsegno.store.steps import fetch_steps
from dalsegno.store.tables import runs

# How a script names itself as the holder of a run.
IN_PROCESS = "in-process:"
# A run in one of these is held, or was until lately.
HELD = (RunStatus.STARTING, RunStatus.RUNNING, RunStatus.CANCELING)

is_of_a_script = runs.c.lease_holder.startswith(IN_PROCESS, autoescape=True)
has_expired = runs.c.lease_expires_at < database_now()
_ABANDONED = (
    select(runs, type_coerce(database_now(), Instant).label("now"))
    .where(runs.c.run_id == bindparam("of_run"), runs.c.ended_at.is_(None), has_expired, is_of_a_script)
    .with_for_update()
)
_FIND_ABANDONED = (
    select(runs.c.run_id)
    .where(runs.c.status.in_(HELD), runs.c.ended_at.is_(None), has_expired, is_of_a_script)
    .order_by(runs.c.run_id)
    .limit(bindparam("at_most"))
)


def find_abandoned_runs(limit: int = 20) -> Script[list[str]]:
    """The ids of the oldest ones."""
    rows = yield _FIND_ABANDONED, {"at_most": limit}
    return [row.run_id for row in rows]


def end_abandoned_run(run_id: str) -> Script[bool]:
    """Ends a run whose script has let its lease expire; False where there is nothing to end.

    What its holder recorded counts: attempts that were going on are lost, and a run that has nothing left to do ends
    as its steps did.
    """
    rows = yield _ABANDONED, {"of_run": run_id}
    if not rows:
        return False
    steps = yield from fetch_steps([run_id], with_attempts=True)
    plan = yield from fetch_plan(run_id)
    assert plan is not None  # kept in the same transaction as its run
    yield from append(run_id, rows[0].lease_token, _ending(run_of(rows[0]), plan, rows[0].now, steps[run_id]))
    return True


def _ending(run: Run, plan: Plan, at: datetime, steps: dict[str, StepState]) -> RunBatch:
    events, lost = lost_steps(at, steps)
    rows = ReadySteps(plan, steps).rows
    reached = [steps[key] for key in rows if key in steps]
    all_well = len(reached) == len(rows) and all(state.status.ended_well for state in reached)
    failed = tuple(state.step_key for state in reached if state.status is StepStatus.FAILURE)
    error: ErrorInfo | None = None
    end: Event
    if run.cancel_requested:
        status, end = RunStatus.CANCELED, RunCanceled()
    elif all_well:
        status, end = RunStatus.SUCCESS, RunSucceeded()
    else:
        error = ErrorInfo(class_name=WorkerLostError.__name__, message=WorkerLostError(run_id=run.run_id).message)
        status, end = RunStatus.FAILURE, RunFailed(failed_step_keys=failed, error=error)
    unsettled = RunStatus.CANCELED if status is RunStatus.CANCELED else RunStatus.FAILURE
    return RunBatch(
        events=(*events, (at, end)),
        steps=lost,
        status=status,
        ended_at=at,
        error=error,
        group_status=RunStatus.SUCCESS if all_is_settled(plan, rows, steps) else unsettled,
    )


def lost_steps(at: datetime, steps: dict[str, StepState]) -> tuple[list[tuple[datetime, Event]], tuple[StepState, ...]]:
    """What happened to the steps that had begun: their attempts are lost, and no further one follows."""
    events: list[tuple[datetime, Event]] = []
    lost: list[StepState] = []
    states = StepStates(dict(steps))
    for key, state in steps.items():
        if state.status is StepStatus.RUNNING:
            events.append((at, AttemptLost(step_key=key, attempt=state.attempts[-1].number)))
            states.apply(*events[-1])
        if states.by_key[key].status is StepStatus.RETRYING:
            lost.append(replace(states.by_key[key], status=StepStatus.LOST, retry_at=None, ended_at=at))
    return events, tuple(lost)
