"""Cancelling, whatever the steps do about it: nothing starts after, nothing is left, and the run ends CANCELED."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dalsegno.launch import LaunchOptions, new_run, plan_launch
from dalsegno.runs.events import Event, RunStarted, StepStarted
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus
from dalsegno.runs.step_states import StepStates
from dalsegno.store.automatic_retries import fetch_due_retries
from dalsegno.store.leases import renew_lease
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.runs import Lease, create_run
from tests.waiting import until
from tests.worker.site import Site, shared_site

# For a worker that is to be lost.
SOON_LOST = {"lease_seconds": 1.0, "heartbeat_seconds": 0.2}

CODE = """
import signal, subprocess, sys

def alone(bad):
    @pipeline(name=bad.name)
    def held():
        after(start=bad())

    globals()["of_" + bad.name] = held
    return bad

def fail(*_):
    raise ValueError("by its own handler")

PATIENT = RetryPolicy(max_retries=5)

@step
def after(start):
    note("after", "started")

@alone
@step(retry_policy=PATIENT)
def would_be_tried_again():
    note("would_be_tried_again", os.getpid())
    time.sleep(600)

@pipeline
def both():
    would_be_tried_again.alias("one")()
    would_be_tried_again.alias("two")()

@alone
@step(retry_policy=PATIENT)
def turns_it_into_a_failure():
    signal.signal(signal.SIGINT, fail)
    note("turns_it_into_a_failure", os.getpid())
    time.sleep(600)

@alone
@step(retry_policy=PATIENT)
def does_not_listen():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    note("does_not_listen", os.getpid())
    time.sleep(600)

@alone
@step(retry_policy=PATIENT)
def exits_on_its_own():
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    note("exits_on_its_own", os.getpid())
    time.sleep(600)

@alone
@step
def cleans_up():
    note("cleans_up", os.getpid())
    try:
        time.sleep(600)
    finally:
        note("cleaned", "up")

@alone
@step
def succeeds_all_the_same():
    note("succeeds_all_the_same", os.getpid())
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        return "done"

@alone
@step
def runs_a_shell():
    subprocess.run(f"trap '' INT; echo $$ >> {HERE / 'runs_a_shell'}; sleep 1000; true", shell=True)

@alone
@step
def clings_with_children():
    child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    note("clings_with_children", child.pid)
    while True:
        time.sleep(600)

@alone
@step(retry_policy=RetryPolicy(max_retries=1, delay=600))
def fails_and_waits():
    raise ValueError("for now")

@resource
def slow():
    note("slow", os.getpid())
    time.sleep(600)

@step(required_resource_keys={"slow"})
def needs_it():
    pass

@pipeline(mode_defs=[ModeDefinition(resource_defs={"slow": slow})])
def preparing():
    needs_it()

@resource
def clinging():
    yield 7
    note("clinging", os.getpid())
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass

@step(required_resource_keys={"clinging"})
def uses_it():
    pass

@step(required_resource_keys={"clinging"})
def uses_it_for_long():
    note("uses_it_for_long", os.getpid())
    time.sleep(600)

@pipeline(mode_defs=[ModeDefinition(resource_defs={"clinging": clinging})])
def tearing_down():
    uses_it()

@pipeline(mode_defs=[ModeDefinition(resource_defs={"clinging": clinging})])
def torn_down():
    uses_it_for_long()

@step
def at_once():
    pass

@pipeline
def quick():
    at_once()

@step
def one_of_many(context):
    note("many", context.step_key)
    gate("many")

@pipeline
def wide():
    for number in range(40):
        one_of_many.alias(f"work{number}")()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with shared_site(tmp_path_factory.mktemp("site"), CODE, grace_seconds=0.5) as made:
        yield made


def cancelled(site: Site, name: str, noted: str | None = None) -> tuple[Run, int]:
    """A run that was cancelled once its step was under way, and the process that its step has noted."""
    before = len(site.notes(noted or name))
    run_id = site.launch(name)
    pid = int(site.notes(noted or name, before + 1)[-1])
    site.instance.cancel_run(run_id)
    return site.ended(run_id), pid


@pytest.mark.parametrize(
    ("name", "class_name"),
    [
        ("would_be_tried_again", "KeyboardInterrupt"),
        ("turns_it_into_a_failure", "ValueError"),
        ("does_not_listen", "StepProcessDiedError"),
        ("exits_on_its_own", "StepProcessDiedError"),
    ],
)
def test_a_cancelled_step_is_cancelled_however_it_ends_and_never_tried_again(
    site: Site, name: str, class_name: str
) -> None:
    run, _ = cancelled(site, name)
    assert run.status is RunStatus.CANCELED
    assert site.statuses(run.run_id) == {name: StepStatus.CANCELED, "after": StepStatus.OMITTED}
    (attempt,) = site.step(run.run_id, name).attempts
    assert attempt.status is StepStatus.CANCELED
    assert attempt.error is not None and attempt.error.class_name == class_name
    assert "STEP_RETRYING" not in site.kinds(run.run_id)


