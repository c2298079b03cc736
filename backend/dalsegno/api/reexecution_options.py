"""In which ways a run may be re-executed, and what a selection picks in its lineage."""

from __future__ import annotations

from contextlib import suppress

import strawberry

from dalsegno.api.context import Info
from dalsegno.api.fields import shown
from dalsegno.api.loaders import LineageKey
from dalsegno.api.planning import CurrentPipeline, ReexecutionSubject, plan_reexecution
from dalsegno.errors import DalsegnoError, InvalidRunConfigError, PipelineNotFoundError, ReexecutionNotAllowedError
from dalsegno.launch import LaunchOptions, changes_for
from dalsegno.plan.changes import Changes
from dalsegno.plan.planned_rows import picked_by_row
from dalsegno.plan.reexecution import scope_of
from dalsegno.plan.selection import select_steps
from dalsegno.plan.selection_context import context_of_lineage
from dalsegno.runs.effective_steps import EffectiveSteps, effective_steps
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy


@shown
class ReexecutionOption:
    """One way to re-execute a run."""

    strategy: ReexecutionStrategy
    enabled: bool
    disabled_reason: str | None = strawberry.field(description="For people, when not enabled.")
    step_keys: list[str] = strawberry.field(
        description="Steps that would run; empty for the two that need a selection."
    )


async def reexecution_options(info: Info, run: Run) -> list[ReexecutionOption]:
    """Each strategy, on the pipeline as it is now, with the run's own config."""
    subject = await _subject(info, run)
    return [await _option(info, subject, strategy) for strategy in ReexecutionStrategy]


async def select_in_lineage(info: Info, run: Run, selection: list[str]) -> list[str]:
    """The keys that a selection picks within the group's scope. Raises InvalidSelectionError.

    As in a plan, elements that are picked with their generator are all elements of their step.
    """
    subject = await _subject(info, run)
    if subject.pipeline is None:
        snapshot = await info.context.loaders.snapshot.load(run.snapshot_id)
    else:
        snapshot = subject.pipeline.snapshot
    effective = effective_steps(subject.lineage, snapshot)
    scope = scope_of(effective.rows, subject.lineage)
    context = context_of_lineage(effective, scope, _changes(effective, subject.lineage))
    picked = select_steps(selection, effective.rows.graph, context)
    return picked_by_row(effective.rows, picked)


def _changes(effective: EffectiveSteps, lineage: Lineage) -> Changes | None:
    """As a launch that is given nothing else would find them; None where the run's mode is gone."""
    with suppress(InvalidRunConfigError):
        return changes_for(effective, lineage)
    return None


async def _subject(info: Info, run: Run) -> ReexecutionSubject:
    """As launching reads it, but gathered for all runs that a query shows."""
    loaders = info.context.loaders
    lineage = await loaders.lineage.load(LineageKey(run_id=run.run_id, whole=True))
    pipeline = None
    snapshot_id = await loaders.current_snapshot_id.load(run.pipeline_name)
    if snapshot_id is not None:
        snapshot = await loaders.snapshot.load(snapshot_id)
        pipeline = CurrentPipeline(snapshot=snapshot, is_served=await loaders.is_served.load(snapshot_id))
    return ReexecutionSubject(lineage=lineage, pipeline=pipeline, active_run_ids=())


async def _option(info: Info, subject: ReexecutionSubject, strategy: ReexecutionStrategy) -> ReexecutionOption:
    try:
        if strategy.needs_selection:
            _check_selectable(subject, strategy)
            return ReexecutionOption(strategy=strategy, enabled=True, disabled_reason=None, step_keys=[])
        plan = await plan_reexecution(info.context, subject, LaunchOptions(strategy=strategy))
    except DalsegnoError as refusal:
        return ReexecutionOption(strategy=strategy, enabled=False, disabled_reason=refusal.message, step_keys=[])
    keys = list(plan.step_keys_to_execute)
    return ReexecutionOption(strategy=strategy, enabled=True, disabled_reason=None, step_keys=keys)


def _check_selectable(subject: ReexecutionSubject, strategy: ReexecutionStrategy) -> None:
    parent = subject.lineage.nearest
    if subject.pipeline is None:
        raise PipelineNotFoundError(pipeline_name=parent.pipeline_name)
    if not parent.status.has_ended:
        raise ReexecutionNotAllowedError(strategy=strategy, why=f"The run has not ended yet ({parent.status}).")
    rows = effective_steps(subject.lineage, subject.pipeline.snapshot).rows
    if not scope_of(rows, subject.lineage):
        raise ReexecutionNotAllowedError(
            strategy=strategy, why="None of the steps that this run group covers exists in the pipeline any more."
        )
