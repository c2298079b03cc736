"""Runs: what was launched, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from dalsegno.api.automatic_retries import AutomaticRetry
from dalsegno.api.context import Info
from dalsegno.api.events import RunEventConnection, page_of_events
from dalsegno.api.fields import computed, given, shown
from dalsegno.api.filters import EventFilter, Tag, tags_of
from dalsegno.api.loaders import LineageKey
from dalsegno.api.lookahead import requested
from dalsegno.api.plans import ReexecutionPlan
from dalsegno.api.reexecution_options import ReexecutionOption, reexecution_options, select_in_lineage
from dalsegno.api.selections import StepSelection, StepSelectionResult
from dalsegno.api.step_views import StepsAsked, step_stats, step_views, version_of
from dalsegno.api.steps import ErrorInfo, StepCount, StepStats
from dalsegno.errors import RunNotFoundError
from dalsegno.plan.stored_plan import full_plan
from dalsegno.runs.attempts import StepAttempt
from dalsegno.runs.automatic_retry import max_retries, retry_number
from dalsegno.runs.run import Run as RunRecord
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus

if TYPE_CHECKING:
    from dalsegno.api.groups import RunGroup
    from dalsegno.api.pipelines import Pipeline, StepDefinition

_Pipeline = Annotated["Pipeline", strawberry.lazy("dalsegno.api.pipelines")]
_StepDefinition = Annotated["StepDefinition", strawberry.lazy("dalsegno.api.pipelines")]
_RunGroup = Annotated["RunGroup", strawberry.lazy("dalsegno.api.groups")]


@shown
class Run:
    """One execution of a pipeline; immutable once it has ended."""

    id: strawberry.ID
    pipeline_name: str
    snapshot_id: strawberry.ID = strawberry.field(description="Content hash of the definition that this run executes.")
    mode: str
    run_config: JSON = strawberry.field(description="With defaults filled in.")
    tags: list[Tag]
    status: RunStatus
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    duration_ms: float | None = strawberry.field(description="From its start to its end.")
    launched_by: str | None
    canceled_by: str | None = strawberry.field(description="Who asked for it to be cancelled, where that is known.")
    reason: str | None
    error: ErrorInfo | None = strawberry.field(description="Why the run as a whole failed, e.g. its worker was lost.")
    parent_run_id: strawberry.ID | None = strawberry.field(description="The run that it re-executes.")
    root_run_id: strawberry.ID = strawberry.field(description="The first run of its group; its own id for that run.")
    strategy: ReexecutionStrategy | None
    selection: list[str] | None = strawberry.field(description="As given; what counts is stepKeysToExecute.")
    version: str = strawberry.field(description="Moves with every change of the run or of its steps; for changedSince.")
    step_keys_to_execute: list[str] = strawberry.field(description="The steps that this run was planned to execute.")
    record: strawberry.Private[RunRecord]

    @computed
    async def pipeline(self, info: Info) -> _Pipeline | None:
        """As it is now; null where no worker publishes it any more."""
        from dalsegno.api.pipelines import current_pipeline  # lazily: pipelines show runs in turn

        return await current_pipeline(info, self.pipeline_name)

    @computed
    async def steps(self, info: Info) -> list[_StepDefinition]:
        """Those of the definition that this run executes, whatever the pipeline is now; in topological order."""
        from dalsegno.api.pipelines import StepDefinition  # lazily: pipelines show runs in turn

        snapshot = await info.context.loaders.snapshot.load(self.record.snapshot_id)
        return [StepDefinition.of(snapshot, step) for step in snapshot.steps]

    @computed
    async def why_queued(self, info: Info) -> str | None:
        """Of a queued run: what it waits for, in a sentence: a limit of its tags, a worker with its code, its turn."""
        if self.record.status is not RunStatus.QUEUED:
            return None
        return await info.context.loaders.why_queued.load(self.record)

    @computed
    def retry_number(self) -> int | None:
        """Of a run that was launched automatically, because its parent failed: which one in its row, from 1."""
        return retry_number(self.record.tags)

    @computed
    async def max_retries(self, info: Info) -> int:
        """How many automatic retries in a row its tags, or those of its pipeline, allow."""
        snapshot = await info.context.loaders.snapshot.load(self.record.snapshot_id)
        return max_retries(self.record.tags, snapshot.tags)

    @computed
    async def automatic_retry(self, info: Info) -> AutomaticRetry | None:
        """Of a failed run: the re-execution that follows by itself, as its tags ask; null where none does."""
        if self.record.status is not RunStatus.FAILURE:
            return None
        retry = await info.context.loaders.automatic_retry.load(self.record.run_id)
        return None if retry is None else AutomaticRetry.of(retry)

    @computed
    async def group(self, info: Info) -> _RunGroup:
        """All runs of the same root."""
        from dalsegno.api.groups import RunGroup  # lazily: groups show runs in turn

        group = await info.context.loaders.group.load(self.record.root_run_id)
        if group is None:  # pruned just now
            raise RunNotFoundError(run_id=self.record.run_id)
        return RunGroup.of(group)

    @computed
    async def step_stats(
        self,
        info: Info,
        step_keys: list[str] | None = strawberry.UNSET,
        first: int | None = strawberry.UNSET,
        after: Annotated[
            str | None, strawberry.argument(description="The key of the last step of the page before.")
        ] = strawberry.UNSET,
        changed_since: Annotated[
            str | None, strawberry.argument(description="A version of the run: only steps that changed after it.")
        ] = strawberry.UNSET,
    ) -> list[StepStats]:
        """One per step of the definition, dynamic steps expanded, in topological order.
        All of those asked for, unless first is given.
        """
        asked = StepsAsked(
            step_keys=given(step_keys),
            first=given(first),
            after=given(after),
            changed_since=given(changed_since),
            fields=requested(info),
        )
        return await step_stats(info, self.record, asked)

    @computed
    async def step_table(self, info: Info, changed_since: str | None = strawberry.UNSET) -> JSON:
        """The same in columns, for many steps: {key, status, startMs, endMs, retryAtMs, reusedFromRunId, attempts},
        each a list. Moments are milliseconds since 1970 in UTC, with fractions; null where not yet. attempts is null
        for a step that one bar shows, else, for one tried again or waiting for that: [[startMs, endMs, status], ...],
        oldest first.
        """
        views = await step_views(info, self.record, StepsAsked(changed_since=given(changed_since)))
        return JSON(
            {
                "key": list(views),
                "status": [view.state.status for view in views.values()],
                "startMs": [_milliseconds(view.state.started_at) for view in views.values()],
                "endMs": [_milliseconds(view.state.ended_at) for view in views.values()],
                "retryAtMs": [_milliseconds(view.state.retry_at) for view in views.values()],
                "reusedFromRunId": [view.reused_from_run_id for view in views.values()],
                "attempts": [_attempts(view.state.attempts) for view in views.values()],
            }
        )

    @computed
    async def step_counts(self, info: Info) -> list[StepCount]:
        """How many steps are in each state; a state that none is in is left out."""
        counts = await info.context.loaders.step_counts.load(self.record)
        return [StepCount(status=status, count=counts[status]) for status in StepStatus if status in counts]

    @computed
    async def plan(self, info: Info) -> ReexecutionPlan | None:
        """The plan as launched; null for a first run."""
        if self.record.parent_run_id is None:
            return None
        loaders = info.context.loaders
        stored = await loaders.plan.load(self.record.run_id)
        if stored is None:
            return None
        snapshot = await loaders.snapshot.load(self.record.snapshot_id)
        lineage = await loaders.lineage.load(LineageKey(run_id=self.record.run_id, whole=False))
        return ReexecutionPlan.of(full_plan(stored, snapshot, lineage), self.record.run_id)

    @computed
    async def parent_run(self, info: Info) -> Run | None:
        """The run that it re-executes."""
        if self.record.parent_run_id is None:
            return None
        parent = await info.context.loaders.run.load(self.record.parent_run_id)
        return None if parent is None else Run.of(parent)

    @computed
    async def reexecutions(self, info: Info) -> list[Run]:
        """Runs whose parent this is, oldest first."""
        return Run.of_all(await info.context.loaders.children.load(self.record.run_id))

    @computed
    async def select_steps(self, info: Info, selection: list[str]) -> StepSelectionResult:
        """A selection, against this run's lineage: the keys that it picks on the pipeline as it is now (where that is
        no longer published, as this run executed it), within the group's scope, in topological order.
        """
        return StepSelection(step_keys=await select_in_lineage(info, self.record, selection))

    @computed
    async def reexecution_options(self, info: Info) -> list[ReexecutionOption]:
        """Each way to re-execute this run: whether it may be used, and why not."""
        return await reexecution_options(info, self.record)

    @computed
    async def time_saved_ms(self, info: Info) -> float:
        """How long the reused steps took when they last ran: what this re-execution did not cost."""
        if self.record.parent_run_id is None:
            return 0.0
        plan = await info.context.loaders.plan.load(self.record.run_id)
        return 0.0 if plan is None else plan.time_saved_ms

    @computed
    async def events(
        self,
        info: Info,
        filter: EventFilter | None = strawberry.UNSET,  # noqa: A002 - its name in GraphQL
        first: int = 100,
        after: str | None = strawberry.UNSET,
    ) -> RunEventConnection:
        """What happened, oldest first."""
        return await page_of_events(info, self.record.run_id, given(filter), first, given(after))

    @staticmethod
    def of(record: RunRecord) -> Run:
        """The same as a record holds it."""
        return Run(
            id=strawberry.ID(record.run_id),
            pipeline_name=record.pipeline_name,
            snapshot_id=strawberry.ID(record.snapshot_id),
            mode=record.mode,
            run_config=JSON(record.run_config),
            tags=tags_of(record.tags),
            status=status_of(record),
            created_at=record.created_at,
            started_at=record.started_at,
            ended_at=record.ended_at,
            duration_ms=record.duration_ms,
            launched_by=record.launched_by,
            canceled_by=record.canceled_by,
            reason=record.reason,
            error=ErrorInfo.of(record.error),
            parent_run_id=None if record.parent_run_id is None else strawberry.ID(record.parent_run_id),
            root_run_id=strawberry.ID(record.root_run_id),
            strategy=record.strategy,
            selection=None if record.selection is None else list(record.selection),
            version=version_of(record),
            step_keys_to_execute=list(record.step_keys_to_execute),
            record=record,
        )

    @staticmethod
    def of_all(records: Sequence[RunRecord]) -> list[Run]:
        """The same for each."""
        return [Run.of(record) for record in records]


def status_of(record: RunRecord) -> RunStatus:
    """Where the run stands; a run in progress that is to be cancelled is CANCELING."""
    if record.cancel_requested and not record.status.has_ended:
        return RunStatus.CANCELING
    return record.status


def _milliseconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp() * 1000.0


def _attempts(made: Sequence[StepAttempt]) -> list[tuple[float | None, float | None, str]] | None:
    return [(_milliseconds(one.started_at), _milliseconds(one.ended_at), one.status) for one in made] or None
