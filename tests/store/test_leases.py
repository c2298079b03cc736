"""One holder at a time, by the database's clock; a wish to cancel reaches it, or ends what nobody holds."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dalsegno.errors import LeaseLostError
from dalsegno.runs.events import RunCanceled
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.store.abandoned_runs import end_abandoned_run
from dalsegno.store.events import fetch_events
from dalsegno.store.leases import renew_lease, request_cancel
from dalsegno.store.run_groups import fetch_group
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.runs import fetch_run
from dalsegno.store.steps import fetch_steps
from tests.store.records import LEASE, created, ended, launched, log, run_named, step

RUN = run_named("r")
EXPIRED = replace(LEASE, seconds=-0.001)


def test_a_lease_is_renewed_by_its_holder_alone(store):
    store.write(launched(RUN))
    renewed = store.write(renew_lease("r", LEASE.token, 30.0))
    assert (renewed.last_number, renewed.cancel_requested) == (1, False)
    for run_id, token in (("r", "another"), ("unknown", LEASE.token)):
        with pytest.raises(LeaseLostError):
            store.write(renew_lease(run_id, token, 30.0))


def test_the_holder_learns_of_a_wish_to_cancel_when_it_renews(store):
    store.write(created(RUN))
    store.write(request_cancel("r"))
    assert store.write(renew_lease("r", LEASE.token, 30.0)).cancel_requested


def test_a_renewed_lease_has_not_expired(store):
    store.write(created(RUN, lease=EXPIRED))
    store.write(renew_lease("r", LEASE.token, 30.0))
    assert not store.write(end_abandoned_run("r"))


def test_a_queued_run_that_nobody_holds_is_canceled_at_once(store):
    store.write(created(replace(RUN, status=RunStatus.QUEUED), lease=None))
    run = store.write(request_cancel("r"))
    assert (run.status, run.cancel_requested, run.version) == (RunStatus.CANCELED, True, 1)
    assert run.ended_at is not None
    (event,) = store.read(fetch_events("r"))
    assert (event.kind, event.timestamp) == (RunCanceled.kind, run.ended_at)
    assert store.read(fetch_group("r")).status is RunStatus.CANCELED
    assert store.read(fetch_run("r")) == run


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.STARTING, RunStatus.RUNNING], ids=str)
def test_a_held_run_is_left_to_its_holder(store, status):
    store.write(created(replace(RUN, status=status)))
    run = store.write(request_cancel("r"))
    assert (run.status, run.cancel_requested, run.ended_at) == (status, True, None)


def test_a_wish_to_cancel_may_be_repeated(store):
    store.write(created(RUN))
    first = store.write(request_cancel("r"))
    assert store.write(request_cancel("r")) == first


def test_who_was_the_first_to_ask_is_kept(store):
    store.write(created(RUN))
    store.write(request_cancel("r", by="operator/ann"))
    assert store.write(request_cancel("r", by="operator/bob")).canceled_by == "operator/ann"
    store.write(created(replace(RUN, run_id="s", root_run_id="s")))
    store.write(request_cancel("s"))
    assert store.write(request_cancel("s", by="operator/bob")).canceled_by is None


def test_an_unknown_run_is_not_cancelled(store):
    assert store.write(request_cancel("unknown")) is None


@pytest.mark.parametrize(
    ("steps", "canceled", "status", "group_status"),
    [
        pytest.param("a:ok b:running", False, RunStatus.FAILURE, RunStatus.FAILURE, id="in the middle of a step"),
        pytest.param("", False, RunStatus.FAILURE, RunStatus.FAILURE, id="before its first step"),
        pytest.param("a:ok b:running", True, RunStatus.CANCELED, RunStatus.CANCELED, id="being cancelled"),
        pytest.param("a:ok b:ok c:ok", False, RunStatus.SUCCESS, RunStatus.SUCCESS, id="after its last step"),
        pytest.param(
            "a:ok b:ok c:ok", True, RunStatus.CANCELED, RunStatus.SUCCESS, id="after its last step, cancelled"
        ),
        pytest.param("a:ok b:failed c:blocked", False, RunStatus.FAILURE, RunStatus.FAILURE, id="after a failure"),
        pytest.param("a:ok b:ok c:skipped", False, RunStatus.SUCCESS, RunStatus.SUCCESS, id="with a step skipped"),
    ],
)
def test_a_run_whose_lease_has_expired_ends_as_what_was_recorded_says(store, steps, canceled, status, group_status):
    names = {"ok": "SUCCESS", "failed": "FAILURE", "blocked": "BLOCKED", "skipped": "SKIPPED", "running": "RUNNING"}
    drawn = [word.split(":") for word in steps.split()]
    states = tuple(step(key, StepStatus[names[end]]) for key, end in drawn)
    store.write(created(RUN, lease=EXPIRED))
    store.write(append("r", LEASE.token, RunBatch(events=(log("x"),), steps=states)))
    if canceled:
        store.write(request_cancel("r"))
    assert store.write(end_abandoned_run("r"))
    run = store.read(fetch_run("r"))
    assert (run.status, store.read(fetch_group("r")).status) == (status, group_status)
    assert run.ended_at is not None
    assert (run.error is not None) == (status is RunStatus.FAILURE)
    kinds = [event.kind for event in store.read(fetch_events("r", after=1))]
    assert kinds == (["STEP_ATTEMPT_LOST"] if "running" in steps else []) + [f"RUN_{_ENDED[status]}"]
    with pytest.raises(LeaseLostError):
        store.write(append("r", LEASE.token, RunBatch(events=(log("late"),))))


def test_a_step_that_had_begun_is_lost_with_its_attempt_whose_failure_stands(store):
    waits = replace(step("b", StepStatus.FAILURE), status=StepStatus.RETRYING, ended_at=None)
    store.write(created(RUN, lease=EXPIRED))
    states = (step("a", StepStatus.RUNNING), waits)
    store.write(append("r", LEASE.token, RunBatch(steps=states)))
    store.write(end_abandoned_run("r"))
    found = store.read(fetch_steps(["r"], with_attempts=True))["r"]
    assert (found["a"].status, found["a"].attempts[0].status) == (StepStatus.LOST, StepStatus.LOST)
    assert found["a"].ended_at == found["a"].attempts[0].ended_at == store.read(fetch_run("r")).ended_at
    assert (found["b"].status, found["b"].attempts) == (StepStatus.LOST, waits.attempts)


@pytest.mark.parametrize(
    "lease",
    [
        pytest.param(LEASE, id="held"),
        pytest.param(replace(EXPIRED, holder="a worker"), id="lost by a worker"),
        pytest.param(None, id="not held, as in the queue"),
    ],
)
def test_a_run_that_another_may_carry_on_or_whose_lease_holds_goes_on(store, lease):
    store.write(created(RUN, lease=lease))
    assert not store.write(end_abandoned_run("r"))
    assert store.read(fetch_run("r")).status is RunStatus.RUNNING


def test_an_ended_run_is_not_abandoned(store):
    store.write(created(RUN, lease=EXPIRED))
    store.write(ended(RUN))
    assert not store.write(end_abandoned_run("r"))
    assert not store.write(end_abandoned_run("unknown"))


_ENDED = {RunStatus.SUCCESS: "SUCCEEDED", RunStatus.FAILURE: "FAILED", RunStatus.CANCELED: "CANCELED"}
