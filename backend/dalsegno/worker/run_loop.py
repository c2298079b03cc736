"""The loop around a run that executes in this process: one attempt after the other, until the run is over."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime

from dalsegno.definitions import PipelineDefinition
from dalsegno.definitions.context import LogSink
from dalsegno.output_storage import OutputStorage
from dalsegno.plan.plan import Plan
from dalsegno.runs.attempts import ErrorInfo
from dalsegno.runs.events import Logged, LogLevel, ResourceTeardownFailed
from dalsegno.runs.run import Run
from dalsegno.worker.attempt_failure import failure_of, what_failed
from dalsegno.worker.bounded_log import BoundedLog
from dalsegno.worker.captured_prints import CapturedPrints
from dalsegno.worker.error_info import error_info
from dalsegno.worker.interrupts import Interrupts
from dalsegno.worker.run_environment import ResourceFailure, RunEnvironment, open_environment
from dalsegno.worker.run_execution import Attempt, CapturedOutput, RunExecution
from dalsegno.worker.run_recorder import RunRecorder
from dalsegno.worker.step_execution import StepInputs, execute_attempt


class RunLoop:
    """Executes a run that has started, to its end.

    `run_to_end` raises StoreUnavailableError or LeaseLostError where the run can't be recorded. After it, `raised` is
    the exception that ended the first step that failed, or the run as a whole: KeyboardInterrupt after a Ctrl-C.
    """

    def __init__(
        self,
        pipeline: PipelineDefinition,
        run: Run,
        plan: Plan,
        recorder: RunRecorder,
        storage: OutputStorage,
        worker_id: str,
    ) -> None:
        self.raised: BaseException | None = None
        self._pipeline = pipeline
        self._run = run
        self._plan = plan
        self._recorder = recorder
        self._storage = storage
        self._interrupts = Interrupts()
        self._execution = RunExecution(plan, pipeline.snapshot, recorder.states, recorder.record, worker_id=worker_id)
        # Ctrl-C was pressed, or a step interrupted.
        self._interrupted = False
        # A resource could not be made.
        self._failure: ErrorInfo | None = None

    def run_to_end(self) -> None:
        """Execute, and record the end."""
        self._recorder.on_cancel = self._interrupts.interrupt
        with self._interrupts:
            try:
                with self._environment() as environment:
                    self._execute(environment)
            except ResourceFailure as failure:
                self.raised = failure.__cause__
                self._failure = None if self._canceled else error_info(failure.__cause__ or failure)
            except KeyboardInterrupt as interrupt:
                self._interrupted = True
                self.raised = interrupt
            if self._canceled:
                self._execution.retries_abandoned()
            if self._interrupts.requested:
                self.raised = self.raised or KeyboardInterrupt()
            self._recorder.end(
                lambda canceled: self._execution.ending(
                    datetime.now(UTC), canceled=canceled or self._canceled, error=self._failure
                )
            )

    def _environment(self) -> AbstractContextManager[RunEnvironment]:
        return open_environment(
            self._pipeline,
            self._run,
            self._plan.executed,
            self._storage,
            log=BoundedLog(self._log_of(None)),
            on_teardown_failure=lambda error: self._recorder.record(ResourceTeardownFailed(error=error_info(error))),
            interruptible=self._interrupts.allowed,
        )

    def _execute(self, environment: RunEnvironment) -> None:
        while not self._execution.is_over and not self._canceled:
            self._recorder.wait_for_database()
            attempt = self._execution.next_attempt()
            if attempt is not None:
                self._make(attempt, environment)
                continue
            wait = self._execution.seconds_to_retry()
            if wait is not None:
                with self._interrupts.allowed():
                    self._recorder.cancel_requested.wait(wait)

    @property
    def _canceled(self) -> bool:
        return self._interrupted or self._interrupts.requested or self._recorder.cancel_requested.is_set()

    def _make(self, attempt: Attempt, environment: RunEnvironment) -> None:
        prints = CapturedPrints(self._storage, self._run.run_id, attempt.step_key, attempt.token)
        inputs = StepInputs.of(self._execution.planned(attempt.step_key), self._execution.source_in_this_run)
        log = BoundedLog(self._log_of(attempt))
        try:
            with prints, self._interrupts.allowed(), closing(log):
                done = execute_attempt(environment, attempt, inputs, log)
        except KeyboardInterrupt as interrupt:
            self._interrupted = True
            self.raised = self.raised or interrupt
            self._execution.interrupted(attempt, error_info(interrupt), prints.captured())
        except BaseException as error:  # noqa: BLE001 - whatever a step raises, sys.exit included, fails that step alone
            if self._canceled:
                # What a step makes of an interrupt is no failure, and is never tried again.
                self._execution.interrupted(attempt, error_info(error), prints.captured())
            else:
                self._failed(attempt, error, prints.captured())
        else:
            self._execution.succeeded(attempt, done.outputs, done.provenance, prints.captured())

    def _failed(self, attempt: Attempt, error: BaseException, captured: CapturedOutput) -> None:
        failure = failure_of(error)
        is_over = self._execution.failed(
            attempt, failure.error, captured, asked=failure.asked, may_retry=failure.may_retry
        )
        if is_over:
            self.raised = self.raised or what_failed(error)

    def _log_of(self, attempt: Attempt | None) -> LogSink:
        step_key = attempt.step_key if attempt else None
        number = attempt.number if attempt else None

        def log(level: LogLevel, message: str) -> None:
            with self._interrupts.held_back():
                self._recorder.record(Logged(step_key=step_key, attempt=number, severity=level, message=message))

        return log
