"""Faults put into production code, each of which must break a promise: they prove that the checker would see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import BinaryExpression, Update, or_, true
from sqlalchemy.sql.visitors import replacement_traverse

from dalsegno.api import launching
from dalsegno.output_storage import storage
from dalsegno.runs.events import OutputStored, StepSucceeded
from dalsegno.store import automatic_retries, leases, queue, run_progress, steps, tables
from dalsegno.store.run_progress import RunBatch
from dalsegno.store.tables import runs
from dalsegno.worker import active_runs, run_execution, run_recorder, worker
from dalsegno.worker.pooled_process import PooledProcess
from dalsegno.worker.pooled_run import PooledRun
from dalsegno.worker.run_execution import RunExecution
from dalsegno.worker.run_recorder import RunRecorder
from dalsegno.worker.step_pool import StepPool
from tests.faults.simulation import virtual_storage
from tests.faults.simulation.faults import Rates
from tests.faults.simulation.pipelines import Habits

# Puts something in the place of an attribute, until the mutation ends.
Put = Callable[[Any, str, Any], None]


class Mutation(msgspec.Struct, frozen=True, kw_only=True):
    """A fault, and the promises one of which it breaks."""

    name: str
    breaks: tuple[int, ...]
    apply: Callable[[Put], None]
    # What its seeds are about: where it would show seldom, more of what shows it.
    scenario: Mapping[str, Any] = {}


@contextmanager
def mutated(mutation: Mutation | None) -> Iterator[None]:
    """Within, production code has this fault."""
    undo: list[tuple[Any, str, Any]] = []

    def put(where: Any, name: str, value: Any) -> None:
        undo.append((where, name, vars(where)[name]))
        setattr(where, name, value)

    if mutation is not None:
        mutation.apply(put)
    try:
        yield
    finally:
        for where, name, value in reversed(undo):
            setattr(where, name, value)


@cache
def _without(statement: Update, column: Any) -> Update:
    """The statement, with what it asks of this column always true."""

    def replaced(element: Any, **_: Any) -> Any:
        asks = isinstance(element, BinaryExpression) and element.left is column
        # The parameter stays, and is given.
        return or_(element, true()) if asks else None

    found: Update = replacement_traverse(statement, {}, replaced)
    return found


def _unfenced(put: Put, module: Any, name: str) -> None:
    put(module, name, _without(getattr(module, name), runs.c.lease_token))


def _unfenced_batches(put: Put, which: Callable[[RunBatch], bool]) -> None:
    real = run_progress._statement

    def statement(run_id: str, token: str, batch: RunBatch) -> tuple[Update, dict[str, Any]]:
        found, values = real(run_id, token, batch)
        return (_without(found, runs.c.lease_token) if which(batch) else found), values

    put(run_progress, "_statement", statement)


def _has_outputs(batch: RunBatch) -> bool:
    return any(isinstance(event, OutputStored | StepSucceeded) for _, event in batch.events)


def _ends(batch: RunBatch) -> bool:
    return batch.status is not None and batch.status.has_ended


def _heartbeat(put: Put) -> None:
    _unfenced(put, leases, "_RENEW")


def _events(put: Put) -> None:
    _unfenced_batches(put, lambda batch: not _has_outputs(batch) and not _ends(batch))


def _outputs(put: Put) -> None:
    _unfenced_batches(put, lambda batch: _has_outputs(batch) and not _ends(batch))


def _completion(put: Put) -> None:
    _unfenced_batches(put, _ends)


def _giving_back(put: Put) -> None:
    _unfenced(put, queue, "_RELEASE")


def _recorded_before_stored(put: Put) -> None:
    real = virtual_storage._MemoryTarget.commit

    def commit(target: Any) -> None:
        kernel = target._folder.kernel
        kernel.after(0.2 * kernel.random.random(), lambda: real(target))

    put(virtual_storage._MemoryTarget, "commit", commit)


def _numbers_not_counted(put: Put) -> None:
    real = RunExecution.next_attempt

    def next_attempt(execution: RunExecution) -> Any:
        recorded = execution._record
        execution._record = lambda event: recorded(replace(event, attempt=1) if hasattr(event, "attempt") else event)
        try:
            attempt = real(execution)
        finally:
            execution._record = recorded
        return attempt and replace(attempt, number=1)

    put(RunExecution, "next_attempt", next_attempt)


def _failures_not_counted(put: Put) -> None:
    def retry_delay(_execution: RunExecution, attempt: Any, _asked: Any) -> float | None:
        # Not for ever: it is to be found out, not waited for.
        return 0.1 if attempt.number < 8 else None

    put(RunExecution, "_retry_delay", retry_delay)


def _losses_not_counted(put: Put) -> None:
    put(run_execution, "MAX_LOSSES", 1_000_000)


def _cancel_not_looked_at(put: Put) -> None:
    put(RunRecorder, "see_cancel", lambda _recorder: None)
    put(PooledRun, "_see_cancel", lambda _run: None)


def _cancel_does_not_win(put: Put) -> None:
    real = run_progress.append

    def append(run_id: str, token: str, batch: RunBatch) -> Any:
        script = real(run_id, token, batch)
        rows = yield next(script)
        if rows and _ends(batch):
            last_number, _, root_run_id, announced = rows[0]
            rows = [(last_number, None, root_run_id, announced)]
        try:
            while True:
                rows = yield script.send(rows)
        except StopIteration as end:
            return end.value

    put(run_recorder, "append", append)


def _cancels_what_has_ended(put: Put) -> None:
    put(leases, "_REQUEST_CANCEL", _without(leases._REQUEST_CANCEL, runs.c.ended_at))
    put(launching, "canceled", leases.request_cancel)


def _starts_anew_when_taken_over(put: Put) -> None:

    def fetch_steps(run_ids: list[str], **options: Any) -> Any:
        yield from steps.fetch_steps(run_ids, **options)
        return {run_id: {} for run_id in run_ids}

    put(active_runs, "fetch_steps", fetch_steps)


def _digests_not_compared(put: Put) -> None:
    put(storage, "check_bytes", lambda _content, _uri, _digest: None)


def _stale_plans_not_refused(put: Put) -> None:
    put(launching, "refuse_stale", lambda _plan, _previewed: None)


def _keys_not_looked_up(put: Put) -> None:
    put(launching, "_key", lambda *_: None)


def _deaths_at_teardown_not_told(put: Put) -> None:
    def ended(pool: StepPool, process: PooledProcess, how: str) -> None:
        if process.closing_run_ids:
            process.closing_run_ids, process.held_by = frozenset(), None
        real(pool, process, how)

    real = StepPool._ended
    put(StepPool, "_ended", ended)


def _claims_its_own_runs(put: Put) -> None:

    def claim(worker_id: str, loaded: Any, lease: Any, *, besides: Any, **how: Any) -> Any:
        return (yield from queue.claim(worker_id, loaded, lease, **how))

    put(worker, "claim", claim)


def _retries_not_settled(put: Put) -> None:
    put(automatic_retries, "_SETTLE", _without(automatic_retries._SETTLE, tables.automatic_retries.c.is_settled))


_MANY_STALLS: Mapping[str, Any] = {
    "rates": Rates(stall=0.06),
    # Workers that have room, and steps that take long enough to be found unfinished.
    "workers": 3,
    "clients": 2,
    "launches": 2,
    "cancels": 0.0,
    "poisons": 0.0,
    "habits": Habits(longest=8.0),
    "stops": (2.0, 4.0, 6.0),
    "calm_from": 15.0,
}
_STEP_PROCESSES_DIE: Mapping[str, Any] = {"rates": Rates(child_crash=0.05)}
_MUCH_DAMAGE: Mapping[str, Any] = {"damages": 1.0, "rates": Rates()}
_AN_EDIT: Mapping[str, Any] = {"edits": (5.0,), "clients": 2, "launches": 2, "rates": Rates()}

MUTATIONS = (
    # The token is checked at each of these places, and at each of them it matters.
    Mutation(name="a heartbeat does not check the token", breaks=(2,), apply=_heartbeat, scenario=_MANY_STALLS),
    Mutation(name="an append of events does not check the token", breaks=(2,), apply=_events, scenario=_MANY_STALLS),
    Mutation(name="a commit of outputs does not check the token", breaks=(2,), apply=_outputs, scenario=_MANY_STALLS),
    Mutation(name="a completion does not check the token", breaks=(2,), apply=_completion, scenario=_MANY_STALLS),
    Mutation(name="giving a run back does not check the token", breaks=(2,), apply=_giving_back, scenario=_MANY_STALLS),
    Mutation(name="an output is recorded before it is stored", breaks=(3,), apply=_recorded_before_stored),
    Mutation(name="attempts are not counted", breaks=(3,), apply=_numbers_not_counted),
    Mutation(name="failures are not counted", breaks=(3,), apply=_failures_not_counted),
    Mutation(name="losses are not counted", breaks=(1, 7), apply=_losses_not_counted),
    Mutation(name="the wish to cancel is not looked at", breaks=(8,), apply=_cancel_not_looked_at),
    Mutation(name="a run that is to be cancelled may end otherwise", breaks=(8,), apply=_cancel_does_not_win),
    Mutation(name="a run that has ended can be cancelled", breaks=(4,), apply=_cancels_what_has_ended),
    Mutation(name="who takes a run over begins anew", breaks=(3, 7), apply=_starts_anew_when_taken_over),
    Mutation(
        name="bytes are not compared with their digest", breaks=(6,), apply=_digests_not_compared, scenario=_MUCH_DAMAGE
    ),
    Mutation(
        name="another plan than that previewed is launched",
        breaks=(5,),
        apply=_stale_plans_not_refused,
        scenario=_AN_EDIT,
    ),
    Mutation(name="a launch asked for twice is launched twice", breaks=(1,), apply=_keys_not_looked_up),
    Mutation(
        name="each worker retries a failed run",
        breaks=(1,),
        apply=_retries_not_settled,
        scenario={"workers": 3, "retries": 1.0, "habits": Habits(fails=0.5)},
    ),
    # Faults that the simulation has found, put back.
    Mutation(
        name="a death at teardown is not told to the run",
        breaks=(1,),
        apply=_deaths_at_teardown_not_told,
        scenario=_STEP_PROCESSES_DIE,
    ),
    Mutation(
        name="a worker claims a run that it executes", breaks=(0, 7), apply=_claims_its_own_runs, scenario=_MANY_STALLS
    ),
)
