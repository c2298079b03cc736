"""What has gone wrong is mended from where it is told."""

from __future__ import annotations

from playwright.sync_api import expect


def test_an_output_that_is_gone_is_made_again_with_one_click(browsing, gallery):
    ui = browsing.open(gallery.url)
    ui.go(f"/runs/{gallery.gone}?step=write_digest")
    panel = ui.step_panel("write_digest")
    expect(panel).to_contain_text("Output 'result' of step 'collect_numbers'")
    expect(panel).to_contain_text("its file is gone")
    panel.get_by_role("button", name="Re-execute collect_numbers and what follows").click()
    for step_key in ("collect_numbers", "clean_up", "write_digest"):
        expect(ui.planned(step_key)).to_contain_text("execute")

    # Asked for alone, the step that needs it is refused: what is to be added is a click away in the plan.
    ui.go(f"/runs/{gallery.gone}?plan=SELECTED_STEPS&selection=write_digest")
    expect(ui.plan.get_by_role("alert")).to_contain_text("collect_numbers.result: its file is gone")
    ui.plan.get_by_role("button", name="Add 1 step: collect_numbers").click()
    expect(ui.planned("collect_numbers")).to_contain_text("execute")
    expect(ui.planned("write_digest")).to_contain_text("execute")


def test_a_run_tells_that_it_was_retried_by_itself_and_which_run_came_of_it(browsing, gallery):
    ui = browsing.open(gallery.url)
    ui.go(f"/runs/{gallery.retried}")
    ui.page.get_by_role("link", name=gallery.crashed[:13], exact=True).click()
    said = ui.page.get_by_role("status").filter(has_text="Automatic retry 1 of 1 was launched")
    expect(said).to_be_visible()
    said.get_by_role("link").click()
    expect(ui.page.get_by_text("This was the last of its automatic retries")).to_be_visible()
    # What it was launched with can be launched anew: the tags are a person's alone.
    ui.page.get_by_role("link", name="Launch again with changed config").click()
    expect(ui.page.get_by_role("textbox", name="Tags")).to_have_value("mailbox=orders")
