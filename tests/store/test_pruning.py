"""Which groups go, that they go at once and whole, and that nobody who comes at that moment finds half of one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import text, update

from dalsegno.errors import BulkCountChangedError, RunNotFoundError
from dalsegno.runs.attempts import StepState
from dalsegno.runs.bulk import Bulk, BulkAction
from dalsegno.runs.run import Run, RunGroup
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.store.automatic_retries import note_retry, refuse_retry
from dalsegno.store.bulks import cancel_bulk, fetch_bulk, start_bulk
from dalsegno.store.database import Database
from dalsegno.store.lineage import fetch_lineage
from dalsegno.store.pipelines import publish
from dalsegno.store.pruned_runs import delete_part, delete_unused_snapshots, find_pruned_runs
from dalsegno.store.pruning import Outdated, find_outdated, prune_group
from dalsegno.store.run_filter import RunFilter
from dalsegno.store.run_groups import fetch_group, list_groups
from dalsegno.store.runs import IdempotencyKey, fetch_run, find_by_idempotency_key, find_run_ids, list_runs
from dalsegno.store.script import Script
from dalsegno.store.snapshots import fetch_snapshot, save_snapshot
from dalsegno.store.tables import run_groups, runs, served_snapshots, snapshots
from dalsegno.store.workers import WorkerRecord, register
from tests.drawing import NOON, draw
from tests.store.conftest import Store
from tests.store.records import SNAPSHOT, at, created, ended, output, run_named, step
from tests.stored import TABLES_OF_A_RUN
from tests.waiting import until

T = TypeVar("T")
ALL = Outdated(keep_last=0)
DAY = timedelta(days=1)


def keep(store: Store | Database, *runs_to_keep: Run, status: RunStatus = RunStatus.SUCCESS) -> None:
    """Runs that have ended."""
    for run in runs_to_keep:
        store.write(created(run))
        store.write(ended(run, *steps_of(run), status=status))


def steps_of(run: Run) -> tuple[StepState, ...]:
    well = step("a", token=f"a of {run.run_id}", outputs=(output(),))
    return well, step("b", StepStatus.FAILURE, token=f"b of {run.run_id}")


def aged(age: timedelta, *root_run_ids: str) -> Script[None]:
    """Nothing has happened in these groups for so long."""
    then = datetime.now(UTC) - age
    yield update(run_groups).where(run_groups.c.root_run_id.in_(root_run_ids)).values(updated_at=then)
    yield update(runs).where(runs.c.root_run_id.in_(root_run_ids)).values(ended_at=then)


def ended_now(run_id: str) -> Script[None]:
    yield update(runs).where(runs.c.run_id == run_id).values(ended_at=datetime.now(UTC))


def outdated(store: Store | Database, wanted: Outdated = ALL) -> list[str]:
    return [group.root_run_id for group in store.read(find_outdated(wanted))]


def group_of(store: Store | Database, root_run_id: str) -> RunGroup:
    group = store.read(fetch_group(root_run_id))
    assert group is not None
    return group


def prune(store: Store, root_run_id: str) -> tuple[str, ...]:
    return store.write(prune_group(group_of(store, root_run_id)))


def rows_left(store: Store | Database, run_id: str) -> dict[str, int]:
    def count() -> Script[dict[str, int]]:
        found = {}
        for table in TABLES_OF_A_RUN:
            rows = yield text(f"SELECT COUNT(*) FROM {table} WHERE run_id = :run_id"), {"run_id": run_id}
            found[table] = rows[0][0]
        return {table: number for table, number in found.items() if number}

    return store.read(count())


def test_groups_go_by_age_when_nothing_has_happened_in_them_for_so_long(store: Store) -> None:
    keep(store, run_named("old"), run_named("young"), run_named("told later"))
    store.write(aged(DAY * 30, "old", "told later"))
    # A sibling that ended later is no news of its group's.
    store.write(ended_now("told later"))
    assert outdated(store, Outdated(older_than=DAY * 29)) == ["old"]
    assert outdated(store, Outdated(older_than=DAY * 31)) == []


def test_the_last_groups_of_each_pipeline_stay_by_their_newest_runs(store: Store) -> None:
    first = run_named("1")
    keep(
        store,
        first,
        run_named("2"),
        run_named("3"),
        run_named("4", parent=first),
        run_named("5", pipeline_name="other"),
    )
    assert outdated(store, Outdated(keep_last=1)) == ["2", "3"]
    assert outdated(store, Outdated(keep_last=2)) == ["2"]
    assert outdated(store, Outdated(keep_last=0, pipeline_name="other")) == ["5"]


def test_all_that_is_given_must_hold(store: Store) -> None:
    keep(store, run_named("1"), run_named("2"))
    keep(store, run_named("3"), run_named("4"), status=RunStatus.FAILURE)
    store.write(aged(DAY * 30, "1", "3", "4"))
    assert outdated(store, Outdated(older_than=DAY, keep_last=1)) == ["1", "3"]
    assert outdated(store, Outdated(older_than=DAY, statuses=(RunStatus.FAILURE,))) == ["3", "4"]


def test_a_group_with_a_run_that_waits_or_goes_on_stays(store: Store) -> None:
    root = run_named("1")
    keep(store, root, run_named("2"))
    group = group_of(store, "1")
    store.write(created(run_named("3", parent=root, status=RunStatus.QUEUED), lease=None))
    store.write(created(run_named("4")))
    assert outdated(store) == ["2"]
    assert store.write(prune_group(group)) == ()
    assert prune(store, "1") == ()
    assert store.read(fetch_run("1")) is not None


def test_a_group_in_a_bulk_stays_until_the_bulk_has_ended(store: Store) -> None:
    keep(store, run_named("1"), run_named("2"), status=RunStatus.FAILURE)
    bulk = Bulk(bulk_id="b", action=BulkAction.REEXECUTE, started_at=NOON)
    store.write(start_bulk(bulk, RunFilter(root_run_id="1"), 1))
    assert outdated(store) == ["2"]
    assert prune(store, "1") == ()
    store.write(cancel_bulk("b"))
    assert outdated(store) == ["1", "2"]


def test_a_group_that_is_to_be_retried_by_itself_stays_until_that_is_settled(store: Store) -> None:
    keep(store, run_named("1"), run_named("2"), status=RunStatus.FAILURE)
    store.write(note_retry("1", 1))
    assert outdated(store) == ["2"]
    assert prune(store, "1") == ()
    store.write(refuse_retry("1", "its worker is gone"))
    assert prune(store, "1") == ("1",)


def test_of_a_bulk_that_has_ended_what_is_kept_still_counts_and_then_nothing(store: Store) -> None:
    keep(store, run_named("1"), run_named("2"), status=RunStatus.FAILURE)
    store.write(start_bulk(Bulk(bulk_id="b", action=BulkAction.REEXECUTE, started_at=NOON), RunFilter(), 2))
    store.write(cancel_bulk("b"))
    prune(store, "1")
    bulk = store.read(fetch_bulk("b"))
    assert bulk is not None and bulk.total == 1
    prune(store, "2")
    assert store.read(fetch_bulk("b")) is None


def test_a_pruned_group_is_gone_for_everybody_at_once(store: Store) -> None:
    root = run_named("1")
    key = IdempotencyKey(scope="s", key="k", arguments="x")
    store.write(created(root, idempotency=key))
    store.write(ended(root, step("a", outputs=(output(),))))
    keep(store, child := run_named("2", parent=root), run_named("other"))
    assert prune(store, "1") == ("1", "2")
    assert [run.run_id for run in store.read(list_runs(RunFilter(), 10))] == ["other"]
    assert [group.root_run_id for group in store.read(list_groups(RunFilter(), 10))] == ["other"]
    assert store.read(fetch_lineage("2")) is None
    assert store.read(find_run_ids("2")) == []
    assert store.read(find_by_idempotency_key(key)) is None
    with pytest.raises(RunNotFoundError, match="pruned"):
        store.write(created(run_named("3", parent=child)))
    assert store.read(find_pruned_runs()) == ["1", "2"]


def test_the_rows_that_are_left_go_in_parts_and_their_run_is_forgotten_last(store: Store) -> None:
    run = run_named("1")
    store.write(created(run))
    store.write(ended(run, *[step(f"s{number:02}", outputs=(output(),)) for number in range(25)]))
    prune(store, "1")
    assert rows_left(store, "1") == {"steps": 25, "attempts": 25, "outputs": 25}
    parts = 0
    while store.write(delete_part("1", at_most=10)):
        parts += 1
        assert store.read(find_pruned_runs()) == ["1"]
    assert parts == 9
    assert rows_left(store, "1") == {}
    assert store.read(find_pruned_runs()) == []


def test_what_others_have_is_left_alone(store: Store) -> None:
    keep(store, run_named("1"), run_named("11"), run_named("2"))
    before = {run_id: rows_left(store, run_id) for run_id in ("11", "2")}
    prune(store, "1")
    while store.write(delete_part("1")):
        pass
    assert {run_id: rows_left(store, run_id) for run_id in ("11", "2")} == before


@contextmanager
def held_open(database: Database, script: Script[T]) -> Iterator[tuple[Future[T], threading.Event]]:
    """A transaction that has done all of the script, and is committed once the event is set."""
    is_done, go_on = threading.Event(), threading.Event()

    def held() -> Script[T]:
        result = yield from script
        is_done.set()
        assert go_on.wait(30)
        return result

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(database.write, held())
        until(lambda: is_done.is_set() or future.done(), what="the first transaction")
        try:
            yield future, go_on
        finally:
            go_on.set()


def meanwhile(database: Database, script: Script[T], go_on: threading.Event) -> Future[T]:
    """What another transaction comes to that begins while the first is open."""
    with ThreadPoolExecutor(1) as thread:
        begun = threading.Event()

        def watched() -> Script[T]:
            return (yield from script)

        def write() -> T:
            begun.set()
            return database.write(watched())

        future = thread.submit(write)
        begun.wait()
        go_on.set()
        until(future.done, what="the second transaction")
        return future


def test_a_group_that_is_launched_in_at_this_moment_stays(database: Database) -> None:
    root = run_named("1")
    keep(database, root)
    group = group_of(database, "1")
    again = run_named("2", parent=root, status=RunStatus.QUEUED)
    with held_open(database, created(again, lease=None)) as (launch, go_on):
        pruned = meanwhile(database, prune_group(group), go_on)
        assert launch.result().run_id == "2"
        assert pruned.result() == ()
    assert [run.run_id for run in database.read(list_runs(RunFilter(), 10))] == ["2", "1"]


def test_who_launches_while_the_group_is_pruned_is_told_that_it_is_gone(database: Database) -> None:
    root = run_named("1")
    keep(database, root)
    again = run_named("2", parent=root, status=RunStatus.QUEUED)
    with held_open(database, prune_group(group_of(database, "1"))) as (pruned, go_on):
        launch = meanwhile(database, created(again, lease=None), go_on)
        assert pruned.result() == ("1",)
        with pytest.raises(RunNotFoundError):
            launch.result()
    assert database.read(list_runs(RunFilter(), 10)) == []


def test_a_bulk_that_starts_while_a_group_is_pruned_does_not_have_it(database: Database) -> None:
    keep(database, run_named("1"), run_named("2"), status=RunStatus.FAILURE)
    bulk = Bulk(bulk_id="b", action=BulkAction.REEXECUTE, started_at=NOON)
    with held_open(database, prune_group(group_of(database, "1"))) as (_, go_on):
        started = meanwhile(database, start_bulk(bulk, RunFilter(), 2), go_on)
        with pytest.raises(BulkCountChangedError):
            started.result()
    assert database.write(start_bulk(bulk, RunFilter(), 1)).total == 1


def test_a_group_that_a_bulk_takes_at_this_moment_stays(database: Database) -> None:
    keep(database, run_named("1"), status=RunStatus.FAILURE)
    bulk = Bulk(bulk_id="b", action=BulkAction.REEXECUTE, started_at=NOON)
    group = group_of(database, "1")
    with held_open(database, start_bulk(bulk, RunFilter(), 1)) as (_, go_on):
        assert meanwhile(database, prune_group(group), go_on).result() == ()


def rested(*snapshot_ids: str) -> Script[None]:
    """The snapshots are as if they had been made, and served last, two days ago."""
    then = datetime.now(UTC) - 2 * DAY
    yield update(snapshots).where(snapshots.c.id.in_(snapshot_ids)).values(created_at=then)
    yield update(served_snapshots).where(served_snapshots.c.snapshot_id.in_(snapshot_ids)).values(last_served_at=then)


def test_snapshots_go_that_no_run_pipeline_or_worker_needs(store: Store) -> None:
    kept = {name: draw(f"a -> {name}", name=name) for name in ("current", "loaded", "young", "unused")}
    for snapshot in kept.values():
        store.write(save_snapshot(snapshot))
    keep(store, run_named("1"))
    store.write(publish([kept["current"]], at(0)))
    there = WorkerRecord(
        id="w",
        host="h",
        pid=1,
        executor="processes",
        code_location="x.py",
        started_at=NOON,
        loaded_snapshot_ids=(kept["loaded"].id, kept["unused"].id),
    )
    store.write(register(there, 60.0))
    store.write(register(WorkerRecord(**{**_fields(there), "loaded_snapshot_ids": (kept["loaded"].id,)}), 60.0))
    store.write(rested(*(kept[name].id for name in ("current", "loaded", "unused")), SNAPSHOT.id))
    assert store.write(delete_unused_snapshots()) == 1
    assert store.read(fetch_snapshot(kept["unused"].id)) is None
    for one in (kept["current"], kept["loaded"], kept["young"], SNAPSHOT):
        assert store.read(fetch_snapshot(one.id)) == one
    prune(store, "1")
    assert store.write(delete_unused_snapshots()) == 1
    assert store.read(fetch_snapshot(SNAPSHOT.id)) is None


def _fields(record: WorkerRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


def test_a_snapshot_that_a_launch_needs_at_this_moment_stays(database: Database) -> None:
    database.write(save_snapshot(SNAPSHOT))
    database.write(rested(SNAPSHOT.id))
    with held_open(database, created(run_named("1"))) as (launch, go_on):
        deleted = meanwhile(database, delete_unused_snapshots(), go_on)
        assert launch.result().run_id == "1"
        assert deleted.result() == 0


def test_a_launch_keeps_its_snapshot_again_that_is_deleted_at_this_moment(database: Database) -> None:
    database.write(save_snapshot(SNAPSHOT))
    database.write(rested(SNAPSHOT.id))
    with held_open(database, delete_unused_snapshots()) as (deleted, go_on):
        launch = meanwhile(database, created(run_named("1")), go_on)
        assert deleted.result() == 1
        assert launch.result().run_id == "1"
    assert database.read(fetch_snapshot(SNAPSHOT.id)) == SNAPSHOT
