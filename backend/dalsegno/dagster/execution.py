"""Running pipelines and jobs of Dagster code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dalsegno import in_process
from dalsegno.dagster.graphs import CarriedPipeline, GraphDefinition
from dalsegno.dagster.refusals import refuse_arguments
from dalsegno.dagster.result import CarriedResult
from dalsegno.dagster.run_config import carried_config, section_of, told_as
from dalsegno.definitions import PipelineDefinition
from dalsegno.errors import InvalidDefinitionError
from dalsegno.instance import Instance
from dalsegno.runs.status import ReexecutionStrategy


class ReexecutionOptions(msgspec.Struct, frozen=True):
    """Which run `execute_job` re-executes, and what of it: without a selection, all its steps."""

    parent_run_id: str
    step_selection: Sequence[str] | None = None
    strategy: ReexecutionStrategy | None = None

    @staticmethod
    def from_failure(run_id: str, instance: Instance) -> ReexecutionOptions:
        """Every step that did not end well, and what is downstream of it."""
        return ReexecutionOptions(run_id, strategy=ReexecutionStrategy.FROM_FAILURE)


def execute_pipeline(
    pipeline: PipelineDefinition,
    run_config: Mapping[str, Any] | None = None,
    mode: str | None = None,
    preset: str | None = None,
    tags: Mapping[str, str] | None = None,
    solid_selection: str | Sequence[str] | None = None,
    instance: Instance | None = None,
    raise_on_error: bool = True,
    **others: Any,
) -> CarriedResult:
    """Run a pipeline here and now; the first run of a new group.

    As `dalsegno.execute_pipeline`, with Dagster's run config; a failed step's own exception is raised unless
    `raise_on_error` is False.
    """
    refuse_arguments({"preset": preset, **others}, place="execute_pipeline")
    pipeline = _runnable(pipeline, "execute_pipeline")
    with _told(pipeline, run_config):
        result = in_process.execute_pipeline(
            pipeline,
            run_config=carried_config(run_config),
            mode=mode,
            tags=tags,
            solid_selection=solid_selection,
            instance=instance,
            raise_on_error=raise_on_error,
        )
    return CarriedResult(result, pipeline)


def reexecute_pipeline(
    pipeline: PipelineDefinition,
    parent_run_id: str,
    run_config: Mapping[str, Any] | None = None,
    step_selection: str | Sequence[str] | None = None,
    mode: str | None = None,
    preset: str | None = None,
    tags: Mapping[str, str] | None = None,
    instance: Instance | None = None,
    raise_on_error: bool = True,
    strategy: ReexecutionStrategy | str | None = None,
    **others: Any,
) -> CarriedResult:
    """Run all or part of a finished run again, in its group; config, mode and tags default to the parent's.

    As `dalsegno.reexecute_pipeline`, with Dagster's run config; a failed step's own exception is raised unless
    `raise_on_error` is False.
    """
    refuse_arguments({"preset": preset, **others}, place="reexecute_pipeline")
    pipeline = _runnable(pipeline, "reexecute_pipeline")
    with _told(pipeline, run_config):
        result = in_process.reexecute_pipeline(
            pipeline,
            parent_run_id,
            run_config=carried_config(run_config),
            step_selection=step_selection,
            strategy=strategy,
            mode=mode,
            tags=tags,
            instance=instance,
            raise_on_error=raise_on_error,
        )
    return CarriedResult(result, pipeline)


def execute_job(
    job: PipelineDefinition,
    instance: Instance | None = None,
    run_config: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    raise_on_error: bool = False,
    op_selection: str | Sequence[str] | None = None,
    reexecution_options: ReexecutionOptions | None = None,
    **others: Any,
) -> CarriedResult:
    """Run a job, or re-execute a run of it, as `reexecution_options` say. It takes the job itself.

    A failed step's exception is raised where `raise_on_error` is True; that it is not, is Dagster's default here too.
    """
    refuse_arguments(others, place="execute_job")
    if reexecution_options is None:
        return execute_pipeline(
            job,
            run_config=run_config,
            tags=tags,
            solid_selection=op_selection,
            instance=instance,
            raise_on_error=raise_on_error,
        )
    if op_selection is not None:
        problem = "op_selection is of a first run; a re-execution has ReexecutionOptions(step_selection=...)"
        raise InvalidDefinitionError(place="execute_job", problem=problem)
    return reexecute_pipeline(
        job,
        reexecution_options.parent_run_id,
        run_config=run_config,
        step_selection=reexecution_options.step_selection,
        strategy=reexecution_options.strategy,
        tags=tags,
        instance=instance,
        raise_on_error=raise_on_error,
    )


def _runnable(given: Any, place: str) -> PipelineDefinition:
    if isinstance(given, PipelineDefinition):
        return given
    if isinstance(given, GraphDefinition):
        raise InvalidDefinitionError(place=place, problem=f"{given!r} is a graph; give {given.name}.to_job(...)")
    raise InvalidDefinitionError(place=place, problem=f"it runs a job or pipeline, not {given!r}; give that itself")


def _told(pipeline: PipelineDefinition, run_config: Any) -> Any:
    default = pipeline.section if isinstance(pipeline, CarriedPipeline) else "steps"
    return told_as(section_of(run_config, default))
