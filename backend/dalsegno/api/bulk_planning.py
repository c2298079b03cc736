"""What a bulk would do: how many of the matching runs, how many steps, how long, and what would be refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from dalsegno.api.context import RequestContext
from dalsegno.api.planning import CurrentPipeline, ReexecutionSubject, plan_reexecution
from dalsegno.api.plans import estimates_of
from dalsegno.errors import DalsegnoError, InvalidArgumentsError, StoreUnavailableError
from dalsegno.launch import LaunchOptions
from dalsegno.plan.estimates import longest_path_ms
from dalsegno.plan.plan import Plan
from dalsegno.runs.bulk import BulkAction, BulkOutcome, runs_of_bulk, told_of_many
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.status import ReexecutionStrategy
from dalsegno.store.bulks import matching_runs
from dalsegno.store.lineages import fetch_lineages
from dalsegno.store.run_filter import RunFilter

# Lineages are read for so many runs at once: what a bulk plans on is never all in memory.
_READ_AT_ONCE = 25


class BulkForecast(msgspec.Struct, frozen=True, kw_only=True):
    """What a bulk would come to."""

    runs: int
    steps_to_execute: int
    # Milliseconds, of all runs one after the other; None where that of one is unknown.
    estimated_ms: float | None
    # By sentence: how many runs; the most frequent first.
    refusals: dict[str, int]


async def plan_bulk(
    context: RequestContext, action: BulkAction, wanted: RunFilter, strategy: ReexecutionStrategy | None
) -> BulkForecast:
    """What a bulk would do if it were started now. Raises InvalidArgumentsError."""
    check_strategy(action, strategy)
    members = runs_of_bulk(action, await context.service.database.read_async(matching_runs(wanted)))
    refusals = Counter(one.message for one in members if one.message is not None)
    waiting = [one.run_id for one in members if one.outcome is BulkOutcome.WAITING]
    totals = _Totals(context, refusals)
    if strategy is not None:
        options = LaunchOptions(strategy=strategy)
        for run_ids in _pieces(waiting):
            for subject in await _subjects(context, run_ids):
                await totals.add(subject, options)
    return BulkForecast(
        runs=len(members),
        steps_to_execute=totals.steps,
        estimated_ms=totals.estimated_ms,
        refusals=dict(refusals.most_common()),
    )


def check_strategy(action: BulkAction, strategy: ReexecutionStrategy | None) -> None:
    """Raises InvalidArgumentsError where an action has no strategy that it needs, or one that it can't use."""
    usable = ", ".join(one for one in ReexecutionStrategy if not one.needs_selection)
    if action is BulkAction.CANCEL:
        if strategy is not None:
            raise InvalidArgumentsError(problem=f"CANCEL takes no strategy, so {strategy} means nothing. Leave it out.")
    elif strategy is None:
        raise InvalidArgumentsError(problem=f"REEXECUTE needs a strategy: {usable}.")
    elif strategy.needs_selection:
        problem = f"{strategy} needs a selection, and a bulk has none, for its runs are of any pipeline. Use {usable}."
        raise InvalidArgumentsError(problem=problem)


class _Totals:
    """What the plans of single runs add up to."""

    def __init__(self, context: RequestContext, refusals: Counter[str]) -> None:
        self.steps = 0
        self.estimated_ms: float | None = 0.0
        self._context = context
        self._refusals = refusals

    async def add(self, subject: ReexecutionSubject, options: LaunchOptions) -> None:
        """Plans one run."""
        try:
            plan = await plan_reexecution(self._context, subject, options)
        except StoreUnavailableError:
            raise
        except DalsegnoError as refusal:
            self._refusals[told_of_many(refusal.message, subject.lineage.nearest.run_id)] += 1
        else:
            self.steps += len(plan.step_keys_to_execute)
            estimated = await self._estimated_ms(plan)
            known = None not in (estimated, self.estimated_ms)
            self.estimated_ms = (self.estimated_ms or 0.0) + (estimated or 0.0) if known else None

    async def _estimated_ms(self, plan: Plan) -> float | None:
        # What is unknown of one run is unknown of all.
        if self.estimated_ms is None:
            return None
        return longest_path_ms(plan, await estimates_of(self._context, plan.pipeline_name, plan.step_keys_to_execute))


async def _subjects(context: RequestContext, run_ids: Sequence[str]) -> list[ReexecutionSubject]:
    """As launching reads them, but many at once; that others of their groups go on is of no matter here."""
    lineages = await context.service.database.read_async(fetch_lineages(run_ids, whole=True))
    unfinished = [run_id for run_id, one in lineages.items() if not one.nearest.status.has_ended]
    if unfinished:
        await context.service.abandoned_runs.end(unfinished)
        # Where scripts that executed them are gone, no worker can carry them on, and they have ended now.
        lineages = await context.service.database.read_async(fetch_lineages(run_ids, whole=True))
    return [await _subject(context, lineages[run_id]) for run_id in run_ids]


async def _subject(context: RequestContext, lineage: Lineage) -> ReexecutionSubject:
    loaders = context.loaders
    pipeline = None
    snapshot_id = await loaders.current_snapshot_id.load(lineage.nearest.pipeline_name)
    if snapshot_id is not None:
        snapshot = await loaders.snapshot.load(snapshot_id)
        pipeline = CurrentPipeline(snapshot=snapshot, is_served=await loaders.is_served.load(snapshot_id))
    return ReexecutionSubject(lineage=lineage, pipeline=pipeline, active_run_ids=())


def _pieces(run_ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(run_ids)
    while piece := list(islice(rest, _READ_AT_ONCE)):
        yield piece
