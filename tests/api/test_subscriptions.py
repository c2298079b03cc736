"""What is told as it happens, over a real server, with a client that others wrote."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets
from gql import Client, GraphQLRequest, gql
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

from dalsegno import Instance, execute_pipeline
from dalsegno.output_storage import OutputStorage
from dalsegno.settings import AccessToken, Role, Settings
from dalsegno.store.database import Database
from dalsegno.store.leases import request_cancel
from tests.api.conftest import running, serve_in

EVENTS = """
subscription ($id: ID!, $after: String) {
  runEvents(runId: $id, after: $after) { isLast events { cursor kind stepKey } }
}
"""
UPDATES = """
subscription ($id: ID) {
  runUpdates(runId: $id) { id status version stepCounts { status count } stepTable }
}
"""
SECRET = "viewer-secret-00002"
CURRENT = websockets.Subprotocol("graphql-transport-ws")
LEGACY = websockets.Subprotocol("graphql-ws")


@asynccontextmanager
async def subscribed(url: str, **options: Any) -> AsyncIterator[AsyncClientSession]:
    """A client over WebSocket."""
    transport = WebsocketsTransport(url=f"{url.replace('http', 'ws', 1)}/graphql", **options)
    async with Client(transport=transport, fetch_schema_from_transport=False) as session:
        yield session


class Held:
    """Lets a step wait until it is told to go on."""

    def __init__(self, step_key: str) -> None:
        self._step_key = step_key
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, key: str) -> None:
        if key == self._step_key:
            self.reached.set()
            assert self.go_on.wait(30)


async def test_events_are_told_as_they_happen_to_the_end_of_the_run(service_url, instance: Instance, chain, script):
    held = script.on_enter = Held("train")
    running_run = asyncio.create_task(asyncio.to_thread(execute_pipeline, chain, instance=instance))
    await asyncio.to_thread(held.reached.wait, 30)
    run_id = instance.runs(limit=1)[0].run_id

    told: list[dict[str, Any]] = []
    async with subscribed(service_url) as session:
        async for answer in session.subscribe(_asked(EVENTS, id=run_id)):
            batch = answer["runEvents"]
            told += batch["events"]
            if any(event["stepKey"] == "train" for event in told):
                # Told while the step still runs.
                held.go_on.set()
            if batch["isLast"]:
                break
    await running_run

    stored = instance.events(run_id)
    assert [event["kind"] for event in told] == [event.kind for event in stored]

    # From a cursor on, of a run that has ended: the rest, and that it is the last.
    async with subscribed(service_url) as session:
        rest = [
            answer["runEvents"]
            async for answer in session.subscribe(_asked(EVENTS, id=run_id, after=told[2]["cursor"]))
        ]
        nothing = [
            answer["runEvents"]
            async for answer in session.subscribe(_asked(EVENTS, id=run_id, after=told[-1]["cursor"]))
        ]
    assert [event for batch in rest for event in batch["events"]] == told[3:]
    assert [batch["isLast"] for batch in rest] == [True]
    assert nothing == [{"isLast": True, "events": []}]


async def test_updates_of_a_run_tell_it_as_it_is_and_each_time_it_changes(service_url, instance, chain, script):
    held = script.on_enter = Held("train")
    running_run = asyncio.create_task(asyncio.to_thread(execute_pipeline, chain, instance=instance))
    await asyncio.to_thread(held.reached.wait, 30)
    run_id = instance.runs(limit=1)[0].run_id

    told: list[dict[str, Any]] = []
    async with subscribed(service_url) as session:
        async for answer in session.subscribe(_asked(UPDATES, id=run_id)):
            told.append(answer["runUpdates"])
            if {"status": "RUNNING", "count": 1} in told[-1]["stepCounts"]:
                held.go_on.set()
    await running_run

    assert told[0]["status"] == "RUNNING"
    assert told[-1]["status"] == "SUCCESS"
    assert told[-1]["stepCounts"] == [{"status": "SUCCESS", "count": 3}]
    # Read anew for each update, not remembered from the first.
    assert told[-1]["stepTable"]["status"] == ["SUCCESS"] * 3
    versions = [update["version"] for update in told]
    assert len(set(versions)) == len(versions)


async def test_updates_of_all_runs_tell_of_each_that_changes(service_url, instance, chain):
    before = execute_pipeline(chain, instance=instance).run_id
    told: list[tuple[str, str]] = []
    launched: list[str] = []

    async def listen() -> None:
        async with subscribed(service_url) as session:
            async for answer in session.subscribe(_asked(UPDATES)):
                told.append((answer["runUpdates"]["id"], answer["runUpdates"]["status"]))
                if (told[-1][0] in launched) and told[-1][1] == "SUCCESS":
                    return

    listening = asyncio.create_task(listen())
    # The subscription begins some time; whatever runs after that is told.
    while not listening.done():
        launched.append((await asyncio.to_thread(execute_pipeline, chain, instance=instance)).run_id)
        await asyncio.wait([listening], timeout=1.0)
    await listening
    assert before not in {run_id for run_id, _ in told}


async def test_a_run_that_is_to_be_cancelled_is_told_to_be_canceling(service_url, instance, chain, script):
    held = script.on_enter = Held("train")
    running_run = asyncio.create_task(asyncio.to_thread(execute_pipeline, chain, instance=instance))
    await asyncio.to_thread(held.reached.wait, 30)
    run_id = instance.runs(limit=1)[0].run_id

    statuses: list[str] = []
    async with subscribed(service_url) as session:
        async for answer in session.subscribe(_asked(UPDATES, id=run_id)):
            statuses.append(answer["runUpdates"]["status"])
            if statuses == ["RUNNING"]:
                instance.database.write(request_cancel(run_id))
            if "CANCELING" in statuses:
                held.go_on.set()
    await running_run
    assert statuses[-1] == "CANCELED"
    assert "CANCELING" in statuses


async def test_what_can_not_be_subscribed_to_is_told(service_url):
    async with subscribed(service_url) as session:
        for document, variables, code in (
            (EVENTS, {"id": "nobody"}, "RUN_NOT_FOUND"),
            (UPDATES, {"id": "nobody"}, "RUN_NOT_FOUND"),
            (EVENTS, {"id": "nobody", "after": "what"}, "INVALID_CURSOR"),
        ):
            with pytest.raises(TransportQueryError) as refused:
                async for _ in session.subscribe(_asked(document, **variables)):
                    pass
            assert refused.value.errors is not None
            assert refused.value.errors[0]["extensions"]["code"] == code


async def test_queries_and_mutations_go_over_either_way(service_url, instance, chain):
    serve_in(instance, chain)
    launch = gql('mutation { launchRun(pipelineName: "chain") { ... on LaunchRunSuccess { run { id status } } } }')
    total = gql("{ runs { totalCount } }")
    over_http = Client(transport=HTTPXAsyncTransport(url=f"{service_url}/graphql"), fetch_schema_from_transport=True)
    async with over_http as session:
        assert (await session.execute(launch))["launchRun"]["run"]["status"] == "QUEUED"
        assert (await session.execute(total))["runs"] == {"totalCount": 1}
    async with subscribed(service_url) as session:
        assert (await session.execute(total))["runs"] == {"totalCount": 1}
        assert (await session.execute(launch))["launchRun"]["run"]["status"] == "QUEUED"
        # Each operation of a connection reads for itself.
        assert (await session.execute(total))["runs"] == {"totalCount": 2}


async def test_messages_are_text_and_only_the_current_protocol_is_spoken(service_url):
    address = f"{service_url.replace('http', 'ws', 1)}/graphql"
    async with websockets.connect(address, subprotocols=[CURRENT]) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        assert await socket.recv() == '{"type":"connection_ack"}'
        query = {"id": "1", "type": "subscribe", "payload": {"query": "{ verzion }"}}
        await socket.send(json.dumps(query))
        answer = json.loads(await socket.recv())
        assert answer["type"] == "error"
        await socket.send("no json")
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4400
    async with websockets.connect(address, subprotocols=[LEGACY]) as socket:
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4406


async def test_a_query_that_is_too_large_is_refused_over_a_websocket_too(service_url):
    address = f"{service_url.replace('http', 'ws', 1)}/graphql"
    async with websockets.connect(address, subprotocols=[CURRENT]) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        for query, said in (
            ("{ version " + "#" * 70_000 + "\n}", "65,536 are allowed"),
            ("{" + " ".join(f"a{index}: version" for index in range(100)) + "}", "30 are allowed"),
        ):
            await socket.send(json.dumps({"id": said, "type": "subscribe", "payload": {"query": query}}))
            answer = json.loads(await socket.recv())
            assert answer["type"] == "error"
            assert said in answer["payload"][0]["message"]


async def test_a_websocket_shows_a_token_and_comes_from_no_other_site(
    database: Database, storage: OutputStorage, settings: Settings
):
    token = AccessToken(role=Role.VIEWER, name="viewer", secret=SECRET)
    locked = Settings(database_url=settings.database_url, storage_url=settings.storage_url, tokens=(token,))
    with running(locked, database, storage) as url:
        address = f"{url.replace('http', 'ws', 1)}/graphql"
        bearer = {"authorization": f"Bearer {SECRET}"}
        for headers in ({}, {"authorization": "Bearer wrong"}, {**bearer, "origin": "http://evil.example"}):
            with pytest.raises(websockets.InvalidStatus) as refused:
                await websockets.connect(address, subprotocols=[CURRENT], additional_headers=headers)
            assert refused.value.response.status_code in (401, 403)
        async with subscribed(url, headers=bearer) as session:
            denied = await session.execute(gql('mutation { cancelRun(runId: "x") { __typename } }'))
            assert denied["cancelRun"] == {"__typename": "PermissionDeniedError"}
        async with subscribed(url, headers={**bearer, "origin": url}) as session:
            assert await session.execute(gql("{ version }"))


def _asked(document: str, **variables: Any) -> GraphQLRequest:
    return GraphQLRequest(document, variable_values=variables)
