"""A real browser on a real service: Chromium, and `dalsegno` as people start it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.chromium import FLAGS, chromium_path
from tests.browser.gallery import Gallery, gallery_in
from tests.browser.ui import Ui
from tests.end_to_end.service_processes import Processes

WEB_UI = Path(__file__).parents[2] / "backend" / "dalsegno" / "_web" / "index.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for the tests of a module."""
    if not WEB_UI.exists():
        pytest.fail("The web UI is not built: call ./run test, which builds it.")
    # Ended with the module: its event loop would be in the way of async tests elsewhere.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """Runs in every state. Who launches others leaves these as they are."""
    with gallery_in(tmp_path_factory.mktemp("gallery")) as gallery:
        yield gallery


def new_profile(browser: Browser, url: str, **options: object) -> BrowserContext:
    """Without cookies, and with nothing in its cache; its pages are on this service."""
    context = browser.new_context(base_url=url, **{"viewport": {"width": 1440, "height": 900}, **options})
    context.set_default_timeout(30_000)
    return context


class Browsing:
    """Pages of one test, none of which may complain in its console."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._pages: list[Page] = []
        self.complaints: list[str] = []

    def open(self, url: str, **options: object) -> Ui:
        """A new browser profile on a service."""
        context = new_profile(self._browser, url, **options)
        self._contexts.append(context)
        return self.open_in(context)

    def open_in(self, profile: BrowserContext) -> Ui:
        """A page in a browser profile that is kept; who made it closes it."""
        page = profile.new_page()
        self._pages.append(page)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)
        return Ui(page)

    def expects(self, *parts: str) -> None:
        """Complaints with these words were meant to come."""
        self.complaints = [one for one in self.complaints if not any(part in one for part in parts)]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def close(self) -> None:
        for page in self._pages:
            page.close()
        for context in self._contexts:
            context.close()


@pytest.fixture
def browsing(browser: Browser) -> Iterator[Browsing]:
    """Opens pages; the test fails where one of them has an error in its console that the test did not take away."""
    browsing = Browsing(browser)
    yield browsing
    browsing.close()
    assert browsing.complaints == []


Start = Callable[..., Processes]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `dalsegno dev` on a file of pipelines, in a folder and on a database of its own; or, `apart`, a service
    and a worker that are ended one by one.
    """
    started: list[Processes] = []

    def start(code: str, *, apart: bool = False, **settings: object) -> Processes:
        folder = tmp_path / f"project-{len(started)}"
        folder.mkdir()
        url = f"sqlite:///{folder}/dalsegno.db"
        processes = Processes(folder, url, **{"tokens": "", **settings})
        processes.write(code)
        started.append(processes)
        if apart:
            processes.serve()
            processes.work()
        else:
            processes.dev()
        return processes

    yield start
    for processes in started:
        processes.close()
