"""What the service tells Prometheus."""

from __future__ import annotations

from datetime import timedelta

import httpx
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from dalsegno.api.app import create_app
from dalsegno.errors import StoreUnavailableError
from dalsegno.settings import AccessToken, Role
from dalsegno.store.database import Database
from tests.api.conftest import Service

LAUNCH = 'mutation { launchRun(pipelineName: "chain") { __typename ... on LaunchRunSuccess { run { id } } } }'


async def told(service: Service) -> dict[str, float]:
    """By name and labels."""
    response = await service.client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    return {
        sample.name + "".join(f" {value}" for name, value in sample.labels.items() if name != "le"): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


async def test_runs_by_status_the_queue_and_workers_are_as_the_database_holds_them(service: Service, chain):
    empty = await told(service)
    assert (empty["dalsegno_database_up"], empty["dalsegno_queue_oldest_age_seconds"]) == (1, 0)
    assert (empty["dalsegno_runs queued"], empty["dalsegno_live_workers"]) == (0, 0)
    service.serve(chain)
    for _ in range(2):
        await service.ask(LAUNCH)

    def age():
        from dalsegno.store.tables import runs

        rows = yield runs.select()
        yield runs.update().values(created_at=rows[0].created_at - timedelta(hours=1))

    service.instance.database.write(age())
    found = await told(service)
    assert found["dalsegno_runs queued"] == found["dalsegno_queue_runs"] == 2
    assert found["dalsegno_runs success"] == 0
    assert 3600 <= found["dalsegno_queue_oldest_age_seconds"] < 7200
    assert found["dalsegno_live_workers"] == 1


async def test_launches_plans_requests_and_errors_are_counted(service: Service, chain):
    service.serve(chain)
    await service.ask(LAUNCH)
    await service.ask("{ version }")
    await service.errors("{ runs(first: 0) { totalCount } }")
    await service.errors("{ verzion }")
    found = await told(service)
    assert found["dalsegno_launch_duration_seconds_count"] == found["dalsegno_plan_duration_seconds_count"] == 1
    assert found["dalsegno_graphql_request_duration_seconds_count mutation"] == 1
    assert found["dalsegno_graphql_request_duration_seconds_count query"] == 3
    assert found["dalsegno_graphql_errors_total INVALID_PAGE"] == 1
    assert found["dalsegno_graphql_errors_total GRAPHQL"] == 1


async def test_where_the_database_is_away_it_says_so_and_nothing_of_what_it_holds(service: Service, monkeypatch):
    async def unavailable(*_arguments: object) -> None:
        raise StoreUnavailableError(database="postgresql://inside", problem="away")

    await told(service)
    monkeypatch.setattr(Database, "read_async", unavailable)
    found = await told(service)
    assert found["dalsegno_database_up"] == 0
    assert [name for name in found if name.startswith("dalsegno_runs")] == []
    assert found["dalsegno_queue_runs"] != found["dalsegno_queue_runs"]


async def test_it_takes_a_token_as_everything_that_tells_something(settings, database, storage):
    secret = "viewer-secret-00001"
    tokens = (AccessToken(role=Role.VIEWER, name="prometheus", secret=secret),)
    app = create_app(replace(settings, tokens=tokens), database, storage)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/metrics")).status_code == 401
        allowed = await client.get("/metrics", headers={"authorization": f"Bearer {secret}"})
        assert allowed.status_code == 200
        assert secret not in allowed.text
    await database.close_async()
