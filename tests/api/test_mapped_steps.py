"""Mapped steps as the service shows them: one row until they are expanded, then a row for each element."""

from __future__ import annotations

import pytest

from tests.api.conftest import Service
from tests.api.test_statements import FIELDS, counted
from tests.api.test_steps import steps_of
from tests.in_process.mapped import Mapped

PLAN = """
query ($id: ID!, $strategy: ReexecutionStrategy, $selection: [String!]) {
  reexecutionPlan(parentRunId: $id, strategy: $strategy, selection: $selection) {
    __typename
    ... on ReexecutionPlan {
      stepKeysToExecute estimatedDurationMs
      steps { stepKey action reasonCode inputs { name sources { runId stepKey outputName mappingKey } } }
    }
    ... on MissingOutputsError { missing { stepKey upstreamStepKey } stepKeysToAdd }
  }
}
"""


ESTIMATES = """
query ($id: ID!, $strategy: ReexecutionStrategy, $selection: [String!]) {
  reexecutionPlan(parentRunId: $id, strategy: $strategy, selection: $selection) {
    ... on ReexecutionPlan { estimatedDurationMs steps { stepKey action estimatedDurationMs } }
  }
}
"""


@pytest.fixture
def mapped(service: Service) -> Mapped:
    made = Mapped(service.instance, keys=("a", "b"))
    service.serve(made.pipeline)
    return made


async def test_elements_are_rows_of_a_run_and_of_its_re_execution(service: Service, mapped: Mapped) -> None:
    mapped.fails = {"work[b]"}
    first = mapped.run()
    steps = await steps_of(service, first.run_id)
    assert {key: step["status"] for key, step in steps.items()} == {
        "gen": "SUCCESS",
        "work[a]": "SUCCESS",
        "work[b]": "FAILURE",
        "post[a]": "SUCCESS",
        "post[b]": "BLOCKED",
        "total": "BLOCKED",
        "side": "SUCCESS",
    }
    assert [one["mappingKey"] for one in steps["gen"]["outputs"]] == ["a", "b"]
    assert steps["post[b]"]["causeStepKeys"] == ["work[b]"]
    assert steps["work[a]"]["reason"] == "all steps"
    assert steps["post[a]"]["inputs"] == [
        {"name": "item", "sources": [{"runId": first.run_id, "stepKey": "work[a]", "outputName": "result"}]}
    ]
    mapped.fails = set()
    again = mapped.again(first)
    steps = await steps_of(service, again.run_id)
    assert {key: (step["status"], step["reusedFromRunId"]) for key, step in steps.items()} == {
        "gen": ("REUSED", first.run_id),
        "work[a]": ("REUSED", first.run_id),
        "work[b]": ("SUCCESS", None),
        "post[a]": ("REUSED", first.run_id),
        "post[b]": ("SUCCESS", None),
        "total": ("SUCCESS", None),
        "side": ("REUSED", first.run_id),
    }
    assert [one["runId"] for one in steps["total"]["inputs"][0]["sources"]] == [first.run_id, again.run_id]
    assert steps["work[a]"]["inputs"][0]["sources"][0]["runId"] == first.run_id
    assert steps["work[b]"]["reason"] == "failed in the first run"


async def test_a_mapped_step_is_expected_to_take_what_its_elements_took(service: Service, mapped: Mapped) -> None:
    first = mapped.run()
    asked = '{ pipeline(name: "mapped") { steps { key history { executions failures medianDurationMs } } } }'
    history = {one["key"]: one["history"] for one in (await service.ask(asked))["pipeline"]["steps"]}
    assert (history["work"]["executions"], history["total"]["executions"]) == (2, 1)
    assert history["work"]["medianDurationMs"] > 0
    for selection in (["*"], ["work[a]+*"]):
        variables = {"id": first.run_id, "strategy": "SELECTED_STEPS", "selection": selection}
        plan = (await service.ask(ESTIMATES, **variables))["reexecutionPlan"]
        estimates = {one["stepKey"]: one["estimatedDurationMs"] for one in plan["steps"] if one["action"] == "EXECUTE"}
        key = "?" if selection == ["*"] else "a"
        assert estimates[f"work[{key}]"] == history["work"]["medianDurationMs"]
        path = [estimates[one] for one in ("gen", f"work[{key}]", f"post[{key}]", "total") if one in estimates]
        assert plan["estimatedDurationMs"] == pytest.approx(sum(path))


async def test_pages_and_keys_of_elements(service: Service, mapped: Mapped) -> None:
    run_id = mapped.run().run_id
    assert list(await steps_of(service, run_id, first=2)) == ["gen", "work[a]"]
    assert list(await steps_of(service, run_id, first=2, after="work[a]")) == ["work[b]", "post[a]"]
    assert list(await steps_of(service, run_id, stepKeys=["work[b]", "total"])) == ["work[b]", "total"]
    assert list(await steps_of(service, run_id, stepKeys=["work"])) == ["work[a]", "work[b]"]


async def test_what_changed_holds_the_elements_that_are_new(service: Service, mapped: Mapped) -> None:
    run = mapped.run()
    started = next(event.number for event in run.event_list if event.kind == "RUN_STARTED")
    assert {"work[a]", "work[b]"} <= (await steps_of(service, run.run_id, changedSince=str(started))).keys()
    assert await steps_of(service, run.run_id, changedSince=str(run.run.version)) == {}


