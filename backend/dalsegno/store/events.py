"""The events of runs: record and read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, select

from dalsegno.runs.events import Event, LogLevel, RunEvent
from dalsegno.store.script import AnyRow, Script
from dalsegno.store.tables import events

_INSERT = insert(events)
_LEVELS = list(LogLevel)


def insert_events(run_id: str, first_number: int, happened: Sequence[tuple[datetime, Event]]) -> Script[None]:
    """Records events, numbered from `first_number`. The caller holds the run and counts them in its row."""
    yield (
        _INSERT,
        [_values(run_id, number, timestamp, event) for number, (timestamp, event) in enumerate(happened, first_number)],
    )


def fetch_events(
    run_id: str,
    *,
    after: int = 0,
    limit: int = 1000,
    step_keys: Collection[str] | None = None,
    kinds: Collection[str] | None = None,
    min_level: LogLevel | None = None,
) -> Script[list[RunEvent]]:
    """The run's events numbered above `after`, in order; None lets every one through."""
    conditions = [events.c.run_id == run_id, events.c.number > after]
    if step_keys is not None:
        conditions.append(events.c.step_key.in_(step_keys))
    if kinds is not None:
        conditions.append(events.c.kind.in_(kinds))
    if min_level is not None:
        conditions.append(events.c.level.in_(_LEVELS[_LEVELS.index(min_level) :]))
    rows = yield select(events).where(*conditions).order_by(events.c.number).limit(limit)
    return [event_of(row) for row in rows]


def _values(run_id: str, number: int, timestamp: datetime, event: Event) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(event)
    data.pop("step_key", None)
    data.pop("attempt", None)
    return {
        "run_id": run_id,
        "number": number,
        "timestamp": timestamp,
        "kind": event.kind,
        "level": event.level,
        "step_key": event.step_key,
        "attempt": getattr(event, "attempt", None),
        "message": event.message,
        "data": data or None,
    }


def event_of(row: AnyRow) -> RunEvent:
    """The event that a row of `events` holds."""
    return RunEvent(
        run_id=row.run_id,
        number=row.number,
        timestamp=row.timestamp,
        kind=row.kind,
        level=LogLevel(row.level),
        step_key=row.step_key,
        attempt=row.attempt,
        message=row.message,
        data=row.data or {},
    )
