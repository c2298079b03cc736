"""The whole walk with a mouse: the example fails, is mended while all is up, and only what must run runs again."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.end_to_end.service_processes import OPERATOR, VIEWER

EXAMPLE = (Path(__file__).parents[2] / "examples" / "ml.py").read_text()
MENDED = EXAMPLE.replace("model.predictions(rows)", "model.predict(rows)")
BROKEN = MENDED.replace("def analyses(", "def analyses((")

# All that a finished run promises to keep.
KEPT = """query ($run: ID!) { run(id: $run) {
  id status createdAt startedAt endedAt durationMs runConfig mode tags { key value } selection strategy
  stepKeysToExecute snapshotId version error { className message }
  stepStats { stepKey status startTime endTime reason causeStepKeys reusedFromRunId
    attempts { number status startTime endTime workerId error { className message traceback }
      stdout { text } stderr { text } }
    inputs { name sources { runId stepKey outputName } }
    outputs { name uri digest sizeBytes preview metadata } }
  events(first: 1000) { edges { cursor node { timestamp kind level stepKey attempt message data } } }
} }"""


def test_the_walk_with_a_mouse(start, browsing):
    processes = start(EXAMPLE)
    ui = browsing.open(processes.url)
    page = ui.page

    # The first page says at once what to do.
    ui.go()
    page.get_by_role("link", name="Launch train_and_analyse").click()
    page.get_by_role("button", name="Launch", exact=True).click()

    # The failure is seen live.
    first = ui.run_id
    expect(page.get_by_role("button", name="Re-execute")).to_be_disabled()
    ui.expect_statuses({"load": "success", "train": "running"})
    ui.expect_statuses({"train": "success", "test": "failure", "analyses": "blocked"})
    expect(ui.events.get_by_text("has no attribute 'predictions'").first).to_be_visible()
    ui.bar("test").click()
    expect(ui.step_panel("test")).to_contain_text("predicted = model.predictions(rows)")
    page.get_by_role("button", name="Clear the selection").click()
    kept = processes.ask(KEPT, run=first)["run"]
    assert kept["status"] == "FAILURE"

    # Mended on disk; what must run again is named before anything starts.
    before = processes.snapshot_id("train_and_analyse")
    processes.write(MENDED)
    processes.until_served("train_and_analyse", other_than=before)
    ui.reexecute("from failure (2)").click()
    expect(ui.planned("train")).to_contain_text("reuse")
    expect(ui.planned("train")).to_contain_text("succeeded in the first run")
    expect(ui.planned("train")).to_contain_text(first[:13])
    expect(ui.planned("load")).to_contain_text("reuse")
    expect(ui.planned("test")).to_contain_text("execute")
    expect(ui.planned("test")).to_contain_text("failed in the first run")
    expect(ui.planned("analyses")).to_contain_text("execute")
    expect(ui.planned("analyses")).to_contain_text("blocked")
    second = ui.launch()
    assert second != first
    ui.expect_statuses({"load": "reused", "train": "reused", "test": "success", "analyses": "success"})

    # One group, and the first run as it was.
    expect(ui.group.get_by_role("link")).to_have_count(2)
    expect(ui.group.get_by_role("link", name=re.compile("failure.*first run"))).to_be_visible()
    expect(ui.group.get_by_role("link", name=re.compile("success.*from failure.*2 steps"))).to_be_visible()
    assert processes.ask(KEPT, run=first)["run"] == kept
    ui.group.get_by_role("link", name=re.compile("failure.*first run")).click()
    expect(page).to_have_url(re.compile(first))
    ui.expect_statuses({"load": "success", "train": "success", "test": "failure", "analyses": "blocked"})

    # All is settled in the second run: from failure has nothing to do, and says so.
    ui.group.get_by_role("link", name=re.compile("success.*from failure")).click()
    expect(page).to_have_url(re.compile(second))
    ui.options.click()
    from_failure = ui.menu_item("From failure")
    expect(from_failure).to_be_disabled()
    expect(from_failure).to_contain_text("Nothing is left to do from failure")
    page.keyboard.press("Escape")

    # The picture that the last step drew.
    ui.bar("analyses").click()
    expect(ui.step_panel("analyses").get_by_role("img", name="confusion matrix")).to_be_visible()

    # Just these steps, by clicking their bars.
    ui.bar("test").click()
    ui.bar("analyses").click(modifiers=["Control"])
    ui.reexecute("selected steps (2)").click()
    expect(ui.planned("test")).to_contain_text("execute")
    expect(ui.planned("train")).to_contain_text("reuse")
    ui.launch()
    ui.expect_statuses({"train": "reused", "test": "success", "analyses": "success"})

    # From a step on.
    ui.bar("test").click()
    ui.options.click()
    ui.menu_item("From selected").click()
    expect(ui.planned("analyses")).to_contain_text("downstream of test")
    ui.launch()
    ui.expect_statuses({"load": "reused", "train": "reused", "test": "success", "analyses": "success"})

    # Typed.
    ui.selection.fill("train+")
    ui.reexecute("selected steps (2)").click()
    expect(ui.planned("train")).to_contain_text("execute")
    expect(ui.planned("test")).to_contain_text("execute")
    expect(ui.planned("load")).to_contain_text("reuse")
    expect(ui.planned("analyses")).to_contain_text("reuse")
    ui.launch()
    ui.expect_statuses({"load": "reused", "train": "success", "test": "success", "analyses": "reused"})

    # Everything.
    ui.options.click()
    ui.menu_item("All steps").click()
    ui.launch()
    ui.expect_statuses({"load": "success", "train": "success", "test": "success", "analyses": "success"})
    expect(ui.group.get_by_role("link")).to_have_count(6)
    assert processes.ask(KEPT, run=first)["run"] == kept


def test_a_code_error_while_editing_is_shown_and_goes(start, browsing):
    processes = start(MENDED)
    ui = browsing.open(processes.url)
    ui.go("/pipelines")
    expect(ui.page.get_by_role("link", name="Launch train_and_analyse")).to_be_visible()
    problem = ui.page.get_by_role("region", name="Code error")
    expect(problem).to_be_hidden()
    processes.write(BROKEN)
    expect(problem).to_contain_text("SyntaxError")
    problem.get_by_text("The code does not load").click()
    expect(problem.get_by_role("region", name=re.compile("^Traceback"))).to_contain_text("pipelines.py")
    # The last good code is served meanwhile.
    assert processes.snapshot_id("train_and_analyse")
    processes.write(MENDED)
    expect(problem).to_be_hidden()


def test_the_service_restarts_under_an_open_page(start, browsing, tmp_path):
    go_on = tmp_path / "go-on"
    processes = start(
        f"""
