"""A run going on: what its holder records, in one transaction a batch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Update, bindparam, func, null, select, update

from dalsegno.errors import CancelRequestedError, LeaseLostError
from dalsegno.runs.attempts import ErrorInfo, StepState
from dalsegno.runs.events import Event
from dalsegno.runs.status import RunStatus
from dalsegno.store.automatic_retries import note_retry
from dalsegno.store.column_types import Instant
from dalsegno.store.events import insert_events
from dalsegno.store.run_groups import leave_out_if_never_started, set_group_status
from dalsegno.store.script import Script
from dalsegno.store.statements import announced, database_now
from dalsegno.store.step_records import record_steps
from dalsegno.store.tables import runs


class RunBatch(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in a run since the last batch, and how it stands now."""

    events: tuple[tuple[datetime, Event], ...] = ()
    # The steps that changed, whole: with all their attempts and outputs.
    steps: tuple[StepState, ...] = ()
    # None: as it was.
    status: RunStatus | None = None
    started_at: datetime | None = None
    # With a status that ends the run: the moment, and why the run as a whole failed.
    ended_at: datetime | None = None
    error: ErrorInfo | None = None
    # With a status that ends the run: what its group's status is by its lineage. None: the run's own.
    group_status: RunStatus | None = None
    # With FAILURE: the run is re-executed without anybody asking, as this retry in a row.
    retry_number: int | None = None


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """What the holder learns from a write."""

    # Of the run's events.
    last_number: int
    # Somebody wants it cancelled: nothing may start any more.
    cancel_requested: bool


def _of_holder(**changes: Any) -> Update:
    # One statement checks the token, locks the row and numbers the events. A run that has ended has no token.
    return (
        update(runs)
        .where(
            runs.c.run_id == bindparam("of_run"),
            runs.c.lease_token == bindparam("held_token"),
            runs.c.ended_at.is_(None),
        )
        .values(last_event_number=runs.c.last_event_number + bindparam("event_count"), **changes)
        .returning(runs.c.last_event_number, runs.c.cancel_requested_at, runs.c.root_run_id, announced(runs.c.run_id))
    )


_status: BindParameter[str] = bindparam("new_status")
_started = func.coalesce(runs.c.started_at, bindparam("started", type_=Instant))
_GO_ON = _of_holder()
_CHANGE = _of_holder(status=_status, started_at=_started)
_END = _of_holder(
    status=_status,
    started_at=_started,
    ended_at=func.coalesce(bindparam("ended", type_=Instant), database_now()),
    error=bindparam("run_error", type_=runs.c.error.type),
    group_status=bindparam("new_group_status"),
    lease_token=null(),
    lease_holder=null(),
    lease_expires_at=null(),
)

# Locked: the transaction that was cut off may still be about to commit.
_STANDS = (
    select(runs.c.lease_token, runs.c.ended_at, runs.c.last_event_number, runs.c.cancel_requested_at)
    .where(runs.c.run_id == bindparam("of_run"))
    .with_for_update()
)


def append(run_id: str, token: str, batch: RunBatch) -> Script[Appended]:
    """Records a batch, whole or not at all.

    Raises LeaseLostError where the token is not the run's, or the run has ended. Raises CancelRequestedError where the
    batch would end the run as anything but CANCELED although its cancellation was stored before.
    """
    rows = yield _statement(run_id, token, batch)
    if not rows:
        raise LeaseLostError(run_id=run_id)
    last_number, cancel_requested_at, root_run_id, _ = rows[0]
    if cancel_requested_at is not None and batch.status in (RunStatus.SUCCESS, RunStatus.FAILURE):
        raise CancelRequestedError(run_id=run_id)
    yield from insert_events(run_id, last_number - len(batch.events) + 1, batch.events)
    if batch.steps:
        yield from record_steps(run_id, batch.steps, event_number=last_number)
    if batch.status is not None:
        yield from _change_group(root_run_id, run_id, batch.status, batch.group_status)
    if batch.retry_number is not None:
        yield from note_retry(run_id, batch.retry_number)
    return Appended(last_number=last_number, cancel_requested=cancel_requested_at is not None)


def append_again(run_id: str, token: str, batch: RunBatch, *, last_number: int) -> Script[Appended]:
    """As `append`, of a batch that may be recorded already: whoever wrote it was not told. It is recorded once.

    `last_number` is that of the run's last event before the batch.
    """
    rows = yield _STANDS, {"of_run": run_id}
    if rows:
        found = rows[0]
        is_ours = found.lease_token == token or (found.ended_at is not None and found.ended_at == batch.ended_at)
        if is_ours and found.last_event_number >= last_number + len(batch.events):
            return Appended(last_number=found.last_event_number, cancel_requested=found.cancel_requested_at is not None)
    return (yield from append(run_id, token, batch))


def _statement(run_id: str, token: str, batch: RunBatch) -> tuple[Update, dict[str, Any]]:
    values = {"of_run": run_id, "held_token": token, "event_count": len(batch.events)}
    if batch.status is None:
        return _GO_ON, values
    values |= {"new_status": batch.status, "started": batch.started_at}
    if not batch.status.has_ended:
        return _CHANGE, values
    values |= {
        "ended": batch.ended_at,
        "run_error": batch.error,
        "new_group_status": batch.group_status or batch.status,
    }
    return _END, values


def _change_group(root_run_id: str, run_id: str, status: RunStatus, group_status: RunStatus | None) -> Script[None]:
    if status is RunStatus.CANCELED:
        yield from leave_out_if_never_started(root_run_id, run_id)
    else:
        yield from set_group_status(root_run_id, run_id, group_status or status)
