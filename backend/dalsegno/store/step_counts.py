"""How many steps of a run are in which state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import bindparam, func, select

from dalsegno.runs.effective_steps import rows_in_run
from dalsegno.runs.run import Run
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.lineages import fetch_ancestries, fetch_lineages
from dalsegno.store.script import Script
from dalsegno.store.tables import steps

StepCounts = dict[StepStatus, int]

_TALLY = (
    select(steps.c.run_id, steps.c.status, func.count().label("count"))
    .where(steps.c.run_id.in_(bindparam("wanted", expanding=True)))
    .group_by(steps.c.run_id, steps.c.status)
)
_ENDED_WELL = select(steps.c.run_id, steps.c.step_key).where(
    steps.c.run_id.in_(bindparam("wanted", expanding=True)),
    steps.c.status.in_((StepStatus.SUCCESS, StepStatus.SKIPPED)),
)


def count_steps(counted: Sequence[Run], snapshots: Mapping[str, PipelineSnapshot]) -> Script[dict[str, StepCounts]]:
    """By run: every step of its definition counted once, elements each by itself, by its state in that run.

    `snapshots` has the definitions by snapshot id. The counts agree with `whole_run`.
    """
    tallies: dict[str, StepCounts] = {run.run_id: {} for run in counted}
    for run_id, status, count in (yield _TALLY, {"wanted": list(tallies)}):
        tallies[run_id][StepStatus(status)] = count
    planned, not_planned = yield from _rows_of_runs(counted, snapshots)
    well = yield from _ended_well_before(run.run_id for run in counted if run.parent_run_id and not_planned[run.run_id])
    for run in counted:
        tally = tallies[run.run_id]
        left_out = not_planned[run.run_id]
        reused = len(left_out & well.get(run.run_id, set()))
        unreached = planned[run.run_id] - sum(tally.values())
        omitted = len(left_out) - reused
        if run.status.has_ended:
            omitted, unreached = omitted + unreached, 0
        extra = {StepStatus.PENDING: unreached, StepStatus.REUSED: reused, StepStatus.OMITTED: omitted}
        tally.update({status: count for status, count in extra.items() if count})
    return tallies


def _rows_of_runs(
    counted: Sequence[Run], snapshots: Mapping[str, PipelineSnapshot]
) -> Script[tuple[dict[str, int], dict[str, set[str]]]]:
    """By run: how many rows it was planned to execute, and which others there are."""
    planned = {run.run_id: len(run.step_keys_to_execute) for run in counted}
    not_planned = {
        run.run_id: set(snapshots[run.snapshot_id].by_key).difference(run.step_keys_to_execute) for run in counted
    }
    with_elements = [run.run_id for run in counted if snapshots[run.snapshot_id].generators]
    if not with_elements:
        return planned, not_planned
    generators = {key for one in snapshots.values() for key in one.generators}
    lineages = yield from fetch_lineages(with_elements, whole=False, step_keys=generators)
    for run_id in with_elements:
        lineage = lineages[run_id]
        nearest = lineage.runs[0]
        rows = rows_in_run(lineage, snapshots[nearest.run.snapshot_id]).by_key
        not_planned[run_id] = {key for key in rows if not nearest.was_to_execute(key)}
        planned[run_id] = len(rows) - len(not_planned[run_id])
    return planned, not_planned


def _ended_well_before(run_ids: Iterable[str]) -> Script[dict[str, set[str]]]:
    """By run: the steps that ended well in a run before it in its lineage."""
    wanted = list(run_ids)
    if not wanted:
        return {}
    ancestries = yield from fetch_ancestries(wanted)
    ancestors = {run_id for ancestry in ancestries.values() for run_id in ancestry[1:]}
    keys: dict[str, set[str]] = {run_id: set() for run_id in ancestors}
    for run_id, step_key in (yield _ENDED_WELL, {"wanted": sorted(ancestors)}):
        keys[run_id].add(step_key)
    return {run_id: set().union(*(keys[one] for one in line[1:])) for run_id, line in ancestries.items()}
