"""The service in this process, on each database, with pipelines published and runs made by scripts."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from dalsegno import Instance
from dalsegno.api.app import create_app, create_server
from dalsegno.definitions import PipelineDefinition
from dalsegno.output_storage import OutputStorage
from dalsegno.settings import Settings
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.database import Database
from dalsegno.store.pipelines import publish
from dalsegno.store.workers import WorkerRecord, register
from tests.api.pipelines import Script, chain_of
from tests.waiting import until


class Service:
    """Asks the service as clients do, and brings about what it is to show."""

    def __init__(self, client: httpx.AsyncClient, instance: Instance) -> None:
        self.client = client
        self.instance = instance

    async def answer(self, query: str, **variables: Any) -> dict[str, Any]:
        """All of the answer to a query."""
        response = await self.client.post("/graphql", json={"query": query, "variables": variables})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer that has no errors."""
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def errors(self, query: str, **variables: Any) -> list[dict[str, Any]]:
        """The errors of an answer that has some."""
        answer = await self.answer(query, **variables)
        assert answer.get("errors"), answer
        errors: list[dict[str, Any]] = answer["errors"]
        return errors

    def publish(self, *pipelines: PipelineDefinition | PipelineSnapshot) -> None:
        """Makes these the current ones, as a worker does."""
        publish_in(self.instance, *pipelines)

    def serve(self, *pipelines: PipelineDefinition | PipelineSnapshot, **fields: Any) -> None:
        """Publishes these, and lets a worker that has loaded them say that it is there."""
        serve_in(self.instance, *pipelines, **fields)


def publish_in(instance: Instance, *pipelines: PipelineDefinition | PipelineSnapshot) -> list[PipelineSnapshot]:
    """Makes these the current ones, as a worker does."""
    snapshots = [one if isinstance(one, PipelineSnapshot) else one.snapshot for one in pipelines]
    instance.database.write(publish(snapshots, datetime.now(UTC)))
    return snapshots


def serve_in(instance: Instance, *pipelines: PipelineDefinition | PipelineSnapshot, **fields: Any) -> None:
    """Publishes these, and lets a worker that has loaded them say that it is there."""
    snapshots = publish_in(instance, *pipelines)
    record = WorkerRecord(
        id="worker-1",
        host="here",
        pid=7,
        executor="processes",
        code_location="pipelines.py",
        pipeline_snapshots={one.name: one.id for one in snapshots},
        loaded_snapshot_ids=tuple(one.id for one in snapshots),
        started_at=datetime.now(UTC),
    )
    instance.database.write(register(msgspec.structs.replace(record, **fields), 60.0))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings without tokens."""
    # A script looks every heartbeat whether its run is to be cancelled.
    return Settings(database_url=database_url, storage_url=str(tmp_path / "storage"), heartbeat_seconds=0.1)


@pytest.fixture
def storage(settings: Settings) -> OutputStorage:
    """Where scripts and the service keep outputs."""
    return OutputStorage(settings.storage_url)


@pytest.fixture
async def service(database: Database, storage: OutputStorage, settings: Settings) -> AsyncIterator[Service]:
    """The service, asked from its own machine."""
    app = create_app(settings, database, storage)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        yield Service(client, Instance(database, storage, settings))


@pytest.fixture
def script() -> Script:
    """Which steps fail."""
    return Script()


@pytest.fixture
def chain(script: Script) -> PipelineDefinition:
    """load -> train -> report."""
    return chain_of(script)


@pytest.fixture
def service_url(database: Database, storage: OutputStorage, settings: Settings) -> Iterator[str]:
    """The URL of the service behind a real server."""
    with running(settings, database, storage) as url:
        yield url


@contextmanager
def running(settings: Settings, database: Database, storage: OutputStorage) -> Iterator[str]:
    """A server in a thread of this process; its URL."""
    server = create_server(create_app(settings, database, storage), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    try:
        until(lambda: server.started, what="the server's start")
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def instance(database: Database, storage: OutputStorage, settings: Settings) -> Instance:
    """What scripts work with, on the service's database."""
    return Instance(database, storage, settings)
