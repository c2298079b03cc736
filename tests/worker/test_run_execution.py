"""A run on its way, with a clock that only moves when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from dalsegno.plan.first_plan import plan_first_run
from dalsegno.runs.attempts import ErrorInfo, Provenance, StepOutput
from dalsegno.runs.events import AttemptLost, Event, OutputStored
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.runs.step_states import StepStates
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.snapshot.retry_policy import Backoff, Jitter, RetryPolicy
from dalsegno.worker.run_execution import Attempt, RetryAsked, RunExecution
from tests.drawing import NOON, draw

BROKEN = ErrorInfo(class_name="ValueError", message="broken")


class Play:
    """One run, played by hand."""

    def __init__(self, picture: str, policy: RetryPolicy | None = None, chance: float = 0.5) -> None:
        self.now = 0.0
        self.events: list[Event] = []
        self.states = StepStates()
        snapshot = with_policy(draw(picture), policy)
        plan = plan_first_run(snapshot, mode="default", run_config={})
        self.run = RunExecution(plan, snapshot, self.states, self.record, clock=lambda: self.now, chance=lambda: chance)

    def record(self, event: Event) -> None:
        self.states.apply(NOON, event)
        self.events.append(event)

    def next(self) -> Attempt:
        attempt = self.run.next_attempt()
        assert attempt is not None
        return attempt

    def succeed(self, attempt: Attempt) -> None:
        self.run.succeeded(attempt, [StepOutput(name="result")], Provenance())

    def kinds(self, step_key: str) -> list[str]:
        return [event.kind for event in self.events if event.step_key == step_key]

    def end(self, *, canceled: bool = False) -> tuple[RunStatus, RunStatus]:
        ending = self.run.ending(datetime.now(UTC), canceled=canceled)
        return ending.status, ending.group_status


def with_policy(snapshot: PipelineSnapshot, policy: RetryPolicy | None) -> PipelineSnapshot:
    return replace(snapshot, steps=tuple(replace(step, retry_policy=policy) for step in snapshot.steps))


def test_attempts_come_in_topological_order_each_with_a_token_of_its_own() -> None:
    play = Play("a -> b; c -> b")
    one, two = play.next(), play.next()
    assert [one.step_key, two.step_key] == ["a", "c"]
    assert one.token != two.token
    assert play.run.next_attempt() is None
    play.succeed(one)
    play.succeed(two)
    assert play.next().step_key == "b"


def test_a_failure_blocks_what_is_downstream_and_independent_branches_go_on_to_the_end() -> None:
    play = Play("a -> b -> c; x -> y")
    play.run.failed(play.next(), BROKEN)
    play.succeed(play.next())
    play.succeed(play.next())
    assert play.run.next_attempt() is None
    assert play.run.is_over
    assert {key: state.status for key, state in play.states.by_key.items()} == {
        "a": StepStatus.FAILURE,
        "b": StepStatus.BLOCKED,
        "c": StepStatus.BLOCKED,
        "x": StepStatus.SUCCESS,
        "y": StepStatus.SUCCESS,
    }
    assert play.states.by_key["c"].cause_step_keys == ("a",)
    assert play.end() == (RunStatus.FAILURE, RunStatus.FAILURE)


@pytest.mark.parametrize(
    ("policy", "chance", "delays"),
    [
        pytest.param(RetryPolicy(max_retries=3), 0.5, [0, 0, 0], id="at once"),
        pytest.param(RetryPolicy(max_retries=3, delay=2), 0.5, [2, 2, 2], id="the same delay each time"),
        pytest.param(RetryPolicy(max_retries=3, delay=2, backoff=Backoff.LINEAR), 0.5, [2, 4, 6], id="linear"),
        pytest.param(RetryPolicy(max_retries=3, delay=2, backoff=Backoff.EXPONENTIAL), 0.5, [2, 4, 8], id="doubled"),
        pytest.param(RetryPolicy(max_retries=2, delay=2, jitter=Jitter.FULL), 0.25, [0.5, 0.5], id="full jitter"),
        pytest.param(RetryPolicy(max_retries=1, delay=2, jitter=Jitter.PLUS_MINUS), 0.75, [3], id="give or take"),
    ],
)
def test_a_failed_attempt_is_tried_again_after_its_policys_delay(
    policy: RetryPolicy, chance: float, delays: list[float]
) -> None:
    play = Play("a", policy, chance)
    for number, delay in enumerate(delays, start=1):
        attempt = play.next()
        assert attempt.number == number
        play.run.failed(attempt, BROKEN)
        assert play.run.seconds_to_retry() == pytest.approx(delay)
        play.now += max(0.0, delay - 0.001)
        assert delay == 0 or play.run.next_attempt() is None
        play.now += 0.002
    play.run.failed(play.next(), BROKEN)
    assert play.run.is_over
    assert play.kinds("a")[-1] == "STEP_FAILED"


def test_other_steps_go_on_while_a_retry_waits() -> None:
    play = Play("a; b", RetryPolicy(max_retries=1, delay=60))
    play.run.failed(play.next(), BROKEN)
    assert play.next().step_key == "b"


def test_outputs_of_a_failed_attempt_never_count() -> None:
    play = Play("a", RetryPolicy(max_retries=1))
    first = play.next()
    play.record(OutputStored(step_key="a", attempt=1, output=StepOutput(name="result", uri="/of/the/first")))
    play.run.failed(first, BROKEN)
    second = play.next()
    play.run.succeeded(second, [StepOutput(name="result", uri="/of/the/second")], Provenance())
    assert [output.uri for output in play.states.by_key["a"].outputs] == ["/of/the/second"]


def test_a_step_may_ask_for_its_retries_and_may_refuse_them() -> None:
    asking = Play("a")
    asking.run.failed(asking.next(), BROKEN, asked=RetryAsked(1, 5.0))
    assert asking.run.seconds_to_retry() == 5.0
    asking.now = 5.0
    asking.run.failed(asking.next(), BROKEN, asked=RetryAsked(1, 5.0))
    assert asking.run.is_over

    refusing = Play("a", RetryPolicy(max_retries=5))
    refusing.run.failed(refusing.next(), BROKEN, may_retry=False)
    assert refusing.run.is_over


def test_an_attempt_lost_with_its_worker_does_not_use_the_policy() -> None:
    play = Play("a", RetryPolicy(max_retries=1))
    lost = play.next()
    play.record(AttemptLost(step_key="a", attempt=lost.number))
    # Another process carries the run on.
    carried_on = RunExecution(
        plan_first_run(draw("a"), mode="default", run_config={}),
        with_policy(draw("a"), RetryPolicy(max_retries=1)),
        play.states,
        play.record,
        clock=lambda: play.now,
    )
    second = carried_on.next_attempt()
    assert second is not None and second.number == 2
    carried_on.failed(second, BROKEN)
    third = carried_on.next_attempt()
    assert third is not None and third.number == 3


def test_a_step_that_is_lost_with_its_worker_again_and_again_fails() -> None:
    play = Play("a -> b", RetryPolicy(max_retries=5))
    for number in (1, 2, 3):
        attempt = play.next()
        assert attempt.number == number
        play.run.lost(attempt)
    assert play.run.next_attempt() is None
    assert play.run.is_over
    attempts = play.states.by_key["a"].attempts
    assert [one.status for one in attempts] == [StepStatus.LOST, StepStatus.LOST, StepStatus.FAILURE]
    assert attempts[-1].error is not None and attempts[-1].error.class_name == "WorkerLostError"
    assert play.states.by_key["b"].status is StepStatus.BLOCKED


def test_what_went_on_when_the_run_was_taken_over_is_tried_again_at_once() -> None:
    play = Play("a; b", RetryPolicy(max_retries=0))
    lost = play.next()
    plan = plan_first_run(draw("a; b"), mode="default", run_config={})
    taken_over = RunExecution(plan, draw("a; b"), play.states, play.record, clock=lambda: play.now)
    taken_over.lost(lost)
    started = [taken_over.next_attempt(), taken_over.next_attempt()]
    assert sorted((one.step_key, one.number) for one in started if one) == [("a", 2), ("b", 1)]
    assert not taken_over.is_due()


def test_what_a_recorded_failure_blocks_is_blocked_by_who_carries_the_run_on() -> None:
    play = Play("a -> b -> c; x")
    play.run.failed(play.next(), BROKEN)
    # Of what follows from it nothing was recorded any more.
    states = StepStates({"a": play.states.by_key["a"]})
    plan = plan_first_run(draw("a -> b -> c; x"), mode="default", run_config={})
    taken_over = RunExecution(plan, draw("a -> b -> c; x"), states, lambda event: states.apply(NOON, event))
    attempt = taken_over.next_attempt()
    assert attempt is not None and attempt.step_key == "x"
    assert {key: states.by_key[key].status for key in "bc"} == {"b": StepStatus.BLOCKED, "c": StepStatus.BLOCKED}


def carried_on_after(play: Play, seconds: float) -> RunExecution:
    """By another process, so long after the retry wait began; `play` records at noon."""
    return RunExecution(
        plan_first_run(draw("a -> b"), mode="default", run_config={}),
        with_policy(draw("a -> b"), RetryPolicy(max_retries=1, delay=60)),
        play.states,
        play.record,
        clock=lambda: play.now,
        now=lambda: NOON + timedelta(seconds=seconds),
    )


@pytest.mark.parametrize(("seconds", "left"), [(0, 60), (45, 15), (60, 0), (3600, 0)])
def test_who_carries_a_run_on_waits_for_what_is_left_of_a_retrys_delay(seconds: float, left: float) -> None:
    play = Play("a -> b", RetryPolicy(max_retries=1, delay=60))
    play.run.failed(play.next(), BROKEN)
    carried_on = carried_on_after(play, seconds)
    assert carried_on.seconds_to_retry() == left
    play.now += left
    attempt = carried_on.next_attempt()
    assert attempt is not None and attempt.number == 2
    assert play.states.by_key["a"].retry_at is None


def test_what_waits_to_be_tried_again_when_the_run_is_cancelled_is_cancelled_and_its_attempts_stay() -> None:
    play = Play("a -> b", RetryPolicy(max_retries=1, delay=60))
    play.run.failed(play.next(), BROKEN)
    play.run.retries_abandoned()
    state = play.states.by_key["a"]
    assert (state.status, state.retry_at) == (StepStatus.CANCELED, None)
    assert [one.status for one in state.attempts] == [StepStatus.FAILURE]
    assert play.run.next_attempt() is None and play.run.seconds_to_retry() is None
    assert play.end(canceled=True) == (RunStatus.CANCELED, RunStatus.CANCELED)


def test_cancel_wins_even_where_every_step_has_ended_well_and_what_succeeded_counts() -> None:
    play = Play("a")
    play.succeed(play.next())
    assert play.end(canceled=True) == (RunStatus.CANCELED, RunStatus.SUCCESS)
    half = Play("a -> b")
    half.succeed(half.next())
    assert half.end(canceled=True) == (RunStatus.CANCELED, RunStatus.CANCELED)
