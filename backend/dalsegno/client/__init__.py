"""A client of the service for scripts and other tools: `Client`, `AsyncClient`, and what they answer."""

from __future__ import annotations

from dalsegno.client.clients import AsyncClient, Client
from dalsegno.client.records import ErrorInfo, Plan, PlannedStep, PlanWarning, Run, RunEvent, StepCount, StepStats, Tag

__all__ = [
    "AsyncClient",
    "Client",
    "ErrorInfo",
    "Plan",
    "PlanWarning",
    "PlannedStep",
    "Run",
    "RunEvent",
    "StepCount",
    "StepStats",
    "Tag",
]
