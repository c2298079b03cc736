"""Pipelines as they are published now, and their steps."""

from __future__ import annotations

from statistics import median
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from dalsegno.api.context import Info
from dalsegno.api.fields import computed, given, shown
from dalsegno.api.filters import RunFilter, Tag, tags_of
from dalsegno.api.loaders import HistoryKey
from dalsegno.api.pagination import PageInfo, checked_size
from dalsegno.api.run_lists import RunConnection, page_of_runs
from dalsegno.api.selections import StepSelection, StepSelectionResult
from dalsegno.plan.selection import select_steps
from dalsegno.plan.selection_context import context_of_pipeline
from dalsegno.snapshot.config_schema import run_config_schema
from dalsegno.snapshot.pipeline_snapshot import InputSnapshot, OutputSnapshot, PipelineSnapshot, StepSnapshot
from dalsegno.snapshot.step_keys import ANY_KEY, element_key
from dalsegno.snapshot.step_rows import rows_of
from dalsegno.store.pipelines import current_snapshot_ids

_MAX_EXECUTIONS = 1_000


@shown
class InputDefinition:
    """One input that a step takes."""

    name: str
    type_name: str | None
    description: str | None


@shown
class OutputDefinition:
    """One output that a step may give."""

    name: str
    type_name: str | None
    description: str | None
    is_required: bool = strawberry.field(description="Where it is not, and not given, what depends on it is skipped.")
    is_dynamic: bool


@shown
class StepHistory:
    """How a step fared lately: its executions back to so many successes, within its pipeline's newest 1,000 runs."""

    executions: int
    failures: int
    median_duration_ms: float | None = strawberry.field(description="Milliseconds; null where it never succeeded.")
    p95_duration_ms: float | None


@shown
class StepDefinition:
    """One step in its place in a pipeline."""

    key: str
    description: str | None
    tags: list[Tag]
    inputs: list[InputDefinition]
    outputs: list[OutputDefinition]
    upstream_step_keys: list[str]
    downstream_step_keys: list[str]
    code_version: str = strawberry.field(description="As given by the author, else derived from the step's code.")
    max_retries: int
    is_mapped: strawberry.Private[bool]
    pipeline_name: strawberry.Private[str]

    @computed
    async def history(
        self,
        info: Info,
        last_executions: Annotated[
            int, strawberry.argument(description="How many successful ones, 1,000 at most.")
        ] = 50,
    ) -> StepHistory:
        """Over its latest successful executions in any run; of a mapped step, those of all its elements."""
        key = HistoryKey(
            pipeline_name=self.pipeline_name,
            step_key=element_key(self.key, ANY_KEY) if self.is_mapped else self.key,
            successes=checked_size(last_executions, _MAX_EXECUTIONS),
        )
        found = await info.context.loaders.executions.load(key)
        durations = sorted(found.durations_ms)
        return StepHistory(
            executions=len(durations) + found.failures,
            failures=found.failures,
            median_duration_ms=median(durations) if durations else None,
            # The nearest rank.
            p95_duration_ms=durations[-(-95 * len(durations) // 100) - 1] if durations else None,
        )

    @staticmethod
    def of(snapshot: PipelineSnapshot, step: StepSnapshot) -> StepDefinition:
        """The same as a snapshot holds it."""
        return StepDefinition(
            key=step.key,
            description=step.description,
            tags=tags_of(step.tags),
            inputs=[_input_of(one) for one in step.inputs],
            outputs=[_output_of(one) for one in step.outputs],
            upstream_step_keys=list(snapshot.graph.upstream[step.key]),
            downstream_step_keys=list(snapshot.graph.downstream[step.key]),
            code_version=step.code_version,
            max_retries=step.retry_policy.max_retries if step.retry_policy else 0,
            is_mapped=step.mapped_over is not None,
            pipeline_name=snapshot.name,
        )


@shown
class Pipeline:
    """A pipeline as it was published last."""

    name: str
    description: str | None
    snapshot_id: strawberry.ID = strawberry.field(
        description="Content hash of the definition: steps, dependencies, config schema, code versions."
    )
    tags: list[Tag]
    modes: list[str]
    snapshot: strawberry.Private[PipelineSnapshot]

    @computed
    def steps(self) -> list[StepDefinition]:
        """In topological order."""
        return [StepDefinition.of(self.snapshot, step) for step in self.snapshot.steps]

    @computed
    def config_schema(
        self,
        mode: Annotated[
            str | None, strawberry.argument(description="May be left out where there is one only.")
        ] = strawberry.UNSET,
    ) -> JSON:
        """JSON Schema of runConfig for a mode; a form or an editor can check against it."""
        return JSON(run_config_schema(self.snapshot, given(mode) or self.modes[0]))

    @computed
    def select_steps(self, selection: list[str]) -> StepSelectionResult:
        """The keys a selection picks, in topological order."""
        snapshot = self.snapshot
        graph = rows_of(snapshot, {}).graph
        return StepSelection(step_keys=list(select_steps(selection, graph, context_of_pipeline(snapshot))))

    @computed
    async def runs(
        self,
        info: Info,
        filter: RunFilter | None = strawberry.UNSET,  # noqa: A002 - its name in GraphQL
        first: int = 25,
        after: str | None = strawberry.UNSET,
    ) -> RunConnection:
        """Its runs, newest first."""
        narrowed = given(filter) or RunFilter()
        if narrowed.pipeline_name and narrowed.pipeline_name != self.name:
            return RunConnection(edges=[], page_info=PageInfo(has_next_page=False, end_cursor=None), wanted=None)
        narrowed.pipeline_name = self.name
        return await page_of_runs(info, narrowed.stored(), first, given(after))

    @computed
    async def launchable(self, info: Info) -> bool:
        """A live worker serves it."""
        return await info.context.loaders.is_served.load(self.snapshot_id)

    @staticmethod
    def of(snapshot: PipelineSnapshot) -> Pipeline:
        """The same as a snapshot holds it."""
        return Pipeline(
            name=snapshot.name,
            description=snapshot.description,
            snapshot_id=strawberry.ID(snapshot.id),
            tags=tags_of(snapshot.tags),
            modes=[mode.name for mode in snapshot.modes],
            snapshot=snapshot,
        )


@strawberry.type
class PipelineQueries:
    """Fields of Query on pipelines."""

    @computed
    async def pipelines(self, info: Info) -> list[Pipeline]:
        """Every pipeline that a worker has published, by name."""
        current = await info.context.service.database.read_async(current_snapshot_ids())
        snapshots = await info.context.loaders.snapshot.load_many(current.values())
        return [Pipeline.of(snapshot) for snapshot in snapshots]

    @computed
    async def pipeline(self, info: Info, name: str) -> Pipeline | None:
        """One pipeline; null where no worker has published one of this name."""
        return await current_pipeline(info, name)


async def current_pipeline(info: Info, name: str) -> Pipeline | None:
    """The pipeline as it was published last; None where nobody has published it."""
    snapshot_id = await info.context.loaders.current_snapshot_id.load(name)
    return None if snapshot_id is None else Pipeline.of(await info.context.loaders.snapshot.load(snapshot_id))


def _input_of(one: InputSnapshot) -> InputDefinition:
    return InputDefinition(name=one.name, type_name=one.type_name, description=one.description)


def _output_of(one: OutputSnapshot) -> OutputDefinition:
    return OutputDefinition(
        name=one.name,
        type_name=one.type_name,
        description=one.description,
        is_required=one.is_required,
        is_dynamic=one.is_dynamic,
    )
