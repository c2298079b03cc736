"""A worker's metrics, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, start_http_server

from dalsegno.errors import InvalidSettingError
from dalsegno.runs.attempts import StepState
from dalsegno.runs.events import Event, StepStarted
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.settings import ListenAddress
from dalsegno.worker.observers import ENDS, OUTCOMES
from dalsegno.worker.run_recorder import Observer

# Of attempts, which last from milliseconds to hours; in seconds.
_DURATIONS = (0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 36000.0)


class WorkerMetrics:
    """Counted from the events of the runs that it executes."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._runs = Gauge("dalsegno_worker_runs", "Runs that the worker executes now.", registry=self.registry)
        self._events = Counter(
            "dalsegno_worker_events", "Events that the worker has recorded in runs.", registry=self.registry
        )
        self._attempts = Counter(
            "dalsegno_worker_attempts",
            "Attempts of steps that have ended, by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self._durations = Histogram(
            "dalsegno_worker_attempt_duration_seconds",
            "How long attempts took that ended here.",
            registry=self.registry,
            buckets=_DURATIONS,
        )
        self._ended = Counter(
            "dalsegno_worker_runs_ended", "Runs that the worker has brought to their end, by status.", ["status"],
            registry=self.registry,
        )  # fmt: skip
        self._losses = Counter(
            "dalsegno_worker_lease_losses", "Runs that another worker took over from this one.", registry=self.registry
        )
        # Each is there from the start: a rate over what was not there before is not seen.
        for outcome in dict.fromkeys(OUTCOMES.values()):
            self._attempts.labels(outcome.lower())
        for status in ENDS.values():
            self._ended.labels(status.lower())

    def begin(self, run: Run, states: Mapping[str, StepState]) -> Observer:
        """As an observer."""
        self._runs.inc()
        started: dict[str, datetime] = {}

        def observe(at: datetime, event: Event) -> None:
            self._events.inc()
            outcome: StepStatus | None = OUTCOMES.get(type(event))
            end: RunStatus | None = ENDS.get(type(event))
            if isinstance(event, StepStarted):
                started[event.step_key] = at
            elif outcome is not None:
                self._attempts.labels(outcome.lower()).inc()
                begun = started.pop(event.step_key or "", None)
                if begun is not None:
                    self._durations.observe((at - begun).total_seconds())
            elif end is not None:
                self._ended.labels(end.lower()).inc()

        return observe

    def end(self, run: Run, *, lost: bool) -> None:
        """As an observer."""
        self._runs.dec()
        if lost:
            self._losses.inc()

    @contextmanager
    def given_out(self, address: ListenAddress | None) -> Iterator[None]:
        """At `/metrics` of this address meanwhile. Raises InvalidSettingError where nothing can listen there."""
        if address is None:
            yield
            return
        try:
            server, thread = start_http_server(address.port, address.host, self.registry)
        except OSError as error:
            raise InvalidSettingError(
                name="DALSEGNO_WORKER_METRICS",
                value=f"{address.host}:{address.port}",
                problem=f"the worker can't listen there ({error.strerror or error}); each needs a port of its own",
            ) from error
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
