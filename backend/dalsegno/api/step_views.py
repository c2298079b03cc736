"""The steps of a run, or of a group, as they stand; only what was asked for is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from dalsegno.api.context import Info
from dalsegno.api.loaders import ChangedKey, LineageKey
from dalsegno.api.pagination import MAX_STEPS, checked_size
from dalsegno.api.plans import OutputRef, StepInput
from dalsegno.api.steps import StepStats
from dalsegno.errors import InvalidCursorError
from dalsegno.launch import stale_in
from dalsegno.plan.plan import Plan, PlannedStep
from dalsegno.plan.stored_plan import plan_by_rows, planned_rows
from dalsegno.runs.attempts import StepState
from dalsegno.runs.effective_steps import EffectiveSteps, effective_steps, rows_in_run
from dalsegno.runs.lineage import Lineage, LineageRun
from dalsegno.runs.run import Run
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.snapshot.step_keys import ANY_KEY, element_key, step_name
from dalsegno.snapshot.step_rows import StepRows, rows_of

_OF_ATTEMPTS = frozenset({"attempts", "outputs", "error", "inputs"})
_OF_PLANS = frozenset({"reason", "inputs", "isStale"})


class StepsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which steps of a run, and which fields of them."""

    step_keys: Sequence[str] | None = None
    first: int | None = None
    after: str | None = None
    # A version of the run: only steps that changed after it.
    changed_since: str | None = None
    # As named in GraphQL.
    fields: frozenset[str] = frozenset()


class StepView(msgspec.Struct, frozen=True):
    """A step's state in a run, and the earlier run whose execution stands in."""

    state: StepState
    reused_from_run_id: str | None = None


def version_of(run: Run) -> str:
    """Moves with every change of the run or of its steps."""
    return f"{run.version}.{run.status}{'.to-cancel' if run.cancel_requested else ''}"


def view_in(lineage: Lineage, step_key: str) -> StepView:
    """A step as it stands in the lineage's nearest run, whether or not that run executes it."""
    nearest = lineage.runs[0]
    own = nearest.steps.get(step_key)
    if own is not None:
        return StepView(own)
    if nearest.was_to_execute(step_key):
        return StepView(_never_reached(nearest, step_key))
    for earlier in lineage.runs[1:]:
        state = earlier.steps.get(step_key)
        if state is not None and state.status.ended_well:
            return StepView(replace(state, status=StepStatus.REUSED), earlier.run.run_id)
    return StepView(StepState(step_key=step_key, status=StepStatus.OMITTED))


def effective_view(lineage: Lineage, effective: EffectiveSteps, step_key: str) -> tuple[Run, StepState]:
    """A step's effective state, and the run that it comes from: the nearest one that was planned to execute it."""
    step = effective.by_key.get(step_key)
    if step is None:
        return lineage.nearest, StepState(step_key=step_key, status=StepStatus.OMITTED)
    one = next(one for one in lineage if one.run.run_id == step.run_id)
    # An element whose run never learned of it stands as all elements of its step do.
    state = one.steps.get(step_key) or one.steps.get(element_key(step_name(step_key), ANY_KEY))
    return one.run, _never_reached(one, step_key) if state is None else replace(state, step_key=step_key)


async def step_views(info: Info, run: Run, asked: StepsAsked) -> dict[str, StepView]:
    """By step key, in topological order: the steps of a run that are asked for, with their states and times alone.

    Of attempts only those of steps that were tried again, or wait for it, in outline.
    """
    rows = await _rows(info, run)
    keys = await _keys_asked(info, run, rows, asked)
    if not keys:
        return {}
    lineage = await _lineage(info, run, rows, keys, whole=False)
    return {key: view_in(lineage, key) for key in keys}


async def step_stats(info: Info, run: Run, asked: StepsAsked) -> list[StepStats]:
    """The steps of a run that are asked for, in topological order."""
    rows = await _rows(info, run)
    keys = await _keys_asked(info, run, rows, asked)
    if not keys:
        return []
    snapshot = rows.snapshot
    read = list(dict.fromkeys((*keys, *snapshot.generators))) if asked.fields & _OF_PLANS else keys
    if "inputs" in asked.fields:
        read = _with_upstream(rows, read)
    lineage = await _lineage(info, run, rows, read, whole=bool(asked.fields & _OF_ATTEMPTS))
    views = {key: view_in(lineage, key) for key in keys}
    plans: dict[str, Plan] = {}
    if asked.fields & _OF_PLANS:
        earlier = {view.reused_from_run_id for view in views.values() if view.reused_from_run_id}
        plans = await _plans(info, snapshot, lineage, earlier)
    return [_stats_of(run.run_id, view, plans, lineage) for view in views.values()]


async def effective_step_stats(info: Info, newest: Run, fields: frozenset[str]) -> list[StepStats]:
    """The effective steps of the lineage of a group's newest run, in topological order."""
    snapshot = await info.context.loaders.snapshot.load(newest.snapshot_id)
    lineage = await _lineage(info, newest, None, None, whole=bool(fields & _OF_ATTEMPTS))
    effective = effective_steps(lineage, snapshot)
    found = [effective_view(lineage, effective, key) for key in effective.rows.by_key]
    plans: dict[str, Plan] = {}
    if fields & _OF_PLANS:
        plans = await _plans(info, snapshot, lineage, {run.run_id for run, _ in found})
    steps = [_stats_of(run.run_id, StepView(state), plans, lineage) for run, state in found]
    if "isStale" in fields:
        stale = await _stale_now(info, newest, snapshot)
        for step in steps:
            step.is_stale = step.step_key in stale
    return steps


