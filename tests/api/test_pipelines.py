"""Pipelines as published, their steps, and the workers that serve them."""

from __future__ import annotations

import pytest

from dalsegno import execute_pipeline
from dalsegno.runs.attempts import ErrorInfo
from tests.api.conftest import Service
from tests.api.pipelines import branching, chain_of

PIPELINE = """
query ($name: String!) {
  pipeline(name: $name) {
    name description snapshotId tags { key value } modes launchable configSchema
    steps {
      key description tags { key value } upstreamStepKeys downstreamStepKeys codeVersion maxRetries
      inputs { name typeName description } outputs { name typeName description isRequired isDynamic }
      history { executions failures medianDurationMs p95DurationMs }
    }
  }
}
"""


async def test_a_published_pipeline_tells_all_of_its_definition(service: Service, chain):
    service.publish(chain)
    shown = (await service.ask(PIPELINE, name="chain"))["pipeline"]

    assert shown["description"] == "Loads, trains and reports."
    assert shown["snapshotId"] == chain.snapshot.id
    assert shown["tags"] == [{"key": "kind", "value": "example"}]
    assert shown["modes"] == ["default"]
    assert not shown["launchable"]
    load, train, report = shown["steps"]
    assert (load["key"], load["description"], load["tags"]) == (
        "load",
        "Loads the rows.",
        [{"key": "team", "value": "data"}],
    )
    assert (load["upstreamStepKeys"], load["downstreamStepKeys"]) == ([], ["train"])
    assert (train["upstreamStepKeys"], train["downstreamStepKeys"]) == (["load"], ["report"])
    assert (train["codeVersion"], train["maxRetries"]) == ("2", 1)
    assert report["inputs"][0]["name"] == "score"
    assert report["inputs"][0]["description"] == "The score."
    assert report["outputs"][0]["isRequired"]
    assert "rate" in str(shown["configSchema"])


async def test_pipelines_are_listed_by_name(service: Service, script):
    service.publish(chain_of(script, "zebra"), chain_of(script, "ant"))
    assert (await service.ask("{ pipelines { name } }"))["pipelines"] == [{"name": "ant"}, {"name": "zebra"}]
    assert (await service.ask(PIPELINE, name="nobody"))["pipeline"] is None


async def test_what_was_published_last_is_current(service: Service, chain, script):
    service.publish(branching(script))
    service.publish(chain)
    changed = chain.snapshot.__class__(
        name="chain", steps=chain.snapshot.steps[:2], modes=chain.snapshot.modes, description="changed"
    )
    service.publish(changed)
    shown = (await service.ask(PIPELINE, name="chain"))["pipeline"]
    assert (shown["description"], shown["snapshotId"]) == ("changed", changed.id)


async def test_a_pipeline_is_launchable_while_a_live_worker_serves_it(service: Service, chain):
    service.serve(chain, running_run_ids=())
    assert (await service.ask(PIPELINE, name="chain"))["pipeline"]["launchable"]


async def test_workers_tell_of_themselves_and_of_code_that_does_not_load(service: Service, chain):
    service.serve(chain, load_error=ErrorInfo(class_name="SyntaxError", message="invalid syntax", traceback="line 3"))
    query = """{ workers {
      id host pid executor pipelineNames startedAt lastHeartbeatAt runningRunIds loadError { className traceback }
    } }"""
    (worker,) = (await service.ask(query))["workers"]
    assert worker["id"] == "worker-1"
    assert (worker["host"], worker["pid"], worker["executor"]) == ("here", 7, "processes")
    assert worker["pipelineNames"] == ["chain"]
    assert worker["runningRunIds"] == []
    assert worker["lastHeartbeatAt"].endswith("Z")
    assert worker["loadError"] == {"className": "SyntaxError", "traceback": "line 3"}


