"""The plan of a re-execution: what runs again, what is reused from which run, and why.

1. The scope is the root's selection on the pipeline as it is now; without one, every step. Steps outside are omitted.
2. The strategy says which steps of the scope execute:
   all steps: the scope; selected steps: what the selection picks, whatever its status; from selected: that and
   everything downstream; from failure: what is not settled in the parent's lineage and everything downstream, but a
   skipped step that is bound to be skipped again stays as it is; from changed: what is not settled, or whose code,
   config or inputs have changed since its effective output was made (`changes`), and everything downstream.
   Of mapped steps, single elements execute; all of them where their generator does (`planned_rows`).
3. A step that does not execute is reused where it ended well in the lineage, else omitted. What is reused though
   something that it was made from is replaced is marked as stale, and the plan warns of it (`staleness`).
4. Every input's sources are decided (`input_sources`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from dalsegno.errors import InvalidSelectionError, ReexecutionNotAllowedError
from dalsegno.plan.changes import Changes, in_run, reason_of
from dalsegno.plan.input_sources import resolve_inputs, stays_skipped, stored_sources
from dalsegno.plan.plan import Action, InputSource, Plan, PlannedStep, PlanReason, RestOfMap
from dalsegno.plan.planned_rows import (
    Why,
    generator_to_run,
    row_key_in,
    to_execute,
    with_whole_maps,
    without_run_generators,
)
from dalsegno.plan.selection import normalise_texts, resolve_selection
from dalsegno.plan.selection_context import context_of_lineage, context_of_pipeline
from dalsegno.plan.staleness import with_staleness
from dalsegno.runs.effective_steps import EffectiveSteps, effective_steps
from dalsegno.runs.lineage import EffectiveStep, Lineage
from dalsegno.runs.status import ReexecutionStrategy, StepStatus
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot, StepSnapshot
from dalsegno.snapshot.step_graph import StepGraph
from dalsegno.snapshot.step_keys import mapping_key_of, step_name
from dalsegno.snapshot.step_rows import StepRows


class ReexecutionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a re-execution; `run_config` is complete: checked, defaults filled in."""

    strategy: ReexecutionStrategy
    mode: str
    run_config: Mapping[str, Any]
    selection: tuple[str, ...] | None = None


def plan_reexecution(
    snapshot: PipelineSnapshot,
    lineage: Lineage,
    request: ReexecutionRequest,
    gone: Mapping[str, str] = {},
) -> Plan:
    """What re-executing the lineage's nearest run on this snapshot will do.

    `gone` says, by address, what is wrong with stored outputs that can't be loaded. Raises InvalidSelectionError,
    ReexecutionNotAllowedError, MissingOutputsError, InvalidRunConfigError.
    """
    decision = _Decision(snapshot, lineage, request)
    effective, rows, executed = decision.effective, decision.rows, decision.executed
    in_scope = {row_key_in(rows, key): None for key in decision.scope}
    resolved = resolve_inputs(rows, executed, effective.by_key, request.run_config, gone)
    steps = [
        to_execute(row, executed[row.key], resolved.inputs[row.key])
        if row.key in executed
        else not_executed(row, row.key in in_scope, lineage, effective, executed)
        for row in rows.steps
    ]
    rest = [rows.by_key[key] for key in in_scope if key not in executed]
    plan = Plan(
        pipeline_name=snapshot.name,
        snapshot_id=snapshot.id,
        mode=request.mode,
        run_config=request.run_config,
        steps=tuple(steps),
        parent_run_id=lineage.nearest.run_id,
        strategy=request.strategy,
        warnings=resolved.warnings,
        time_saved_ms=_time_saved_ms(steps, effective),
        rest_is_settled=all(effective.is_settled(row.key) for row in rest if not generator_to_run(row, executed)),
        rest_of_maps=_rest_of_maps([row for row in rest if generator_to_run(row, executed)], effective),
    )
    return with_staleness(plan, rows, decision.changes)


def outputs_to_load(
    snapshot: PipelineSnapshot, lineage: Lineage, request: ReexecutionRequest
) -> tuple[InputSource, ...]:
    """The stored outputs that the plan of this request would load, to be looked at before it is made.

    Raises InvalidSelectionError, ReexecutionNotAllowedError.
    """
    decision = _Decision(snapshot, lineage, request)
    return stored_sources(decision.rows, decision.executed, decision.effective.by_key, request.run_config)


