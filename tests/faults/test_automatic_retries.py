"""Failed runs that are re-executed without anybody asking, as their tags say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from dalsegno import execute_pipeline, pipeline, step
from dalsegno.api.app import create_app
from dalsegno.errors import InvalidTagError
from dalsegno.instance import Instance
from dalsegno.launch import LaunchOptions, new_run, plan_launch, plan_relaunch
from dalsegno.run_id import new_run_id
from dalsegno.runs.attempts import ErrorInfo
from dalsegno.runs.automatic_retry import LAUNCHED_BY, number_of_retry
from dalsegno.runs.bulk import BULK_TAG, Bulk, BulkAction
from dalsegno.runs.events import RunFailed
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus
from dalsegno.store.automatic_retries import fetch_due_retries, launch_retry
from dalsegno.store.bulks import start_bulk
from dalsegno.store.run_filter import RunFilter
from dalsegno.store.run_groups import fetch_group
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.runs import Lease, create_run, runs_of_group
from tests.waiting import until
from tests.worker.site import Site

CODE = """
@step
def first(context):
    note("first", context.root_run_id)
    return 1

@step
def fails_until(context, one, times):
    note(f"tried.{context.root_run_id}", context.run_id)
    if len((HERE / f"tried.{context.root_run_id}").read_text().splitlines()) <= times:
        try:
            raise ConnectionError("try again")
        except ConnectionError as error:
            raise ValueError("no luck") from error
    return one

@pipeline
def trying():
    fails_until(first())

@pipeline(tags={"dalsegno/max_retries": "1", "dalsegno/retry_on": "ConnectionError"})
def trying_by_itself():
    fails_until(first())

@step
def waits_and_fails():
    gate("waiting")
    raise ValueError("in the end")

@pipeline
def waiting():
    waits_and_fails()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"), module_database_url)
    site.write(CODE)
    site.start_here(heartbeat_seconds=0.1).until_serving()
    yield site
    site.close()


def failing(times: int) -> dict[str, object]:
    return {"steps": {"fails_until": {"inputs": {"times": times}}}}


def ended_group(site: Site, root_run_id: str, size: int) -> list[Run]:
    """The runs of a group, once there are so many, all have ended, and no retry is due."""

    def look() -> list[Run] | None:
        runs = site.database.read(runs_of_group(root_run_id))
        due = {one.parent_run_id for one in site.database.read(fetch_due_retries())}
        done = all(run.status.has_ended for run in runs) and not due & {run.run_id for run in runs}
        return runs if done and len(runs) >= size else None

    runs = until(look, what=f"{size} runs that have ended")
    assert len(runs) == size
    return runs


def test_a_failed_run_is_re_executed_from_failure_until_it_succeeds(site: Site) -> None:
    root = site.launch("trying", run_config=failing(2), tags={"dalsegno/max_retries": "5", "team": "ml"})
    runs = ended_group(site, root, 3)
    assert [run.status for run in runs] == [RunStatus.FAILURE, RunStatus.FAILURE, RunStatus.SUCCESS]
    assert [run.parent_run_id for run in runs] == [None, runs[0].run_id, runs[1].run_id]
    assert {run.strategy for run in runs[1:]} == {ReexecutionStrategy.FROM_FAILURE}
    assert [run.step_keys_to_execute for run in runs[1:]] == [("fails_until",)] * 2
    group = site.database.read(fetch_group(root))
    assert group is not None and group.status is RunStatus.SUCCESS
    assert site.notes("first").count(root) == 1


def test_what_was_launched_so_is_marked_and_its_parent_says_that_it_follows(site: Site) -> None:
    root = site.launch("trying", run_config=failing(1), tags={"dalsegno/max_retries": "5", "team": "ml"})
    parent, child = ended_group(site, root, 2)
    assert child.launched_by == LAUNCHED_BY
    assert child.tags == {"dalsegno/max_retries": "5", "team": "ml", "dalsegno/retry_number": "1"}
    assert (child.mode, child.run_config) == (parent.mode, parent.run_config)
    last = site.instance.events(parent.run_id)[-1]
    assert last.message == "Failed: fails_until. Automatic retry 1 follows."
    # It has not changed since it ended.
    assert parent.version == last.number
    assert parent.ended_at is not None and parent.ended_at <= child.created_at


