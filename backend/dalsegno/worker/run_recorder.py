"""The record of a run in progress: events applied at once, committed in groups, under the run's lease.

A thread of its own commits what has waited for the commit interval, so that a success is visible to others soon even
while the next step computes for hours; it also renews the lease. Where the database is away, what it could not do is
tried again; what was taken over by another process meanwhile is found out then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from time import monotonic

import msgspec

from dalsegno.errors import CancelRequestedError, StoreUnavailableError
from dalsegno.runs.attempts import StepState
from dalsegno.runs.events import Event
from dalsegno.runs.status import RunStatus
from dalsegno.runs.step_states import StepStates
from dalsegno.settings import Settings
from dalsegno.store.database import Database
from dalsegno.store.leases import renew_lease
from dalsegno.store.run_progress import Appended, RunBatch, append, append_again
from dalsegno.store.script import Script
from dalsegno.worker.outages import Patience, script_waits
from dalsegno.worker.run_execution import Ending

Observer = Callable[[datetime, Event], None]


class CommitPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When events are committed, and for how long a lease holds."""

    interval_seconds: float = 0.020
    max_events: int = 500
    lease_seconds: float = 15.0
    heartbeat_seconds: float = 3.0

    @classmethod
    def of(cls, settings: Settings) -> CommitPolicy:
        """As the installation is set."""
        return cls(
            interval_seconds=settings.commit_interval_ms / 1000.0,
            max_events=settings.commit_events,
            lease_seconds=settings.lease_seconds,
            heartbeat_seconds=settings.heartbeat_seconds,
        )


