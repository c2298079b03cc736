"""Bulks over GraphQL: what they would do, what they do, and when they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, TypeVar

import httpx
import pytest
from msgspec.structs import replace

from dalsegno import execute_pipeline, reexecute_pipeline
from dalsegno.api.app import create_app
from dalsegno.api.launching import planned_relaunch
from dalsegno.definitions import PipelineDefinition
from dalsegno.runs.bulk import SAME_WORK_TWICE
from dalsegno.settings import Settings
from dalsegno.store.database import Database
from dalsegno.store.queue import claim
from dalsegno.store.run_filter import RunFilter
from dalsegno.store.runs import list_runs
from tests.api.conftest import Service
from tests.store.records import lease_of
from tests.stored import everything_in

T = TypeVar("T")

PLAN = """
query ($action: BulkAction!, $filter: RunFilter!, $strategy: ReexecutionStrategy) {
  bulkPlan(action: $action, filter: $filter, strategy: $strategy) {
    runs stepsToExecute estimatedDurationMs refusals { message runs }
  }
}
"""
_FIELDS = """id action strategy total launched refused done canceled startedAt launchedBy reason
    refusals { message runs }"""
START = f"""
mutation (
  $action: BulkAction!, $filter: RunFilter!, $strategy: ReexecutionStrategy, $expectedCount: Int!, $reason: String,
  $idempotencyKey: String
) {{
  startBulk(
    action: $action, filter: $filter, strategy: $strategy, expectedCount: $expectedCount, reason: $reason,
    idempotencyKey: $idempotencyKey
  ) {{
    __typename
    ... on Error {{ message }}
    ... on StartBulkSuccess {{ bulk {{ {_FIELDS} }} }}
    ... on BulkCountChangedError {{ expectedCount actualCount }}
    ... on IdempotencyConflictError {{ run {{ id }} }}
  }}
}}
"""
BULK = f"query ($id: ID!) {{ bulk(id: $id) {{ {_FIELDS} }} }}"
CANCEL = f"mutation ($id: ID!) {{ cancelBulk(id: $id) {{ {_FIELDS} }} }}"
FAILED = {"statuses": ["FAILURE"]}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Three of a bulk's runs wait for a worker at a time."""
    return replace(settings, bulk_queued_runs=3)


@pytest.fixture
def served(service: Service, chain: PipelineDefinition, script) -> PipelineDefinition:
    """A pipeline that a worker serves, which fails at train."""
    service.serve(chain)
    script.failing = {"train"}
    return chain


async def fail(service: Service, chain: PipelineDefinition, count: int, **options: Any) -> list[str]:
    def runs() -> list[str]:
        return [execute_pipeline(chain, instance=service.instance, **options).run_id for _ in range(count)]

    # Beside the loop: it may be in the middle of a transaction for a bulk, which a script would wait for.
    return await asyncio.to_thread(runs)


async def start(service: Service, expected: int, **variables: Any) -> dict[str, Any]:
    given = {"action": "REEXECUTE", "strategy": "FROM_FAILURE", "filter": FAILED, "expectedCount": expected}
    answer: dict[str, Any] = (await service.ask(START, **(given | variables)))["startBulk"]
    return answer


async def started(service: Service, expected: int, **variables: Any) -> str:
    answer = await start(service, expected, **variables)
    assert answer["__typename"] == "StartBulkSuccess", answer
    bulk_id: str = answer["bulk"]["id"]
    return bulk_id


async def fetch(service: Service, bulk_id: str) -> dict[str, Any]:
    bulk: dict[str, Any] = (await service.ask(BULK, id=bulk_id))["bulk"]
    return bulk


async def until(condition: Callable[[], Awaitable[T]], what: str) -> T:
    deadline = monotonic() + 30
    while not (answer := await condition()):
        assert monotonic() < deadline, f"{what} did not come about within 30 s"
        await asyncio.sleep(0.01)
    return answer


async def until_launched(service: Service, bulk_id: str, count: int) -> None:
    async def reached() -> bool:
        return (await fetch(service, bulk_id))["launched"] == count

    await until(reached, f"the launch of {count} runs")


async def until_done(service: Service, bulk_id: str) -> dict[str, Any]:
    async def done() -> dict[str, Any] | None:
        found = await fetch(service, bulk_id)
        return found if found["done"] else None

    found = await until(done, "the end of the bulk")
    assert found is not None
    return found


