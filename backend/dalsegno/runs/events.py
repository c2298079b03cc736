"""What happens in a run, in the past tense: the record that every state is folded from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from dalsegno.runs.attempts import CapturedLog, ErrorInfo, Provenance, StepOutput


class LogLevel(StrEnum):
    """How much an event matters to a reader."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


class _Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    kind: ClassVar[str]
    level: ClassVar[LogLevel] = LogLevel.INFO
    step_key: ClassVar[str | None] = None
    attempt: ClassVar[int | None] = None


class _StepEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    kind: ClassVar[str]
    level: ClassVar[LogLevel] = LogLevel.INFO
    step_key: str


class _AttemptEvent(_StepEvent, frozen=True, kw_only=True, omit_defaults=True):
    attempt: int


class RunStarted(_Event, frozen=True):
    kind = "RUN_STARTED"
    steps: int
    worker_id: str | None = None

    @property
    def message(self) -> str:
        return f"Started {self.steps} step{'' if self.steps == 1 else 's'}."


class RunSucceeded(_Event, frozen=True):
    kind = "RUN_SUCCEEDED"

    @property
    def message(self) -> str:
        return "Every step that ran ended well."


class RunFailed(_Event, frozen=True):
    kind = "RUN_FAILED"
    level = LogLevel.ERROR
    failed_step_keys: tuple[str, ...] = ()
    # Where the run as a whole failed, outside any step.
    error: ErrorInfo | None = None

    @property
    def message(self) -> str:
        if self.error is not None:
            return f"The run failed: {self.error.message}"
        return f"Failed: {', '.join(self.failed_step_keys)}."


class RunCanceled(_Event, frozen=True):
    kind = "RUN_CANCELED"
    level = LogLevel.WARNING

    @property
    def message(self) -> str:
        return "Canceled; what had succeeded counts."


class StepStarted(_AttemptEvent, frozen=True):
    kind = "STEP_STARTED"
    token: str
    worker_id: str | None = None

    @property
    def message(self) -> str:
        return "Started." if self.attempt == 1 else f"Started attempt {self.attempt}."


class OutputStored(_AttemptEvent, frozen=True):
    kind = "STEP_OUTPUT_STORED"
    output: StepOutput

    @property
    def message(self) -> str:
        return f"Stored output {self.output.name}."


class StepSucceeded(_AttemptEvent, frozen=True):
    """The attempt ended well; the outputs that it stored before this now count."""

    kind = "STEP_SUCCEEDED"
    provenance: Provenance | None = None
    stdout: CapturedLog | None = None
    stderr: CapturedLog | None = None

    @property
    def message(self) -> str:
        return "Succeeded."


class StepFailed(_AttemptEvent, frozen=True):
    """The step's last attempt failed."""

    kind = "STEP_FAILED"
    level = LogLevel.ERROR
    error: ErrorInfo
    stdout: CapturedLog | None = None
    stderr: CapturedLog | None = None

    @property
    def message(self) -> str:
        return f"Failed: {self.error.class_name}: {self.error.message}"


class StepRetrying(_AttemptEvent, frozen=True):
    """An attempt failed; another follows."""

    kind = "STEP_RETRYING"
    level = LogLevel.WARNING
    error: ErrorInfo
    # Seconds from this event to the next attempt.
    delay_seconds: float
    stdout: CapturedLog | None = None
    stderr: CapturedLog | None = None

    @property
    def message(self) -> str:
        failed = f"Attempt {self.attempt} failed: {self.error.class_name}: {self.error.message}."
        return f"{failed} Next in {self.delay_seconds:g} s."


class StepCanceled(_AttemptEvent, frozen=True):
    """A running attempt was interrupted because the run was cancelled."""

    kind = "STEP_CANCELED"
    level = LogLevel.WARNING
    error: ErrorInfo | None = None
    stdout: CapturedLog | None = None
    stderr: CapturedLog | None = None

    @property
    def message(self) -> str:
        return "Interrupted, because the run was canceled."


class AttemptLost(_AttemptEvent, frozen=True):
    """The attempt's worker or lease was lost; the step is tried again."""

    kind = "STEP_ATTEMPT_LOST"
    level = LogLevel.WARNING

    @property
    def message(self) -> str:
        return f"Attempt {self.attempt} was lost with its worker."


class StepSkipped(_StepEvent, frozen=True):
    kind = "STEP_SKIPPED"
    # The output that was not produced, e.g. "branch.left".
    absent: str

    @property
    def message(self) -> str:
        return f"Skipped: {self.absent} was not produced."


class StepBlocked(_StepEvent, frozen=True):
    kind = "STEP_BLOCKED"
    level = LogLevel.WARNING
    cause_step_keys: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"Blocked, because {', '.join(self.cause_step_keys)} failed."


class Logged(_AttemptEvent, frozen=True):
    """A line that a step wrote to `context.log`."""

    kind = "LOG"
    severity: LogLevel
    message: str

    @property
    def level(self) -> LogLevel:  # type: ignore[override]
        return self.severity


Event = (
    RunStarted
    | RunSucceeded
    | RunFailed
    | RunCanceled
    | StepStarted
    | OutputStored
    | StepSucceeded
    | StepFailed
    | StepRetrying
    | StepCanceled
    | AttemptLost
    | StepSkipped
    | StepBlocked
    | Logged
)


class RunEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as recorded: numbered within its run, densely, from 1."""

    run_id: str
    number: int
    timestamp: datetime
    kind: str
    level: LogLevel
    step_key: str | None
    attempt: int | None
    message: str
    # The event's own fields.
    data: Mapping[str, Any]
