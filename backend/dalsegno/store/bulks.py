"""Bulks: start, fetch, cancel."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, func, insert, select, true, update

from dalsegno.errors import BulkCountChangedError, IdempotencyConflictError, InvalidArgumentsError
from dalsegno.runs.bulk import MOST_RUNS, Bulk, BulkAction, BulkOutcome, BulkRun, MatchingRun, runs_of_bulk
from dalsegno.runs.status import ReexecutionStrategy, RunStatus
from dalsegno.store.pruning import lock_pruning
from dalsegno.store.run_filter import RunFilter, run_conditions
from dalsegno.store.runs import IdempotencyKey
from dalsegno.store.script import AnyRow, Script
from dalsegno.store.statements import InsertOrIgnore, database_now
from dalsegno.store.tables import bulk_runs, bulks, runs

_FETCH = select(bulks).where(bulks.c.bulk_id == bindparam("wanted_id"))
_FETCH_BY_KEY = select(bulks).where(
    bulks.c.idempotency_scope == bindparam("wanted_scope"), bulks.c.idempotency_key == bindparam("wanted_key")
)
_COUNT_OUTCOMES = (
    select(bulk_runs.c.outcome, func.count())
    .where(bulk_runs.c.bulk_id == bindparam("wanted_id"))
    .group_by(bulk_runs.c.outcome)
)
_runs_refused = func.count().label("runs_refused")
_REFUSALS = (
    select(bulk_runs.c.message, _runs_refused)
    .where(bulk_runs.c.bulk_id == bindparam("wanted_id"), bulk_runs.c.outcome == BulkOutcome.REFUSED)
    .group_by(bulk_runs.c.message)
    .order_by(_runs_refused.desc(), bulk_runs.c.message)
)
_INSERT = InsertOrIgnore(bulks)
_INSERT_RUNS = insert(bulk_runs)
_of_bulk = bulk_runs.c.bulk_id == bulks.c.bulk_id
_CANCEL = (
    update(bulks)
    .where(bulks.c.bulk_id == bindparam("wanted_id"), bulks.c.ended_at.is_(None))
    .values(
        ended_at=database_now(),
        # Where every run has had its turn there is nothing to cancel.
        is_canceled=exists().where(_of_bulk, bulk_runs.c.outcome == BulkOutcome.WAITING),
        lease_token=None,
        lease_expires_at=None,
    )
)


def matching_runs(wanted: RunFilter) -> Script[list[MatchingRun]]:
    """The runs that the filter lets through. Raises InvalidArgumentsError where they are too many for a bulk."""
    found = select(runs.c.run_id, runs.c.root_run_id, runs.c.status).where(true(), *run_conditions(wanted))
    rows = yield found.limit(MOST_RUNS + 1)
    if len(rows) > MOST_RUNS:
        problem = f"More than {MOST_RUNS:,} runs match; a bulk takes no more at once. Narrow the filter."
        raise InvalidArgumentsError(problem=problem)
    return [MatchingRun(run_id=row.run_id, root_run_id=row.root_run_id, status=RunStatus(row.status)) for row in rows]


def start_bulk(
    bulk: Bulk, wanted: RunFilter, expected_count: int, idempotency: IdempotencyKey | None = None
) -> Script[Bulk]:
    """Keeps a new bulk, with the runs that match at this moment; from now on they are its runs, whatever matches later.

    Where its idempotency key was used before, nothing is written: the answer is the bulk that it started, or
    IdempotencyConflictError where the arguments differ. Raises BulkCountChangedError where other than
    `expected_count` runs match, InvalidArgumentsError where they are too many.
    """
    earlier = yield from _started_earlier(idempotency)
    if earlier is not None:
        return earlier
    yield from lock_pruning()
    members = runs_of_bulk(bulk.action, (yield from matching_runs(wanted)))
    if len(members) != expected_count:
        raise BulkCountChangedError(expected_count=expected_count, actual_count=len(members))
    yield _INSERT, _values(bulk, len(members), idempotency)
    # An equal one may have been started at the same moment.
    stored = yield from _started_earlier(idempotency)
    if stored is not None and stored.bulk_id != bulk.bulk_id:
        return stored
    yield _INSERT_RUNS, [_run_values(bulk.bulk_id, one) for one in members]
    started = yield from fetch_bulk(bulk.bulk_id)
    assert started is not None  # written above
    return started


def fetch_bulk(bulk_id: str) -> Script[Bulk | None]:
    """The bulk with this id, as far as it is."""
    rows = yield _FETCH, {"wanted_id": bulk_id}
    return (yield from _with_counts(rows[0])) if rows else None


def fetch_refusals(bulk_id: str) -> Script[dict[str, int]]:
    """Why runs of the bulk were refused: how many by sentence, the most frequent first."""
    rows = yield _REFUSALS, {"wanted_id": bulk_id}
    return {row.message: row.runs_refused for row in rows}


def cancel_bulk(bulk_id: str) -> Script[Bulk | None]:
    """Ends a bulk: runs that have not had their turn stay as they are. One that has ended stays as it is."""
    yield _CANCEL, {"wanted_id": bulk_id}
    return (yield from fetch_bulk(bulk_id))


def _started_earlier(idempotency: IdempotencyKey | None) -> Script[Bulk | None]:
    if idempotency is None:
        return None
    rows = yield _FETCH_BY_KEY, {"wanted_scope": idempotency.scope, "wanted_key": idempotency.key}
    if not rows:
        return None
    if rows[0].idempotency_arguments != idempotency.arguments:
        raise IdempotencyConflictError(idempotency_key=idempotency.key, run_id=None)
    return (yield from _with_counts(rows[0]))


def _with_counts(row: AnyRow) -> Script[Bulk]:
    rows = yield _COUNT_OUTCOMES, {"wanted_id": row.bulk_id}
    counts: dict[str, int] = {outcome: count for outcome, count in rows}  # noqa: C416 - dict() can't be given rows
    return Bulk(
        bulk_id=row.bulk_id,
        action=BulkAction(row.action),
        strategy=None if row.strategy is None else ReexecutionStrategy(row.strategy),
        started_at=row.started_at,
        launched_by=row.launched_by,
        reason=row.reason,
        total=row.total,
        launched=counts.get(BulkOutcome.LAUNCHED, 0) + counts.get(BulkOutcome.CANCELED, 0),
        refused=counts.get(BulkOutcome.REFUSED, 0),
        done=row.ended_at is not None or BulkOutcome.WAITING not in counts,
        canceled=row.is_canceled,
    )


def _values(bulk: Bulk, total: int, idempotency: IdempotencyKey | None) -> dict[str, object]:
    return {
        "bulk_id": bulk.bulk_id,
        "action": bulk.action,
        "strategy": bulk.strategy,
        "total": total,
        "launched_by": bulk.launched_by,
        "reason": bulk.reason,
        "started_at": bulk.started_at,
        "is_canceled": False,
        "idempotency_scope": idempotency and idempotency.scope,
        "idempotency_key": idempotency and idempotency.key,
        "idempotency_arguments": idempotency and idempotency.arguments,
    }


def _run_values(bulk_id: str, one: BulkRun) -> dict[str, object]:
    return {
        "bulk_id": bulk_id,
        "position": one.position,
        "run_id": one.run_id,
        "outcome": one.outcome,
        "message": one.message,
    }
