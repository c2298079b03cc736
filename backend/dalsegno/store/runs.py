"""Runs: create, fetch, list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, bindparam, cast, insert, or_, select

from dalsegno.errors import IdempotencyConflictError, RunNotFoundError
from dalsegno.plan.plan import Action, Plan
from dalsegno.plan.staleness import without_marks
from dalsegno.runs.events import Event
from dalsegno.runs.run import Run
from dalsegno.store.events import insert_events
from dalsegno.store.run_filter import RunFilter, indexed_tag, run_conditions
from dalsegno.store.run_groups import add_to_group
from dalsegno.store.run_rows import run_of, run_values
from dalsegno.store.script import Script
from dalsegno.store.statements import InsertOrIgnore, announced, database_now
from dalsegno.store.tables import run_plans, run_tags, runs

MICROSECONDS = 1_000_000


class IdempotencyKey(msgspec.Struct, frozen=True, kw_only=True):
    """Makes a launch happen once: the same key with the same arguments answers the same run."""

    # The mutation and the caller: keys of different scopes have nothing to do with each other.
    scope: str
    key: str
    # Hash of the canonical arguments.
    arguments: str


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Who may write to a run, and for how long without renewing it."""

    token: str
    # Names the holder to people.
    holder: str
    seconds: float


# NULL plus anything is NULL: without a lease nothing expires.
_EXPIRY = database_now() + cast(bindparam("lease_microseconds"), BigInteger)
_INSERT = insert(runs).values(lease_expires_at=_EXPIRY)
_INSERT_ONCE = InsertOrIgnore(runs).values(lease_expires_at=_EXPIRY)
_INSERT_PLAN = insert(run_plans).returning(announced(run_plans.c.run_id))
_INSERT_TAGS = insert(run_tags)
# Until the end of the transaction its group is not pruned.
_HOLD_PARENT = (
    select(runs.c.run_id).where(runs.c.run_id == bindparam("wanted_id")).with_for_update(read=True, key_share=True)
)
_FETCH_BY_KEY = select(runs).where(
    runs.c.idempotency_scope == bindparam("wanted_scope"), runs.c.idempotency_key == bindparam("wanted_key")
)
_FETCH = select(runs).where(runs.c.run_id == bindparam("wanted_id"))
_FETCH_MANY = select(runs).where(runs.c.run_id.in_(bindparam("wanted_ids", expanding=True)))
_FETCH_PLAN = select(run_plans.c.plan).where(run_plans.c.run_id == bindparam("wanted_id"))
_OF_GROUP = select(runs).where(runs.c.root_run_id == bindparam("wanted_root")).order_by(runs.c.run_id)
_FIND = (
    select(runs.c.run_id)
    .where(runs.c.run_id >= bindparam("first"), runs.c.run_id < bindparam("after"))
    .order_by(runs.c.run_id)
    .limit(bindparam("at_most"))
)
_ACTIVE = (
    select(runs.c.run_id)
    .where(
        runs.c.root_run_id == bindparam("wanted_root"),
        runs.c.ended_at.is_(None),
        or_(runs.c.lease_expires_at.is_(None), runs.c.lease_expires_at > database_now()),
    )
    .order_by(runs.c.run_id)
)


def create_run(
    run: Run,
    plan: Plan,
    *,
    idempotency: IdempotencyKey | None = None,
    lease: Lease | None = None,
    events: Sequence[tuple[datetime, Event]] = (),
) -> Script[Run]:
    """Keeps a new run with its plan, and counts it in its group. Its snapshot is kept already.

    With an idempotency key that was used before, nothing is written: the answer is the run that it launched, or
    IdempotencyConflictError where the arguments differ. With a lease nobody else can claim it. Raises RunNotFoundError
    where its parent is not kept any more.
    """
    parent = run.parent_run_id
    if parent is not None and not (yield _HOLD_PARENT, {"wanted_id": parent}):
        raise RunNotFoundError(run_id=parent)
    values = _values(run, idempotency, lease, len(events))
    if idempotency is None:
        yield _INSERT, values
    else:
        yield _INSERT_ONCE, values
        stored = yield from find_by_idempotency_key(idempotency)
        if stored is not None and stored.run_id != run.run_id:
            return stored
    yield _INSERT_PLAN, {"run_id": run.run_id, "plan": compact_plan(plan)}
    yield (
        _INSERT_TAGS,
        [
            {"run_id": run.run_id, "key": indexed_tag(key), "value": indexed_tag(value)}
            for key, value in run.tags.items()
        ],
    )
    yield from add_to_group(run)
    yield from insert_events(run.run_id, 1, events)
    return msgspec.structs.replace(run, version=len(events))


