"""The client, against a real server: what scripts and other tools rely on."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from dalsegno import Instance, errors, execute_pipeline
from dalsegno.client import AsyncClient, Client, Run, RunFilter
from dalsegno.output_storage import OutputStorage
from dalsegno.settings import AccessToken, Role, Settings
from dalsegno.store.database import Database
from tests.api.conftest import running, serve_in
from tests.waiting import until

VIEWER = "viewer-secret-00002"


@pytest.fixture
def client(service_url: str) -> Iterator[Client]:
    """A client of the service."""
    with Client(service_url) as client:
        yield client


@pytest.fixture
def failed(instance: Instance, chain, script) -> str:
    """A run that failed at train, whose pipeline a worker serves."""
    serve_in(instance, chain)
    script.failing = {"train"}
    return execute_pipeline(chain, instance=instance, tags={"team": "ml"}).run_id


def test_a_nightly_job_re_executes_what_failed(client: Client, failed):
    plan = client.plan_reexecution(failed, strategy="FROM_FAILURE")
    assert plan.step_keys_to_execute == ("train", "report")
    assert {step.step_key: step.action for step in plan.steps} == {
        "load": "REUSE",
        "train": "EXECUTE",
        "report": "EXECUTE",
    }

    def launch():
        return client.launch_reexecution(
            parent_run_id=failed,
            strategy="FROM_FAILURE",
            reason="nightly retry",
            idempotency_key="night 7",
            plan_id=plan.id,
        )

    run = launch()
    assert (run.status, run.parent_run_id, run.reason, run.strategy) == (
        "QUEUED",
        failed,
        "nightly retry",
        "FROM_FAILURE",
    )
    assert launch().id == run.id


def test_one_text_is_a_selection(client: Client, failed):
    run = client.launch_reexecution(failed, selection="train+*", tags={"env": "prod"})
    assert (run.strategy, run.selection) == ("SELECTED_STEPS", ("train+*",))
    assert {tag.key: tag.value for tag in run.tags} == {"team": "ml", "env": "prod"}


def test_runs_are_launched_listed_and_cancelled(client: Client, failed):
    run = client.launch_run("chain", run_config={"steps": {"train": {"config": {"rate": 2}}}}, tags={"team": "ml"})
    assert run.run_config == {"steps": {"train": {"config": {"rate": 2}}}}
    assert [one.id for one in client.runs()] == [run.id, failed]
    assert [one.id for one in client.runs(statuses=["FAILURE"], unresolved_only=True, limit=1)] == [failed]
    assert [one.id for one in client.runs(pipeline_name="chain", tags={"team": "ml"})] == [run.id, failed]
    assert client.cancel_run(run.id).status == "CANCELED"
    assert client.run(run.id).has_ended


def test_a_run_tells_of_its_steps_and_events(client: Client, failed):
    steps = {step.step_key: step for step in client.step_stats(failed)}
    assert {key: step.status for key, step in steps.items()} == {
        "load": "SUCCESS",
        "train": "FAILURE",
        "report": "BLOCKED",
    }
    error = steps["train"].error
    assert error is not None
    assert (error.class_name, error.message) == ("ValueError", "train is broken")
    assert [event.kind for event in client.events(failed)][-1] == "RUN_FAILED"


def test_waiting_answers_the_run_however_it_ended(client: Client, instance, chain, script, failed):
    assert client.wait(failed, timeout=0).status == "FAILURE"

    script.failing = set()
    go_on = threading.Event()
    script.on_enter = lambda key: key != "train" or go_on.wait(30)
    script_thread = threading.Thread(target=execute_pipeline, args=(chain,), kwargs={"instance": instance})
    script_thread.start()
    try:
        run = until(lambda: next((one for one in client.runs(limit=1) if one.id != failed), None))
        with pytest.raises(errors.RunTimeoutError, match="has not ended within"):
            client.wait(run.id, timeout=0.05)
    finally:
        go_on.set()
    assert client.wait(run.id, timeout=30).success
    script_thread.join()


def test_refusals_are_the_errors_that_python_raises(client: Client, failed):
    with pytest.raises(errors.RunNotFoundError) as unknown:
        client.run("nobody")
    assert unknown.value.run_id == "nobody"
    with pytest.raises(errors.RunNotFoundError):
        client.launch_reexecution("nobody")
    with pytest.raises(errors.PipelineNotFoundError) as no_pipeline:
        client.launch_run("nobody")
    assert no_pipeline.value.pipeline_name == "nobody"
    with pytest.raises(errors.InvalidSelectionError) as selection:
        client.launch_reexecution(failed, selection=["load", "trian+"])
    assert str(selection.value) == "No step is named 'trian'. Did you mean 'train'?"
    assert (selection.value.text_index, selection.value.start, selection.value.end) == (1, 0, 5)
    with pytest.raises(errors.MissingOutputsError) as missing:
        client.plan_reexecution(failed, selection="report")
    assert missing.value.step_keys_to_add == ("train",)
    assert missing.value.missing[0].upstream_step_key == "train"
    with pytest.raises(errors.InvalidRunConfigError) as config:
        client.launch_reexecution(failed, run_config={"steps": {"train": {"config": {"rate": "fast"}}}})
    assert config.value.problems[0].path == "/steps/train/config/rate"
    with pytest.raises(errors.StalePlanError) as stale:
        client.launch_reexecution(failed, strategy="FROM_FAILURE", plan_id="old")
    assert client.launch_reexecution(failed, strategy="FROM_FAILURE", plan_id=stale.value.plan.id).id
    with pytest.raises(errors.RunAlreadyFinishedError) as ended:
        client.cancel_run(failed)
    assert (ended.value.run_id, ended.value.status) == (failed, "FAILURE")
    first = client.launch_run("chain", idempotency_key="key")
    with pytest.raises(errors.IdempotencyConflictError) as conflict:
        client.launch_run("chain", idempotency_key="key", tags={"a": "b"})
    assert conflict.value.run_id == first.id
    with pytest.raises(errors.ReexecutionNotAllowedError, match="not ended"):
        client.launch_reexecution(first.id)


def test_many_runs_are_re_executed_each_by_itself(client: Client, failed):
    def launch():
        return client.launch_reexecutions(
            [failed, "nobody"], strategy="FROM_FAILURE", reason="nightly retry", idempotency_key="night 7"
        )

    run, refusal = launch()
    assert isinstance(run, Run)
    assert (run.parent_run_id, run.reason) == (failed, "nightly retry")
    assert isinstance(refusal, errors.RunNotFoundError) and refusal.run_id == "nobody"
    assert launch()[0] == run
    with pytest.raises(errors.ServiceError, match="1 to 100 runs"):
        client.launch_reexecutions([], strategy="FROM_FAILURE")


def test_a_bulk_is_planned_started_followed_and_cancelled(client: Client, failed):
    matching = RunFilter(pipeline_name="chain", statuses=["FAILURE"], tags={"team": "ml"}, unresolved_only=True)
    plan = client.plan_bulk("REEXECUTE", matching, strategy="FROM_FAILURE")
    assert (plan.runs, plan.steps_to_execute, plan.estimated_duration_ms, plan.refusals) == (1, 2, None, ())

    def start(expected_count: int, reason: str | None = None):
        return client.start_bulk(
            "REEXECUTE", matching, expected_count, strategy="FROM_FAILURE", reason=reason, idempotency_key="night 7"
        )

    with pytest.raises(errors.BulkCountChangedError) as moved:
        start(2)
    assert (moved.value.expected_count, moved.value.actual_count) == (2, 1)
    bulk = start(plan.runs, reason="nightly retry")
    assert (bulk.action, bulk.strategy, bulk.total, bulk.reason) == ("REEXECUTE", "FROM_FAILURE", 1, "nightly retry")
    assert start(plan.runs).id == bulk.id
    with pytest.raises(errors.IdempotencyConflictError) as conflict:
        start(7)
    assert conflict.value.run_id is None
    done = until(lambda: one if (one := client.bulk(bulk.id)).done else None, what="the end of the bulk")
    assert (done.launched, done.refused, done.canceled) == (1, 0, False)
    assert [run.parent_run_id for run in client.runs(tags={"dalsegno/bulk": bulk.id})] == [failed]
    assert client.cancel_bulk(bulk.id) == done
    for ask in (client.bulk, client.cancel_bulk):
        with pytest.raises(errors.BulkNotFoundError):
            ask("nobody")


def test_a_bulk_is_about_the_runs_of_a_time(client: Client, failed):
    created = client.run(failed).created_at
    counts = [
        client.plan_bulk("CANCEL", matching).runs
        for matching in (
            RunFilter(),
            RunFilter(root_run_id=failed, created_after=created),
            RunFilter(created_before=created),
        )
    ]
    assert counts == [1, 1, 0]


def test_what_the_service_does_not_answer_is_a_service_error(client: Client, service_url, failed):
    with pytest.raises(errors.ServiceError) as page:
        client.runs(limit=10_000)
    assert page.value.code == "INVALID_PAGE"
    with pytest.raises(errors.ServiceError, match="FROM_NOWHERE"):
        client.launch_reexecution(failed, strategy="FROM_NOWHERE")
    with Client("http://127.0.0.1:9") as nobody, pytest.raises(errors.ServiceError, match="can't be reached"):
        nobody.run(failed)
    with (
        Client(f"{service_url}/elsewhere") as other,
        pytest.raises(errors.ServiceError, match="GraphQL is at /graphql"),
    ):
        other.run(failed)


async def test_the_async_client_does_the_same(service_url, failed):
    async with AsyncClient(service_url) as client:
        plan = await client.plan_reexecution(failed, strategy="FROM_FAILURE")
        run = await client.launch_reexecution(failed, strategy="FROM_FAILURE", plan_id=plan.id)
        assert (await client.run(run.id)).status == "QUEUED"
        assert [one.id for one in await client.runs(limit=1)] == [run.id]
        with pytest.raises(errors.RunTimeoutError):
            await client.wait(run.id, timeout=0.01)
        assert (await client.cancel_run(run.id)).status == "CANCELED"
        assert (await client.wait(run.id)).has_ended
        assert len(await client.step_stats(failed)) == 3
        kinds = [event.kind async for event in client.events(failed)]
        assert kinds[-1] == "RUN_FAILED"
        launched = await client.launch_run("chain", selection="load")
        assert launched.step_keys_to_execute == ("load",)
        several = await client.launch_reexecutions([failed, "nobody"], strategy="ALL_STEPS")
        assert [type(one) for one in several] == [Run, errors.RunNotFoundError]
        matching = RunFilter(statuses=["QUEUED"])
        expected = (await client.plan_bulk("CANCEL", matching)).runs
        bulk = await client.start_bulk("CANCEL", matching, expected)
        assert (await client.bulk(bulk.id)).total == expected == 2
        assert (await client.cancel_bulk(bulk.id)).done
        with pytest.raises(errors.RunNotFoundError):
            await client.run("nobody")
    with pytest.raises(errors.ServiceError, match="can't be reached"):
        async with AsyncClient("http://127.0.0.1:9") as nobody:
            await nobody.run(failed)


def test_a_client_shows_its_token(database: Database, storage: OutputStorage, settings: Settings):
    token = AccessToken(role=Role.VIEWER, name="viewer", secret=VIEWER)
    locked = Settings(database_url=settings.database_url, storage_url=settings.storage_url, tokens=(token,))
    with running(locked, database, storage) as url:
        with Client(url) as stranger, pytest.raises(errors.ServiceError, match="asks for a token") as refused:
            stranger.runs()
        assert refused.value.http_status == 401
        with Client(f"{url}/graphql", token=VIEWER) as viewer:
            assert viewer.runs() == []
            with pytest.raises(errors.PermissionDeniedError, match="launchRun"):
                viewer.launch_run("chain")


def test_importing_the_client_loads_no_server_and_no_http_client():
    heavy = ("httpx", "strawberry", "sqlalchemy")
    code = f"import sys, dalsegno.client; print([one for one in {heavy} if one in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
