"""Running pipelines inside the caller's own process: scripts, tests, notebooks, the command line.

The same planner, store and state machine as everywhere; an in-process run is created leased, so no worker takes it.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

from msgspec.structs import replace

from dalsegno.definitions import PipelineDefinition
from dalsegno.errors import ReexecutionNotAllowedError, RunNotFoundError
from dalsegno.instance import Instance, user_name
from dalsegno.launch import (
    LaunchOptions,
    arguments_digest,
    new_run,
    plan_launch,
    plan_relaunch,
    refuse_stale,
)
from dalsegno.plan.estimates import EXECUTIONS_LOOKED_AT, estimated_ms, history_key, with_estimates
from dalsegno.plan.plan import Plan
from dalsegno.plan.selection import normalise_texts
from dalsegno.result import PipelineResult
from dalsegno.runs.events import Event, RunStarted
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy, RunStatus
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.abandoned_runs import IN_PROCESS
from dalsegno.store.runs import IdempotencyKey, Lease, create_run, fetch_active_run_ids, find_by_idempotency_key
from dalsegno.store.script import Script
from dalsegno.store.snapshots import save_snapshot
from dalsegno.store.step_history import fetch_step_executions
from dalsegno.worker.observers import Observers
from dalsegno.worker.run_environment import check_config
from dalsegno.worker.run_loop import RunLoop
from dalsegno.worker.run_recorder import CommitPolicy, Observer, RunRecorder
from dalsegno.worker.tracing import Traces, open_traces


def execute_pipeline(
    pipeline: PipelineDefinition,
    run_config: Mapping[str, Any] | None = None,
    mode: str | None = None,
    tags: Mapping[str, str] | None = None,
    solid_selection: str | Sequence[str] | None = None,
    instance: Instance | None = None,
    raise_on_error: bool = False,
    *,
    reason: str | None = None,
    idempotency_key: str | None = None,
    observer: Observer | None = None,
    code_location: str | None = None,
) -> PipelineResult:
    """Run a pipeline here and now; the first run of a new group.

    With `solid_selection`, only those steps, which become the group's scope. With no `instance`, one ephemeral instance
    of the process. `raise_on_error` re-raises the first failed step's own exception once the run has ended. `observer`
    is called with each event as it happens; `code_location` tells where the pipeline was loaded from.

    Raises InvalidRunConfigError, InvalidSelectionError, MissingOutputsError, IdempotencyConflictError before anything
    is stored, and StoreUnavailableError.
    """
    instance = instance or _instance_of_the_process()
    options = LaunchOptions(
        mode=mode,
        run_config=run_config,
        tags=_checked_tags(tags),
        selection=None if solid_selection is None else normalise_texts(solid_selection),
        reason=reason,
        launched_by=user_name(),
        code_location=code_location,
    )
    key = _idempotency_key("execute_pipeline", idempotency_key, pipeline.name, options)
    earlier = _launched_earlier(instance, key)
    if earlier is not None:
        return PipelineResult(instance, pipeline, earlier.run_id)
    plan = plan_launch(pipeline.snapshot, options)
    return _execute(instance, pipeline, plan, options, None, key, raise_on_error, observer)


def reexecute_pipeline(
    pipeline: PipelineDefinition,
    parent_run_id: str,
    run_config: Mapping[str, Any] | None = None,
    step_selection: str | Sequence[str] | None = None,
    strategy: ReexecutionStrategy | str | None = None,
    mode: str | None = None,
    tags: Mapping[str, str] | None = None,
    instance: Instance | None = None,
    raise_on_error: bool = False,
    *,
    reason: str | None = None,
    idempotency_key: str | None = None,
    plan_id: str | None = None,
    observer: Observer | None = None,
    code_location: str | None = None,
) -> PipelineResult:
    """Run all or part of a finished run again, in its group; the parent is never changed.

    `strategy` defaults to SELECTED_STEPS where a selection is given, else to ALL_STEPS; config, mode and tags to the
    parent's. With `plan_id`, launch only if that is still the plan. The rest is as in `execute_pipeline`.

    Raises RunNotFoundError, ReexecutionNotAllowedError, InvalidSelectionError, MissingOutputsError,
    InvalidRunConfigError, StalePlanError, IdempotencyConflictError before anything is stored, and
    StoreUnavailableError.
    """
    instance = instance or _instance_of_the_process()
    options = _relaunch_options(run_config, step_selection, strategy, mode, tags, reason, code_location)
    instance, lineage = _find_lineage(instance, parent_run_id)
    key = _idempotency_key("reexecute_pipeline", idempotency_key, parent_run_id, options)
    earlier = _launched_earlier(instance, key)
    if earlier is not None:
        return PipelineResult(instance, pipeline, earlier.run_id)
    plan = _plan_relaunch(instance, pipeline, lineage, options)
    refuse_stale(plan, plan_id)
    return _execute(instance, pipeline, plan, options, lineage, key, raise_on_error, observer)


def plan_reexecution(  # the arguments that only a launch uses are taken, so that both calls can be written the same
    pipeline: PipelineDefinition,
    parent_run_id: str,
    run_config: Mapping[str, Any] | None = None,
    step_selection: str | Sequence[str] | None = None,
    strategy: ReexecutionStrategy | str | None = None,
    mode: str | None = None,
    tags: Mapping[str, str] | None = None,
    instance: Instance | None = None,
    raise_on_error: bool = False,  # noqa: ARG001
    *,
    reason: str | None = None,
    idempotency_key: str | None = None,  # noqa: ARG001
    plan_id: str | None = None,
) -> Plan:
    """What `reexecute_pipeline` would do with the same arguments, without running or storing anything.

    Raises what it would raise.
    """
    instance = instance or _instance_of_the_process()
    options = _relaunch_options(run_config, step_selection, strategy, mode, tags, reason, None)
    instance, lineage = _find_lineage(instance, parent_run_id)
    plan = _plan_relaunch(instance, pipeline, lineage, options)
    refuse_stale(plan, plan_id)
    return _with_estimates(instance, plan)


def _relaunch_options(
    run_config: Mapping[str, Any] | None,
    step_selection: str | Sequence[str] | None,
    strategy: ReexecutionStrategy | str | None,
    mode: str | None,
    tags: Mapping[str, str] | None,
    reason: str | None,
    code_location: str | None,
) -> LaunchOptions:
    return LaunchOptions(
        mode=mode,
        run_config=run_config,
        tags=_checked_tags(tags),
        selection=None if step_selection is None else normalise_texts(step_selection),
        strategy=_strategy(strategy),
        reason=reason,
        launched_by=user_name(),
        code_location=code_location,
    )


def _strategy(given: ReexecutionStrategy | str | None) -> ReexecutionStrategy | None:
    if given is None or given in ReexecutionStrategy.__members__:
        return None if given is None else ReexecutionStrategy(given)
    known = ", ".join(ReexecutionStrategy.__members__)
    raise ReexecutionNotAllowedError(strategy=str(given), why=f"No strategy is named {given!r}; there is {known}.")


def _find_lineage(instance: Instance, run_id: str) -> tuple[Instance, Lineage]:
    """The run's lineage, and the instance that holds it. Raises RunNotFoundError."""
    try:
        lineage = instance.lineage(run_id)
    except RunNotFoundError:
        # A script may well write `Instance.ephemeral()` once for a run and once more for its re-execution.
        for other in instance.other_ephemeral_instances():
            with suppress(RunNotFoundError):
                return other, other.lineage(run_id)
        raise
    if not lineage.nearest.status.has_ended and instance.end_if_abandoned(run_id):
        lineage = instance.lineage(run_id)
    return instance, lineage


