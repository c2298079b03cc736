"""A group stands as its newest run does, of those that count."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.store.leases import request_cancel
from dalsegno.store.run_filter import RunFilter
from dalsegno.store.run_groups import fetch_group, list_groups
from dalsegno.store.run_progress import RunBatch, append
from tests.store.records import LEASE, at, created, ended, run_named, step

ROOT = run_named("r1", created_at=at(1))


def group(store, root_run_id="r1"):
    found = store.read(fetch_group(root_run_id))
    return found.newest_run_id, found.status, found.run_count


def test_a_root_makes_its_group(store):
    store.write(created(ROOT))
    found = store.read(fetch_group("r1"))
    assert (found.root_run_id, found.pipeline_name, found.created_at) == ("r1", "drawn", at(1))
    assert group(store) == ("r1", RunStatus.RUNNING, 1)
    assert store.read(fetch_group("unknown")) is None


def test_a_group_follows_its_newest_run_until_that_ends_and_then_what_its_lineage_says(store):
    store.write(created(ROOT))
    store.write(ended(ROOT, status=RunStatus.FAILURE))
    assert group(store) == ("r1", RunStatus.FAILURE, 1)
    child = run_named("r2", ROOT, status=RunStatus.QUEUED)
    store.write(created(child))
    assert group(store) == ("r2", RunStatus.QUEUED, 2)
    store.write(append("r2", LEASE.token, RunBatch(status=RunStatus.RUNNING)))
    assert group(store) == ("r2", RunStatus.RUNNING, 2)
    store.write(ended(child, status=RunStatus.SUCCESS, group_status=RunStatus.FAILURE))
    assert group(store) == ("r2", RunStatus.FAILURE, 2)


def test_a_run_that_is_not_the_newest_leaves_the_group_as_it_is(store):
    store.write(created(ROOT))
    store.write(created(run_named("r2", ROOT)))
    store.write(ended(ROOT, status=RunStatus.FAILURE))
    assert group(store) == ("r2", RunStatus.RUNNING, 2)


@pytest.mark.parametrize(
    ("lease", "cancel"),
    [
        pytest.param(LEASE, lambda run: ended(run, status=RunStatus.CANCELED), id="by its holder"),
        pytest.param(
            LEASE,
            lambda run: ended(run, step("a", StepStatus.BLOCKED), status=RunStatus.CANCELED),
            id="by its holder, with a step blocked",
        ),
        pytest.param(None, lambda run: request_cancel(run.run_id), id="in the queue"),
    ],
)
def test_a_run_canceled_before_any_step_started_does_not_count(store, lease, cancel):
    store.write(created(ROOT))
    store.write(ended(ROOT, step("a"), status=RunStatus.SUCCESS, group_status=RunStatus.FAILURE))
    child = run_named("r2", ROOT, status=RunStatus.QUEUED)
    store.write(created(child, lease=lease))
    store.write(cancel(child))
    # What the lineage of the run before it said.
    assert group(store) == ("r1", RunStatus.FAILURE, 2)


def test_a_run_canceled_after_a_step_started_counts(store):
    store.write(created(ROOT))
    store.write(ended(ROOT, status=RunStatus.FAILURE))
    child = run_named("r2", ROOT)
    store.write(created(child))
    store.write(ended(child, step("a"), status=RunStatus.CANCELED, group_status=RunStatus.SUCCESS))
    assert group(store) == ("r2", RunStatus.SUCCESS, 2)


def test_runs_that_do_not_count_are_passed_over_to_one_that_goes_on(store):
    store.write(created(ROOT))
    going_on, idle = run_named("r2", ROOT), run_named("r3", ROOT)
    for run in (going_on, idle, run_named("r4", ROOT)):
        store.write(created(run))
    store.write(ended(idle, status=RunStatus.CANCELED))
    assert group(store) == ("r4", RunStatus.RUNNING, 4)
    store.write(ended(run_named("r4", ROOT), status=RunStatus.CANCELED))
    assert group(store) == ("r2", RunStatus.RUNNING, 4)


def test_where_no_run_counts_the_newest_stands_for_the_group(store):
    store.write(created(ROOT))
    store.write(ended(ROOT, status=RunStatus.CANCELED))
    assert group(store) == ("r1", RunStatus.CANCELED, 1)
    child = run_named("r2", ROOT)
    store.write(created(child))
    store.write(ended(child, status=RunStatus.CANCELED))
    assert group(store) == ("r2", RunStatus.CANCELED, 2)


LISTED = [
    pytest.param(RunFilter(), "a1 b1 c1", id="all"),
    pytest.param(RunFilter(pipeline_name="drawn"), "a1 b1 c1", id="of a pipeline"),
    pytest.param(RunFilter(statuses=(RunStatus.FAILURE,)), "c1", id="of an effective status"),
    pytest.param(RunFilter(tags={"team": "ml"}), "b1", id="whose root has a tag"),
    pytest.param(RunFilter(unresolved_only=True), "c1", id="unresolved"),
    pytest.param(RunFilter(created_after=at(2)), "b1 c1", id="whose root was created at or after"),
    pytest.param(RunFilter(created_before=at(2)), "a1", id="whose root was created before"),
    pytest.param(RunFilter(root_run_id="b1"), "b1", id="of a root"),
]


@pytest.mark.parametrize(("wanted", "listed"), LISTED)
def test_a_list_has_the_groups_that_fit_that_of_the_newest_run_first(store, wanted, listed):
    first, third = run_named("a1", created_at=at(1)), run_named("c1", created_at=at(3))
    second = run_named("b1", created_at=at(2), tags={"team": "ml"})
    for run in (first, second, third):
        store.write(created(run))
    store.write(ended(third, status=RunStatus.FAILURE))
    store.write(created(run_named("d", second)))
    store.write(created(run_named("e", first, tags={"team": "ml"})))
    assert [one.root_run_id for one in store.read(list_groups(wanted, 10))] == listed.split()


def test_pages_of_groups_follow_each_other(store):
    for name in ("a", "b", "c"):
        store.write(created(run_named(name)))
    first = store.read(list_groups(RunFilter(), 2))
    rest = store.read(list_groups(RunFilter(), 2, first[-1].newest_run_id))
    assert [one.root_run_id for one in (*first, *rest)] == ["c", "b", "a"]


def test_changes_are_told_by_the_clock_of_the_database(store):
    store.write(created(ROOT))
    store.write(created(run_named("r2", ROOT)))

    def clock():
        rows = yield text("SELECT updated_at FROM run_groups")
        return rows[0].updated_at

    before = store.read(clock())
    store.write(ended(run_named("r2", ROOT)))
    assert store.read(clock()) >= before > at(0).timestamp() * 1_000_000
