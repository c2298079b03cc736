"""What a worker and the service do on a disk that is full; run as a program on a small disk of its own."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from msgspec.structs import replace

from dalsegno.api.app import create_app
from dalsegno.errors import StoreUnavailableError
from dalsegno.output_storage import OutputStorage
from dalsegno.runs.status import ReexecutionStrategy
from dalsegno.store.database import Database
from dalsegno.store.pipelines import publish
from dalsegno.store.workers import WorkerRecord, register
from tests.drawing import draw
from tests.small_disk import fill, main
from tests.waiting import until
from tests.worker.site import Site

CODE = """
SIZE = 4_000_000

@step
def small():
    return 1

@step
def held(one):
    gate("held")
    print("printed")
    return one

@step
def large(one):
    return bytes(SIZE)

@pipeline
def waiting():
    held(small())

@pipeline
def growing():
    large(small())
"""


class Heard(logging.Handler):
    """All that was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        logging.getLogger().addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.text += record.getMessage()


def refusal(database: Database) -> StoreUnavailableError:
    """What is said once nothing more can be written; a few pages may still be free in the files themselves."""
    while True:
        record = WorkerRecord(
            id=uuid.uuid4().hex, host="", pid=1, executor="", code_location="", started_at=datetime.now(UTC)
        )
        try:
            database.write(register(record, 0.001))
        except StoreUnavailableError as error:
            return error


def is_whole(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])
    finally:
        connection.close()


def worker_whose_database_is_on_a_full_disk(disk: Path) -> dict[str, Any]:
    """It waits until there is room, and goes on: no attempt is lost."""
    heard = Heard()
    elsewhere = disk.parent / "elsewhere"
    elsewhere.mkdir()
    site = Site(elsewhere, f"sqlite:///{disk}/runs.db")
    try:
        site.write(CODE)
        site.start_here().until_serving()
        run_id = site.launch("waiting")
        site.until_running(run_id, "held")
        filler = fill(disk)
        error = refusal(site.database)
        site.open("held")
        until(
            lambda: (
                f"{error.problem}. Nothing was changed; mend that and try again. It is tried again, and" in heard.text
            )
        )
        filler.unlink()
        run = site.ended(run_id)
        attempts = {key: len(state.attempts) for key, state in site.instance.step_states(run_id).items()}
        numbers = [event.number for event in site.instance.events(run_id)]
        found = {
            "problem": error.problem,
            "status": run.status,
            "attempts": attempts,
            "numbers_are_dense": numbers == list(range(1, len(numbers) + 1)),
            "another": site.run("waiting").status,
        }
    finally:
        site.close()
    return {**found, "is_whole": is_whole(disk / "runs.db")}


def worker_whose_outputs_are_on_a_full_disk(disk: Path) -> dict[str, Any]:
    """The attempt fails and says why; the worker goes on, and with room again so does the run's re-execution."""
    elsewhere = disk.parent / "elsewhere"
    elsewhere.mkdir()
    site = Site(elsewhere, f"sqlite:///{elsewhere}/runs.db")
    site.settings = replace(site.settings, storage_url=str(disk / "storage"))
    site.instance.storage = OutputStorage(site.settings.storage_url)
    try:
        site.write(CODE)
        site.start_here().until_serving()
        site.open("held")
        failed = site.run("growing")
        error = site.step(failed.run_id, "large").error
        assert error is not None
        left_over = [path.name for path in disk.rglob("*large*")]
        site.write(CODE.replace("4_000_000", "10"))
        until(lambda: site.snapshot("growing").id != failed.snapshot_id)
        again = site.ended(site.launch("growing", failed, strategy=ReexecutionStrategy.FROM_FAILURE))
        # With prints that can't be kept, on a disk where nothing can.
        return {
            "status": failed.status,
            "error": [error.class_name, error.message],
            "left_over": left_over,
            "again": [again.status, list(again.step_keys_to_execute)],
            "worker": site.run("waiting").status,
        }
    finally:
        site.close()


def service_whose_database_is_on_a_full_disk(disk: Path) -> dict[str, Any]:
    """It refuses what it can't store, goes on answering, and launches again once there is room."""
    return asyncio.run(_service(disk))


async def _service(disk: Path) -> dict[str, Any]:
    elsewhere = disk.parent / "elsewhere"
    elsewhere.mkdir()
    site = Site(elsewhere, f"sqlite:///{disk}/runs.db")
    site.database.write(publish([draw("a -> b")], datetime.now(UTC)))
    app = create_app(site.settings, site.database, site.instance.storage)
    launch = f'mutation {{ launchRun(pipelineName: "{draw("a -> b").name}") {{ __typename }} }}'
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:

        async def ask(query: str) -> dict[str, Any]:
            answer: dict[str, Any] = (await client.post("/graphql", json={"query": query})).json()
            return answer

        before = await ask(launch)
        filler = fill(disk)
        refusal(site.database)
        refused = await ask(launch)
        listed = await ask("{ runs { totalCount } }")
        alive = (await client.get("/healthz")).status_code
        filler.unlink()
        after = await ask(launch)
        count = await ask("{ runs { totalCount } }")
    await site.database.close_async()
    site.close()
    return {
        "launches": [one["data"]["launchRun"]["__typename"] for one in (before, after)],
        "refused": refused["errors"][0]["extensions"]["code"],
        "listed": listed["data"]["runs"]["totalCount"],
        "alive": alive,
        "count": count["data"]["runs"]["totalCount"],
        "is_whole": is_whole(disk / "runs.db"),
    }


if __name__ == "__main__":
    scenarios = (
        worker_whose_database_is_on_a_full_disk,
        worker_whose_outputs_are_on_a_full_disk,
        service_whose_database_is_on_a_full_disk,
    )
    main({one.__name__: one for one in scenarios})
