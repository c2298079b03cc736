"""One run on its way through the step processes of a worker."""

from __future__ import annotations

import queue
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

import msgspec

from dalsegno.errors import DalsegnoError, StepProcessDiedError
from dalsegno.output_storage import OutputStorage
from dalsegno.plan.plan import Plan
from dalsegno.quantities import shown_bytes
from dalsegno.runs.attempts import ErrorInfo
from dalsegno.runs.automatic_retry import number_of_retry
from dalsegno.runs.events import Logged, ResourceTeardownFailed, RunCanceling, RunStarted
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.snapshot.step_keys import step_name
from dalsegno.snapshot.step_limits import StepLimits
from dalsegno.worker.captured_streams import keep_captured
from dalsegno.worker.loaded_code import LoadedCode
from dalsegno.worker.messages import (
    AttemptDone,
    AttemptFailed,
    AttemptInterrupted,
    FromStepProcess,
    LogLine,
    MakeAttempt,
    Prepared,
    RunClosed,
)
from dalsegno.worker.pooled_process import PooledProcess
from dalsegno.worker.run_execution import Attempt, Ending, RunExecution
from dalsegno.worker.run_recorder import RunRecorder
from dalsegno.worker.step_execution import StepInputs
from dalsegno.worker.step_pool import Died, Granted, StepPool, Told
from dalsegno.worker.time_limits import TimeLimits

# How long a run waits for its code where the process that had it loaded is gone, before it is given back.
_WITHOUT_CODE_SECONDS = 10.0
_LOOK_FOR_CODE_SECONDS = 0.2
# What tearing resources down may take at least, where the run is cancelled or its worker stops.
_TEAR_DOWN_SECONDS = 1.0


