"""Runs and what happens in them, made short."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dalsegno.plan.plan import Action, Plan, PlannedStep, PlanReason
from dalsegno.runs.attempts import Provenance, StepAttempt, StepOutput, StepState
from dalsegno.runs.events import Event, Logged, LogLevel, RunStarted
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.store.lineage import fetch_lineage
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.runs import IdempotencyKey, Lease, create_run
from dalsegno.store.script import Script
from dalsegno.store.snapshots import save_snapshot
from tests.drawing import NOON, draw

SNAPSHOT = draw("a -> b -> c")
LEASE = Lease(token="token of the holder", holder="in-process:a test", seconds=60.0)


def lease_of(holder: str, seconds: float = 60.0) -> Lease:
    """A holder's lease."""
    return Lease(token=f"token of {holder}", holder=holder, seconds=seconds)


def at(seconds: float) -> datetime:
    """A moment after noon."""
    return NOON + timedelta(seconds=seconds)


def run_named(run_id: str, parent: Run | None = None, **fields: Any) -> Run:
    """A running run of a -> b -> c."""
    given: dict[str, Any] = {
        "run_id": run_id,
        "pipeline_name": SNAPSHOT.name,
        "snapshot_id": SNAPSHOT.id,
        "mode": "default",
        "run_config": {},
        "tags": {},
        "status": RunStatus.RUNNING,
        "created_at": NOON,
        "step_keys_to_execute": ("a", "b", "c"),
        "parent_run_id": parent.run_id if parent else None,
        "root_run_id": parent.root_run_id if parent else run_id,
    }
    return Run(**(given | fields))


def plan_of(run: Run) -> Plan:
    """The plan of a run that executes its steps and omits d."""
    executed = tuple(
        PlannedStep(step_key=key, action=Action.EXECUTE, reason_code=PlanReason.ALL_STEPS, reason="all steps")
        for key in run.step_keys_to_execute
    )
    omitted = PlannedStep(step_key="d", action=Action.OMIT, reason_code=PlanReason.NOT_SELECTED, reason="not selected")
    return Plan(
        pipeline_name=run.pipeline_name,
        snapshot_id=run.snapshot_id,
        mode=run.mode,
        run_config=run.run_config,
        steps=(*executed, omitted),
        parent_run_id=run.parent_run_id,
        strategy=run.strategy,
    )


def created(run: Run, *, lease: Lease | None = LEASE, idempotency: IdempotencyKey | None = None) -> Script[Run]:
    """Creates a run with its plan, its snapshot first."""
    yield from save_snapshot(SNAPSHOT)
    return (yield from create_run(run, plan_of(run), lease=lease, idempotency=idempotency))


def launched(run: Run) -> Script[Run]:
    """Creates a run held by LEASE, with its first event."""
    yield from save_snapshot(SNAPSHOT)
    return (yield from create_run(run, plan_of(run), lease=LEASE, events=[(at(0), RunStarted(steps=3))]))


def log(message: str, step_key: str = "a") -> tuple[datetime, Event]:
    """A line that a step wrote."""
    return at(1), Logged(step_key=step_key, attempt=1, severity=LogLevel.INFO, message=message)


def step(
    key: str, status: StepStatus = StepStatus.SUCCESS, *, token: str | None = None, outputs: tuple[StepOutput, ...] = ()
) -> StepState:
    """A step after one attempt; without one where its status says so."""
    attempt = StepAttempt(
        number=1,
        token=token or f"token of {key}",
        status=status,
        started_at=at(1),
        ended_at=None if status is StepStatus.RUNNING else at(2),
        provenance=PROVENANCE if status is StepStatus.SUCCESS else None,
    )
    never_began = status in (StepStatus.SKIPPED, StepStatus.BLOCKED)
    return StepState(
        step_key=key,
        status=status,
        attempts=() if never_began else (attempt,),
        outputs=outputs,
        started_at=None if never_began else at(1),
        ended_at=attempt.ended_at,
    )


def output(name: str = "result", mapping_key: str | None = None, **fields: Any) -> StepOutput:
    """A stored output."""
    return StepOutput(name=name, mapping_key=mapping_key, **fields)


PROVENANCE = Provenance(code_version="7", config_digest="sha256:c0", input_digests={"rows": ("sha256:01", None)})


def ended(
    run: Run,
    *steps: StepState,
    status: RunStatus = RunStatus.SUCCESS,
    group_status: RunStatus | None = None,
    token: str = LEASE.token,
) -> Script[Any]:
    """Ends a run with its steps as given."""
    batch = RunBatch(steps=steps, status=status, ended_at=at(9), group_status=group_status)
    return (yield from append(run.run_id, token, batch))


def stored(lineage: Lineage) -> Script[Lineage | None]:
    """Stores a drawn lineage, the root first, and reads it back."""
    for one in reversed(lineage.runs):
        run = one.run
        yield from create_run(run, plan_of(run), lease=LEASE)
        yield from ended(run, *one.steps.values(), status=run.status)
    return (yield from fetch_lineage(lineage.nearest.run_id))


def by_key(*steps: StepState) -> Mapping[str, StepState]:
    """The steps by their keys."""
    return {state.step_key: state for state in steps}