async def runs_of(service: Service, bulk_id: str) -> list[dict[str, Any]]:
    """The runs with the bulk's tag, oldest first."""
    query = """query ($id: String!) { runs(first: 200, filter: { tags: [{ key: "dalsegno/bulk", value: $id }] }) {
      edges { node { id parentRunId strategy reason launchedBy status } } } }"""
    return [edge["node"] for edge in reversed((await service.ask(query, id=bulk_id))["runs"]["edges"])]


async def claimed(service: Service, chain: PipelineDefinition) -> str | None:
    """As a worker claims: the run's id."""
    run = await service.instance.database.write_async(claim("worker-1", [chain.snapshot.id], lease_of("worker-1")))
    return None if run is None else run.run_id


async def test_a_plan_tells_what_a_bulk_would_do(service: Service, served, script):
    script.failing = set()
    settled = execute_pipeline(served, instance=service.instance).run_id
    script.failing = {"train"}
    twice, *_ = await fail(service, served, 3)
    reexecute_pipeline(served, twice, instance=service.instance)
    before = everything_in(service.instance)

    plan = (await service.ask(PLAN, action="REEXECUTE", filter={}, strategy="FROM_FAILURE"))["bulkPlan"]

    assert plan["runs"] == 5
    # Three groups that failed at train: train and report.
    assert plan["stepsToExecute"] == 6
    assert plan["estimatedDurationMs"] > 0
    refusals = {one["message"]: one["runs"] for one in plan["refusals"]}
    assert refusals.pop(SAME_WORK_TWICE) == 1
    ((message, count),) = refusals.items()
    assert count == 1 and settled not in message
    assert everything_in(service.instance) == before


async def test_a_plan_does_not_guess_how_long_steps_take_that_never_succeeded(service: Service, served):
    await fail(service, served, 2)
    plan = (await service.ask(PLAN, action="REEXECUTE", filter={}, strategy="FROM_FAILURE"))["bulkPlan"]
    assert (plan["runs"], plan["stepsToExecute"], plan["estimatedDurationMs"]) == (2, 4, None)


async def test_refusals_of_a_plan_are_counted_by_sentence(service: Service, served):
    for _ in range(3):
        await service.ask('mutation { launchRun(pipelineName: "chain") { __typename } }')
    plan = (await service.ask(PLAN, action="REEXECUTE", filter={}, strategy="ALL_STEPS"))["bulkPlan"]
    assert plan == {
        "runs": 3,
        "stepsToExecute": 0,
        "estimatedDurationMs": 0.0,
        "refusals": [
            {
                "message": "The run has not ended yet (QUEUED). Wait for its end, or cancel it, and try again.",
                "runs": 3,
            }
        ],
    }


async def test_a_bulk_re_executes_what_matched_with_its_reason_and_its_tag(service: Service, served):
    failed = await fail(service, served, 2, tags={"team": "ml"})
    await fail(service, served, 1)
    only = {"tags": [{"key": "team", "value": "ml"}]}
    answer = await start(service, 2, filter=only, reason="the disk was full")
    bulk = answer["bulk"]
    assert (bulk["action"], bulk["strategy"], bulk["total"], bulk["launchedBy"], bulk["reason"]) == (
        "REEXECUTE",
        "FROM_FAILURE",
        2,
        "local",
        "the disk was full",
    )
    done = await until_done(service, bulk["id"])
    assert (done["launched"], done["refused"], done["canceled"]) == (2, 0, False)
    runs = await runs_of(service, bulk["id"])
    assert [run.pop("parentRunId") for run in runs] == failed
    assert [(run["strategy"], run["reason"], run["launchedBy"], run["status"]) for run in runs] == [
        ("FROM_FAILURE", "the disk was full", "local", "QUEUED")
    ] * 2


async def test_the_tag_of_a_bulk_is_not_passed_on_to_who_re_executes_its_runs(service: Service, served):
    await fail(service, served, 1, tags={"team": "ml"})
    bulk_id = await started(service, 1)
    await until_done(service, bulk_id)
    (run,) = await runs_of(service, bulk_id)
    await service.ask("mutation ($id: ID!) { cancelRun(runId: $id) { __typename } }", id=run["id"])
    again = """mutation ($id: ID!) { launchReexecution(parentRunId: $id) {
      ... on LaunchRunSuccess { run { tags { key value } } } } }"""
    found = (await service.ask(again, id=run["id"]))["launchReexecution"]["run"]
    assert found["tags"] == [{"key": "team", "value": "ml"}]


