"""From a plan to a stored run, and the wish that a run be cancelled; refused for callers who may only look."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from dalsegno.api.context import RequestContext
from dalsegno.api.planning import plan_reexecution, plan_run, subject_of
from dalsegno.errors import InvalidArgumentsError, RunAlreadyFinishedError, RunNotFoundError
from dalsegno.launch import LaunchOptions, arguments_digest, new_run, refuse_stale
from dalsegno.plan.plan import Plan, PlanWarningKind
from dalsegno.runs.events import Event, NoWorkerServes
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus
from dalsegno.store.leases import request_cancel
from dalsegno.store.runs import IdempotencyKey, create_run, fetch_run, find_by_idempotency_key
from dalsegno.store.script import Script

_LONGEST_KEY = 200


class LaunchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a launch."""

    options: LaunchOptions
    idempotency_key: str | None = None
    # Of a plan that was previewed.
    plan_id: str | None = None


async def launch(context: RequestContext, pipeline_name: str, request: LaunchRequest) -> Run:
    """Queues a first run; where an equal launch came before, its run.

    Raises PermissionDeniedError, IdempotencyConflictError, and what planning it raises.
    """
    context.check_may("launchRun")
    options = _of_caller(context, request)
    key = _key(context, "launchRun", request, pipeline_name, options)
    earlier = await _launched_earlier(context, key)
    if earlier is not None:
        return earlier
    with context.service.metrics.launches.time():
        plan = await plan_run(context, pipeline_name, options)
        return await context.service.database.write_async(queued(new_run(plan, options), plan, key))


async def relaunch(context: RequestContext, parent_run_id: str, request: LaunchRequest) -> Run:
    """Queues a re-execution; where an equal launch came before, its run.

    Raises PermissionDeniedError, RunNotFoundError, IdempotencyConflictError, StalePlanError, and what planning it
    raises.
    """
    context.check_may("launchReexecution")
    options = _of_caller(context, request)
    key = _key(context, "launchReexecution", request, parent_run_id, options)
    earlier = await _launched_earlier(context, key)
    if earlier is not None:
        return earlier
    with context.service.metrics.launches.time():
        run, plan = await planned_relaunch(context, parent_run_id, options, request.plan_id)
        return await context.service.database.write_async(queued(run, plan, key))


async def planned_relaunch(
    context: RequestContext, parent_run_id: str, options: LaunchOptions, plan_id: str | None = None
) -> tuple[Run, Plan]:
    """A re-execution that is planned on what is stored now, and not stored yet itself.

    Raises RunNotFoundError, StalePlanError, and what planning it raises.
    """
    subject = await subject_of(context, parent_run_id)
    plan = await plan_reexecution(context, subject, options, to_launch=True)
    refuse_stale(plan, plan_id)
    return new_run(plan, options, subject.lineage.nearest), plan


def queued(run: Run, plan: Plan, key: IdempotencyKey | None = None) -> Script[Run]:
    """Keeps a planned run, for a worker to claim; where its key launched one before, that run is the answer."""
    events: list[tuple[datetime, Event]] = []
    if any(warning.kind is PlanWarningKind.NO_WORKER for warning in plan.warnings):
        events.append((datetime.now(UTC), NoWorkerServes(pipeline_name=plan.pipeline_name)))
    return (yield from create_run(run, plan, idempotency=key, events=events))


async def cancel(context: RequestContext, run_id: str) -> Run:
    """Stores that a run is to be cancelled. Raises PermissionDeniedError, RunNotFoundError, RunAlreadyFinishedError."""
    context.check_may("cancelRun")
    return await context.service.database.write_async(canceled(run_id, by=context.caller.name))


def canceled(run_id: str, *, by: str | None) -> Script[Run]:
    """The run, once it is stored that it is to be cancelled. Raises RunNotFoundError, RunAlreadyFinishedError."""
    before = yield from fetch_run(run_id)
    if before is None:
        raise RunNotFoundError(run_id=run_id)
    run = before if before.status.has_ended else (yield from request_cancel(run_id, by=by))
    if run is None:  # it has ended, and was pruned, since it was first looked at
        raise RunNotFoundError(run_id=run_id)
    # It may have ended otherwise since it was first looked at.
    if run.status.has_ended and (before.status.has_ended or run.status is not RunStatus.CANCELED):
        raise RunAlreadyFinishedError(run_id=run_id, status=run.status)
    return run


def _of_caller(context: RequestContext, request: LaunchRequest) -> LaunchOptions:
    return msgspec.structs.replace(request.options, launched_by=context.caller.name)


def _key(
    context: RequestContext, mutation: str, request: LaunchRequest, subject: str, options: LaunchOptions
) -> IdempotencyKey | None:
    given = checked_key(request.idempotency_key)
    if given is None:
        return None
    scope = f"{mutation}:{context.caller.name}"
    return IdempotencyKey(scope=scope, key=given, arguments=arguments_digest(subject, options))


def checked_key(given: str | None) -> str | None:
    """An idempotency key as it was given, if such a key is taken. Raises InvalidArgumentsError."""
    if given is not None and not 0 < len(given) <= _LONGEST_KEY:
        raise InvalidArgumentsError(problem=f"An idempotency key has 1 to {_LONGEST_KEY} characters, not {len(given)}.")
    return given


async def _launched_earlier(context: RequestContext, key: IdempotencyKey | None) -> Run | None:
    return None if key is None else await context.service.database.read_async(find_by_idempotency_key(key))
