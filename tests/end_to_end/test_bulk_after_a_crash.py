"""A bulk whose service is killed in the middle of it: every run is launched once, and all of them end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.end_to_end.service_processes import Processes, running
from tests.waiting import until

CODE = """
import time
from pathlib import Path

from dalsegno import pipeline, step

GO = Path(__file__).with_name("go")

@step
def patient():
    while not GO.exists():
        time.sleep(0.01)

@pipeline
def waits():
    patient()
"""
RUNS = 30
START = """mutation ($action: BulkAction!, $filter: RunFilter!, $strategy: ReexecutionStrategy, $count: Int!) {
  startBulk(action: $action, filter: $filter, strategy: $strategy, expectedCount: $count) {
    ... on Error { message }
    ... on StartBulkSuccess { bulk { id } }
  }
}"""
BULK = "query ($id: ID!) { bulk(id: $id) { total launched refused done canceled } }"
LAUNCHED = """query ($id: String!) {
  runs(first: 200, filter: { tags: [{ key: "dalsegno/bulk", value: $id }] }) {
    edges { node { parentRunId status launchedBy endedAt } }
  }
}"""


def start(processes: Processes, **variables: Any) -> str:
    bulk_id: str = processes.ask(START, count=RUNS, **variables)["startBulk"]["bulk"]["id"]
    return bulk_id


def done(processes: Processes, bulk_id: str) -> dict[str, Any] | None:
    bulk: dict[str, Any] = processes.ask(BULK, id=bulk_id)["bulk"]
    return bulk if bulk["done"] else None


def test_a_bulk_goes_on_where_its_killed_service_left_it(tmp_path: Path, database_url: str) -> None:
    settings = {"lease_seconds": 2, "heartbeat_seconds": 0.5, "bulk_queued_runs": 5, "max_runs": 4, "max_steps": 4}
    with running(tmp_path, database_url, CODE, workers=1, **settings) as processes, processes.client() as client:
        processes.until_served("waits")
        parents = {client.launch_run("waits").id for _ in range(RUNS)}
        cancel = start(processes, action="CANCEL", filter={"pipelineName": "waits"})
        until(lambda: done(processes, cancel), what="the end of the bulk that cancels")
        until(lambda: len(client.runs(statuses=["CANCELED"], limit=200)) == RUNS, what="the end of the runs")

        # Until they may go on, some run and some wait: it can't be through.
        bulk_id = start(processes, action="REEXECUTE", strategy="FROM_FAILURE", filter={"statuses": ["CANCELED"]})
        until(lambda: processes.ask(BULK, id=bulk_id)["bulk"]["launched"] >= 3, what="the middle of the bulk")
        processes.kill_service()
        (tmp_path / "go").touch()
        processes.serve_again()

        found = until(lambda: done(processes, bulk_id), what="the end of the bulk")
        assert found == {"total": RUNS, "launched": RUNS, "refused": 0, "done": True, "canceled": False}

        def launched() -> list[dict[str, Any]]:
            return [edge["node"] for edge in processes.ask(LAUNCHED, id=bulk_id)["runs"]["edges"]]

        until(lambda: all(run["endedAt"] for run in launched()), what="the end of the runs that it launched")
        assert sorted(run["parentRunId"] for run in launched()) == sorted(parents)
        assert {(run["status"], run["launchedBy"]) for run in launched()} == {("SUCCESS", "nightly")}
