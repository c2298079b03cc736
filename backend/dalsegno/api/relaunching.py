"""Re-executing a list of runs, each by itself: one that is refused stops no other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from dalsegno.api.context import RequestContext
from dalsegno.api.launching import checked_key, planned_relaunch, queued
from dalsegno.errors import DalsegnoError, InvalidArgumentsError, StoreUnavailableError
from dalsegno.launch import LaunchOptions
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy
from dalsegno.store.listed_launches import ListKey, launched_in_list, once_in_list

MOST_AT_ONCE = 100


class ListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for a list of runs."""

    parent_run_ids: tuple[str, ...]
    strategy: ReexecutionStrategy
    reason: str | None = None
    idempotency_key: str | None = None


async def relaunch_all(context: RequestContext, request: ListRequest) -> list[Run | DalsegnoError]:
    """Queues a re-execution of each run, in the order of the ids: its run, or what it is refused with.

    A run that is named twice is re-executed twice. With an idempotency key, what an equal list has launched is
    answered, and what it was refused is tried again; with another list, each is refused with
    IdempotencyConflictError. Raises InvalidArgumentsError for a list that is empty or too long.
    """
    _check_length(request.parent_run_ids)
    try:
        context.check_may("launchReexecutions")
        key = _key(context, request)
        earlier = {} if key is None else await context.service.database.read_async(launched_in_list(key))
    except (InvalidArgumentsError, StoreUnavailableError):
        raise
    except DalsegnoError as refusal:
        return [refusal for _ in request.parent_run_ids]
    options = LaunchOptions(strategy=request.strategy, reason=request.reason, launched_by=context.caller.name)
    return [
        earlier[position] if position in earlier else await _relaunch(context, run_id, options, key, position)
        for position, run_id in enumerate(request.parent_run_ids)
    ]


async def _relaunch(
    context: RequestContext, run_id: str, options: LaunchOptions, key: ListKey | None, position: int
) -> Run | DalsegnoError:
    try:
        run, plan = await planned_relaunch(context, run_id, options)
        launch = queued(run, plan, None if key is None else key.at(position))
        script = launch if key is None else once_in_list(key, position, launch)
        return await context.service.database.write_async(script)
    except StoreUnavailableError:
        raise
    except DalsegnoError as refusal:
        return refusal


def _check_length(run_ids: Sequence[str]) -> None:
    if not 1 <= len(run_ids) <= MOST_AT_ONCE:
        problem = f"launchReexecutions takes 1 to {MOST_AT_ONCE} runs at once, not {len(run_ids):,}."
        raise InvalidArgumentsError(problem=f"{problem} For more, start a bulk: startBulk.")


def _key(context: RequestContext, request: ListRequest) -> ListKey | None:
    given = checked_key(request.idempotency_key)
    if given is None:
        return None
    asked = msgspec.json.encode((request.parent_run_ids, request.strategy))
    return ListKey(
        scope=f"launchReexecutions:{context.caller.name}",
        key=given,
        arguments=hashlib.sha256(asked).hexdigest(),
        most=MOST_AT_ONCE,
    )
