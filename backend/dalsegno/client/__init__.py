"""A client of the service for scripts and other tools: `Client`, `AsyncClient`, and what they answer."""

from __future__ import annotations

from dalsegno.client.clients import AsyncClient, Client
from dalsegno.client.records import (
    Bulk,
    BulkPlan,
    BulkRefusal,
    ErrorInfo,
    Plan,
    PlannedStep,
    PlanWarning,
    Run,
    RunEvent,
    RunFilter,
    StepCount,
    StepStats,
    Tag,
)

__all__ = [
    "AsyncClient",
    "Bulk",
    "BulkPlan",
    "BulkRefusal",
    "Client",
    "ErrorInfo",
    "Plan",
    "PlanWarning",
    "PlannedStep",
    "Run",
    "RunEvent",
    "RunFilter",
    "StepCount",
    "StepStats",
    "Tag",
]
