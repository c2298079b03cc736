"""What happens on the stage, so that everything in the contract comes about."""

from __future__ import annotations

import signal
import subprocess

from dalsegno import execute_pipeline, pipeline, step
from tests.contract.stage import VIEWER, Stage
from tests.waiting import until


def failure_and_what_follows(stage: Stage) -> str:
    """A run that fails is looked at from all sides, re-executed, and compared; the run that mended it."""
    stage.file("fail-train", there=True)
    launch = 'pipelineName: "study", tags: [{key: "team", value: "ml"}], reason: "to see", idempotencyKey: "k1"'
    failed = stage.launched("launchRun", launch)
    stage.subscribe("runUpdates", f'runId: "{failed}"', lambda run: run["status"] == "FAILURE")
    stage.subscribe("runEvents", f'runId: "{failed}"', lambda batch: batch["isLast"])
    stage.ask("query", "run", f'id: "{failed}"')
    stage.refused("IdempotencyConflictError", "mutation", "launchRun", 'pipelineName: "slow", idempotencyKey: "k1"')
    for plan in ("FROM_FAILURE", "ALL_STEPS"):
        stage.ask("query", "reexecutionPlan", f'parentRunId: "{failed}", strategy: {plan}')
    for selection in ('["load"]', '["tidy"]', '["*work[k1]"]'):
        stage.ask("query", "reexecutionPlan", f'parentRunId: "{failed}", selection: {selection}')

    stage.file("fail-train", there=False)
    mend = f'parentRunId: "{failed}", strategy: FROM_FAILURE, reason: "mended", idempotencyKey: "k2"'
    mended = stage.ended(stage.launched("launchReexecution", mend))
    other = f'parentRunId: "{failed}", strategy: ALL_STEPS, idempotencyKey: "k2"'
    stage.refused("IdempotencyConflictError", "mutation", "launchReexecution", other)
    for run_id in (failed, mended):
        stage.ask("query", "run", f'id: "{run_id}"')
        stage.ask("query", "runGroup", f'runId: "{run_id}"')
    stage.ask("query", "compareRuns", f'baseRunId: "{failed}", otherRunId: "{mended}"')
    refusals_of_reexecutions(stage, failed, mended)
    return mended


def refusals_of_reexecutions(stage: Stage, failed: str, mended: str) -> None:
    """Every refusal of a plan, and of its launch."""
    for error, arguments in {
        "RunNotFoundError": 'parentRunId: "nobody"',
        "ReexecutionNotAllowedError": f'parentRunId: "{mended}", strategy: FROM_FAILURE',
        "InvalidSelectionError": f'parentRunId: "{failed}", selection: ["lod"]',
        "MissingOutputsError": f'parentRunId: "{failed}", selection: ["report"]',
        "InvalidRunConfigError": f'parentRunId: "{failed}", runConfig: {{steps: {{train: {{config: {{rate: "x"}}}}}}}}',
        "PipelineNotFoundError": f'parentRunId: "{unpublished_run(stage)}"',
    }.items():
        stage.refused(error, "query", "reexecutionPlan", arguments)
        stage.refused(error, "mutation", "launchReexecution", arguments)
    known = f'parentRunId: "{failed}"'
    stage.refused("StalePlanError", "mutation", "launchReexecution", f'{known}, planId: "another"')
    stage.refused("PermissionDeniedError", "mutation", "launchReexecution", known, VIEWER)


def refusals_of_runs(stage: Stage, ended: str) -> None:
    """Every refusal of a first run's plan and launch, of a cancel, and of a selection."""
    for error, arguments in {
        "PipelineNotFoundError": 'pipelineName: "nobody"',
        "InvalidSelectionError": 'pipelineName: "study", selection: ["lod"]',
        "InvalidRunConfigError": 'pipelineName: "study", runConfig: {steps: {nobody: {}}}',
        "MissingOutputsError": 'pipelineName: "study", selection: ["report"]',
    }.items():
        stage.refused(error, "query", "runPlan", arguments)
        stage.refused(error, "mutation", "launchRun", arguments)
    stage.refused("PermissionDeniedError", "mutation", "launchRun", 'pipelineName: "study"', VIEWER)
    stage.refused("RunNotFoundError", "mutation", "cancelRun", 'runId: "nobody"')
    stage.refused("RunAlreadyFinishedError", "mutation", "cancelRun", f'runId: "{ended}"')
    stage.refused("PermissionDeniedError", "mutation", "cancelRun", f'runId: "{ended}"', VIEWER)
    error = "... on InvalidSelectionError { message clause textIndex start end suggestions }"
    selected = f'selectSteps(selection: ["train", "lod+"]) {{ __typename {error} }}'
    for field in ('pipeline(name: "study")', f'run(id: "{ended}")'):
        stage.seen.note("query", stage.processes.ask(f"query {{ {field} {{ {selected} }} }}"))


