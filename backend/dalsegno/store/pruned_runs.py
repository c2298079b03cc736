"""What there is still of runs that were pruned, and what nothing refers to any more: deleted in small transactions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, Column, Table, bindparam, delete, exists, func, not_, select, type_coerce
from sqlalchemy.types import BigInteger

from dalsegno.store.script import Script
from dalsegno.store.statements import database_now
from dalsegno.store.tables import (
    attempts,
    events,
    outputs,
    pipelines,
    pruned_runs,
    runs,
    served_snapshots,
    snapshots,
    steps,
    workers,
)

# So many rows of a run go in one transaction; others wait for no longer than that takes.
ROWS_AT_ONCE = 1_000
SNAPSHOTS_AT_ONCE = 100
# As long as the row of a worker that is gone is kept, snapshots are, for somebody may come back with them.
_REST_MICROSECONDS = 24 * 3600 * 1_000_000

_FIND = select(pruned_runs.c.run_id).order_by(pruned_runs.c.run_id).limit(bindparam("at_most"))
_KNOWN = select(pruned_runs.c.run_id).where(pruned_runs.c.run_id.in_(bindparam("asked", expanding=True)))
_FORGET = delete(pruned_runs).where(pruned_runs.c.run_id == bindparam("of_run"))


def _in_parts(table: Table, key: Column[Any]) -> tuple[Any, Any]:
    """How far a part goes, and its deletion: by `key`, which follows the run's id in the primary key."""
    first = select(key.label("key")).where(table.c.run_id == bindparam("of_run")).order_by(key)
    part = first.limit(bindparam("at_most")).subquery()
    of_part = table.c.run_id == bindparam("of_run"), key <= bindparam("last_key")
    return select(func.max(part.c.key)), delete(table).where(*of_part)


_PARTS = [
    _in_parts(events, events.c.number),
    _in_parts(outputs, outputs.c.step_key),
    _in_parts(attempts, attempts.c.step_key),
    _in_parts(steps, steps.c.step_key),
]
_has_rested = (
    type_coerce(snapshots.c.created_at, BigInteger) < database_now() - _REST_MICROSECONDS,
    not_(
        exists().where(
            served_snapshots.c.snapshot_id == snapshots.c.id,
            type_coerce(served_snapshots.c.last_served_at, BigInteger) >= database_now() - _REST_MICROSECONDS,
        )
    ),
)
_is_unused = (
    not_(exists().where(runs.c.snapshot_id == snapshots.c.id)),
    not_(exists().where(pipelines.c.snapshot_id == snapshots.c.id)),
)
_LOADED = select(workers.c.loaded_snapshot_ids)
_FIND_UNUSED = (
    select(snapshots.c.id)
    .where(*_has_rested, *_is_unused, snapshots.c.id.not_in(bindparam("loaded", expanding=True)))
    .order_by(snapshots.c.id)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_is_chosen: BindParameter[str] = bindparam("chosen", expanding=True)
_FORGET_SERVED = delete(served_snapshots).where(served_snapshots.c.snapshot_id.in_(_is_chosen))
# Looked at again, now that nobody else can come to refer to them.
_DELETE_UNUSED = delete(snapshots).where(snapshots.c.id.in_(_is_chosen), *_is_unused).returning(snapshots.c.id)


def find_pruned_runs(limit: int = 100) -> Script[list[str]]:
    """Those of which there is something left, at most `limit`."""
    rows = yield _FIND, {"at_most": limit}
    return [row.run_id for row in rows]


def pruned_among(run_ids: Iterable[str]) -> Script[set[str]]:
    """Those of the runs of which there is something left."""
    rows = yield _KNOWN, {"asked": list(run_ids)}
    return {row.run_id for row in rows}


def delete_part(run_id: str, at_most: int = ROWS_AT_ONCE) -> Script[bool]:
    """Deletes some of a pruned run's rows; False, and it is forgotten altogether, where there were none.

    A step goes whole, so a part may be larger by one step's rows.
    """
    for how_far, remove in _PARTS:
        rows = yield how_far, {"of_run": run_id, "at_most": at_most}
        if rows[0][0] is not None:
            yield remove, {"of_run": run_id, "last_key": rows[0][0]}
            return True
    yield _FORGET, {"of_run": run_id}
    return False


def delete_unused_snapshots(at_most: int = SNAPSHOTS_AT_ONCE) -> Script[int]:
    """Deletes snapshots that no run, pipeline or worker needs, nor did within a day; how many."""
    loaded = {one for row in (yield _LOADED) for one in row.loaded_snapshot_ids}
    rows = yield _FIND_UNUSED, {"loaded": sorted(loaded), "at_most": at_most}
    if not rows:
        return 0
    chosen = [row.id for row in rows]
    yield _FORGET_SERVED, {"chosen": chosen}
    return len((yield _DELETE_UNUSED, {"chosen": chosen}))
