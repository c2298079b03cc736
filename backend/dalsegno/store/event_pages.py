"""Events of many runs at once, a page of each."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import ColumnElement, func, select

from dalsegno.runs.events import LogLevel, RunEvent
from dalsegno.store.events import event_of
from dalsegno.store.script import Script
from dalsegno.store.tables import events

_LEVELS = list(LogLevel)


class EventQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which events, and how many of each run; None lets every one through."""

    # Only events numbered above this.
    after: int = 0
    limit: int = 1000
    step_keys: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    min_level: LogLevel | None = None
    # Part of the message; upper and lower case of ASCII letters are the same.
    text: str | None = None


def fetch_event_pages(run_ids: Iterable[str], wanted: EventQuery) -> Script[dict[str, list[RunEvent]]]:
    """By run: the first events, in order, that the query lets through."""
    found: dict[str, list[RunEvent]] = {run_id: [] for run_id in run_ids}
    conditions = [events.c.run_id.in_(list(found)), events.c.number > wanted.after]
    narrowing = _narrowing(wanted)
    if narrowing:
        place = func.row_number().over(partition_by=events.c.run_id, order_by=events.c.number).label("place")
        numbered = select(events, place).where(*conditions, *narrowing).subquery()
        statement = select(numbered).where(numbered.c.place <= wanted.limit)
        statement = statement.order_by(numbered.c.run_id, numbered.c.number)
    else:
        # Numbers are dense.
        conditions.append(events.c.number <= wanted.after + wanted.limit)
        statement = select(events).where(*conditions).order_by(events.c.run_id, events.c.number)
    for row in (yield statement):
        found[row.run_id].append(event_of(row))
    return found


def _narrowing(wanted: EventQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.step_keys is not None:
        conditions.append(events.c.step_key.in_(wanted.step_keys))
    if wanted.kinds is not None:
        conditions.append(events.c.kind.in_(wanted.kinds))
    if wanted.min_level is not None:
        conditions.append(events.c.level.in_(_LEVELS[_LEVELS.index(wanted.min_level) :]))
    if wanted.text:
        conditions.append(events.c.message.icontains(wanted.text, autoescape=True))
    return conditions
