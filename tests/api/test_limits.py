"""What is too large, or no query at all: refused with a clear error, nothing stored, nothing told of the inside."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from dalsegno import execute_pipeline
from dalsegno.api.limits import MAX_BODY_BYTES
from dalsegno.api.operations import parsed, validated
from dalsegno.errors import StoreUnavailableError
from dalsegno.store.database import Database
from tests.api.conftest import Service
from tests.stored import everything_in

NESTED = "parentRun {" * 48 + "id" + "}" * 48


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param(
            f'{{ run(id: "x") {{ {NESTED} }} }}', "The query is nested 50 levels deep; 12 are allowed.", id="50 levels"
        ),
        pytest.param(
            "{" + " ".join(f"a{index}: version" for index in range(200)) + "}",
            "The query has 200 aliases; 30 are allowed.",
            id="200 aliases",
        ),
        pytest.param(
            "{" + " ".join(f"a{index}: version" for index in range(2000)) + "}",
            "Syntax Error: Document contains more than 2000 tokens. Parsing aborted.",
            id="2,000 aliases",
        ),
        pytest.param("{" + "{" * 900 + "}" * 901, "Syntax Error: Expected Name, found '{'.", id="braces"),
        pytest.param("{ version " + "#" * 70_000 + "\n}", "65,536 are allowed", id="a long text"),
        pytest.param("{ ...a } fragment a on Query { ...a }", "Cannot spread fragment", id="a fragment within itself"),
        pytest.param("{ version", "Syntax Error: Expected Name, found <EOF>.", id="half a query"),
        pytest.param("{ verzion }", "Cannot query field 'verzion' on type 'Query'.", id="an unknown field"),
        pytest.param('{ runs(filter: {createdAfter: "noon"}) { totalCount } }', "is no moment", id="a bad moment"),
        pytest.param(
            '{ runs(filter: {createdAfter: "2026-01-01T00:00:00"}) { totalCount } }', "time zone", id="a naive moment"
        ),
        pytest.param("{ runs(filter: {statuses: [DONE]}) { totalCount } }", "DONE", id="an unknown status"),
    ],
)
async def test_a_query_that_can_not_be_answered_is_refused_with_the_reason(service: Service, query, message):
    errors = await service.errors(query)
    assert any(message in error["message"] for error in errors), errors


async def test_fragments_that_double_at_every_level_are_looked_at_once(service: Service, chain):
    service.publish(chain)
    doubling = "".join(f"fragment f{i} on Pipeline {{ ...f{i + 1} ...f{i + 1} }} " for i in range(60))
    query = f'{{ pipeline(name: "chain") {{ ...f0 }} }} {doubling} fragment f60 on Pipeline {{ name }}'
    assert (await service.ask(query))["pipeline"] == {"name": "chain"}


async def test_the_deepest_of_the_contract_is_within_the_bounds(service: Service, chain):
    run = execute_pipeline(chain, instance=service.instance)
    query = """query ($id: ID!) {
      runGroup(runId: $id) { runs { group { newestRun {
        parentRun { plan { steps { inputs { sources { runId } } } } }
        stepStats { attempts { error { cause { cause { cause { message } } } } } }
      } } } }
    }"""
    assert (await service.ask(query, id=run.run_id))["runGroup"]["runs"]


async def test_the_schema_may_be_asked_for(service: Service):
    from graphql import get_introspection_query

    assert (await service.ask(get_introspection_query()))["__schema"]["types"]


@pytest.mark.parametrize(
    ("query", "at_most"),
    [
        pytest.param("{ runs(first: 10000) { totalCount } }", 200, id="10,000 runs"),
        pytest.param("{ runs(first: 201) { totalCount } }", 200, id="201 runs"),
        pytest.param("{ runs(first: 0) { totalCount } }", 200, id="no runs"),
        pytest.param("{ runs(first: -1) { totalCount } }", 200, id="less than no runs"),
        pytest.param("{ runGroups(first: 201) { totalCount } }", 200, id="201 groups"),
        pytest.param(
            "{ runs { edges { node { events(first: 1001) { edges { cursor } } } } } }", 1000, id="1,001 events"
        ),
        pytest.param("{ runs { edges { node { stepStats(first: 10001) { stepKey } } } } }", 10000, id="10,001 steps"),
    ],
)
async def test_a_page_that_is_too_large_is_a_typed_error(service: Service, chain, query, at_most):
    execute_pipeline(chain, instance=service.instance)
    (error,) = await service.errors(query)
    assert error["extensions"] == {"code": "INVALID_PAGE"}
    assert f"1 to {at_most}" in error["message"]


@pytest.mark.parametrize("cursor", ["", "what", "cnVuOg", "Z3JvdXA6eA", "ZXZlbnQ6bWFueQ", "\u00e9"])
async def test_a_cursor_that_is_none_is_a_typed_error(service: Service, chain, cursor):
    execute_pipeline(chain, instance=service.instance)
    runs = "query ($after: String) { runs(after: $after) { totalCount } }"
    events = "query ($after: String) { runs { edges { node { events(after: $after) { edges { cursor } } } } } }"
    for query in (runs, events):
        (error,) = await service.errors(query, after=cursor)
        assert error["extensions"] == {"code": "INVALID_CURSOR"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"query { version }", "it is not JSON", id="no JSON"),
        pytest.param(b"\xff\xfe", "it is not JSON", id="no text"),
        pytest.param(b"[" * 100_000, "it is not JSON", id="brackets without end"),
        pytest.param(b'"{ version }"', "it is not an object", id="a text"),
        pytest.param(b'[{"query": "{ version }"}]', "it is not an object", id="a batch"),
        pytest.param(b'{"query": "{ run(id: \\"\\\\u0000\\") { id } }"}', "NUL", id="NUL in the query"),
        pytest.param(b'{"query": "{ version }", "variables": {"id": "\\u0000"}}', "NUL", id="NUL in a variable"),
        pytest.param(b'{"query": 7}', "must be a string", id="a number for a query"),
        pytest.param(b'{"query": "{ version }", "variables": [1]}', "must be an object", id="a list of variables"),
        pytest.param(b"{}", "No GraphQL query", id="nothing"),
    ],
)
async def test_a_body_that_is_no_request_is_answered_with_400_and_why(service: Service, body, said):
    response = await service.client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert said in response.json()["errors"][0]["message"]


async def test_only_json_is_taken(service: Service):
    response = await service.client.post("/graphql", data={"query": "{ version }"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"] == "Unsupported content type"


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
async def test_a_body_that_is_too_large_is_not_read(service: Service, chunked):
    body = json.dumps({"query": "{ version }", "variables": {"x": "x" * MAX_BODY_BYTES}}).encode()

    async def chunks() -> Any:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    content = chunks() if chunked else body
    response = await service.client.post("/graphql", content=content, headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert "1,048,576" in response.json()["errors"][0]["message"]


async def test_queries_are_not_answered_by_get(service: Service):
    response = await service.client.get("/graphql", params={"query": "{ version }"})
    assert response.status_code == 400
    page = await service.client.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "graphiql" in page.text.lower()


async def test_what_fails_inside_is_masked_and_logged_without_the_query(service: Service, monkeypatch, caplog):
    def broken(*_arguments: object) -> None:
        raise RuntimeError("the secret of the inside")

    monkeypatch.setattr("dalsegno.api.workers.live_workers", broken)
    with caplog.at_level(logging.ERROR, logger="dalsegno.api"):
        (error,) = await service.errors("query NameOfTheQuery { workers { id } }")

    assert error["extensions"] == {"code": "INTERNAL"}
    assert "secret" not in json.dumps(error)
    (record,) = caplog.records
    assert record.getMessage() == "resolving workers failed"
    assert record.exc_info is not None
    assert "the secret of the inside" in caplog.text
    assert "NameOfTheQuery" not in caplog.text


async def test_a_database_that_does_not_answer_is_told_without_its_name(service: Service, monkeypatch, caplog):
    async def unavailable(*_arguments: object) -> None:
        raise StoreUnavailableError(database="postgresql://inside", problem="its disk is full")

    monkeypatch.setattr(Database, "read_async", unavailable)
    monkeypatch.setattr(Database, "revision_async", unavailable)
    (error,) = await service.errors("{ workers { id } }")
    assert error["extensions"] == {"code": "STORE_UNAVAILABLE"}
    assert "inside" not in error["message"]
    assert "its disk is full" in caplog.text

    ready = await service.client.get("/readyz")
    alive = await service.client.get("/healthz")
    assert (ready.status_code, alive.status_code) == (503, 200)
    assert "inside" not in ready.text


async def test_expected_errors_are_not_logged(service: Service, caplog):
    await service.errors("{ verzion }")
    await service.errors("{ runs(first: 0) { totalCount } }")
    assert caplog.records == []


async def test_nothing_that_is_refused_stores_anything(service: Service, chain):
    service.serve(chain)
    before = everything_in(service.instance)
    launch = 'launchRun(pipelineName: "chain") { __typename }'
    for query in (
        f"mutation {{ {' '.join(f'a{index}: {launch}' for index in range(40))} }}",
        f"mutation {{ {launch} verzion }}",
        "mutation { launchRun { __typename } }",
    ):
        await service.errors(query)
    assert everything_in(service.instance) == before


async def test_a_document_is_parsed_and_validated_once(service: Service):
    query = "query AskedTwice { version }"
    parsed.cache_clear()
    validated.cache_clear()
    for _ in range(3):
        await service.ask(query)
    assert (parsed.cache_info().misses, parsed.cache_info().hits) == (1, 2)
    assert (validated.cache_info().misses, validated.cache_info().hits) == (1, 2)


async def test_a_refused_document_is_refused_again_from_the_cache(service: Service):
    query = f'{{ run(id: "x") {{ {NESTED} }} }}'
    validated.cache_clear()
    first = await service.errors(query)
    assert await service.errors(query) == first
    assert validated.cache_info().hits == 1


async def test_it_is_ready_while_the_database_answers(service: Service):
    assert (await service.client.get("/readyz")).json() == {"status": "ok", "database": "ok", "schema": "ok"}
