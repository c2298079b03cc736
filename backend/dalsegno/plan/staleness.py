"""Which outputs are stale: made from something that has since been replaced by other bytes, code or config.

An output is stale where its step's own code, config or inputs have changed since (`changes`), where an input's producer
executes again, or where an input's producer is stale itself. Staleness is judged within a lineage, along the edges that
carry values. A skipped step has made nothing; it is stale where it may no longer be skipped.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence

from msgspec.structs import replace

from dalsegno.plan.changes import Change, Changes
from dalsegno.plan.input_sources import stays_skipped
from dalsegno.plan.plan import Action, Plan, PlanReason, PlanWarning, PlanWarningKind, ReplacedSince
from dalsegno.runs.lineage import EffectiveStep
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import StepSnapshot
from dalsegno.snapshot.step_rows import StepRows

_NAMED_AT_MOST = 3


def stale_keys(changes: Changes) -> tuple[str, ...]:
    """The rows with an effective output that is stale, in topological order."""
    effective = changes.effective
    well = [row.key for row in effective.rows.steps if _has_ended_well(effective.by_key.get(row.key))]
    _, again = _replaced_since(effective.rows, changes, (), well)
    return tuple(key for key in well if key in again)


def stale_now(changes: Changes) -> tuple[str, ...]:
    """Those of them that are settled: what did not end well since is to be executed anyway."""
    return tuple(key for key in stale_keys(changes) if changes.effective.is_settled(key))


def with_staleness(plan: Plan, rows: StepRows, changes: Changes) -> Plan:
    """The plan of these rows with its reused steps marked, and the warnings that name those that are stale."""
    reused = [step.step_key for step in plan.steps if step.action is Action.REUSE]
    replaced, again = _replaced_since(rows, changes, plan.executed, reused)
    own = (
        *_own_warning(PlanReason.CODE_CHANGED, PlanWarningKind.CODE_CHANGED, replaced.code_or_config, changes),
        *_own_warning(PlanReason.CONFIG_CHANGED, PlanWarningKind.CONFIG_CHANGED, replaced.code_or_config, changes),
    )
    return _marked(replace(plan, warnings=(*own, *plan.warnings), replaced_since=replaced), rows, again)


def marked(plan: Plan, rows: StepRows) -> Plan:
    """The plan with its reused steps marked by what it keeps in `replaced_since`, and the warning that names them."""
    return _marked(plan, rows, _closure(rows, plan.executed, plan.replaced_since))


def _marked(plan: Plan, rows: StepRows, again: Collection[str]) -> Plan:
    """`again` are the steps that execute or are stale."""
    if len(again) == len(plan.executed):
        return plan
    steps = tuple(
        replace(step, is_stale=True) if step.action is Action.REUSE and step.step_key in again else step
        for step in plan.steps
    )
    by_input = frozenset(plan.replaced_since.inputs)
    # The others are stale by their own code and config alone, which has warnings of its own.
    made_from_other = [
        step.step_key
        for step in steps
        if step.is_stale and (step.step_key in by_input or _made_from_any(rows.by_key[step.step_key], again))
    ]
    return replace(plan, steps=steps, warnings=(*_stale_warning(made_from_other), *plan.warnings))


def without_marks(plan: Plan) -> Plan:
    """The plan as it is kept: `marked` brings back what is left out."""
    return replace(plan, warnings=tuple(one for one in plan.warnings if one.kind is not PlanWarningKind.STALE))


def _replaced_since(
    rows: StepRows,
    changes: Changes,
    executed: Collection[str],
    reused: Sequence[str],
) -> tuple[ReplacedSince, set[str]]:
    """Where staleness begins and ends among the reused steps; and all steps that execute or are stale."""
    effective = changes.effective.by_key
    wanted = frozenset(reused)
    own: list[str] = []
    inputs: list[str] = []
    skipped: list[str] = []
    again: set[str] = set(executed)
    for step in rows.steps:
        key = step.key
        if key in again:
            continue
        found = changes.of(key) if key in wanted else ()
        if found:
            again.add(key)
            codes = {one.code for one in found}
            if PlanReason.INPUT_CHANGED in codes:
                inputs.append(key)
            if codes != {PlanReason.INPUT_CHANGED}:
                own.append(key)
        elif again and _made_from_any(step, again):
            if key in wanted and _is_skipped(effective[key]) and stays_skipped(rows, key, again, effective):
                skipped.append(key)
            else:
                again.add(key)
    replaced = ReplacedSince(code_or_config=tuple(own), inputs=tuple(inputs), still_skipped=tuple(skipped))
    return replaced, again


def _closure(rows: StepRows, executed: Collection[str], replaced: ReplacedSince) -> set[str]:
    """All steps that execute or are stale, from what a plan keeps; steps that have no output pass it on."""
    begin = {*replaced.code_or_config, *replaced.inputs}
    ends = frozenset(replaced.still_skipped)
    again = set(executed)
    if not again and not begin:
        return again
    for step in rows.steps:
        if step.key in begin or (step.key not in again and step.key not in ends and _made_from_any(step, again)):
            again.add(step.key)
    return again


def _made_from_any(step: StepSnapshot, keys: Container[str]) -> bool:
    # Written out: it is asked of every step, and takes a third of the time of a generator in `any`.
    for one in step.inputs:
        if not one.is_order_only:
            for ref in one.sources:
                if ref.step_key in keys:
                    return True
    return False


def _has_ended_well(step: EffectiveStep | None) -> bool:
    return step is not None and step.well is not None


def _is_skipped(step: EffectiveStep) -> bool:
    return step.well is not None and step.well.status is StepStatus.SKIPPED


def _own_warning(
    code: PlanReason, kind: PlanWarningKind, keys: Sequence[str], changes: Changes
) -> Iterator[PlanWarning]:
    found: dict[str, Change] = {key: one for key in keys for one in changes.of(key) if one.code is code}
    if not found:
        return
    told = [f"{key} is reused, but {one.what}" for key, one in list(found.items())[:_NAMED_AT_MOST]]
    yield PlanWarning(
        kind=kind,
        step_key=next(iter(found)) if len(found) == 1 else None,
        message="; ".join(told) + _and_more(len(found)) + ".",
        step_keys_to_add=tuple(found),
    )


def _stale_warning(keys: Sequence[str]) -> Iterator[PlanWarning]:
    if not keys:
        return
    verb, made = ("is", "it was") if len(keys) == 1 else ("are", "they were")
    yield PlanWarning(
        kind=PlanWarningKind.STALE,
        step_key=keys[0] if len(keys) == 1 else None,
        message=(
            f"{', '.join(keys[:_NAMED_AT_MOST])}{_and_more(len(keys))} {verb} reused, but what {made} made from "
            "has been replaced since, or will be."
        ),
        step_keys_to_add=tuple(keys),
    )


def _and_more(number: int) -> str:
    return f" and {number - _NAMED_AT_MOST} more" if number > _NAMED_AT_MOST else ""
