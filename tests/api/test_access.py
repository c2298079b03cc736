"""Who gets in, as what, from where, and under which name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from dalsegno import execute_pipeline
from dalsegno.api.access import Access, is_loopback, refuse_open_service
from dalsegno.api.app import create_app
from dalsegno.errors import InvalidSettingError
from dalsegno.instance import Instance
from dalsegno.output_storage import OutputStorage
from dalsegno.settings import AccessToken, Role, Settings
from dalsegno.store.database import Database
from tests.api.conftest import Service
from tests.stored import everything_in

OPERATOR = "operator-secret-0001"
VIEWER = "viewer-secret-00002"
TOKENS = (
    AccessToken(role=Role.OPERATOR, name="nightly", secret=OPERATOR),
    AccessToken(role=Role.VIEWER, name="viewer", secret=VIEWER),
)
QUERY = {"query": "{ version }"}


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Access has nothing to do with the kind of database."""
    return f"sqlite:///{tmp_path}/dalsegno.db"


@asynccontextmanager
async def served(
    database: Database, settings: Settings, *, client: str = "127.0.0.1", base_url: str = "http://localhost"
) -> AsyncIterator[httpx.AsyncClient]:
    """A service, asked from the machine `client` under the name in `base_url`."""
    app = create_app(settings, database, OutputStorage(settings.storage_url))
    transport = httpx.ASGITransport(app, client=(client, 5000))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=base_url) as asked,
    ):
        yield asked


@pytest.fixture
def locked(settings: Settings) -> Settings:
    """Settings with an operator's and a viewer's token."""
    return Settings(database_url=settings.database_url, storage_url=settings.storage_url, tokens=TOKENS)


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


async def test_without_tokens_only_its_own_machine_is_answered(database, settings):
    async with served(database, settings) as near:
        assert (await near.post("/graphql", json=QUERY)).status_code == 200
    async with served(database, settings, client="10.0.0.7") as far:
        response = await far.post("/graphql", json=QUERY)
        assert response.status_code == 403
        assert "DALSEGNO_TOKENS" in response.text
        assert (await far.get("/healthz")).status_code == 200


async def test_with_tokens_everyone_shows_one(database, locked):
    async with served(database, locked, client="10.0.0.7") as far:
        assert (await far.post("/graphql", json=QUERY, headers=bearer(VIEWER))).status_code == 200
        assert (await far.post("/graphql", json=QUERY, headers=bearer(OPERATOR))).status_code == 200
        for headers in ({}, bearer("operator-secret-0002"), bearer(""), {"authorization": f"Basic {OPERATOR}"}):
            response = await far.post("/graphql", json=QUERY, headers=headers)
            assert response.status_code == 401
            assert response.headers["www-authenticate"] == "Bearer"
            assert OPERATOR not in response.text
        assert (await far.get("/readyz")).status_code == 200


async def test_a_viewer_sees_all_and_changes_nothing(database, locked, chain):
    mutations = {
        "launchRun": 'mutation { launchRun(pipelineName: "chain") { __typename ... on Error { message } } }',
        "launchReexecution": (
            'mutation { launchReexecution(parentRunId: "x") { __typename ... on Error { message } } }'
        ),
        "cancelRun": 'mutation { cancelRun(runId: "x") { __typename ... on Error { message } } }',
        "startBulk": (
            "mutation { startBulk(action: CANCEL, filter: {}, expectedCount: 1) "
            "{ __typename ... on Error { message } } }"
        ),
        "launchReexecutions": (
            'mutation { launchReexecutions(parentRunIds: ["x"], strategy: ALL_STEPS) '
            "{ __typename ... on Error { message } } }"
        ),
    }
    async with served(database, locked) as client:
        client.headers.update(bearer(VIEWER))
        service = Service(client, Instance(database, OutputStorage(locked.storage_url), locked))
        service.serve(chain)
        execute_pipeline(chain, instance=service.instance)
        before = everything_in(service.instance)
        assert (await service.ask("{ runs { totalCount } }"))["runs"]["totalCount"] == 1
        for name, mutation in mutations.items():
            answered = (await service.ask(mutation))[name]
            answer = answered[0] if isinstance(answered, list) else answered
            assert answer["__typename"] == "PermissionDeniedError"
            assert name in answer["message"]
        # Its result has no place for the refusal.
        (error,) = await service.errors('mutation { cancelBulk(id: "x") { id } }')
        assert error["extensions"]["code"] == "PERMISSION_DENIED"
        assert "cancelBulk" in error["message"]
        assert everything_in(service.instance) == before


