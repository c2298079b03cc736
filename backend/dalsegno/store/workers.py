"""Workers: who is there to execute runs, and with which code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import BigInteger, bindparam, cast, delete, select

from dalsegno.runs.attempts import ErrorInfo
from dalsegno.store.abandoned_runs import HELD
from dalsegno.store.script import AnyRow, Script
from dalsegno.store.statements import InsertOrReplace, database_now
from dalsegno.store.tables import runs, served_snapshots, snapshots, workers

MICROSECONDS = 1_000_000
# How long the row of a worker that is gone is kept.
_KEPT_MICROSECONDS = 24 * 3600 * MICROSECONDS


class WorkerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One worker, as it says of itself."""

    id: str
    host: str
    pid: int
    # What runs its attempts.
    executor: str
    # The file or module that it loads.
    code_location: str
    # By pipeline: the snapshot that its code is now.
    pipeline_snapshots: Mapping[str, str] = {}
    # These, and older ones that a run still needs.
    loaded_snapshot_ids: tuple[str, ...] = ()
    # Why its code as it is now does not import; the last good code stays loaded.
    load_error: ErrorInfo | None = None
    started_at: datetime
    # By the database's clock; None before the worker is stored.
    last_heartbeat_at: datetime | None = None
    expires_at: datetime | None = None
    # The runs that it executes now.
    running_run_ids: tuple[str, ...] = ()


_SAY = InsertOrReplace(workers).values(
    last_heartbeat_at=database_now(),
    expires_at=database_now() + cast(bindparam("ttl_microseconds"), BigInteger),
)
_STORED = select(snapshots.c.id).where(snapshots.c.id.in_(bindparam("loaded", expanding=True))).order_by(snapshots.c.id)
_SERVE = InsertOrReplace(served_snapshots).values(last_served_at=database_now())
_LIVE = select(workers).where(workers.c.expires_at > database_now()).order_by(workers.c.started_at, workers.c.id)
_LIVE_SNAPSHOTS = select(workers.c.loaded_snapshot_ids).where(workers.c.expires_at > database_now())
_RUNNING = (
    select(runs.c.run_id, runs.c.lease_holder)
    .where(runs.c.status.in_(HELD), runs.c.lease_holder.is_not(None))
    .order_by(runs.c.run_id)
)
_REMOVE = delete(workers).where(workers.c.id == bindparam("gone_id"))
_FORGET_OLD = delete(workers).where(workers.c.expires_at < database_now() - _KEPT_MICROSECONDS)


def register(record: WorkerRecord, ttl_seconds: float) -> Script[None]:
    """A worker is there, for `ttl_seconds` from now. Those long gone are forgotten."""
    yield _FORGET_OLD
    yield from heartbeat(record, ttl_seconds)


def heartbeat(record: WorkerRecord, ttl_seconds: float) -> Script[None]:
    """A worker is still there, as it stands now, for `ttl_seconds` from now by the database's clock."""
    yield (
        _SAY,
        {
            "id": record.id,
            "host": record.host,
            "pid": record.pid,
            "executor": record.executor,
            "code_location": record.code_location,
            "pipeline_snapshots": dict(record.pipeline_snapshots),
            "loaded_snapshot_ids": record.loaded_snapshot_ids,
            "load_error": record.load_error,
            "started_at": record.started_at,
            "ttl_microseconds": int(ttl_seconds * MICROSECONDS),
        },
    )
    # Code may be replaced before it could be published; no run has such a snapshot.
    stored = yield _STORED, {"loaded": list(record.loaded_snapshot_ids)}
    # In one order, so that two workers never wait for each other in a circle.
    yield _SERVE, [{"snapshot_id": row.id} for row in stored]


def live_workers() -> Script[list[WorkerRecord]]:
    """Those that have said lately that they are there, the longest running first."""
    rows = yield _LIVE
    running: dict[str, list[str]] = {}
    for run_id, holder in (yield _RUNNING) if rows else ():
        running.setdefault(holder, []).append(run_id)
    return [_worker_of(row, tuple(running.get(row.id, ()))) for row in rows]


def remove_worker(worker_id: str) -> Script[None]:
    """A worker has stopped."""
    yield _REMOVE, {"gone_id": worker_id}


def served_snapshot_ids() -> Script[frozenset[str]]:
    """The snapshots that a live worker has loaded."""
    rows = yield _LIVE_SNAPSHOTS
    return frozenset(snapshot_id for row in rows for snapshot_id in row.loaded_snapshot_ids)


def is_served(snapshot_id: str) -> Script[bool]:
    """A live worker has loaded it."""
    return snapshot_id in (yield from served_snapshot_ids())


def _worker_of(row: AnyRow, running_run_ids: tuple[str, ...]) -> WorkerRecord:
    return WorkerRecord(
        id=row.id,
        host=row.host,
        pid=row.pid,
        executor=row.executor,
        code_location=row.code_location,
        pipeline_snapshots=row.pipeline_snapshots,
        loaded_snapshot_ids=row.loaded_snapshot_ids,
        load_error=row.load_error,
        started_at=row.started_at,
        last_heartbeat_at=row.last_heartbeat_at,
        expires_at=row.expires_at,
        running_run_ids=running_run_ids,
    )
