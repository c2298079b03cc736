"""The walk with the keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

CODE = """
from dalsegno import pipeline, step

@step
def load():
    return 1

@step
def train(load):
    return load

@step
def test(train):
    raise ValueError("not yet")

@step
def analyses(test):
    return test

@pipeline
def training():
    analyses(test(train(load())))
"""
MENDED = CODE.replace('raise ValueError("not yet")', "return train")


class Keyboard:
    """Hands that know no mouse."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def tab_to(self, wanted: Locator) -> None:
        """Presses Tab until that has the focus."""
        expect(wanted).to_be_visible()
        # Who presses a key on what can't be used yet is told why; here all is waited for.
        expect(wanted).to_be_enabled()
        for _ in range(80):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self._page.keyboard.press("Tab")
        pytest.fail(f"Tab does not reach {wanted}")

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self._page.keyboard.press(key)


def test_the_walk_by_keyboard_alone(start, browsing):
    processes = start(CODE)
    ui = browsing.open(processes.url)
    page, keyboard = ui.page, Keyboard(ui.page)

    ui.go()
    keyboard.tab_to(page.get_by_role("link", name="Launch training"))
    keyboard.press("Enter")
    keyboard.tab_to(page.get_by_role("button", name="Launch", exact=True))
    keyboard.press("Enter")
    first = ui.run_id
    ui.expect_statuses({"load": "success", "train": "success", "test": "failure", "analyses": "blocked"})

    before = processes.snapshot_id("training")
    processes.write(MENDED)
    processes.until_served("training", other_than=before)
    keyboard.tab_to(ui.reexecute("from failure (2)"))
    keyboard.press("Enter")
    expect(ui.planned("train")).to_contain_text(first[:13])
    keyboard.tab_to(ui.plan.get_by_role("button", name="Launch", exact=True))
    keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile(first))
    ui.expect_statuses({"load": "reused", "train": "reused", "test": "success", "analyses": "success"})

    # Bars: arrows move, Enter selects, Ctrl+Enter adds.
    keyboard.tab_to(
        ui.gantt.locator("[role=button][tabindex='0'], button[tabindex='0']").filter(
            has=page.locator("xpath=self::*[@aria-pressed]")
        )
    )
    keyboard.press("Home", "ArrowDown", "Enter")
    expect(ui.bar("train")).to_have_attribute("aria-pressed", "true")
    keyboard.tab_to(ui.bar("train"))
    keyboard.press("ArrowDown", "Control+Enter")
    expect(ui.bar("test")).to_have_attribute("aria-pressed", "true")
    keyboard.tab_to(ui.options)
    keyboard.press("Enter")
    expect(ui.menu_item("All steps")).to_be_visible()
    for _ in range(6):
        if ui.menu_item("Selected steps").evaluate("element => element === document.activeElement"):
            break
        keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(ui.planned("analyses")).to_contain_text("reuse")
    keyboard.press("Escape")
    expect(ui.plan).to_be_hidden()
    # The plan is asked for from the menu's button, and gives the focus back to where it can go on.
    keyboard.tab_to(ui.selection)
    page.keyboard.press("Control+a")
    page.keyboard.type("train+")
    keyboard.tab_to(ui.reexecute("selected steps (2)"))
    keyboard.press("Enter")
    keyboard.tab_to(ui.plan.get_by_role("button", name="Launch", exact=True))
    keyboard.press("Enter")
    expect(ui.plan).to_be_hidden()
    ui.expect_statuses({"load": "reused", "train": "success", "test": "success", "analyses": "reused"})

    # Steps in runs, on the pipeline's page: arrows move, Enter opens the run with the step selected.
    newest = ui.run_id
    ui.go("/pipelines/training")
    expect(ui.cell("analyses", first, "blocked")).to_be_visible()
    keyboard.tab_to(ui.cell("load", newest, "reused"))
    keyboard.press("ArrowDown", "ArrowDown", "Home", "ArrowRight", "Enter")
    expect(ui.step_panel("test")).to_be_visible()
    expect(ui.selection).to_have_value("test")
    assert ui.run_id == first
