"""Two runs beside each other."""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON

from dalsegno.api.context import Info
from dalsegno.api.fields import computed, shown
from dalsegno.api.loaders import LineageKey
from dalsegno.api.lookahead import requested
from dalsegno.api.runs import Run
from dalsegno.api.step_views import StepsAsked, step_stats, view_in
from dalsegno.api.steps import StepStats
from dalsegno.runs.comparison import ComparedStep, config_differences, same_inputs, same_outputs
from dalsegno.runs.run import Run as RunRecord

# What steps are compared by.
_COMPARED = frozenset({"attempts", "outputs"})


@shown
class StepComparison:
    """One step in two runs."""

    step_key: str
    base: StepStats | None = strawberry.field(description="Null where that run's definition does not have the step.")
    other: StepStats | None
    duration_delta_ms: float | None = strawberry.field(
        description="How much longer it took in the other run; null where it has not ended in both."
    )
    code_changed: bool = strawberry.field(description="It has, or was made with, other code.")
    config_changed: bool = strawberry.field(description="It reads, or was made with, other config.")
    inputs_identical: bool | None = strawberry.field(
        description="It was made from the same inputs; null where that is not known of either."
    )
    outputs_identical: bool | None = strawberry.field(
        description="Null where either run has no output for it, or its IO manager gave no digest."
    )


@shown
class RunComparison:
    """Two runs, step by step."""

    base: Run
    other: Run

    @computed
    def config_diff(self) -> JSON:
        """What differs in their run configs: a list of {path, base, other}; path is a JSON pointer, and what is not
        there is left out.
        """
        return JSON(list(config_differences(self.base.record.run_config, self.other.record.run_config)))

    @computed
    async def steps(self, info: Info) -> list[StepComparison]:
        """Every step of either, in the topological order of the base; those that only the other has come last."""
        fields = _COMPARED | requested(info, "base", "other")
        base, other = [await _Side.of(info, run.record, fields) for run in (self.base, self.other)]
        return [_compared(key, base, other) for key in dict.fromkeys((*base.shown, *other.shown))]


@strawberry.type
class ComparisonQueries:
    """Fields of Query on several runs."""

    @computed
    async def compare_runs(
        self, info: Info, base_run_id: strawberry.ID, other_run_id: strawberry.ID
    ) -> RunComparison | None:
        """Two runs step by step: statuses, durations, whether outputs are identical, what differs in code and config.
        Null where there is no such run.
        """
        base, other = await info.context.loaders.run.load_many([base_run_id, other_run_id])
        return None if base is None or other is None else RunComparison(base=Run.of(base), other=Run.of(other))


class _Side:
    """The steps of one of the runs, by key: as they are shown, and as they are compared."""

    def __init__(self, stats: dict[str, StepStats], compared: dict[str, ComparedStep]) -> None:
        self.shown = stats
        self.compared = compared

    @staticmethod
    async def of(info: Info, run: RunRecord, fields: frozenset[str]) -> _Side:
        stats = {one.step_key: one for one in await step_stats(info, run, StepsAsked(fields=fields))}
        loaders = info.context.loaders
        snapshot = await loaders.snapshot.load(run.snapshot_id)
        lineage = await loaders.lineage.load(LineageKey(run_id=run.run_id, whole=True))
        return _Side(stats, {key: ComparedStep.of(run, snapshot, view_in(lineage, key).state) for key in stats})


def _compared(key: str, base: _Side, other: _Side) -> StepComparison:
    there, here = base.shown.get(key), other.shown.get(key)
    was, became = base.compared.get(key), other.compared.get(key)
    both = (was, became) if was is not None and became is not None else None
    durations = (there and there.duration_ms, here and here.duration_ms)
    return StepComparison(
        step_key=key,
        base=there,
        other=here,
        duration_delta_ms=None if None in durations else (durations[1] or 0.0) - (durations[0] or 0.0),
        code_changed=both is not None and both[0].made_from.code_version != both[1].made_from.code_version,
        config_changed=both is not None and both[0].made_from.config_digest != both[1].made_from.config_digest,
        inputs_identical=None if both is None else same_inputs(*both),
        outputs_identical=None if both is None else same_outputs(both[0].state, both[1].state),
    )
