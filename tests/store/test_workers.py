"""Who is there to execute runs, and with which code."""

from __future__ import annotations

from typing import Any

from dalsegno.runs.attempts import ErrorInfo
from dalsegno.runs.status import RunStatus
from dalsegno.store.pipelines import publish
from dalsegno.store.queue import claim
from dalsegno.store.workers import (
    WorkerRecord,
    heartbeat,
    is_served,
    live_workers,
    register,
    remove_worker,
    served_snapshot_ids,
)
from tests.drawing import draw
from tests.store.conftest import Store
from tests.store.records import SNAPSHOT, at, created, lease_of, run_named

OLD = draw("a -> b", name=SNAPSHOT.name)


def worker(worker_id: str, **fields: Any) -> WorkerRecord:
    given = {
        "host": "hydra",
        "pid": 42,
        "executor": "processes",
        "code_location": "pipelines.py",
        "pipeline_snapshots": {SNAPSHOT.name: SNAPSHOT.id},
        "loaded_snapshot_ids": (OLD.id, SNAPSHOT.id),
        "started_at": at(0),
    }
    return WorkerRecord(id=worker_id, **(given | fields))


def test_a_worker_is_there_until_it_stops(store: Store) -> None:
    store.write(publish([OLD, SNAPSHOT], at(0)))
    store.write(register(worker("one"), 60))
    store.write(register(worker("two", started_at=at(1)), 60))
    assert [one.id for one in store.read(live_workers())] == ["one", "two"]
    store.write(remove_worker("one"))
    assert [one.id for one in store.read(live_workers())] == ["two"]


def test_a_worker_that_falls_silent_is_not_there_any_more(store: Store) -> None:
    store.write(publish([OLD, SNAPSHOT], at(0)))
    store.write(register(worker("one"), -0.001))
    assert store.read(live_workers()) == []
    assert not store.read(is_served(SNAPSHOT.id))
    store.write(heartbeat(worker("one"), 60))
    assert [one.id for one in store.read(live_workers())] == ["one"]


def test_a_worker_is_as_it_said_last(store: Store) -> None:
    broken = ErrorInfo(class_name="CodeLoadError", message="SyntaxError", traceback="line 3")
    store.write(publish([OLD, SNAPSHOT], at(0)))
    store.write(register(worker("one", load_error=broken), 60))
    (found,) = store.read(live_workers())
    assert found.load_error == broken
    assert found.pipeline_snapshots == {SNAPSHOT.name: SNAPSHOT.id}
    assert found.loaded_snapshot_ids == (OLD.id, SNAPSHOT.id)
    assert found.last_heartbeat_at is not None and found.expires_at is not None
    assert (found.expires_at - found.last_heartbeat_at).total_seconds() == 60
    store.write(heartbeat(worker("one", loaded_snapshot_ids=(SNAPSHOT.id,)), 60))
    (found,) = store.read(live_workers())
    assert found.load_error is None
    assert store.read(served_snapshot_ids()) == {SNAPSHOT.id}


def test_old_code_that_a_worker_still_has_is_served(store: Store) -> None:
    store.write(publish([OLD, SNAPSHOT], at(0)))
    assert not store.read(is_served(OLD.id))
    store.write(register(worker("one"), 60))
    assert store.read(is_served(OLD.id))


def test_a_worker_shows_the_runs_that_it_executes(store: Store) -> None:
    store.write(register(worker("one", loaded_snapshot_ids=()), 60))
    for run_id in ("first", "second", "waiting"):
        store.write(created(run_named(run_id, status=RunStatus.QUEUED), lease=None))
    for _ in range(2):
        store.write(claim("one", [SNAPSHOT.id], lease_of("one")))
    (found,) = store.read(live_workers())
    assert found.running_run_ids == ("first", "second")


def test_a_worker_that_has_loaded_what_nobody_has_published_is_there_all_the_same(store: Store) -> None:
    store.write(publish([SNAPSHOT], at(0)))
    store.write(register(worker("one", loaded_snapshot_ids=("replaced too soon", SNAPSHOT.id)), 60))
    (there,) = store.read(live_workers())
    assert there.loaded_snapshot_ids == ("replaced too soon", SNAPSHOT.id)
    assert store.read(is_served(SNAPSHOT.id))
