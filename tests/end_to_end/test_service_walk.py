"""Launch, failure, mended file, plan, re-execution, success: asked with a library that knows nothing of Dalsegno."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportConnectionFailed, TransportError
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport
from gql.transport.websockets import WebsocketsTransport

from tests.end_to_end.service_processes import OPERATOR, VIEWER, Processes, running
from tests.waiting import until

BROKEN = 'raise ValueError("not mended yet")'
CODE = """
from dalsegno import pipeline, step

@step
def start():
    return 1

@step
def unreliable(number):
    BODY

@step
def report(number):
    return f"it is {number}"

@pipeline(name="NAME")
def walked():
    report(unreliable(start()))
"""

LAUNCH = """mutation ($name: String!) {
  launchRun(pipelineName: $name) { __typename ... on Error { message } ... on LaunchRunSuccess { run { id status } } }
}"""
PLAN = """query ($parent: ID!) {
  reexecutionPlan(parentRunId: $parent, strategy: FROM_FAILURE) {
    __typename
    ... on Error { message }
    ... on ReexecutionPlan { id steps { stepKey action reasonCode reusedFromRunId } }
  }
}"""
REEXECUTE = """mutation ($parent: ID!, $key: String, $planId: ID, $reason: String) {
  launchReexecution(
    parentRunId: $parent, strategy: FROM_FAILURE, reason: $reason, idempotencyKey: $key, planId: $planId
  ) {
    __typename
    ... on Error { message }
    ... on LaunchRunSuccess { run { id launchedBy } }
    ... on StalePlanError { plan { id stepKeysToExecute } }
    ... on IdempotencyConflictError { earlier: run { id } }
  }
}"""
STEPS = """query ($run: ID!) {
  run(id: $run) {
    status group { status runs { id } }
    stepStats { stepKey status reusedFromRunId error { className message } causeStepKeys outputs { preview } }
  }
}"""
UPDATES = "subscription ($run: ID!) { runUpdates(runId: $run) { status } }"
EVENTS = "subscription ($run: ID!) { runEvents(runId: $run) { isLast events { kind stepKey } } }"


def code(name: str, body: str) -> str:
    return CODE.replace("NAME", name).replace("BODY", body)


@pytest.fixture(scope="module")
def processes(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """A service and two workers, on each database."""
    folder = tmp_path_factory.mktemp("walk")
    with running(folder, module_database_url, code("first", BROKEN), workers=2) as started:
        yield started


class Asked:
    """The service, asked by the bearer of a token; questions are checked against the schema that the service tells."""

    def __init__(self, processes: Processes, token: str = OPERATOR) -> None:
        self._processes = processes
        self.headers = {"Authorization": f"Bearer {token}"}
        transport = HTTPXTransport(f"{processes.url}/graphql", headers=self.headers)
        self._client = Client(transport=transport, fetch_schema_from_transport=True)

    def __call__(self, document: str, **variables: Any) -> dict[str, Any]:
        return self._client.execute(GraphQLRequest(document, variable_values=variables))

    async def stream(self, document: str, **variables: Any) -> list[dict[str, Any]]:
        """All that a subscription tells, to its end."""
        return [answer async for answer in self._subscribe(document, variables)]

    async def at_once(self, times: int, document: str, **variables: Any) -> list[dict[str, Any]]:
        """The same request, several times at the same moment, each on a connection of its own."""

        async def ask() -> dict[str, Any]:
            transport = HTTPXAsyncTransport(f"{self._processes.url}/graphql", headers=self.headers)
            async with Client(transport=transport) as session:
                return await session.execute(GraphQLRequest(document, variable_values=variables))

        return await asyncio.gather(*(ask() for _ in range(times)))

    async def _subscribe(self, document: str, variables: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        url = self._processes.url.replace("http", "ws", 1)
        transport = WebsocketsTransport(f"{url}/graphql", headers=self.headers)
        async with Client(transport=transport) as session:
            async for answer in session.subscribe(GraphQLRequest(document, variable_values=variables)):
                yield answer

    def edit(self, name: str, body: str) -> None:
        """The file on disk has this pipeline with this body now, and it is served."""
        before = self._processes.snapshot_id(name)
        self._processes.write(code(name, body))
        self._processes.until_served(name, other_than=before)

    def ended(self, run_id: str) -> str:
        """The status of a run that has ended."""

        def status() -> str | None:
            run = self("query ($run: ID!) { run(id: $run) { status endedAt } }", run=run_id)["run"]
            return run["status"] if run["endedAt"] else None

        return until(status, what=f"the end of run {run_id}")

    def failed_run(self, name: str) -> str:
        """A run of a pipeline of this name that has failed, because its code is broken."""
        self.edit(name, BROKEN)
        run_id: str = self(LAUNCH, name=name)["launchRun"]["run"]["id"]
        assert self.ended(run_id) == "FAILURE"
        return run_id


@pytest.fixture
def asked(processes: Processes) -> Asked:
    return Asked(processes)


async def test_launch_failure_mended_file_plan_reexecution_success(processes: Processes, asked: Asked) -> None:
    processes.until_served("first")
    until(lambda: len({one["pid"] for one in asked("{ workers { pid } }")["workers"]}) == 2, what="two workers")

    launched = asked(LAUNCH, name="first")["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess"
    first = launched["run"]["id"]
    updates = await asked.stream(UPDATES, run=first)
    assert updates[-1] == {"runUpdates": {"status": "FAILURE"}}
    failed = asked(STEPS, run=first)["run"]
    steps = {one["stepKey"]: one for one in failed["stepStats"]}
    assert {key: one["status"] for key, one in steps.items()} == {
        "start": "SUCCESS",
        "unreliable": "FAILURE",
        "report": "BLOCKED",
    }
    assert steps["unreliable"]["error"] == {"className": "ValueError", "message": "not mended yet"}
    assert steps["report"]["causeStepKeys"] == ["unreliable"]

    asked.edit("first", "return number")
    plan = asked(PLAN, parent=first)["reexecutionPlan"]
    assert [(one["stepKey"], one["action"], one["reasonCode"], one["reusedFromRunId"]) for one in plan["steps"]] == [
        ("start", "REUSE", "ENDED_WELL", first),
        ("unreliable", "EXECUTE", "FAILED", None),
        ("report", "EXECUTE", "BLOCKED", None),
    ]

    launched = asked(REEXECUTE, parent=first, planId=plan["id"], reason="it is mended")["launchReexecution"]
    assert launched["run"]["launchedBy"] == "nightly"
    second = launched["run"]["id"]
    batches = [answer["runEvents"] for answer in await asked.stream(EVENTS, run=second)]
    assert [batch["isLast"] for batch in batches] == [False] * (len(batches) - 1) + [True]
    started = [one["stepKey"] for batch in batches for one in batch["events"] if one["kind"] == "STEP_STARTED"]
    assert started == ["unreliable", "report"]
    succeeded = asked(STEPS, run=second)["run"]
    assert (succeeded["status"], succeeded["group"]["status"]) == ("SUCCESS", "SUCCESS")
    assert [one["id"] for one in succeeded["group"]["runs"]] == [first, second]
    assert [(one["stepKey"], one["status"], one["reusedFromRunId"]) for one in succeeded["stepStats"]] == [
        ("start", "REUSED", first),
        ("unreliable", "SUCCESS", None),
        ("report", "SUCCESS", None),
    ]
    assert succeeded["stepStats"][-1]["outputs"] == [{"preview": "'it is 1'"}]
    assert asked(STEPS, run=first)["run"]["stepStats"] == failed["stepStats"]


def test_a_selection_may_be_one_text_instead_of_a_list(asked: Asked) -> None:
    parent = asked.failed_run("selected")
    asked.edit("selected", "return number")
    launched = asked(
        """mutation ($parent: ID!) {
          launchReexecution(parentRunId: $parent, selection: "unreliable+*") {
            ... on Error { message } ... on LaunchRunSuccess { run { id strategy selection stepKeysToExecute } }
          }
        }""",
        parent=parent,
    )["launchReexecution"]["run"]
    assert launched["strategy"] == "SELECTED_STEPS"
    assert launched["selection"] == ["unreliable+*"]
    assert launched["stepKeysToExecute"] == ["unreliable", "report"]
    assert asked.ended(launched["id"]) == "SUCCESS"


async def test_one_idempotency_key_launches_one_run_at_once_and_later(asked: Asked) -> None:
    parent = asked.failed_run("repeated")
    answers = await asked.at_once(4, REEXECUTE, parent=parent, key="once")
    assert {one["launchReexecution"]["__typename"] for one in answers} == {"LaunchRunSuccess"}
    (run_id,) = {one["launchReexecution"]["run"]["id"] for one in answers}
    asked.ended(run_id)
    # What is said for people alone, and where the plan stands by now, make no difference.
    later = asked(REEXECUTE, parent=parent, key="once", reason="once more", planId="of an older preview")
    assert later["launchReexecution"] == {
        "__typename": "LaunchRunSuccess",
        "run": {"id": run_id, "launchedBy": "nightly"},
    }
    conflict = asked(REEXECUTE, parent=run_id, key="once")["launchReexecution"]
    assert (conflict["__typename"], conflict["earlier"]) == ("IdempotencyConflictError", {"id": run_id})
    group = asked(STEPS, run=parent)["run"]["group"]["runs"]
    assert group == [{"id": parent}, {"id": run_id}]


def test_a_preview_that_has_gone_stale_is_refused_with_the_plan_as_it_is_now(asked: Asked) -> None:
    parent = asked.failed_run("previewed")
    previewed = asked(PLAN, parent=parent)["reexecutionPlan"]["id"]
    asked.edit("previewed", "return number")
    refused = asked(REEXECUTE, parent=parent, planId=previewed)["launchReexecution"]
    assert refused["__typename"] == "StalePlanError"
    assert refused["plan"]["stepKeysToExecute"] == ["unreliable", "report"]
    assert refused["plan"]["id"] not in ("", previewed)
    assert asked(STEPS, run=parent)["run"]["group"]["runs"] == [{"id": parent}]
    launched = asked(REEXECUTE, parent=parent, planId=refused["plan"]["id"])["launchReexecution"]
    assert asked.ended(launched["run"]["id"]) == "SUCCESS"


def test_a_viewer_may_look_and_not_launch(processes: Processes, asked: Asked) -> None:
    parent = asked.failed_run("looked_at")
    viewer = Asked(processes, VIEWER)
    assert viewer(PLAN, parent=parent)["reexecutionPlan"]["__typename"] == "ReexecutionPlan"
    assert viewer(LAUNCH, name="looked_at")["launchRun"]["__typename"] == "PermissionDeniedError"
    assert viewer(REEXECUTE, parent=parent)["launchReexecution"]["__typename"] == "PermissionDeniedError"
    assert asked(STEPS, run=parent)["run"]["group"]["runs"] == [{"id": parent}]


async def test_a_wrong_token_is_refused_over_http_and_over_the_websocket(processes: Processes) -> None:
    stranger = Asked(processes, "secret-of-a-stranger")
    with pytest.raises(TransportError, match="not a token of this service"):
        stranger("{ version }")
    with pytest.raises(TransportConnectionFailed):
        await stranger.stream(UPDATES, run="any")
