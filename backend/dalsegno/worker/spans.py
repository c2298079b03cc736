"""Spans with ids of our own; the only module that loads OpenTelemetry."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags

from dalsegno.runs.attempts import ErrorInfo


def sent_by_otlp() -> SpanProcessor:
    """Sends spans to where OpenTelemetry's variables say."""
    return BatchSpanProcessor(OTLPSpanExporter())


class SpanWriter:
    """Writes spans that have ended."""

    def __init__(self, processor: SpanProcessor) -> None:
        resource = Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", "dalsegno")})
        self._provider = TracerProvider(resource=resource, id_generator=_GivenIds())
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("dalsegno")

    def close(self) -> None:
        """Sends what has not been sent yet."""
        self._provider.shutdown()

    def write(
        self,
        name: str,
        trace_id: int,
        span_id: int,
        started_at: datetime,
        ended_at: datetime,
        *,
        parent_span_id: int | None = None,
        attributes: Mapping[str, Any],
        error: ErrorInfo | None = None,
        failed: bool = False,
        linked: tuple[int, int] | None = None,
    ) -> None:
        """One span; `linked` is another span by its trace and its id."""
        _ids.set((trace_id, span_id))
        above = None
        if parent_span_id is not None:
            above = trace.set_span_in_context(NonRecordingSpan(self._context(name, trace_id, parent_span_id)))
        links = [] if linked is None else [Link(self._context(name, *linked))]
        span = self._tracer.start_span(
            name, above, attributes=dict(attributes), links=links, start_time=_nanoseconds(started_at)
        )
        if error is not None:
            span.set_status(Status(StatusCode.ERROR, f"{error.class_name}: {error.message}"))
            described = {"exception.type": error.class_name, "exception.message": error.message}
            if error.traceback is not None:
                described["exception.stacktrace"] = error.traceback
            span.add_event("exception", described, timestamp=_nanoseconds(ended_at))
        elif failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(_nanoseconds(ended_at))

    def _context(self, name: str, trace_id: int, span_id: int) -> SpanContext:
        # Whether a run's trace is kept is told from its id, by every worker alike.
        decision = self._provider.sampler.should_sample(None, trace_id, name).decision
        is_sampled = decision is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if is_sampled else TraceFlags.DEFAULT)
        return SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)


# Of the span that is started next, in this thread.
_ids: ContextVar[tuple[int, int]] = ContextVar("_ids")


class _GivenIds(IdGenerator):
    def generate_trace_id(self) -> int:
        return _ids.get()[0]

    def generate_span_id(self) -> int:
        return _ids.get()[1]


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
