"""Every page of the web UI in every state that it can be in, and how to get there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import expect

from tests.browser.gallery import Gallery
from tests.browser.ui import Ui


@dataclass(frozen=True)
class PageShown:
    """One page in one state."""

    name: str
    # Goes there, and waits until all of it is.
    show: Callable[[Ui, Gallery], None]
    on: Literal["full", "empty", "broken", "guarded"] = "full"


def _runs(ui: Ui, gallery: Gallery) -> None:
    ui.go("/")
    expect(ui.page.get_by_role("link", name="daily_orders").first).to_be_visible()


def _every_run(ui: Ui, gallery: Gallery) -> None:
    ui.go("/?by=run")
    expect(ui.page.get_by_role("link", name="daily_orders").first).to_be_visible()


def _unresolved(ui: Ui, gallery: Gallery) -> None:
    ui.go("/?unresolved=true")
    expect(ui.page.get_by_role("link", name="nightly_backup").first).to_be_visible()


def _runs_filtered_away(ui: Ui, gallery: Gallery) -> None:
    ui.go("/?pipeline=nightly_backup&status=SUCCESS")
    expect(ui.page.get_by_role("link", name="Clear the filters")).to_be_visible()


def _no_runs(ui: Ui, gallery: Gallery) -> None:
    ui.go("/")
    expect(ui.page.get_by_text("dalsegno dev").first).to_be_visible()


def _pipelines(ui: Ui, gallery: Gallery) -> None:
    ui.go("/pipelines")
    expect(ui.page.get_by_role("link", name="Launch daily_orders")).to_be_visible()


def _no_pipelines(ui: Ui, gallery: Gallery) -> None:
    ui.go("/pipelines")
    expect(ui.page.get_by_text("dalsegno dev").first).to_be_visible()


def _pipeline(ui: Ui, gallery: Gallery) -> None:
    ui.go("/pipelines/daily_orders")
    expect(ui.page.get_by_role("button", name="join_orders").first).to_be_visible()
    expect(ui.cell("match_refunds", gallery.failed, "skipped")).to_be_visible()
    expect(ui.cell("value_orders", gallery.mended, "reused")).to_be_visible()


def _pipeline_grid(ui: Ui, gallery: Gallery) -> None:
    ui.go("/pipelines/regional_models?unfolded=score_region")
    expect(ui.cell("fit_region[?]", gallery.mapped, "failure 1 of 3")).to_be_visible()
    expect(ui.cell("score_region[eu]", gallery.mixed, "reused, stale")).to_be_visible()


def _pipeline_not_run(ui: Ui, gallery: Gallery) -> None:
    ui.go("/pipelines/yearly_review")
    expect(ui.grid).to_contain_text("Once it has run")


def _pipeline_large(ui: Ui, gallery: Gallery) -> None:
    ui.go("/pipelines/yearly_archive")
    expect(ui.grid.get_by_role("link", name=re.compile("^archive_day_001 in run .*skipped"))).to_be_visible()


def _pipeline_step(ui: Ui, gallery: Gallery) -> None:
    ui.go("/pipelines/daily_orders?step=join_orders")
    expect(ui.step_panel("join_orders")).to_contain_text("One list of all orders")


def _no_such_pipeline(ui: Ui, gallery: Gallery) -> None:
    ui.go("/pipelines/nowhere")
    expect(ui.page.get_by_text("nowhere").first).to_be_visible()


def _launch(ui: Ui, gallery: Gallery) -> None:
    ui.go("/pipelines/daily_orders/launch")
    expect(ui.page.get_by_role("textbox", name="Run config")).to_be_visible()
    expect(ui.page.get_by_role("row", name="execute read_web_orders")).to_be_visible()


def _launch_refused(ui: Ui, gallery: Gallery) -> None:
    _launch(ui, gallery)
    ui.page.get_by_role("textbox", name="Run config").fill(
        "steps:\n  read_web_orders:\n    config:\n      days: many\n"
    )
    expect(ui.page.get_by_role("alert").first).to_contain_text("does not fit")


def _run(run: str, *statuses: tuple[str, str]) -> Callable[[Ui, Gallery], None]:
    def show(ui: Ui, gallery: Gallery) -> None:
        ui.go(f"/runs/{gallery.runs[run]}")
        ui.expect_statuses(dict(statuses))
        expect(ui.group.get_by_role("link").first).to_be_visible()
        expect(ui.options).to_be_visible()
        expect(ui.events.get_by_role("button", name="Details").first).to_be_visible()

    return show


def _run_queued(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.queued}")
    expect(ui.page.get_by_text("dalsegno worker").first).to_be_visible()


def _step_failed(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.failed}?step=forecast&selection=forecast")
    expect(ui.step_panel("forecast")).to_contain_text("KeyError")


def _step_retried(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.failed}?step=join_orders")
    ui.step_panel("join_orders").get_by_role("tab", name="Attempt 1").click()
    expect(ui.step_panel("join_orders")).to_contain_text("ConnectionError")


def _step_with_image(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.failed}?step=value_orders")
    expect(ui.step_panel("value_orders").get_by_role("img", name="share by day")).to_be_visible()


def _held_back(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.held_back}")
    expect(ui.page.get_by_text("Held back by the limit disk=old:1")).to_be_visible()


def _step_retrying(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.retrying}?step=ask_partner")
    expect(ui.bar("ask_partner", r"retrying, tries again in \d+ min")).to_be_visible()
    counted = re.compile(r"tries again in \d+ min \d\d s \(attempt 2 of 3\)")
    expect(ui.step_panel("ask_partner")).to_contain_text(counted)
    expect(ui.events).to_contain_text("Next in 600 s")


def _step_crashed(ui: Ui, gallery: Gallery) -> None:
    """The last of its automatic retries."""
    ui.go(f"/runs/{gallery.retried}?step=parse_letters")
    expect(ui.step_panel("parse_letters")).to_contain_text("Native code crashed")
    expect(ui.step_panel("parse_letters")).to_contain_text("0xfeff")
    expect(ui.page.get_by_text("This was the last of its automatic retries")).to_be_visible()
    expect(ui.group.get_by_role("link", name=re.compile("from failure, automatic \\(1 of 1\\)"))).to_be_visible()


def _output_gone(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.gone}?step=write_digest")
    expect(ui.step_panel("write_digest")).to_contain_text("An input could not be loaded")
    expect(ui.step_panel("write_digest").get_by_role("button", name="Re-execute collect_numbers")).to_be_visible()


def _step_canceled(ui: Ui, gallery: Gallery) -> None:
    _run("canceled", ("wait_for_file", "canceled"))(ui, gallery)
    ui.bar("wait_for_file").click()
    expect(ui.step_panel("wait_for_file")).to_contain_text("because local canceled the run")


def _selection_refused(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.mended}?selection=forecast%2C+reprot")
    expect(ui.selection).to_have_attribute("aria-invalid", "true")


def _menu(ui: Ui, gallery: Gallery) -> None:
    _run("mended", ("forecast", "success"))(ui, gallery)
    ui.options.click()
    expect(ui.menu_item("From failure")).to_be_visible()


def _plan(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.failed}?plan=FROM_FAILURE")
    expect(ui.planned("forecast")).to_contain_text("failed")


def _plan_refused(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.failed}?plan=SELECTED_STEPS&selection=report")
    expect(ui.plan).to_contain_text("forecast")
    expect(ui.plan.get_by_role("alert")).to_be_visible()


def _suggestions(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.mended}")
    ui.selection.fill("*forecast and not status:")
    expect(ui.page.get_by_role("option", name="blocked")).to_be_visible()


def _step_element(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.mapped}?step=fit_region%5Bus%5D&selection=fit_region%5Bus%5D*")
    expect(ui.step_panel("fit_region[us]")).to_contain_text("Select all of its elements")


def _mixed(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.mixed}?step=score_region%5Beu%5D")
    expect(ui.group).to_contain_text("Mixed")
    expect(ui.step_panel("score_region[eu]")).to_contain_text("Stale")
    expect(ui.bar("score_region[eu]", "reused.*stale")).to_be_visible()


def _plan_stale(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.mixed}?plan=SELECTED_STEPS&selection=score_region%5Basia%5D")
    expect(ui.planned("score_region[eu]")).to_contain_text("stale")
    expect(ui.plan.get_by_role("button", name="From changed instead").first).to_be_visible()


def _plan_from_changed(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/runs/{gallery.mixed}?plan=FROM_CHANGED")
    expect(ui.planned("fit_region[us]")).to_contain_text("config weight 0.5 -> 0.7")


def _compare(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/compare/{gallery.mapped}/{gallery.mixed}")
    expect(ui.page.get_by_role("link", name="fit_region[us] in the base run, failure")).to_be_visible()


def _compare_same(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/compare/{gallery.mended}/{gallery.mended}?show=differences")
    expect(ui.page.get_by_text("No step differs")).to_be_visible()


def _compare_missing(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/compare/{gallery.mended}/01a20000-0000-7000-8000-000000000000")
    expect(ui.page.get_by_text("One of the two is not there")).to_be_visible()


def _runs_selected(ui: Ui, gallery: Gallery) -> None:
    _every_run(ui, gallery)
    for box in ui.page.get_by_role("checkbox", name="of daily_orders").all()[:2]:
        box.check()
    expect(ui.page.get_by_role("link", name="Compare")).to_be_visible()


def _runs_relaunch(ui: Ui, gallery: Gallery) -> None:
    _runs_selected(ui, gallery)
    ui.page.get_by_role("button", name="Re-execute 2 runs").click()
    expect(ui.page.get_by_role("dialog").get_by_text("left to do").first).to_be_visible()


def _bulk_plan(ui: Ui, gallery: Gallery) -> None:
    ui.go("/?by=run&status=FAILURE")
    ui.page.get_by_role("button", name=re.compile("^Re-execute 7 runs")).click()
    expect(ui.page.get_by_role("dialog")).to_contain_text("These would be refused")


def _bulk_progress(ui: Ui, gallery: Gallery) -> None:
    ui.go(f"/?by=run&tag=dalsegno%2Fbulk%3D{gallery.bulk}&bulk={gallery.bulk}")
    expect(ui.page.get_by_role("region", name="Many runs at once")).to_contain_text("Done: 1 of 1")
    expect(ui.page.get_by_role("link", name="daily_orders")).to_be_visible()


def _bulk_missing(ui: Ui, gallery: Gallery) -> None:
    ui.go("/?bulk=nowhere")
    expect(ui.page.get_by_text("No such work on many runs")).to_be_visible()


def _no_such_run(ui: Ui, gallery: Gallery) -> None:
    ui.go("/runs/01a20000-0000-7000-8000-000000000000")
    expect(ui.page.get_by_text("No run").first).to_be_visible()


def _no_such_page(ui: Ui, gallery: Gallery) -> None:
    ui.go("/nowhere")
    expect(ui.page.get_by_text("There is no such page")).to_be_visible()


def _login(ui: Ui, gallery: Gallery) -> None:
    ui.go("/")
    expect(ui.page.get_by_label("Token")).to_be_visible()


def _login_refused(ui: Ui, gallery: Gallery) -> None:
    _login(ui, gallery)
    ui.page.get_by_label("Token").fill("not-one")
    ui.page.get_by_role("button", name="Log in").click()
    expect(ui.page.get_by_role("alert")).to_contain_text("not a token")


def _code_error(ui: Ui, gallery: Gallery) -> None:
    ui.go("/pipelines")
    problem = ui.page.get_by_role("region", name="Code error")
    expect(problem).to_contain_text("SyntaxError")
    problem.get_by_text("The code does not load").click()


PAGES = [
    PageShown("login", _login, on="guarded"),
    PageShown("login-failed", _login_refused, on="guarded"),
    PageShown("runs-full", _runs),
    PageShown("runs-every-run", _every_run),
    PageShown("runs-unresolved", _unresolved),
    PageShown("runs-filtered-away", _runs_filtered_away),
    PageShown("runs-selected", _runs_selected),
    PageShown("runs-relaunch", _runs_relaunch),
    PageShown("runs-bulk-plan", _bulk_plan),
    PageShown("runs-bulk-progress", _bulk_progress),
    PageShown("runs-bulk-missing", _bulk_missing),
    PageShown("runs-empty", _no_runs, on="empty"),
    PageShown("pipelines-full", _pipelines),
    PageShown("pipelines-empty", _no_pipelines, on="empty"),
    PageShown("pipelines-failed", _code_error, on="broken"),
    PageShown("pipeline-full", _pipeline),
    PageShown("pipeline-step", _pipeline_step),
    PageShown("pipeline-grid", _pipeline_grid),
    PageShown("pipeline-empty", _pipeline_not_run),
    PageShown("pipeline-many-steps", _pipeline_large),
    PageShown("pipeline-failed", _no_such_pipeline),
    PageShown("launch-full", _launch),
    PageShown("launch-failed", _launch_refused),
    PageShown(
        "run-failed", _run("failed", ("forecast", "failure"), ("report", "blocked"), ("match_refunds", "skipped"))
    ),
    PageShown("run-mended", _run("mended", ("forecast", "success"), ("value_orders", "reused"))),
    PageShown("run-selected", _run("selected", ("forecast", "success"), ("value_orders", "reused"))),
    PageShown("run-running", _run("running", ("open_gate", "success"), ("wait_for_file", "running"))),
    PageShown("run-canceled", _step_canceled),
    PageShown("run-queued", _run_queued),
    PageShown("run-held-back", _held_back),
    PageShown("run-step-retrying", _step_retrying),
    PageShown("run-step-crashed", _step_crashed),
    PageShown("run-step-gone", _output_gone),
    PageShown("run-step-failed", _step_failed),
    PageShown("run-step-retried", _step_retried),
    PageShown("run-step-image", _step_with_image),
    PageShown("run-selection-failed", _selection_refused),
    PageShown("run-suggestions", _suggestions),
    PageShown("run-mapped", _run("mapped", ("fit_region[us]", "failure"), ("score_region[us]", "blocked"))),
    PageShown("run-mapped-step", _step_element),
    PageShown("run-mixed", _mixed),
    PageShown("run-plan-stale", _plan_stale),
    PageShown("run-plan-changed", _plan_from_changed),
    PageShown("compare-full", _compare),
    PageShown("compare-same", _compare_same),
    PageShown("compare-missing", _compare_missing),
    PageShown("run-menu", _menu),
    PageShown("run-plan", _plan),
    PageShown("run-plan-failed", _plan_refused),
    PageShown("run-missing", _no_such_run),
    PageShown("page-missing", _no_such_page),
]