def test_a_cancelled_step_may_clean_up(site: Site) -> None:
    run, _ = cancelled(site, "cleans_up")
    assert run.status is RunStatus.CANCELED
    assert site.notes("cleaned") == ["up"]


def test_a_step_that_succeeds_all_the_same_counts_and_nothing_follows_it(site: Site) -> None:
    run, _ = cancelled(site, "succeeds_all_the_same")
    assert run.status is RunStatus.CANCELED
    assert site.statuses(run.run_id) == {"succeeds_all_the_same": StepStatus.SUCCESS, "after": StepStatus.OMITTED}


@pytest.mark.parametrize("name", ["runs_a_shell", "clings_with_children"])
def test_programs_that_a_cancelled_step_has_started_end_with_it(site: Site, name: str) -> None:
    run, pid = cancelled(site, name)
    assert run.status is RunStatus.CANCELED
    until(lambda: not os.path.exists(f"/proc/{pid}"), what="the end of what the step has started")


def test_a_run_that_waits_to_try_a_step_again_is_cancelled_at_once(site: Site) -> None:
    run_id = site.launch("fails_and_waits")
    site.until_status(run_id, "fails_and_waits", StepStatus.RETRYING)
    site.instance.cancel_run(run_id)
    assert site.ended(run_id).status is RunStatus.CANCELED
    state = site.step(run_id, "fails_and_waits")
    assert (state.status, state.retry_at) == (StepStatus.CANCELED, None)
    assert [one.status for one in state.attempts] == [StepStatus.FAILURE]
    canceled = next(one for one in site.instance.events(run_id) if one.kind == "STEP_CANCELED")
    assert canceled.message == "Not tried again, because the run was canceled."


def test_a_run_re_executed_twice_that_waited_for_a_retry_has_the_attempts_that_were_made_and_no_others(
    site: Site,
) -> None:
    def cancelled_twice(run_id: str) -> Run:
        site.until_status(run_id, "fails_and_waits", StepStatus.RETRYING)
        for _ in range(2):
            site.instance.cancel_run(run_id)
        return site.ended(run_id)

    parent = cancelled_twice(site.launch("fails_and_waits"))
    for _ in range(2):
        cancelled_twice(site.launch("fails_and_waits", parent, strategy=ReexecutionStrategy.FROM_FAILURE))
    for run in site.instance.group_runs(parent.run_id):
        attempts = site.step(run.run_id, "fails_and_waits").attempts
        assert [(one.number, one.status) for one in attempts] == [(1, StepStatus.FAILURE)]


def test_a_run_whose_resources_are_being_made_is_cancelled(site: Site) -> None:
    run, _ = cancelled(site, "preparing", "slow")
    assert run.status is RunStatus.CANCELED
    assert site.statuses(run.run_id) == {"needs_it": StepStatus.OMITTED}


@pytest.mark.parametrize(
    ("name", "noted", "status"),
    [
        pytest.param("torn_down", "uses_it_for_long", StepStatus.CANCELED, id="after its steps were cancelled"),
        pytest.param("tearing_down", "clinging", StepStatus.SUCCESS, id="after its steps have ended well"),
    ],
)
def test_a_cancelled_run_ends_though_the_teardown_of_its_resources_never_does(
    site: Site, name: str, noted: str, status: StepStatus
) -> None:
    run, _ = cancelled(site, name, noted)
    assert run.status is RunStatus.CANCELED
    assert set(site.statuses(run.run_id).values()) == {status}
    pid = int(site.notes("clinging", 1)[-1])
    until(lambda: not os.path.exists(f"/proc/{pid}"), what="the end of the process that tears down")


def test_a_cancel_in_a_teardown_hits_no_other_run(tmp_path: Path) -> None:
    # Both runs need the one process that there is.
    with shared_site(tmp_path, CODE, grace_seconds=0.5, max_steps=1) as site:
        first = site.launch("tearing_down")
        site.notes("clinging", 1)
        second = site.launch("quick")
        until(lambda: site.instance.run(second).status is not RunStatus.QUEUED, what="a claim of the second run")
        site.instance.cancel_run(first)
        assert site.ended(first).status is RunStatus.CANCELED
        assert site.ended(second).status is RunStatus.SUCCESS


