"""A run that has ended never changes: status, times, steps, attempts, outputs, events."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import pytest
from sqlalchemy import select

from dalsegno.errors import DalsegnoError
from dalsegno.runs.attempts import ErrorInfo
from dalsegno.runs.events import RunFailed
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.store.abandoned_runs import end_abandoned_run
from dalsegno.store.leases import renew_lease, request_cancel
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.runs import IdempotencyKey, create_run
from dalsegno.store.snapshots import save_snapshot
from dalsegno.store.tables import metadata
from tests.store.records import LEASE, SNAPSHOT, at, created, ended, log, output, plan_of, run_named, step

KEY = IdempotencyKey(scope="scope", key="key", arguments="arguments")
RUN = run_named("ended", tags={"team": "ml"})
AGAIN = run_named("again", tags={"team": "web"})
CHILD = run_named("later", RUN, status=RunStatus.QUEUED)
LATE = RunBatch(
    events=((at(20), RunFailed()), log("late")),
    steps=(step("a", StepStatus.FAILURE), step("c", outputs=(output(),))),
    status=RunStatus.FAILURE,
    started_at=at(20),
    ended_at=at(21),
    error=ErrorInfo(class_name="ValueError", message="late"),
)


def _re_executed_and_canceled():
    yield from create_run(CHILD, plan_of(CHILD))
    yield from request_cancel(CHILD.run_id)


# Every script that writes, as a stale holder, a hasty user or a repeated launch may run it.
WRITES = [
    pytest.param(lambda: append("ended", LEASE.token, LATE), id="its holder records a late end"),
    pytest.param(
        lambda: append("ended", LEASE.token, RunBatch(events=(log("late"),))), id="its holder records an event"
    ),
    pytest.param(lambda: append("ended", LEASE.token, RunBatch(steps=LATE.steps)), id="its holder records steps"),
    pytest.param(lambda: append("ended", LEASE.token, RunBatch(status=RunStatus.RUNNING)), id="its holder goes on"),
    pytest.param(lambda: renew_lease("ended", LEASE.token, 60.0), id="its holder renews the lease"),
    pytest.param(lambda: request_cancel("ended"), id="somebody cancels it"),
    pytest.param(lambda: end_abandoned_run("ended"), id="somebody takes it for abandoned"),
    pytest.param(lambda: create_run(AGAIN, plan_of(AGAIN), idempotency=KEY, lease=LEASE), id="its launch is repeated"),
    pytest.param(lambda: create_run(CHILD, plan_of(CHILD)), id="it is re-executed"),
    pytest.param(_re_executed_and_canceled, id="it is re-executed, and that is cancelled"),
    pytest.param(lambda: save_snapshot(SNAPSHOT), id="its snapshot is published again"),
]


def rows_of(run_id):
    """A hash of the run's rows in every table that has any."""
    found = []
    for table in metadata.sorted_tables:
        if "run_id" in table.columns:
            rows = yield select(table).where(table.c.run_id == run_id).order_by(*table.primary_key)
            found += [repr(tuple(row)) for row in rows]
    assert len(found) > 5
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


@pytest.mark.parametrize("status", [RunStatus.SUCCESS, RunStatus.FAILURE, RunStatus.CANCELED], ids=str)
@pytest.mark.parametrize("write", WRITES)
def test_nothing_changes_a_run_that_has_ended(database, write, status):
    database.write(created(RUN, idempotency=KEY))
    database.write(
        append("ended", LEASE.token, RunBatch(events=(log("x"),), status=RunStatus.RUNNING, started_at=at(1)))
    )
    database.write(ended(RUN, step("a", outputs=(output(uri="/a"),)), step("b", StepStatus.FAILURE), status=status))
    before = database.read(rows_of("ended"))
    with suppress(DalsegnoError):
        database.write(write())
    assert database.read(rows_of("ended")) == before