def test_no_more_are_launched_than_the_tag_allows(site: Site) -> None:
    root = site.launch("trying", run_config=failing(9), tags={"dalsegno/max_retries": "2"})
    runs = ended_group(site, root, 3)
    assert {run.status for run in runs} == {RunStatus.FAILURE}
    assert site.instance.events(runs[-1].run_id)[-1].message == "Failed: fails_until."


def test_who_re_executes_by_hand_has_the_whole_budget_again(site: Site) -> None:
    root = site.launch("trying", run_config=failing(3), tags={"dalsegno/max_retries": "1"})
    runs = ended_group(site, root, 2)
    by_hand = site.launch("trying", runs[-1], strategy=ReexecutionStrategy.FROM_FAILURE)
    runs = ended_group(site, root, 4)
    assert runs[2].run_id == by_hand
    assert "dalsegno/retry_number" not in runs[2].tags
    assert [run.status for run in runs[2:]] == [RunStatus.FAILURE, RunStatus.SUCCESS]
    assert runs[3].tags["dalsegno/retry_number"] == "1"


def test_what_a_bulk_has_launched_is_retried_as_any_run_is(site: Site) -> None:
    root = site.launch("trying", run_config=failing(3), tags={"dalsegno/max_retries": "1"})
    ended_group(site, root, 2)
    bulk = Bulk(
        bulk_id=new_run_id(),
        action=BulkAction.REEXECUTE,
        strategy=ReexecutionStrategy.FROM_FAILURE,
        started_at=datetime.now(UTC),
    )
    site.database.write(start_bulk(bulk, RunFilter(root_run_id=root), expected_count=2))

    async def carried_on_by_a_service() -> list[Run]:
        app = create_app(site.settings, site.database, site.instance.storage)
        async with app.router.lifespan_context(app):
            return await asyncio.to_thread(ended_group, site, root, 4)

    _, _, launched, retried = asyncio.run(carried_on_by_a_service())
    assert (launched.tags[BULK_TAG], launched.status) == (bulk.bulk_id, RunStatus.FAILURE)
    assert (retried.launched_by, retried.status) == (LAUNCHED_BY, RunStatus.SUCCESS)
    assert BULK_TAG not in retried.tags


def test_a_pipelines_own_tags_count_where_the_run_has_none(site: Site) -> None:
    assert len(ended_group(site, site.launch("trying_by_itself", run_config=failing(9)), 2)) == 2
    off = site.launch("trying_by_itself", run_config=failing(9), tags={"dalsegno/max_retries": "0"})
    assert len(ended_group(site, off, 1)) == 1


def test_a_run_whose_failure_is_of_another_kind_is_not_re_executed(site: Site) -> None:
    tags = {"dalsegno/max_retries": "5", "dalsegno/retry_on": "TimeoutError, worker_lost"}
    assert len(ended_group(site, site.launch("trying", run_config=failing(1), tags=tags), 1)) == 1


def test_a_cancelled_run_is_never_re_executed_even_where_a_step_failed(site: Site) -> None:
    run_id = site.launch("waiting", tags={"dalsegno/max_retries": "5"})
    site.until_running(run_id, "waits_and_fails")
    site.instance.cancel_run(run_id)
    (run,) = ended_group(site, run_id, 1)
    assert run.status is RunStatus.CANCELED


def failed_without_a_worker(site: Site) -> Run:
    """A run that has failed, and whose worker was lost before it launched what was due."""
    plan = plan_launch(site.snapshot("trying"), LaunchOptions(run_config=failing(0)))
    run = new_run(plan, LaunchOptions(tags={"dalsegno/max_retries": "1"}))
    lease = Lease(token="a token", holder="a worker", seconds=600)
    site.database.write(create_run(run, plan, lease=lease))
    now = datetime.now(UTC)
    ending = RunBatch(
        events=((now, RunFailed(retry_number=1)),), status=RunStatus.FAILURE, ended_at=now, retry_number=1
    )
    site.database.write(append(run.run_id, lease.token, ending))
    return site.instance.run(run.run_id)


