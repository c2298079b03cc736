"""Who holds a run, and the wish that it be cancelled."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, case, cast, func, update

from dalsegno.errors import LeaseLostError
from dalsegno.runs.events import RunCanceled
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus
from dalsegno.store.events import insert_events
from dalsegno.store.run_groups import leave_out_if_never_started
from dalsegno.store.run_progress import Appended
from dalsegno.store.runs import MICROSECONDS, fetch_run
from dalsegno.store.script import Script
from dalsegno.store.statements import announced, database_now
from dalsegno.store.tables import runs

_RENEW = (
    update(runs)
    .where(
        runs.c.run_id == bindparam("of_run"),
        runs.c.lease_token == bindparam("held_token"),
        runs.c.ended_at.is_(None),
    )
    .values(lease_expires_at=database_now() + cast(bindparam("lease_microseconds"), BigInteger))
    .returning(runs.c.last_event_number, runs.c.cancel_requested_at)
)
_REQUEST_CANCEL = (
    update(runs)
    .where(runs.c.run_id == bindparam("of_run"), runs.c.ended_at.is_(None))
    .values(
        cancel_requested_at=func.coalesce(runs.c.cancel_requested_at, database_now()),
        # Of several wishes the first one counts.
        cancel_requested_by=case(
            (runs.c.cancel_requested_at.is_(None), bindparam("asked_by", type_=runs.c.cancel_requested_by.type)),
            else_=runs.c.cancel_requested_by,
        ),
    )
    .returning(runs.c.status, runs.c.lease_token, announced(runs.c.run_id))
)
_CANCEL_NOW = (
    update(runs)
    .where(runs.c.run_id == bindparam("of_run"))
    .values(
        status=RunStatus.CANCELED,
        group_status=RunStatus.CANCELED,
        ended_at=runs.c.cancel_requested_at,
        last_event_number=runs.c.last_event_number + 1,
    )
    .returning(runs.c.last_event_number, runs.c.ended_at, runs.c.root_run_id)
)


def renew_lease(run_id: str, token: str, seconds: float) -> Script[Appended]:
    """Holds the run for `seconds` from now, by the database's clock; raises LeaseLostError where it is not held."""
    rows = yield (
        _RENEW,
        {"of_run": run_id, "held_token": token, "lease_microseconds": int(seconds * MICROSECONDS)},
    )
    if not rows:
        raise LeaseLostError(run_id=run_id)
    return Appended(last_number=rows[0].last_event_number, cancel_requested=rows[0].cancel_requested_at is not None)


def request_cancel(run_id: str, *, by: str | None = None) -> Script[Run | None]:
    """Stores that the run is to be cancelled; the run as it stands then, None where there is none.

    A queued run that nobody holds ends at once; a held one is ended by its holder. A run that has ended stays as it is.
    """
    rows = yield _REQUEST_CANCEL, {"of_run": run_id, "asked_by": by}
    if rows and rows[0].status == RunStatus.QUEUED and rows[0].lease_token is None:
        yield from _cancel_now(run_id)
    return (yield from fetch_run(run_id))


def _cancel_now(run_id: str) -> Script[None]:
    rows = yield _CANCEL_NOW, {"of_run": run_id}
    number, ended_at, root_run_id = rows[0]
    yield from insert_events(run_id, number, [(ended_at, RunCanceled())])
    yield from leave_out_if_never_started(root_run_id, run_id)
