"""Workers that come and go: who executes a run when one is killed, stopped for a while, or told to stop."""

from __future__ import annotations

import os
import signal

from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus
from tests.waiting import until
from tests.worker.site import Site, stat_of

CODE = """
@step
def first():
    note("first", os.getpid())
    return 1

@step
def held(one):
    gate("held")
    return one + 1

@step
def last(two):
    note("last", os.getpid())
    return two + 1

@pipeline
def chain():
    last(held(first()))

@step
def one_of_many(context):
    note("executed", context.run_id)
    gate("many")

@pipeline
def single():
    one_of_many()

@step
def stubborn():
    note("stubborn", os.getpid())
    while not (HERE / "mercy").exists():
        try:
            time.sleep(600)
        except BaseException:
            pass

@pipeline
def hanging():
    stubborn()
"""

BACKGROUND = """
import subprocess

@step
def starts():
    program = subprocess.Popen(["sleep", "600"], start_new_session=True)
    note("program", program.pid)
    gate("held")

@pipeline
def leaving():
    starts()
"""

FOR_EVER = {"lease_seconds": 600.0}


def recorded(site: Site, run_id: str) -> object:
    instance = site.instance
    return instance.run(run_id), instance.step_states(run_id), instance.events(run_id)


def test_two_workers_share_the_queue_and_each_run_is_executed_once(site: Site) -> None:
    site.write(CODE)
    workers = [site.start(max_runs=1) for _ in range(2)]
    for worker in workers:
        worker.until_serving()
    run_ids = [site.launch("single") for _ in range(4)]
    site.reached("many", 2)
    running = [record.running_run_ids for record in site.workers()]
    assert sorted(map(len, running)) == [1, 1]
    assert running[0] != running[1]
    site.open("many")
    assert {site.ended(run_id).status for run_id in run_ids} == {RunStatus.SUCCESS}
    assert sorted(site.notes("executed")) == sorted(run_ids)


def test_a_killed_workers_run_is_carried_on_by_another(site: Site) -> None:
    site.write(CODE)
    lost = site.start()
    lost.until_serving()
    run_id = site.launch("chain")
    site.until_running(run_id, "held")
    other = site.start_here()
    other.until_serving()
    lost.end(signal.SIGKILL)
    # By the second worker, once the lease has expired.
    site.reached("held", 2)
    site.open("held")
    assert site.ended(run_id).status is RunStatus.SUCCESS
    states = site.instance.step_states(run_id)
    assert [one.status for one in states["held"].attempts] == [StepStatus.LOST, StepStatus.SUCCESS]
    assert len(states["first"].attempts) == len(states["last"].attempts) == 1
    assert len(site.notes("first")) == 1
    workers = [one.worker_id for one in states["held"].attempts]
    record = other.record
    assert record is not None and workers[1] == record.id != workers[0]
    kinds = site.kinds(run_id)
    assert kinds.count("RUN_CLAIMED") == 2
    assert kinds.count("STEP_ATTEMPT_LOST") == kinds.count("RUN_STARTED") == 1
    other.end()
    site.until_nothing_is_left()


def test_what_a_worker_and_its_code_process_left_that_were_killed_at_once_is_ended_by_the_next_worker(
    sqlite_site: Site,
) -> None:
    site = sqlite_site
    site.write(BACKGROUND)
    killed = site.start()
    killed.until_serving()
    site.launch("leaving")
    (program,) = map(int, site.notes("program", 1))
    (step_process,) = site.reached("held")
    code_process = int(stat_of(step_process)[1])
    assert int(stat_of(code_process)[1]) == killed.pid
    # Neither sees the other go.
    killed.stall()
    os.kill(code_process, signal.SIGSTOP)
    for pid in (killed.pid, code_process):
        os.kill(pid, signal.SIGKILL)
    killed.process.wait(30)
    until(lambda: site.processes() == [program], what="the end of all that dies with its parent")
    other = site.start()
    other.until_serving()
    assert program not in site.processes()


def test_a_worker_stopped_past_its_lease_and_continued_kills_its_steps_and_writes_nothing(site: Site) -> None:
    site.write(CODE)
    stale = site.start()
    stale.until_serving()
    run_id = site.launch("chain")
    site.until_running(run_id, "held")
    (step_process,) = site.reached("held")
    stale.stall()
    other = site.start_here()
    other.until_serving()
    site.reached("held", 2)
    stale.send(signal.SIGCONT)
    until(lambda: not os.path.exists(f"/proc/{step_process}"), what="the end of the stale step process")
    site.open("held")
    assert site.ended(run_id).status is RunStatus.SUCCESS
    assert stale.end() == 0
    held = site.step(run_id, "held")
    assert [one.status for one in held.attempts] == [StepStatus.LOST, StepStatus.SUCCESS]
    assert other.record is not None and held.attempts[1].worker_id == other.record.id