class RunRecorder:
    """Records one run for as long as its lease is held; a context manager.

    `states` is the run as it stands. `cancel_requested` is set once somebody has asked to cancel the run.
    """

    def __init__(
        self,
        database: Database,
        run_id: str,
        token: str,
        policy: CommitPolicy,
        *,
        last_number: int,
        patience: Patience | None = None,
        states: StepStates | None = None,
        observer: Observer | None = None,
    ) -> None:
        """`last_number` is that of the run's last event. By default it is a script that records."""
        self.states = states or StepStates()
        self.cancel_requested = threading.Event()
        # Called once, from the committing thread, when the wish to cancel is seen.
        self.on_cancel: Callable[[], None] | None = None
        # Called once, from the committing thread, when the run can't be recorded any more, e.g. its lease is lost.
        self.on_failure: Callable[[BaseException], None] | None = None
        self._database = database
        self._run_id = run_id
        self._token = token
        self._policy = policy
        self._last_number = last_number
        self._patience = patience or Patience(script_waits, run_id)
        self._observer = observer
        self._pending: list[tuple[datetime, Event]] = []
        self._touched: dict[str, StepState] = {}
        # To be committed with the next events, and since when; None: as it was.
        self._status: tuple[RunStatus, datetime] | None = None
        self._first_pending_at = 0.0
        self._renewed_at = monotonic()
        self._failure: BaseException | None = None
        self._stopped = False
        # The database is away, and what it could not do is tried again.
        self._is_stalled = False
        # Guards what is pending; held for moments only.
        self._changed = threading.Condition()
        # Held while a batch is committed, so that batches keep their order.
        self._committing = threading.Lock()
        self._thread = threading.Thread(target=self._commit_in_time, name=f"recorder of {run_id}", daemon=True)

    def __enter__(self) -> RunRecorder:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()

    def record(self, event: Event) -> None:
        """Record an event that has just happened. Raises what stopped an earlier commit, e.g. LeaseLostError."""
        at = datetime.now(UTC)
        with self._changed:
            if self._failure is not None:
                raise self._failure
            state = self.states.apply(at, event)
            if state is not None:
                self._touched[state.step_key] = state
            self._pending.append((at, event))
            waiting = len(self._pending)
            if waiting == 1:
                self._first_pending_at = monotonic()
                self._changed.notify_all()
        if self._observer is not None:
            self._observer(at, event)
        if waiting >= self._policy.max_events:
            self.commit()

    def change_status(self, status: RunStatus) -> None:
        """The run stands so from now on; committed with the next event. The first such status is the run's start."""
        with self._changed:
            self._status = status, datetime.now(UTC)

    def see_cancel(self) -> None:
        """Somebody has asked to cancel the run."""
        if not self.cancel_requested.is_set():
            self.cancel_requested.set()
            if self.on_cancel is not None:
                self.on_cancel()

    def wait_for_database(self) -> None:
        """Returns at once, but while the database is away; nothing that can't be recorded is to start.

        Raises what stopped the recording meanwhile.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._is_stalled)
            if self._failure is not None:
                raise self._failure

    def commit(self) -> None:
        """Commit what is pending now."""
        self._commit(None)

    def end(self, conclude: Callable[[bool], Ending]) -> None:
        """Commit what is pending together with the run's end, which `conclude` tells for a run canceled or not.

        It is asked again where somebody's wish to cancel was stored meanwhile: cancel wins.
        """
        try:
            self._commit(conclude(self.cancel_requested.is_set()))
        except CancelRequestedError:
            self.cancel_requested.set()
            self._commit(conclude(True))

    def _commit(self, ending: Ending | None) -> None:
        with self._committing:
            with self._changed:
                if self._failure is not None:
                    raise self._failure
                events, self._pending = self._pending, []
                if not events and ending is None:
                    return
                touched, self._touched = self._touched, {}
                status, self._status = self._status, None
            batch = _batch(events, touched, status, ending)
            try:
                appended = self._write(
                    partial(append, self._run_id, self._token, batch),
                    again=partial(append_again, self._run_id, self._token, batch, last_number=self._last_number),
                )
            except CancelRequestedError:
                self._take_back(events, touched, status)
                raise
            except BaseException as failure:
                self._failure = failure
                raise
            self._last_number = appended.last_number
            # Once the run has ended there is no lease to renew.
            self._stopped = self._stopped or ending is not None
        if ending is not None and self._observer is not None:
            self._observer(ending.at, ending.event)
        if appended.cancel_requested and ending is None:
            self.see_cancel()

    def _take_back(
        self,
        events: list[tuple[datetime, Event]],
        touched: dict[str, StepState],
        status: tuple[RunStatus, datetime] | None,
    ) -> None:
        """What could not be committed is pending again, before what has come since."""
        with self._changed:
            self._pending, self._touched = events + self._pending, touched | self._touched
            self._status = self._status or status

    def _commit_in_time(self) -> None:
        while True:
            with self._changed:
                if self._stopped:
                    return
                now = monotonic()
                renew_in = self._renewed_at + self._policy.heartbeat_seconds - now
                commit_in = self._first_pending_at + self._policy.interval_seconds - now
                wait = min(renew_in, commit_in) if self._pending else renew_in
                if wait > 0:
                    self._changed.wait(wait)
                    continue
            try:
                if renew_in <= 0:
                    self._renew()
                else:
                    self._commit(None)
            except BaseException as failure:  # noqa: BLE001 - told to the run by its next record()
                self._failure = failure
                if self.on_failure is not None and not self._stopped:
                    self.on_failure(failure)
                return

    def _write(self, script: Callable[[], Script[Appended]], *, again: Callable[[], Script[Appended]]) -> Appended:
        """What the script returns; where the database is away, `again` is tried until it is back."""
        try:
            return self._database.write(script())
        except StoreUnavailableError as error:
            self._set_stalled(True)
            try:
                return self._patience.try_again(error, lambda: self._database.write(again()))
            except CancelRequestedError:
                raise
            except BaseException as failure:
                self._failure = failure
                raise
            finally:
                self._set_stalled(False)

    def _set_stalled(self, is_stalled: bool) -> None:
        with self._changed:
            self._is_stalled = is_stalled
            self._changed.notify_all()

    def _renew(self) -> None:
        with self._committing:
            renew = partial(renew_lease, self._run_id, self._token, self._policy.lease_seconds)
            renewed = self._write(renew, again=renew)
        self._renewed_at = monotonic()
        if renewed.cancel_requested:
            self.see_cancel()


def _batch(
    events: list[tuple[datetime, Event]],
    touched: dict[str, StepState],
    status: tuple[RunStatus, datetime] | None,
    ending: Ending | None,
) -> RunBatch:
    steps = tuple(touched.values())
    now, since = status or (None, None)
    if ending is None:
        return RunBatch(events=tuple(events), steps=steps, status=now, started_at=since)
    return RunBatch(
        events=(*events, (ending.at, ending.event)),
        steps=steps,
        status=ending.status,
        group_status=ending.group_status,
        # A short run starts and ends in one batch.
        started_at=since,
        ended_at=ending.at,
        error=ending.error,
        retry_number=ending.retry_number,
    )
