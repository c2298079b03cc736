"""Steps of a run as they stand: attempts, what they stored, how they failed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec

from dalsegno.runs.status import StepStatus


class UnavailableOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The recorded output that was gone or damaged when it was to be loaded; to make it again mends that."""

    run_id: str
    step_key: str
    output_name: str


class ErrorInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An exception as data, with what caused it."""

    class_name: str
    message: str
    traceback: str | None = None
    cause: ErrorInfo | None = None
    # Of an OutputUnavailableError.
    unavailable_output: UnavailableOutput | None = None


class StepOutput(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One stored output of a successful attempt."""

    name: str
    # For an output of a dynamic step.
    mapping_key: str | None = None
    # Where it is stored; None where its IO manager does not say, as the two below.
    uri: str | None = None
    # Of the stored bytes, as algorithm:hex.
    digest: str | None = None
    size_bytes: int | None = None
    # A short, safe rendering made where the step ran.
    preview: str | None = None
    metadata: Mapping[str, Any] = {}


class Provenance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an attempt's outputs are made from."""

    code_version: str = ""
    # Of the config it read: its own and its resources', defaults filled in.
    config_digest: str = ""
    # Per input, the digest of each output it was loaded from, in the order of its sources; of one without a digest, the
    # attempt that made it (`attempt_identity`), in old records None.
    input_digests: Mapping[str, tuple[str | None, ...]] = {}


class CapturedLog(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where what an attempt printed is kept."""

    uri: str
    size_bytes: int


class StepAttempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One try of one step in one run."""

    number: int
    # Names this try and no other; outputs are stored under it.
    token: str
    status: StepStatus
    started_at: datetime
    ended_at: datetime | None = None
    worker_id: str | None = None
    error: ErrorInfo | None = None
    provenance: Provenance | None = None
    stdout: CapturedLog | None = None
    stderr: CapturedLog | None = None


class StepState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """One step in one run: the fold of its events."""

    step_key: str
    status: StepStatus = StepStatus.PENDING
    attempts: tuple[StepAttempt, ...] = ()
    # Of the attempt that succeeded; empty until then.
    outputs: tuple[StepOutput, ...] = ()
    # Of that attempt: by dynamic output that it gave, the mapping keys in order; none where it was mapped over nothing.
    expansions: Mapping[str, tuple[str, ...]] = {}
    # For BLOCKED: the steps whose failure is the cause.
    cause_step_keys: tuple[str, ...] = ()
    # For SKIPPED: the output that was not produced, e.g. "branch.left".
    note: str | None = None
    # For RETRYING after a failure: when the next attempt is due. None: at once.
    retry_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds from the first attempt's start to the last one's end; None while it has not ended."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds() * 1000.0

    @property
    def error(self) -> ErrorInfo | None:
        """Of the last attempt."""
        return self.attempts[-1].error if self.attempts else None

    def output(self, name: str, mapping_key: str | None = None) -> StepOutput | None:
        """The stored output of that name, if the step made it."""
        return self._output_by_name.get((name, mapping_key))

    @cached_property
    def _output_by_name(self) -> Mapping[tuple[str, str | None], StepOutput]:
        return {(output.name, output.mapping_key): output for output in self.outputs}
