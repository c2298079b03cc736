"""What a run's holder records is kept whole, in order, and from nobody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from dalsegno.errors import CancelRequestedError, LeaseLostError
from dalsegno.runs.attempts import CapturedLog, ErrorInfo, StepAttempt, StepState
from dalsegno.runs.events import RunSucceeded
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.store.events import fetch_events
from dalsegno.store.leases import request_cancel
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.runs import fetch_run
from dalsegno.store.steps import fetch_step_outlines, fetch_steps
from tests.store.records import LEASE, PROVENANCE, at, by_key, created, ended, launched, log, output, run_named, step

RUN = run_named("r")


def recorded(store, *, with_attempts=True):
    return store.read(fetch_steps(["r"], with_attempts=with_attempts))["r"]


def test_events_are_numbered_densely_from_batch_to_batch(store):
    store.write(launched(RUN))
    assert store.write(append("r", LEASE.token, RunBatch(events=(log("x"), log("y"))))).last_number == 3
    assert store.write(append("r", LEASE.token, RunBatch(steps=(step("a"),)))).last_number == 3
    assert store.write(append("r", LEASE.token, RunBatch(events=(log("z"),)))).last_number == 4
    assert [(event.number, event.message) for event in store.read(fetch_events("r", after=1))] == [
        (2, "x"),
        (3, "y"),
        (4, "z"),
    ]
    assert store.read(fetch_run("r")).version == 4


def test_batches_written_at_once_share_no_number(database):
    database.write(launched(RUN))
    with ThreadPoolExecutor(4) as threads:
        batches = [RunBatch(events=(log(f"{number}"), log(f"{number} again"))) for number in range(40)]
        ends = list(threads.map(lambda batch: database.write(append("r", LEASE.token, batch)).last_number, batches))
    assert sorted(ends) == list(range(3, 83, 2))
    found = database.read(fetch_events("r", after=1))
    assert [event.number for event in found] == list(range(2, 82))
    assert all(
        second.message == f"{first.message} again" for first, second in zip(found[::2], found[1::2], strict=True)
    )


def test_a_step_stands_as_last_recorded(store):
    store.write(launched(RUN))
    running = step("a", StepStatus.RUNNING, token="first try")
    failed = replace(running.attempts[0], status=StepStatus.FAILURE, ended_at=at(2), error=_error("no"))
    second = StepAttempt(
        number=2,
        token="second try",
        status=StepStatus.SUCCESS,
        started_at=at(3),
        ended_at=at(4),
        worker_id="worker 1",
        provenance=PROVENANCE,
        stdout=CapturedLog(uri="/logs/out", size_bytes=7),
        stderr=CapturedLog(uri="/logs/err", size_bytes=8),
    )
    story = [
        running,
        replace(running, status=StepStatus.RETRYING, attempts=(failed,)),
        replace(running, status=StepStatus.RUNNING, attempts=(failed, replace(second, status=StepStatus.RUNNING))),
        replace(
            running,
            status=StepStatus.SUCCESS,
            attempts=(failed, second),
            outputs=(
                output("b", "k1", uri="/b/k1", digest="sha256:0b", size_bytes=1 << 40),
                output("a", metadata={"x": [1.5, None]}),
            ),
            ended_at=at(4),
        ),
    ]
    for state in story:
        store.write(append("r", LEASE.token, RunBatch(events=(log("x"),), steps=(state,))))
        assert recorded(store) == {"a": state}
        assert store.read(fetch_step_outlines(["r"]))["r"] == {"a": _outline(state)}
    assert recorded(store, with_attempts=False)["a"] == replace(story[-1], attempts=(_as_a_plan_needs_it(second),))


def test_each_way_that_a_step_can_end_comes_back(store):
    store.write(launched(RUN))
    states = (
        step("a", StepStatus.FAILURE),
        replace(step("b", StepStatus.BLOCKED), cause_step_keys=("a", "ü[k1]")),
        replace(step("c", StepStatus.SKIPPED), note="a.left"),
        step("work[k1]", StepStatus.CANCELED),
        step("work[k2]", StepStatus.LOST),
    )
    store.write(append("r", LEASE.token, RunBatch(steps=states)))
    assert recorded(store) == by_key(*states)


def test_outputs_count_once_their_step_has_succeeded_and_then_never_change(store):
    store.write(launched(RUN))
    stored = (output(uri="/first"),)
    running = step("a", StepStatus.RUNNING, outputs=stored)
    store.write(append("r", LEASE.token, RunBatch(steps=(running,))))
    assert recorded(store)["a"].outputs == ()
    store.write(append("r", LEASE.token, RunBatch(steps=(step("a", outputs=stored),))))
    store.write(append("r", LEASE.token, RunBatch(steps=(step("a", outputs=(output(uri="/other"),)),))))
    assert recorded(store)["a"].outputs == stored


@pytest.mark.parametrize(
    ("status", "status_before"),
    [
        pytest.param(RunStatus.RUNNING, RunStatus.STARTING, id="goes on"),
        pytest.param(RunStatus.CANCELING, RunStatus.RUNNING, id="is being cancelled"),
        pytest.param(RunStatus.SUCCESS, RunStatus.RUNNING, id="ends well"),
        pytest.param(RunStatus.FAILURE, RunStatus.STARTING, id="fails as a whole"),
    ],
)
def test_a_run_stands_as_last_recorded(store, status, status_before):
    store.write(created(replace(RUN, status=status_before)))
    error = _error("no resource") if status is RunStatus.FAILURE else None
    ends = at(9) if status.has_ended else None
    batch = RunBatch(events=(log("x"),), status=status, started_at=at(1), ended_at=ends, error=error)
    store.write(append("r", LEASE.token, batch))
    expected = replace(RUN, status=status, started_at=at(1), ended_at=ends, error=error, version=1)
    assert store.read(fetch_run("r")) == expected


def test_a_run_keeps_its_first_start(store):
    store.write(created(RUN))
    for second in (1, 2):
        store.write(append("r", LEASE.token, RunBatch(status=RunStatus.RUNNING, started_at=at(second))))
    store.write(ended(RUN))
    assert store.read(fetch_run("r")).started_at == at(1)


@pytest.mark.parametrize(
    ("run_id", "token"),
    [
        pytest.param("r", "token of another", id="another token"),
        pytest.param("unknown", LEASE.token, id="an unknown run"),
    ],
)
def test_only_the_holder_writes(store, run_id, token):
    store.write(created(RUN))
    with pytest.raises(LeaseLostError) as refused:
        store.write(append(run_id, token, RunBatch(events=(log("x"),))))
    assert refused.value.run_id == run_id
    assert store.read(fetch_events("r")) == []


def test_a_run_that_nobody_holds_is_written_by_nobody(store):
    store.write(created(RUN, lease=None))
    with pytest.raises(LeaseLostError) as refused:
        store.write(append("r", LEASE.token, RunBatch(events=(log("x"),))))
    assert refused.value.run_id == "r"


def test_a_batch_that_can_not_be_kept_leaves_nothing(store):
    store.write(created(RUN))
    one_token_for_two = RunBatch(events=(log("x"),), steps=(step("a", token="same"), step("b", token="same")))
    with pytest.raises(IntegrityError):
        store.write(append("r", LEASE.token, one_token_for_two))
    assert store.read(fetch_events("r")) == []
    assert recorded(store) == {}
    assert store.write(append("r", LEASE.token, RunBatch(events=(log("y"),)))).last_number == 1


def test_the_holder_learns_of_a_wish_to_cancel_with_its_next_write(store):
    store.write(created(RUN))
    assert not store.write(append("r", LEASE.token, RunBatch(events=(log("x"),)))).cancel_requested
    store.write(request_cancel("r"))
    assert store.write(append("r", LEASE.token, RunBatch(events=(log("y"),)))).cancel_requested


@pytest.mark.parametrize("status", [RunStatus.SUCCESS, RunStatus.FAILURE], ids=str)
def test_cancel_wins_over_any_other_end_that_is_recorded_after_it(store, status):
    store.write(created(RUN))
    store.write(request_cancel("r"))
    batch = RunBatch(events=((at(9), RunSucceeded()),), steps=(step("a"),), status=status, ended_at=at(9))
    with pytest.raises(CancelRequestedError):
        store.write(append("r", LEASE.token, batch))
    assert (store.read(fetch_run("r")).status, recorded(store)) == (RunStatus.RUNNING, {})
    store.write(append("r", LEASE.token, replace(batch, status=RunStatus.CANCELED)))
    assert store.read(fetch_run("r")).status is RunStatus.CANCELED
    assert recorded(store).keys() == {"a"}


def test_a_changed_step_names_the_event_after_which_it_stands_so(store):
    store.write(launched(RUN))
    store.write(append("r", LEASE.token, RunBatch(events=(log("x"),), steps=(step("a"), step("b")))))
    store.write(append("r", LEASE.token, RunBatch(events=(log("y"), log("z")), steps=(step("b"),))))

    def changed():
        rows = yield text("SELECT step_key, changed_at_event FROM steps ORDER BY step_key")
        return [tuple(row) for row in rows]

    assert store.read(changed()) == [("a", 2), ("b", 4)]


def test_steps_of_several_runs_are_told_apart(store):
    store.write(launched(RUN))
    other = run_named("other")
    store.write(launched(other))
    store.write(append("r", LEASE.token, RunBatch(steps=(step("a", outputs=(output(uri="/r"),)),))))
    theirs = step("a", StepStatus.SUCCESS, token="theirs", outputs=(output(uri="/other"),))
    store.write(append("other", LEASE.token, RunBatch(steps=(theirs,))))
    found: dict[str, dict[str, StepState]] = store.read(fetch_steps(["r", "other", "unknown"], with_attempts=True))
    assert found["other"] == {"a": theirs}
    assert found["r"]["a"].outputs[0].uri == "/r"
    assert found["unknown"] == {}


def _error(message: str) -> ErrorInfo:
    return ErrorInfo(class_name="ValueError", message=message, traceback="line 1\nline 2")


def _outline(state: StepState) -> StepState:
    """Without outputs; with the attempts of a step that was tried again, or waits for it."""
    tried_again = len(state.attempts) > 1 or state.status is StepStatus.RETRYING
    attempts = tuple(
        StepAttempt(
            number=one.number, token=one.token, status=one.status, started_at=one.started_at, ended_at=one.ended_at
        )
        for one in state.attempts
    )
    return replace(state, attempts=attempts if tried_again else (), outputs=())


def _as_a_plan_needs_it(attempt: StepAttempt) -> StepAttempt:
    return replace(attempt, worker_id=None, stdout=None, stderr=None)
