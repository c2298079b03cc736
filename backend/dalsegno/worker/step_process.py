"""A step process: it has the author's code loaded, and makes one attempt after the other, as the worker tells it."""

from __future__ import annotations

import threading
from contextlib import nullcontext

from dalsegno.definitions.context import LogSink
from dalsegno.definitions.repository import Repository
from dalsegno.errors import MemoryLimitExceededError
from dalsegno.output_storage import OutputStorage
from dalsegno.runs.attempts import ErrorInfo
from dalsegno.runs.events import LogLevel
from dalsegno.runs.run import Run
from dalsegno.worker.attempt_failure import AttemptFailure, failure_of
from dalsegno.worker.bounded_log import BoundedLog
from dalsegno.worker.captured_streams import CapturedStreams
from dalsegno.worker.channel import Channel
from dalsegno.worker.error_info import error_info
from dalsegno.worker.interrupts import Interrupts
from dalsegno.worker.memory_limit import limited_memory
from dalsegno.worker.messages import (
    AttemptDone,
    AttemptFailed,
    AttemptInterrupted,
    CloseRun,
    FromStepProcess,
    LogLine,
    MakeAttempt,
    OpenRun,
    Prepare,
    Prepared,
    RunClosed,
    ToStepProcess,
    decode_to_step,
    encode,
)
from dalsegno.worker.process_state import Descriptors, ProcessState
from dalsegno.worker.run_environment import GrowingEnvironment, ResourceFailure, RunEnvironment, check_config
from dalsegno.worker.run_execution import Attempt
from dalsegno.worker.step_execution import Done, execute_attempt

# A process that gave memory up to a limit keeps much of it.
_OUT_OF_MEMORY = (MemoryError.__name__, MemoryLimitExceededError.__name__)


class StepProcess:
    """Serves one worker, until that closes the channel."""

    def __init__(
        self, channel: Channel, repository: Repository, storage: OutputStorage, captured: CapturedStreams
    ) -> None:
        self._channel = channel
        self._repository = repository
        self._storage = storage
        self._captured = captured
        self._interrupts = Interrupts()
        self._environments: dict[str, GrowingEnvironment] = {}
        # As it is between attempts; None where a resource may have changed it since it was noted.
        self._state: ProcessState | None = None
        self._descriptors = Descriptors()

    def serve(self) -> None:
        """Do what is asked, in order."""
        with self._interrupts:
            while (contents := self._channel.receive()) is not None:
                for content in contents:
                    self._do(decode_to_step(content))
            for run_id in list(self._environments):
                self._close(run_id)

    def _do(self, message: ToStepProcess) -> None:
        match message:
            case OpenRun(run=run):
                self._open(run)
            case Prepare():
                self._prepare(message)
            case MakeAttempt():
                self._make(message)
            case CloseRun():
                self._close(message.run_id)

    def _open(self, run: Run) -> None:
        self._environments[run.run_id] = GrowingEnvironment(
            self._repository.pipeline(run.pipeline_name),
            run,
            self._storage,
            log=BoundedLog(self._log_of(run.run_id, None)),
        )

    def _prepare(self, message: Prepare) -> None:
        error: ErrorInfo | None = None
        self._state = None
        environment = self._environments[message.run_id]
        try:
            with self._interrupts.allowed():
                check_config(environment.pipeline, environment.run.mode, environment.run.run_config, message.step_keys)
                environment.made_for(message.step_keys)
        except BaseException as raised:  # noqa: BLE001 - an author's resource may raise anything
            error = error_info(_without_wrapping(raised))
        self._send(Prepared(message.run_id, error))

    def _make(self, message: MakeAttempt) -> None:
        run_id, attempt = message.run_id, message.attempt
        log = BoundedLog(self._log_of(run_id, attempt))
        result: Done | AttemptFailure | BaseException
        self._captured.begin(attempt)
        try:
            with self._interrupts.allowed():
                environment = self._environment(run_id, attempt.step_key)
                with limited_memory(message.memory_bytes, attempt.step_key):
                    result = execute_attempt(environment, attempt, message.inputs, log)
        except BaseException as error:  # noqa: BLE001 - whatever a step raises, sys.exit included, fails that step alone
            was_asked_to = isinstance(error, KeyboardInterrupt) and self._interrupts.requested
            result = error if was_asked_to else failure_of(_without_wrapping(error))
        is_spent = self._tidy_up(result)
        log.close()
        captured = self._captured.end(run_id, attempt)
        match result:
            case Done():
                try:
                    self._send(AttemptDone(run_id, attempt, result.outputs, result.provenance, captured, is_spent))
                except (TypeError, ValueError, OverflowError) as error:  # what is recorded of its outputs is no JSON
                    self._send(AttemptFailed(run_id, attempt, failure_of(error), captured, is_spent))
            case AttemptFailure():
                self._send(AttemptFailed(run_id, attempt, result, captured, is_spent))
            case _:
                self._send(AttemptInterrupted(run_id, attempt, error_info(result), captured, is_spent))

    def _environment(self, run_id: str, step_key: str) -> RunEnvironment:
        """Ready for the step; from here on, what changes in this process is the attempt's doing."""
        growing = self._environments[run_id]
        if not growing.is_made_for((step_key,)):
            self._state = None
        environment = growing.made_for((step_key,))
        if self._state is None:
            with self._interrupts.held_back():
                self._state = ProcessState()
        return environment

    def _tidy_up(self, result: Done | AttemptFailure | BaseException) -> bool:
        """Undo what the attempt has done to this process; whether it is spent."""
        is_as_before = self._state is not None and self._state.put_back() and self._descriptors.are_open()
        ran_out_of_memory = isinstance(result, AttemptFailure) and result.error.class_name in _OUT_OF_MEMORY
        return self._interrupts.requested or ran_out_of_memory or not is_as_before

    def _close(self, run_id: str) -> None:
        error: ErrorInfo | None = None
        self._state = None
        try:
            environment = self._environments.pop(run_id, None)
            if environment is not None:
                environment.close()
        except BaseException as raised:  # noqa: BLE001 - an author's teardown may raise anything
            error = error_info(raised)
        self._send(RunClosed(run_id, error))

    def _log_of(self, run_id: str, attempt: Attempt | None) -> LogSink:
        def log(level: LogLevel, message: str) -> None:
            # Only the main thread is interrupted, and a message must not be torn.
            in_main_thread = threading.current_thread() is threading.main_thread()
            with self._interrupts.held_back() if in_main_thread else nullcontext():
                self._send(LogLine(run_id, level, message, attempt))

        return log

    def _send(self, message: FromStepProcess) -> None:
        self._channel.send(encode(message))


def _without_wrapping(error: BaseException) -> BaseException:
    """What a resource's own code raised."""
    return error.__cause__ or error if isinstance(error, ResourceFailure) else error
