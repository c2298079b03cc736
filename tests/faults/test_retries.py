"""Steps that are tried again, whatever becomes of who waits to do it."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest

from dalsegno import RetryRequested
from dalsegno.runs.status import RunStatus, StepStatus
from tests.worker.site import Site

CODE = """
@step(retry_policy=RetryPolicy(max_retries=1, delay=4))
def fails_once(context):
    note("attempts", context.attempt)
    if context.attempt == 1:
        raise ValueError("not yet")

@pipeline
def patient():
    fails_once()

@step(retry_policy=RetryPolicy(max_retries=3))
def dies_once(context):
    if context.attempt == 1:
        os.kill(os.getpid(), 9)
    return context.attempt

@step
def after(attempt):
    return attempt

@pipeline
def mortal():
    after(dies_once())

@step
def asks(context):
    if context.attempt < 3:
        raise RetryRequested(max_retries=2, seconds_to_wait=0.01)

@step
def asks_wrongly():
    raise RetryRequested(seconds_to_wait=-1)

@pipeline
def asking():
    asks()
    asks_wrongly()

@step(retry_policy=RetryPolicy(max_retries=3, delay=0.1))
def works(key):
    if key == "b" and not (HERE / "b").exists():
        (HERE / "b").touch()
        raise ValueError("b")
    return key

@step(out=DynamicOut(str))
def spreads():
    yield from (DynamicOutput(key, key) for key in "abc")

@step
def gathers(all_of_them):
    return all_of_them

@pipeline
def spreading():
    gathers(spreads().map(works).collect())
"""


@pytest.fixture
def site(sqlite_site: Site) -> Site:
    sqlite_site.write(CODE)
    return sqlite_site


def until_waiting(site: Site, run_id: str, key: str) -> None:
    site.until_status(run_id, key, StepStatus.RETRYING)


def test_who_takes_a_run_over_waits_for_what_is_left_of_a_retrys_delay(site: Site) -> None:
    lost = site.start()
    lost.until_serving()
    run_id = site.launch("patient")
    until_waiting(site, run_id, "fails_once")
    waiting = site.step(run_id, "fails_once")
    failed = waiting.attempts[0].ended_at
    assert failed is not None and waiting.retry_at == failed + timedelta(seconds=4)
    lost.end(signal.SIGKILL)
    site.start_here()
    assert site.ended(run_id).status is RunStatus.SUCCESS
    _, second = site.step(run_id, "fails_once").attempts
    # A wait in memory alone would be over at once, or begin anew.
    assert second.number == 2
    assert waiting.retry_at <= second.started_at
    assert site.step(run_id, "fails_once").retry_at is None
    assert site.notes("attempts") == ["1", "2"]


def test_a_run_succeeds_though_the_process_of_a_step_died_once(site: Site) -> None:
    site.start_here()
    run = site.run("mortal")
    assert run.status is RunStatus.SUCCESS
    assert site.value(run.run_id, "after") == 2
    assert site.statuses(run.run_id) == {"dies_once": StepStatus.SUCCESS, "after": StepStatus.SUCCESS}


def test_a_step_asks_for_its_retries_and_a_request_that_makes_no_sense_fails_it(site: Site) -> None:
    site.start_here()
    run_id = site.run("asking").run_id
    assert [one.status for one in site.step(run_id, "asks").attempts] == [
        StepStatus.FAILURE,
        StepStatus.FAILURE,
        StepStatus.SUCCESS,
    ]
    (failed,) = site.step(run_id, "asks_wrongly").attempts
    assert failed.error is not None and "seconds_to_wait is a number of seconds, 0 or more" in failed.error.message


def test_one_element_that_is_tried_again_holds_no_other_back_and_none_is_left_out(site: Site) -> None:
    # In one process: who waits to try again must not keep it.
    site.start_here(max_steps=1)
    run = site.run("spreading")
    assert run.status is RunStatus.SUCCESS
    assert site.value(run.run_id, "gathers") == ["a", "b", "c"]
    attempts = {key: len(state.attempts) for key, state in site.instance.step_states(run.run_id).items()}
    assert attempts == {"spreads": 1, "works[a]": 1, "works[b]": 2, "works[c]": 1, "gathers": 1}


@pytest.mark.parametrize(
    "arguments", [(-1,), (1.5,), ("3",), (1, -0.5), (1, float("nan")), (1, float("inf")), (1, "2")]
)
def test_a_request_for_retries_that_makes_no_sense_is_refused_where_it_is_made(arguments: tuple) -> None:
    with pytest.raises(ValueError):
        RetryRequested(*arguments)
