"""Cancelling, whatever the steps do about it: nothing starts after, nothing is left, and the run ends CANCELED."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus, StepStatus
from tests.waiting import until
from tests.worker.site import Site, shared_site

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
    run_id = site.launch(name)
    pid = int(site.notes(noted or name, 1)[-1])
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


def test_a_run_whose_resources_are_being_made_is_cancelled(site: Site) -> None:
    run, _ = cancelled(site, "preparing", "slow")
    assert run.status is RunStatus.CANCELED
    assert site.statuses(run.run_id) == {"needs_it": StepStatus.OMITTED}


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


def test_a_run_is_cancelled_that_waits_to_try_a_step_again_when_its_worker_is_lost(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    lost = site.start()
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
    stalled = site.start()
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
