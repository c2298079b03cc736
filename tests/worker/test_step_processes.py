"""What steps do in their processes, good and bad: by a worker that all of these tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from dalsegno.runs.events import LogLevel
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.store.leases import request_cancel
from tests.waiting import until
from tests.worker.site import Site

CODE = """
import ctypes, subprocess, sys
import pydantic

@step
def first():
    return os.getpid()

@step
def second(pid):
    return [pid, os.getpid()]

@pipeline
def chain():
    second(second.alias("middle")(first()))

@step
def killed():
    print("last words")
    os.kill(os.getpid(), 9)

@step
def exits():
    os._exit(3)

@step
def segfaults():
    ctypes.string_at(0)

@step
def aborts():
    os.abort()

@step
def closes_its_channel():
    os.closerange(3, 1000)
    time.sleep(600)

@step
def raises_system_exit():
    sys.exit(5)

@step
def interrupts_itself():
    raise KeyboardInterrupt

def dying(bad):
    @pipeline(name=bad.name)
    def dies():
        bad()
        first()
    return dies

for _bad in (killed, exits, segfaults, aborts, closes_its_channel, raises_system_exit, interrupts_itself):
    globals()["dying_" + _bad.name] = dying(_bad)

@step(retry_policy=RetryPolicy(max_retries=2))
def dies_twice(context):
    if context.attempt < 3:
        os._exit(context.attempt)
    return os.getpid()

@pipeline
def recovers():
    dies_twice()

@step
def prints():
    print("python")
    os.write(1, b"system call\\n")
    ctypes.CDLL(None).puts(b"c")
    subprocess.run(["echo", "child"])
    print("error", file=sys.stderr)
    subprocess.run("echo child error >&2", shell=True)

@step
def is_silent(start):
    pass

@pipeline
def printing():
    is_silent(start=prints())

@step
def leaves_a_child():
    child = subprocess.Popen(["sleep", "1000"])
    note("child", child.pid)
    os._exit(1)

@pipeline
def littering():
    leaves_a_child()

@resource
def counted(context):
    note("resource", f"made for {context.run_id} in {os.getpid()}")
    context.log.warning("made")
    yield 7
    note("resource", f"torn down for {context.run_id} in {os.getpid()}")

@step(required_resource_keys={"counted"})
def uses(context, start):
    return context.resources.counted

@pipeline(mode_defs=[ModeDefinition(resource_defs={"counted": counted})])
def resourceful():
    uses.alias("again")(start=uses(start=first()))

@resource
def broken():
    raise ConnectionError("no such host")

@pipeline(mode_defs=[ModeDefinition(resource_defs={"counted": broken})])
def resourceless():
    uses(start=first())

@resource
def clinging():
    yield 7
    raise RuntimeError("still in use")

@pipeline(mode_defs=[ModeDefinition(resource_defs={"counted": clinging})])
def untidy():
    uses(start=first())

@resource
def fatal():
    yield 7
    os._exit(3)

@pipeline(mode_defs=[ModeDefinition(resource_defs={"counted": fatal})])
def fatally_untidy():
    uses(start=first())

class Even(pydantic.BaseModel):
    number: int = 2

    @pydantic.field_validator("number")
    @classmethod
    def check(cls, number):
        if number % 2:
            raise ValueError("must be even")
        return number

@step(config=Even)
def takes_even(context):
    return context.config.number

@pipeline
def configured():
    takes_even()

@step
def logs(context):
    context.log.error("half a character: %s", chr(0xd800))
    context.log.debug("%d lines", 2)

@pipeline
def logging():
    logs()

@step
def waits():
    gate("waits")

@step
def sleeps(start):
    note("sleeping", os.getpid())
    time.sleep(600)

@step
def ignores_all(start):
    note("ignoring", os.getpid())
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass

@step
def after(start):
    pass

@pipeline
def waiting():
    waits()

@pipeline
def long_running():
    after(start=sleeps(start=first()))

@pipeline
def stubborn():
    after(start=ignores_all(start=first()))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    made = Site(folder, f"sqlite:///{folder}/dalsegno.db")
    made.write(CODE)
    made.start_here(grace_seconds=0.5)
    yield made
    made.close()


