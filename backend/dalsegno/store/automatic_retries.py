"""Failed runs that are re-executed without anybody asking: noted with their end, launched once."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import bindparam, false, insert, select, true, update

from dalsegno.plan.plan import Plan
from dalsegno.runs.run import Run
from dalsegno.store.run_groups import fetch_group
from dalsegno.store.runs import create_run
from dalsegno.store.script import Script
from dalsegno.store.tables import automatic_retries

_INSERT = insert(automatic_retries)
_FETCH_DUE = (
    select(automatic_retries.c.parent_run_id, automatic_retries.c.number)
    .where(automatic_retries.c.is_settled == false())
    .order_by(automatic_retries.c.parent_run_id)
    .limit(bindparam("at_most"))
)
_FETCH = select(automatic_retries).where(automatic_retries.c.parent_run_id.in_(bindparam("of_runs", expanding=True)))
_SETTLE = (
    update(automatic_retries)
    .where(automatic_retries.c.parent_run_id == bindparam("of_run"), automatic_retries.c.is_settled == false())
    .values(
        is_settled=true(),
        run_id=bindparam("launched"),
        refusal=bindparam("why", type_=automatic_retries.c.refusal.type),
    )
    .returning(automatic_retries.c.parent_run_id)
)


class AutomaticRetry(msgspec.Struct, frozen=True, kw_only=True):
    """What follows a failed run by itself; without both a run and a refusal it is still to come."""

    # Which of the retries in a row it is, from 1.
    number: int
    run_id: str | None
    # Why nothing was launched, for people.
    refusal: str | None


class DueRetry(msgspec.Struct, frozen=True):
    """A failed run to re-execute, and which of the retries in a row that is."""

    parent_run_id: str
    number: int


def note_retry(parent_run_id: str, number: int) -> Script[None]:
    """The run, which ends in this transaction, is to be re-executed."""
    yield _INSERT, {"parent_run_id": parent_run_id, "number": number, "is_settled": False}


def fetch_due_retries(limit: int = 20) -> Script[list[DueRetry]]:
    """Those that nobody has launched yet, the oldest first."""
    rows = yield _FETCH_DUE, {"at_most": limit}
    return [DueRetry(row.parent_run_id, row.number) for row in rows]


def fetch_retries(parent_run_ids: Iterable[str]) -> Script[dict[str, AutomaticRetry]]:
    """By failed run: the automatic retry that follows it, of those that one follows."""
    rows = yield _FETCH, {"of_runs": list(parent_run_ids)}
    return {
        row.parent_run_id: AutomaticRetry(number=row.number, run_id=row.run_id, refusal=row.refusal) for row in rows
    }


def launch_retry(parent_run_id: str, run: Run, plan: Plan) -> Script[Run | None]:
    """Keeps the run that re-executes this one; None where another worker was faster, or a person."""
    group = yield from fetch_group(run.root_run_id)
    if group is not None and group.newest_run_id != parent_run_id:
        yield from refuse_retry(parent_run_id, f"Run {group.newest_run_id} of the same group was launched meanwhile.")
        return None
    if not (yield from _settle(parent_run_id, run.run_id, None)):
        return None
    return (yield from create_run(run, plan))


def refuse_retry(parent_run_id: str, why: str) -> Script[bool]:
    """Nothing is launched, and nobody is to try again; False where somebody has launched it."""
    return (yield from _settle(parent_run_id, None, why))


def _settle(parent_run_id: str, launched: str | None, why: str | None) -> Script[bool]:
    rows = yield _SETTLE, {"of_run": parent_run_id, "launched": launched, "why": why}
    return bool(rows)