async def test_one_that_is_refused_stops_no_other(service: Service, served, script):
    failed = await fail(service, served, 1)
    script.failing = set()
    execute_pipeline(served, instance=service.instance)
    script.failing = {"train"}
    failed += await fail(service, served, 1)
    done = await until_done(service, await started(service, 3, filter={}))
    assert (done["total"], done["launched"], done["refused"]) == (3, 2, 1)
    assert [run["parentRunId"] for run in await runs_of(service, done["id"])] == failed


async def test_only_the_newest_of_a_group_is_re_executed(service: Service, served):
    (root,) = await fail(service, served, 1)
    again = reexecute_pipeline(served, root, instance=service.instance).run_id
    done = await until_done(service, await started(service, 2))
    assert (done["launched"], done["refused"]) == (1, 1)
    assert done["refusals"] == [{"message": SAME_WORK_TWICE, "runs": 1}]
    assert [run["parentRunId"] for run in await runs_of(service, done["id"])] == [again]


async def test_a_single_launch_waits_behind_few_and_is_claimed_before_what_a_bulk_has_yet_to_launch(
    service: Service, served
):
    await fail(service, served, 7)
    bulk_id = await started(service, 7)
    await until_launched(service, bulk_id, 3)
    single = await service.ask(
        'mutation { launchRun(pipelineName: "chain") { ... on LaunchRunSuccess { run { id } } } }'
    )
    order = []
    while len(order) < 8:
        run_id = await until(lambda: claimed(service, served), "a run to claim")
        order.append(run_id)
    assert order.index(single["launchRun"]["run"]["id"]) == 3
    assert (await until_done(service, bulk_id))["launched"] == 7


async def test_no_more_than_a_few_wait_for_a_worker_however_long_none_comes(service: Service, served):
    await fail(service, served, 5)
    bulk_id = await started(service, 5)
    await until_launched(service, bulk_id, 3)
    # A cancelled one waits no more.
    first = (await runs_of(service, bulk_id))[0]["id"]
    await service.ask("mutation ($id: ID!) { cancelRun(runId: $id) { __typename } }", id=first)
    await until_launched(service, bulk_id, 4)
    queued = await service.instance.database.read_async(list_runs(RunFilter(statuses=("QUEUED",)), 10))
    assert len(queued) == 3
    assert not (await fetch(service, bulk_id))["done"]


async def test_two_bulks_go_on_beside_each_other(service: Service, served):
    for team in ("a", "b"):
        await fail(service, served, 2, tags={"team": team})
    ids = [
        await started(service, 2, filter={"tags": [{"key": "team", "value": team}]}, strategy="ALL_STEPS")
        for team in ("a", "b")
    ]
    assert [(await until_done(service, one))["launched"] for one in ids] == [2, 2]


async def test_a_cancelled_bulk_leaves_what_is_not_yet_launched(service: Service, served):
    await fail(service, served, 6)
    bulk_id = await started(service, 6)
    await until_launched(service, bulk_id, 3)
    canceled = (await service.ask(CANCEL, id=bulk_id))["cancelBulk"]
    assert (canceled["launched"], canceled["done"], canceled["canceled"]) == (3, True, True)
    while await claimed(service, served):
        pass
    # Another bulk has its turn, and all of it, so this one would have had its own.
    await fail(service, served, 1, tags={"team": "ml"})
    await until_done(service, await started(service, 1, filter={"tags": [{"key": "team", "value": "ml"}]}))
    assert (await fetch(service, bulk_id))["launched"] == 3
    assert (await service.ask(CANCEL, id=bulk_id))["cancelBulk"] == await fetch(service, bulk_id)


async def test_a_bulk_cancels_what_waits_and_runs_and_refuses_what_has_ended(service: Service, served):
    await fail(service, served, 1)
    for _ in range(3):
        await service.ask('mutation { launchRun(pipelineName: "chain") { __typename } }')
    going_on = await claimed(service, served)
    plan = (await service.ask(PLAN, action="CANCEL", filter={}))["bulkPlan"]
    assert (plan["runs"], plan["stepsToExecute"]) == (4, 0)
    assert [(one["message"], one["runs"]) for one in plan["refusals"]] == [
        ("The run has already ended (FAILURE); a finished run never changes.", 1)
    ]
    done = await until_done(service, await started(service, 4, action="CANCEL", filter={}, strategy=None))
    assert (done["action"], done["strategy"], done["launched"], done["refused"]) == ("CANCEL", None, 3, 1)
    runs = service.instance.runs()
    assert sorted(run.status for run in runs) == ["CANCELED", "CANCELED", "FAILURE", "STARTING"]
    assert [run.run_id for run in runs if run.cancel_requested and not run.status.has_ended] == [going_on]


