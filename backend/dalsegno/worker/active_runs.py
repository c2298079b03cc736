"""The runs that a worker executes now, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

from dalsegno.errors import DalsegnoError, LeaseLostError, StoreUnavailableError
from dalsegno.plan.plan import Plan
from dalsegno.runs.attempts import StepState
from dalsegno.runs.automatic_retry import number_of_retry
from dalsegno.runs.events import Event, RunFailed
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus
from dalsegno.runs.step_states import StepStates
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.abandoned_runs import lost_steps
from dalsegno.store.database import Database
from dalsegno.store.queue import release
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.runs import fetch_plan
from dalsegno.store.script import Script
from dalsegno.store.snapshots import fetch_snapshot
from dalsegno.store.steps import fetch_steps
from dalsegno.worker.error_info import error_info
from dalsegno.worker.observers import RunsObserver
from dalsegno.worker.outages import Patience, worker_waits
from dalsegno.worker.pooled_run import PooledRun, RunTools
from dalsegno.worker.run_recorder import CommitPolicy, Observer, RunRecorder

T = TypeVar("T")

_log = logging.getLogger(__name__)


class _Active:
    def __init__(self, thread: threading.Thread, patience: Patience) -> None:
        self.thread = thread
        self.patience = patience
        # None while the run is read.
        self.run: PooledRun | None = None
        self.is_canceled = False
        self.kill_at: float | None = None


class ActiveRuns:
    """Begins runs, cancels and stops them. `wake` is called, from another thread, when one has ended."""

    def __init__(
        self,
        database: Database,
        policy: CommitPolicy,
        tools: RunTools,
        observer: RunsObserver,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._policy = policy
        self._tools = tools
        self._observer = observer
        self._wake = wake
        self._active: dict[str, _Active] = {}
        self._changed = threading.Lock()

    def __len__(self) -> int:
        return len(self._active)

    @property
    def run_ids(self) -> list[str]:
        """Of all of them."""
        with self._changed:
            return list(self._active)

    def to_cancel(self) -> list[str]:
        """The ids of those that nobody has cancelled."""
        with self._changed:
            return [run_id for run_id, one in self._active.items() if not one.is_canceled]

    def begin(self, run: Run, token: str) -> None:
        """Execute a run that was just claimed, or carry it on."""
        patience = Patience(worker_waits, run.run_id)
        thread = threading.Thread(
            target=self._execute, args=(run, token, patience), name=f"dalsegno-run-{run.run_id}", daemon=True
        )
        with self._changed:
            self._active[run.run_id] = _Active(thread, patience)
        thread.start()

    def cancel(self, run_id: str) -> None:
        """Somebody has asked to cancel it."""
        with self._changed:
            active = self._active.get(run_id)
            if active is not None:
                active.is_canceled = True
                self._steer(active)

    def stop(self, kill_at: float) -> None:
        """Let all of them end, or give them back; what still goes on at `kill_at` (monotonic) is killed."""
        with self._changed:
            for active in self._active.values():
                active.kill_at = kill_at
                active.patience.end_at(kill_at)
                self._steer(active)

    def _steer(self, active: _Active) -> None:
        if active.run is None:
            return
        if active.is_canceled:
            active.run.cancel()
        if active.kill_at is not None:
            active.run.stop(active.kill_at)

    def _execute(self, run: Run, token: str, patience: Patience) -> None:
        try:
            plan, snapshot, states = _patiently(patience, lambda: self._database.read(_needed(run)))
            with self._observed(run, states) as observe:
                self._execute_or_fail(run, token, plan, snapshot, StepStates(dict(states)), patience, observe)
        except LeaseLostError:
            # Its steps are stopped, and the observer was told.
            pass
        except StoreUnavailableError as error:
            message = "Run %s could not be recorded, so its steps here were stopped. %s"
            _log.error(message, run.run_id, error, extra={"run_id": run.run_id})
        finally:
            with self._changed:
                del self._active[run.run_id]
            self._wake()

    @contextmanager
    def _observed(self, run: Run, states: Mapping[str, StepState]) -> Iterator[Observer]:
        is_lost = False
        observe = self._observer.begin(run, states)
        try:
            yield observe
        except LeaseLostError:
            is_lost = True
            raise
        finally:
            self._observer.end(run, lost=is_lost)

    def _execute_or_fail(
        self,
        run: Run,
        token: str,
        plan: Plan,
        snapshot: PipelineSnapshot,
        states: StepStates,
        patience: Patience,
        observe: Observer,
    ) -> None:
        try:
            with RunRecorder(
                self._database,
                run.run_id,
                token,
                self._policy,
                last_number=run.version,
                patience=patience,
                states=states,
                observer=observe,
            ) as recorder:
                pooled = PooledRun(run, plan, snapshot, recorder, self._tools)
                with self._changed:
                    active = self._active[run.run_id]
                    active.run = pooled
                    self._steer(active)
                has_ended = pooled.run_to_end()
        except DalsegnoError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours must not send the run round all workers for ever
            _log.exception("Run %s could not be executed.", run.run_id, extra={"run_id": run.run_id})
            for told in self._failed(run, token, error, states, snapshot):
                observe(*told)
            return
        if not has_ended:
            _patiently(patience, lambda: self._database.write(release(run.run_id, token, self._tools.worker_id)))

    def _failed(
        self, run: Run, token: str, error: Exception, states: StepStates, snapshot: PipelineSnapshot
    ) -> Sequence[tuple[datetime, Event]]:
        """What is recorded of the run's failure; nothing where it can't be."""
        now = datetime.now(UTC)
        info = error_info(error)
        retry_number = number_of_retry(run.tags, snapshot.tags, [info])
        events, steps = lost_steps(now, states.by_key)
        batch = RunBatch(
            events=(*events, (now, RunFailed(error=info, retry_number=retry_number))),
            steps=steps,
            status=RunStatus.FAILURE,
            ended_at=now,
            error=info,
            retry_number=retry_number,
        )
        try:
            self._database.write(append(run.run_id, token, batch))
        except DalsegnoError:
            # Its lease runs out, and another worker tries, or cancels it where somebody wants that.
            return ()
        return batch.events


def _patiently(patience: Patience, work: Callable[[], T]) -> T:
    try:
        return work()
    except StoreUnavailableError as error:
        return patience.try_again(error, work)


def _needed(run: Run) -> Script[tuple[Plan, PipelineSnapshot, dict[str, StepState]]]:
    plan = yield from fetch_plan(run.run_id)
    snapshot = yield from fetch_snapshot(run.snapshot_id)
    states = yield from fetch_steps([run.run_id], with_attempts=True)
    # Both are stored with the run.
    assert plan is not None
    assert snapshot is not None
    return plan, snapshot, states[run.run_id]