def output(site: Site, run_id: str, key: str) -> str:
    (made,) = site.step(run_id, key).outputs
    return made.preview or ""


def test_a_chain_stays_in_one_process_which_stays_warm_for_the_next_run(site: Site) -> None:
    runs = [site.run("chain") for _ in range(2)]
    assert [run.status for run in runs] == [RunStatus.SUCCESS] * 2
    pids = {output(site, run.run_id, "first") for run in runs}
    assert len(pids) == 1
    assert output(site, runs[1].run_id, "middle") == f"[{pids.pop()}, {output(site, runs[1].run_id, 'first')}]"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        pytest.param("killed", "signal 9 (SIGKILL)", id="killed"),
        pytest.param("exits", "exit code 3", id="os._exit"),
        pytest.param("segfaults", "signal 11 (SIGSEGV)", id="segmentation fault"),
        pytest.param("aborts", "signal 6 (SIGABRT)", id="abort"),
        pytest.param("closes_its_channel", "signal 9 (SIGKILL)", id="cut off from its worker"),
    ],
)
def test_a_step_process_that_dies_fails_its_attempt_alone_and_is_replaced(site: Site, name: str, how: str) -> None:
    run = site.run(name)
    assert run.status is RunStatus.FAILURE
    assert site.statuses(run.run_id) == {name: StepStatus.FAILURE, "first": StepStatus.SUCCESS}
    (attempt,) = site.step(run.run_id, name).attempts
    assert attempt.error is not None
    assert attempt.error.class_name == "StepProcessDiedError"
    assert attempt.error.message == f"step process died: {how}"
    assert site.run("chain").status is RunStatus.SUCCESS


@pytest.mark.parametrize(
    ("name", "class_name"),
    [("raises_system_exit", "SystemExit"), ("interrupts_itself", "KeyboardInterrupt")],
)
def test_whatever_a_step_raises_fails_it_alone(site: Site, name: str, class_name: str) -> None:
    run = site.run(name)
    assert site.statuses(run.run_id) == {name: StepStatus.FAILURE, "first": StepStatus.SUCCESS}
    error = site.step(run.run_id, name).error
    assert error is not None and error.class_name == class_name


def test_a_death_is_a_failure_that_the_policy_retries(site: Site) -> None:
    run = site.run("recovers")
    assert run.status is RunStatus.SUCCESS
    attempts = site.step(run.run_id, "dies_twice").attempts
    assert [one.status for one in attempts] == [StepStatus.FAILURE, StepStatus.FAILURE, StepStatus.SUCCESS]
    assert [one.error and one.error.message for one in attempts] == [
        "step process died: exit code 1",
        "step process died: exit code 2",
        None,
    ]


def test_all_that_a_step_prints_is_kept_with_its_attempt_also_by_c_code_and_by_programs(site: Site) -> None:
    run = site.run("printing")
    lines = site.printed(run.run_id, "prints").splitlines()
    assert sorted(lines) == ["c", "child", "python", "system call"]
    assert site.printed(run.run_id, "prints", "stderr") == "error\nchild error\n"
    (silent,) = site.step(run.run_id, "is_silent").attempts
    assert (silent.stdout, silent.stderr) == (None, None)


def test_what_a_step_printed_before_it_was_killed_is_kept(site: Site) -> None:
    run = site.run("killed")
    assert site.printed(run.run_id, "killed") == "last words\n"


def test_what_a_step_has_started_goes_with_its_process(site: Site) -> None:
    site.run("littering")
    (pid,) = site.notes("child", 1)
    until(lambda: int(pid) not in site.processes(), what="the end of the child")


def test_resources_are_made_once_in_each_process_and_torn_down_when_the_run_ends(site: Site) -> None:
    run = site.run("resourceful")
    assert run.status is RunStatus.SUCCESS
    noted = [line for line in site.notes("resource") if run.run_id in line]
    pid = noted[0].split()[-1]
    assert noted == [f"made for {run.run_id} in {pid}", f"torn down for {run.run_id} in {pid}"]
    (line,) = (event for event in site.instance.events(run.run_id) if event.kind == "LOG")
    assert (line.message, line.level, line.step_key) == ("made", LogLevel.WARNING, None)