def test_what_a_stale_workers_steps_have_done_meanwhile_never_counts(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    stale = site.start()
    stale.until_serving()
    run_id = site.launch("chain")
    site.until_running(run_id, "held")
    stale.stall()
    site.start_here().until_serving()
    site.reached("held", 2)
    # Both succeed; the stale worker has yet to hear of its own.
    site.open("held")
    site.ended(run_id)
    before = recorded(site, run_id)
    stale.send(signal.SIGCONT)
    assert stale.end() == 0
    assert recorded(site, run_id) == before


def test_a_worker_told_to_stop_lets_steps_end_and_gives_the_rest_back_at_once(site: Site) -> None:
    site.write(CODE)
    # Another one carries on long before the lease expires.
    stopping = site.start(grace_seconds=60.0, **FOR_EVER)
    stopping.until_serving()
    run_id = site.launch("chain")
    site.reached("held")
    stopping.send(signal.SIGTERM)
    other = site.start_here(**FOR_EVER)
    other.until_serving()
    assert stopping.process.poll() is None
    site.open("held")
    assert stopping.process.wait(30) == 0
    assert site.ended(run_id).status is RunStatus.SUCCESS
    held = site.step(run_id, "held")
    assert [one.status for one in held.attempts] == [StepStatus.SUCCESS]
    assert site.step(run_id, "last").attempts[0].worker_id != held.attempts[0].worker_id
    assert "RUN_RELEASED" in site.kinds(run_id)
    assert [record.pid for record in site.workers()] == [os.getpid()]


def test_a_step_that_does_not_end_within_the_grace_period_is_killed_and_tried_again_elsewhere(
    sqlite_site: Site,
) -> None:
    site = sqlite_site
    site.write(CODE)
    stopping = site.start(grace_seconds=0.2, **FOR_EVER)
    stopping.until_serving()
    run_id = site.launch("hanging")
    site.notes("stubborn", 1)
    assert stopping.end() == 0
    site.until_nothing_is_left()
    assert site.workers() == []
    assert site.instance.run(run_id).status is RunStatus.RUNNING
    (site.folder / "mercy").touch()
    site.start_here(**FOR_EVER)
    assert site.ended(run_id).status is RunStatus.SUCCESS
    assert [one.status for one in site.step(run_id, "stubborn").attempts] == [StepStatus.LOST, StepStatus.SUCCESS]


def test_a_second_signal_ends_a_worker_at_once(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    worker = site.start(grace_seconds=600.0)
    worker.until_serving()
    site.launch("hanging")
    site.notes("stubborn", 1)
    worker.send(signal.SIGINT)
    worker.until_said("stops.")
    worker.send(signal.SIGINT)
    assert worker.process.wait(30) == 0
    site.until_nothing_is_left()


def test_a_run_that_is_to_be_cancelled_when_its_worker_is_lost_is_cancelled_by_another(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    lost = site.start()
    lost.until_serving()
    run_id = site.launch("chain")
    site.until_running(run_id, "held")
    lost.end(signal.SIGKILL)
    site.instance.cancel_run(run_id)
    # It has other code, and needs none to cancel.
    site.write(CODE.replace("one + 1", "one + 2"))
    site.start_here()
    assert site.ended(run_id).status is RunStatus.CANCELED
    assert site.statuses(run_id) == {
        "first": StepStatus.SUCCESS,
        "held": StepStatus.CANCELED,
        "last": StepStatus.OMITTED,
    }


def test_a_reexecution_goes_on_from_what_another_worker_has_made(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    first = site.start_here()
    run_id = site.launch("chain")
    site.until_running(run_id, "held")
    site.instance.cancel_run(run_id)
    parent = site.ended(run_id)
    first.end()
    site.start_here()
    site.open("held")
    again = site.ended(site.launch("chain", parent, strategy=ReexecutionStrategy.FROM_FAILURE))
    assert again.status is RunStatus.SUCCESS
    assert again.step_keys_to_execute == ("held", "last")
    assert len(site.notes("first")) == 1
