"""Traces of runs, by OpenTelemetry where its variables ask for them: one trace a run, one span an attempt.

A run's trace and span are told from its id, an attempt's span from its token, so that whichever workers execute a run
write to one trace. Nothing of OpenTelemetry is loaded where it is not asked for.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dalsegno.runs.attempts import StepAttempt, StepState
from dalsegno.runs.events import Event, StepFailed, StepRetrying, StepStarted
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.worker.observers import ENDS, OUTCOMES
from dalsegno.worker.run_recorder import Observer

if TYPE_CHECKING:
    from dalsegno.worker.spans import SpanWriter

_log = logging.getLogger(__name__)

_ASKING = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER")
_LOW_64_BITS = (1 << 64) - 1


def are_asked_for(environ: Mapping[str, str]) -> bool:
    """OpenTelemetry's own variables say where traces go."""
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none":
        return False
    return any(environ.get(name) for name in _ASKING)


def open_traces(environ: Mapping[str, str] = os.environ) -> Traces | None:
    """Traces as the environment asks for them; None where it does not, or where they can't be had."""
    if not are_asked_for(environ):
        return None
    try:
        from dalsegno.worker.spans import SpanWriter, sent_by_otlp
    except ImportError as error:
        _log.warning("Traces are asked for (OTEL_...), and %s is missing: pip install 'dalsegno[otel]'.", error.name)
        return None
    return Traces(SpanWriter(sent_by_otlp()))


def trace_id_of(run_id: str) -> int:
    """A run's trace: its id, which has as many bits."""
    return UUID(run_id).int


class Traces:
    """An observer that tells spans once they have ended."""

    def __init__(self, writer: SpanWriter) -> None:
        self._writer = writer

    def begin(self, run: Run, states: Mapping[str, StepState]) -> Observer:
        """As an observer."""
        # The attempts that go on, also those that another worker has begun.
        going_on = {key: state.attempts[-1] for key, state in states.items() if state.status is StepStatus.RUNNING}
        trace_id = trace_id_of(run.run_id)
        run_span_id = trace_id & _LOW_64_BITS
        # A run that was taken over has started before; any other starts with its first event.
        began_at = run.started_at

        def observe(at: datetime, event: Event) -> None:
            nonlocal began_at
            began_at = began_at or at
            if isinstance(event, StepStarted):
                going_on[event.step_key] = StepAttempt(
                    number=event.attempt,
                    token=event.token,
                    status=StepStatus.RUNNING,
                    started_at=at,
                    worker_id=event.worker_id,
                )
                return
            outcome, end = OUTCOMES.get(type(event)), ENDS.get(type(event))
            attempt = None if event.step_key is None else going_on.get(event.step_key)
            if outcome is not None and attempt is not None:
                self._writer.write(
                    f"step {event.step_key}",
                    trace_id,
                    int(attempt.token, 16),
                    attempt.started_at,
                    at,
                    parent_span_id=run_span_id,
                    attributes=_of_attempt(run, event.step_key or "", attempt, outcome),
                    error=event.error if isinstance(event, StepFailed | StepRetrying) else None,
                )
            elif end is not None:
                parent = run.parent_run_id
                self._writer.write(
                    f"run {run.pipeline_name}",
                    trace_id,
                    run_span_id,
                    began_at,
                    at,
                    attributes=_of_run(run, end),
                    failed=end is RunStatus.FAILURE,
                    linked=None if parent is None else (trace_id_of(parent), trace_id_of(parent) & _LOW_64_BITS),
                )

        return observe

    def end(self, run: Run, *, lost: bool) -> None:
        """As an observer."""

    def close(self) -> None:
        """Send what has not been sent yet."""
        self._writer.close()


def _of_run(run: Run, status: RunStatus) -> dict[str, Any]:
    known = {
        "dalsegno.run.id": run.run_id,
        "dalsegno.run.root_id": run.root_run_id,
        "dalsegno.run.parent_id": run.parent_run_id,
        "dalsegno.run.strategy": run.strategy,
        "dalsegno.run.status": status,
        "dalsegno.pipeline.name": run.pipeline_name,
        "dalsegno.snapshot.id": run.snapshot_id,
    }
    return {name: str(value) for name, value in known.items() if value is not None}


def _of_attempt(run: Run, step_key: str, attempt: StepAttempt, outcome: StepStatus) -> dict[str, Any]:
    return {
        "dalsegno.run.id": run.run_id,
        "dalsegno.pipeline.name": run.pipeline_name,
        "dalsegno.step.key": step_key,
        "dalsegno.step.attempt": attempt.number,
        "dalsegno.step.outcome": str(outcome),
        "dalsegno.worker.id": attempt.worker_id or "",
    }