def test_a_resource_that_cannot_be_made_fails_the_run_before_its_first_step(site: Site) -> None:
    run = site.run("resourceless")
    assert run.status is RunStatus.FAILURE
    assert run.error is not None
    assert (run.error.class_name, run.error.message) == ("ConnectionError", "no such host")
    assert set(site.statuses(run.run_id).values()) == {StepStatus.OMITTED}


def test_a_resource_that_cannot_be_torn_down_is_told_and_fails_nothing(site: Site) -> None:
    run = site.run("untidy")
    assert run.status is RunStatus.SUCCESS
    assert site.kinds(run.run_id)[-2:] == ["RESOURCE_TEARDOWN_FAILED", "RUN_SUCCEEDED"]


def test_a_process_that_dies_as_it_tears_resources_down_is_told_and_fails_nothing(site: Site) -> None:
    run = site.run("fatally_untidy")
    assert run.status is RunStatus.SUCCESS
    (failed,) = (one for one in site.instance.events(run.run_id) if one.kind == "RESOURCE_TEARDOWN_FAILED")
    assert "step process died: exit code 3" in failed.message


def test_config_that_only_the_authors_own_check_refuses_fails_the_run_before_its_first_step(site: Site) -> None:
    run = site.run("configured", run_config={"steps": {"takes_even": {"config": {"number": 3}}}})
    assert run.status is RunStatus.FAILURE
    assert run.error is not None and "must be even" in run.error.message
    assert site.kinds(run.run_id) == ["RUN_CLAIMED", "RUN_FAILED"]


def test_lines_that_a_step_logs_are_events_of_its_attempt(site: Site) -> None:
    run = site.run("logging")
    lines = [event for event in site.instance.events(run.run_id) if event.kind == "LOG"]
    assert [(line.level, line.message) for line in lines] == [
        (LogLevel.ERROR, "half a character: ?"),
        (LogLevel.DEBUG, "2 lines"),
    ]
    assert {(line.step_key, line.attempt) for line in lines} == {("logs", 1)}


@pytest.mark.parametrize(
    ("name", "noted", "error"),
    [
        pytest.param("long_running", "sleeping", "KeyboardInterrupt", id="it is interrupted"),
        pytest.param("stubborn", "ignoring", "StepProcessDiedError", id="it is killed where it does not heed that"),
    ],
)
def test_a_run_that_is_cancelled_ends_within_the_grace_period(site: Site, name: str, noted: str, error: str) -> None:
    before = len(site.notes(noted))
    run_id = site.launch(name)
    pid = int(site.notes(noted, before + 1)[-1])
    site.database.write(request_cancel(run_id))
    run = site.ended(run_id)
    assert run.status is RunStatus.CANCELED
    first, interrupted, after = site.instance.step_states(run_id).values()
    assert first.status is StepStatus.SUCCESS
    assert interrupted.status is StepStatus.CANCELED
    assert interrupted.error is not None and interrupted.error.class_name == error
    assert after.status is StepStatus.OMITTED
    assert "RUN_CANCELING" in site.kinds(run_id)
    until(lambda: not os.path.exists(f"/proc/{pid}"), what="the end of the interrupted process")


def test_a_queued_run_that_is_cancelled_never_starts(site: Site) -> None:
    busy = [site.launch("waiting") for _ in range(4)]
    queued = site.launch("chain")
    assert site.database.write(request_cancel(queued)).status is RunStatus.CANCELED  # type: ignore[union-attr]
    site.open("waits")
    assert {site.ended(run_id).status for run_id in busy} == {RunStatus.SUCCESS}
    assert site.kinds(queued) == ["RUN_CANCELED"]


def test_more_steps_than_processes_and_more_runs_than_a_worker_takes_all_come_to_their_turn(site: Site) -> None:
    run_ids = [site.launch("chain") for _ in range(12)]
    assert {site.ended(run_id).status for run_id in run_ids} == {RunStatus.SUCCESS}
    pids = {output(site, run_id, "first") for run_id in run_ids}
    assert 1 <= len(pids) <= 2
