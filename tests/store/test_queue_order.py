"""Whose turn it is in the queue: priorities, limits by tag, and that it is found quickly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Executable, insert, text
from sqlalchemy.dialects import postgresql, sqlite

from dalsegno.errors import InvalidTagError
from dalsegno.runs.priority import PRIORITY_TAG, check_priority, priority_of
from dalsegno.runs.status import RunStatus
from dalsegno.settings import Settings, TagLimit
from dalsegno.store import queue
from dalsegno.store.database import Database
from dalsegno.store.leases import renew_lease
from dalsegno.store.queue import claim, release
from dalsegno.store.queue_reasons import why_queued
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.run_rows import run_values
from dalsegno.store.runs import fetch_runs
from dalsegno.store.script import Script
from dalsegno.store.snapshots import save_snapshot
from dalsegno.store.tables import run_tags, runs
from dalsegno.store.workers import WorkerRecord, register
from tests.drawing import NOON
from tests.store.conftest import Store
from tests.store.records import SNAPSHOT, at, created, lease_of, run_named

LOADED = [SNAPSHOT.id]
MANY = 10_000


def limits(text: str) -> tuple[TagLimit, ...]:
    return Settings.load(environ={"DALSEGNO_TAG_LIMITS": text}).tag_limits


def queue_up(store: Store | Database, **tags_by_run: Mapping[str, str]) -> None:
    for run_id, tags in tags_by_run.items():
        store.write(created(run_named(run_id, status=RunStatus.QUEUED, tags=tags), lease=None))


def claimed(store: Store | Database, given: str = "", holder: str = "one") -> str | None:
    run = store.write(claim(holder, LOADED, lease_of(holder), limits=limits(given)))
    return None if run is None else run.run_id


def all_claimed(store: Store, given: str = "") -> list[str]:
    found = []
    while (run_id := claimed(store, given)) is not None:
        found.append(run_id)
    return found


def test_the_highest_priority_goes_first_and_of_equals_the_oldest(store: Store) -> None:
    queue_up(store, a={}, b={PRIORITY_TAG: "-1"}, c={PRIORITY_TAG: "10"}, d={}, e={PRIORITY_TAG: "+10"})
    assert all_claimed(store) == ["c", "e", "a", "d", "b"]


@pytest.mark.parametrize("value", ["", "high", "1.5", "1e3", " 1", "٣", "99999999999", "--1"])
def test_a_priority_that_is_no_whole_number_is_refused_in_a_sentence(value: str) -> None:
    with pytest.raises(InvalidTagError, match="whole number") as refused:
        check_priority({PRIORITY_TAG: value})
    assert (refused.value.key, refused.value.value) == (PRIORITY_TAG, value)
    # Stored by an earlier version, it does no harm.
    assert priority_of({PRIORITY_TAG: value}) == 0


@pytest.mark.parametrize("end", [RunStatus.SUCCESS, RunStatus.FAILURE, RunStatus.CANCELED], ids=str)
def test_no_more_runs_with_a_tag_go_on_than_its_limit_and_those_behind_pass(store: Store, end: RunStatus) -> None:
    queue_up(store, a={"team": "ml"}, b={"team": "ml"}, c={"team": "ml"}, d={"team": "web"}, e={})
    assert all_claimed(store, "team=ml:2") == ["a", "b", "d", "e"]
    # However a run ends, it makes room.
    store.write(append("a", "token of one", RunBatch(status=end, ended_at=at(1))))
    assert all_claimed(store, "team=ml:2") == ["c"]


def test_a_limit_without_a_value_counts_all_values_together(store: Store) -> None:
    queue_up(store, a={"database": "x"}, b={"database": "y"}, c={"other": "x"})
    assert all_claimed(store, "database:1") == ["a", "c"]


def test_a_limit_of_each_value_counts_each_by_itself(store: Store) -> None:
    queue_up(store, a={"customer": "x"}, b={"customer": "x"}, c={"customer": "y"}, d={"customer": "y"})
    assert all_claimed(store, "customer=*:1") == ["a", "c"]


def test_a_run_with_several_limited_tags_waits_for_all_of_them(store: Store) -> None:
    queue_up(store, a={"team": "ml"}, b={"team": "ml", "database": "x"}, c={"database": "x"})
    assert all_claimed(store, "team=ml:1,database:1") == ["a", "c"]


def test_a_limit_of_none_holds_all_of_them_back(store: Store) -> None:
    queue_up(store, a={"team": "ml"}, b={"team": "web"}, c={"shop": "x"})
    assert all_claimed(store, "team=ml:0,shop=*:0") == ["b"]


def test_values_that_are_too_long_for_an_index_are_limited_too(store: Store) -> None:
    queue_up(store, a={"team": "m" * 500}, b={"team": "m" * 500}, c={"team": "m" * 499 + "n"})
    assert all_claimed(store, f"team={'m' * 500}:1") == ["a", "c"]


def test_the_run_of_a_script_counts(store: Store) -> None:
    store.write(created(run_named("script's", tags={"team": "ml"})))
    queue_up(store, a={"team": "ml"})
    assert claimed(store, "team=ml:1") is None


def test_a_takeover_is_not_held_back_by_the_run_itself_nor_by_others(store: Store) -> None:
    queue_up(store, a={"team": "ml"}, b={"team": "ml"})
    assert claimed(store, "team=ml:1") == "a"
    store.write(renew_lease("a", "token of one", -0.001))
    assert claimed(store, "team=ml:1", "two") == "a"
    assert store.write(release("a", "token of two", "two"))
    assert claimed(store, "team=ml:1", "three") == "a"
    assert claimed(store, "team=ml:1", "three") is None


def test_workers_that_claim_at_once_never_exceed_a_limit(database: Database) -> None:
    for number in range(24):
        queue_up(database, **{f"run {number:02}": {"team": "ml"}})
    with ThreadPoolExecutor(4) as threads:
        taken = [*threads.map(lambda number: claimed(database, "team=ml:3", f"worker {number}"), range(12))]
    assert sorted(filter(None, taken)) == ["run 00", "run 01", "run 02"]


def test_people_are_told_what_a_queued_run_waits_for(store: Store) -> None:
    queue_up(store, a={"team": "ml"}, b={"team": "ml"}, c={})
    claimed(store, "team=ml:1")
    given = limits("team=ml:1")
    listed = store.read(fetch_runs("abc")).values()
    reasons = store.read(why_queued(listed, given))
    assert reasons.keys() == {"b", "c"}
    assert reasons["b"].startswith("Held back by the limit team=ml:1: 1 run goes on with the tag team=ml.")
    assert "No live worker" in reasons["c"]
    there = WorkerRecord(
        id="w",
        host="h",
        pid=1,
        executor="processes",
        code_location="x.py",
        started_at=NOON,
        loaded_snapshot_ids=(*LOADED,),
    )
    store.write(register(there, 60.0))
    assert "waits for its turn" in store.read(why_queued(listed, given))["c"]


class _Plans:
    """How a database executes statements."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def looked_at(self, statement: Executable, **values: Any) -> tuple[str, int]:
        """How a statement is executed, and how many rows of tables it looks at, which SQLite does not tell: 0."""
        if self._database.dialect_name == "sqlite":
            rows = self._database.read(_explain("EXPLAIN QUERY PLAN", statement, sqlite.dialect(), values))
            return "\n".join(row[3] for row in rows), 0
        explain = "EXPLAIN (ANALYZE, FORMAT JSON)"
        ((plan,),) = self._database.write(_explain(explain, statement, postgresql.dialect(), values))
        return str(plan), sum(_rows_of(plan[0]["Plan"]))