def unpublished_run(stage: Stage) -> str:
    """A run of a pipeline that no worker has ever published."""

    @step
    def alone() -> int:
        return 1

    @pipeline
    def unpublished() -> None:
        alone()

    with stage.instance() as instance:
        return execute_pipeline(unpublished, instance=instance).run_id


def many_plans(stage: Stage, mended: str) -> None:
    """Config changed, outputs replaced, failures over older successes: what plans warn of, and why steps execute."""
    rate = "runConfig: {steps: {train: {config: {rate: 0.7}}}}"
    stage.ask("query", "reexecutionPlan", f'parentRunId: "{mended}", strategy: FROM_CHANGED, {rate}')
    stage.ask("query", "reexecutionPlan", f'parentRunId: "{mended}", selection: ["load"], {rate}')
    again = stage.ended(stage.launched("launchReexecution", f'parentRunId: "{mended}", selection: ["train"], {rate}'))
    stage.ask("query", "run", f'id: "{again}"')
    stage.ask("query", "reexecutionPlan", f'parentRunId: "{again}", strategy: FROM_CHANGED')
    stage.file("fail-train", there=True)
    broken = stage.ended(stage.launched("launchReexecution", f'parentRunId: "{again}", selection: ["train"]'))
    stage.file("fail-train", there=False)
    stage.ask("query", "reexecutionPlan", f'parentRunId: "{broken}", selection: ["report"]')
    part = stage.ended(stage.launched("launchRun", 'pipelineName: "study", selection: ["load"]'))
    stage.ask("query", "reexecutionPlan", f'parentRunId: "{part}"')
    stage.ask("query", "runPlan", 'pipelineName: "study", selection: ["load"]')


def a_config_that_only_the_worker_refuses(stage: Stage) -> None:
    """The run as a whole fails."""
    config = "runConfig: {steps: {one: {config: {number: 13}}}}"
    run_id = stage.ended(stage.launched("launchRun", f'pipelineName: "checked", {config}'))
    stage.ask("query", "run", f'id: "{run_id}"')


def cancelled(stage: Stage) -> None:
    """A run is seen at every moment of its life, and cancelled while a step is held up."""
    for name in ("wait-resource", "wait-stubborn", "wait-interrupt"):
        stage.file(name, there=True)
    run_id = stage.launched("launchRun", 'pipelineName: "held"')
    stage.until_status(run_id, "STARTING")
    stage.file("wait-resource", there=False)
    stage.until_step(run_id, "stubborn", "RUNNING")
    stage.ask("query", "workers")
    assert stage.call("mutation", "cancelRun", f'runId: "{run_id}"')["__typename"] == "CancelRunSuccess"
    stage.until_status(run_id, "CANCELING")
    stage.file("wait-interrupt", there=False)
    stage.ended(run_id)
    stage.file("wait-stubborn", there=False)
    stage.ask("query", "run", f'id: "{run_id}"')
    stage.ask("query", "reexecutionPlan", f'parentRunId: "{run_id}", strategy: FROM_FAILURE')