def test_what_a_lost_worker_has_not_launched_another_one_does(site: Site) -> None:
    failed = failed_without_a_worker(site)
    runs = ended_group(site, failed.run_id, 2)
    assert runs[1].status is RunStatus.SUCCESS
    assert {state.status for state in site.instance.step_states(runs[1].run_id).values()} == {StepStatus.SUCCESS}


def test_it_is_launched_once_whoever_launches_it(tmp_path_factory, database_url: str) -> None:
    site = Site(tmp_path_factory.mktemp("site"), database_url)
    site.write(CODE)
    site.start_here().until_serving()
    site.snapshot("trying")
    assert site._worker_here is not None
    site._worker_here.end()
    failed = failed_without_a_worker(site)
    (due,) = site.database.read(fetch_due_retries())
    options = LaunchOptions(strategy=ReexecutionStrategy.FROM_FAILURE)
    plan = plan_relaunch(
        site.snapshot("trying"), site.instance.lineage(failed.run_id), options, site.instance.outputs, verify=False
    )
    first, second = (
        site.database.write(launch_retry(due.parent_run_id, new_run(plan, options, failed), plan)) for _ in range(2)
    )
    assert first is not None and second is None
    assert len(site.database.read(runs_of_group(failed.run_id))) == 2
    assert site.database.read(fetch_due_retries()) == []
    # A person was faster.
    failed = failed_without_a_worker(site)
    by_hand = new_run(plan, options, failed)
    site.database.write(create_run(by_hand, plan))
    assert site.database.write(launch_retry(failed.run_id, new_run(plan, options, failed), plan)) is None
    assert [run.run_id for run in site.database.read(runs_of_group(failed.run_id))] == [failed.run_id, by_hand.run_id]
    assert site.database.read(fetch_due_retries()) == []
    site.close()


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"dalsegno/max_retries": "many"}, "a whole number from 0 to 100"),
        ({"dalsegno/max_retries": "-1"}, "a whole number from 0 to 100"),
        ({"dalsegno/max_retries": "101"}, "a whole number from 0 to 100"),
        ({"dalsegno/max_retries": ""}, "a whole number from 0 to 100"),
        ({"dalsegno/retry_on": "worker-lost"}, "'worker-lost' in it is no kind of failure; write failure, worker_lost"),
        ({"dalsegno/retry_on": "failure,"}, "'' in it is no kind of failure"),
        ({"dalsegno/retry_number": "1"}, "set by Dalsegno alone"),
    ],
)
def test_tags_that_cannot_be_used_are_refused_at_launch_and_nothing_is_stored(tags: dict[str, str], said: str) -> None:
    @step
    def one() -> int:
        return 1

    @pipeline
    def small():
        one()

    with Instance.ephemeral() as instance:
        with pytest.raises(InvalidTagError, match=said):
            execute_pipeline(small, instance=instance, tags=tags)
        assert instance.runs() == []


@pytest.mark.parametrize("key", ["dalsegno/max_retries", "dalsegno/retry_on", "dalsegno/retry_number"])
def test_a_run_with_tags_that_nobody_checked_ends_without_a_retry(key: str) -> None:
    tags = {"dalsegno/max_retries": "5", key: "?"}
    assert number_of_retry(tags, {}, [ErrorInfo(class_name="ValueError", message="")]) is None


@pytest.mark.parametrize(
    ("kinds", "is_retried"),
    [
        ("failure", True),
        ("ConnectionError", True),
        ("zlib.error, requests.exceptions.Timeout", True),
        ("Timeout", True),
        ("worker_lost", False),
        ("exceptions.Timeout", False),
        ("KeyError", False),
    ],
)
def test_a_kind_of_failure_is_the_class_of_an_error_or_of_what_caused_it(kinds: str, is_retried: bool) -> None:
    cause = ErrorInfo(class_name="ConnectionError", message="")
    errors = [
        ErrorInfo(class_name="ValueError", message="", cause=cause),
        ErrorInfo(class_name="requests.exceptions.Timeout", message=""),
    ]
    tags = {"dalsegno/max_retries": "1", "dalsegno/retry_on": kinds}
    assert number_of_retry(tags, {}, errors) == (1 if is_retried else None)
