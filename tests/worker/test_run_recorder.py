"""What a run's recorder commits, whatever falls into one batch."""

from __future__ import annotations

from dalsegno.runs.events import RunSucceeded
from dalsegno.runs.status import RunStatus
from dalsegno.store.leases import request_cancel
from dalsegno.store.runs import fetch_run
from dalsegno.worker.run_execution import Ending
from dalsegno.worker.run_recorder import CommitPolicy, RunRecorder
from tests.store.records import LEASE, at, launched, log, run_named

# Nothing is committed but with the end.
AT_THE_END = CommitPolicy(interval_seconds=3600, heartbeat_seconds=3600)


def ended(canceled: bool) -> Ending:
    status = RunStatus.CANCELED if canceled else RunStatus.SUCCESS
    return Ending(status=status, group_status=status, event=RunSucceeded(), at=at(9))


def test_a_run_that_starts_and_ends_in_one_batch_has_a_start(database):
    database.write(launched(run_named("r")))
    with RunRecorder(database, "r", LEASE.token, AT_THE_END, last_number=0) as recorder:
        recorder.change_status(RunStatus.RUNNING)
        recorder.record(log("hello")[1])
        recorder.end(ended)
    run = database.read(fetch_run("r"))
    assert run.status is RunStatus.SUCCESS
    assert run.started_at is not None


def test_so_has_one_that_is_canceled_meanwhile(database):
    database.write(launched(run_named("r")))
    with RunRecorder(database, "r", LEASE.token, AT_THE_END, last_number=0) as recorder:
        recorder.change_status(RunStatus.RUNNING)
        recorder.record(log("hello")[1])
        database.write(request_cancel("r"))
        recorder.end(ended)
    run = database.read(fetch_run("r"))
    assert run.status is RunStatus.CANCELED
    assert run.started_at is not None
