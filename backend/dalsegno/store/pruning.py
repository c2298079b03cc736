"""Run groups that are to go: which they are, and the transaction by which one is gone for everybody.

A group goes whole, so nothing that is kept can need what goes. Its runs leave `runs` and everything that refers to them
in one transaction, which leaves their ids in `pruned_runs`: what else there is of them can be deleted bit by bit.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    bindparam,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    not_,
    select,
    type_coerce,
    update,
)

from dalsegno.runs.run import RunGroup
from dalsegno.runs.status import RunStatus
from dalsegno.store.run_groups import group_of
from dalsegno.store.script import Script
from dalsegno.store.statements import announced, database_now, locked
from dalsegno.store.tables import (
    automatic_retries,
    bulk_runs,
    bulks,
    pruned_runs,
    run_groups,
    run_plans,
    run_tags,
    runs,
)


class Outdated(msgspec.Struct, frozen=True, kw_only=True):
    """Which groups are no longer wanted: those for which all that is given holds."""

    # Nothing has happened in it for so long.
    older_than: timedelta | None = None
    # It is not among so many newest ones of its pipeline, by their newest runs.
    keep_last: int | None = None
    # Its status is one of them.
    statuses: tuple[RunStatus, ...] = ()
    pipeline_name: str | None = None


_LOCK = select(locked(literal("pruning")))
_of_group = runs.c.root_run_id == run_groups.c.root_run_id
_goes_on = exists().where(_of_group, runs.c.ended_at.is_(None))
# What a bulk launches for a run is of that run's group.
_is_in_open_bulk = exists().where(
    _of_group, bulk_runs.c.run_id == runs.c.run_id, bulks.c.bulk_id == bulk_runs.c.bulk_id, bulks.c.ended_at.is_(None)
)
_is_to_be_retried = exists().where(
    _of_group, automatic_retries.c.parent_run_id == runs.c.run_id, automatic_retries.c.is_settled == false()
)
_may_go = (not_(_goes_on), not_(_is_in_open_bulk), not_(_is_to_be_retried))
_LOCK_RUNS = (
    select(runs.c.run_id).where(runs.c.root_run_id == bindparam("of_root")).order_by(runs.c.run_id).with_for_update()
)
_STANDS = select(run_groups).where(run_groups.c.root_run_id == bindparam("of_root"), *_may_go)
_run_ids = select(runs.c.run_id).where(runs.c.root_run_id == bindparam("of_root"))
_KEEP_IDS = insert(pruned_runs).from_select(
    ["run_id", "pruned_at"],
    select(runs.c.run_id, database_now()).where(runs.c.root_run_id == bindparam("of_root")),
)
_LEAVE_BULKS = delete(bulk_runs).where(bulk_runs.c.run_id.in_(_run_ids)).returning(bulk_runs.c.bulk_id)
_of_bulk = bulk_runs.c.bulk_id == bulks.c.bulk_id
_is_left = bulks.c.bulk_id.in_(bindparam("left_bulks", expanding=True))
_COUNT_AGAIN = update(bulks).where(_is_left).values(total=select(func.count()).where(_of_bulk).scalar_subquery())
_DELETE_EMPTY_BULKS = delete(bulks).where(_is_left, not_(exists().where(_of_bulk)))
_DELETE = (
    delete(automatic_retries).where(automatic_retries.c.parent_run_id.in_(_run_ids)),
    delete(run_tags).where(run_tags.c.run_id.in_(_run_ids)),
    delete(run_plans).where(run_plans.c.run_id.in_(_run_ids)),
    delete(run_groups).where(run_groups.c.root_run_id == bindparam("of_root")),
    delete(runs).where(runs.c.root_run_id == bindparam("of_root")),
)
_ANNOUNCE = select(announced(literal("")))


def lock_pruning() -> Script[None]:
    """Until the end of the transaction no group is pruned, but by it."""
    yield _LOCK


def find_outdated(wanted: Outdated) -> Script[list[RunGroup]]:
    """The groups that may go, the longest untouched first.

    None has a run that has not ended, or that is still to be retried, or one in an open bulk.
    """
    conditions: list[ColumnElement[bool]] = [*_may_go]
    if wanted.older_than is not None:
        conditions += _untouched_for(wanted.older_than)
    if wanted.statuses:
        conditions.append(run_groups.c.status.in_(wanted.statuses))
    if wanted.pipeline_name is not None:
        conditions.append(run_groups.c.pipeline_name == wanted.pipeline_name)
    if wanted.keep_last is not None:
        newest_first = func.row_number().over(
            partition_by=run_groups.c.pipeline_name, order_by=run_groups.c.newest_run_id.desc()
        )
        places = select(run_groups.c.root_run_id, newest_first.label("place")).subquery()
        beyond = select(places.c.root_run_id).where(places.c.place > wanted.keep_last)
        conditions.append(run_groups.c.root_run_id.in_(beyond))
    rows = yield select(run_groups).where(*conditions).order_by(run_groups.c.newest_run_id)
    return [group_of(row) for row in rows]


def prune_group(group: RunGroup) -> Script[tuple[str, ...]]:
    """Takes a group away; the ids of its runs. None of them where it may not go, or is not as it was given any more."""
    yield _LOCK
    of_root = {"of_root": group.root_run_id}
    # Runs first, then groups, as who launches does: a launch in the group ends before this goes on, or finds nothing.
    yield _LOCK_RUNS, of_root
    rows = yield _STANDS, of_root
    if not rows or group_of(rows[0]) != group:
        return ()
    run_ids = tuple(row.run_id for row in (yield _run_ids, of_root))
    yield _KEEP_IDS, of_root
    left = sorted({row.bulk_id for row in (yield _LEAVE_BULKS, of_root)})
    if left:
        yield _COUNT_AGAIN, {"left_bulks": left}
        yield _DELETE_EMPTY_BULKS, {"left_bulks": left}
    for statement in _DELETE:
        yield statement, of_root
    yield _ANNOUNCE
    return run_ids


def _untouched_for(age: timedelta) -> list[ColumnElement[bool]]:
    limit = database_now() - age // timedelta(microseconds=1)
    ended_since = exists().where(_of_group, type_coerce(runs.c.ended_at, BigInteger) >= limit)
    return [type_coerce(run_groups.c.updated_at, BigInteger) < limit, not_(ended_since)]
