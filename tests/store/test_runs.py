"""Runs are kept as given, found by what people know of them, and launched once per idempotency key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError

from dalsegno.errors import IdempotencyConflictError, RunNotFoundError
from dalsegno.plan.plan import Action
from dalsegno.runs.attempts import ErrorInfo
from dalsegno.runs.events import RunStarted
from dalsegno.runs.status import ReexecutionStrategy, RunStatus
from dalsegno.store.events import fetch_events
from dalsegno.store.run_filter import RunFilter
from dalsegno.store.run_groups import fetch_group
from dalsegno.store.runs import (
    IdempotencyKey,
    create_run,
    fetch_active_run_ids,
    fetch_plan,
    fetch_run,
    fetch_runs,
    find_by_idempotency_key,
    find_run_ids,
    list_runs,
    runs_of_group,
)
from dalsegno.store.snapshots import save_snapshot
from tests.store.records import LEASE, SNAPSHOT, at, created, ended, launched, plan_of, run_named

KEY = IdempotencyKey(scope="launch by ann", key="nightly", arguments="hash of the arguments")


def test_a_run_comes_back_as_given(store):
    root = run_named("r0")
    run = run_named(
        "r1",
        parent=root,
        run_config={"steps": {"a": {"config": {"rate": 0.1, "names": ["ü", "\0"], "none": None}}}},
        tags={"team": "ml", "": "empty key", "long": "x" * 5000},
        strategy=ReexecutionStrategy.SELECTED_STEPS,
        selection=("*b", "c"),
        rest_is_settled=False,
        launched_by="ann",
        reason="the data was mended",
        code_location="pipelines.py",
        error=ErrorInfo(class_name="ValueError", message="no", cause=ErrorInfo(class_name="KeyError", message="why")),
        started_at=at(1.000001),
        step_keys_to_execute=("b", "c"),
    )
    store.write(created(root))
    store.write(created(run))
    assert store.read(fetch_run("r1")) == run
    assert store.read(fetch_runs(["r0", "r1", "unknown"])) == {"r0": root, "r1": run}
    assert store.read(fetch_run("unknown")) is None


def test_what_no_database_holds_in_a_text_becomes_a_question_mark(store):
    run = run_named("r", reason="nul \0, lone \ud800 surrogate", tags={"k\0": "v\udcff"})
    store.write(created(run))
    found = store.read(fetch_run("r"))
    assert found.reason == "nul ?, lone ? surrogate"
    assert found.tags == {"k\0": "v?"}
    assert store.read(list_runs(RunFilter(tags={"k\0": "v\udcff"}), 10)) == [found]


def test_the_plan_is_kept_with_its_executed_steps(store):
    run = run_named("r")
    store.write(created(run))
    stored = store.read(fetch_plan("r"))
    assert stored == replace(plan_of(run), steps=tuple(plan_of(run).executed.values()))
    assert [step.action for step in stored.steps] == [Action.EXECUTE] * 3
    assert stored.id == plan_of(run).id
    assert store.read(fetch_plan("unknown")) is None


def test_events_given_at_the_launch_are_the_first_of_the_run(store):
    assert store.write(launched(run_named("r"))).version == 1
    assert [(event.number, event.kind) for event in store.read(fetch_events("r"))] == [(1, RunStarted.kind)]
    assert store.read(fetch_run("r")).version == 1


@pytest.mark.parametrize(
    ("missing", "refusal"),
    [
        pytest.param({"snapshot_id": "unknown"}, IntegrityError, id="snapshot"),
        pytest.param({"parent_run_id": "x"}, RunNotFoundError, id="parent"),
    ],
)
def test_a_run_without_its_snapshot_or_parent_is_not_kept(store, missing, refusal):
    store.write(save_snapshot(SNAPSHOT))
    run = run_named("r", **missing)
    with pytest.raises(refusal):
        store.write(create_run(run, plan_of(run)))
    assert store.read(list_runs(RunFilter(), 10)) == []


LISTED = [
    pytest.param(RunFilter(), "r4 r3 r2 r1", id="all"),
    pytest.param(RunFilter(pipeline_name="drawn"), "r4 r3 r2 r1", id="of a pipeline"),
    pytest.param(RunFilter(pipeline_name="other"), "", id="of another pipeline"),
    pytest.param(RunFilter(statuses=(RunStatus.SUCCESS,)), "r1", id="of a status"),
    pytest.param(RunFilter(statuses=(RunStatus.SUCCESS, RunStatus.QUEUED)), "r4 r1", id="of several statuses"),
    pytest.param(RunFilter(tags={"team": "ml"}), "r3 r2", id="with a tag"),
    pytest.param(RunFilter(tags={"team": "ml", "level": "x" * 3000}), "r3", id="with several tags"),
    pytest.param(RunFilter(tags={"level": "x" * 2999}), "", id="with a tag that begins so"),
    pytest.param(RunFilter(root_run_id="r2"), "r3 r2", id="of a group"),
    pytest.param(RunFilter(unresolved_only=True), "r3", id="failed, in a group that has not ended well"),
    pytest.param(RunFilter(created_after=at(2)), "r4 r3 r2", id="created at or after"),
    pytest.param(RunFilter(created_before=at(2)), "r1", id="created before"),
]


@pytest.mark.parametrize(("wanted", "listed"), LISTED)
def test_a_list_has_the_runs_that_fit_newest_first(store, wanted, listed):
    first = run_named("r1", created_at=at(1))
    second = run_named("r2", created_at=at(2), tags={"team": "ml"})
    third = run_named("r3", second, created_at=at(3), tags={"team": "ml", "level": "x" * 3000})
    fourth = run_named("r4", created_at=at(4), status=RunStatus.QUEUED)
    for run in (first, second, third, fourth):
        store.write(created(run))
    store.write(ended(first))
    store.write(ended(third, status=RunStatus.FAILURE))
    assert [run.run_id for run in store.read(list_runs(wanted, 10))] == listed.split()


def test_pages_follow_each_other_without_gap_or_repetition(store):
    for number in range(5):
        store.write(created(run_named(f"r{number}")))
    pages, before = [], None
    while page := store.read(list_runs(RunFilter(), 2, before)):
        pages.append([run.run_id for run in page])
        before = page[-1].run_id
    assert pages == [["r4", "r3"], ["r2", "r1"], ["r0"]]


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        pytest.param("018f-aa", ["018f-aa1", "018f-aa2"], id="several"),
        pytest.param("018f-aa1", ["018f-aa1"], id="one"),
        pytest.param("018F", [], id="case counts"),
        pytest.param("018f_", [], id="no wildcard"),
        pytest.param("018f%", [], id="no wildcard either"),
        pytest.param("", ["018f-aa1", "018f-aa2", "018f-b"], id="every id begins with nothing"),
    ],
)
def test_a_run_is_found_by_the_beginning_of_its_id(store, prefix, found):
    for run_id in ("018f-aa1", "018f-aa2", "018f-b"):
        store.write(created(run_named(run_id)))
    assert store.read(find_run_ids(prefix)) == found


def test_the_runs_of_a_group_come_oldest_first(store):
    root = run_named("r1")
    for run in (root, run_named("r2", root), run_named("r3", root), run_named("other")):
        store.write(created(run))
    assert [run.run_id for run in store.read(runs_of_group("r1"))] == ["r1", "r2", "r3"]


def test_active_are_those_that_wait_or_are_held(store):
    root = run_named("r1")
    store.write(created(root))
    store.write(created(run_named("waits", root, status=RunStatus.QUEUED), lease=None))
    store.write(created(run_named("is held", root)))
    store.write(created(run_named("was lost", root), lease=replace(LEASE, seconds=-1.0)))
    store.write(ended(root))
    assert store.read(fetch_active_run_ids("r1")) == ["is held", "waits"]


def test_a_launch_repeated_with_its_key_answers_the_run_and_writes_nothing(store):
    first = store.write(created(run_named("r1"), idempotency=KEY))
    assert store.write(created(run_named("r2", tags={"a": "b"}), idempotency=KEY)) == first
    assert store.read(find_by_idempotency_key(KEY)) == first
    assert [run.run_id for run in store.read(list_runs(RunFilter(), 10))] == ["r1"]
    assert store.read(fetch_group("r2")) is None
    assert store.read(fetch_plan("r2")) is None


def test_a_key_used_with_other_arguments_is_a_conflict_and_writes_nothing(store):
    store.write(created(run_named("r1"), idempotency=KEY))
    other = replace(KEY, arguments="others")
    with pytest.raises(IdempotencyConflictError) as refused:
        store.write(created(run_named("r2"), idempotency=other))
    assert (refused.value.idempotency_key, refused.value.run_id) == ("nightly", "r1")
    with pytest.raises(IdempotencyConflictError):
        store.read(find_by_idempotency_key(other))
    assert [run.run_id for run in store.read(list_runs(RunFilter(), 10))] == ["r1"]


def test_a_key_counts_within_its_scope(store):
    store.write(created(run_named("r1"), idempotency=KEY))
    store.write(created(run_named("r2"), idempotency=replace(KEY, scope="launch by bob")))
    assert store.read(find_by_idempotency_key(replace(KEY, scope="unused"))) is None
    assert len(store.read(list_runs(RunFilter(), 10))) == 2


def test_concurrent_equal_launches_answer_the_same_run(database):
    database.write(save_snapshot(SNAPSHOT))

    def launch(number):
        run = run_named(f"r{number}", created_at=at(0) + timedelta(seconds=number))
        return database.write(create_run(run, plan_of(run), idempotency=KEY))

    with ThreadPoolExecutor(8) as threads:
        answers = {run.run_id for run in threads.map(launch, range(16))}
    assert len(answers) == 1
    assert [run.run_id for run in database.read(list_runs(RunFilter(), 50))] == list(answers)