def _explain(how: str, statement: Any, dialect: Any, values: dict[str, Any]) -> Script[Any]:
    compiled = statement.params(**values).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return (yield text(f"{how} {str(compiled).replace(':', chr(92) + ':')}"))


def _rows_of(node: Mapping[str, Any]) -> Iterator[int]:
    if node.get("Relation Name"):
        yield node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    for below in node.get("Plans", ()):
        yield from _rows_of(below)


@pytest.fixture(scope="module")
def plans(module_database_url: str) -> Iterator[_Plans]:
    """A database with many queued runs, as many that have ended, and a few that go on."""
    database = Database.open(module_database_url)
    statuses = [*[RunStatus.SUCCESS] * MANY, *[RunStatus.RUNNING] * 5, *[RunStatus.QUEUED] * MANY]
    made = [run_named(f"run {number:06}", status=status) for number, status in enumerate(statuses)]

    def fill() -> Script[None]:
        yield from save_snapshot(SNAPSHOT)
        ended = {RunStatus.SUCCESS: at(9)}
        leased = {RunStatus.RUNNING: "token"}
        yield (
            insert(runs),
            [
                run_values(run)
                | {"last_event_number": 0, "ended_at": ended.get(run.status), "lease_token": leased.get(run.status)}
                for run in made
            ],
        )
        tagged = [run for run in made if not run.status.has_ended]
        yield insert(run_tags), [{"run_id": run.run_id, "key": "team", "value": "ml"} for run in tagged]
        yield text("ANALYZE")

    database.write(fill())
    yield _Plans(database)
    database.close()


def test_the_next_of_ten_thousand_is_found_by_the_queue_s_own_index(plans: _Plans) -> None:
    plan, rows = plans.looked_at(queue._NEXT_WAITING, loaded=LOADED)
    assert "ix_runs_queue" in plan
    assert "TEMP B-TREE" not in plan and "Sort" not in plan
    assert rows <= 1


def test_lost_runs_are_looked_for_among_those_that_go_on(plans: _Plans) -> None:
    plan, rows = plans.looked_at(queue._OLDEST_LOST, loaded=LOADED, besides=[])
    assert "ix_runs_status_run_id" in plan or "ix_runs_queue" in plan
    assert rows <= 10


def test_what_no_limit_holds_back_is_found_by_the_queue_s_order(plans: _Plans) -> None:
    plan, rows = plans.looked_at(
        queue._NEXT_NOT_HELD_BACK, loaded=LOADED, full_keys=["database"], full_tags=[("team", "web")]
    )
    assert "ix_runs_queue" in plan
    assert "TEMP B-TREE" not in plan and "Sort" not in plan
    assert rows <= 10


def test_where_limits_hold_all_back_each_waiting_run_is_looked_at_once_whatever_the_statistics_say(
    plans: _Plans,
) -> None:
    plan, _ = plans.looked_at(queue._NEXT_NOT_HELD_BACK, loaded=LOADED, full_keys=[], full_tags=[("team", "ml")])
    # A join may come to compare each with each, and reads the tags of runs that have ended as well.
    assert "Join" not in plan
    assert "SubPlan" in plan or "CORRELATED" in plan
