"""A step process: it has the author's code loaded, and makes one attempt after the other, as the worker tells it."""

from __future__ import annotations

import threading
from contextlib import nullcontext

from dalsegno.definitions.context import LogSink
from dalsegno.definitions.repository import Repository
from dalsegno.output_storage import OutputStorage
from dalsegno.runs.attempts import ErrorInfo
from dalsegno.runs.events import LogLevel
from dalsegno.runs.run import Run
from dalsegno.worker.attempt_failure import AttemptFailure, failure_of
from dalsegno.worker.captured_streams import CapturedStreams
from dalsegno.worker.channel import Channel
from dalsegno.worker.error_info import error_info
from dalsegno.worker.interrupts import Interrupts
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
from dalsegno.worker.run_environment import GrowingEnvironment, ResourceFailure, check_config
from dalsegno.worker.run_execution import Attempt
from dalsegno.worker.step_execution import Done, execute_attempt


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
            self._repository.pipeline(run.pipeline_name), run, self._storage, log=self._log_of(run.run_id, None)
        )

    def _prepare(self, message: Prepare) -> None:
        error: ErrorInfo | None = None
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
        result: Done | AttemptFailure | BaseException
        self._captured.begin(attempt)
        try:
            with self._interrupts.allowed():
                environment = self._environments[run_id].made_for((attempt.step_key,))
                result = execute_attempt(environment, attempt, message.inputs, self._log_of(run_id, attempt))
        except BaseException as error:  # noqa: BLE001 - whatever a step raises, sys.exit included, fails that step alone
            was_asked_to = isinstance(error, KeyboardInterrupt) and self._interrupts.requested
            result = error if was_asked_to else failure_of(_without_wrapping(error))
        captured = self._captured.end(run_id, attempt)
        match result:
            case Done():
                try:
                    self._send(AttemptDone(run_id, attempt, result.outputs, result.provenance, captured))
                except (TypeError, ValueError, OverflowError) as error:  # what is recorded of its outputs is no JSON
                    self._send(AttemptFailed(run_id, attempt, failure_of(error), captured))
            case AttemptFailure():
                self._send(AttemptFailed(run_id, attempt, result, captured))
            case _:
                self._send(AttemptInterrupted(run_id, attempt, error_info(result), captured))

    def _close(self, run_id: str) -> None:
        error: ErrorInfo | None = None
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