async def test_the_history_of_a_step_goes_back_to_as_many_successes_as_asked_for(service: Service, chain, script):
    service.publish(chain)
    for failing in ((), ("train",), (), ("train",)):
        script.failing = set(failing)
        execute_pipeline(chain, instance=service.instance)

    shown = (await service.ask(PIPELINE, name="chain"))["pipeline"]
    history = {step["key"]: step["history"] for step in shown["steps"]}
    assert {key: (one["executions"], one["failures"]) for key, one in history.items()} == {
        "load": (4, 0),
        "train": (4, 2),
        "report": (2, 0),
    }
    assert 0 < history["train"]["medianDurationMs"] <= history["train"]["p95DurationMs"]

    query = """query { pipeline(name: "chain") { steps { history(lastExecutions: 1) { executions failures } } } }"""
    steps = (await service.ask(query))["pipeline"]["steps"]
    assert [step["history"] for step in steps] == [
        {"executions": 1, "failures": 0},
        {"executions": 2, "failures": 1},
        {"executions": 1, "failures": 0},
    ]


async def test_a_step_that_never_ran_has_no_durations(service: Service, chain):
    service.publish(chain)
    shown = (await service.ask(PIPELINE, name="chain"))["pipeline"]
    assert shown["steps"][0]["history"] == {
        "executions": 0,
        "failures": 0,
        "medianDurationMs": None,
        "p95DurationMs": None,
    }


@pytest.mark.parametrize(
    ("selection", "picked"),
    [
        pytest.param(["train+"], ["train", "report"], id="one level downstream"),
        pytest.param("*report", ["load", "train", "report"], id="one text is a list of one"),
        pytest.param(["report", "load"], ["load", "report"], id="in topological order"),
        pytest.param("tag:team=data+", ["load", "train"], id="by tag"),
        pytest.param("not (train or tag:team)", ["report"], id="by set algebra"),
        pytest.param("tag:nobody", [], id="an attribute may pick nothing"),
    ],
)
async def test_a_selection_picks_steps(service: Service, chain, selection, picked):
    service.publish(chain)
    query = """query ($selection: [String!]!) {
      pipeline(name: "chain") { selectSteps(selection: $selection) { ... on StepSelection { stepKeys } } }
    }"""
    data = await service.ask(query, selection=selection)
    assert data["pipeline"]["selectSteps"] == {"stepKeys": picked}


async def test_a_selection_that_does_not_parse_is_told_with_its_place(service: Service, chain):
    service.publish(chain)
    query = """query { pipeline(name: "chain") { selectSteps(selection: ["load", "trian+"]) {
      ... on InvalidSelectionError { message clause textIndex start end suggestions }
    } } }"""
    assert (await service.ask(query))["pipeline"]["selectSteps"] == {
        "message": "No step is named 'trian'. Did you mean 'train'?",
        "clause": "trian+",
        "textIndex": 1,
        "start": 0,
        "end": 5,
        "suggestions": ["train"],
    }


async def test_an_unknown_mode_has_no_config_schema(service: Service, chain):
    service.publish(chain)
    (error,) = await service.errors('{ pipeline(name: "chain") { configSchema(mode: "other") } }')
    assert error["extensions"]["code"] == "INVALID_RUN_CONFIG"
    assert "other" in error["message"]


async def test_a_pipeline_lists_its_own_runs(service: Service, chain, script):
    service.publish(chain)
    run = execute_pipeline(chain, instance=service.instance)
    execute_pipeline(chain_of(script, "other"), instance=service.instance)
    query = """query ($filter: RunFilter) {
      pipeline(name: "chain") { runs(filter: $filter) { totalCount edges { node { id } } } }
    }"""

    async def found(**run_filter):
        return (await service.ask(query, filter=run_filter))["pipeline"]["runs"]

    assert await found() == {"totalCount": 1, "edges": [{"node": {"id": run.run_id}}]}
    assert await found(statuses=["FAILURE"]) == {"totalCount": 0, "edges": []}
    assert await found(pipelineName="other") == {"totalCount": 0, "edges": []}
