"""What counts in a lineage, on a snapshot: the rows of its steps, and each row's effective state and output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from dalsegno.runs.attempts import StepState
from dalsegno.runs.lineage import EffectiveStep, Lineage, LineageRun
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import OutputRef, PipelineSnapshot
from dalsegno.snapshot.step_keys import ANY_KEY, element_key, mapping_key_of, step_name
from dalsegno.snapshot.step_rows import Expansions, StepRows, rows_of


class EffectiveSteps(msgspec.Struct, frozen=True):
    """The steps of a snapshot as they stand in a lineage."""

    # Expanded by what counts of their generators.
    rows: StepRows
    # By key, of every step that a run of the lineage was planned to execute: rows, and others.
    by_key: Mapping[str, EffectiveStep]

    def is_settled(self, step_key: str) -> bool:
        """The step's effective state is success or skipped."""
        step = self.by_key.get(step_key)
        return step is not None and step.is_settled


def effective_steps(lineage: Lineage, snapshot: PipelineSnapshot) -> EffectiveSteps:
    """What counts of the snapshot's steps in the lineage; an empty lineage knows nothing of any."""
    by_key = _effective(lineage, {step.key: step.mapped_over for step in snapshot.steps if step.mapped_over})
    return EffectiveSteps(rows_of(snapshot, effective_expansions(snapshot, by_key)), by_key)


def effective_expansions(snapshot: PipelineSnapshot, by_key: Mapping[str, EffectiveStep]) -> Expansions:
    """Of each dynamic output that counts, the mapping keys: from the nearest run in which its step ended well."""
    found: dict[OutputRef, tuple[str, ...]] = {}
    for ref in snapshot.dynamic_outputs:
        step = by_key.get(ref.step_key)
        keys = step.well.expansions.get(ref.output_name) if step is not None and step.well is not None else None
        if keys is not None:
            found[ref] = keys
    return found


def rows_in_run(lineage: Lineage, snapshot: PipelineSnapshot) -> StepRows:
    """The rows that the lineage's nearest run has: of a generator that it was planned to execute, as expanded there."""
    if not snapshot.generators:
        return rows_of(snapshot, {})
    nearest = lineage.runs[0]
    earlier = effective_expansions(snapshot, _effective(Lineage(lineage.runs[1:]), {}))
    found: dict[OutputRef, tuple[str, ...]] = {}
    for ref in snapshot.dynamic_outputs:
        keys = nearest.expansion(ref) if ref.step_key in nearest.planned else earlier.get(ref)
        if keys is not None:
            found[ref] = keys
    return rows_of(snapshot, found)


def _effective(lineage: Lineage, mapped_over: Mapping[str, OutputRef]) -> dict[str, EffectiveStep]:
    """By key; `mapped_over` has the mapped steps."""
    status: dict[str, tuple[StepStatus, str]] = {}
    well: dict[str, tuple[str, StepState]] = {}
    # By mapped step: how it stood as a whole in the nearest run that was to execute it, and never expanded it.
    whole: dict[str, tuple[StepStatus, str]] = {}
    for one in lineage.runs:
        run_id = one.run.run_id
        for key in _planned_keys(one, mapped_over):
            state = one.steps.get(key)
            found = state.status if state is not None else StepStatus.PENDING
            if key not in status:
                status[key] = whole.get(step_name(key), (found, run_id)) if mapped_over else (found, run_id)
            if key not in well and state is not None and found.ended_well:
                well[key] = (run_id, state)
            if mapped_over and mapping_key_of(key) == ANY_KEY and not found.ended_well:
                whole.setdefault(step_name(key), (found, run_id))
    return {
        key: EffectiveStep(
            step_key=key,
            status=found[0],
            run_id=found[1],
            well_run_id=well[key][0] if key in well else None,
            well=well[key][1] if key in well else None,
        )
        for key, found in status.items()
    }


def _planned_keys(one: LineageRun, mapped_over: Mapping[str, OutputRef]) -> Iterator[str]:
    """What a run was planned to execute, by element where it learned which there are."""
    for key in one.run.step_keys_to_execute:
        name = step_name(key)
        over = mapped_over.get(name) if mapping_key_of(key) == ANY_KEY else None
        keys = None if over is None else one.expansion(over)
        if keys:
            yield from (element_key(name, mapping_key) for mapping_key in keys)
        else:
            yield key