@pytest.mark.parametrize("name", ["turns_it_into_a_failure", "exits_on_its_own"])
def test_a_run_that_was_cancelled_is_not_retried_by_its_tags_whatever_its_steps_made_of_it(
    site: Site, name: str
) -> None:
    before = len(site.notes(name))
    run_id = site.launch(name, tags={"dalsegno/max_retries": "5"})
    site.notes(name, before + 1)
    site.instance.cancel_run(run_id)
    assert site.ended(run_id).status is RunStatus.CANCELED
    # Decided in the transaction that ended it.
    assert run_id not in {due.parent_run_id for due in site.database.read(fetch_due_retries())}
    assert [run.run_id for run in site.instance.group_runs(run_id)] == [run_id]


def test_nothing_starts_once_a_run_is_to_be_cancelled(site: Site) -> None:
    run_id = site.launch("wide")
    site.reached("many", 2)
    site.instance.cancel_run(run_id)
    assert site.ended(run_id).status is RunStatus.CANCELED
    kinds = site.kinds(run_id)
    assert kinds.count("STEP_STARTED") == kinds.count("STEP_CANCELED") == 2
    assert "STEP_STARTED" not in kinds[kinds.index("RUN_CANCELING") :]
    assert len(site.notes("many")) == 2
    assert site.notes("after") == []


def test_in_a_run_that_was_taken_over_a_cancel_reaches_every_step_and_no_attempt_stays_open(site: Site) -> None:
    before = len(site.notes("would_be_tried_again"))
    run_id = left_by_a_lost_worker(site, "both", ("one", "two"))
    again = {int(pid) for pid in site.notes("would_be_tried_again", before + 2)[before:]}
    site.instance.cancel_run(run_id)
    assert site.ended(run_id).status is RunStatus.CANCELED
    for key in ("one", "two"):
        state = site.step(run_id, key)
        assert state.status is StepStatus.CANCELED
        assert [one.status for one in state.attempts] == [StepStatus.LOST, StepStatus.CANCELED]
    until(lambda: not again & set(site.processes()), what="the end of the steps")


def left_by_a_lost_worker(site: Site, name: str, under_way: tuple[str, ...]) -> str:
    """A run as a worker leaves it that is killed while these of its steps are under way, and whose lease is over."""
    plan = plan_launch(site.snapshot(name), LaunchOptions())
    run = new_run(plan, LaunchOptions())
    lease = Lease(token=run.run_id, holder="a lost worker", seconds=60.0)
    site.database.write(create_run(run, plan, lease=lease))
    now, states = datetime.now(UTC), StepStates()
    events: list[Event] = [RunStarted(steps=len(plan.executed))]
    events += [StepStarted(step_key=key, attempt=1, token=f"{run.run_id} {key}") for key in under_way]
    for event in events:
        states.apply(now, event)
    batch = RunBatch(
        events=tuple((now, event) for event in events),
        steps=tuple(states.by_key.values()),
        status=RunStatus.RUNNING,
        started_at=now,
    )
    site.database.write(append(run.run_id, lease.token, batch))
    site.database.write(renew_lease(run.run_id, lease.token, -0.001))
    return run.run_id


def test_a_run_is_cancelled_that_waits_to_try_a_step_again_when_its_worker_is_lost(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    lost = site.start(**SOON_LOST)
    lost.until_serving()
    run_id = site.launch("fails_and_waits")
    site.until_status(run_id, "fails_and_waits", StepStatus.RETRYING)
    lost.end(signal.SIGKILL)
    site.instance.cancel_run(run_id)
    site.start_here()
    assert site.ended(run_id).status is RunStatus.CANCELED
    assert site.step(run_id, "fails_and_waits").status is StepStatus.CANCELED


def test_steps_of_a_stalled_worker_end_though_another_one_has_cancelled_the_run(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    stalled = site.start(**SOON_LOST)
    stalled.until_serving()
    run_id = site.launch("clings_with_children")
    pid = int(site.notes("clings_with_children", 1)[0])
    site.until_running(run_id, "clings_with_children")
    stalled.stall()
    site.instance.cancel_run(run_id)
    site.start_here()
    assert site.ended(run_id).status is RunStatus.CANCELED
    stalled.send(signal.SIGCONT)
    until(lambda: not os.path.exists(f"/proc/{pid}"), what="the end of what the step has started")
    assert site.step(run_id, "clings_with_children").status is StepStatus.CANCELED


@pytest.mark.parametrize("killed", ["the worker", "the process with the code", "the step process"])
def test_what_a_step_has_started_ends_whichever_process_above_it_is_killed(sqlite_site: Site, killed: str) -> None:
    site = sqlite_site
    site.write(CODE)
    worker = site.start()
    worker.until_serving()
    site.launch("clings_with_children")
    pid = int(site.notes("clings_with_children", 1)[0])
    step_process = parent_of(pid)
    victims = {
        "the worker": worker.pid,
        "the process with the code": parent_of(step_process),
        "the step process": step_process,
    }
    os.kill(victims[killed], signal.SIGKILL)
    until(lambda: not os.path.exists(f"/proc/{pid}"), what="the end of what the step has started")


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