async def test_before_the_expansion_and_over_nothing_there_is_one_row(service: Service, mapped: Mapped) -> None:
    mapped.fails = {"gen"}
    failed = await steps_of(service, mapped.run().run_id)
    assert [key for key in failed if "[" in key] == ["work[?]", "post[?]"]
    mapped.fails, mapped.keys = set(), ()
    nothing = await steps_of(service, mapped.run().run_id)
    assert nothing["work[?]"]["status"] == nothing["post[?]"]["status"] == "SKIPPED"
    assert nothing["total"]["status"] == "SUCCESS"


async def test_table_counts_and_effective_steps(service: Service, mapped: Mapped) -> None:
    first = mapped.run()
    mapped.keys = ("b", "z")
    again = mapped.again(first, "gen")
    query = """query ($id: ID!) { run(id: $id) {
        stepTable stepCounts { status count }
        group { status effectiveSteps { stepKey status runId } }
    } }"""
    run = (await service.ask(query, id=again.run_id))["run"]
    assert run["stepTable"]["key"] == ["gen", "work[b]", "work[z]", "post[b]", "post[z]", "total", "side"]
    counts = {one["status"]: one["count"] for one in run["stepCounts"]}
    assert counts == {"SUCCESS": 1, "REUSED": 4, "OMITTED": 2}
    assert run["group"]["status"] == "FAILURE"
    effective = {one["stepKey"]: (one["status"], one["runId"]) for one in run["group"]["effectiveSteps"]}
    assert effective["work[b]"] == ("SUCCESS", first.run_id)
    assert effective["work[z]"] == ("OMITTED", again.run_id)
    assert effective["gen"] == ("SUCCESS", again.run_id)
    counted_of_first = (await service.ask(query, id=first.run_id))["run"]["stepCounts"]
    assert counted_of_first == [{"status": "SUCCESS", "count": 7}]


async def test_plans_say_what_is_done_with_each_element(service: Service, mapped: Mapped) -> None:
    run_id = mapped.run().run_id
    one = (await service.ask(PLAN, id=run_id, selection=["work[b]*"]))["reexecutionPlan"]
    assert one["stepKeysToExecute"] == ["work[b]", "post[b]", "total"]
    by_key = {step["stepKey"]: step for step in one["steps"]}
    (source,) = by_key["work[b]"]["inputs"][0]["sources"]
    assert source == {"runId": run_id, "stepKey": "gen", "outputName": "result", "mappingKey": "b"}
    assert [each["runId"] for each in by_key["total"]["inputs"][0]["sources"]] == [run_id, ""]
    assert by_key["work[a]"]["action"] == "REUSE"
    whole = (await service.ask(PLAN, id=run_id, selection=["*work[b]"]))["reexecutionPlan"]
    assert [(step["stepKey"], step["reasonCode"]) for step in whole["steps"][:3]] == [
        ("gen", "SELECTED"),
        ("work[?]", "WITH_GENERATOR"),
        ("post[?]", "NOT_SELECTED"),
    ]
    refused = (await service.ask(PLAN, id=run_id, selection=["gen", "total"]))["reexecutionPlan"]
    assert refused["missing"] == [{"stepKey": "total", "upstreamStepKey": "post[?]"}]
    assert refused["stepKeysToAdd"] == ["work[?]", "post[?]"]


async def test_selections_pick_elements_in_a_run_and_all_of_them_in_a_pipeline(
    service: Service, mapped: Mapped
) -> None:
    run_id = mapped.run().run_id
    query = """query ($id: ID!, $selection: [String!]!) {
        run(id: $id) { selectSteps(selection: $selection) { ... on StepSelection { stepKeys } } }
        pipeline(name: "mapped") {
            selectSteps(selection: $selection) { ... on StepSelection { stepKeys } }
            steps { key outputs { isDynamic } }
        }
    }"""
    data = await service.ask(query, id=run_id, selection=["work+"])
    assert data["run"]["selectSteps"]["stepKeys"] == ["work[a]", "work[b]", "post[a]", "post[b]"]
    assert data["pipeline"]["selectSteps"]["stepKeys"] == ["work[?]", "post[?]"]
    dynamic = {one["key"]: one["outputs"][0]["isDynamic"] for one in data["pipeline"]["steps"]}
    assert dynamic == {"gen": True, "work": False, "post": False, "total": False, "side": False}
    data = await service.ask(query, id=run_id, selection=["*work[?]"])
    assert data["run"]["selectSteps"]["stepKeys"] == ["gen", "work[?]"]


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS.keys())
async def test_a_page_of_runs_takes_as_many_statements_as_a_single_run(service: Service, fields: str) -> None:
    mapped = Mapped(service.instance, keys=("a", "b"))
    service.serve(mapped.pipeline)
    for index in range(7):
        mapped.fails = {"work[b]"} if index % 2 else {"post[a]"}
        first = mapped.run()
        mapped.fails = set()
        mapped.again(first)
    fields = fields.replace('"load"', '"gen"')
    query = f"query ($first: Int!) {{ runs(first: $first) {{ edges {{ node {{ id {fields} }} }} }} }}"
    with counted() as of_one:
        await service.ask(query, first=1)
    with counted() as of_page:
        await service.ask(query, first=14)
    assert len(of_page) <= len(of_one) + 1