async def test_a_client_learns_what_its_user_may_do(database, settings, locked):
    async def me(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, Any]:
        response = await client.post("/graphql", json={"query": "{ me { name canLaunch usesToken } }"}, headers=headers)
        told: dict[str, Any] = response.json()["data"]["me"]
        return told

    async with served(database, settings) as client:
        assert await me(client, {}) == {"name": "local", "canLaunch": True, "usesToken": False}
    async with served(database, locked) as client:
        assert await me(client, bearer(OPERATOR)) == {"name": "nightly", "canLaunch": True, "usesToken": True}
        assert await me(client, bearer(VIEWER)) == {"name": "viewer", "canLaunch": False, "usesToken": True}


async def test_a_run_tells_by_whose_token_it_was_launched(database, locked, chain):
    async with served(database, locked) as client:
        client.headers.update(bearer(OPERATOR))
        service = Service(client, Instance(database, OutputStorage(locked.storage_url), locked))
        service.serve(chain)
        query = 'mutation { launchRun(pipelineName: "chain") { ... on LaunchRunSuccess { run { launchedBy } } } }'
        assert (await service.ask(query))["launchRun"]["run"] == {"launchedBy": "nightly"}


async def test_a_browser_logs_in_for_a_cookie_that_scripts_can_not_read(database, locked):
    async with served(database, locked) as browser:
        asked_for = await browser.get("/graphql", headers={"accept": "text/html"})
        assert (asked_for.status_code, asked_for.headers["location"]) == (303, "/login?next=/graphql")
        form = await browser.get("/login?next=/graphql")
        assert 'type="password"' in form.text

        refused = await browser.post("/login", data={"token": "wrong", "next": "/graphql"})
        assert refused.status_code == 401
        assert "set-cookie" not in refused.headers

        entered = await browser.post("/login", data={"token": VIEWER, "next": "/graphql"})
        assert (entered.status_code, entered.headers["location"]) == (303, "/graphql")
        cookie = entered.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert VIEWER not in cookie
        assert (await browser.post("/graphql", json=QUERY)).status_code == 200

        await browser.post("/logout")
        assert (await browser.post("/graphql", json=QUERY)).status_code == 401


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\r\nb", ""])
async def test_after_the_login_nobody_is_sent_to_another_site(database, locked, target):
    async with served(database, locked) as browser:
        entered = await browser.post("/login", data={"token": VIEWER, "next": target})
        assert entered.headers["location"] == "/"


async def test_the_cookie_is_kept_to_https_where_the_service_is_reached_by_it(database, locked):
    async with served(database, locked, base_url="https://localhost") as browser:
        entered = await browser.post("/login", data={"token": VIEWER})
        assert "Secure" in entered.headers["set-cookie"]


