"""launchReexecutions: a list of runs at once, each refused or launched by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dalsegno import execute_pipeline, reexecute_pipeline
from dalsegno.definitions import PipelineDefinition
from tests.api.conftest import Service
from tests.stored import everything_in

MANY = """
mutation ($parentRunIds: [ID!]!, $strategy: ReexecutionStrategy!, $reason: String, $idempotencyKey: String) {
  launchReexecutions(
    parentRunIds: $parentRunIds, strategy: $strategy, reason: $reason, idempotencyKey: $idempotencyKey
  ) {
    __typename
    ... on Error { message }
    ... on LaunchRunSuccess { run { id status parentRunId strategy reason launchedBy tags { key } stepKeysToExecute } }
    ... on RunNotFoundError { runId }
    ... on ReexecutionNotAllowedError { strategy }
    ... on InvalidSelectionError { clause }
    ... on IdempotencyConflictError { launched: run { id } }
  }
}
"""


async def relaunch(
    service: Service, *run_ids: str, strategy: str = "FROM_FAILURE", **more: Any
) -> list[dict[str, Any]]:
    data = await service.ask(MANY, parentRunIds=run_ids, strategy=strategy, **more)
    answers: list[dict[str, Any]] = data["launchReexecutions"]
    return answers


def parents(answers: list[dict[str, Any]]) -> list[str | None]:
    """Of each launched run the parent; None for what was refused."""
    return [one["run"]["parentRunId"] if "run" in one else None for one in answers]


def launched(answers: list[dict[str, Any]]) -> list[str | None]:
    return [one["run"]["id"] if "run" in one else None for one in answers]


@pytest.fixture
def failed(service: Service, chain: PipelineDefinition, script) -> list[str]:
    """Two runs that failed at train, whose pipeline a worker serves."""
    service.serve(chain)
    script.failing = {"train"}
    return [execute_pipeline(chain, instance=service.instance).run_id for _ in range(2)]


async def test_results_come_in_the_order_of_the_ids_and_one_refused_stops_no_other(
    service: Service, chain, script, failed
):
    script.failing = set()
    settled = execute_pipeline(chain, instance=service.instance).run_id

    answers = await relaunch(service, failed[1], settled, "nobody", failed[0], reason="nightly")

    assert [one["__typename"] for one in answers] == [
        "LaunchRunSuccess",
        "ReexecutionNotAllowedError",
        "RunNotFoundError",
        "LaunchRunSuccess",
    ]
    assert parents(answers) == [failed[1], None, None, failed[0]]
    assert answers[1]["strategy"] == "FROM_FAILURE"
    assert answers[2]["runId"] == "nobody"
    run = answers[0]["run"]
    assert (run["status"], run["reason"], run["launchedBy"], run["tags"]) == ("QUEUED", "nightly", "local", [])
    assert run["stepKeysToExecute"] == ["train", "report"]


async def test_it_does_what_it_is_told_for_several_runs_of_a_group_and_a_run_named_twice(
    service: Service, chain, script, failed
):
    again = reexecute_pipeline(chain, failed[0], instance=service.instance).run_id
    answers = await relaunch(service, failed[0], again, again)
    assert parents(answers) == [failed[0], again, again]
    assert len(set(launched(answers))) == 3


@pytest.mark.parametrize("count", [0, 101])
async def test_a_list_that_is_empty_or_too_long_is_an_error(service: Service, failed, count):
    before = everything_in(service.instance)
    (error,) = await service.errors(MANY, parentRunIds=[failed[0]] * count, strategy="ALL_STEPS")
    assert error["extensions"]["code"] == "INVALID_ARGUMENTS"
    assert "1 to 100 runs" in error["message"] and f"not {count}" in error["message"]
    assert everything_in(service.instance) == before


async def test_a_strategy_that_needs_a_selection_is_refused_for_each(service: Service, failed):
    answers = await relaunch(service, *failed, strategy="SELECTED_STEPS")
    single = """mutation ($id: ID!) {
      launchReexecution(parentRunId: $id, strategy: SELECTED_STEPS) { __typename ... on Error { message } }
    }"""
    alone = (await service.ask(single, id=failed[0]))["launchReexecution"]
    assert [(one["__typename"], one["message"]) for one in answers] == [(alone["__typename"], alone["message"])] * 2


async def test_the_same_key_and_list_answer_the_runs_launched_first(service: Service, failed):
    first = await relaunch(service, *failed, idempotencyKey="night 7", reason="first")
    again = await relaunch(service, *failed, idempotencyKey="night 7", reason="again")
    assert launched(again) == launched(first)
    assert len(await relaunch(service, *failed, idempotencyKey="night 8")) == 2
    assert len(service.instance.runs()) == 6


async def test_a_repeat_tries_again_what_was_refused_and_answers_the_rest(service: Service, chain, script, failed):
    running = (await relaunch(service, failed[0], strategy="ALL_STEPS"))[0]["run"]["id"]
    first = await relaunch(service, failed[0], running, strategy="ALL_STEPS", idempotencyKey="night 7")
    assert [one["__typename"] for one in first] == ["LaunchRunSuccess", "ReexecutionNotAllowedError"]
    await service.ask("mutation ($id: ID!) { cancelRun(runId: $id) { __typename } }", id=running)
    again = await relaunch(service, failed[0], running, strategy="ALL_STEPS", idempotencyKey="night 7")
    assert launched(again)[0] == launched(first)[0]
    assert parents(again) == [failed[0], running]
    third = await relaunch(service, failed[0], running, strategy="ALL_STEPS", idempotencyKey="night 7")
    assert launched(third) == launched(again)


@pytest.mark.parametrize("change", ["another order", "one less", "another strategy"])
async def test_a_key_used_for_another_list_is_refused_for_each_and_nothing_is_launched(
    service: Service, failed, change
):
    first = await relaunch(service, "nobody", *failed, idempotencyKey="night 7")
    before = everything_in(service.instance)
    other = {"another order": [failed[0], failed[1], "nobody"], "one less": [failed[0]]}.get(change, failed)
    strategy = "ALL_STEPS" if change == "another strategy" else "FROM_FAILURE"
    answers = await relaunch(service, *other, strategy=strategy, idempotencyKey="night 7")
    assert [one["__typename"] for one in answers] == ["IdempotencyConflictError"] * len(other)
    assert {one["launched"]["id"] for one in answers} == {launched(first)[1]}
    assert everything_in(service.instance) == before


async def test_different_lists_under_one_key_at_the_same_moment_are_launched_of_one_alone(service: Service, failed):
    lists = [failed, list(reversed(failed)), [failed[1]], [failed[0]]]
    answers = await asyncio.gather(*(relaunch(service, *one, idempotencyKey="night 7") for one in lists))
    winners = [one for one in answers if any(launched(one))]
    assert len(winners) == 1
    assert len(service.instance.runs()) == 2 + len([one for one in launched(winners[0]) if one])


async def test_a_key_of_no_length_is_an_error(service: Service, failed):
    (error,) = await service.errors(MANY, parentRunIds=failed, strategy="ALL_STEPS", idempotencyKey="")
    assert error["extensions"]["code"] == "INVALID_ARGUMENTS"
