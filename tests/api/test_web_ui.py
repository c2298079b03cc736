"""What browsers get of the service: the web UI's files, its page under every address that it knows, and the login."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from dalsegno.api.app import create_app
from dalsegno.output_storage import OutputStorage
from dalsegno.settings import AccessToken, Role, Settings

SCRIPT = "console.log('of the web UI')\n" * 100
PAGE = "<!doctype html><title>the web UI</title>"
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SECRET = "operator-secret-0001"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Pages have nothing to do with the kind of database."""
    return f"sqlite:///{tmp_path}/dalsegno.db"


@pytest.fixture
def web_folder(tmp_path: Path) -> Path:
    """The web UI as built, with a secret beside it."""
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / ".built-from").write_text("a fingerprint")
    (folder / "assets/index-1a2b.js").write_text(SCRIPT)
    (tmp_path / "secret.txt").write_text("a secret")
    return folder


@pytest.fixture
def tokens() -> tuple[AccessToken, ...]:
    """None, but where a test says otherwise."""
    return ()


@pytest.fixture
async def browser(database, settings, web_folder, tokens) -> AsyncIterator[httpx.AsyncClient]:
    """A client that sends what it is told to send, to a service with the web UI."""
    locked = Settings(database_url=settings.database_url, storage_url=settings.storage_url, tokens=tokens)
    app = create_app(locked, database, OutputStorage(settings.storage_url), web_folder=web_folder)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as browser,
    ):
        yield browser


with_tokens = pytest.mark.parametrize(
    "tokens", [(AccessToken(role=Role.OPERATOR, name="operator", secret=SECRET),)], ids=["with tokens"]
)


@pytest.mark.parametrize("path", ["/", "/runs", "/runs/0190-ab?step=train&tab=log", "/pipelines/a.b", "/graphql/x"])
async def test_the_page_is_there_under_every_address_that_no_route_has(browser, path):
    response = await browser.get(path, headers=HTML)
    assert (response.status_code, response.text) == (200, PAGE)
    assert response.headers["content-type"].startswith("text/html")
    # A new version is seen by whoever comes again.
    assert response.headers["cache-control"] == "no-cache"
    assert (await browser.head(path, headers=HTML)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "accept"),
    [
        pytest.param("GET", "/runs", "application/json", id="no page wanted"),
        pytest.param("GET", "/runs", "*/*", id="anything wanted"),
        pytest.param("POST", "/runs", "text/html", id="not read"),
        pytest.param("GET", "/assets/index-old.js", "text/html", id="an asset of another version"),
        pytest.param("GET", "/assets/", "text/html", id="the folder of assets"),
        pytest.param("GET", "/.built-from", "*/*", id="a hidden file"),
    ],
)
async def test_whatever_else_is_not_there_is_404(browser, method, path, accept):
    response = await browser.request(method, path, headers={"accept": accept})
    assert response.status_code == 404
    assert "/graphql" in response.json()["errors"][0]["message"]


async def test_assets_are_kept_for_ever_and_come_packed(browser):
    response = await browser.get("/assets/index-1a2b.js")
    assert response.text == SCRIPT
    assert response.headers["cache-control"] == "max-age=31536000, immutable"
    assert response.headers["content-encoding"] == "gzip"
    assert "javascript" in response.headers["content-type"]
    plain = await browser.get("/assets/index-1a2b.js", headers={"accept-encoding": "identity"})
    assert plain.text == SCRIPT
    assert "content-encoding" not in plain.headers


async def test_files_beside_the_page_are_asked_for_anew(browser):
    response = await browser.get("/favicon.svg")
    assert response.headers["content-type"] == "image/svg+xml"
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets//../../secret.txt",
        "/assets/..\\..\\secret.txt",
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/assets/\0",
    ],
)
async def test_no_path_leads_out_of_the_folder(database, settings, web_folder, path):
    app = create_app(settings, database, OutputStorage(settings.storage_url), web_folder=web_folder)
    sent = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    # As the server hands it over: a client library would tidy it.
    decoded = path.replace("%2f", "/").replace("%2e", ".")
    scope = {
        "type": "http",
        "method": "GET",
        "path": decoded,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"accept", b"text/plain")],
        "client": ("127.0.0.1", 5000),
        "scheme": "http",
        "server": ("localhost", 80),
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 404
    assert b"a secret" not in b"".join(message.get("body", b"") for message in sent)


