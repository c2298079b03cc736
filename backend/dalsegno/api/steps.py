"""Steps in runs: their states, attempts, inputs and outputs."""

from __future__ import annotations

import codecs
from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry
from anyio import to_thread
from strawberry.scalars import JSON

from dalsegno.api.context import Info
from dalsegno.api.fields import computed, shown
from dalsegno.api.pagination import checked_size
from dalsegno.api.plans import OutputRef, StepInput
from dalsegno.api.scalars import ByteCount
from dalsegno.errors import InvalidArgumentsError
from dalsegno.output_storage import OutputStorage
from dalsegno.runs.attempts import CapturedLog, StepState, UnavailableOutput
from dalsegno.runs.attempts import ErrorInfo as ErrorRecord
from dalsegno.runs.attempts import StepAttempt as AttemptRecord
from dalsegno.runs.attempts import StepOutput as OutputRecord
from dalsegno.runs.status import StepStatus

_LONGEST_TEXT_BYTES = 1 << 20
_START = ByteCount(0)


@shown
class ErrorInfo:
    """An exception, with what caused it."""

    class_name: str
    message: str
    traceback: str | None
    cause: ErrorInfo | None
    unavailable_output: OutputRef | None = strawberry.field(
        description="Of an OutputUnavailableError: the output that was gone or damaged; its step makes it again."
    )

    @staticmethod
    def of(error: ErrorRecord | None) -> ErrorInfo | None:
        """The same as a record holds it."""
        if error is None:
            return None
        return ErrorInfo(
            class_name=error.class_name,
            message=error.message,
            traceback=error.traceback,
            cause=ErrorInfo.of(error.cause),
            unavailable_output=_output_ref(error.unavailable_output),
        )


@shown
class CapturedText:
    """A part of what an attempt printed."""

    text: str
    next_offset: ByteCount = strawberry.field(description="Where the next part begins.")
    total_bytes: ByteCount


Offset = Annotated[ByteCount, strawberry.argument(description="In bytes.")]
Limit = Annotated[int, strawberry.argument(description="In bytes, 1,048,576 at most.")]


@shown
class StepAttempt:
    """One try of one step in one run."""

    number: int = strawberry.field(description="From 1.")
    status: StepStatus
    start_time: datetime
    end_time: datetime | None
    worker_id: str | None
    error: ErrorInfo | None
    stdout_log: strawberry.Private[CapturedLog | None]
    stderr_log: strawberry.Private[CapturedLog | None]

    @computed
    async def stdout(self, info: Info, offset: Offset = _START, limit: Limit = 65536) -> CapturedText:
        """Captured output, as text; offset and limit in bytes. There once the attempt ended."""
        return await _captured(info, self.stdout_log, offset, limit)

    @computed
    async def stderr(self, info: Info, offset: Offset = _START, limit: Limit = 65536) -> CapturedText:
        """As stdout."""
        return await _captured(info, self.stderr_log, offset, limit)

    @staticmethod
    def of(attempt: AttemptRecord) -> StepAttempt:
        """The same as a record holds it."""
        return StepAttempt(
            number=attempt.number,
            status=attempt.status,
            start_time=attempt.started_at,
            end_time=attempt.ended_at,
            worker_id=attempt.worker_id,
            error=ErrorInfo.of(attempt.error),
            stdout_log=attempt.stdout,
            stderr_log=attempt.stderr,
        )


@shown
class StepOutput:
    """One stored output."""

    name: str
    mapping_key: str | None = strawberry.field(description="For an output of a dynamic step.")
    uri: str | None = strawberry.field(
        description="Where it is stored; null where its IO manager does not say, as the two below."
    )
    digest: str | None = strawberry.field(description="Of the stored bytes, as algorithm:hex.")
    size_bytes: ByteCount | None
    preview: str | None = strawberry.field(
        description="A short, safe rendering made where the step ran; the service never unpickles."
    )
    metadata: JSON

    @staticmethod
    def of(output: OutputRecord) -> StepOutput:
        """The same as a record holds it."""
        return StepOutput(
            name=output.name,
            mapping_key=output.mapping_key,
            uri=output.uri,
            digest=output.digest,
            size_bytes=None if output.size_bytes is None else ByteCount(output.size_bytes),
            preview=output.preview,
            metadata=JSON(dict(output.metadata)),
        )


@shown
class StepStats:
    """One step in one run."""

    run_id: strawberry.ID
    step_key: str
    status: StepStatus
    start_time: datetime | None = strawberry.field(
        description="Of its first attempt. For REUSED, here and below: of the execution that stands in."
    )
    end_time: datetime | None
    duration_ms: float | None
    attempts: list[StepAttempt]
    inputs: list[StepInput]
    outputs: list[StepOutput]
    error: ErrorInfo | None = strawberry.field(description="Of its last attempt.")
    reason: str = strawberry.field(description="Why it was executed, reused or left out, as in the plan.")
    cause_step_keys: list[str] = strawberry.field(description="For BLOCKED: the steps whose failure is the cause.")
    retry_at: datetime | None = strawberry.field(
        description="For RETRYING: when its next attempt is due; null where that is at once, as after a lost one."
    )
    reused_from_run_id: strawberry.ID | None = strawberry.field(
        description="For REUSED: the run of the lineage whose execution stands in."
    )
    is_stale: bool = strawberry.field(description="As judged at launch; only a REUSED step can be stale.")

    @staticmethod
    def of(
        run_id: str,
        state: StepState,
        *,
        inputs: list[StepInput],
        reason: str,
        reused_from_run_id: str | None,
        is_stale: bool,
    ) -> StepStats:
        """A step's state in a run, with what its plan says of it."""
        return StepStats(
            run_id=strawberry.ID(run_id),
            step_key=state.step_key,
            status=state.status,
            start_time=state.started_at,
            end_time=state.ended_at,
            duration_ms=state.duration_ms,
            attempts=[StepAttempt.of(attempt) for attempt in state.attempts],
            inputs=inputs,
            outputs=[StepOutput.of(output) for output in state.outputs],
            error=ErrorInfo.of(state.error),
            reason=reason,
            cause_step_keys=list(state.cause_step_keys),
            retry_at=state.retry_at,
            reused_from_run_id=None if reused_from_run_id is None else strawberry.ID(reused_from_run_id),
            is_stale=is_stale,
        )


@shown
class StepCount:
    """How many steps are in one state."""

    status: StepStatus
    count: int


def _output_ref(output: UnavailableOutput | None) -> OutputRef | None:
    if output is None:
        return None
    return OutputRef(
        run_id=strawberry.ID(output.run_id), step_key=output.step_key, output_name=output.output_name, mapping_key=None
    )


async def _captured(info: Info, log: CapturedLog | None, offset: int, limit: int) -> CapturedText:
    checked_size(limit, _LONGEST_TEXT_BYTES)
    if log is None:
        return CapturedText(text="", next_offset=_START, total_bytes=_START)
    return await to_thread.run_sync(partial(_read, info.context.service.storage, log, offset, limit))


def _read(storage: OutputStorage, log: CapturedLog, offset: int, limit: int) -> CapturedText:
    try:
        content = storage.read_log(log.uri, offset, limit) if offset < log.size_bytes else b""
    except FileNotFoundError:
        raise InvalidArgumentsError(problem="What this attempt printed is no longer stored.") from None
    end = offset + len(content)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(content, final=end >= log.size_bytes)
    # A letter that the limit has cut in two belongs to the next part.
    cut = len(decoder.getstate()[0])
    return CapturedText(text=text, next_offset=ByteCount(end - cut), total_bytes=ByteCount(log.size_bytes))