def processes_are_lost(stage: Stage, worker: subprocess.Popen[bytes]) -> None:
    """A worker and a script are killed in the middle of a run; the worker's run is carried on by another one."""
    stage.file("wait-second", there=True)
    first = stage.launched("launchRun", 'pipelineName: "slow"')
    stage.until_step(first, "second", "RUNNING")
    script = stage.script("run", "slow", "-f", str(stage.processes.file))
    newest = 'query { runs(filter: {pipelineName: "slow"}, first: 1) { edges { node { id } } } }'

    def of_script() -> str | None:
        run_id: str = stage.processes.ask(newest)["runs"]["edges"][0]["node"]["id"]
        return run_id if run_id != first else None

    abandoned = until(of_script, what="the script's run")
    stage.until_step(abandoned, "second", "RUNNING")
    for process in (script, worker):
        process.send_signal(signal.SIGKILL)
        process.wait()
    queued = stage.launched("launchRun", 'pipelineName: "study"')
    plan = 'query { runPlan(pipelineName: "slow") { __typename ... on ReexecutionPlan { warnings { kind } } } }'

    def is_unserved() -> bool:
        data = stage.processes.ask(plan)
        stage.seen.note("query", data)
        return [one["kind"] for one in data["runPlan"]["warnings"]] == ["NO_WORKER"]

    until(is_unserved, what="the end of the worker's lease")
    stage.until_status(queued, "QUEUED")
    stage.file("wait-second", there=False)
    stage.processes.work()
    stage.ended(first)
    stage.ask("query", "run", f'id: "{first}"')
    stage.ask("query", "reexecutionPlan", f'parentRunId: "{abandoned}", strategy: FROM_FAILURE')
    stage.ended(queued)


def an_active_sibling(stage: Stage) -> None:
    """Two re-executions of one run: while the first goes on, the second's plan says so."""
    parent = stage.ended(stage.launched("launchRun", 'pipelineName: "slow"'))
    stage.file("wait-second", there=True)
    sibling = stage.launched("launchReexecution", f'parentRunId: "{parent}"')
    stage.ask("query", "reexecutionPlan", f'parentRunId: "{parent}"')
    stage.file("wait-second", there=False)
    stage.ended(sibling)


def edited_code(stage: Stage, mended: str) -> None:
    """The author edits a step that has run."""
    before = stage.processes.until_served("study")
    stage.write("2")
    stage.processes.until_served("study", other_than=before)
    stage.ask("query", "reexecutionPlan", f'parentRunId: "{mended}", strategy: FROM_CHANGED')
    stage.ask("query", "reexecutionPlan", f'parentRunId: "{mended}", selection: ["train"]')


def lists(stage: Stage) -> None:
    """What is there, in lists."""
    stage.ask("query", "version")
    stage.ask("query", "pipelines")
    stage.ask("query", "pipeline", 'name: "study"')
    stage.ask("query", "workers")
    stage.ask("query", "runs", "first: 3")
    stage.ask("query", "runGroups", "first: 3")


def many_at_once(stage: Stage, mended: str) -> None:
    """Several runs by one request; and by a filter, carried on by the service."""
    refused = 'parentRunIds: ["nobody"], strategy: FROM_FAILURE'
    (only,) = stage.call("mutation", "launchReexecutions", refused)
    assert only["__typename"] == "RunNotFoundError"
    for run_id in stage.call("mutation", "launchReexecutions", f'parentRunIds: ["{mended}"], strategy: ALL_STEPS'):
        stage.ended(run_id["LaunchRunSuccess__run"]["id"])
    stage.file("fail-train", there=True)
    stage.ended(stage.launched("launchRun", 'pipelineName: "study", tags: [{key: "bulk", value: "1"}]'))
    stage.file("fail-train", there=False)
    alike = 'filter: {tags: [{key: "bulk", value: "1"}]}'
    again = f"action: REEXECUTE, {alike}, strategy: FROM_FAILURE"
    stage.ask("query", "bulkPlan", again)
    settled = 'action: REEXECUTE, filter: {statuses: [SUCCESS], pipelineName: "study"}, strategy: FROM_FAILURE'
    stage.ask("query", "bulkPlan", settled)
    stage.refused("BulkCountChangedError", "mutation", "startBulk", f"{again}, expectedCount: 7")
    stage.refused("PermissionDeniedError", "mutation", "startBulk", f"{again}, expectedCount: 1", VIEWER)
    keyed = f'{again}, expectedCount: 1, idempotencyKey: "b1"'
    started = stage.call("mutation", "startBulk", f'{keyed}, reason: "by night"')
    bulk = started["StartBulkSuccess__bulk"]["id"]
    other = f'action: CANCEL, {alike}, expectedCount: 1, idempotencyKey: "b1"'
    stage.refused("IdempotencyConflictError", "mutation", "startBulk", other)
    until(lambda: stage.call("query", "bulk", f'id: "{bulk}"')["done"], what="the end of the bulk")
    stage.call("mutation", "cancelBulk", f'id: "{bulk}"')
    none = 'action: CANCEL, filter: {tags: [{key: "bulk", value: "none"}]}, expectedCount: 0'
    stage.call("mutation", "startBulk", none)
