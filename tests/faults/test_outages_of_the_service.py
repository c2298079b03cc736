"""A service whose database is away for a while: it says so, and recovers by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gql import Client, GraphQLRequest, gql
from gql.transport.websockets import WebsocketsTransport
from sqlalchemy import text

from dalsegno.errors import StoreUnavailableError
from dalsegno.output_storage import OutputStorage
from dalsegno.runs.status import RunStatus
from dalsegno.settings import Settings
from dalsegno.store.changes import Changes
from dalsegno.store.database import Database
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.runs import fetch_run
from dalsegno.store.tables import runs
from tests.api.conftest import running
from tests.end_to_end.service_processes import Processes
from tests.faults.outages import PostgresOutage
from tests.store.records import LEASE, at, launched, log, run_named
from tests.waiting import until

EVENTS = 'subscription { runEvents(runId: "r") { isLast events { kind } } }'
PLAN = '{ reexecutionPlan(parentRunId: "r", strategy: FROM_FAILURE) { __typename } }'
UPDATES = 'subscription { runUpdates(runId: "r") { status version stepTable } }'


@pytest.fixture
def server(empty_postgres_url: str) -> Iterator[Database]:
    """The database, by a way that is always open."""
    database = Database.open(empty_postgres_url)
    database.write(launched(run_named("r")))
    yield database
    database.close()


@pytest.fixture
def way(server: Database) -> Iterator[PostgresOutage]:
    made = PostgresOutage(server.url.render_as_string(hide_password=False))
    yield made
    made.close()


@pytest.fixture
def service_url(way: PostgresOutage, tmp_path: Path) -> Iterator[str]:
    settings = Settings(database_url=way.url, storage_url=str(tmp_path))
    database = Database.open(way.url)
    with running(settings, database, OutputStorage(settings.storage_url)) as url:
        yield url
    database.close()


def asked(url: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.post(f"{url}/graphql", json={"query": '{ run(id: "r") { __typename } }'}).json()
    return answer


def readiness(url: str) -> tuple[int, dict[str, str]]:
    response = httpx.get(f"{url}/readyz")
    return response.status_code, response.json()


def test_it_says_that_it_is_not_ready_answers_with_a_typed_error_and_recovers_by_itself(
    service_url: str, way: PostgresOutage
) -> None:
    assert readiness(service_url) == (200, {"status": "ok", "database": "ok", "schema": "ok"})
    assert "errors" not in asked(service_url)
    way.begin()
    assert readiness(service_url) == (
        503,
        {"status": "unavailable", "database": "can't be read", "schema": "not known"},
    )
    (error,) = asked(service_url)["errors"]
    assert error["extensions"] == {"code": "STORE_UNAVAILABLE"}
    assert error["message"].endswith("Try again.")
    assert httpx.get(f"{service_url}/healthz").status_code == 200
    way.end()
    assert readiness(service_url)[0] == 200
    assert "errors" not in asked(service_url)


def test_a_schema_of_another_version_is_told_as_the_reason(service_url: str, server: Database) -> None:
    def move():
        yield text("UPDATE alembic_version SET version_num = '0001'")

    server.write(move())
    status, answer = readiness(service_url)
    assert (status, answer["database"]) == (503, "ok")
    assert answer["schema"].startswith("is 0001, this version works with")
    assert "dalsegno migrate" in answer["schema"]


def test_a_service_that_is_started_in_an_outage_waits_for_its_end(way: PostgresOutage, tmp_path: Path) -> None:
    processes = Processes(tmp_path, way.url)
    try:
        way.begin()
        served: list[str] = []
        serving = threading.Thread(target=lambda: served.append(processes.serve()))
        serving.start()
        log = tmp_path / "service.err"
        until(lambda: log.exists() and "It is waited for." in log.read_text(), what="a service that waits")
        way.end()
        serving.join()
        assert readiness(served[0])[0] == 200
    finally:
        processes.close()


@pytest.mark.parametrize("is_away", [True, False], ids=["after an outage", "at any other time"])
def test_a_scripts_run_whose_lease_ran_out_is_spared_just_after_an_outage(
    server: Database, way: PostgresOutage, tmp_path: Path, is_away: bool, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(database_url=way.url, storage_url=str(tmp_path), lease_seconds=600, heartbeat_seconds=0.1)
    database = Database.open(way.url)

    def expire():
        yield runs.update().values(lease_expires_at=at(0))

    with running(settings, database, OutputStorage(settings.storage_url)) as url:
        if is_away:
            way.begin()
            # Nobody has asked it for anything.
            until(lambda: "It is tried again." in caplog.text, what="a service that notices")
            server.write(expire())
            way.end()
        else:
            server.write(expire())
        httpx.post(f"{url}/graphql", json={"query": PLAN}).raise_for_status()
        run = server.read(fetch_run("r"))
    database.close()
    assert run is not None
    assert run.status is (RunStatus.RUNNING if is_away else RunStatus.FAILURE)


@pytest.mark.parametrize("query", [EVENTS, UPDATES])
async def test_subscriptions_go_on_when_it_is_back(
    service_url: str, server: Database, way: PostgresOutage, query: str, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[dict[str, Any]] = []
    transport = WebsocketsTransport(url=f"{service_url.replace('http', 'ws', 1)}/graphql")
    async with Client(transport=transport, fetch_schema_from_transport=False) as session:
        async for answer in session.subscribe(GraphQLRequest(gql(query))):
            told.append(answer)
            if len(told) > 1:
                break
            way.begin()
            # Another process goes on meanwhile.
            await asyncio.to_thread(server.write, append("r", LEASE.token, RunBatch(events=(log("meanwhile"),))))
            await asyncio.to_thread(until, lambda: "A subscription waits" in caplog.text)
            way.end()
    (field,) = told[1].values()
    if query is EVENTS:
        assert field["events"] == [{"kind": "LOG"}]
    else:
        assert field["status"] == RunStatus.RUNNING


async def test_news_come_again_when_it_is_back(server: Database, way: PostgresOutage) -> None:
    database = Database.open(way.url)
    with Changes(database) as changes:
        changes.wait_sync(0.001)
        way.begin()
        with pytest.raises(StoreUnavailableError):
            database.read(fetch_run("r"))
        way.end()
        # What is lost, and found again, is news too; then it is quiet.
        assert changes.wait_sync(20.0)
        while changes.wait_sync(1.0):
            pass
        mark = changes.mark
        server.write(append("r", LEASE.token, RunBatch(events=(log("hello"),))))
        assert changes.wait_sync(20.0, after=mark)
    database.close()


async def test_connections_that_were_cut_in_any_state_leave_nothing_unusable(
    server: Database, way: PostgresOutage
) -> None:
    """Each time other queries are cut off; afterwards each of them is answered again."""
    database = Database.open(way.url)
    stop = asyncio.Event()
    failures: list[BaseException] = []
    answers: list[int] = []

    async def ask() -> None:
        while not stop.is_set():
            try:
                await database.read_async(fetch_run("r"))
                answers.append(1)
            except StoreUnavailableError:
                await asyncio.sleep(0.01)
            except BaseException as error:
                failures.append(error)
                raise

    asking = [asyncio.create_task(ask()) for _ in range(8)]
    for _ in range(5):
        before = len(answers)
        await asyncio.to_thread(until, lambda before=before: len(answers) > before + len(asking))
        await asyncio.to_thread(way.begin)
        await asyncio.to_thread(way.end)
    stop.set()
    await asyncio.gather(*asking, return_exceptions=True)
    assert failures == []
    run = await database.read_async(fetch_run("r"))
    assert run is not None and run.started_at in (None, at(0))
    await database.close_async()
    database.close()
