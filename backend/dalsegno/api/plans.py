"""Plans: what a launch will do with every step, and why."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from dalsegno.api.context import Info, RequestContext
from dalsegno.api.fields import computed, shown
from dalsegno.api.loaders import HistoryKey
from dalsegno.api.lookahead import requested
from dalsegno.plan.estimates import EXECUTIONS_LOOKED_AT, estimated_ms, history_key, longest_path_ms
from dalsegno.plan.plan import Action, Plan, PlanReason, PlanWarningKind
from dalsegno.plan.plan import PlannedInput as PlannedInputRecord
from dalsegno.plan.plan import PlannedStep as PlannedStepRecord
from dalsegno.plan.plan import PlanWarning as PlanWarningRecord
from dalsegno.runs.status import ReexecutionStrategy

# In a preview: the run that is being planned has no id yet.
_THIS_RUN = ""


@shown
class OutputRef:
    """One output of one step in one run."""

    run_id: strawberry.ID = strawberry.field(
        description="The run that made it. Empty in a preview where it is the run being planned, which has no id yet."
    )
    step_key: str
    output_name: str
    mapping_key: str | None = strawberry.field(
        description='Of a dynamic output, which element; "?" in a plan for each of those that its step will give.'
    )


@shown
class StepInput:
    """One input of a step."""

    name: str
    sources: list[OutputRef] = strawberry.field(
        description=(
            "The outputs that it was loaded from: one, or several for a fan-in. Empty for one given in runConfig."
        )
    )

    @staticmethod
    def of(one: PlannedInputRecord, run_id: str | None) -> StepInput:
        """What is planned for an input; `run_id` is the planned run's own, where it has one."""
        sources = [
            OutputRef(
                run_id=strawberry.ID(source.run_id or run_id or _THIS_RUN),
                step_key=source.step_key,
                output_name=source.output_name,
                mapping_key=source.mapping_key,
            )
            for source in one.sources
        ]
        return StepInput(name=one.name, sources=sources)


@shown
class PlannedStep:
    """What a plan does with one step."""

    step_key: str
    action: Action
    reason_code: PlanReason
    reason: str = strawberry.field(
        description=(
            "The same for people, with what it refers to: 'downstream of train', 'config threshold 0.5 -> 0.7'."
        )
    )
    inputs: list[StepInput] = strawberry.field(
        description="Of a step to execute: where each input will be loaded from, in the order of the definition."
    )
    reused_from_run_id: strawberry.ID | None = strawberry.field(
        description="Of a reused step: the run of the lineage whose execution stands in."
    )
    is_stale: bool = strawberry.field(
        description="Of a reused step: what it was made from has since been replaced by other bytes, code or config."
    )
    estimated_duration_ms: float | None = strawberry.field(
        description="Milliseconds: the median of its latest successful executions; null where there are none."
    )

    @staticmethod
    def of(step: PlannedStepRecord, run_id: str | None, estimated_duration_ms: float | None) -> PlannedStep:
        """One step of a plan, with what is known of how long it takes."""
        return PlannedStep(
            step_key=step.step_key,
            action=step.action,
            reason_code=step.reason_code,
            reason=step.reason,
            inputs=[StepInput.of(one, run_id) for one in step.inputs],
            reused_from_run_id=None if step.reused_from_run_id is None else strawberry.ID(step.reused_from_run_id),
            is_stale=step.is_stale,
            estimated_duration_ms=estimated_duration_ms,
        )


@shown
class PlanWarning:
    """Something to know before launching; it stops nothing."""

    kind: PlanWarningKind
    step_key: str | None
    message: str
    step_keys_to_add: list[str] = strawberry.field(description="Adding these to the selection mends it.")

    @staticmethod
    def of(warning: PlanWarningRecord) -> PlanWarning:
        """The same as a plan holds it."""
        return PlanWarning(
            kind=warning.kind,
            step_key=warning.step_key,
            message=warning.message,
            step_keys_to_add=list(warning.step_keys_to_add),
        )


@shown
class ReexecutionPlan:
    """What a launch will do with every step, and why; of a first run too."""

    id: strawberry.ID = strawberry.field(description="Content hash: the same plan has the same id.")
    parent_run_id: strawberry.ID | None = strawberry.field(description="Null for a first run, as the strategy.")
    strategy: ReexecutionStrategy | None
    step_keys_to_execute: list[str]
    warnings: list[PlanWarning] = strawberry.field(
        description="For people: stale data that would be reused, code that changed and will not be re-run."
    )
    time_saved_ms: float = strawberry.field(description="How long the reused steps took when they ran.")
    plan: strawberry.Private[Plan]
    run_id: strawberry.Private[str | None]

    @computed
    async def steps(self, info: Info) -> list[PlannedStep]:
        """Every step of the pipeline, in topological order."""
        estimates: dict[str, float | None] = {}
        # All at once: of thousands of steps each by itself, the waiting alone would take most of the time.
        if "estimatedDurationMs" in requested(info):
            keys = [step.step_key for step in self.plan.steps]
            estimates = await estimates_of(info.context, self.plan.pipeline_name, keys)
        return [PlannedStep.of(step, self.run_id, estimates.get(step.step_key)) for step in self.plan.steps]

    @computed
    async def estimated_duration_ms(self, info: Info) -> float | None:
        """From the steps' history along the longest path; null where unknown."""
        estimates = await estimates_of(info.context, self.plan.pipeline_name, self.step_keys_to_execute)
        return longest_path_ms(self.plan, estimates)

    @staticmethod
    def of(plan: Plan, run_id: str | None = None) -> ReexecutionPlan:
        """A plan with every step; `run_id` is that of the run launched with it."""
        return ReexecutionPlan(
            id=strawberry.ID(plan.id),
            parent_run_id=None if plan.parent_run_id is None else strawberry.ID(plan.parent_run_id),
            strategy=plan.strategy,
            step_keys_to_execute=list(plan.step_keys_to_execute),
            warnings=[PlanWarning.of(warning) for warning in plan.warnings],
            time_saved_ms=plan.time_saved_ms,
            plan=plan,
            run_id=run_id,
        )


async def estimates_of(
    context: RequestContext, pipeline_name: str, step_keys: Sequence[str]
) -> dict[str, float | None]:
    """By step key: milliseconds; None where the step has never succeeded."""
    keys = [
        HistoryKey(pipeline_name=pipeline_name, step_key=history_key(key), successes=EXECUTIONS_LOOKED_AT)
        for key in step_keys
    ]
    found = await context.loaders.executions.load_many(keys)
    return {key: estimated_ms(one.durations_ms) for key, one in zip(step_keys, found, strict=True)}
