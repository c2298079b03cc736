"""Launching, re-executing and cancelling over GraphQL: what is queued, and what is refused with nothing stored."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from dalsegno import execute_pipeline
from dalsegno.definitions import PipelineDefinition
from dalsegno.store.runs import fetch_plan
from tests.api.conftest import Service
from tests.api.pipelines import in_memory
from tests.stored import everything_in

LAUNCH = """
mutation (
  $pipelineName: String!, $mode: String, $runConfig: JSON, $tags: [TagInput!], $selection: [String!], $reason: String,
  $idempotencyKey: String
) {
  launchRun(
    pipelineName: $pipelineName, mode: $mode, runConfig: $runConfig, tags: $tags, selection: $selection,
    reason: $reason, idempotencyKey: $idempotencyKey
  ) {
    __typename
    ... on Error { message }
    ... on LaunchRunSuccess { run { id status mode runConfig tags { key value } reason launchedBy selection rootRunId
      stepKeysToExecute plan { id } events { edges { node { kind level } } } stepStats { status } } }
    ... on PipelineNotFoundError { pipelineName }
    ... on InvalidSelectionError { clause textIndex start end suggestions }
    ... on InvalidRunConfigError { problems { path message } }
    ... on MissingOutputsError { missing { stepKey inputName upstreamStepKey outputName } stepKeysToAdd }
    ... on IdempotencyConflictError { launched: run { id } }
  }
}
"""
RELAUNCH = """
mutation (
  $parentRunId: ID!, $strategy: ReexecutionStrategy, $selection: [String!], $mode: String, $runConfig: JSON,
  $tags: [TagInput!], $reason: String, $idempotencyKey: String, $planId: ID
) {
  launchReexecution(
    parentRunId: $parentRunId, strategy: $strategy, selection: $selection, mode: $mode, runConfig: $runConfig,
    tags: $tags, reason: $reason, idempotencyKey: $idempotencyKey, planId: $planId
  ) {
    __typename
    ... on Error { message }
    ... on LaunchRunSuccess { run { id status parentRunId rootRunId strategy selection runConfig tags { key value }
      stepKeysToExecute plan { id warnings { kind } } } }
    ... on RunNotFoundError { runId }
    ... on PipelineNotFoundError { pipelineName }
    ... on ReexecutionNotAllowedError { strategy }
    ... on InvalidSelectionError { clause suggestions }
    ... on MissingOutputsError { missing { stepKey inputName upstreamStepKey outputName why } stepKeysToAdd }
    ... on InvalidRunConfigError { problems { path } }
    ... on StalePlanError { plan { id stepKeysToExecute } }
    ... on IdempotencyConflictError { launched: run { id } }
  }
}
"""
PLAN = """
query (
  $parentRunId: ID!, $strategy: ReexecutionStrategy, $selection: [String!], $mode: String, $runConfig: JSON
) {
  reexecutionPlan(
    parentRunId: $parentRunId, strategy: $strategy, selection: $selection, mode: $mode, runConfig: $runConfig
  ) {
    __typename
    ... on Error { message }
    ... on ReexecutionPlan {
      id parentRunId strategy stepKeysToExecute timeSavedMs estimatedDurationMs warnings { kind stepKey message }
      steps {
        stepKey action reasonCode reason reusedFromRunId isStale estimatedDurationMs
        inputs { name sources { runId stepKey outputName } }
      }
    }
  }
}
"""
CANCEL = """
mutation ($runId: ID!) {
  cancelRun(runId: $runId) {
    __typename
    ... on Error { message }
    ... on CancelRunSuccess { run { id status } }
    ... on RunAlreadyFinishedError { run { id status } }
    ... on RunNotFoundError { runId }
  }
}
"""


async def launch(service: Service, **variables: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await service.ask(LAUNCH, **{"pipelineName": "chain", **variables}))["launchRun"]
    return answer


async def relaunch(service: Service, parent: str, **variables: Any) -> dict[str, Any]:
    data = await service.ask(RELAUNCH, parentRunId=parent, **variables)
    answer: dict[str, Any] = data["launchReexecution"]
    return answer


@pytest.fixture
def failed(service: Service, chain: PipelineDefinition, script) -> str:
    """A run that failed at train, whose pipeline a worker serves."""
    service.serve(chain)
    script.failing = {"train"}
    return execute_pipeline(chain, instance=service.instance, tags={"team": "ml", "env": "test"}).run_id


async def test_a_launch_is_answered_with_a_queued_run(service: Service, chain):
    service.serve(chain)
    answer = await launch(
        service,
        runConfig={"steps": {"train": {"config": {"rate": 2}}}},
        tags=[{"key": "a", "value": "b"}],
        reason="to see",
    )
    run = answer["run"]
    assert answer["__typename"] == "LaunchRunSuccess"
    assert (run["status"], run["reason"], run["launchedBy"], run["selection"]) == ("QUEUED", "to see", "local", None)
    assert run["runConfig"] == {"steps": {"train": {"config": {"rate": 2}}}}
    assert run["tags"] == [{"key": "a", "value": "b"}]
    assert run["rootRunId"] == run["id"]
    assert run["stepKeysToExecute"] == ["load", "train", "report"]
    assert [step["status"] for step in run["stepStats"]] == ["PENDING"] * 3
    assert run["events"]["edges"] == []
    assert service.instance.run(run["id"]).status == "QUEUED"


async def test_a_launch_that_no_live_worker_serves_is_accepted_and_says_so(service: Service, chain):
    service.publish(chain)
    run = (await launch(service))["run"]
    assert [edge["node"] for edge in run["events"]["edges"]] == [{"kind": "NO_WORKER", "level": "WARNING"}]
    plan = await service.ask('{ runPlan(pipelineName: "chain") { ... on ReexecutionPlan { warnings { kind } } } }')
    assert plan["runPlan"]["warnings"] == [{"kind": "NO_WORKER"}]


@pytest.mark.parametrize(
    ("variables", "refusal"),
    [
        pytest.param(
            {"pipelineName": "nobody"},
            {"__typename": "PipelineNotFoundError", "pipelineName": "nobody"},
            id="a pipeline that nobody has published",
        ),
        pytest.param(
            {"selection": ["trian"]},
            {
                "__typename": "InvalidSelectionError",
                "clause": "trian",
                "textIndex": 0,
                "start": 0,
                "end": 5,
                "suggestions": ["train"],
            },
            id="a step that does not exist",
        ),
        pytest.param({"selection": []}, {"__typename": "InvalidSelectionError"}, id="an empty selection"),
        pytest.param(
            {"runConfig": {"steps": {"train": {"config": {"rate": "fast"}}}}},
            {"__typename": "InvalidRunConfigError"},
            id="a config that does not fit",
        ),
        pytest.param({"runConfig": [1]}, {"__typename": "InvalidRunConfigError"}, id="a config that is no mapping"),
        pytest.param({"mode": "other"}, {"__typename": "InvalidRunConfigError"}, id="an unknown mode"),
        pytest.param(
            {"selection": "report"},
            {
                "__typename": "MissingOutputsError",
                "missing": [
                    {
                        "stepKey": "report",
                        "inputName": "score",
                        "upstreamStepKey": "train",
                        "outputName": "result",
                    }
                ],
                "stepKeysToAdd": ["load", "train"],
            },
            id="a selection without what it needs",
        ),
    ],
)
async def test_a_launch_is_refused_with_what_is_wrong_and_nothing_is_stored(
    service: Service, chain, variables, refusal
):
    service.serve(chain)
    before = everything_in(service.instance)

    answer = await launch(service, **variables)

    assert {key: answer[key] for key in refusal} == refusal
    assert answer["message"]
    assert everything_in(service.instance) == before


async def test_a_config_problem_has_its_path(service: Service, chain):
    service.serve(chain)
    answer = await launch(service, runConfig={"steps": {"train": {"config": {"rate": "fast"}}}})
    assert [problem["path"] for problem in answer["problems"]] == ["/steps/train/config/rate"]


async def test_a_preview_says_what_then_is_launched(service: Service, failed):
    preview = (await service.ask(PLAN, parentRunId=failed, strategy="FROM_FAILURE"))["reexecutionPlan"]

    assert preview["parentRunId"] == failed
    assert preview["strategy"] == "FROM_FAILURE"
    assert preview["stepKeysToExecute"] == ["train", "report"]
    assert preview["timeSavedMs"] > 0
    # Of `train` nobody knows how long it takes when it succeeds.
    assert preview["estimatedDurationMs"] is None
    load, train, report = preview["steps"]
    assert (load["action"], load["reasonCode"], load["reusedFromRunId"]) == ("REUSE", "ENDED_WELL", failed)
    assert load["estimatedDurationMs"] > 0
    assert (train["action"], train["reasonCode"], train["reason"]) == ("EXECUTE", "FAILED", "failed in the first run")
    assert train["inputs"][0]["sources"] == [{"runId": failed, "stepKey": "load", "outputName": "result"}]
    assert report["inputs"][0]["sources"] == [{"runId": "", "stepKey": "train", "outputName": "result"}]

    run = (await relaunch(service, failed, strategy="FROM_FAILURE", planId=preview["id"]))["run"]
    assert run["plan"]["id"] == preview["id"]
    assert run["stepKeysToExecute"] == preview["stepKeysToExecute"]


async def test_the_estimate_follows_the_longest_path(service: Service, chain, script):
    service.serve(chain)
    run = execute_pipeline(chain, instance=service.instance)
    plan = (await service.ask(PLAN, parentRunId=run.run_id, strategy="ALL_STEPS"))["reexecutionPlan"]
    assert plan["estimatedDurationMs"] == pytest.approx(sum(step["estimatedDurationMs"] for step in plan["steps"]))


async def test_a_reexecution_inherits_and_is_given_as_automation_gives_it(service: Service, failed):
    answer = await relaunch(service, failed, selection="train+*", tags=[{"key": "env", "value": "prod"}])
    run = answer["run"]
    assert run["status"] == "QUEUED"
    assert (run["parentRunId"], run["rootRunId"]) == (failed, failed)
    assert (run["strategy"], run["selection"]) == ("SELECTED_STEPS", ["train+*"])
    assert run["runConfig"] == {"steps": {"train": {"config": {"rate": 0.5}}}}
    assert run["tags"] == [{"key": "team", "value": "ml"}, {"key": "env", "value": "prod"}]
    assert run["stepKeysToExecute"] == ["train", "report"]


async def test_given_config_replaces_the_parents_whole(service: Service, failed):
    run = (await relaunch(service, failed, strategy="FROM_FAILURE", runConfig={}))["run"]
    assert run["runConfig"] == {"steps": {"train": {"config": {"rate": 0.5}}}}
    given = {"steps": {"train": {"config": {"rate": 3}}}}
    run = (await relaunch(service, failed, strategy="FROM_FAILURE", runConfig=given))["run"]
    assert run["runConfig"] == given


async def test_a_second_reexecution_is_warned_of_the_first(service: Service, failed):
    first = (await relaunch(service, failed, strategy="FROM_FAILURE"))["run"]
    second = (await relaunch(service, failed, strategy="FROM_FAILURE"))["run"]
    assert first["plan"]["warnings"] == []
    assert second["plan"]["warnings"] == [{"kind": "ACTIVE_SIBLING"}]
    assert first["plan"]["id"] == second["plan"]["id"]


@pytest.mark.parametrize(
    ("variables", "refusal"),
    [
        pytest.param(
            {"parentRunId": "nobody"}, {"__typename": "RunNotFoundError", "runId": "nobody"}, id="unknown run"
        ),
        pytest.param(
            {"selection": ["trian+*"]},
            {"__typename": "InvalidSelectionError", "clause": "trian+*", "suggestions": ["train"]},
            id="a step that does not exist",
        ),
        pytest.param({"selection": []}, {"__typename": "InvalidSelectionError"}, id="an empty selection"),
        pytest.param(
            {"strategy": "FROM_FAILURE", "selection": "train"},
            {"__typename": "InvalidSelectionError"},
            id="a selection where none is taken",
        ),
        pytest.param(
            {"strategy": "FROM_SELECTED"},
            {"__typename": "InvalidSelectionError"},
            id="no selection where one is needed",
        ),
        pytest.param(
            {"selection": "report"},
            {
                "__typename": "MissingOutputsError",
                "missing": [
                    {
                        "stepKey": "report",
                        "inputName": "score",
                        "upstreamStepKey": "train",
                        "outputName": "result",
                        "why": "no run of the lineage has produced it",
                    }
                ],
                "stepKeysToAdd": ["train"],
            },
            id="an output that nobody has made",
        ),
        pytest.param(
            {"strategy": "FROM_FAILURE", "runConfig": {"steps": {"train": {"config": {"rate": "fast"}}}}},
            {"__typename": "InvalidRunConfigError", "problems": [{"path": "/steps/train/config/rate"}]},
            id="a config that does not fit",
        ),
        pytest.param({"mode": "other"}, {"__typename": "InvalidRunConfigError"}, id="an unknown mode"),
        pytest.param(
            {"strategy": "FROM_FAILURE", "planId": "what was previewed"},
            {"__typename": "StalePlanError"},
            id="a plan that has gone stale",
        ),
    ],
)
async def test_a_reexecution_is_refused_with_what_is_wrong_and_nothing_is_stored(
    service: Service, failed, variables, refusal
):
    before = everything_in(service.instance)

    answer = (await service.ask(RELAUNCH, **{"parentRunId": failed, **variables}))["launchReexecution"]

    assert {key: answer[key] for key in refusal} == refusal
    assert answer["message"]
    assert everything_in(service.instance) == before


async def test_a_preview_that_has_gone_stale_is_refused_with_the_new_plan(service: Service, chain, failed, script):
    asked = {"strategy": "FROM_FAILURE"}
    preview = (await service.ask(PLAN, parentRunId=failed, **asked))["reexecutionPlan"]
    changed = chain.snapshot.__class__(
        name="chain", steps=chain.snapshot.steps, modes=chain.snapshot.modes, description="changed"
    )
    service.serve(changed)

    refused = await relaunch(service, failed, planId=preview["id"], **asked)
    assert refused["__typename"] == "StalePlanError"
    assert refused["plan"]["id"] != preview["id"]

    launched = await relaunch(service, failed, planId=refused["plan"]["id"], **asked)
    assert launched["__typename"] == "LaunchRunSuccess"


async def test_from_failure_is_refused_where_all_is_settled(service: Service, chain):
    service.serve(chain)
    run = execute_pipeline(chain, instance=service.instance)
    answer = await relaunch(service, run.run_id, strategy="FROM_FAILURE")
    assert answer["__typename"] == "ReexecutionNotAllowedError"
    assert answer["strategy"] == "FROM_FAILURE"


async def test_a_run_that_has_not_ended_is_not_reexecuted(service: Service, chain):
    service.serve(chain)
    queued = (await launch(service))["run"]["id"]
    answer = await relaunch(service, queued)
    assert answer["__typename"] == "ReexecutionNotAllowedError"
    assert "not ended" in answer["message"]


async def test_a_pipeline_that_nobody_publishes_is_not_reexecuted(service: Service, chain):
    run = execute_pipeline(chain, instance=service.instance)
    answer = await relaunch(service, run.run_id)
    assert (answer["__typename"], answer["pipelineName"]) == ("PipelineNotFoundError", "chain")


async def test_outputs_whose_files_are_gone_are_missing(service: Service, failed):
    (output,) = service.instance.step_states(failed)["load"].outputs
    os.remove(str(output.uri))
    answer = await relaunch(service, failed, strategy="FROM_FAILURE")
    assert answer["__typename"] == "MissingOutputsError"
    assert answer["missing"][0]["why"] == "its file is gone"
    assert answer["stepKeysToAdd"] == ["load"]


async def test_outputs_in_the_memory_of_a_process_are_missing_for_every_worker(service: Service, script):
    kept = in_memory(script)
    service.serve(kept)
    script.failing = {"second"}
    run = execute_pipeline(kept, instance=service.instance)
    answer = await relaunch(service, run.run_id, strategy="FROM_FAILURE")
    assert answer["__typename"] == "MissingOutputsError"
    assert answer["missing"][0]["why"] == "it was kept in the memory of another process"


async def test_options_say_which_ways_are_open_and_why_others_are_not(service: Service, chain, failed):
    query = """query ($id: ID!) {
      run(id: $id) { reexecutionOptions { strategy enabled disabledReason stepKeys } selectSteps(selection: "train+") {
        ... on StepSelection { stepKeys } } }
    }"""
    shown = (await service.ask(query, id=failed))["run"]
    assert [(one["strategy"], one["enabled"], one["stepKeys"]) for one in shown["reexecutionOptions"]] == [
        ("ALL_STEPS", True, ["load", "train", "report"]),
        ("SELECTED_STEPS", True, []),
        ("FROM_SELECTED", True, []),
        ("FROM_FAILURE", True, ["train", "report"]),
        ("FROM_CHANGED", True, ["train", "report"]),
    ]
    assert shown["selectSteps"] == {"stepKeys": ["train", "report"]}

    by_status = query.replace('"train+"', '["status:failed", "status:skipped"]')
    assert (await service.ask(by_status, id=failed))["run"]["selectSteps"] == {"stepKeys": ["train"]}

    queued = (await launch(service))["run"]["id"]
    options = (await service.ask(query, id=queued))["run"]["reexecutionOptions"]
    assert not any(one["enabled"] for one in options)
    assert all("not ended" in one["disabledReason"] for one in options)


async def test_one_idempotency_key_launches_once_however_often_and_whenever_it_is_used(service: Service, chain, failed):
    asked = {"strategy": "FROM_FAILURE", "idempotencyKey": "nightly 7"}
    at_once = await asyncio.gather(*(relaunch(service, failed, **asked, reason=str(index)) for index in range(6)))
    later = await relaunch(service, failed, **asked, planId="stale by now")

    assert len({answer["run"]["id"] for answer in (*at_once, later)}) == 1
    runs = (await service.ask("{ runs { totalCount } }"))["runs"]
    assert runs["totalCount"] == 2

    first = await launch(service, idempotencyKey="nightly 7")
    again = await launch(service, idempotencyKey="nightly 7")
    assert first["run"]["id"] == again["run"]["id"] != later["run"]["id"]


async def test_an_idempotency_key_with_other_arguments_is_a_conflict(service: Service, failed):
    launched = await relaunch(service, failed, strategy="FROM_FAILURE", idempotencyKey="key")
    refused = await relaunch(service, failed, strategy="ALL_STEPS", idempotencyKey="key")
    assert refused["__typename"] == "IdempotencyConflictError"
    assert refused["launched"] == {"id": launched["run"]["id"]}


async def test_a_refused_launch_leaves_its_key_free(service: Service, failed):
    refused = await relaunch(service, failed, selection="report", idempotencyKey="key")
    launched = await relaunch(service, failed, selection="train report", idempotencyKey="key")
    assert refused["__typename"] == "MissingOutputsError"
    assert launched["__typename"] == "LaunchRunSuccess"


async def test_an_idempotency_key_of_any_length_is_refused_beyond_two_hundred(service: Service, failed):
    (error,) = await service.errors(RELAUNCH, parentRunId=failed, idempotencyKey="k" * 5000)
    assert error["extensions"]["code"] == "INVALID_ARGUMENTS"


async def test_a_tag_of_dalsegnos_own_that_cannot_be_used_is_refused_with_a_sentence(service: Service, failed):
    tags = [{"key": "dalsegno/max_retries", "value": "often"}]
    (error,) = await service.errors(RELAUNCH, parentRunId=failed, tags=tags)
    assert error["extensions"]["code"] == "INVALID_TAG"
    assert "it must be a whole number from 0 to 100" in error["message"]
    assert (await service.ask("{ runs { totalCount } }"))["runs"]["totalCount"] == 1


async def test_the_warnings_of_a_launch_are_kept_with_it(service: Service, chain, script):
    service.publish(chain)
    script.failing = {"train"}
    parent = execute_pipeline(chain, instance=service.instance).run_id
    run = (await relaunch(service, parent, strategy="FROM_FAILURE"))["run"]
    assert run["plan"]["warnings"] == [{"kind": "NO_WORKER"}]
    stored = service.instance.database.read(fetch_plan(run["id"]))
    assert stored is not None
    assert stored.id == run["plan"]["id"]


async def test_a_queued_run_is_cancelled_at_once_and_only_once(service: Service, chain):
    service.serve(chain)
    queued = (await launch(service))["run"]["id"]

    canceled = (await service.ask(CANCEL, runId=queued))["cancelRun"]
    again = (await service.ask(CANCEL, runId=queued))["cancelRun"]

    assert canceled == {"__typename": "CancelRunSuccess", "run": {"id": queued, "status": "CANCELED"}}
    assert again["__typename"] == "RunAlreadyFinishedError"
    assert again["run"] == {"id": queued, "status": "CANCELED"}


async def test_a_run_that_does_not_exist_is_not_cancelled(service: Service):
    answer = (await service.ask(CANCEL, runId="nobody"))["cancelRun"]
    assert (answer["__typename"], answer["runId"]) == ("RunNotFoundError", "nobody")
