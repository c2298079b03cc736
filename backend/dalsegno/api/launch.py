"""Launching, re-executing and cancelling runs, and the plans of what a launch would do."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import strawberry
from strawberry.scalars import JSON

from dalsegno import errors as raised
from dalsegno.api import errors
from dalsegno.api.context import Info
from dalsegno.api.errors import Error, Handler
from dalsegno.api.fields import computed, given, mutation, shown
from dalsegno.api.filters import TagInput, tags_given
from dalsegno.api.launching import LaunchRequest, cancel, launch, relaunch
from dalsegno.api.planning import plan_reexecution, plan_run, subject_of
from dalsegno.api.plans import ReexecutionPlan
from dalsegno.api.runs import Run
from dalsegno.launch import LaunchOptions
from dalsegno.runs.status import ReexecutionStrategy


@shown
class LaunchRunSuccess:
    """The run is queued, or it is the one that the idempotency key launched before."""

    run: Run


@shown
class CancelRunSuccess:
    """The run is cancelled, or is to be: nothing starts in it any more."""

    run: Run


@shown
class RunAlreadyFinishedError(Error):
    """The run has ended; a finished run never changes."""

    run: Run


@shown
class StalePlanError(Error):
    """The plan would now differ from the one previewed; nothing was launched."""

    plan: ReexecutionPlan = strawberry.field(description="As it would be now; its id launches it.")


@shown
class IdempotencyConflictError(Error):
    """The idempotency key was used before, with other arguments."""

    run: Run | None = strawberry.field(description="Null where the key was a bulk's.")


RunPlanResult: TypeAlias = Annotated[
    ReexecutionPlan
    | errors.PipelineNotFoundError
    | errors.InvalidSelectionError
    | errors.InvalidRunConfigError
    | errors.MissingOutputsError,
    strawberry.union("RunPlanResult"),
]
ReexecutionPlanResult: TypeAlias = Annotated[
    ReexecutionPlan
    | errors.RunNotFoundError
    | errors.ReexecutionNotAllowedError
    | errors.InvalidSelectionError
    | errors.MissingOutputsError
    | errors.InvalidRunConfigError
    | errors.PipelineNotFoundError,
    strawberry.union("ReexecutionPlanResult"),
]
LaunchRunResult: TypeAlias = Annotated[
    LaunchRunSuccess
    | errors.PipelineNotFoundError
    | errors.InvalidSelectionError
    | errors.InvalidRunConfigError
    | errors.MissingOutputsError
    | IdempotencyConflictError
    | errors.PermissionDeniedError,
    strawberry.union("LaunchRunResult"),
]
LaunchReexecutionResult: TypeAlias = Annotated[
    LaunchRunSuccess
    | errors.RunNotFoundError
    | errors.PipelineNotFoundError
    | errors.ReexecutionNotAllowedError
    | errors.InvalidSelectionError
    | errors.MissingOutputsError
    | errors.InvalidRunConfigError
    | StalePlanError
    | IdempotencyConflictError
    | errors.PermissionDeniedError,
    strawberry.union("LaunchReexecutionResult"),
]
CancelRunResult: TypeAlias = Annotated[
    CancelRunSuccess | errors.RunNotFoundError | RunAlreadyFinishedError | errors.PermissionDeniedError,
    strawberry.union("CancelRunResult"),
]

Selection = Annotated[
    list[str] | None, strawberry.argument(description='Texts such as "train+*"; a single one is a list of one.')
]
RunSelection = Annotated[
    list[str] | None,
    strawberry.argument(
        description="Run only these steps; their inputs from other steps must then be given in runConfig."
    ),
]
Strategy = Annotated[
    ReexecutionStrategy | None,
    strawberry.argument(description="Default: SELECTED_STEPS where a selection is given, else ALL_STEPS."),
]
Mode = Annotated[str | None, strawberry.argument(description="Default: the pipeline's only one.")]
ParentsMode = Annotated[str | None, strawberry.argument(description="Default: the parent's.")]
ParentsConfig = Annotated[
    JSON | None,
    strawberry.argument(description="Default: the parent's. Given, it replaces the parent's whole."),
]
ParentsTags = Annotated[
    list[TagInput] | None,
    strawberry.argument(description="Added to the parent's tags; the same key replaces."),
]
IdempotencyKey = Annotated[
    str | None,
    strawberry.argument(
        description="The same key with the same arguments answers the run launched first; with others, an error."
    ),
]
PlanId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="The id of a previewed plan: refused with StalePlanError where the plan would now differ."
    ),
]


@strawberry.type
class PlanQueries:
    """Fields of Query on plans."""

    @computed
    async def run_plan(
        self,
        info: Info,
        pipeline_name: str,
        mode: Mode = strawberry.UNSET,
        run_config: JSON | None = strawberry.UNSET,
        selection: RunSelection = strawberry.UNSET,
    ) -> RunPlanResult:
        """What launchRun would do with the same arguments, without doing it."""
        options = _options(mode, run_config, selection)
        return ReexecutionPlan.of(await plan_run(info.context, pipeline_name, options))

    @computed
    async def reexecution_plan(
        self,
        info: Info,
        parent_run_id: strawberry.ID,
        strategy: Strategy = strawberry.UNSET,
        selection: Selection = strawberry.UNSET,
        mode: ParentsMode = strawberry.UNSET,
        run_config: ParentsConfig = strawberry.UNSET,
    ) -> ReexecutionPlanResult:
        """What launchReexecution would do with the same arguments, without doing it."""
        subject = await subject_of(info.context, parent_run_id)
        options = _options(mode, run_config, selection, strategy)
        return ReexecutionPlan.of(await plan_reexecution(info.context, subject, options))


@strawberry.type
class LaunchMutations:
    """Fields of Mutation on single runs."""

    @mutation
    async def launch_run(
        self,
        info: Info,
        pipeline_name: str,
        mode: Mode = strawberry.UNSET,
        run_config: JSON | None = strawberry.UNSET,
        tags: list[TagInput] | None = strawberry.UNSET,
        selection: RunSelection = strawberry.UNSET,
        reason: str | None = strawberry.UNSET,
        idempotency_key: IdempotencyKey = strawberry.UNSET,
    ) -> LaunchRunResult:
        """Queue a new run, the root of a new group."""
        request = LaunchRequest(
            options=_options(mode, run_config, selection, None, tags, reason),
            idempotency_key=given(idempotency_key),
        )
        return LaunchRunSuccess(run=Run.of(await launch(info.context, pipeline_name, request)))

    @mutation
    async def launch_reexecution(
        self,
        info: Info,
        parent_run_id: strawberry.ID,
        strategy: Strategy = strawberry.UNSET,
        selection: Selection = strawberry.UNSET,
        mode: ParentsMode = strawberry.UNSET,
        run_config: ParentsConfig = strawberry.UNSET,
        tags: ParentsTags = strawberry.UNSET,
        reason: str | None = strawberry.UNSET,
        idempotency_key: IdempotencyKey = strawberry.UNSET,
        plan_id: PlanId = strawberry.UNSET,
    ) -> LaunchReexecutionResult:
        """Queue a run that re-executes all or part of a finished run, in the same group.
        The parent is never changed.
        """
        request = LaunchRequest(
            options=_options(mode, run_config, selection, strategy, tags, reason),
            idempotency_key=given(idempotency_key),
            plan_id=given(plan_id),
        )
        return LaunchRunSuccess(run=Run.of(await relaunch(info.context, parent_run_id, request)))

    @mutation
    async def cancel_run(self, info: Info, run_id: strawberry.ID) -> CancelRunResult:
        """Queued: cancelled at once. Running: its steps are interrupted, then killed after the grace period."""
        return CancelRunSuccess(run=Run.of(await cancel(info.context, run_id)))


def _options(
    mode: str | None,
    run_config: JSON | None,
    selection: list[str] | None,
    strategy: ReexecutionStrategy | None = None,
    tags: list[TagInput] | None = None,
    reason: str | None = None,
) -> LaunchOptions:
    texts, document = given(selection), given(run_config)
    return LaunchOptions(
        mode=given(mode),
        # Whatever it is: the check of run configs says what is wrong with it.
        run_config=document,  # type: ignore[arg-type]
        tags=tags_given(given(tags)) or None,
        selection=None if texts is None else tuple(texts),
        strategy=given(strategy),
        reason=given(reason),
    )


async def _already_finished(error: raised.RunAlreadyFinishedError, info: Info) -> RunAlreadyFinishedError | None:
    run = await info.context.loaders.run.load(error.run_id)
    return None if run is None else RunAlreadyFinishedError(message=error.message, run=Run.of(run))


def _stale_plan(error: raised.StalePlanError, _info: Info) -> StalePlanError:
    return StalePlanError(message=error.message, plan=ReexecutionPlan.of(error.plan))


async def _conflict(error: raised.IdempotencyConflictError, info: Info) -> IdempotencyConflictError:
    run = await info.context.loaders.run.load(error.run_id) if error.run_id else None
    return IdempotencyConflictError(message=error.message, run=None if run is None else Run.of(run))


HANDLERS = (
    *errors.HANDLERS,
    Handler(raised.RunAlreadyFinishedError, RunAlreadyFinishedError, _already_finished),
    Handler(raised.StalePlanError, StalePlanError, _stale_plan),
    Handler(raised.IdempotencyConflictError, IdempotencyConflictError, _conflict),
)
