"""What resolvers work with: the service's parts, the caller, and the loaders of one operation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import strawberry

from dalsegno.api.abandoned_runs import AbandonedRuns
from dalsegno.api.access import Caller
from dalsegno.api.loaders import Loaders
from dalsegno.api.metrics import ServiceMetrics
from dalsegno.api.recent import Recent
from dalsegno.api.sightings import Sightings
from dalsegno.errors import PermissionDeniedError
from dalsegno.output_storage import OutputStorage
from dalsegno.runs.attempts import StepState
from dalsegno.settings import Role, Settings
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.changes import Changes
from dalsegno.store.database import Database
from dalsegno.store.step_counts import StepCounts

_SNAPSHOTS_KEPT = 200
_COUNTS_KEPT = 5_000
# Of all ended runs together, for the plans of those that re-execute them; some 100 MB.
_STEPS_KEPT = 50_000


@dataclass(frozen=True, kw_only=True)
class Service:
    """The parts that all requests share."""

    database: Database
    storage: OutputStorage
    settings: Settings
    changes: Changes
    metrics: ServiceMetrics = field(default_factory=ServiceMetrics)
    # Of stored outputs, in previews.
    sightings: Sightings = field(default_factory=Sightings)
    # By id.
    snapshots: Recent[str, PipelineSnapshot] = field(default_factory=lambda: Recent(_SNAPSHOTS_KEPT))
    # By run id, of runs that have ended.
    ended_steps: Recent[str, Mapping[str, StepState]] = field(default_factory=lambda: Recent(_STEPS_KEPT, len))
    # By run id and version.
    step_counts: Recent[tuple[str, int], StepCounts] = field(default_factory=lambda: Recent(_COUNTS_KEPT))
    # A bulk has been started here.
    bulk_started: asyncio.Event = field(default_factory=asyncio.Event)

    @cached_property
    def abandoned_runs(self) -> AbandonedRuns:
        """Runs whose script is gone."""
        return AbandonedRuns(self.database, self.settings)


class RequestContext:
    """What the resolvers of one connection share. The loaders are those of one operation."""

    def __init__(self, service: Service, caller: Caller) -> None:
        self.service = service
        self.caller = caller
        self.loaders = Loaders(service)

    def anew(self) -> RequestContext:
        """The same with loaders that have read nothing yet."""
        return RequestContext(self.service, self.caller)

    def forget_what_was_read(self) -> None:
        """For the next event of a subscription."""
        self.loaders = Loaders(self.service)

    def check_may(self, action: str) -> None:
        """Raises PermissionDeniedError where the caller may only look."""
        if self.caller.role is not Role.OPERATOR:
            raise PermissionDeniedError(role=self.caller.role, action=action)


Info: TypeAlias = strawberry.Info[RequestContext, None]
