"""What happens in a run, in the past tense: the record that every state is folded from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, get_args

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


class RunClaimed(_Event, frozen=True):
    """A worker has taken the run: to begin it, or to carry on what another one has lost or given back."""

    kind = "RUN_CLAIMED"
    worker_id: str
    is_taken_over: bool = False

    @property
    def message(self) -> str:
        return f"{'Taken over' if self.is_taken_over else 'Claimed'} by worker {self.worker_id}."


class RunReleased(_Event, frozen=True):
    """The worker that held the run stops; another one carries it on."""

    kind = "RUN_RELEASED"
    level = LogLevel.WARNING
    worker_id: str

    @property
    def message(self) -> str:
        return f"Given back by worker {self.worker_id}, which stops."


class RunReplanned(_Event, frozen=True):
    """No worker had the run's code any more; its plan on the code as it is now is the same, so it goes on with that."""

    kind = "RUN_REPLANNED"
    level = LogLevel.WARNING
    former_snapshot_id: str
    snapshot_id: str

    @property
    def message(self) -> str:
        return (
            f"No worker has the code that it was planned on any more ({self.former_snapshot_id[:8]}). It goes on with "
            f"the code as it is now ({self.snapshot_id[:8]}): the same steps execute, on the same inputs."
        )


class NoWorkerServes(_Event, frozen=True):
    """The run was queued while no live worker had loaded its pipeline as it was published last."""

    kind = "NO_WORKER"
    level = LogLevel.WARNING
    pipeline_name: str

    @property
    def message(self) -> str:
        return (
            f"No live worker serves {self.pipeline_name!r}; the run waits until one does. "
            "Start one: dalsegno worker -f FILE."
        )


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
    # It is re-executed without anybody asking: which of the retries in a row that is, from 1.
    retry_number: int | None = None

    @property
    def message(self) -> str:
        retried = "" if self.retry_number is None else f" Automatic retry {self.retry_number} follows."
        if self.error is not None:
            return f"The run failed: {self.error.message}{retried}"
        return f"Failed: {', '.join(self.failed_step_keys)}.{retried}"


class RunCanceling(_Event, frozen=True):
    """Somebody has asked to cancel the run while steps were running."""

    kind = "RUN_CANCELING"
    level = LogLevel.WARNING

    @property
    def message(self) -> str:
        return "To be canceled; running steps are being interrupted."


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
        key = self.output.mapping_key
        return f"Stored output {self.output.name}{'' if key is None else f'[{key}]'}."


class StepSucceeded(_AttemptEvent, frozen=True):
    """The attempt ended well; the outputs that it stored before this now count."""

    kind = "STEP_SUCCEEDED"
    provenance: Provenance | None = None
    # By dynamic output, the mapping keys: from now on its elements are known.
    expansions: Mapping[str, tuple[str, ...]] = {}
    stdout: CapturedLog | None = None
    stderr: CapturedLog | None = None

    @property
    def message(self) -> str:
        if not self.expansions:
            return "Succeeded."
        counts = (f"{len(keys)} element{'' if len(keys) == 1 else 's'}" for keys in self.expansions.values())
        return f"Succeeded with {' and '.join(counts)}."


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
    # No attempt went on: this one had ended before, and the step waited to be tried again.
    was_waiting: bool = False

    @property
    def message(self) -> str:
        if self.was_waiting:
            return "Not tried again, because the run was canceled."
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


class Logged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line that a step, or a resource as it was made, wrote to `context.log`."""

    kind: ClassVar[str] = "LOG"
    severity: LogLevel
    message: str
    step_key: str | None = None
    attempt: int | None = None

    @property
    def level(self) -> LogLevel:
        return self.severity


class ResourceTeardownFailed(_Event, frozen=True):
    """A resource could not be torn down; what the run has done stands."""

    kind = "RESOURCE_TEARDOWN_FAILED"
    level = LogLevel.WARNING
    error: ErrorInfo

    @property
    def message(self) -> str:
        return f"A resource could not be torn down: {self.error.class_name}: {self.error.message}"


Event = (
    NoWorkerServes
    | RunClaimed
    | RunReleased
    | RunReplanned
    | RunStarted
    | RunCanceling
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
    | ResourceTeardownFailed
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


_KINDS: Mapping[str, type[Event]] = {one.kind: one for one in get_args(Event)}


def event_recorded(kind: str, step_key: str | None, attempt: int | None, data: Mapping[str, Any]) -> Event | None:
    """The event that was recorded so; None where it is of a kind that this version does not know."""
    known = _KINDS.get(kind)
    if known is None:
        return None
    return msgspec.convert({**data, "step_key": step_key, "attempt": attempt}, known)
