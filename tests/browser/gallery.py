"""A service with runs in every state, for looking at pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dalsegno import pipeline, step
from dalsegno.client import Client
from dalsegno.store.pipelines import publish
from tests.end_to_end.service_processes import Processes
from tests.waiting import until

PIPELINES = (Path(__file__).parent / "gallery_pipelines.py").read_text()
_STATUS = "query ($run: ID!) { run(id: $run) { status stepCounts { status count } } }"
_RETRY = "query ($run: ID!) { run(id: $run) { automaticRetry { runId } } }"
_START_BULK = """mutation ($filter: RunFilter!) {
  startBulk(action: REEXECUTE, filter: $filter, strategy: FROM_FAILURE, expectedCount: 1, reason: "it is mended") {
    ... on StartBulkSuccess { bulk { id } }
  }
}"""
_BULK = "query ($id: ID!) { bulk(id: $id) { done } }"
_LAUNCHED = "query ($tag: TagInput!) { runs(filter: {tags: [$tag]}) { edges { node { id } } } }"


@step
def empty_bins() -> None:
    """Deletes what was deleted."""


@pipeline
def weekly_cleanup() -> None:
    """No worker serves it any more."""
    empty_bins()


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """A service, and a run in each state."""

    url: str
    # One step failed after another was tried twice, one was skipped, one blocked.
    failed: str
    # Re-executes it from its failure, and succeeds.
    mended: str
    # Re-executes two steps of that one.
    selected: str
    # One element of a mapped step failed.
    mapped: str
    # Re-executes one element of its mended group with another config: what follows of it is stale.
    mixed: str
    # The id of one: the first day's run was re-executed by it.
    bulk: str
    # Goes on until the gallery is closed.
    running: str
    canceled: str
    # Its pipeline is served by nobody.
    queued: str
    # Queued as long as another one goes on that has the same tag.
    held_back: str
    # A step waits for its next attempt until the gallery is closed.
    retrying: str
    # The last one of its automatic retries: a step's process crashed again.
    retried: str
    # What it re-executes.
    crashed: str
    # A step's input was deleted before it was loaded.
    gone: str

    @property
    def runs(self) -> dict[str, str]:
        """Run ids by state."""
        return {
            "failed": self.failed,
            "mended": self.mended,
            "selected": self.selected,
            "mapped": self.mapped,
            "mixed": self.mixed,
            "running": self.running,
            "canceled": self.canceled,
            "queued": self.queued,
            "held_back": self.held_back,
            "retrying": self.retrying,
            "retried": self.retried,
            "gone": self.gone,
        }


@contextmanager
def gallery_in(folder: Path) -> Iterator[Gallery]:
    """Fills a new service in a folder; ends it afterwards."""
    broken, go_on = folder / "broken", folder / "go-on"
    settings = {"tokens": "", "tag_limits": "disk=old:1", "heartbeat_seconds": 0.5}
    processes = Processes(folder, f"sqlite:///{folder}/dalsegno.db", **settings)
    processes.environment |= {"GALLERY_BROKEN": str(broken), "GALLERY_GO_ON": str(go_on)}
    processes.write(PIPELINES)
    try:
        processes.work()
        processes.serve()
        processes.database.write(publish([weekly_cleanup.snapshot], datetime.now(UTC)))
        processes.until_served("nightly_backup")
        with processes.client() as client:
            yield _fill(processes, client, broken)
    finally:
        go_on.touch()
        processes.close()


def _fill(processes: Processes, client: Client, broken: Path) -> Gallery:
    broken.touch()
    retrying = client.launch_run("partner_sync").id
    crashed = client.launch_run("hourly_import", tags={"mailbox": "orders"}).id
    gone = client.launch_run("weekly_digest").id
    client.wait(client.launch_run("yearly_archive").id, timeout=60)
    before = client.launch_run("daily_orders", tags={"day": "2026-11-20"}).id
    client.wait(before, timeout=60)
    failed = client.launch_run("daily_orders", tags={"day": "2026-11-21"}, reason="the nightly run").id
    client.wait(failed, timeout=60)
    again = client.launch_reexecution(failed, strategy="FROM_FAILURE", reason="perhaps it was the network").id
    client.wait(again, timeout=60)
    mapped = client.launch_run("regional_models").id
    client.wait(mapped, timeout=60)
    broken.unlink()
    whole = client.launch_reexecution(mapped, strategy="FROM_FAILURE").id
    client.wait(whole, timeout=60)
    heavier = {"steps": {"fit_region": {"config": {"weight": 0.7}}}}
    mixed = client.launch_reexecution(whole, selection=["fit_region[eu]"], run_config=heavier).id
    client.wait(mixed, timeout=60)
    mended = client.launch_reexecution(failed, strategy="FROM_FAILURE", reason="the calendar has its season").id
    client.wait(mended, timeout=60)
    selected = client.launch_reexecution(mended, selection=["forecast", "report"]).id
    client.wait(selected, timeout=60)
    bulk = _bulk(processes, client)
    canceled = client.launch_run("nightly_backup").id
    until(lambda: _is_waiting(processes, canceled), what="a run that waits")
    client.cancel_run(canceled)
    client.wait(canceled, timeout=60)
    running = client.launch_run("nightly_backup", tags={"disk": "old"}).id
    until(lambda: _is_waiting(processes, running), what="a run that waits")
    queued = client.launch_run("weekly_cleanup").id
    held_back = client.launch_run("nightly_backup", tags={"disk": "old"}).id
    until(lambda: _has(processes, retrying, "RETRYING"), what="a step that waits to be tried again")
    client.wait(gone, timeout=60)
    retried = until(lambda: _retry_of(processes, crashed), what="an automatic retry")
    client.wait(retried, timeout=60)
    return Gallery(
        url=processes.url,
        failed=failed,
        mended=mended,
        selected=selected,
        mapped=mapped,
        mixed=mixed,
        bulk=bulk,
        running=running,
        canceled=canceled,
        queued=queued,
        held_back=held_back,
        retrying=retrying,
        retried=retried,
        crashed=crashed,
        gone=gone,
    )


def _bulk(processes: Processes, client: Client) -> str:
    """One that is done, and so is the run that it launched."""
    day = {"pipelineName": "daily_orders", "tags": [{"key": "day", "value": "2026-11-20"}]}
    bulk: str = processes.ask(_START_BULK, filter=day)["startBulk"]["bulk"]["id"]
    until(lambda: processes.ask(_BULK, id=bulk)["bulk"]["done"], what="the end of the bulk")
    launched = processes.ask(_LAUNCHED, tag={"key": "dalsegno/bulk", "value": bulk})["runs"]["edges"]
    for edge in launched:
        client.wait(edge["node"]["id"], timeout=60)
    return bulk


def _has(processes: Processes, run_id: str, status: str) -> bool:
    counts = processes.ask(_STATUS, run=run_id)["run"]["stepCounts"]
    return any(one["status"] == status for one in counts)


def _retry_of(processes: Processes, run_id: str) -> str | None:
    retry = processes.ask(_RETRY, run=run_id)["run"]["automaticRetry"]
    return retry and retry["runId"]


def _is_waiting(processes: Processes, run_id: str) -> bool:
    counts = processes.ask(_STATUS, run=run_id)["run"]["stepCounts"]
    return {"status": "RUNNING", "count": 1} in counts and {"status": "SUCCESS", "count": 1} in counts


@contextmanager
def empty_service_in(folder: Path) -> Iterator[str]:
    """The address of a service without runs, pipelines and workers."""
    processes = Processes(folder, f"sqlite:///{folder}/dalsegno.db", tokens="")
    try:
        yield processes.serve()
    finally:
        processes.close()


@contextmanager
def guarded_service_in(folder: Path) -> Iterator[str]:
    """The address of a service that asks for a token."""
    processes = Processes(folder, f"sqlite:///{folder}/dalsegno.db")
    try:
        yield processes.serve()
    finally:
        processes.close()


@contextmanager
def broken_service_in(folder: Path) -> Iterator[str]:
    """The address of a service whose worker's code does not load any more."""
    processes = Processes(folder, f"sqlite:///{folder}/dalsegno.db", tokens="")
    processes.write(PIPELINES)
    try:
        processes.serve()
        processes.work()
        processes.until_served("daily_orders")
        processes.write(PIPELINES.replace("def forecast(", "def forecast(("))
        yield processes.url
    finally:
        processes.close()