@pytest.mark.parametrize("path", ["/", "/assets/index-1a2b.js", "/login", "/nothing"])
async def test_pages_may_load_and_tell_nothing_elsewhere(browser, path):
    response = await browser.get(path, headers=HTML)
    rules = dict(rule.split(maxsplit=1) for rule in response.headers["content-security-policy"].split("; "))
    assert rules.pop("style-src") == "'self' 'unsafe-inline'"
    assert rules.pop("img-src") == "'self' data: blob:"
    # Scripts, connections (WebSockets too), fonts and all else.
    assert rules.pop("default-src") == "'self'"
    assert set(rules.values()) <= {"'self'", "'none'"}


async def test_what_asks_for_no_page_gets_the_service_as_ever(browser):
    response = await browser.post("/graphql", json={"query": "{ version }"})
    assert response.status_code == 200
    # A slash too many leads on, and keeps the method.
    assert (await browser.post("/graphql/", json={})).status_code == 307


@pytest.mark.parametrize("web_folder", [Path("nowhere")], ids=["not built"])
async def test_without_a_built_web_ui_its_page_says_how_to_build_it(browser):
    response = await browser.get("/runs/x", headers=HTML)
    assert response.status_code == 503
    assert "./run demo" in response.text
    assert (await browser.get("/assets/index-1a2b.js")).status_code == 404
    assert (await browser.post("/graphql", json={"query": "{ version }"})).status_code == 200


async def test_where_graphiql_can_not_be_loaded_its_page_says_so(browser):
    page = await browser.get("/graphql", headers=HTML)
    assert "Loading..." not in page.text
    assert "dalsegno schema" in page.text
    # Its scripts are from elsewhere, each with its hash; what they read stays here.
    assert "connect-src 'self'" in page.headers["content-security-policy"]
    assert page.text.count('src="https://') == page.text.count('integrity="') - page.text.count('rel="stylesheet"') > 0


@with_tokens
async def test_whoever_logs_in_comes_to_where_they_wanted_to_go(browser):
    wanted = "/runs/a%20b?selection=train%2B*&tab=log"
    sent_away = await browser.get(wanted, headers=HTML)
    assert sent_away.status_code == 303
    form = await browser.get(sent_away.headers["location"], headers=HTML)
    target = form.text.partition('name="next" value="')[2].partition('"')[0].replace("&amp;", "&")
    entered = await browser.post("/login", data={"token": SECRET, "next": target})
    assert (entered.status_code, entered.headers["location"]) == (303, wanted)
    assert (await browser.get(wanted, headers=HTML)).text == PAGE


@with_tokens
@pytest.mark.parametrize("path", ["/assets/index-1a2b.js", "/favicon.svg", "/"])
async def test_nothing_of_the_web_ui_is_given_to_whoever_is_not_known(browser, path):
    assert (await browser.get(path)).status_code == 401


@with_tokens
async def test_a_wrong_token_is_told_with_what_to_do_and_the_way_is_kept(browser):
    refused = await browser.post("/login", data={"token": "wrong", "next": "/runs?status=FAILURE"})
    assert refused.status_code == 401
    assert 'role="alert"' in refused.text
    assert "DALSEGNO_TOKENS" in refused.text
    assert 'value="/runs?status=FAILURE"' in refused.text


@with_tokens
async def test_whoever_logs_out_comes_to_the_login_with_an_old_session_too(browser):
    browser.cookies.set("dalsegno_session", "of long ago")
    response = await browser.post("/logout")
    assert (response.status_code, response.headers["location"]) == (303, "/login")
    assert 'dalsegno_session=""' in response.headers["set-cookie"]
