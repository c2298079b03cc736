"""Rows in plans: what executes of a mapped step, and what is known of its elements before its generator has run.

To execute a generator is to execute all elements of what executes of its mapped steps: which elements there will be is
known only once it has run, so its plan has one row for them, `work[?]`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dalsegno.plan.plan import Action, PlannedInput, PlannedStep, PlanReason
from dalsegno.snapshot.pipeline_snapshot import StepSnapshot
from dalsegno.snapshot.step_keys import ANY_KEY, element_key, mapping_key_of, step_name
from dalsegno.snapshot.step_rows import StepRows, rows_of

# Why a step executes: the code, and the same for people.
Why = tuple[PlanReason, str]


def to_execute(row: StepSnapshot, why: Why, inputs: tuple[PlannedInput, ...]) -> PlannedStep:
    """A row of a plan that executes it."""
    return PlannedStep(
        step_key=row.key,
        action=Action.EXECUTE,
        reason_code=why[0],
        reason=why[1],
        inputs=inputs,
        mapped_over=row.mapped_over if mapping_key_of(row.key) == ANY_KEY else None,
    )


def generator_to_run(row: StepSnapshot, executed: Collection[str]) -> str | None:
    """The generator that executes and will tell which elements stand behind this row; None where there is none."""
    over = row.mapped_over
    return over.step_key if over is not None and over.step_key in executed else None


def without_run_generators(rows: StepRows, executed: Collection[str]) -> StepRows:
    """The rows where the elements of generators that execute are not known yet."""
    known = {ref: keys for ref, keys in rows.expansions.items() if ref.step_key not in executed}
    return rows if len(known) == len(rows.expansions) else rows_of(rows.snapshot, known)


def row_key_in(rows: StepRows, key: str) -> str:
    """The row that stands for a row of the same snapshot expanded otherwise: itself, or all elements of its step."""
    return key if key in rows.by_key else element_key(step_name(key), ANY_KEY)


def picked_by_row(rows: StepRows, picked: Collection[str]) -> list[str]:
    """The picked rows as a plan that executes them has them: all elements of a step whose generator is among them."""
    planned = without_run_generators(rows, picked)
    return list(dict.fromkeys(row_key_in(planned, key) for key in picked))


def with_whole_maps(before: StepRows, after: StepRows, executed: Mapping[str, Why]) -> dict[str, Why]:
    """What executes, by the rows after `without_run_generators`: some elements of a mapped step mean all of them."""
    if before is after:
        return dict(executed)
    reasons: dict[str, list[Why]] = {}
    for key, why in executed.items():
        reasons.setdefault(row_key_in(after, key), []).append(why)
    elements = before.graph.rows_of_mapped
    return {
        row.key: _why_whole(row, reasons[row.key], len(elements.get(step_name(row.key), (row.key,))), reasons)
        for row in after.steps
        if row.key in reasons
    }


def _why_whole(row: StepSnapshot, reasons: list[Why], elements: int, executed: Collection[str]) -> Why:
    if len(reasons) < elements or any(code is not reasons[0][0] for code, _ in reasons):
        generator = row.mapped_over.step_key if row.mapped_over is not None else ""
        return PlanReason.WITH_GENERATOR, f"with {generator}, which executes: all its elements"
    if reasons[0][0] is PlanReason.DOWNSTREAM and row.mapped_over is not None:
        above = dict.fromkeys(ref.step_key for one in row.inputs for ref in one.sources if ref.step_key in executed)
        return PlanReason.DOWNSTREAM, f"downstream of {', '.join(above)}"
    return reasons[0]
