"""Runs whose code no worker has any more: they go on with the code as it is now, or end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import BigInteger, and_, bindparam, func, null, or_, select, type_coerce, update

from dalsegno.errors import CodeChangedError
from dalsegno.plan.plan import Plan
from dalsegno.runs.attempts import ErrorInfo, StepState
from dalsegno.runs.events import Event, RunFailed, RunReplanned
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus
from dalsegno.store.column_types import Instant
from dalsegno.store.events import insert_events
from dalsegno.store.queue import is_lost, waits
from dalsegno.store.run_groups import set_group_status
from dalsegno.store.run_rows import run_of
from dalsegno.store.runs import MICROSECONDS, compact_plan
from dalsegno.store.script import Script
from dalsegno.store.statements import announced, database_now
from dalsegno.store.step_records import record_steps
from dalsegno.store.tables import run_plans, runs, served_snapshots


class UnservedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that nobody can carry on with the code that it was planned on."""

    run: Run
    plan: Plan


_now = type_coerce(database_now(), Instant).label("now")
# One that is to be cancelled is ended by whoever claims it, and that takes no code.
_needs_code = and_(or_(waits, is_lost), runs.c.cancel_requested_at.is_(None))
_last_served = func.coalesce(served_snapshots.c.last_served_at, 0)
_UNSERVED = (
    select(*runs.c, run_plans.c.plan)
    .join_from(runs, run_plans, run_plans.c.run_id == runs.c.run_id)
    .outerjoin(served_snapshots, served_snapshots.c.snapshot_id == runs.c.snapshot_id)
    .where(
        _needs_code,
        runs.c.pipeline_name.in_(bindparam("pipeline_names", expanding=True)),
        runs.c.snapshot_id.not_in(bindparam("served", expanding=True)),
        type_coerce(runs.c.created_at, BigInteger) < database_now() - bindparam("patience"),
        type_coerce(_last_served, BigInteger) < database_now() - bindparam("patience"),
    )
    .order_by(runs.c.run_id)
    .limit(bindparam("at_most"))
)
# As it was seen: its holder may have come back meanwhile, and have gone on.
_still_unserved = and_(
    runs.c.run_id == bindparam("of_run"),
    runs.c.snapshot_id == bindparam("former_snapshot"),
    runs.c.last_event_number == bindparam("seen_number"),
    _needs_code,
)
_REPLAN = (
    update(runs)
    .where(_still_unserved)
    .values(
        snapshot_id=bindparam("new_snapshot"),
        run_config=bindparam("new_run_config", type_=runs.c.run_config.type),
        last_event_number=runs.c.last_event_number + 1,
    )
    .returning(runs.c.last_event_number, _now, announced(runs.c.run_id))
)
_REPLACE_PLAN = update(run_plans).where(run_plans.c.run_id == bindparam("of_run")).values(plan=bindparam("new_plan"))
_FAIL = (
    update(runs)
    .where(_still_unserved)
    .values(
        status=RunStatus.FAILURE,
        group_status=RunStatus.FAILURE,
        ended_at=database_now(),
        error=bindparam("run_error", type_=runs.c.error.type),
        lease_token=null(),
        lease_holder=null(),
        lease_expires_at=null(),
        last_event_number=runs.c.last_event_number + bindparam("event_count"),
    )
    .returning(runs.c.last_event_number, runs.c.root_run_id, _now, announced(runs.c.run_id))
)


def fetch_unserved(
    pipeline_names: Collection[str], served_snapshot_ids: Collection[str], patience_seconds: float, limit: int = 20
) -> Script[list[UnservedRun]]:
    """The oldest runs of these pipelines, waiting or lost, whose code no worker has had for `patience_seconds`."""
    rows = yield (
        _UNSERVED,
        {
            "pipeline_names": list(pipeline_names),
            "served": list(served_snapshot_ids),
            "patience": int(patience_seconds * MICROSECONDS),
            "at_most": limit,
        },
    )
    return [UnservedRun(run=run_of(row), plan=msgspec.json.decode(row.plan, type=Plan)) for row in rows]


def move_to_snapshot(run: Run, plan: Plan) -> Script[bool]:
    """Lets a run that nobody holds go on with this plan, on its snapshot; False where it is not as given any more."""
    rows = yield (
        _REPLAN,
        {
            "of_run": run.run_id,
            "former_snapshot": run.snapshot_id,
            "seen_number": run.version,
            "new_snapshot": plan.snapshot_id,
            "new_run_config": plan.run_config,
        },
    )
    if not rows:
        return False
    yield _REPLACE_PLAN, {"of_run": run.run_id, "new_plan": compact_plan(plan)}
    replanned = RunReplanned(former_snapshot_id=run.snapshot_id, snapshot_id=plan.snapshot_id)
    yield from insert_events(run.run_id, rows[0].last_event_number, [(rows[0].now, replanned)])
    return True


def fail_for_changed_code(
    run: Run,
    difference: str,
    lost: tuple[tuple[datetime, Event], ...] = (),
    steps: tuple[StepState, ...] = (),
) -> Script[bool]:
    """Ends a run that nobody holds with CodeChangedError; False where it is not as given any more, or to be cancelled.

    `lost` is what happened to its attempts, `steps` how they stand after that.
    """
    changed = CodeChangedError(run_id=run.run_id, difference=difference)
    error = ErrorInfo(class_name=CodeChangedError.__name__, message=changed.message)
    rows = yield (
        _FAIL,
        {
            "of_run": run.run_id,
            "former_snapshot": run.snapshot_id,
            "seen_number": run.version,
            "run_error": error,
            "event_count": len(lost) + 1,
        },
    )
    if not rows:
        return False
    last = rows[0].last_event_number
    yield from insert_events(run.run_id, last - len(lost), [*lost, (rows[0].now, RunFailed(error=error))])
    if steps:
        yield from record_steps(run.run_id, steps, event_number=last)
    yield from set_group_status(rows[0].root_run_id, run.run_id, RunStatus.FAILURE)
    return True