class RunTools(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker lends to each of its runs."""

    worker_id: str
    pool: StepPool
    # By snapshot id: the code as it is loaded now; None where it is not.
    code_of: Callable[[str], LoadedCode | None]
    storage: OutputStorage
    # From interrupting a step to killing it.
    grace_seconds: float
    # Of steps that have no limits of their own.
    limits: StepLimits = StepLimits()


class _Cancel(msgspec.Struct, frozen=True):
    """Somebody has asked to cancel the run."""


class _Stop(msgspec.Struct, frozen=True):
    """The worker stops: nothing new starts, and what runs still at `kill_at` (monotonic) is killed."""

    kill_at: float


class _Unrecordable(msgspec.Struct, frozen=True):
    """The run can't be recorded any more: its lease is lost, or the database is gone."""

    error: BaseException


class PooledRun:
    """Executes one run to its end, or until its worker stops.

    `cancel` and `stop` may be called from any thread.
    """

    def __init__(
        self, run: Run, plan: Plan, snapshot: PipelineSnapshot, recorder: RunRecorder, tools: RunTools
    ) -> None:
        self._run = run
        self._plan = plan
        self._snapshot = snapshot
        self._recorder = recorder
        self._tools = tools
        self._pool = tools.pool
        self._execution = RunExecution(
            plan, snapshot, recorder.states, recorder.record, run_id=run.run_id, worker_id=tools.worker_id
        )
        self._inbox: queue.SimpleQueue[Told | _Cancel | _Stop | _Unrecordable] = queue.SimpleQueue()
        # What goes on, and where.
        self._attempts: dict[PooledProcess, Attempt] = {}
        # Processes that prepare the run, or tear its resources down.
        self._awaited: set[PooledProcess] = set()
        self._is_preparing = False
        # It is held, and has nothing to do yet.
        self._spare: PooledProcess | None = None
        # These make no other attempts: who knows what an interrupt has torn.
        self._interrupted: set[PooledProcess] = set()
        self._killed: set[PooledProcess] = set()
        self._time_limits = TimeLimits(tools.grace_seconds)
        self._is_canceled = False
        self._is_stopping = False
        # When whatever goes on still is killed, by the monotonic clock.
        self._kill_at: float | None = None
        self._without_code_since: float | None = None
        # Why the run as a whole fails.
        self._failure: ErrorInfo | None = None

    def cancel(self) -> None:
        """Interrupt what goes on, start nothing more."""
        self._inbox.put(_Cancel())

    def stop(self, kill_at: float) -> None:
        """Start nothing more; what goes on may end until then, by the monotonic clock."""
        self._inbox.put(_Stop(kill_at))

    def run_to_end(self) -> bool:
        """Execute, and record the end; False where something is left to do, for another worker.

        Raises what stopped the recording: LeaseLostError, StoreUnavailableError.
        """
        self._pool.join(self._run.run_id, self._inbox.put)
        self._recorder.on_cancel = self.cancel
        self._recorder.on_failure = lambda error: self._inbox.put(_Unrecordable(error))
        try:
            if self._run.cancel_requested or self._recorder.cancel_requested.is_set():
                self._see_cancel()
            self._take_over_attempts()
            if self._run.started_at is None:
                self._prepare()
            self._execute()
            if self._is_canceled:
                self._execution.retries_abandoned()
            self._tear_down()
            if self._is_left_undone:
                self._recorder.commit()
                return False
            self._recorder.end(self._ending)
            return True
        finally:
            self._let_go()

    @property
    def _is_halted(self) -> bool:
        return self._is_canceled or self._is_stopping or self._failure is not None

    @property
    def _is_left_undone(self) -> bool:
        return self._is_stopping and not (self._is_canceled or self._failure or self._execution.is_over)

    def _ending(self, canceled: bool) -> Ending:
        return self._execution.ending(
            datetime.now(UTC),
            canceled=canceled or self._is_canceled,
            error=self._failure,
            retry_for=lambda errors: number_of_retry(self._run.tags, self._snapshot.tags, errors),
        )

    # What is done, in order.

    def _take_over_attempts(self) -> None:
        """What went on when another worker lost the run is lost with it."""
        for state in list(self._recorder.states.by_key.values()):
            if state.status is StepStatus.RUNNING:
                last = state.attempts[-1]
                attempt = Attempt(state.step_key, last.number, last.token)
                if self._is_canceled:
                    self._execution.interrupted(attempt, None)
                else:
                    self._execution.lost(attempt)

    def _prepare(self) -> None:
        """Let a process check the config, and make all resources: what is wrong with them fails the run, not a step."""
        while not self._is_halted:
            process = self._take()
            if process is not None:
                self._awaited.add(process)
                process.prepare(self._run, self._plan.step_keys_to_execute)
                break
            self._wait()
        self._is_preparing = True
        while self._awaited:
            self._wait()
        self._is_preparing = False
        if not self._is_halted:
            self._recorder.change_status(RunStatus.RUNNING)
            self._recorder.record(RunStarted(steps=len(self._plan.executed), worker_id=self._tools.worker_id))

    def _execute(self) -> None:
        while True:
            self._start_what_is_due()
            if not self._attempts and (self._is_halted or self._execution.is_over):
                return
            self._wait()

    def _start_what_is_due(self) -> None:
        while not self._is_halted and self._execution.is_due():
            process = self._take()
            if process is None:
                return
            # Given back by _let_go where the recording has failed meanwhile.
            self._spare = process
            self._recorder.wait_for_database()
            self._spare = None
            attempt = self._execution.next_attempt()
            assert attempt is not None  # it is due
            self._attempts[process] = attempt
            inputs = StepInputs.of(self._execution.planned(attempt.step_key), self._execution.source_in_this_run)
            limits = self._limits_of(attempt)
            process.make(self._run, MakeAttempt(self._run.run_id, attempt, inputs, limits.memory_bytes))
            self._time_limits.begin(process, attempt.step_key, limits.time_seconds)
        self._give_spare_back()

    def _limits_of(self, attempt: Attempt) -> StepLimits:
        step = self._snapshot.by_key[step_name(attempt.step_key)]
        return self._tools.limits.overridden_by(self._snapshot.tags).overridden_by(step.tags)

    def _tear_down(self) -> None:
        self._give_spare_back()
        if self._is_canceled or self._is_stopping:
            self._kill_at = max(self._kill_at or 0.0, monotonic() + _TEAR_DOWN_SECONDS)
        self._awaited |= self._pool.close_run(self._run.run_id)
        while self._awaited:
            self._wait()

    def _let_go(self) -> None:
        """Of all processes, whatever has happened."""
        for process in (*self._attempts, *self._awaited):
            process.kill()
        for process in self._interrupted:
            self._pool.retire(process)
            self._pool.give_back(process, self._run.run_id)
        self._give_spare_back()
        self._pool.abandon_run(self._run.run_id)
        self._pool.leave(self._run.run_id)
        while not self._inbox.empty():
            match self._inbox.get():
                case process, Granted():
                    self._pool.give_back(process, self._run.run_id)

    def _take(self) -> PooledProcess | None:
        """A process to use now; None: there will be one later."""
        if self._spare is not None:
            process, self._spare = self._spare, None
            return process
        if self._tools.code_of(self._run.snapshot_id) is not None:
            self._without_code_since = None
            return self._pool.take(self._run.run_id, lambda: self._tools.code_of(self._run.snapshot_id))
        if self._without_code_since is None:
            self._without_code_since = monotonic()
        elif monotonic() - self._without_code_since > _WITHOUT_CODE_SECONDS:
            self._is_stopping = True
        return None

    def _give_spare_back(self) -> None:
        if self._spare is not None:
            self._pool.give_back(self._spare, self._run.run_id)
            self._spare = None

    # What is heard meanwhile.

    def _wait(self) -> None:
        """For the next thing to happen."""
        ends = [at - monotonic() for at in (self._kill_at, self._time_limits.next_at) if at is not None]
        if not self._is_halted:
            retry = self._execution.seconds_to_retry()
            ends += [] if retry is None else [retry]
            ends += [] if self._without_code_since is None else [_LOOK_FOR_CODE_SECONDS]
        try:
            told = self._inbox.get(timeout=max(0.0, min(ends)) if ends else None)
        except queue.Empty:
            pass
        else:
            self._hear(told)
        self._time_limits.enforce()
        if self._kill_at is not None and monotonic() >= self._kill_at:
            self._kill_at = None
            for process in (*self._attempts, *self._awaited):
                self._killed.add(process)
                process.kill()

    def _hear(self, told: Told | _Cancel | _Stop | _Unrecordable) -> None:
        match told:
            case _Cancel():
                self._see_cancel()
            case _Stop():
                self._is_stopping = True
                self._kill_at = told.kill_at if self._kill_at is None else min(self._kill_at, told.kill_at)
            case _Unrecordable():
                raise told.error
            case process, Granted():
                self._give_spare_back()
                self._spare = process
            case process, Died():
                self._see_death(process, told[1])
            case process, message:
                self._hear_from(process, message)

    def _hear_from(self, process: PooledProcess, message: FromStepProcess) -> None:
        match message:
            case LogLine(attempt=attempt):
                self._recorder.record(
                    Logged(
                        step_key=None if attempt is None else attempt.step_key,
                        attempt=None if attempt is None else attempt.number,
                        severity=message.level,
                        message=message.message,
                    )
                )
            case Prepared():
                self._awaited.discard(process)
                self._spare = None if process in self._interrupted else process
                self._failure = None if self._is_canceled else message.error
            case RunClosed():
                self._see_closed(process)
                if message.error is not None:
                    self._recorder.record(ResourceTeardownFailed(error=message.error))
            case AttemptDone() | AttemptFailed() | AttemptInterrupted():
                if self._attempts.get(process) == message.attempt:
                    del self._attempts[process]
                    late = self._time_limits.end(process)
                    self._end_attempt(message, late)
                    if late is not None or message.is_spent:
                        self._pool.retire(process)
                    if process not in self._interrupted:
                        self._pool.give_back(process, self._run.run_id)

    def _end_attempt(
        self, message: AttemptDone | AttemptFailed | AttemptInterrupted, late: DalsegnoError | None
    ) -> None:
        """`late`: it was interrupted because its time was up; what it has done in spite of that counts."""
        attempt, captured = message.attempt, message.captured
        match message:
            case AttemptDone():
                self._execution.succeeded(attempt, message.outputs, message.provenance, captured)
            case AttemptFailed() | AttemptInterrupted() if late is not None and not self._is_canceled:
                cause = message.failure.error if isinstance(message, AttemptFailed) else message.error
                self._execution.failed(attempt, _error(late, cause), captured)
            case AttemptFailed(failure=failure) if not self._is_canceled:
                self._execution.failed(
                    attempt, failure.error, captured, asked=failure.asked, may_retry=failure.may_retry
                )
            case AttemptFailed(failure=failure):
                self._execution.interrupted(attempt, failure.error, captured)
            case AttemptInterrupted() if self._is_canceled:
                self._execution.interrupted(attempt, message.error, captured)
            case AttemptInterrupted():
                self._execution.failed(attempt, message.error, captured)

    def _see_closed(self, process: PooledProcess) -> None:
        if process in self._awaited:
            self._awaited.discard(process)
            if process not in self._interrupted:
                self._pool.give_back(process, self._run.run_id)

    def _see_death(self, process: PooledProcess, died: Died) -> None:
        self._spare = None if self._spare is process else self._spare
        self._interrupted.discard(process)
        late = self._time_limits.end(process)
        attempt = self._attempts.pop(process, None)
        limit = None if attempt is None else self._limits_of(attempt).memory_bytes
        died_so = StepProcessDiedError(how=died.how, memory_limit=None if limit is None else shown_bytes(limit))
        error = _error(died_so) if late is None or self._is_canceled else _error(late, _error(died_so))
        was_meant = self._is_canceled or process in self._killed
        if process in self._awaited:
            self._awaited.discard(process)
            if self._is_preparing and not was_meant:
                self._failure = error
            elif not was_meant:
                self._recorder.record(ResourceTeardownFailed(error=error))
        if attempt is None:
            return
        captured = keep_captured(process.code.folder, self._tools.storage, self._run.run_id, attempt)
        if self._is_canceled:
            self._execution.interrupted(attempt, error, captured)
        elif was_meant:
            self._execution.lost(attempt)
        else:
            self._execution.failed(attempt, error, captured)

    def _see_cancel(self) -> None:
        if self._is_canceled:
            return
        self._is_canceled = True
        kill_at = monotonic() + self._tools.grace_seconds
        self._kill_at = kill_at if self._kill_at is None else min(self._kill_at, kill_at)
        if self._attempts:
            self._recorder.change_status(RunStatus.CANCELING)
            self._recorder.record(RunCanceling())
        for process in (*self._attempts, *self._awaited):
            self._interrupted.add(process)
            process.interrupt()


def _error(error: DalsegnoError, cause: ErrorInfo | None = None) -> ErrorInfo:
    return ErrorInfo(class_name=type(error).__name__, message=error.message, cause=cause)
