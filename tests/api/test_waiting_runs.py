"""Runs, and steps of runs, that wait: whose turn it is, what each waits for, and until when."""

from __future__ import annotations

import threading
from datetime import datetime

from msgspec.structs import replace

from dalsegno import RetryPolicy, execute_pipeline, pipeline, step
from dalsegno.launch import LaunchOptions, new_run, plan_launch, plan_relaunch
from dalsegno.runs.attempts import StepState
from dalsegno.runs.automatic_retry import RETRY_NUMBER_TAG
from dalsegno.runs.events import RunFailed
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus
from dalsegno.store.automatic_retries import launch_retry, refuse_retry
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.runs import create_run
from tests.api.conftest import Service
from tests.drawing import NOON
from tests.store.records import LEASE
from tests.waiting import until


async def test_a_priority_that_is_no_number_is_refused_and_nothing_is_stored(service, chain):
    service.serve(chain)
    query = """
    mutation($tags: [TagInput!]) {
      launchRun(pipelineName: "chain", tags: $tags) { __typename }
    }
    """
    (error,) = await service.errors(query, tags=[{"key": "dalsegno/priority", "value": "high"}])
    assert error["extensions"]["code"] == "INVALID_TAG"
    assert "whole number" in error["message"]
    assert (await service.ask("{ runs { totalCount } }"))["runs"]["totalCount"] == 0


async def test_a_queued_run_tells_what_it_waits_for(service, chain):
    service.publish(chain)
    query = "{ runs { edges { node { status whyQueued } } } }"
    await service.ask('mutation { launchRun(pipelineName: "chain") { __typename } }')
    (edge,) = (await service.ask(query))["runs"]["edges"]
    assert edge["node"]["status"] == "QUEUED"
    assert "No live worker" in edge["node"]["whyQueued"]
    service.serve(chain)
    (edge,) = (await service.ask(query))["runs"]["edges"]
    assert "waits for its turn" in edge["node"]["whyQueued"]


async def test_a_run_that_does_not_wait_says_nothing_of_it(service, chain):
    execute_pipeline(chain, instance=service.instance)
    (edge,) = (await service.ask("{ runs { edges { node { whyQueued } } } }"))["runs"]["edges"]
    assert edge["node"]["whyQueued"] is None


async def test_a_step_that_waits_to_be_tried_again_tells_until_when_and_who_ended_its_wait(service: Service):
    @step(retry_policy=RetryPolicy(max_retries=1, delay=300))
    def fetch() -> None:
        raise ConnectionError("nobody is there")

    @pipeline
    def fetching() -> None:
        fetch()

    def execute() -> None:
        execute_pipeline(fetching, instance=service.instance)

    query = """{ runs { edges { node {
        id canceledBy stepTable stepStats { status retryAt attempts { endTime } }
    } } } }"""
    script = threading.Thread(target=execute)
    script.start()
    try:
        until(lambda: [run for run in service.instance.runs() if _is_retrying(service, run.run_id)])
        (edge,) = (await service.ask(query))["runs"]["edges"]
        (waiting,) = edge["node"]["stepStats"]
        wait = datetime.fromisoformat(waiting["retryAt"]) - datetime.fromisoformat(waiting["attempts"][0]["endTime"])
        assert (waiting["status"], round(wait.total_seconds())) == ("RETRYING", 300)
        (retry_at,) = edge["node"]["stepTable"]["retryAtMs"]
        assert round(retry_at) == round(datetime.fromisoformat(waiting["retryAt"]).timestamp() * 1000)
        assert edge["node"]["canceledBy"] is None
    finally:
        for run in service.instance.runs():
            await service.ask(f'mutation {{ cancelRun(runId: "{run.run_id}") {{ __typename }} }}')
        script.join()
    (edge,) = (await service.ask(query))["runs"]["edges"]
    (canceled,) = edge["node"]["stepStats"]
    assert (canceled["status"], canceled["retryAt"]) == ("CANCELED", None)
    assert edge["node"]["canceledBy"] == "local"


def _is_retrying(service: Service, run_id: str) -> bool:
    return any(one.status is StepStatus.RETRYING for one in service.instance.step_states(run_id).values())


FOLLOWS = """query ($id: ID!) {
  run(id: $id) { retryNumber maxRetries automaticRetry { number runId refusal } }
}"""


async def test_a_failed_run_tells_what_follows_by_itself(service: Service, chain):
    service.serve(chain)
    failed = _failed_run(service, chain)
    told = (await service.ask(FOLLOWS, id=failed))["run"]
    assert told == {
        "retryNumber": None,
        "maxRetries": 3,
        "automaticRetry": {"number": 1, "runId": None, "refusal": None},
    }

    instance = service.instance
    options = LaunchOptions(strategy=ReexecutionStrategy.FROM_FAILURE)
    lineage = instance.lineage(failed)
    plan = plan_relaunch(chain.snapshot, lineage, options, instance.outputs, verify=False)
    run = new_run(plan, options, lineage.nearest)
    run = replace(run, tags={**run.tags, RETRY_NUMBER_TAG: "1"})
    launched = instance.database.write(launch_retry(failed, run, plan))
    assert launched is not None
    told = (await service.ask(FOLLOWS, id=failed))["run"]
    assert told["automaticRetry"] == {"number": 1, "runId": launched.run_id, "refusal": None}
    told = (await service.ask(FOLLOWS, id=launched.run_id))["run"]
    assert told == {"retryNumber": 1, "maxRetries": 3, "automaticRetry": None}


async def test_a_failed_run_tells_why_nothing_follows_after_all(service: Service, chain):
    service.serve(chain)
    failed = _failed_run(service, chain)
    service.instance.database.write(refuse_retry(failed, "Its pipeline is gone."))
    told = (await service.ask(FOLLOWS, id=failed))["run"]
    assert told["automaticRetry"] == {"number": 1, "runId": None, "refusal": "Its pipeline is gone."}


def _failed_run(service: Service, chain) -> str:
    """One that a worker has ended, and that is to be re-executed up to three times."""
    options = LaunchOptions(tags={"dalsegno/max_retries": "3"})
    plan = plan_launch(chain.snapshot, options)
    run = new_run(plan, options)
    batch = RunBatch(
        events=((NOON, RunFailed(failed_step_keys=("load",), retry_number=1)),),
        steps=(StepState(step_key="load", status=StepStatus.FAILURE, started_at=NOON, ended_at=NOON),),
        status=RunStatus.FAILURE,
        group_status=RunStatus.FAILURE,
        ended_at=NOON,
        retry_number=1,
    )
    service.instance.database.write(create_run(run, plan, lease=LEASE))
    service.instance.database.write(append(run.run_id, LEASE.token, batch))
    return run.run_id
