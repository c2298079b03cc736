"""How many runs stand how, wait, and how many workers are there."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import func, select, type_coerce

from dalsegno.runs.status import RunStatus
from dalsegno.store.column_types import Instant
from dalsegno.store.queue import waits
from dalsegno.store.script import Script
from dalsegno.store.statements import database_now
from dalsegno.store.tables import runs, workers


class Census(msgspec.Struct, frozen=True, kw_only=True):
    """Of one moment."""

    # Those that there are.
    runs_by_status: Mapping[RunStatus, int]
    # Runs that nobody has begun, and how long the oldest of them has waited, by the database's clock; 0 without any.
    queued: int
    oldest_age_seconds: float
    live_workers: int


_BY_STATUS = select(runs.c.status, func.count()).group_by(runs.c.status)
_WAITING = select(func.count(), func.min(runs.c.created_at), type_coerce(database_now(), Instant).label("now")).where(
    waits
)
_LIVE_WORKERS = select(func.count()).where(workers.c.expires_at > database_now())


def take_census() -> Script[Census]:
    """As it is now."""
    by_status = yield _BY_STATUS
    ((queued, oldest, now),) = yield _WAITING
    ((live_workers,),) = yield _LIVE_WORKERS
    return Census(
        runs_by_status={RunStatus(status): count for status, count in by_status},
        queued=queued,
        oldest_age_seconds=0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()),
        live_workers=live_workers,
    )