from pathlib import Path
from time import sleep
from dalsegno import pipeline, step

@step
def first():
    return 1

@step
def second(first):
    while not Path({str(go_on)!r}).exists():
        sleep(0.02)
    return first

@pipeline
def waiting():
    second(first())
""",
        apart=True,
    )
    ui = browsing.open(processes.url)
    ui.go("/pipelines/waiting/launch")
    ui.page.get_by_role("button", name="Launch", exact=True).click()
    ui.expect_statuses({"first": "success", "second": "running"})

    processes.end_service()
    expect(ui.page.get_by_text("The service does not answer")).to_be_visible()
    ui.expect_statuses({"first": "success", "second": "running"})
    go_on.touch()
    processes.serve_again()
    expect(ui.page.get_by_text("The service does not answer")).to_be_hidden()
    ui.expect_statuses({"first": "success", "second": "success"})
    expect(ui.events.get_by_text("run succeeded", exact=True)).to_have_count(1)

    # Its database is away: what is shown stays, a page that is opened meanwhile waits, and all recovers by itself.
    ui.page.route("**/graphql", _answer_without_a_database)
    expect(ui.page.get_by_text("The service's database does not answer")).to_be_visible()
    ui.expect_statuses({"first": "success", "second": "success"})
    ui.page.reload()
    expect(ui.page.get_by_text("The service's database does not answer")).to_be_visible()
    ui.page.unroute("**/graphql", _answer_without_a_database)
    ui.expect_statuses({"first": "success", "second": "success"})
    expect(ui.page.get_by_text("The service's database does not answer")).to_be_hidden()
    # The browser's own words on requests that nobody answered.
    browsing.expects("ERR_CONNECTION", "WebSocket")


def _answer_without_a_database(route: Route) -> None:
    """As the service does, see tests/faults/test_outages_of_the_service.py."""
    error = {
        "message": "The database can't be used at the moment. Try again.",
        "extensions": {"code": "STORE_UNAVAILABLE"},
    }
    route.fulfill(json={"data": None, "errors": [error]})


def test_with_a_token_a_browser_logs_in_and_the_same_is_live(start, browsing):
    processes = start(MENDED, tokens=f"operator/ada:{OPERATOR}")
    ui = browsing.open(processes.url)
    page = ui.page
    ui.go("/pipelines/train_and_analyse/launch?selection=load")
    expect(page).to_have_url(re.compile("/login"))
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not a token")
    page.get_by_label("Token").fill(OPERATOR)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(r"/pipelines/train_and_analyse/launch\?selection=load"))
    page.get_by_role("button", name="Launch", exact=True).click()
    ui.expect_statuses({"load": "success", "train": "omitted"})
    expect(page.get_by_text("ada").first).to_be_visible()
    # Events come over the WebSocket alone.
    expect(ui.events.get_by_text("run succeeded", exact=True)).to_be_visible()
    page.get_by_role("button", name="Account").click()
    ui.menu_item("Log out").click()
    expect(page).to_have_url(re.compile("/login"))
    browsing.expects("401 (Unauthorized)")


def test_a_viewer_may_look_and_is_told_why_not_launch(start, browsing):
    processes = start(MENDED, tokens=f"operator:{OPERATOR},viewer:{VIEWER}")
    processes.until_served("train_and_analyse")
    with processes.client() as client:
        run = client.wait(client.launch_run("train_and_analyse", selection=["load"]).id, timeout=60)
    ui = browsing.open(processes.url)
    ui.go(f"/runs/{run.id}")
    ui.page.get_by_label("Token").fill(VIEWER)
    ui.page.get_by_role("button", name="Log in").click()
    ui.expect_statuses({"load": "success"})
    button = ui.page.get_by_role("button", name=re.compile("^Re-execute "))
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description(re.compile("token lets you look"))
    ui.go("/?pipeline=train_and_analyse")
    many = ui.page.get_by_role("button", name="Re-execute 1 run")
    expect(many).to_be_disabled()
    expect(many).to_have_accessible_description(re.compile("need an operator's token"))
