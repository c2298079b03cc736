"""Reads for many runs at once: what each answers is what the reads of one run answer, one after the other."""

from __future__ import annotations

import pytest

from dalsegno.plan.stored_plan import whole_run
from dalsegno.runs.events import LogLevel
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus
from dalsegno.store.batches import fetch_children, fetch_groups, fetch_plans, fetch_snapshots, runs_of_groups
from dalsegno.store.event_pages import EventQuery, fetch_event_pages
from dalsegno.store.events import fetch_events
from dalsegno.store.lineages import fetch_ancestries, fetch_lineages
from dalsegno.store.run_changes import changed_step_keys, fetch_moving_runs, newest_run_id, reached_step_keys
from dalsegno.store.run_filter import RunFilter
from dalsegno.store.run_groups import fetch_group
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.run_totals import count_groups, count_runs
from dalsegno.store.runs import fetch_plan, fetch_run
from dalsegno.store.snapshots import fetch_snapshot
from dalsegno.store.step_counts import count_steps
from dalsegno.store.step_history import fetch_step_executions
from dalsegno.store.steps import fetch_steps
from tests.store.conftest import Store
from tests.store.records import LEASE, SNAPSHOT, at, created, ended, launched, log, output, run_named, step

OK, FAILED = StepStatus.SUCCESS, StepStatus.FAILURE


@pytest.fixture
def family(store: Store) -> dict[str, Run]:
    """root: a ok, b failed. child re-executes b and c, b ok. other: a group of its own, which goes on."""
    root = run_named("1-root")
    child = run_named(
        "2-child", parent=root, step_keys_to_execute=("b", "c"), strategy=ReexecutionStrategy.FROM_FAILURE
    )
    other = run_named("3-other")
    store.write(created(root))
    store.write(
        ended(root, step("a", outputs=(output(),)), step("b", FAILED), step("c", StepStatus.BLOCKED), status=_FAILED)
    )
    store.write(created(child))
    store.write(ended(child, step("b", token="b again"), status=RunStatus.CANCELED))
    store.write(launched(other))
    return {
        run_id: run for run_id in ("1-root", "2-child", "3-other") if (run := store.read(fetch_run(run_id))) is not None
    }


_FAILED = RunStatus.FAILURE


def test_lineages_are_those_of_each_run(store: Store, family):
    assert store.read(fetch_ancestries(family)) == {
        "1-root": ["1-root"],
        "2-child": ["2-child", "1-root"],
        "3-other": ["3-other"],
    }
    lineages = store.read(fetch_lineages([*family, "nobody"], whole=True))
    steps = store.read(fetch_steps(family, with_attempts=True))
    assert lineages.keys() == family.keys()
    assert [one.run for one in lineages["2-child"]] == [family["2-child"], family["1-root"]]
    assert [one.steps for one in lineages["2-child"]] == [steps["2-child"], steps["1-root"]]
    some = store.read(fetch_lineages(["2-child"], whole=False, step_keys=["b"]))["2-child"]
    assert [list(one.steps) for one in some] == [["b"], ["b"]]
    assert [one.steps["b"].attempts for one in some] == [(), ()]


def test_counts_are_those_of_the_steps_one_by_one(store: Store, family):
    counts = store.read(count_steps(list(family.values()), {SNAPSHOT.id: SNAPSHOT}))
    lineages = store.read(fetch_lineages(family, whole=True))
    for run_id, lineage in lineages.items():
        states = whole_run(SNAPSHOT, lineage, lineage.runs[0].steps)
        one_by_one = [state.status for state in states.values()]
        assert counts[run_id] == {status: one_by_one.count(status) for status in one_by_one}
    assert counts["2-child"] == {StepStatus.REUSED: 1, OK: 1, StepStatus.OMITTED: 1}


