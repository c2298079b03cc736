"""Whether two plans do the same, whatever code they were made on."""

from __future__ import annotations

import pytest

from dalsegno.plan.first_plan import plan_first_run
from dalsegno.plan.plan import Plan
from dalsegno.plan.reexecution import ReexecutionRequest, plan_reexecution
from dalsegno.plan.same_work import difference_in_work
from dalsegno.runs.status import ReexecutionStrategy
from tests.drawing import draw, history


def first_plan(picture: str) -> Plan:
    return plan_first_run(draw(picture), mode="default", run_config={})


@pytest.mark.parametrize(
    ("after", "difference"),
    [
        pytest.param("a -> b -> c", None, id="the same"),
        pytest.param("a -> b", "it would not execute step 'c'", id="a step is gone"),
        pytest.param("a", "it would not execute steps 'b', 'c'", id="two steps are gone"),
        pytest.param("a -> b -> c; d", "it would execute step 'd' besides", id="a step has come"),
        pytest.param(
            "a -> b; a -> c",
            "step 'c' would have other inputs, or load them from elsewhere",
            id="other wiring",
        ),
    ],
)
def test_the_first_difference_in_what_runs_on_what_is_told(after: str, difference: str | None) -> None:
    assert difference_in_work(first_plan("a -> b -> c"), first_plan(after)) == difference


def test_code_and_reasons_do_not_count_but_the_run_that_an_input_comes_from_does() -> None:
    snapshot = draw("a -> b")
    request = ReexecutionRequest(strategy=ReexecutionStrategy.FROM_FAILURE, mode="default", run_config={})
    selected = ReexecutionRequest(
        strategy=ReexecutionStrategy.SELECTED_STEPS, mode="default", run_config={}, selection=("b",)
    )
    once = history(snapshot, "a:ok b:failed")
    twice = history(snapshot, "a:ok b:failed", "a:ok b:failed")
    plan = plan_reexecution(snapshot, once, request)
    assert difference_in_work(plan, plan_reexecution(snapshot, once, selected)) is None
    elsewhere = difference_in_work(plan, plan_reexecution(snapshot, twice, request))
    assert elsewhere == "step 'b' would have other inputs, or load them from elsewhere"
