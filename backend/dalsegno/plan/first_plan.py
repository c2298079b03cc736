"""The plan of a first run: every step, or those that a selection picks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno.plan.input_sources import resolve_inputs
from dalsegno.plan.plan import Action, Plan, PlannedStep, PlanReason
from dalsegno.plan.planned_rows import to_execute
from dalsegno.plan.selection import resolve_selection
from dalsegno.plan.selection_context import context_of_pipeline
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.snapshot.step_rows import rows_of


def plan_first_run(
    snapshot: PipelineSnapshot,
    *,
    mode: str,
    run_config: Mapping[str, Any],
    selection: object = None,
) -> Plan:
    """What launching this pipeline will do.

    `run_config` is complete: checked, defaults filled in. Raises InvalidSelectionError, MissingOutputsError where the
    selection leaves out a step whose output is needed and not given in the run config, and InvalidRunConfigError.
    """
    rows = rows_of(snapshot, {})
    graph = rows.graph
    picked = frozenset(
        graph if selection is None else resolve_selection(selection, graph, context_of_pipeline(snapshot))
    )
    resolved = resolve_inputs(rows, picked, {}, run_config, {})
    reason = (PlanReason.ALL_STEPS, "all steps") if selection is None else (PlanReason.SELECTED, "selected")
    return Plan(
        pipeline_name=snapshot.name,
        snapshot_id=snapshot.id,
        mode=mode,
        run_config=run_config,
        steps=tuple(
            to_execute(row, reason, resolved.inputs[row.key])
            if row.key in picked
            else PlannedStep(
                step_key=row.key,
                action=Action.OMIT,
                reason_code=PlanReason.OUT_OF_SCOPE,
                reason="not in the run's selection",
            )
            for row in rows.steps
        ),
        warnings=resolved.warnings,
    )
