"""The web UI as a person finds their way in it: by roles and names alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

_AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"

_RULES_OF_COLOURS = ["color-contrast", "link-in-text-block"]

# A busy machine may take its time; a condition that comes about is seen at once.
expect.set_options(timeout=30_000)


class Ui:
    """One page, and what is on it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self, path: str = "/") -> None:
        """Opens an address of the service."""
        self.page.goto(path)

    @property
    def run_id(self) -> str:
        """Of the run whose page this is."""
        expect(self.page).to_have_url(re.compile(r"/runs/[0-9a-f-]{36}"))
        found = re.search(r"/runs/([0-9a-f-]{36})", self.page.url)
        assert found is not None
        return found.group(1)

    # The run page.

    @property
    def gantt(self) -> Locator:
        return self.page.get_by_role("region", name="Gantt chart")

    @property
    def group(self) -> Locator:
        return self.page.get_by_role("region", name="Run group")

    @property
    def events(self) -> Locator:
        return self.page.get_by_role("region", name="Events")

    @property
    def selection(self) -> Locator:
        return self.page.get_by_role("textbox", name="Step selection")

    @property
    def options(self) -> Locator:
        return self.page.get_by_role("button", name="Re-execution options")

    def bar(self, step_key: str, says: str = "") -> Locator:
        """A step's bar; `says` is how its name goes on, e.g. "success"."""
        return self.gantt.get_by_role("button", name=re.compile(rf"^{re.escape(step_key)}, {says}"))

    def reexecute(self, does: str) -> Locator:
        """The main button, when it says that it does this: "from failure (2)"."""
        return self.page.get_by_role("button", name=f"Re-execute {does}")

    def menu_item(self, name: str) -> Locator:
        return self.page.get_by_role("menuitem", name=name)

    def step_panel(self, step_key: str) -> Locator:
        return self.page.get_by_role("region", name=f"Step {step_key}", exact=True)

    # The page of a pipeline.

    @property
    def grid(self) -> Locator:
        return self.page.get_by_role("region", name="Steps in runs")

    def cell(self, step_key: str, run_id: str, says: str = "") -> Locator:
        """A step's cell in a run's column; `says` is how its name goes on, e.g. "success"."""
        name = f"{step_key} in run {run_id[:13]}, {says}"
        return self.grid.get_by_role("link", name=re.compile(f"^{re.escape(name)}"))

    # The plan.

    @property
    def plan(self) -> Locator:
        return self.page.get_by_role("dialog", name="Re-execution plan")

    def planned(self, step_key: str) -> Locator:
        """The row of a step in the plan; on a telephone its header holds the rest of the row too."""
        header = self.page.get_by_role("rowheader", name=re.compile(rf"^{re.escape(step_key)}( |$)"))
        return self.plan.get_by_role("row").filter(has=header)

    def launch(self) -> str:
        """Launches the plan that is shown; the new run's id, once its page is there."""
        before = self.page.url.partition("?")[0]
        self.plan.get_by_role("button", name="Launch", exact=True).click()
        expect(self.plan).to_be_hidden()
        expect(self.page).not_to_have_url(re.compile(re.escape(before)))
        return self.run_id

    # What all of it must be.

    def expect_statuses(self, statuses: dict[str, str]) -> None:
        """Each step's bar says its status."""
        for step_key, status in statuses.items():
            expect(self.bar(step_key, status)).to_be_visible()

    def violations(self, *, of_colours: bool = False) -> list[str]:
        """What axe finds wrong on the page as it is; `of_colours`: by those rules alone that look at colours."""
        if not self.page.evaluate("'axe' in window"):
            # Not as a script of the page, whose policy allows none from elsewhere.
            self.page.evaluate(_AXE.read_text() + "; undefined")
        options = {"runOnly": {"type": "rule", "values": _RULES_OF_COLOURS}} if of_colours else {}
        found = self.page.evaluate("async (options) => (await axe.run(options)).violations", options)
        return [told for violation in found for told in _told(violation)]


def _told(violation: dict[str, object]) -> Iterable[str]:
    nodes = violation["nodes"]
    assert isinstance(nodes, list)
    return (f"{violation['id']}: {node['html']} - {node['failureSummary']}" for node in nodes)
