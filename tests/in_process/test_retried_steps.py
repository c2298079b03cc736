"""Steps that are tried again in a run."""

from __future__ import annotations

from typing import Any

import pytest

from dalsegno import (
    Failure,
    In,
    Instance,
    Nothing,
    RetryPolicy,
    RetryRequested,
    execute_pipeline,
    pipeline,
    step,
)


def test_a_failed_step_is_tried_again_and_its_outputs_are_the_last_attempts(instance: Instance) -> None:
    seen: list[int] = []

    @step(retry_policy=RetryPolicy(max_retries=2))
    def flaky(context: Any) -> int:
        seen.append(context.attempt)
        if context.attempt < 3:
            raise ValueError(f"attempt {context.attempt}")
        return context.attempt

    @pipeline
    def single() -> None:
        flaky()

    result = execute_pipeline(single, instance=instance)
    assert result.success
    assert seen == [1, 2, 3]
    assert result.output_value("flaky") == 3
    attempts = result.result_for_solid("flaky").attempts
    assert [str(one.status) for one in attempts] == ["FAILURE", "FAILURE", "SUCCESS"]
    assert [one.error.message for one in attempts if one.error] == ["attempt 1", "attempt 2"]
    assert len({one.token for one in attempts}) == 3


def test_what_a_step_has_overcome_is_not_raised(instance: Instance) -> None:
    tries: list[int] = []

    @step(retry_policy=RetryPolicy(max_retries=1))
    def second_time_lucky() -> None:
        tries.append(1)
        if len(tries) % 2:
            raise ConnectionError("not yet")

    @step(ins={"start": In(Nothing)})
    def hopeless() -> None:
        raise ValueError("hopeless")

    @pipeline
    def overcome() -> None:
        second_time_lucky()

    @pipeline
    def failing() -> None:
        hopeless(start=second_time_lucky())

    assert execute_pipeline(overcome, instance=instance, raise_on_error=True).success
    with pytest.raises(ValueError, match="hopeless"):
        execute_pipeline(failing, instance=instance, raise_on_error=True)


def test_a_step_may_ask_for_a_retry_or_refuse_it(instance: Instance) -> None:
    times = {"asks": 0, "refuses": 0}

    @step
    def asks() -> None:
        times["asks"] += 1
        try:
            raise OSError("busy")
        except OSError as error:
            raise RetryRequested(max_retries=1) from error

    @step(retry_policy=RetryPolicy(max_retries=5))
    def refuses() -> None:
        times["refuses"] += 1
        raise Failure("hopeless", metadata={"rows": 0}, allow_retries=False)

    @pipeline
    def both() -> None:
        asks()
        refuses()

    result = execute_pipeline(both, instance=instance)
    assert times == {"asks": 2, "refuses": 1}
    failure = result.result_for_solid("asks").failure
    assert failure is not None and failure.message == "busy"
