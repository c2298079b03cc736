"""Bulks: which runs are theirs, who carries them on, and what is kept of each run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dalsegno.errors import BulkCountChangedError, IdempotencyConflictError, InvalidArgumentsError
from dalsegno.run_id import new_run_id
from dalsegno.runs.bulk import SAME_WORK_TWICE, Bulk, BulkAction, BulkOutcome, MatchingRun, runs_of_bulk, told_of_many
from dalsegno.runs.status import ReexecutionStrategy, RunStatus
from dalsegno.store import bulks as bulks_of_the_store
from dalsegno.store.bulk_progress import (
    BulkLease,
    claim_bulk,
    end_bulk,
    hold_bulk,
    next_of_bulk,
    queued_of_bulk,
    release_bulk,
    settle,
    still_queued,
    unfinished_bulks,
)
from dalsegno.store.bulks import cancel_bulk, fetch_bulk, fetch_refusals, matching_runs, start_bulk
from dalsegno.store.database import Database
from dalsegno.store.queue import claim
from dalsegno.store.run_filter import RunFilter
from dalsegno.store.runs import IdempotencyKey, fetch_run
from dalsegno.store.script import Script
from tests.drawing import NOON
from tests.store.conftest import Store
from tests.store.records import SNAPSHOT, created, ended, lease_of, run_named

ALL = RunFilter()


def bulk(**fields: Any) -> Bulk:
    given: dict[str, Any] = {
        "bulk_id": new_run_id(),
        "action": BulkAction.REEXECUTE,
        "strategy": ReexecutionStrategy.ALL_STEPS,
        "started_at": NOON,
        "launched_by": "nightly",
        "reason": "a new model",
    }
    return Bulk(**(given | fields))


def failed(store: Store | Database, *run_ids: str) -> None:
    for run_id in run_ids:
        run = run_named(run_id)
        store.write(created(run))
        store.write(ended(run, status=RunStatus.FAILURE))


def started(store: Store, *run_ids: str, **fields: Any) -> Bulk:
    failed(store, *run_ids)
    return store.write(start_bulk(bulk(**fields), ALL, len(run_ids)))


def lease_on(bulk: Bulk, holder: str = "one", seconds: float = 60.0) -> BulkLease:
    return BulkLease(bulk_id=bulk.bulk_id, token=f"token of {holder}", seconds=seconds)


def launch_next(lease: BulkLease, run_id: str) -> Script[bool]:
    """As a service launches: the run and the outcome in one transaction, under the lease."""
    if not (yield from hold_bulk(lease)):
        return False
    turns = yield from next_of_bulk(lease.bulk_id, 1)
    if not turns:
        return False
    yield from created(run_named(run_id, status=RunStatus.QUEUED), lease=None)
    yield from settle(lease, turns[0], BulkOutcome.LAUNCHED, by_run_id=run_id)
    return True


def test_a_bulk_has_the_runs_that_matched_when_it_started(store: Store) -> None:
    given = bulk()
    failed(store, "run 1", "run 2")
    answered = store.write(start_bulk(given, RunFilter(statuses=(RunStatus.FAILURE,)), 2))
    failed(store, "run 3")
    assert store.read(fetch_bulk(given.bulk_id)) == answered
    assert (answered.total, answered.launched, answered.refused, answered.done, answered.canceled) == (
        2,
        0,
        0,
        False,
        False,
    )
    assert (answered.launched_by, answered.reason, answered.started_at) == ("nightly", "a new model", NOON)
    assert (answered.action, answered.strategy) == (given.action, given.strategy)
    assert [one.run_id for one in store.read(next_of_bulk(given.bulk_id, 9))] == ["run 1", "run 2"]
    assert store.read(fetch_bulk("another")) is None


def test_a_bulk_on_another_number_of_runs_is_not_started(store: Store) -> None:
    failed(store, "run 1", "run 2")
    given = bulk()
    with pytest.raises(BulkCountChangedError) as refused:
        store.write(start_bulk(given, ALL, 3))
    assert (refused.value.expected_count, refused.value.actual_count) == (3, 2)
    assert store.read(fetch_bulk(given.bulk_id)) is None


def test_a_bulk_of_no_runs_is_done_at_once(store: Store) -> None:
    assert started(store).done


def test_more_runs_than_a_bulk_takes_are_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulks_of_the_store, "MOST_RUNS", 2)
    failed(store, "run 1", "run 2")
    assert len(store.read(matching_runs(ALL))) == 2
    failed(store, "run 3")
    with pytest.raises(InvalidArgumentsError, match="More than 2 runs match"):
        store.read(matching_runs(ALL))


def test_the_same_key_answers_the_bulk_started_first_whatever_matches_now(store: Store) -> None:
    def key(arguments: str) -> IdempotencyKey:
        return IdempotencyKey(scope="startBulk:nightly", key="night 7", arguments=arguments)

    failed(store, "run 1")
    first = store.write(start_bulk(bulk(), ALL, 1, key("these")))
    failed(store, "run 2")
    assert store.write(start_bulk(bulk(), ALL, 1, key("these"))) == first
    with pytest.raises(IdempotencyConflictError) as refused:
        store.write(start_bulk(bulk(), ALL, 2, key("others")))
    assert refused.value.run_id is None
    assert "started a bulk" in refused.value.message


def test_equal_starts_at_the_same_moment_start_one_bulk(database: Database) -> None:
    failed(database, *(f"run {number}" for number in range(5)))
    key = IdempotencyKey(scope="startBulk:nightly", key="night 7", arguments="these")
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: database.write(start_bulk(bulk(), ALL, 5, key)), range(4)))
    assert len({one.bulk_id for one in answers}) == 1
    assert len(database.read(next_of_bulk(answers[0].bulk_id, 99))) == 5


def test_one_service_carries_a_bulk_on_and_another_when_its_lease_is_over(store: Store) -> None:
    given = started(store, "run 1")
    assert store.read(unfinished_bulks()).free == (given.bulk_id,)
    assert store.write(claim_bulk(lease_on(given))) == given
    assert store.write(claim_bulk(lease_on(given, "two"))) is None
    unfinished = store.read(unfinished_bulks())
    assert unfinished.free == ()
    assert unfinished.next_free_in is not None and 0 < unfinished.next_free_in <= 60
    assert store.write(hold_bulk(lease_on(given, seconds=-1.0)))
    assert store.write(claim_bulk(lease_on(given, "two"))) == given
    # Who had it before can write nothing any more.
    assert not store.write(hold_bulk(lease_on(given)))
    assert not store.write(launch_next(lease_on(given), "too late"))
    assert store.read(fetch_run("too late")) is None


def test_a_bulk_that_was_given_back_is_free_at_once(store: Store) -> None:
    given = started(store, "run 1")
    store.write(claim_bulk(lease_on(given)))
    store.write(release_bulk(lease_on(given, "two")))
    assert store.read(unfinished_bulks()).free == ()
    store.write(release_bulk(lease_on(given)))
    assert store.read(unfinished_bulks()).free == (given.bulk_id,)


def test_what_came_of_each_run_is_kept_and_counted_until_none_waits(store: Store) -> None:
    given = started(store, "run 1", "run 2", "run 3")
    lease = lease_on(given)
    store.write(claim_bulk(lease))
    store.write(launch_next(lease, "new 1"))
    store.write(end_bulk(lease))
    half = store.read(fetch_bulk(given.bulk_id))
    assert half is not None and (half.launched, half.refused, half.done) == (1, 0, False)
    for outcome, message in ((BulkOutcome.REFUSED, "no"), (BulkOutcome.CANCELED, None)):
        (turn,) = store.read(next_of_bulk(given.bulk_id, 1))
        store.write(settle(lease, turn, outcome, message=message))
    store.write(end_bulk(lease))
    whole = store.read(fetch_bulk(given.bulk_id))
    assert whole is not None and (whole.launched, whole.refused, whole.done, whole.canceled) == (2, 1, True, False)
    assert store.read(unfinished_bulks()).free == ()
    assert store.read(fetch_refusals(given.bulk_id)) == {"no": 1}
    assert not store.write(hold_bulk(lease))


def test_those_that_wait_for_a_worker_are_known(store: Store) -> None:
    given = started(store, "run 1", "run 2", "run 3")
    lease = lease_on(given)
    store.write(claim_bulk(lease))
    for number in (1, 2):
        store.write(launch_next(lease, f"new {number}"))
    assert store.read(queued_of_bulk(given.bulk_id)) == {"new 1", "new 2"}
    store.write(claim("worker", [SNAPSHOT.id], lease_of("worker")))
    assert store.read(queued_of_bulk(given.bulk_id)) == {"new 2"}
    assert store.read(still_queued(["new 1", "new 2", "nobody"])) == {"new 2"}


def test_a_cancelled_bulk_launches_nothing_more(store: Store) -> None:
    given = started(store, "run 1", "run 2")
    lease = lease_on(given)
    store.write(claim_bulk(lease))
    store.write(launch_next(lease, "new 1"))
    canceled = store.write(cancel_bulk(given.bulk_id))
    assert canceled is not None and (canceled.launched, canceled.done, canceled.canceled) == (1, True, True)
    assert not store.write(launch_next(lease, "new 2"))
    assert store.read(fetch_run("new 2")) is None
    assert store.write(cancel_bulk(given.bulk_id)) == canceled
    assert store.read(unfinished_bulks()).free == ()
    assert store.write(cancel_bulk("another")) is None


def test_a_bulk_that_has_no_run_left_is_done_and_not_cancelled(store: Store) -> None:
    given = started(store, "run 1")
    store.write(claim_bulk(lease_on(given)))
    store.write(launch_next(lease_on(given), "new 1"))
    canceled = store.write(cancel_bulk(given.bulk_id))
    assert canceled is not None and (canceled.done, canceled.canceled) == (True, False)


def test_services_that_race_for_a_bulk_launch_each_run_once(database: Database) -> None:
    failed(database, *(f"run {number:02}" for number in range(12)))
    given = database.write(start_bulk(bulk(), ALL, 12))

    def carry(holder: str) -> int:
        launched = 0
        # Leases that are over at once: each takes the bulk from the other again and again.
        lease = lease_on(given, holder, seconds=-1.0)
        while True:
            database.write(claim_bulk(lease))
            launched += database.write(launch_next(lease, f"new {holder} {launched:02}"))
            if not database.read(next_of_bulk(given.bulk_id, 1)):
                return launched

    with ThreadPoolExecutor(3) as threads:
        launched = sum(threads.map(carry, ("one", "two", "three")))
    assert launched == 12
    found = database.read(fetch_bulk(given.bulk_id))
    assert found is not None and (found.launched, found.refused) == (12, 0)


def test_of_several_runs_of_a_group_the_newest_is_re_executed(store: Store) -> None:
    root = run_named("run 1")
    store.write(created(root))
    store.write(ended(root, status=RunStatus.FAILURE))
    store.write(created(run_named("run 2", root)))
    failed(store, "run 3")
    members = runs_of_bulk(BulkAction.REEXECUTE, store.read(matching_runs(ALL)))
    assert [(one.run_id, one.outcome, one.message) for one in members] == [
        ("run 1", BulkOutcome.REFUSED, SAME_WORK_TWICE),
        ("run 2", BulkOutcome.WAITING, None),
        ("run 3", BulkOutcome.WAITING, None),
    ]


def test_what_has_ended_is_not_cancelled_and_all_others_of_a_group_are() -> None:
    found = [
        MatchingRun(run_id="run 1", root_run_id="run 1", status=RunStatus.SUCCESS),
        MatchingRun(run_id="run 3", root_run_id="run 1", status=RunStatus.RUNNING),
        MatchingRun(run_id="run 2", root_run_id="run 1", status=RunStatus.QUEUED),
    ]
    members = runs_of_bulk(BulkAction.CANCEL, found)
    assert [(one.run_id, one.outcome) for one in members] == [
        ("run 1", BulkOutcome.REFUSED),
        ("run 2", BulkOutcome.WAITING),
        ("run 3", BulkOutcome.WAITING),
    ]
    assert members[0].message == "The run has already ended (SUCCESS); a finished run never changes."


def test_refusals_for_one_reason_read_alike() -> None:
    told = {told_of_many(f"Run {one} has not ended yet. See run {one}.", one) for one in ("018f-1", "018f-2")}
    assert told == {"The run has not ended yet. See the run."}


def test_a_bulk_refers_to_runs_that_exist(store: Store) -> None:
    given = started(store, "run 1")
    store.write(claim_bulk(lease_on(given)))
    (turn,) = store.read(next_of_bulk(given.bulk_id, 1))
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.write(settle(lease_on(given), turn, BulkOutcome.LAUNCHED, by_run_id="nobody"))