class _Decision:
    """Which rows a re-execution executes, and why."""

    def __init__(self, snapshot: PipelineSnapshot, lineage: Lineage, request: ReexecutionRequest) -> None:
        self.effective = effective_steps(lineage, snapshot)
        self.changes = Changes(self.effective, lineage, mode=request.mode, run_config=request.run_config)
        before = self.effective.rows
        self.scope = before.graph.within(scope_of(before, lineage))
        chosen = _executed(self.changes, self.scope, lineage, request)
        # Where generators execute, which elements there are is not known.
        self.rows = without_run_generators(before, chosen)
        self.executed = with_whole_maps(before, self.rows, chosen)


def scope_of(rows: StepRows, lineage: Lineage) -> tuple[str, ...]:
    """The keys of the group's scope on the pipeline as it is now, in topological order."""
    root, whole = lineage.root, rows.graph
    if root.selection is None:
        return tuple(whole)
    try:
        return resolve_selection(root.selection, whole, context_of_pipeline(rows.snapshot))
    except InvalidSelectionError:
        # It no longer resolves: a step that it names, or all that it picked, is gone.
        recorded = lineage.runs[-1]
        return tuple(key for key in whole if recorded.was_to_execute(key))


def _executed(changes: Changes, scope: StepGraph, lineage: Lineage, request: ReexecutionRequest) -> dict[str, Why]:
    strategy, effective = request.strategy, changes.effective
    if len(scope) == 0:
        raise ReexecutionNotAllowedError(
            strategy=strategy,
            why=(
                "None of the steps that this run group covers exists in the pipeline any more. "
                "Launch a new run instead."
            ),
        )
    if not strategy.needs_selection:
        if request.selection is not None:
            texts = normalise_texts(request.selection)
            raise InvalidSelectionError(
                problem=f"{strategy} takes no selection; leave it out, or use SELECTED_STEPS or FROM_SELECTED.",
                clause=texts[0],
                end=len(texts[0]),
            )
        if strategy is ReexecutionStrategy.ALL_STEPS:
            return dict.fromkeys(scope, (PlanReason.ALL_STEPS, "all steps"))
        if strategy is ReexecutionStrategy.FROM_CHANGED:
            return _from_changed(scope, lineage, changes)
        return _from_failure(scope, lineage, effective)
    if request.selection is None:
        raise InvalidSelectionError(problem=f'{strategy} needs a selection, e.g. "train" or "train+*".', clause="")
    context = context_of_lineage(effective, scope, changes)
    picked = resolve_selection(request.selection, effective.rows.graph, context)
    seeds: dict[str, Why] = dict.fromkeys(picked, (PlanReason.SELECTED, "selected"))
    return seeds if strategy is ReexecutionStrategy.SELECTED_STEPS else _with_downstream(scope, seeds)


def _with_downstream(scope: StepGraph, seeds: Mapping[str, Why]) -> dict[str, Why]:
    executed: dict[str, Why] = {}
    for key in scope:
        again = [parent for parent in scope.upstream[key] if parent in executed]
        if key in seeds:
            executed[key] = seeds[key]
        elif again:
            executed[key] = _downstream_of(again)
    return executed


def _from_failure(scope: StepGraph, lineage: Lineage, effective: EffectiveSteps) -> dict[str, Why]:
    executed: dict[str, Why] = {}
    for key in scope:
        step = effective.by_key.get(key)
        again = [parent for parent in scope.upstream[key] if parent in executed]
        if step is None or not step.is_settled:
            executed[key] = _why_unsettled(step, lineage)
        elif again and not (
            step.status is StepStatus.SKIPPED and stays_skipped(effective.rows, key, executed, effective.by_key)
        ):
            executed[key] = _downstream_of(again)
    if not executed:
        raise ReexecutionNotAllowedError(
            strategy=ReexecutionStrategy.FROM_FAILURE,
            why=(
                "Nothing is left to do from failure: every step has ended well in this run or in an earlier one of its "
                "group. Re-execute all steps, or select the steps to run again."
            ),
        )
    return executed


