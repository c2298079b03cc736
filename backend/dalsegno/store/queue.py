"""The queue: runs that wait for a worker, or that one has lost or given back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    cast,
    not_,
    null,
    or_,
    select,
    type_coerce,
    update,
)

from dalsegno.runs.events import RunClaimed, RunReleased
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus
from dalsegno.settings import TagLimit
from dalsegno.store.abandoned_runs import HELD, has_expired, is_of_a_script
from dalsegno.store.column_types import Instant
from dalsegno.store.events import insert_events
from dalsegno.store.run_groups import set_group_status
from dalsegno.store.run_rows import run_of
from dalsegno.store.runs import MICROSECONDS, Lease
from dalsegno.store.script import Rows, Script
from dalsegno.store.statements import announced, database_now
from dalsegno.store.tables import runs
from dalsegno.store.tag_limits import FullLimits, full_limits_locked, not_held_back

_now = type_coerce(database_now(), Instant).label("now")
# Begun, and nobody carries it on.
is_lost = and_(
    runs.c.status.in_(HELD),
    runs.c.ended_at.is_(None),
    or_(runs.c.lease_token.is_(None), and_(has_expired, not_(is_of_a_script))),
)
# Not begun.
waits = and_(runs.c.status == RunStatus.QUEUED, runs.c.lease_token.is_(None))
_is_loaded = runs.c.snapshot_id.in_(bindparam("loaded", expanding=True))


def _first(*conditions: Any, order: Sequence[ColumnElement[Any]]) -> Select[Any]:
    # Another worker that claims at this moment takes another run. SQLite has one writer anyway.
    return (
        select(runs.c.run_id, runs.c.status)
        .where(*conditions)
        .order_by(*order)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


# To end a run that is to be cancelled takes no code.
_IS_TO_BE_TAKEN_OVER = (
    is_lost,
    or_(_is_loaded, runs.c.cancel_requested_at.is_not(None)),
    runs.c.run_id.not_in(bindparam("besides", expanding=True)),
)
_by_age = (runs.c.run_id,)
_OLDEST_LOST = _first(*_IS_TO_BE_TAKEN_OVER, order=_by_age)
_OLDEST_GIVEN_BACK = _first(*_IS_TO_BE_TAKEN_OVER, runs.c.lease_token.is_(None), order=_by_age)
_in_turn = (runs.c.priority.desc(), runs.c.run_id)
_NEXT_WAITING = _first(waits, _is_loaded, order=_in_turn)
_NEXT_NOT_HELD_BACK = _first(waits, _is_loaded, not_held_back, order=_in_turn)
_CLAIM = (
    update(runs)
    .where(runs.c.run_id == bindparam("of_run"))
    .values(
        lease_token=bindparam("new_token"),
        lease_holder=bindparam("new_holder"),
        lease_expires_at=database_now() + cast(bindparam("lease_microseconds"), BigInteger),
        status=case((runs.c.status == RunStatus.QUEUED, RunStatus.STARTING), else_=runs.c.status),
        last_event_number=runs.c.last_event_number + 1,
    )
    .returning(*runs.c, _now, announced(runs.c.run_id))
)
_RELEASE = (
    update(runs)
    .where(
        runs.c.run_id == bindparam("of_run"),
        runs.c.lease_token == bindparam("held_token"),
        runs.c.ended_at.is_(None),
    )
    .values(
        lease_token=null(),
        lease_holder=null(),
        lease_expires_at=null(),
        last_event_number=runs.c.last_event_number + 1,
    )
    .returning(runs.c.last_event_number, _now, announced(runs.c.run_id))
)


def claim(
    worker_id: str,
    loaded_snapshot_ids: Collection[str],
    lease: Lease,
    *,
    besides: Collection[str] = (),
    spare_expired: bool = False,
    limits: Sequence[TagLimit] = (),
) -> Script[Run | None]:
    """Takes the oldest run that was lost or given back, else the next that waits, under this lease.

    Next is the one with the highest priority, of equals the oldest, that no limit holds back.

    Only a run whose snapshot is among those loaded, and none of `besides`: those that the worker executes. One of them
    that has expired while the worker stood still goes on as soon as its lease is renewed. With `spare_expired` it is
    none whose lease ran out: perhaps its holder just could not renew it. A run that waited is STARTING from now; one
    taken over keeps its status. None where there is none.
    """
    loaded = {"loaded": list(loaded_snapshot_ids)}
    lost = _OLDEST_GIVEN_BACK if spare_expired else _OLDEST_LOST
    rows = (yield lost, loaded | {"besides": list(besides)}) or (yield from _next_waiting(loaded, limits))
    if not rows:
        return None
    waited = rows[0].status == RunStatus.QUEUED
    (row,) = yield (
        _CLAIM,
        {
            "of_run": rows[0].run_id,
            "new_token": lease.token,
            "new_holder": lease.holder,
            "lease_microseconds": int(lease.seconds * MICROSECONDS),
        },
    )
    claimed = RunClaimed(worker_id=worker_id, is_taken_over=not waited)
    yield from insert_events(row.run_id, row.last_event_number, [(row.now, claimed)])
    if waited:
        yield from set_group_status(row.root_run_id, row.run_id, RunStatus.STARTING)
    return run_of(row)


def _next_waiting(loaded: dict[str, Any], limits: Sequence[TagLimit]) -> Script[Rows]:
    full = (yield from full_limits_locked(limits)) if limits else FullLimits()
    if not full:
        return (yield _NEXT_WAITING, loaded)
    return (yield _NEXT_NOT_HELD_BACK, loaded | full.parameters())


def release(run_id: str, token: str, worker_id: str) -> Script[bool]:
    """Gives a run back, so that another worker takes it over at once; False where the token is no longer its."""
    rows = yield _RELEASE, {"of_run": run_id, "held_token": token}
    if not rows:
        return False
    yield from insert_events(run_id, rows[0].last_event_number, [(rows[0].now, RunReleased(worker_id=worker_id))])
    return True


_CANCEL_REQUESTS = (
    select(runs.c.run_id)
    .where(runs.c.run_id.in_(bindparam("held", expanding=True)), runs.c.cancel_requested_at.is_not(None))
    .order_by(runs.c.run_id)
)
_IN_USE = (
    select(runs.c.snapshot_id)
    .distinct()
    .where(runs.c.status.in_((RunStatus.QUEUED, *HELD)), runs.c.snapshot_id.in_(bindparam("asked", expanding=True)))
)


def fetch_cancel_requests(run_ids: Collection[str]) -> Script[list[str]]:
    """Those of the runs that somebody has asked to cancel."""
    rows = yield _CANCEL_REQUESTS, {"held": list(run_ids)}
    return [row.run_id for row in rows]


def fetch_snapshots_in_use(snapshot_ids: Collection[str]) -> Script[set[str]]:
    """Those of the snapshots that a run needs which has not ended."""
    rows = yield _IN_USE, {"asked": list(snapshot_ids)}
    return {row.snapshot_id for row in rows}
