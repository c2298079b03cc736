"""Re-execution looked at closely: elements of mapped steps, code and config that change, staleness, comparison."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.ui import Ui

CODE = """
import sys
from pathlib import Path
from time import sleep

from pydantic import BaseModel, Field

from dalsegno import DynamicOut, DynamicOutput, pipeline, step

HERE = Path(__file__).parent

class FitConfig(BaseModel):
    weight: float = Field(default=0.5, description="How much the newest counts.")
    rounds: int = 1

@step(out=DynamicOut())
def split():
    while not (HERE / "go-on").exists():
        sleep(0.02)
    for part in ("a", "b", "c"):
        yield DynamicOutput(part, part)

@step(config=FitConfig, tags={"team": "ml"})
def fit(context, part):
    print("fitting", part)
    print("careful with", part, file=sys.stderr)
    if part == "b":
        raise ValueError("no data for b")
    return context.config.weight

@step
def score(model):
    return model * 2

@step
def total(scores):
    return sum(scores)

@pipeline
def regional():
    total(split().map(lambda part: score(fit(part))).collect())

@step
def wait_long():
    sleep(600)

@pipeline
def waiting():
    wait_long()
"""
MENDED = CODE.replace('raise ValueError("no data for b")', "return 0.1")
REWRITTEN = MENDED.replace("return model * 2", "return model * 3")


def test_a_walk_through_elements_changes_and_staleness(start, browsing):
    processes = start(CODE)
    ui = browsing.open(processes.url)
    page = ui.page

    _write_config(ui)
    page.get_by_role("button", name="Launch", exact=True).click()

    # A mapped step becomes its elements while one looks.
    first = ui.run_id
    ui.expect_statuses({"split": "running", "fit[?]": "pending"})
    (processes.folder / "go-on").touch()
    ui.expect_statuses({"fit[a]": "success", "fit[b]": "failure", "score[b]": "blocked", "total": "blocked"})
    expect(ui.bar("fit[?]")).to_have_count(0)

    # What an attempt printed.
    ui.bar("fit[b]").click()
    panel = ui.step_panel("fit[b]")
    expect(panel.get_by_role("region", name="stdout of fit[b]")).to_have_text("fitting b\n")
    expect(panel.get_by_role("region", name="stderr of fit[b]")).to_have_text("careful with b\n")
    expect(panel).to_contain_text("no data for b")
    expect(ui.selection).to_have_value("fit[b]")

    _select_by_text(ui)

    # The code is edited while the plan is looked at, which says so.
    ui.reexecute("from failure (3)").click()
    expect(ui.planned("fit[b]")).to_contain_text("failed")
    before = processes.snapshot_id("regional")
    processes.write(MENDED)
    mended = processes.until_served("regional", other_than=before)
    expect(ui.plan.get_by_role("status").filter(has_text="The plan changed")).to_contain_text("other code")
    warnings = ui.plan.get_by_role("region", name="Warnings")
    expect(warnings).to_contain_text("fit[a] is reused, but code changed")
    expect(warnings.get_by_role("button", name="Add 2 steps: fit[a], fit[c]")).to_be_visible()
    ui.plan.get_by_role("button", name="Seen").click()

    # Where the page has not noticed yet, the launch is refused with the plan as it would be now.
    with _unnoticed(page):
        processes.write(REWRITTEN)
        processes.until_served("regional", other_than=mended)
        ui.plan.get_by_role("button", name="Launch", exact=True).click()
        expect(ui.plan.get_by_role("alert")).to_contain_text("The plan has changed, nothing was launched")
    second = ui.launch()
    ui.expect_statuses({"fit[a]": "reused", "fit[b]": "success", "score[b]": "success", "total": "success"})
    expect(ui.bar("fit[a]", "reused.*stale")).to_be_visible()

    # The group is mixed; from changed mends it, and has nothing to do then.
    expect(ui.group.get_by_role("note")).to_contain_text("Mixed")
    ui.group.get_by_role("link", name="From changed …").click()
    expect(ui.planned("fit[a]")).to_contain_text("code changed")
    expect(ui.planned("fit[b]")).to_contain_text("reuse")
    expect(ui.planned("total")).to_contain_text("downstream of")
    ui.launch()
    ui.expect_statuses({"fit[a]": "success", "fit[b]": "reused", "score[a]": "success", "total": "success"})
    expect(ui.group.get_by_role("note")).to_have_count(0)
    ui.options.click()
    expect(ui.menu_item("From changed")).to_be_disabled()
    expect(ui.menu_item("From changed")).to_contain_text("Nothing")
    page.keyboard.press("Escape")

    _change_config(ui)
    _compare(ui, first, second)
    _steps_in_runs(ui, first, second)

    # A run is cancelled, after asking.
    ui.go("/pipelines/waiting/launch")
    page.get_by_role("button", name="Launch", exact=True).click()
    ui.expect_statuses({"wait_long": "running"})
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    ui.expect_statuses({"wait_long": "canceled"})
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden()


def _write_config(ui: Ui) -> None:
    """Names are completed from the schema, and what does not fit is told at its line."""
    page = ui.page
    ui.go("/pipelines/regional/launch")
    editor = page.get_by_role("textbox", name="Run config")
    editor.fill("steps:\n  fit:\n    config:\n      weight: heavy\n")
    expect(page.get_by_role("list", name="Problems of the config")).to_contain_text("Line 4: ")
    expect(page.get_by_role("button", name="Launch", exact=True)).to_be_disabled()
    editor.fill("steps:\n  fit:\n    config:\n      weight: 0.5\n      ")
    page.keyboard.press("Control+End")
    page.keyboard.press("Control+Space")
    page.get_by_role("option", name=re.compile("^rounds")).click()
    expect(editor).to_contain_text("rounds:")
    page.keyboard.insert_text(" 2")
    expect(page.get_by_role("list", name="Problems of the config")).to_be_empty()
    expect(page.get_by_role("row", name="execute split")).to_be_visible()


def _select_by_text(ui: Ui) -> None:
    """Words are completed, the service answers, and what it refuses is mended by a click."""
    page = ui.page
    ui.selection.fill("status:fa")
    suggestions = page.get_by_role("listbox", name="Suggestions")
    suggestions.get_by_role("option", name="failed").click()
    expect(ui.selection).to_have_value("status:failed")
    expect(ui.bar("fit[b]")).to_have_attribute("aria-pressed", "true")
    ui.selection.fill("tag:")
    expect(suggestions.get_by_role("option", name="team=ml")).to_be_visible()
    ui.selection.fill("total, fit[z]")
    page.keyboard.press("Escape")
    expect(ui.selection).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="fit[c]", exact=True).click()
    expect(ui.selection).to_have_value("total, fit[c]")
    expect(ui.reexecute("selected steps (2)")).to_be_visible()
    ui.bar("fit[a]").click(modifiers=["Control"])
    expect(ui.selection).to_have_value("fit[c], total, fit[a]")
    page.get_by_role("button", name="Clear the selection").click()


def _change_config(ui: Ui) -> None:
    """Other config warns of the steps that read it and are not executed; from changed executes them."""
    page = ui.page
    ui.selection.fill("total")
    ui.reexecute("selected steps (1)").click()
    ui.plan.get_by_role("button", name="Change config").click()
    editor = ui.plan.get_by_role("textbox", name="Run config")
    expect(editor).to_contain_text("weight")
    editor.fill("steps:\n  fit:\n    config:\n      weight: 0.7\n      rounds: 2\n")
    warnings = ui.plan.get_by_role("region", name="Warnings")
    expect(warnings).to_contain_text("fit[a] is reused, but config weight 0.5 -> 0.7")
    warnings.get_by_role("button", name=re.compile("^Add 3 steps: fit")).click()
    expect(ui.planned("fit[a]")).to_contain_text("execute")
    warnings.get_by_role("button", name="From changed instead").first.click()
    expect(ui.planned("fit[b]")).to_contain_text("config weight 0.5 -> 0.7")
    page.keyboard.press("Escape")
    expect(ui.plan).to_be_hidden()


def _compare(ui: Ui, first: str, second: str) -> None:
    """Beside the parent, from the group's panel; the rest is a filter away."""
    page = ui.page
    ui.go(f"/runs/{second}")
    ui.group.get_by_role("button", name="Compare with another run").click()
    ui.menu_item("its parent").click()
    expect(page).to_have_url(re.compile(f"/compare/{first}/{second}"))
    steps = page.get_by_role("list", name="Steps of both runs")
    expect(steps.get_by_role("listitem")).to_have_count(8)
    row = steps.get_by_role("listitem").filter(has_text="fit[b]")
    expect(row).to_contain_text("failure")
    expect(row).to_contain_text("code")
    expect(steps.get_by_role("listitem").filter(has_text="fit[a]")).to_contain_text("identical")
    page.get_by_role("button", name="Differences only").click()
    expect(steps.get_by_role("listitem").filter(has_text="fit[a]")).to_have_count(0)
    row.get_by_role("link", name="in the other run").click()
    expect(ui.step_panel("fit[b]")).to_be_visible()


def _steps_in_runs(ui: Ui, first: str, second: str) -> None:
    """The pipeline's page has the group's runs side by side; a cell leads to its step there."""
    ui.go("/pipelines/regional")
    expect(ui.cell("fit[?]", first, "failure 1 of 3")).to_be_visible()
    expect(ui.cell("total", first, "blocked")).to_be_visible()
    ui.grid.get_by_role("button", name="fit[?]").click()
    expect(ui.cell("fit[a]", second, "reused, stale")).to_be_visible()
    ui.cell("fit[b]", second, "success").click()
    expect(ui.page).to_have_url(re.compile(f"/runs/{second}"))
    expect(ui.step_panel("fit[b]")).to_be_visible()
    expect(ui.selection).to_have_value("fit[b]")


class _unnoticed:  # noqa: N801 - reads as a word
    """Meanwhile the page does not get to know which code is served."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def __enter__(self) -> None:
        self._page.route("**/graphql", self._hold)

    def __exit__(self, *_: object) -> None:
        self._page.unroute("**/graphql", self._hold)

    @staticmethod
    def _hold(route: Route) -> None:
        if "query Served" not in (route.request.post_data or ""):
            route.continue_()