def test_groups_children_plans_and_snapshots_are_those_of_each(store: Store, family):
    roots = ["1-root", "3-other"]
    assert store.read(fetch_groups([*roots, "nobody"])) == {root: store.read(fetch_group(root)) for root in roots}
    assert store.read(runs_of_groups(roots)) == {
        "1-root": [family["1-root"], family["2-child"]],
        "3-other": [family["3-other"]],
    }
    assert store.read(fetch_children(["1-root", "2-child"])) == {"1-root": [family["2-child"]], "2-child": []}
    assert store.read(fetch_plans([*family, "nobody"])) == {run_id: store.read(fetch_plan(run_id)) for run_id in family}
    assert store.read(fetch_snapshots([SNAPSHOT.id, "nothing"])) == {
        SNAPSHOT.id: store.read(fetch_snapshot(SNAPSHOT.id))
    }


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(EventQuery(), id="all"),
        pytest.param(EventQuery(limit=2), id="a page"),
        pytest.param(EventQuery(after=1, limit=1), id="the next page"),
        pytest.param(EventQuery(step_keys=("a",), limit=2), id="of a step"),
        pytest.param(EventQuery(kinds=("LOG",), after=2), id="of a kind"),
        pytest.param(EventQuery(min_level=LogLevel.WARNING), id="of a level"),
    ],
)
def test_pages_of_events_are_those_of_each_run(store: Store, family, wanted):
    for index in range(4):
        store.write(append("3-other", LEASE.token, RunBatch(events=(log(f"line {index}"), log("else", "b")))))
    pages = store.read(fetch_event_pages(family, wanted))
    assert pages == {
        run_id: store.read(
            fetch_events(
                run_id,
                after=wanted.after,
                limit=wanted.limit,
                step_keys=wanted.step_keys,
                kinds=wanted.kinds,
                min_level=wanted.min_level,
            )
        )
        for run_id in family
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [("LINE 1", ["line 1"]), ("line", ["line 0", "line 1"]), ("%_\\", ["50%_\\"]), ("nothing", [])],
)
def test_events_are_found_by_part_of_their_message(store: Store, family, text, found):
    lines = tuple(log(message) for message in ("line 0", "line 1", "50%_\\"))
    store.write(append("3-other", LEASE.token, RunBatch(events=lines)))
    pages = store.read(fetch_event_pages(["3-other"], EventQuery(text=text)))
    assert [event.message for event in pages["3-other"]] == found


def test_totals_are_counted_up_to_a_bound(store: Store, family):
    assert store.read(count_runs(RunFilter(), 10)) == 3
    assert store.read(count_runs(RunFilter(statuses=(_FAILED,)), 10)) == 1
    assert store.read(count_runs(RunFilter(), 2)) == 2
    assert store.read(count_groups(RunFilter(), 10)) == 2
    assert store.read(count_groups(RunFilter(unresolved_only=True), 10)) == 1


def test_what_changed_after_an_event_is_known(store: Store, family):
    store.write(append("3-other", LEASE.token, RunBatch(events=(log("one"),), steps=(step("a", token="t1"),))))
    first = store.read(fetch_run("3-other"))
    assert first is not None
    store.write(append("3-other", LEASE.token, RunBatch(events=(log("two"),), steps=(step("b", token="t2"),))))
    assert store.read(changed_step_keys(["3-other", "1-root"], first.version)) == {"3-other": {"b"}, "1-root": set()}
    assert store.read(reached_step_keys(["3-other", "2-child"])) == {"3-other": {"a", "b"}, "2-child": {"b"}}
    assert store.read(newest_run_id()) == "3-other"
    moving = store.read(fetch_moving_runs(["1-root"], "1-root"))
    assert [run.run_id for run in moving] == ["1-root", "2-child", "3-other"]
    assert [run.run_id for run in store.read(fetch_moving_runs([], "3-other"))] == ["3-other"]


def test_executions_go_back_to_the_success_asked_for(store: Store, family):
    name = SNAPSHOT.name
    all_of_b = store.read(fetch_step_executions(name, ["a", "b", "c"], 10))
    assert {key: (len(one.durations_ms), one.failures) for key, one in all_of_b.items()} == {
        "a": (1, 0),
        "b": (1, 1),
        "c": (0, 0),
    }
    assert all_of_b["a"].durations_ms == ((at(2) - at(1)).total_seconds() * 1000,)
    # The failure lies before the last success.
    assert store.read(fetch_step_executions(name, ["b"], 1))["b"].failures == 0
    assert store.read(fetch_step_executions("other", ["b"], 1))["b"].durations_ms == ()


def test_executions_of_a_mapped_step_are_those_of_all_its_elements(store: Store):
    keys = ("work[k1]", "work[k2]", "work-shop", "workshop")
    for run_id in ("1-root", "2-other"):
        run = run_named(run_id, step_keys_to_execute=("gen", "work[?]"))
        store.write(created(run))
        failed = step("work[k3]", FAILED, token=f"{run_id} k3")
        done = [step(key, token=f"{run_id} {key}") for key in keys]
        store.write(ended(run, *done, failed, status=_FAILED))
    asked = ["work[?]", "workshop", "nothing[?]"]
    found = store.read(fetch_step_executions(SNAPSHOT.name, asked, 10))
    assert {key: (len(one.durations_ms), one.failures) for key, one in found.items()} == {
        "work[?]": (4, 2),
        "workshop": (2, 0),
        "nothing[?]": (0, 0),
    }
    assert len(store.read(fetch_step_executions(SNAPSHOT.name, asked, 3))["work[?]"].durations_ms) == 3


def test_nothing_is_read_of_no_runs(store: Store):
    assert store.read(fetch_lineages([], whole=True)) == {}
    assert store.read(count_steps([], {})) == {}
    assert store.read(fetch_event_pages([], EventQuery())) == {}
