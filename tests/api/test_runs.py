"""Runs as clients see them: one, lists, filters, pages, events."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from dalsegno import execute_pipeline, reexecute_pipeline
from dalsegno.store.leases import request_cancel
from tests.api.conftest import Service
from tests.api.pipelines import branching, chain_of

RUN = """
query ($id: ID!) {
  run(id: $id) {
    id pipelineName snapshotId mode runConfig tags { key value } status createdAt startedAt endedAt durationMs
    launchedBy reason error { message } parentRunId rootRunId strategy selection version stepKeysToExecute timeSavedMs
    pipeline { name } group { rootRunId status } parentRun { id } reexecutions { id } plan { id parentRunId }
    stepCounts { status count }
  }
}
"""
IDS = """
query ($filter: RunFilter, $first: Int!, $after: String) {
  runs(filter: $filter, first: $first, after: $after) {
    totalCount edges { cursor node { id } } pageInfo { hasNextPage endCursor }
  }
}
"""


@pytest.fixture
def mended(service: Service, chain, script) -> tuple[str, str]:
    """A run that failed at train, and its re-execution from there."""
    script.failing = {"train"}
    first = execute_pipeline(chain, instance=service.instance, tags={"team": "ml"}, reason="nightly")
    script.failing = set()
    again = reexecute_pipeline(chain, first.run_id, strategy="FROM_FAILURE", instance=service.instance)
    service.publish(chain)
    return first.run_id, again.run_id


async def test_a_run_tells_all_of_itself_and_its_relatives(service: Service, chain, mended):
    first, again = mended

    root = (await service.ask(RUN, id=first))["run"]
    child = (await service.ask(RUN, id=again))["run"]

    assert root["status"] == "FAILURE"
    assert root["pipelineName"] == root["pipeline"]["name"] == "chain"
    assert root["snapshotId"] == chain.snapshot.id
    assert root["runConfig"] == {"steps": {"train": {"config": {"rate": 0.5}}}}
    assert root["tags"] == [{"key": "team", "value": "ml"}]
    assert root["reason"] == "nightly"
    assert (root["parentRunId"], root["strategy"], root["plan"], root["parentRun"]) == (None, None, None, None)
    assert root["rootRunId"] == first
    assert root["reexecutions"] == [{"id": again}]
    assert root["group"] == {"rootRunId": first, "status": "SUCCESS"}
    assert {one["status"]: one["count"] for one in root["stepCounts"]} == {"SUCCESS": 1, "FAILURE": 1, "BLOCKED": 1}
    assert root["timeSavedMs"] == 0
    assert root["durationMs"] == pytest.approx(_ms(root["endedAt"]) - _ms(root["startedAt"]), abs=0.01)

    assert (child["parentRunId"], child["rootRunId"], child["strategy"]) == (first, first, "FROM_FAILURE")
    assert child["parentRun"] == {"id": first}
    assert child["plan"]["parentRunId"] == first
    assert child["stepKeysToExecute"] == ["train", "report"]
    assert {one["status"]: one["count"] for one in child["stepCounts"]} == {"SUCCESS": 2, "REUSED": 1}
    assert child["timeSavedMs"] > 0


async def test_moments_are_in_utc_and_end_in_z(service: Service, mended):
    created = (await service.ask(RUN, id=mended[0]))["run"]["createdAt"]
    assert created.endswith("Z")
    assert datetime.fromisoformat(created).utcoffset() is not None


async def test_a_run_that_is_none_is_null(service: Service):
    assert (await service.ask(RUN, id="nobody"))["run"] is None


async def test_a_run_of_a_pipeline_that_nobody_publishes_has_no_pipeline(service: Service, chain):
    run = execute_pipeline(chain, instance=service.instance)
    assert (await service.ask(RUN, id=run.run_id))["run"]["pipeline"] is None


async def test_a_run_shows_the_steps_that_it_executes_whatever_the_pipeline_is_now(service: Service, chain, script):
    first = execute_pipeline(chain, instance=service.instance).run_id
    service.publish(replace(branching(script).snapshot, name="chain"))
    query = "query ($id: ID!) { run(id: $id) { steps { key upstreamStepKeys downstreamStepKeys maxRetries } } }"
    now = (await service.ask('{ pipeline(name: "chain") { steps { key } } }'))["pipeline"]["steps"]
    assert "load" not in {step["key"] for step in now}
    assert (await service.ask(query, id=first))["run"]["steps"] == [
        {"key": "load", "upstreamStepKeys": [], "downstreamStepKeys": ["train"], "maxRetries": 0},
        {"key": "train", "upstreamStepKeys": ["load"], "downstreamStepKeys": ["report"], "maxRetries": 1},
        {"key": "report", "upstreamStepKeys": ["train"], "downstreamStepKeys": [], "maxRetries": 0},
    ]


async def test_a_run_in_progress_that_is_to_be_cancelled_is_canceling(service: Service, chain, script):
    asked_to_cancel = threading.Event()
    go_on = threading.Event()

    def hold(key: str) -> None:
        if key == "load":
            service.instance.database.write(request_cancel(service.instance.runs(limit=1)[0].run_id))
            asked_to_cancel.set()
            assert go_on.wait(30)

    script.on_enter = hold
    running = asyncio.create_task(asyncio.to_thread(execute_pipeline, chain, instance=service.instance))
    assert await asyncio.to_thread(asked_to_cancel.wait, 30)
    shown = (await service.ask("{ runs { edges { node { status } } } }"))["runs"]["edges"][0]["node"]["status"]
    go_on.set()
    await running

    assert shown == "CANCELING"
    assert (await service.ask("{ runs { edges { node { status } } } }"))["runs"]["edges"][0]["node"] == {
        "status": "CANCELED"
    }


async def test_pages_go_on_from_their_end_while_runs_are_added(service: Service, chain):
    runs = [execute_pipeline(chain, instance=service.instance).run_id for _ in range(5)]
    page = (await service.ask(IDS, first=2))["runs"]
    assert [edge["node"]["id"] for edge in page["edges"]] == [runs[4], runs[3]]
    assert page["totalCount"] == 5
    assert page["pageInfo"] == {"hasNextPage": True, "endCursor": page["edges"][-1]["cursor"]}

    execute_pipeline(chain, instance=service.instance)

    rest = (await service.ask(IDS, first=3, after=page["pageInfo"]["endCursor"]))["runs"]
    assert [edge["node"]["id"] for edge in rest["edges"]] == [runs[2], runs[1], runs[0]]
    assert not rest["pageInfo"]["hasNextPage"]


async def test_filters_narrow_runs(service: Service, script, mended):
    first, again = mended
    other = execute_pipeline(chain_of(script, "other"), instance=service.instance, tags={"team": "web"}).run_id
    created = (await service.ask(RUN, id=again))["run"]["createdAt"]

    async def matching(**run_filter: Any) -> list[str]:
        runs = (await service.ask(IDS, first=10, filter=run_filter))["runs"]
        assert runs["totalCount"] == len(runs["edges"])
        return [edge["node"]["id"] for edge in runs["edges"]]

    assert await matching() == [other, again, first]
    assert await matching(pipelineName="other") == [other]
    assert await matching(statuses=["FAILURE", "CANCELED"]) == [first]
    assert await matching(tags=[{"key": "team", "value": "ml"}]) == [again, first]
    assert await matching(tags=[{"key": "team", "value": "ml"}], statuses=["SUCCESS"]) == [again]
    assert await matching(rootRunId=first) == [again, first]
    assert await matching(createdAfter=created) == [other, again]
    assert await matching(createdBefore=created) == [first]
    assert await matching(unresolvedOnly=True) == []

    script.failing = {"load"}
    broken = execute_pipeline(chain_of(script, "other"), instance=service.instance).run_id
    assert await matching(unresolvedOnly=True) == [broken]


async def test_groups_are_listed_by_their_newest_run_and_filtered_by_the_root(service: Service, script, mended):
    first, again = mended
    script.failing = {"report"}
    broken = execute_pipeline(chain_of(script, "other"), instance=service.instance).run_id
    query = """query ($filter: RunFilter, $after: String, $first: Int! = 25) {
      runGroups(filter: $filter, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        edges { node { rootRunId pipelineName status newestRun { id } runs { id } } }
      }
    }"""

    async def matching(**run_filter: Any) -> list[str]:
        groups = (await service.ask(query, filter=run_filter))["runGroups"]
        assert groups["totalCount"] == len(groups["edges"])
        return [edge["node"]["rootRunId"] for edge in groups["edges"]]

    groups = (await service.ask(query))["runGroups"]
    assert [edge["node"] for edge in groups["edges"]] == [
        {
            "rootRunId": broken,
            "pipelineName": "other",
            "status": "FAILURE",
            "newestRun": {"id": broken},
            "runs": [{"id": broken}],
        },
        {
            "rootRunId": first,
            "pipelineName": "chain",
            "status": "SUCCESS",
            "newestRun": {"id": again},
            "runs": [{"id": first}, {"id": again}],
        },
    ]
    assert await matching(statuses=["SUCCESS"]) == [first]
    assert await matching(unresolvedOnly=True) == [broken]
    assert await matching(tags=[{"key": "team", "value": "ml"}]) == [first]
    assert await matching(pipelineName="other") == [broken]

    page = (await service.ask(query, first=1))["runGroups"]
    rest = (await service.ask(query, first=1, after=page["pageInfo"]["endCursor"]))["runGroups"]
    assert page["pageInfo"]["hasNextPage"]
    assert not rest["pageInfo"]["hasNextPage"]
    assert [edge["node"]["rootRunId"] for edge in rest["edges"]] == [first]


async def test_any_member_names_its_group(service: Service, mended):
    query = "query ($id: ID!) { runGroup(runId: $id) { rootRunId } }"
    for member in mended:
        assert (await service.ask(query, id=member))["runGroup"] == {"rootRunId": mended[0]}
    assert (await service.ask(query, id="nobody"))["runGroup"] is None


async def test_the_effective_steps_of_a_group_come_from_the_runs_that_decide(service: Service, mended):
    first, again = mended
    query = """query ($id: ID!) {
      runGroup(runId: $id) { effectiveSteps { runId stepKey status reason inputs { sources { runId } } } }
    }"""
    steps = (await service.ask(query, id=again))["runGroup"]["effectiveSteps"]
    assert [(step["stepKey"], step["runId"], step["status"]) for step in steps] == [
        ("load", first, "SUCCESS"),
        ("train", again, "SUCCESS"),
        ("report", again, "SUCCESS"),
    ]
    assert steps[0]["reason"] == "all steps"
    assert steps[1]["inputs"] == [{"sources": [{"runId": first}]}]


async def test_events_are_paged_and_filtered(service: Service, mended):
    query = """query ($id: ID!, $filter: EventFilter, $first: Int! = 100, $after: String) {
      run(id: $id) {
        events(filter: $filter, first: $first, after: $after) {
          edges { cursor node { cursor timestamp runId kind level stepKey attempt message data } }
          pageInfo { hasNextPage endCursor }
        }
      }
    }"""

    async def events(**arguments: Any) -> dict[str, Any]:
        page: dict[str, Any] = (await service.ask(query, id=mended[0], **arguments))["run"]["events"]
        return page

    whole = await events()
    kinds = [edge["node"]["kind"] for edge in whole["edges"]]
    assert kinds[0] == "RUN_STARTED"
    assert kinds[-1] == "RUN_FAILED"
    assert kinds.count("STEP_RETRYING") == 1
    assert not whole["pageInfo"]["hasNextPage"]

    parts, after = [], None
    while True:
        page = await events(first=4, after=after)
        parts += page["edges"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert parts == whole["edges"]

    of_train = await events(filter={"stepKeys": ["train"], "minLevel": "WARNING"})
    assert [edge["node"]["kind"] for edge in of_train["edges"]] == ["STEP_RETRYING", "STEP_FAILED"]
    said = await events(filter={"text": "RATE 0.5"}, first=1)
    assert [edge["node"]["message"] for edge in said["edges"]] == ["rate 0.5"]
    assert said["pageInfo"]["hasNextPage"]
    started = await events(filter={"kinds": ["STEP_STARTED"]})
    assert [(edge["node"]["stepKey"], edge["node"]["attempt"]) for edge in started["edges"]] == [
        ("load", 1),
        ("train", 1),
        ("train", 2),
    ]


async def test_counts_agree_with_the_steps_one_by_one(service: Service, script):
    script.failing = {"on_left"}
    branches = branching(script)
    first = execute_pipeline(branches, instance=service.instance)
    script.failing = set()
    again = reexecute_pipeline(branches, first.run_id, step_selection="on_left", instance=service.instance)
    part = execute_pipeline(branches, instance=service.instance, solid_selection="branch on_left")
    query = "query ($id: ID!) { run(id: $id) { stepCounts { status count } stepStats { status } } }"
    for run in (first, again, part):
        shown = (await service.ask(query, id=run.run_id))["run"]
        one_by_one = [step["status"] for step in shown["stepStats"]]
        assert {one["status"]: one["count"] for one in shown["stepCounts"]} == {
            status: one_by_one.count(status) for status in one_by_one
        }


def _ms(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp() * 1000
