"""Claiming: who gets which run, and who never does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from dalsegno.errors import LeaseLostError
from dalsegno.runs.events import Logged, LogLevel, RunSucceeded
from dalsegno.runs.status import RunStatus
from dalsegno.store.abandoned_runs import find_abandoned_runs
from dalsegno.store.database import Database
from dalsegno.store.events import fetch_events
from dalsegno.store.leases import renew_lease, request_cancel
from dalsegno.store.queue import claim, fetch_cancel_requests, release
from dalsegno.store.run_groups import fetch_group
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.runs import Lease, fetch_run
from tests.store.conftest import Store
from tests.store.records import SNAPSHOT, at, created, lease_of, run_named

LOADED = [SNAPSHOT.id]


def queued(store: Store, *run_ids: str) -> None:
    for run_id in run_ids:
        store.write(created(run_named(run_id, status=RunStatus.QUEUED), lease=None))


def test_the_oldest_queued_run_is_claimed_and_starts(store: Store) -> None:
    queued(store, "run 1", "run 2")
    claimed = store.write(claim("one", LOADED, lease_of("one")))
    assert claimed is not None
    assert (claimed.run_id, claimed.status) == ("run 1", RunStatus.STARTING)
    assert claimed == store.read(fetch_run("run 1"))
    group = store.read(fetch_group("run 1"))
    assert group is not None and group.status is RunStatus.STARTING
    (event,) = store.read(fetch_events("run 1"))
    assert (event.kind, event.number, event.message) == ("RUN_CLAIMED", 1, "Claimed by worker one.")
    assert claimed.version == 1


def test_each_run_is_claimed_once(store: Store) -> None:
    queued(store, "run 1", "run 2")
    claimed = [store.write(claim("one", LOADED, lease_of("one"))) for _ in range(3)]
    assert [run and run.run_id for run in claimed] == ["run 1", "run 2", None]


def test_many_who_claim_at_once_get_each_run_once(database: Database) -> None:
    for number in range(30):
        database.write(created(run_named(f"run {number:02}", status=RunStatus.QUEUED), lease=None))

    def claim_until_none(worker_id: str) -> list[str]:
        mine = []
        while (run := database.write(claim(worker_id, LOADED, lease_of(worker_id)))) is not None:
            mine.append(run.run_id)
        return mine

    with ThreadPoolExecutor(4) as threads:
        claimed = [run_id for mine in threads.map(claim_until_none, "abcd") for run_id in mine]
    assert sorted(claimed) == [f"run {number:02}" for number in range(30)]


def test_a_run_whose_code_is_not_loaded_is_left_to_others(store: Store) -> None:
    queued(store, "run 1")
    assert store.write(claim("one", [], lease_of("one"))) is None
    assert store.write(claim("one", ["another snapshot"], lease_of("one"))) is None


def test_a_run_that_its_holder_has_lost_is_taken_over_as_it_stands(store: Store) -> None:
    queued(store, "run 1", "run 2")
    store.write(claim("one", LOADED, lease_of("one")))
    store.write(append("run 1", "token of one", RunBatch(status=RunStatus.RUNNING, started_at=at(0))))
    store.write(renew_lease("run 1", "token of one", -0.001))
    taken = store.write(claim("two", LOADED, lease_of("two")))
    assert taken is not None
    assert (taken.run_id, taken.status) == ("run 1", RunStatus.RUNNING)
    assert store.read(fetch_events("run 1"))[-1].message == "Taken over by worker two."
    line = Logged(severity=LogLevel.INFO, message="too late")
    with pytest.raises(LeaseLostError):
        store.write(append("run 1", "token of one", RunBatch(events=((at(1), line),))))


def test_who_has_lost_a_run_can_do_nothing_to_it_though_it_has_claimed_it_again_itself(store: Store) -> None:
    queued(store, "run 1")
    store.write(claim("one", LOADED, lease_of("one")))
    store.write(renew_lease("run 1", "token of one", -0.001))
    fresh = Lease(token="a fresh token", holder="one", seconds=60.0)
    assert store.write(claim("one", LOADED, fresh)) is not None
    before = store.read(fetch_run("run 1")), store.read(fetch_events("run 1"))
    for late in (
        renew_lease("run 1", "token of one", 60.0),
        append("run 1", "token of one", RunBatch(events=((at(1), RunSucceeded()),), status=RunStatus.SUCCESS)),
    ):
        with pytest.raises(LeaseLostError):
            store.write(late)
    assert not store.write(release("run 1", "token of one", "one"))
    assert (store.read(fetch_run("run 1")), store.read(fetch_events("run 1"))) == before
    # The fresh one holds.
    assert store.write(claim("two", LOADED, lease_of("two"))) is None
    assert not store.write(renew_lease("run 1", fresh.token, 60.0)).cancel_requested


def test_a_worker_that_stood_still_goes_on_with_its_run_and_does_not_claim_it_again(store: Store) -> None:
    queued(store, "run 1")
    store.write(claim("one", LOADED, lease_of("one")))
    store.write(renew_lease("run 1", "token of one", -0.001))
    assert store.write(claim("one", LOADED, lease_of("one again"), besides=["run 1"])) is None
    store.write(renew_lease("run 1", "token of one", 60.0))
    assert store.write(claim("two", LOADED, lease_of("two"))) is None


def test_a_run_given_back_is_taken_over_at_once(store: Store) -> None:
    queued(store, "run 1")
    store.write(claim("one", LOADED, lease_of("one")))
    assert not store.write(release("run 1", "another token", "one"))
    assert store.write(release("run 1", "token of one", "one"))
    taken = store.write(claim("two", LOADED, lease_of("two")))
    assert taken is not None and taken.status is RunStatus.STARTING
    kinds = [event.kind for event in store.read(fetch_events("run 1"))]
    assert kinds == ["RUN_CLAIMED", "RUN_RELEASED", "RUN_CLAIMED"]


def test_the_run_of_a_script_is_never_taken_over(store: Store) -> None:
    store.write(created(run_named("run 1"), lease=lease_of("in-process:hydra:7", seconds=-0.001)))
    assert store.write(claim("one", LOADED, lease_of("one"))) is None
    assert store.read(find_abandoned_runs()) == ["run 1"]


def test_the_run_of_a_worker_is_never_abandoned(store: Store) -> None:
    queued(store, "run 1")
    store.write(claim("one", LOADED, lease_of("one", seconds=-0.001)))
    assert store.read(find_abandoned_runs()) == []


def test_a_lost_run_that_is_to_be_cancelled_needs_nobody_with_its_code(store: Store) -> None:
    queued(store, "run 1")
    store.write(claim("one", LOADED, lease_of("one", seconds=-0.001)))
    store.write(request_cancel("run 1"))
    taken = store.write(claim("two", [], lease_of("two")))
    assert taken is not None and taken.cancel_requested


def test_wishes_to_cancel_are_seen_for_the_runs_asked_about(store: Store) -> None:
    queued(store, "run 1", "run 2")
    for name in ("one", "two"):
        store.write(claim(name, LOADED, lease_of(name)))
    store.write(request_cancel("run 2"))
    assert store.read(fetch_cancel_requests(["run 1", "run 2"])) == ["run 2"]
    assert store.read(fetch_cancel_requests(["run 1"])) == []