async def test_a_count_that_has_moved_is_refused_and_nothing_is_stored(service: Service, served):
    await fail(service, served, 2)
    before = everything_in(service.instance)
    answer = await start(service, 3)
    assert answer["__typename"] == "BulkCountChangedError"
    assert (answer["expectedCount"], answer["actualCount"]) == (3, 2)
    assert "2 runs match now, not 3" in answer["message"]
    assert everything_in(service.instance) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param({"action": "REEXECUTE"}, "REEXECUTE needs a strategy", id="no strategy"),
        pytest.param(
            {"action": "REEXECUTE", "strategy": "SELECTED_STEPS"},
            "SELECTED_STEPS needs a selection",
            id="selected steps",
        ),
        pytest.param(
            {"action": "REEXECUTE", "strategy": "FROM_SELECTED"}, "FROM_SELECTED needs a selection", id="from selected"
        ),
        pytest.param({"action": "CANCEL", "strategy": "ALL_STEPS"}, "CANCEL takes no strategy", id="cancel"),
    ],
)
async def test_strategies_that_a_bulk_can_not_use_are_errors(service: Service, arguments, told):
    before = everything_in(service.instance)
    for query in (PLAN, START):
        counted = {"expectedCount": 0} if query is START else {}
        (error,) = await service.errors(query, filter={}, **counted, **arguments)
        assert told in error["message"]
        assert error["extensions"]["code"] == "INVALID_ARGUMENTS"
    assert everything_in(service.instance) == before


async def test_a_key_starts_one_bulk(service: Service, served):
    await fail(service, served, 2)
    first = await started(service, 2, idempotencyKey="night 7", reason="first")
    await fail(service, served, 1)
    assert await started(service, 2, idempotencyKey="night 7", reason="again") == first
    other = await start(service, 3, idempotencyKey="night 7")
    assert (other["__typename"], other["run"]) == ("IdempotencyConflictError", None)
    assert await started(service, 3, idempotencyKey="night 8") != first


@asynccontextmanager
async def another_service(service: Service, settings: Settings) -> AsyncIterator[Service]:
    """A service of its own on the same database, for as long as this lasts."""
    database = Database.open(settings.database_url)
    app = create_app(settings, database, service.instance.storage)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        yield Service(client, service.instance)
    database.close()


async def test_a_service_that_stops_gives_its_bulks_back_and_another_goes_on_at_once(
    service: Service, served, settings
):
    await fail(service, served, 6)
    # It would be waited for, were it not given back.
    patient = replace(settings, lease_seconds=600.0)
    async with another_service(service, patient) as first:
        bulk_id = await started(first, 6)
        await until_launched(first, bulk_id, 3)
    async with another_service(service, patient) as second:
        while await claimed(second, served):
            pass
        assert (await until_done(second, bulk_id))["launched"] == 6
    assert len({run["parentRunId"] for run in await runs_of(service, bulk_id)}) == 6


async def test_several_services_on_one_database_launch_each_run_once(service: Service, served, settings):
    await fail(service, served, 12)
    async with (
        another_service(service, replace(settings, bulk_queued_runs=12)) as one,
        another_service(service, replace(settings, bulk_queued_runs=12)) as two,
    ):
        ids = [
            await started(asked, 12, filter=FAILED, strategy=strategy)
            for asked, strategy in ((one, "ALL_STEPS"), (two, "FROM_FAILURE"))
        ]
        for bulk_id in ids:
            assert (await until_done(service, bulk_id))["launched"] == 12
            assert len({run["parentRunId"] for run in await runs_of(service, bulk_id)}) == 12


async def test_there_is_no_bulk_of_another_id(service: Service):
    assert (await service.ask(BULK, id="nobody"))["bulk"] is None
    assert (await service.ask(CANCEL, id="nobody"))["cancelBulk"] is None


async def test_what_breaks_for_one_run_is_logged_and_refused_and_stops_no_other(
    service: Service, served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    failed = await fail(service, served, 2)

    async def breaks_once(context: Any, run_id: str, options: Any) -> Any:
        if run_id == failed[0]:
            raise RuntimeError("a secret of the storage")
        return await planned_relaunch(context, run_id, options)

    monkeypatch.setattr("dalsegno.api.bulk_carrier.planned_relaunch", breaks_once)
    done = await until_done(service, await started(service, 2))
    assert (done["launched"], done["refused"]) == (1, 1)
    assert "a secret of the storage" in caplog.text
    assert "a secret of the storage" not in done["refusals"][0]["message"]