async def _stale_now(info: Info, newest: Run, planned_on: PipelineSnapshot) -> frozenset[str]:
    """The steps whose effective output is stale, on the pipeline as it is now."""
    loaders = info.context.loaders
    lineage = await loaders.lineage.load(LineageKey(run_id=newest.run_id, whole=True))
    snapshot_id = await loaders.current_snapshot_id.load(newest.pipeline_name)
    current = [] if snapshot_id is None else [await loaders.snapshot.load(snapshot_id)]
    return frozenset(stale_in(lineage, [*current, planned_on]))


async def _rows(info: Info, run: Run) -> StepRows:
    """The rows that the run has: of what its generators gave, a row for each element."""
    snapshot = await info.context.loaders.snapshot.load(run.snapshot_id)
    if not snapshot.generators:
        return rows_of(snapshot, {})
    key = LineageKey(run_id=run.run_id, whole=False, step_keys=tuple(snapshot.generators))
    return rows_in_run(await info.context.loaders.lineage.load(key), snapshot)


async def _keys_asked(info: Info, run: Run, rows: StepRows, asked: StepsAsked) -> list[str]:
    keys = list(rows.by_key)
    if asked.step_keys is not None:
        wanted = frozenset(asked.step_keys)
        # A mapped step's own name stands for all its rows.
        keys = [key for key in keys if key in wanted or step_name(key) in wanted]
    if asked.changed_since is not None:
        changed = await _changed(info, run, rows, asked.changed_since)
        keys = [key for key in keys if key in changed]
    if asked.after is not None:
        if asked.after not in rows.by_key:
            raise InvalidCursorError(cursor=asked.after)
        passed = frozenset(list(rows.by_key)[: list(rows.by_key).index(asked.after) + 1])
        keys = [key for key in keys if key not in passed]
    return keys if asked.first is None else keys[: checked_size(asked.first, MAX_STEPS)]


async def _changed(info: Info, run: Run, rows: StepRows, version: str) -> set[str]:
    number = version.partition(".")[0]
    if not (number.isdecimal() and len(number) < 19):
        raise InvalidCursorError(cursor=version)
    since = int(number)
    loaders = info.context.loaders
    changed = await loaders.changed_steps.load(ChangedKey(run_id=run.run_id, since=since))
    # With a generator's success all its elements are new.
    elements = {row.key for row in rows.steps if row.mapped_over is not None and row.mapped_over.step_key in changed}
    changed = changed | elements
    if run.status.has_ended and run.version > since:
        # What was never reached is no longer pending.
        nearest = LineageRun(run=run, steps={})
        reached = await loaders.reached_steps.load(run.run_id)
        return changed | {key for key in rows.by_key if nearest.was_to_execute(key) and key not in reached}
    return changed


async def _lineage(info: Info, run: Run, rows: StepRows | None, keys: Sequence[str] | None, *, whole: bool) -> Lineage:
    """With the steps of these keys; with all where they are all rows."""
    is_all = rows is None or keys is None or len(keys) >= len(rows.by_key)
    wanted = None if is_all or keys is None else tuple(keys)
    return await info.context.loaders.lineage.load(LineageKey(run_id=run.run_id, whole=whole, step_keys=wanted))


async def _plans(
    info: Info, snapshot: PipelineSnapshot, lineage: Lineage, earlier_run_ids: Iterable[str]
) -> dict[str, Plan]:
    """The plan of the lineage's nearest run, with every row, and those of earlier runs with what they executed."""
    run_id = lineage.nearest.run_id
    wanted = [run_id, *(one for one in earlier_run_ids if one != run_id)]
    found = await info.context.loaders.plan.load_many(wanted)
    plans = {one: plan for one, plan in zip(wanted, found, strict=True) if plan is not None}
    if run_id in plans:
        plans[run_id] = plan_by_rows(plans[run_id], snapshot, lineage)
    for one in lineage.runs[1:]:
        if one.run.run_id in plans:
            plan = plans[one.run.run_id]
            plans[one.run.run_id] = replace(plan, steps=tuple(planned_rows(plan, one.steps).values()))
    return plans


def _stats_of(run_id: str, view: StepView, plans: dict[str, Plan], lineage: Lineage) -> StepStats:
    planned = _planned(plans, run_id, view.state.step_key)
    # The inputs of a reused step are those of the execution that stands in.
    made_in = view.reused_from_run_id or run_id
    made = _planned(plans, made_in, view.state.step_key)
    steps = next((one for one in lineage if one.run.run_id == made_in), None)
    return StepStats.of(
        run_id,
        view.state,
        inputs=[_loaded(StepInput.of(one, made_in), made_in, steps) for one in made.inputs] if made else [],
        reason=planned.reason if planned else "",
        reused_from_run_id=view.reused_from_run_id,
        is_stale=planned.is_stale if planned else False,
    )


def _planned(plans: dict[str, Plan], run_id: str, step_key: str) -> PlannedStep | None:
    plan = plans.get(run_id)
    return None if plan is None else plan.by_key.get(step_key)


def _loaded(one: StepInput, run_id: str, made_in: LineageRun | None) -> StepInput:
    """Without the elements of a fan-in that turned out not to be made."""

    def is_there(source: OutputRef) -> bool:
        state = made_in.steps.get(source.step_key) if made_in and source.run_id == run_id else None
        if state is None or not state.status.ended_well:
            return True
        return state.output(source.output_name, source.mapping_key) is not None

    return StepInput(name=one.name, sources=[source for source in one.sources if is_there(source)])


def _never_reached(one: LineageRun, step_key: str) -> StepState:
    status = StepStatus.OMITTED if one.run.status.has_ended else StepStatus.PENDING
    return StepState(step_key=step_key, status=status)


def _with_upstream(rows: StepRows, keys: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*keys, *(parent for key in keys for parent in rows.graph.upstream.get(key, ()))]))
