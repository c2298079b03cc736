"""Mapped steps in workers: elements run beside each other, are carried on by element, and re-executed by element."""

from __future__ import annotations

import signal

from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus
from tests.worker.site import Site

CODE = """
@step(out=DynamicOut())
def gen():
    note("gen", os.getpid())
    return [DynamicOutput(number, f"k{number}") for number in range(4)]

@step
def work(context, item):
    note("work", item)
    if item == 2 and not (HERE / "mended").exists():
        raise ValueError("told to fail")
    return 10 * item

@step
def held(item):
    note("held", item)
    if item == 10:
        gate("element")
    return item + 1

@step
def total(items):
    return items

@pipeline
def failing():
    total(gen().map(work).collect())

@pipeline
def waiting():
    total(gen().map(work).map(held).collect())

@step(out=DynamicOut())
def nothing():
    return []

@pipeline
def empty():
    total(nothing().map(work).collect())
"""


def test_a_failed_element_is_executed_again_from_failure_and_no_other(site: Site) -> None:
    site.write(CODE)
    site.start_here().until_serving()
    failed = site.run("failing")
    assert failed.status is RunStatus.FAILURE
    assert site.statuses(failed.run_id) == {
        "gen": StepStatus.SUCCESS,
        "work[k0]": StepStatus.SUCCESS,
        "work[k1]": StepStatus.SUCCESS,
        "work[k2]": StepStatus.FAILURE,
        "work[k3]": StepStatus.SUCCESS,
        "total": StepStatus.BLOCKED,
    }
    (site.folder / "mended").touch()
    again = site.ended(site.launch("failing", failed, strategy=ReexecutionStrategy.FROM_FAILURE))
    assert again.status is RunStatus.SUCCESS
    assert again.step_keys_to_execute == ("work[k2]", "total")
    assert sorted(site.notes("work")) == ["0", "1", "2", "2", "3"]
    assert len(site.notes("gen")) == 1
    assert str(site.instance.group(again.run_id).status) == "SUCCESS"
    (output,) = site.step(again.run_id, "total").outputs
    assert output.preview == "[0, 10, 20, 30]"
    whole = site.ended(site.launch("failing", again, selection=("*work[k1]", "total")))
    assert whole.status is RunStatus.SUCCESS
    assert len(site.notes("gen")) == 2
    assert len(site.notes("work")) == 9


def test_a_map_over_nothing(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    site.start_here().until_serving()
    run = site.run("empty")
    assert run.status is RunStatus.SUCCESS
    assert site.statuses(run.run_id)["work[?]"] is StepStatus.SKIPPED
    assert site.step(run.run_id, "total").outputs[0].preview == "[]"


def test_a_worker_killed_amid_the_elements_costs_those_in_flight_alone(site: Site) -> None:
    site.write(CODE)
    (site.folder / "mended").touch()
    lost = site.start()
    lost.until_serving()
    run_id = site.launch("waiting")
    site.until_running(run_id, "held[k1]")
    other = site.start_here()
    other.until_serving()
    lost.end(signal.SIGKILL)
    site.reached("element", 2)
    site.open("element")
    assert site.ended(run_id).status is RunStatus.SUCCESS
    states = site.instance.step_states(run_id)
    assert [one.status for one in states["held[k1]"].attempts] == [StepStatus.LOST, StepStatus.SUCCESS]
    assert len(site.notes("gen")) == 1
    assert states["gen"].expansions == {"result": ("k0", "k1", "k2", "k3")}
    # Whatever else was in flight was made again; what had succeeded was not.
    for key, state in states.items():
        assert state.status is StepStatus.SUCCESS
        assert [one.status for one in state.attempts[:-1]] == [StepStatus.LOST] * (len(state.attempts) - 1), key
    assert states["total"].outputs[0].preview == "[1, 11, 21, 31]"
    other.end()
    site.until_nothing_is_left()
