"""Re-executing a list of runs over GraphQL."""

from __future__ import annotations

from inspect import isawaitable
from typing import Annotated, Any

import strawberry

from dalsegno.api.context import Info
from dalsegno.api.fields import given, mutation
from dalsegno.api.launch import HANDLERS, LaunchReexecutionResult, LaunchRunSuccess
from dalsegno.api.relaunching import ListRequest, relaunch_all
from dalsegno.api.runs import Run
from dalsegno.errors import DalsegnoError
from dalsegno.runs.run import Run as RunRecord
from dalsegno.runs.status import ReexecutionStrategy


@strawberry.type
class ListMutations:
    """Fields of Mutation on lists of runs."""

    @mutation
    async def launch_reexecutions(
        self,
        info: Info,
        parent_run_ids: list[strawberry.ID],
        strategy: ReexecutionStrategy,
        reason: str | None = strawberry.UNSET,
        idempotency_key: Annotated[
            str | None,
            strawberry.argument(
                description="For the whole list. The same key with the same list answers the runs launched first, and "
                "tries again what was refused; with another list, an error for each."
            ),
        ] = strawberry.UNSET,
    ) -> list[LaunchReexecutionResult]:
        """Re-execute up to 100 runs at once with one strategy; results in the order of the ids; one refused stops no
        other. A run that is named twice is re-executed twice.
        """
        request = ListRequest(
            parent_run_ids=tuple(parent_run_ids),
            strategy=strategy,
            reason=given(reason),
            idempotency_key=given(idempotency_key),
        )
        return [await _shown(one, info) for one in await relaunch_all(info.context, request)]


async def _shown(one: RunRecord | DalsegnoError, info: Info) -> Any:
    """A member of the result's union. Raises what is none."""
    if isinstance(one, RunRecord):
        return LaunchRunSuccess(run=Run.of(one))
    handler = next((handler for handler in HANDLERS if isinstance(one, handler.exception_type)), None)
    member = None if handler is None else handler.handle(one, field=None, info=info)
    if isawaitable(member):
        member = await member
    if member is None:
        raise one
    return member