def _from_changed(scope: StepGraph, lineage: Lineage, changes: Changes) -> dict[str, Why]:
    seeds: dict[str, Why] = {}
    for key in scope:
        step = changes.effective.by_key.get(key)
        if step is None or not step.is_settled:
            seeds[key] = _why_unsettled(step, lineage)
        elif changed := changes.of(key):
            seeds[key] = reason_of(changed)
    if not seeds:
        raise ReexecutionNotAllowedError(
            strategy=ReexecutionStrategy.FROM_CHANGED,
            why=(
                "Nothing has changed: every step has ended well in this run or in an earlier one of its group, and its "
                "code, config and inputs are still those that made what it stored. Re-execute all steps, or select the "
                "steps to run again."
            ),
        )
    return _with_downstream(scope, seeds)


def _downstream_of(again: list[str]) -> Why:
    named = ", ".join(again[:3]) + (f" and {len(again) - 3} more" if len(again) > 3 else "")
    return PlanReason.DOWNSTREAM, f"downstream of {named}"


def _why_unsettled(step: EffectiveStep | None, lineage: Lineage) -> Why:
    if step is None:
        return PlanReason.NEVER_RUN, "has never run in this group"
    where = in_run(step.run_id, lineage)
    match step.status:
        case StepStatus.FAILURE:
            return PlanReason.FAILED, f"failed {where}"
        case StepStatus.CANCELED:
            return PlanReason.CANCELED, f"was canceled {where}"
        case StepStatus.BLOCKED:
            return PlanReason.BLOCKED, f"was blocked by a failure upstream {where}"
        case StepStatus.RUNNING | StepStatus.RETRYING | StepStatus.LOST:
            return PlanReason.INTERRUPTED, f"was interrupted {where}"
        case _:
            return PlanReason.NEVER_RUN, f"was not reached {where}"


def not_executed(
    row: StepSnapshot, in_scope: bool, lineage: Lineage, effective: EffectiveSteps, executed: Collection[str]
) -> PlannedStep:
    """What a re-execution of the lineage's nearest run does with a step that it does not execute."""
    key = row.key
    step = effective.by_key.get(key)
    if not in_scope:
        return PlannedStep(
            step_key=key,
            action=Action.OMIT,
            reason_code=PlanReason.OUT_OF_SCOPE,
            reason="outside the run group's scope",
        )
    generator = generator_to_run(row, executed)
    if generator is not None:
        return PlannedStep(
            step_key=key,
            action=Action.OMIT,
            reason_code=PlanReason.NOT_SELECTED,
            reason=f"not selected, and which elements it has is known once {generator} has run",
        )
    if step is None or step.well is None or step.well_run_id is None:
        why = "has not ended well in this group" if step else "has never run in this group"
        return PlannedStep(
            step_key=key, action=Action.OMIT, reason_code=PlanReason.NOT_SELECTED, reason=f"not selected, and it {why}"
        )
    where = in_run(step.well_run_id, lineage)
    skipped = step.well.status is StepStatus.SKIPPED
    return PlannedStep(
        step_key=key,
        action=Action.REUSE,
        reason_code=PlanReason.WAS_SKIPPED if skipped else PlanReason.ENDED_WELL,
        reason=f"was skipped {where}" if skipped else f"succeeded {where}",
        reused_from_run_id=step.well_run_id,
    )


def _rest_of_maps(to_come: list[StepSnapshot], effective: EffectiveSteps) -> tuple[RestOfMap, ...]:
    settled: dict[str, set[str]] = {step_name(row.key): set() for row in to_come}
    for key, step in effective.by_key.items() if to_come else ():
        mapping_key = mapping_key_of(key)
        if mapping_key is not None and step.is_settled and step_name(key) in settled:
            settled[step_name(key)].add(mapping_key)
    return tuple(
        RestOfMap(step_name=name, over=row.mapped_over, settled_keys=frozenset(settled[name]))
        for row in to_come
        if row.mapped_over is not None and (name := step_name(row.key))
    )


def _time_saved_ms(steps: list[PlannedStep], effective: EffectiveSteps) -> float:
    reused = (effective.by_key[step.step_key].well for step in steps if step.action is Action.REUSE)
    return sum((state.duration_ms or 0.0) for state in reused if state is not None)
