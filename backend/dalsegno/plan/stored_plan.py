"""What a stored run looks like whole: only executed steps are stored, the rest follows from the immutable lineage."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from dalsegno.plan.plan import Plan
from dalsegno.plan.reexecution import not_executed, scope_of
from dalsegno.plan.staleness import marked
from dalsegno.runs.attempts import StepState
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot


def full_plan(stored: Plan, snapshot: PipelineSnapshot, lineage: Lineage) -> Plan:
    """The plan with every step of the snapshot. `lineage` is that of the run itself."""
    executed = stored.executed
    ancestors = Lineage(lineage.runs[1:])
    whole = snapshot.graph
    scope = frozenset(scope_of(whole, lineage))
    steps = tuple(
        executed[key] if key in executed else not_executed(key, key in scope, ancestors) for key in snapshot.by_key
    )
    return marked(replace(stored, steps=steps), snapshot)


def whole_run(snapshot: PipelineSnapshot, lineage: Lineage, own: Mapping[str, StepState]) -> dict[str, StepState]:
    """Every step of the snapshot as it stands in the lineage's nearest run, in topological order.

    `own` holds that run's steps. A step that the run does not execute is REUSED, with the attempts and outputs that
    stand in for it, or OMITTED; so is one that was planned but not reached when the run ended.
    """
    run = lineage.nearest
    planned = frozenset(run.step_keys_to_execute)
    earlier = Lineage(lineage.runs[1:]).effective
    view: dict[str, StepState] = {}
    for key in snapshot.by_key:
        if key in own:
            view[key] = own[key]
        elif key in planned:
            status = StepStatus.OMITTED if run.status.has_ended else StepStatus.PENDING
            view[key] = StepState(step_key=key, status=status)
        else:
            step = earlier.get(key)
            if step is not None and step.well is not None:
                view[key] = replace(step.well, status=StepStatus.REUSED)
            else:
                view[key] = StepState(step_key=key, status=StepStatus.OMITTED)
    return view
