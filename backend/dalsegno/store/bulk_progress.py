"""Carrying bulks on: which service holds one, whose turn it is, and what came of it.

Every write of a holder checks its token and renews its lease, so that of several services one carries a bulk on, and
what it writes for a run is kept together with that run's outcome, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import BigInteger, bindparam, cast, exists, null, or_, select, update

from dalsegno.runs.bulk import Bulk, BulkOutcome, BulkRun
from dalsegno.runs.status import RunStatus
from dalsegno.store.bulks import fetch_bulk
from dalsegno.store.runs import MICROSECONDS
from dalsegno.store.script import Script
from dalsegno.store.statements import database_now
from dalsegno.store.tables import bulk_runs, bulks, runs


class BulkLease(msgspec.Struct, frozen=True, kw_only=True):
    """Who may carry a bulk on, and for how long without renewing it."""

    bulk_id: str
    token: str
    seconds: float


_is_open = bulks.c.ended_at.is_(None)
_is_free = or_(bulks.c.lease_token.is_(None), bulks.c.lease_expires_at <= database_now())
_UNFINISHED = (
    select(bulks.c.bulk_id, (bulks.c.lease_expires_at - database_now()).label("left"), _is_free.label("is_free"))
    .where(_is_open)
    .order_by(bulks.c.bulk_id)
)
_EXPIRY = database_now() + cast(bindparam("lease_microseconds"), BigInteger)
_CLAIM = (
    update(bulks)
    .where(bulks.c.bulk_id == bindparam("of_bulk"), _is_open, _is_free)
    .values(lease_token=bindparam("new_token"), lease_expires_at=_EXPIRY)
    .returning(bulks.c.bulk_id)
)
_is_held = (bulks.c.bulk_id == bindparam("of_bulk"), bulks.c.lease_token == bindparam("held_token"), _is_open)
_HOLD = update(bulks).where(*_is_held).values(lease_expires_at=_EXPIRY).returning(bulks.c.bulk_id)
_RELEASE = update(bulks).where(*_is_held).values(lease_token=null(), lease_expires_at=null())
_is_waiting = bulk_runs.c.outcome == BulkOutcome.WAITING
_END = (
    update(bulks)
    .where(*_is_held, ~exists().where(bulk_runs.c.bulk_id == bulks.c.bulk_id, _is_waiting))
    .values(ended_at=database_now(), lease_token=null(), lease_expires_at=null())
)
_NEXT = (
    select(bulk_runs)
    .where(bulk_runs.c.bulk_id == bindparam("of_bulk"), _is_waiting)
    .order_by(bulk_runs.c.position)
    .limit(bindparam("at_most"))
)
_SETTLE = (
    update(bulk_runs)
    .where(bulk_runs.c.bulk_id == bindparam("of_bulk"), bulk_runs.c.position == bindparam("at"), _is_waiting)
    .values(outcome=bindparam("new_outcome"), new_run_id=bindparam("by_run"), message=bindparam("why"))
    .returning(bulk_runs.c.position)
)
_QUEUED_OF_BULK = (
    select(runs.c.run_id)
    .join_from(bulk_runs, runs, runs.c.run_id == bulk_runs.c.new_run_id)
    .where(
        bulk_runs.c.bulk_id == bindparam("of_bulk"),
        bulk_runs.c.outcome == BulkOutcome.LAUNCHED,
        runs.c.status == RunStatus.QUEUED,
    )
)
_STILL_QUEUED = select(runs.c.run_id).where(
    runs.c.run_id.in_(bindparam("asked", expanding=True)), runs.c.status == RunStatus.QUEUED
)


class UnfinishedBulks(msgspec.Struct, frozen=True, kw_only=True):
    """The bulks that have not ended."""

    # Held by nobody.
    free: tuple[str, ...]
    # Seconds until the next lease of the others runs out, unless it is renewed; None where there is none.
    next_free_in: float | None


def unfinished_bulks() -> Script[UnfinishedBulks]:
    """Those that somebody is to carry on."""
    rows = yield _UNFINISHED
    held = [row.left / MICROSECONDS for row in rows if not row.is_free]
    return UnfinishedBulks(
        free=tuple(row.bulk_id for row in rows if row.is_free), next_free_in=min(held) if held else None
    )


def claim_bulk(lease: BulkLease) -> Script[Bulk | None]:
    """Takes a bulk that nobody holds; None where somebody does, or where it has ended."""
    rows = yield (
        _CLAIM,
        {
            "of_bulk": lease.bulk_id,
            "new_token": lease.token,
            "lease_microseconds": int(lease.seconds * MICROSECONDS),
        },
    )
    return (yield from fetch_bulk(lease.bulk_id)) if rows else None


def hold_bulk(lease: BulkLease) -> Script[bool]:
    """Renews the lease, and keeps everybody else from the bulk until the end of the transaction.

    False where the bulk is no longer held, or has ended: then nothing may be written for it.
    """
    rows = yield (
        _HOLD,
        {
            "of_bulk": lease.bulk_id,
            "held_token": lease.token,
            "lease_microseconds": int(lease.seconds * MICROSECONDS),
        },
    )
    return bool(rows)


def release_bulk(lease: BulkLease) -> Script[None]:
    """Gives a bulk back, so that another service may carry it on at once."""
    yield _RELEASE, {"of_bulk": lease.bulk_id, "held_token": lease.token}


def end_bulk(lease: BulkLease) -> Script[None]:
    """Ends a bulk of whose runs none waits any more."""
    yield _END, {"of_bulk": lease.bulk_id, "held_token": lease.token}


def next_of_bulk(bulk_id: str, limit: int) -> Script[list[BulkRun]]:
    """The runs whose turn it is, in their order, at most `limit`."""
    rows = yield _NEXT, {"of_bulk": bulk_id, "at_most": limit}
    return [BulkRun(position=row.position, run_id=row.run_id) for row in rows]


def settle(
    lease: BulkLease, one: BulkRun, outcome: BulkOutcome, *, by_run_id: str | None = None, message: str | None = None
) -> Script[None]:
    """Keeps what came of a run, in a transaction that holds the bulk."""
    values = {"new_outcome": outcome, "by_run": by_run_id, "why": message}
    rows = yield _SETTLE, {"of_bulk": lease.bulk_id, "at": one.position, **values}
    assert rows  # who holds the bulk is the only one to settle its runs


def queued_of_bulk(bulk_id: str) -> Script[frozenset[str]]:
    """The runs that the bulk has launched and that wait for a worker."""
    rows = yield _QUEUED_OF_BULK, {"of_bulk": bulk_id}
    return frozenset(row.run_id for row in rows)


def still_queued(run_ids: Collection[str]) -> Script[frozenset[str]]:
    """Those of the runs that wait for a worker."""
    rows = yield _STILL_QUEUED, {"asked": list(run_ids)}
    return frozenset(row.run_id for row in rows)
