"""Run groups, kept in the transactions that change their runs."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, exists, func, insert, not_, select, update

from dalsegno.runs.run import Run, RunGroup
from dalsegno.runs.status import RunStatus
from dalsegno.store.run_filter import RunFilter, group_conditions
from dalsegno.store.script import AnyRow, Script
from dalsegno.store.statements import database_now
from dalsegno.store.tables import run_groups, runs, steps

_INSERT = insert(run_groups)
_ADD_RUN = (
    update(run_groups)
    .where(run_groups.c.root_run_id == bindparam("of_root"))
    .values(
        newest_run_id=bindparam("added_run"),
        run_count=run_groups.c.run_count + 1,
        status=bindparam("new_status"),
        updated_at=database_now(),
    )
)
_SET_STATUS = (
    update(run_groups)
    .where(run_groups.c.root_run_id == bindparam("of_root"), run_groups.c.newest_run_id == bindparam("of_run"))
    .values(newest_run_id=bindparam("new_newest"), status=bindparam("new_status"), updated_at=database_now())
)
_FETCH = select(run_groups).where(run_groups.c.root_run_id == bindparam("wanted_root"))
_LOCK = select(run_groups.c.newest_run_id).where(run_groups.c.root_run_id == bindparam("wanted_root")).with_for_update()

# A run cancelled before any of its steps started does not count.
_COUNTS = not_(
    and_(
        runs.c.status == RunStatus.CANCELED,
        not_(exists().where(steps.c.run_id == runs.c.run_id, steps.c.attempt_count > 0)),
    )
)
_NEWEST_THAT_COUNTS = (
    select(runs.c.run_id, func.coalesce(runs.c.group_status, runs.c.status).label("group_status"))
    .where(runs.c.root_run_id == bindparam("wanted_root"), _COUNTS)
    .order_by(runs.c.run_id.desc())
    .limit(1)
)


def fetch_group(root_run_id: str) -> Script[RunGroup | None]:
    """The group of this root."""
    rows = yield _FETCH, {"wanted_root": root_run_id}
    return group_of(rows[0]) if rows else None


def list_groups(wanted: RunFilter, limit: int, before: str | None = None) -> Script[list[RunGroup]]:
    """The groups that the filter lets through, that of the newest run first.

    `before`: only groups whose newest run is older than this one.
    """
    conditions = group_conditions(wanted)
    if before is not None:
        conditions.append(run_groups.c.newest_run_id < before)
    rows = yield select(run_groups).where(*conditions).order_by(run_groups.c.newest_run_id.desc()).limit(limit)
    return [group_of(row) for row in rows]


def add_to_group(run: Run) -> Script[None]:
    """Counts a run that was just created; its group's status is now the run's."""
    if run.run_id != run.root_run_id:
        yield _ADD_RUN, {"of_root": run.root_run_id, "added_run": run.run_id, "new_status": run.status}
        return
    yield (
        _INSERT,
        {
            "root_run_id": run.run_id,
            "pipeline_name": run.pipeline_name,
            "status": run.status,
            "newest_run_id": run.run_id,
            "run_count": 1,
            "created_at": run.created_at,
            "updated_at": run.created_at,
        },
    )


def set_group_status(root_run_id: str, run_id: str, status: RunStatus) -> Script[None]:
    """Gives the group this status, if the run is the one that its status comes from."""
    yield _SET_STATUS, {"of_root": root_run_id, "of_run": run_id, "new_newest": run_id, "new_status": status}


def leave_out_if_never_started(root_run_id: str, run_id: str) -> Script[None]:
    """After a run was cancelled: the group's status comes from the newest run that counts, if there is any."""
    yield _LOCK, {"wanted_root": root_run_id}
    rows = yield _NEWEST_THAT_COUNTS, {"wanted_root": root_run_id}
    newest, status = (rows[0].run_id, rows[0].group_status) if rows else (run_id, RunStatus.CANCELED)
    yield _SET_STATUS, {"of_root": root_run_id, "of_run": run_id, "new_newest": newest, "new_status": status}


def group_of(row: AnyRow) -> RunGroup:
    """The group that a row of `run_groups` holds."""
    return RunGroup(
        root_run_id=row.root_run_id,
        pipeline_name=row.pipeline_name,
        status=RunStatus(row.status),
        newest_run_id=row.newest_run_id,
        run_count=row.run_count,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
