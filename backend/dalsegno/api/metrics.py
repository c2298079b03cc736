"""The service's metrics, for Prometheus: what the database holds when it is asked, and how requests went."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response

from dalsegno.errors import StoreUnavailableError
from dalsegno.runs.status import RunStatus
from dalsegno.store.census import Census, take_census
from dalsegno.store.database import Database

# Whoever asks waits about ten.
_SECONDS = 5.0


class ServiceMetrics:
    """All of one service."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.launches = Histogram(
            "dalsegno_launch_duration_seconds", "From a launch's request to the stored run.", registry=registry
        )
        self.plans = Histogram("dalsegno_plan_duration_seconds", "Making a plan.", registry=registry)
        self._requests = Histogram(
            "dalsegno_graphql_request_duration_seconds",
            "Executing a query or a mutation.",
            ["operation"],
            registry=registry,
        )
        self._errors = Counter(
            "dalsegno_graphql_errors", "Errors in answers, by their code.", ["code"], registry=registry
        )
        self._up = Gauge("dalsegno_database_up", "1 where the database answers, else 0.", registry=registry)
        self._runs = Gauge("dalsegno_runs", "Runs that are stored, by status.", ["status"], registry=registry)
        self._queued = Gauge("dalsegno_queue_runs", "Runs that wait for a worker.", registry=registry)
        self._oldest = Gauge(
            "dalsegno_queue_oldest_age_seconds", "How long the oldest of them has waited.", registry=registry
        )
        self._workers = Gauge("dalsegno_live_workers", "Workers that are there.", registry=registry)

    def failed(self, code: str) -> None:
        """An answer has an error of this code."""
        self._errors.labels(code).inc()

    @contextmanager
    def operation(self) -> Iterator[_Operation]:
        """Around one operation; one whose kind nobody tells is not measured."""
        operation, began = _Operation(), perf_counter()
        yield operation
        if operation.kind is not None:
            self._requests.labels(operation.kind).observe(perf_counter() - began)

    def see(self, census: Census | None) -> None:
        """What the database holds now; None where it does not answer, and then nothing is said of it."""
        self._up.set(census is not None)
        if census is None:
            self._runs.clear()
            for gauge in (self._queued, self._oldest, self._workers):
                gauge.set(math.nan)
            return
        for status in RunStatus:
            self._runs.labels(status.lower()).set(census.runs_by_status.get(status, 0))
        self._queued.set(census.queued)
        self._oldest.set(census.oldest_age_seconds)
        self._workers.set(census.live_workers)


class _Operation:
    # "query" or "mutation".
    kind: str | None = None


class MetricsPage:
    """`/metrics`."""

    def __init__(self, database: Database, metrics: ServiceMetrics) -> None:
        self._database = database
        self._metrics = metrics

    async def answer(self, _request: Request) -> Response:
        """Everything, in Prometheus's text format; 200 also where the database is away."""
        try:
            census = await asyncio.wait_for(self._database.read_async(take_census()), _SECONDS)
        except (StoreUnavailableError, TimeoutError):
            census = None
        self._metrics.see(census)
        return Response(generate_latest(self._metrics.registry), headers={"content-type": CONTENT_TYPE_LATEST})