def _plan_relaunch(instance: Instance, pipeline: PipelineDefinition, lineage: Lineage, options: LaunchOptions) -> Plan:
    # The process that plans also loads: it can afford to read what it will load, so damage is found before the launch.
    return plan_relaunch(
        pipeline.snapshot,
        lineage,
        options,
        instance.outputs,
        verify=True,
        active_run_ids=instance.database.read(fetch_active_run_ids(lineage.root.run_id)),
    )


def _with_estimates(instance: Instance, plan: Plan) -> Plan:
    keys = list(dict.fromkeys(history_key(step.step_key) for step in plan.steps))
    history = instance.database.read(fetch_step_executions(plan.pipeline_name, keys, EXECUTIONS_LOOKED_AT))
    estimates = {step.step_key: estimated_ms(history[history_key(step.step_key)].durations_ms) for step in plan.steps}
    return with_estimates(plan, estimates)


def _execute(
    instance: Instance,
    pipeline: PipelineDefinition,
    plan: Plan,
    options: LaunchOptions,
    lineage: Lineage | None,
    key: IdempotencyKey | None,
    raise_on_error: bool,
    observer: Observer | None,
) -> PipelineResult:
    check_config(pipeline, plan.mode, plan.run_config, plan.executed)
    settings = instance.settings
    worker_id = f"{IN_PROCESS}{socket.gethostname()}:{os.getpid()}"
    lease = Lease(token=secrets.token_hex(16), holder=worker_id, seconds=settings.lease_seconds)
    now = datetime.now(UTC)
    snapshot = pipeline.snapshot
    asked = new_run(plan, options, lineage.nearest if lineage else None)
    run = replace(asked, status=RunStatus.RUNNING, created_at=now, started_at=now)
    started = (now, RunStarted(steps=len(plan.executed), worker_id=worker_id))
    stored = instance.database.write(_store(snapshot, run, plan, key, lease, started))
    if stored.run_id != run.run_id:  # an equal launch came first
        return PipelineResult(instance, pipeline, stored.run_id)
    if observer is not None:
        observer(*started)
    policy = CommitPolicy(
        interval_seconds=settings.commit_interval_ms / 1000.0,
        max_events=settings.commit_events,
        lease_seconds=settings.lease_seconds,
        heartbeat_seconds=settings.heartbeat_seconds,
    )
    with RunRecorder(
        instance.database,
        run.run_id,
        lease.token,
        policy,
        last_number=stored.version,
        observer=_with_traces(run, observer),
    ) as recorder:
        loop = RunLoop(pipeline, run, plan, recorder, instance.storage, worker_id)
        loop.run_to_end()
    instance.remember(run.run_id, recorder.states.by_key)
    if loop.raised is not None and raise_on_error:
        raise loop.raised
    return PipelineResult(instance, pipeline, run.run_id)


