"""From a request to a plan, on what is stored: the pipelines as they are published now, and the lineages of runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import msgspec
from anyio import to_thread

from dalsegno.api.context import RequestContext, Service
from dalsegno.api.recent import Recent
from dalsegno.api.sightings import SeenOutputs
from dalsegno.errors import PipelineNotFoundError, RunNotFoundError
from dalsegno.launch import LaunchOptions, plan_launch, plan_relaunch
from dalsegno.output_storage import OutputStorage, StoredOutput
from dalsegno.plan.plan import Plan, PlanWarning, PlanWarningKind
from dalsegno.runs.lineage import Lineage
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.lineage import fetch_lineage
from dalsegno.store.pipelines import current_snapshot_ids
from dalsegno.store.runs import fetch_active_run_ids
from dalsegno.store.script import Script
from dalsegno.store.snapshots import fetch_snapshot
from dalsegno.store.workers import is_served

# Of outputs that a process kept in its memory: no worker can load them.
_MEMORY = "memory-of-process:"


class CurrentPipeline(msgspec.Struct, frozen=True, kw_only=True):
    """A pipeline as it was published last."""

    snapshot: PipelineSnapshot
    # A live worker has loaded it.
    is_served: bool


class ReexecutionSubject(msgspec.Struct, frozen=True, kw_only=True):
    """A run to re-execute, and what decides how that would go."""

    lineage: Lineage
    # None: nobody has published the run's pipeline.
    pipeline: CurrentPipeline | None
    # Of the same group, not ended.
    active_run_ids: tuple[str, ...]


class OutputsOfWorkers:
    """Stored outputs as workers can load them."""

    def __init__(self, storage: OutputStorage) -> None:
        self._storage = storage

    def problems(self, wanted: Iterable[StoredOutput], *, verify: bool) -> Mapping[str, str]:
        """Address -> what is wrong, of those that no worker can load; `verify` reads them and compares digests."""
        outputs = list(wanted)
        in_memory = [one.uri for one in outputs if one.uri and one.uri.startswith(_MEMORY)]
        gone = dict.fromkeys(in_memory, "it was kept in the memory of another process")
        return gone | self._storage.problems([one for one in outputs if one.uri not in gone], verify=verify)


async def plan_run(context: RequestContext, pipeline_name: str, options: LaunchOptions) -> Plan:
    """The plan of a first run.

    Raises PipelineNotFoundError, InvalidRunConfigError, InvalidSelectionError, MissingOutputsError.
    """
    service = context.service
    pipeline = await service.database.read_async(_current(pipeline_name, service.snapshots))
    if pipeline is None:
        raise PipelineNotFoundError(pipeline_name=pipeline_name)
    with service.metrics.plans.time():
        plan = plan_launch(pipeline.snapshot, options)
    return _told_if_unserved(plan, pipeline)


async def subject_of(context: RequestContext, run_id: str) -> ReexecutionSubject:
    """A run to re-execute. Raises RunNotFoundError."""
    service = context.service
    subject = await service.database.read_async(_subject(run_id, service))
    if subject is None:
        raise RunNotFoundError(run_id=run_id)
    if not subject.lineage.nearest.status.has_ended and await service.abandoned_runs.end([run_id]):
        # The script that executed it is gone, and no worker can carry it on.
        return await subject_of(context, run_id)
    return subject


async def plan_reexecution(
    context: RequestContext, subject: ReexecutionSubject, options: LaunchOptions, *, to_launch: bool = False
) -> Plan:
    """The plan of a re-execution. `to_launch`: what it would load is looked at now; else what was seen lately will do.

    Raises PipelineNotFoundError, ReexecutionNotAllowedError, InvalidSelectionError, InvalidRunConfigError,
    MissingOutputsError.
    """
    if subject.pipeline is None:
        raise PipelineNotFoundError(pipeline_name=subject.lineage.nearest.pipeline_name)
    # In a thread: it looks at files.
    with context.service.metrics.plans.time():
        plan = await to_thread.run_sync(
            partial(
                plan_relaunch,
                subject.pipeline.snapshot,
                subject.lineage,
                options,
                SeenOutputs(OutputsOfWorkers(context.service.storage), context.service.sightings, fresh=to_launch),
                verify=False,
                active_run_ids=subject.active_run_ids,
            )
        )
    return _told_if_unserved(plan, subject.pipeline)


def _told_if_unserved(plan: Plan, pipeline: CurrentPipeline) -> Plan:
    if pipeline.is_served:
        return plan
    warning = PlanWarning(
        kind=PlanWarningKind.NO_WORKER,
        message=(
            f"No live worker serves {plan.pipeline_name!r} as it was published last; the run waits until one does. "
            "Start one: dalsegno worker -f FILE."
        ),
    )
    return msgspec.structs.replace(plan, warnings=(*plan.warnings, warning))


def _subject(run_id: str, service: Service) -> Script[ReexecutionSubject | None]:
    lineage = yield from fetch_lineage(run_id, service.ended_steps)
    if lineage is None:
        return None
    for one in lineage:
        if one.run.status.has_ended:
            service.ended_steps.keep(one.run.run_id, one.steps)
    pipeline = yield from _current(lineage.nearest.pipeline_name, service.snapshots)
    active = yield from fetch_active_run_ids(lineage.root.run_id)
    return ReexecutionSubject(lineage=lineage, pipeline=pipeline, active_run_ids=tuple(active))


def _current(pipeline_name: str, kept: Recent[str, PipelineSnapshot]) -> Script[CurrentPipeline | None]:
    snapshot_id = (yield from current_snapshot_ids()).get(pipeline_name)
    if snapshot_id is None:
        return None
    snapshot = kept.get(snapshot_id)
    if snapshot is None:
        read = yield from fetch_snapshot(snapshot_id)
        assert read is not None  # a foreign key holds it
        snapshot = kept.keep(snapshot_id, read)
    return CurrentPipeline(snapshot=snapshot, is_served=(yield from is_served(snapshot_id)))
