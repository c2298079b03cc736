"""Bulks: re-executing or cancelling every run that matches, which the service carries out by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

import msgspec
import strawberry

from dalsegno import errors as raised
from dalsegno.api import errors
from dalsegno.api.bulk_planning import check_strategy, plan_bulk
from dalsegno.api.context import Info, RequestContext
from dalsegno.api.errors import Error, Handler
from dalsegno.api.fields import computed, given, mutation, shown
from dalsegno.api.filters import RunFilter
from dalsegno.api.launch import HANDLERS as LAUNCH_HANDLERS
from dalsegno.api.launch import IdempotencyConflictError
from dalsegno.api.launching import checked_key
from dalsegno.run_id import new_run_id
from dalsegno.runs.bulk import Bulk as BulkRecord
from dalsegno.runs.bulk import BulkAction
from dalsegno.runs.status import ReexecutionStrategy
from dalsegno.store.bulks import cancel_bulk, fetch_bulk, fetch_refusals, start_bulk
from dalsegno.store.runs import IdempotencyKey

_SCOPE = "startBulk"


@shown
class BulkRefusal:
    """Runs that are, or would be, refused, all for the same reason."""

    message: str
    runs: int


@shown
class BulkPlan:
    """What a bulk would do if it were started now."""

    runs: int = strawberry.field(description="All that match; the expectedCount of startBulk.")
    steps_to_execute: int = strawberry.field(description="Of all runs together; 0 for CANCEL.")
    estimated_duration_ms: float | None = strawberry.field(
        description="Milliseconds that the runs would take one after the other, from the history of their steps; null "
        "where that of one is unknown."
    )
    refusals: list[BulkRefusal] = strawberry.field(
        description="Runs that would be refused, by reason; the most frequent first."
    )


@shown
class Bulk:
    """Many runs that the service re-executes or cancels, one after the other."""

    id: strawberry.ID = strawberry.field(
        description='Runs that it launches have it as the value of their tag "dalsegno/bulk".'
    )
    action: BulkAction
    strategy: ReexecutionStrategy | None = strawberry.field(description="Null for CANCEL.")
    total: int = strawberry.field(description="Its runs: those that matched when it was started.")
    launched: int = strawberry.field(description="How many of them have been re-executed, or cancelled, so far.")
    refused: int = strawberry.field(description="How many of them have been refused so far.")
    done: bool = strawberry.field(
        description="Nothing more comes of it: every run had its turn, or it was cancelled. "
        "Runs that it launched may still go on."
    )
    canceled: bool = strawberry.field(description="It was cancelled before every run had its turn.")
    started_at: datetime
    launched_by: str | None
    reason: str | None

    @computed
    async def refusals(self, info: Info) -> list[BulkRefusal]:
        """Runs that have been refused so far, by reason; the most frequent first."""
        return _refusals(await info.context.service.database.read_async(fetch_refusals(self.id)))

    @staticmethod
    def of(record: BulkRecord) -> Bulk:
        """The same as it is kept."""
        return Bulk(
            id=strawberry.ID(record.bulk_id),
            action=record.action,
            strategy=record.strategy,
            total=record.total,
            launched=record.launched,
            refused=record.refused,
            done=record.done,
            canceled=record.canceled,
            started_at=record.started_at,
            launched_by=record.launched_by,
            reason=record.reason,
        )


@shown
class StartBulkSuccess:
    """The bulk is kept, or it is the one that the idempotency key started before."""

    bulk: Bulk


@shown
class BulkCountChangedError(Error):
    """Other than the expected number of runs match now; nothing was started."""

    expected_count: int
    actual_count: int


StartBulkResult: TypeAlias = Annotated[
    StartBulkSuccess | BulkCountChangedError | IdempotencyConflictError | errors.PermissionDeniedError,
    strawberry.union("StartBulkResult"),
]
BulkStrategy = Annotated[
    ReexecutionStrategy | None,
    strawberry.argument(description="For REEXECUTE, one that needs no selection; for CANCEL none."),
]


@strawberry.type
class BulkQueries:
    """Fields of Query on bulks."""

    @computed
    async def bulk_plan(
        self,
        info: Info,
        action: BulkAction,
        filter: RunFilter,  # noqa: A002 - its name in GraphQL
        strategy: BulkStrategy = strawberry.UNSET,
    ) -> BulkPlan:
        """What startBulk would do: how many runs, how many steps, what would be refused.
        More than 10,000 matching runs are an error.
        """
        found = await plan_bulk(info.context, action, filter.stored(), given(strategy))
        return BulkPlan(
            runs=found.runs,
            steps_to_execute=found.steps_to_execute,
            estimated_duration_ms=found.estimated_ms,
            refusals=_refusals(found.refusals),
        )

    @computed
    async def bulk(self, info: Info, bulk_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> Bulk | None:
        """A bulk, as far as it is; null where no bulk has this id."""
        found = await info.context.service.database.read_async(fetch_bulk(bulk_id))
        return None if found is None else Bulk.of(found)


@strawberry.type
class BulkMutations:
    """Fields of Mutation on bulks."""

    @mutation
    async def start_bulk(
        self,
        info: Info,
        action: BulkAction,
        filter: RunFilter,  # noqa: A002 - its name in GraphQL
        expected_count: Annotated[int, strawberry.argument(description="How many runs match, as bulkPlan told.")],
        strategy: BulkStrategy = strawberry.UNSET,
        reason: str | None = strawberry.UNSET,
        idempotency_key: Annotated[
            str | None,
            strawberry.argument(
                description="The same key with the same arguments answers the bulk started first; with others, an "
                "error."
            ),
        ] = strawberry.UNSET,
    ) -> StartBulkResult:
        """Re-execute or cancel every run that matches, by the service, durably: the client may go away.
        Refused where the count has moved from the expected. Of several matching runs of one group the newest alone is
        re-executed.
        """
        context = info.context
        context.check_may("startBulk")
        check_strategy(action, given(strategy))
        bulk = BulkRecord(
            bulk_id=new_run_id(),
            action=action,
            strategy=given(strategy),
            started_at=datetime.now(UTC),
            launched_by=context.caller.name,
            reason=given(reason),
        )
        key = _key(context, given(idempotency_key), (action, filter.stored(), given(strategy), expected_count))
        started = await context.service.database.write_async(start_bulk(bulk, filter.stored(), expected_count, key))
        context.service.bulk_started.set()
        return StartBulkSuccess(bulk=Bulk.of(started))

    @mutation
    async def cancel_bulk(
        self, info: Info, bulk_id: Annotated[strawberry.ID, strawberry.argument(name="id")]
    ) -> Bulk | None:
        """What is not yet launched stays so. Null where no bulk has this id; one that is done stays as it is."""
        info.context.check_may("cancelBulk")
        found = await info.context.service.database.write_async(cancel_bulk(bulk_id))
        return None if found is None else Bulk.of(found)


def _refusals(by_message: Mapping[str, int]) -> list[BulkRefusal]:
    return [BulkRefusal(message=message, runs=runs) for message, runs in by_message.items()]


def _key(context: RequestContext, key: str | None, arguments: tuple[object, ...]) -> IdempotencyKey | None:
    checked = checked_key(key)
    if checked is None:
        return None
    asked = msgspec.json.encode(arguments, order="deterministic")
    scope = f"{_SCOPE}:{context.caller.name}"
    return IdempotencyKey(scope=scope, key=checked, arguments=hashlib.sha256(asked).hexdigest())


def _count_changed(error: raised.BulkCountChangedError, _info: object) -> BulkCountChangedError:
    return BulkCountChangedError(
        message=error.message, expected_count=error.expected_count, actual_count=error.actual_count
    )


HANDLERS = (*LAUNCH_HANDLERS, Handler(raised.BulkCountChangedError, BulkCountChangedError, _count_changed))
