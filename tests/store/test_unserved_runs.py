"""Runs whose code no worker has any more."""

from __future__ import annotations

from msgspec.structs import replace

from dalsegno.runs.status import RunStatus
from dalsegno.store.events import fetch_events
from dalsegno.store.leases import request_cancel
from dalsegno.store.pipelines import publish
from dalsegno.store.queue import claim, fetch_snapshots_in_use
from dalsegno.store.run_groups import fetch_group
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.runs import fetch_plan, fetch_run
from dalsegno.store.unserved_runs import fail_for_changed_code, fetch_unserved, move_to_snapshot
from dalsegno.store.workers import heartbeat
from tests.drawing import NOON, draw
from tests.store.conftest import Store
from tests.store.records import SNAPSHOT, at, created, lease_of, log, plan_of, run_named
from tests.store.test_workers import worker

MENDED = draw("a -> b -> c; d", name=SNAPSHOT.name)
NAMES = [SNAPSHOT.name]


def test_a_run_is_unserved_once_nobody_has_had_its_code_for_a_while(store: Store) -> None:
    run = run_named("run 1", status=RunStatus.QUEUED)
    store.write(created(run, lease=None))
    # Its run was created long ago, but a worker has had the code until now.
    store.write(heartbeat(worker("one", loaded_snapshot_ids=(SNAPSHOT.id,)), 60))
    assert store.read(fetch_unserved(NAMES, [MENDED.id], patience_seconds=60)) == []
    (found,) = store.read(fetch_unserved(NAMES, [MENDED.id], patience_seconds=-1))
    assert (found.run, found.plan.step_keys_to_execute) == (run, ("a", "b", "c"))
    assert store.read(fetch_unserved(NAMES, [SNAPSHOT.id], patience_seconds=-1)) == []
    assert store.read(fetch_unserved(["another"], [MENDED.id], patience_seconds=-1)) == []


def test_a_run_that_was_just_queued_is_waited_for(store: Store) -> None:
    run = run_named("run 1", status=RunStatus.QUEUED, created_at=NOON.replace(year=2100))
    store.write(created(run, lease=None))
    assert store.read(fetch_unserved(NAMES, [], patience_seconds=60)) == []


def test_a_run_moves_to_the_code_as_it_is_now_with_its_plan(store: Store) -> None:
    store.write(publish([MENDED], at(0)))
    run = run_named("run 1", status=RunStatus.QUEUED)
    store.write(created(run, lease=None))
    plan = replace(plan_of(run), snapshot_id=MENDED.id, run_config={"steps": {}})
    assert store.write(move_to_snapshot(run, plan))
    moved = store.read(fetch_run("run 1"))
    assert moved is not None
    assert (moved.snapshot_id, moved.run_config, moved.status) == (MENDED.id, {"steps": {}}, RunStatus.QUEUED)
    stored = store.read(fetch_plan("run 1"))
    assert stored is not None and stored.id == plan.id
    assert [event.kind for event in store.read(fetch_events("run 1"))] == ["RUN_REPLANNED"]
    assert store.write(claim("one", [MENDED.id], lease_of("one"))) is not None


def test_a_run_that_cannot_move_fails_and_says_what_differs(store: Store) -> None:
    run = run_named("run 1", status=RunStatus.QUEUED)
    store.write(created(run, lease=None))
    assert store.write(fail_for_changed_code(run, "it has a new step d"))
    failed = store.read(fetch_run("run 1"))
    assert failed is not None and failed.error is not None
    assert (failed.status, failed.error.class_name) == (RunStatus.FAILURE, "CodeChangedError")
    assert "it has a new step d" in failed.error.message
    group = store.read(fetch_group("run 1"))
    assert group is not None and group.status is RunStatus.FAILURE


def test_a_run_that_was_claimed_meanwhile_is_left_alone(store: Store) -> None:
    run = run_named("run 1", status=RunStatus.QUEUED)
    store.write(created(run, lease=None))
    store.write(claim("one", [SNAPSHOT.id], lease_of("one")))
    assert not store.write(move_to_snapshot(run, plan_of(run)))
    assert not store.write(fail_for_changed_code(run, "it has a new step d"))


def test_a_run_that_was_lost_and_is_to_be_cancelled_is_ended_by_whoever_claims_it(store: Store) -> None:
    run = run_named("run 1", status=RunStatus.QUEUED)
    store.write(created(run, lease=None))
    store.write(claim("one", [SNAPSHOT.id], lease_of("one", seconds=-1)))
    (lost,) = store.read(fetch_unserved(NAMES, [], patience_seconds=-1))
    store.write(request_cancel("run 1"))
    assert store.read(fetch_unserved(NAMES, [], patience_seconds=-1)) == []
    assert not store.write(fail_for_changed_code(lost.run, "its first steps have been executed with that code"))
    assert not store.write(move_to_snapshot(lost.run, plan_of(run)))
    assert store.write(claim("two", [MENDED.id], lease_of("two"))) is not None


def test_a_lost_run_whose_holder_came_back_and_went_on_is_left_alone(store: Store) -> None:
    run = run_named("run 1", status=RunStatus.QUEUED)
    store.write(created(run, lease=None))
    lease = lease_of("one", seconds=-1)
    store.write(claim("one", [SNAPSHOT.id], lease))
    (lost,) = store.read(fetch_unserved(NAMES, [], patience_seconds=-1))
    # Nobody has taken it over, so it may write.
    store.write(append("run 1", lease.token, RunBatch(events=(log("still here"),))))
    assert not store.write(fail_for_changed_code(lost.run, "its first steps have been executed with that code"))
    assert not store.write(move_to_snapshot(lost.run, plan_of(run)))
    (again,) = store.read(fetch_unserved(NAMES, [], patience_seconds=-1))
    assert store.write(fail_for_changed_code(again.run, "its first steps have been executed with that code"))


def test_code_is_in_use_while_a_run_that_needs_it_has_not_ended(store: Store) -> None:
    run = run_named("run 1", status=RunStatus.QUEUED)
    store.write(created(run, lease=None))
    assert store.read(fetch_snapshots_in_use([SNAPSHOT.id, MENDED.id])) == {SNAPSHOT.id}
    store.write(fail_for_changed_code(run, "it has a new step d"))
    assert store.read(fetch_snapshots_in_use([SNAPSHOT.id, MENDED.id])) == set()