def _with_traces(run: Run, observer: Observer | None) -> Observer | None:
    traces = _traces_of_the_process()
    if traces is None:
        return observer
    trace = Observers((traces,)).begin(run, {})

    def observe(at: datetime, event: Event) -> None:
        trace(at, event)
        if observer is not None:
            observer(at, event)

    return observe


def _store(
    snapshot: PipelineSnapshot,
    run: Run,
    plan: Plan,
    key: IdempotencyKey | None,
    lease: Lease,
    started: tuple[datetime, RunStarted],
) -> Script[Run]:
    yield from save_snapshot(snapshot)
    return (yield from create_run(run, plan, idempotency=key, lease=lease, events=(started,)))


def _idempotency_key(scope: str, given: str | None, subject: str, options: LaunchOptions) -> IdempotencyKey | None:
    if given is None:
        return None
    return IdempotencyKey(
        scope=f"{scope}:{options.launched_by}", key=given, arguments=arguments_digest(subject, options)
    )


def _launched_earlier(instance: Instance, key: IdempotencyKey | None) -> Run | None:
    return None if key is None else instance.database.read(find_by_idempotency_key(key))


def _checked_tags(tags: Mapping[Any, Any] | None) -> Mapping[str, str] | None:
    for name, value in (tags or {}).items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise TypeError(f"tags are texts by name, not {name!r}: {value!r}")
    return tags


@cache
def _traces_of_the_process() -> Traces | None:
    """They are sent, at the latest, when the process ends."""
    return open_traces()


@cache
def _instance_of_the_process() -> Instance:
    """Shared, so that a run made without an instance can be re-executed without one."""
    return Instance.ephemeral()
