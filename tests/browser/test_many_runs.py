"""The list of runs: its filters and pages, a few runs picked by hand, and many at once."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

CODE = """
from pathlib import Path

from dalsegno import pipeline, step

@step
def check():
    if not (Path(__file__).parent / "mended").exists():
        raise ValueError("not yet")

@pipeline
def nightly():
    check()

@step
def tell():
    return 1

@pipeline
def hourly():
    tell()
"""
FAILED = 27


def test_runs_are_filtered_paged_picked_and_re_executed_many_at_once(start, browsing):
    processes = start(CODE)
    processes.until_served("nightly")
    with processes.client() as client:
        runs = [client.launch_run("nightly").id for _ in range(FAILED)]
        runs += [client.launch_run("hourly").id for _ in range(2)]
        for run in runs:
            client.wait(run, timeout=60)
    (processes.folder / "mended").touch()
    ui = browsing.open(processes.url)
    page = ui.page
    rows = page.get_by_role("list", name="Runs", exact=True).locator(":scope > li")
    pages = page.get_by_role("navigation", name="Pages of the list")

    # Pages, and the way back.
    ui.go("/?by=run")
    expect(rows).to_have_count(25)
    expect(pages).to_contain_text("29 runs")
    pages.get_by_role("link", name="Older").click()
    expect(rows).to_have_count(4)
    pages.get_by_role("link", name="Newe").click()
    expect(rows).to_have_count(25)

    # Filters, each in the address.
    page.get_by_label("Pipeline").select_option("hourly")
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile("pipeline=hourly"))
    page.get_by_label("Status").select_option("Failure")
    page.get_by_role("link", name="Clear the filters").click()
    expect(rows).to_have_count(25)

    # Two, side by side; and a few at once, each with what came of it.
    for box in _boxes(rows, "hourly"):
        box.check()
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_text("No difference in outcomes")).to_be_visible()
    page.go_back()
    _boxes(rows, "hourly")[0].check()
    _boxes(rows, "nightly")[0].check()
    page.get_by_role("button", name="Re-execute 2 runs").click()
    dialog = page.get_by_role("dialog", name="Re-execute 2 runs")
    expect(dialog).to_contain_text("Nothing is left to do from failure")
    expect(dialog).to_contain_text("executes 1 step")
    dialog.get_by_role("button", name="Launch 1 run").click()
    expect(dialog).to_contain_text("launched as")
    expect(dialog.get_by_role("listitem").filter(has_text="Nothing is left to do")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()

    # All that is left to mend, by the service: the page may be left, and come back to.
    left = FAILED - 1
    page.get_by_role("button", name=re.compile(f"^Failed and unresolved {left}$")).click()
    page.get_by_role("button", name=f"Re-execute {left} runs").click()
    dialog = page.get_by_role("dialog", name="Re-execute many runs")
    expect(dialog).to_contain_text(f"Re-executes {left} runs, {left} steps in all")
    dialog.get_by_label("Why?").fill("the check is mended")
    dialog.get_by_role("button", name=f"Re-execute {left} runs").click()
    expect(page).to_have_url(re.compile("bulk="))
    address = page.url
    progress = page.get_by_role("region", name="Many runs at once")
    expect(progress).to_contain_text(f"of {left} re-executed")
    ui.go("/pipelines")
    page.goto(address)
    expect(progress).to_contain_text(f"Done: {left} of {left} re-executed")
    expect(progress).to_contain_text("the check is mended")
    expect(page.get_by_text("Nothing is left to mend")).to_be_visible()
    progress.get_by_role("link", name="The runs that it launched").click()
    expect(pages).to_contain_text(f"{left} runs")


def _boxes(rows: Locator, pipeline: str) -> list[Locator]:
    boxes = rows.get_by_role("checkbox", name=re.compile(f"of {pipeline}$"))
    expect(boxes.first).to_be_visible()
    return boxes.all()
