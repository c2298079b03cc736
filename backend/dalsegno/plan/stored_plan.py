"""What a stored run looks like whole: only executed steps are stored, the rest follows from the immutable lineage."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from dalsegno.plan.plan import Plan, PlannedStep
from dalsegno.plan.planned_rows import without_run_generators
from dalsegno.plan.ready_steps import ReadySteps
from dalsegno.plan.reexecution import not_executed, scope_of
from dalsegno.plan.staleness import marked
from dalsegno.runs.attempts import StepState
from dalsegno.runs.effective_steps import effective_steps, rows_in_run
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot


def full_plan(stored: Plan, snapshot: PipelineSnapshot, lineage: Lineage) -> Plan:
    """The plan with every step of the snapshot, as it was made. `lineage` is that of the run itself."""
    return _with_the_rest(stored, snapshot, lineage, stored.executed, stored.executed)


def plan_by_rows(stored: Plan, snapshot: PipelineSnapshot, lineage: Lineage) -> Plan:
    """The plan with every step of the snapshot, by the rows that the run has now: a row for each element it learned of.

    `lineage` is that of the run itself.
    """
    if not snapshot.generators:
        return full_plan(stored, snapshot, lineage)
    nearest = lineage.runs[0]
    not_expanded = {ref.step_key for ref in snapshot.dynamic_outputs if nearest.expansion(ref) is None}
    executed = planned_rows(stored, nearest.steps)
    return _with_the_rest(stored, snapshot, lineage, executed, not_expanded.intersection(executed))


def planned_rows(stored: Plan, states: Mapping[str, StepState]) -> Mapping[str, PlannedStep]:
    """The steps to execute by the rows that the run has where its steps stand so; in no certain order."""
    executed = stored.executed
    if any(step.mapped_over is not None or any(one.is_collect for one in step.inputs) for step in executed.values()):
        return ReadySteps(stored, states).rows
    return executed


def _with_the_rest(
    stored: Plan,
    snapshot: PipelineSnapshot,
    lineage: Lineage,
    executed: Mapping[str, PlannedStep],
    to_run: Collection[str],
) -> Plan:
    """With the rows that do not execute; `to_run` are generators whose elements are not known."""
    ancestors = Lineage(lineage.runs[1:])
    effective = effective_steps(ancestors, snapshot)
    if executed is stored.executed:
        rows = without_run_generators(effective.rows, to_run)
    else:
        rows = rows_in_run(lineage, snapshot)
    scope = frozenset(scope_of(rows, lineage))
    steps = tuple(
        executed[row.key] if row.key in executed else not_executed(row, row.key in scope, ancestors, effective, to_run)
        for row in rows.steps
    )
    return marked(replace(stored, steps=steps), rows)


def whole_run(snapshot: PipelineSnapshot, lineage: Lineage, own: Mapping[str, StepState]) -> dict[str, StepState]:
    """Every step of the snapshot as it stands in the lineage's nearest run, in topological order.

    `own` holds that run's steps. A step that the run does not execute is REUSED, with the attempts and outputs that
    stand in for it, or OMITTED; so is one that was planned but not reached when the run ended. A mapped step is there
    with the elements that it has in that run; as a whole, `work[?]`, where it is not expanded there.
    """
    nearest = lineage.runs[0]
    earlier = effective_steps(Lineage(lineage.runs[1:]), snapshot).by_key
    view: dict[str, StepState] = {}
    for key in rows_in_run(lineage, snapshot).by_key:
        if key in own:
            view[key] = own[key]
        elif nearest.was_to_execute(key):
            status = StepStatus.OMITTED if nearest.run.status.has_ended else StepStatus.PENDING
            view[key] = StepState(step_key=key, status=status)
        else:
            step = earlier.get(key)
            if step is not None and step.well is not None:
                view[key] = replace(step.well, status=StepStatus.REUSED)
            else:
                view[key] = StepState(step_key=key, status=StepStatus.OMITTED)
    return view