def find_by_idempotency_key(idempotency: IdempotencyKey) -> Script[Run | None]:
    """The run that was launched with this key; raises IdempotencyConflictError where the arguments differ."""
    rows = yield _FETCH_BY_KEY, {"wanted_scope": idempotency.scope, "wanted_key": idempotency.key}
    if not rows:
        return None
    if rows[0].idempotency_arguments != idempotency.arguments:
        raise IdempotencyConflictError(idempotency_key=idempotency.key, run_id=rows[0].run_id)
    return run_of(rows[0])


def fetch_run(run_id: str) -> Script[Run | None]:
    """The run with this id."""
    rows = yield _FETCH, {"wanted_id": run_id}
    return run_of(rows[0]) if rows else None


def fetch_runs(run_ids: Iterable[str]) -> Script[dict[str, Run]]:
    """Those of the runs that exist, by id."""
    rows = yield _FETCH_MANY, {"wanted_ids": list(run_ids)}
    return {row.run_id: run_of(row) for row in rows}


def fetch_plan(run_id: str) -> Script[Plan | None]:
    """The plan that the run was launched with: the steps to execute and the warnings.

    The rest follows from the run's lineage.
    """
    rows = yield _FETCH_PLAN, {"wanted_id": run_id}
    return msgspec.json.decode(rows[0].plan, type=Plan) if rows else None


def find_run_ids(prefix: str, *, limit: int = 10) -> Script[list[str]]:
    """The ids that begin so, oldest first, at most `limit`."""
    # Ids are made of characters below DEL.
    rows = yield _FIND, {"first": prefix, "after": f"{prefix}\x7f", "at_most": limit}
    return [row.run_id for row in rows]


def list_runs(wanted: RunFilter, limit: int, before_run_id: str | None = None) -> Script[list[Run]]:
    """The newest runs that the filter lets through, newest first; `before_run_id`: only older ones than that."""
    conditions = run_conditions(wanted)
    if before_run_id is not None:
        conditions.append(runs.c.run_id < before_run_id)
    rows = yield select(runs).where(*conditions).order_by(runs.c.run_id.desc()).limit(limit)
    return [run_of(row) for row in rows]


def runs_of_group(root_run_id: str) -> Script[list[Run]]:
    """All runs of one root, itself included, oldest first."""
    rows = yield _OF_GROUP, {"wanted_root": root_run_id}
    return [run_of(row) for row in rows]


def fetch_active_run_ids(root_run_id: str) -> Script[list[str]]:
    """The group's runs that wait or go on; a run whose lease has expired does not."""
    rows = yield _ACTIVE, {"wanted_root": root_run_id}
    return [row.run_id for row in rows]


def _values(run: Run, idempotency: IdempotencyKey | None, lease: Lease | None, event_count: int) -> dict[str, Any]:
    return run_values(run) | {
        "last_event_number": event_count,
        "lease_token": lease and lease.token,
        "lease_holder": lease and lease.holder,
        "lease_microseconds": lease and int(lease.seconds * MICROSECONDS),
        "idempotency_scope": idempotency and idempotency.scope,
        "idempotency_key": idempotency and idempotency.key,
        "idempotency_arguments": idempotency and idempotency.arguments,
    }


def compact_plan(plan: Plan) -> str:
    """A plan as it is kept: the steps to execute alone, and of the others where staleness begins."""
    executed = tuple(step for step in plan.steps if step.action is Action.EXECUTE)
    return msgspec.json.encode(msgspec.structs.replace(without_marks(plan), steps=executed)).decode()
