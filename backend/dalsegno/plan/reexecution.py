"""The plan of a re-execution: what runs again, what is reused from which run, and why.

1. The scope is the root's selection on the pipeline as it is now; without one, every step. Steps outside are omitted.
2. The strategy says which steps of the scope execute:
   all steps: the scope; selected steps: what the selection picks, whatever its status; from selected: that and
   everything downstream; from failure: what is not settled in the parent's lineage and everything downstream, but a
   skipped step that is bound to be skipped again stays as it is; from changed: what is not settled, or whose code,
   config or inputs have changed since its effective output was made (`changes`), and everything downstream.
3. A step that does not execute is reused where it ended well in the lineage, else omitted. What is reused though
   something that it was made from is replaced is marked as stale, and the plan warns of it (`staleness`).
4. Every input's sources are decided (`input_sources`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from dalsegno.errors import InvalidSelectionError, ReexecutionNotAllowedError
from dalsegno.plan.changes import Changes, in_run, reason_of
from dalsegno.plan.input_sources import resolve_inputs, stays_skipped, stored_sources
from dalsegno.plan.plan import Action, InputSource, Plan, PlannedStep, PlanReason
from dalsegno.plan.selection import normalise_texts, resolve_selection
from dalsegno.plan.staleness import with_staleness
from dalsegno.runs.lineage import EffectiveStep, Lineage
from dalsegno.runs.status import ReexecutionStrategy, StepStatus
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.snapshot.step_graph import StepGraph

# Why a step executes: the code, and the same for people.
_Why = tuple[PlanReason, str]


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
    whole = snapshot.graph
    scope = whole.within(scope_of(whole, lineage))
    effective = lineage.effective
    changes = Changes(snapshot, lineage, mode=request.mode, run_config=request.run_config)
    executed = _executed(snapshot, whole, scope, lineage, request, changes)
    resolved = resolve_inputs(snapshot, executed, effective, request.run_config, gone)
    steps: list[PlannedStep] = []
    for key in whole:
        if key in executed:
            code, reason = executed[key]
            step = PlannedStep(
                step_key=key, action=Action.EXECUTE, reason_code=code, reason=reason, inputs=resolved.inputs[key]
            )
        else:
            step = not_executed(key, key in scope, lineage)
        steps.append(step)
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
        rest_is_settled=all(key in executed or lineage.is_settled(key) for key in scope),
    )
    return with_staleness(plan, snapshot, effective, changes)


def outputs_to_load(
    snapshot: PipelineSnapshot, lineage: Lineage, request: ReexecutionRequest
) -> tuple[InputSource, ...]:
    """The stored outputs that the plan of this request would load, to be looked at before it is made.

    Raises InvalidSelectionError, ReexecutionNotAllowedError.
    """
    whole = snapshot.graph
    scope = whole.within(scope_of(whole, lineage))
    changes = Changes(snapshot, lineage, mode=request.mode, run_config=request.run_config)
    executed = _executed(snapshot, whole, scope, lineage, request, changes)
    return stored_sources(snapshot, executed, lineage.effective, request.run_config)


def scope_of(whole: StepGraph, lineage: Lineage) -> tuple[str, ...]:
    """The keys of the group's scope on the pipeline as it is now, in topological order."""
    root = lineage.root
    if root.selection is None:
        return tuple(whole)
    try:
        return resolve_selection(root.selection, whole)
    except InvalidSelectionError:
        # It no longer resolves: a step that it names is gone.
        recorded = frozenset(root.step_keys_to_execute)
        return tuple(key for key in whole if key in recorded)


def unsettled(scope: StepGraph, lineage: Lineage) -> tuple[str, ...]:
    """The keys of the scope that are not settled in the lineage, in topological order."""
    return tuple(key for key in scope if not lineage.is_settled(key))


def _executed(
    snapshot: PipelineSnapshot,
    whole: StepGraph,
    scope: StepGraph,
    lineage: Lineage,
    request: ReexecutionRequest,
    changes: Changes,
) -> dict[str, _Why]:
    strategy = request.strategy
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
        return _from_failure(snapshot, scope, lineage)
    if request.selection is None:
        raise InvalidSelectionError(problem=f'{strategy} needs a selection, e.g. "train" or "train+*".', clause="")
    picked = resolve_selection(request.selection, scope, everything=whole)
    seeds: dict[str, _Why] = dict.fromkeys(picked, (PlanReason.SELECTED, "selected"))
    return seeds if strategy is ReexecutionStrategy.SELECTED_STEPS else _with_downstream(scope, seeds)


def _with_downstream(scope: StepGraph, seeds: Mapping[str, _Why]) -> dict[str, _Why]:
    executed: dict[str, _Why] = {}
    for key in scope:
        again = [parent for parent in scope.upstream[key] if parent in executed]
        if key in seeds:
            executed[key] = seeds[key]
        elif again:
            executed[key] = _downstream_of(again)
    return executed


def _from_failure(snapshot: PipelineSnapshot, scope: StepGraph, lineage: Lineage) -> dict[str, _Why]:
    executed: dict[str, _Why] = {}
    for key in scope:
        step = lineage.effective.get(key)
        again = [parent for parent in scope.upstream[key] if parent in executed]
        if step is None or not step.is_settled:
            executed[key] = _why_unsettled(step, lineage)
        elif again and not (
            step.status is StepStatus.SKIPPED and stays_skipped(snapshot, key, executed, lineage.effective)
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


def _from_changed(scope: StepGraph, lineage: Lineage, changes: Changes) -> dict[str, _Why]:
    seeds: dict[str, _Why] = {}
    for key in scope:
        step = lineage.effective.get(key)
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


def _downstream_of(again: list[str]) -> _Why:
    named = ", ".join(again[:3]) + (f" and {len(again) - 3} more" if len(again) > 3 else "")
    return PlanReason.DOWNSTREAM, f"downstream of {named}"


def _why_unsettled(step: EffectiveStep | None, lineage: Lineage) -> _Why:
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


def not_executed(key: str, in_scope: bool, lineage: Lineage) -> PlannedStep:
    """What a re-execution of the lineage's nearest run does with a step that it does not execute."""
    step = lineage.effective.get(key)
    if not in_scope:
        return PlannedStep(
            step_key=key,
            action=Action.OMIT,
            reason_code=PlanReason.OUT_OF_SCOPE,
            reason="outside the run group's scope",
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


def _time_saved_ms(steps: list[PlannedStep], effective: Mapping[str, EffectiveStep]) -> float:
    reused = (effective[step.step_key].well for step in steps if step.action is Action.REUSE)
    return sum((state.duration_ms or 0.0) for state in reused if state is not None)