async def test_a_forged_cookie_is_none(database, locked):
    async with served(database, locked) as browser:
        for value in (VIEWER, "x", ""):
            headers = {"cookie": f"dalsegno_session={value}"}
            assert (await browser.post("/graphql", json=QUERY, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        pytest.param(None, 200, id="no page"),
        pytest.param("http://localhost", 200, id="its own page"),
        pytest.param("https://localhost", 200, id="its own page behind a proxy"),
        pytest.param("http://localhost:80", 200, id="with the port spelled out"),
        pytest.param("http://evil.example", 403, id="another site"),
        pytest.param("http://localhost:5173", 403, id="another port of this machine"),
        pytest.param("http://localhost.evil.example", 403, id="a name that begins alike"),
        pytest.param("null", 403, id="a page without an origin"),
    ],
)
async def test_pages_of_other_sites_may_not_use_the_service(database, settings, origin, status):
    async with served(database, settings) as client:
        headers = {} if origin is None else {"origin": origin}
        response = await client.post("/graphql", json=QUERY, headers=headers)
        assert response.status_code == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("localhost:3000", 200, id="localhost"),
        pytest.param("127.0.0.1", 200, id="127.0.0.1"),
        pytest.param("[::1]:3000", 200, id="::1"),
        pytest.param("runs.example.org", 200, id="an allowed name"),
        pytest.param("RUNS.example.org:443", 200, id="in capitals, with a port"),
        pytest.param("a.team.example.org", 200, id="a name under an allowed domain"),
        pytest.param("evil.example", 421, id="another name"),
        pytest.param("runs.example.org.evil.example", 421, id="a name that begins alike"),
        pytest.param("", 421, id="no name"),
    ],
)
async def test_the_service_answers_to_its_own_names(database, settings, host, status):
    named = Settings(
        database_url=settings.database_url,
        storage_url=settings.storage_url,
        allowed_hosts=("runs.example.org", "*.team.example.org"),
    )
    async with served(database, named) as client:
        response = await client.post("/graphql", json=QUERY, headers={"host": host})
        assert response.status_code == status
        if status != 200:
            assert "DALSEGNO_ALLOWED_HOSTS" in response.json()["errors"][0]["message"]


async def test_no_other_page_may_frame_the_service(database, settings):
    async with served(database, settings) as client:
        response = await client.get("/graphql", headers={"accept": "text/html"})
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("example.org", False),
        (None, False),
    ],
)
def test_loopback_is_told_from_the_rest(host, alone):
    assert is_loopback(host) is alone


def test_a_service_that_others_reach_without_a_token_does_not_start(settings, locked):
    with pytest.raises(InvalidSettingError, match="DALSEGNO_TOKENS"):
        refuse_open_service(settings, "0.0.0.0")
    refuse_open_service(settings, "127.0.0.1")
    refuse_open_service(locked, "0.0.0.0")


def test_a_token_is_never_shown(locked):
    access = Access.of(locked)
    shown = f"{locked!r} {locked.tokens} {access.caller(f'Bearer {OPERATOR}', None)}"
    assert OPERATOR not in shown
    assert "nightly" in shown


@pytest.mark.parametrize(
    ("given", "read"),
    [
        pytest.param(f"operator:{OPERATOR}", [("operator", "operator", OPERATOR)], id="one"),
        pytest.param(
            f"operator/nightly:{OPERATOR}, viewer:{VIEWER}",
            [("operator", "nightly", OPERATOR), ("viewer", "viewer", VIEWER)],
            id="two, one with a name",
        ),
        pytest.param("viewer:with:colons:within", [("viewer", "viewer", "with:colons:within")], id="colons"),
    ],
)
def test_tokens_are_read_from_the_settings(given, read, tmp_path):
    tokens = Settings.load({"DALSEGNO_TOKENS": given}, tmp_path).tokens
    assert [(token.role, token.name, token.secret) for token in tokens] == read


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(OPERATOR, id="no role"),
        pytest.param(f"admin:{OPERATOR}", id="an unknown role"),
        pytest.param("operator:short", id="a short secret"),
        pytest.param("operator:", id="no secret"),
        pytest.param("operator:a secret with blanks", id="blanks"),
    ],
)
def test_tokens_that_are_none_are_refused_without_being_repeated(given, tmp_path):
    with pytest.raises(InvalidSettingError, match="DALSEGNO_TOKENS") as refused:
        Settings.load({"DALSEGNO_TOKENS": given}, tmp_path)
    assert given.partition(":")[2] not in str(refused.value) or not given.partition(":")[2]
    assert OPERATOR not in str(refused.value)


def test_allowed_hosts_are_read_from_the_settings(tmp_path):
    settings = Settings.load({"DALSEGNO_ALLOWED_HOSTS": "Runs.example.org, *.team.example.org"}, tmp_path)
    assert settings.allowed_hosts == ("runs.example.org", "*.team.example.org")


def test_a_setting_of_no_tokens_is_none(tmp_path):
    settings: Any = Settings.load({"DALSEGNO_TOKENS": ""}, tmp_path)
    assert settings.tokens == ()
