"""What a worker, its code processes and its step processes say to each other: plain data as JSON, never pickles."""

from __future__ import annotations

from typing import Any

import msgspec

from dalsegno.runs.attempts import ErrorInfo, Provenance, StepOutput
from dalsegno.runs.events import LogLevel
from dalsegno.runs.run import Run
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.worker.attempt_failure import AttemptFailure
from dalsegno.worker.run_execution import Attempt, CapturedOutput
from dalsegno.worker.step_execution import StepInputs


class _Message(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    pass


# From the worker to a step process.


class OpenRun(_Message, frozen=True):
    """Attempts of this run may follow. Resources are made when a step first needs them."""

    run: Run


class Prepare(_Message, frozen=True):
    """Check the config of these steps of an open run, and make their resources now."""

    run_id: str
    step_keys: tuple[str, ...]


class MakeAttempt(_Message, frozen=True):
    """Execute one attempt of an open run."""

    run_id: str
    attempt: Attempt
    inputs: StepInputs
    # How much more memory it may take than its process has already.
    memory_bytes: int | None = None


class CloseRun(_Message, frozen=True):
    """No attempt of this run follows: tear its resources down."""

    run_id: str


ToStepProcess = OpenRun | Prepare | MakeAttempt | CloseRun


# From a step process to the worker; all of them concern one run. A process that is spent makes no other attempt: what
# the one that has ended did to it can't be undone.


class LogLine(_Message, frozen=True):
    """A line that a step, or a resource as it was made, wrote to `context.log`."""

    run_id: str
    level: LogLevel
    message: str
    # None: a resource's.
    attempt: Attempt | None = None


class Prepared(_Message, frozen=True):
    """The answer to Prepare; an error where the run can't begin."""

    run_id: str
    error: ErrorInfo | None = None


class AttemptDone(_Message, frozen=True):
    """The attempt succeeded; its outputs are stored."""

    run_id: str
    attempt: Attempt
    outputs: tuple[StepOutput, ...]
    provenance: Provenance
    captured: CapturedOutput
    is_spent: bool = False


class AttemptFailed(_Message, frozen=True):
    """The attempt failed, but its process lives."""

    run_id: str
    attempt: Attempt
    failure: AttemptFailure
    captured: CapturedOutput
    is_spent: bool = False


class AttemptInterrupted(_Message, frozen=True):
    """The attempt ended because it was interrupted."""

    run_id: str
    attempt: Attempt
    error: ErrorInfo
    captured: CapturedOutput
    is_spent: bool = False


class RunClosed(_Message, frozen=True):
    """The answer to CloseRun; an error where a resource could not be torn down."""

    run_id: str
    error: ErrorInfo | None = None


FromStepProcess = LogLine | Prepared | AttemptDone | AttemptFailed | AttemptInterrupted | RunClosed


# Between the worker and a code process.


class Fork(_Message, frozen=True):
    """Start a step process; the descriptor that comes with this is its channel."""

    number: int


class Loaded(_Message, frozen=True):
    """The author's code is loaded."""

    snapshots: tuple[PipelineSnapshot, ...]


class LoadFailed(_Message, frozen=True):
    """The author's code does not import. The process goes on watching its files."""

    error: ErrorInfo


class FilesChanged(_Message, frozen=True):
    """A file of the author's code is not what was loaded any more; told once."""


class Forked(_Message, frozen=True):
    """A step process has started; it leads a process group of its own."""

    number: int
    pid: int


class StepExited(_Message, frozen=True):
    """A step process is gone: "signal 9 (SIGKILL)", "exit code 3", or why it could not be started."""

    number: int
    how: str


FromCodeProcess = Loaded | LoadFailed | FilesChanged | Forked | StepExited

_encoder = msgspec.json.Encoder()
decode_to_step = msgspec.json.Decoder(ToStepProcess).decode
decode_from_step = msgspec.json.Decoder(FromStepProcess).decode
decode_from_code = msgspec.json.Decoder(FromCodeProcess).decode
decode_fork = msgspec.json.Decoder(Fork).decode


def encode(message: ToStepProcess | FromStepProcess | FromCodeProcess | Fork) -> bytes:
    """The bytes of a message; lone surrogates become question marks. Raises TypeError, ValueError, OverflowError."""
    try:
        return _encoder.encode(message)
    except UnicodeEncodeError:
        return _encoder.encode(_without_surrogates(msgspec.to_builtins(message)))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(one) for one in value]
    return value
