"""The lineages of many runs at once, in as many statements as for one."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import CTE, bindparam, literal, select

from dalsegno.runs.lineage import Lineage, LineageRun
from dalsegno.store.runs import fetch_runs
from dalsegno.store.script import Script
from dalsegno.store.steps import fetch_step_outlines, fetch_steps
from dalsegno.store.tables import runs


def _ancestors_of_many() -> CTE:
    """Each run of the lineages: whose lineage, the run, how many parents away."""
    first = select(
        runs.c.run_id.label("nearest_id"), runs.c.run_id, runs.c.parent_run_id, literal(0).label("distance")
    ).where(runs.c.run_id.in_(bindparam("nearest_ids", expanding=True)))
    ancestors = first.cte("ancestors", recursive=True)
    parent = runs.alias("parent")
    return ancestors.union_all(
        select(ancestors.c.nearest_id, parent.c.run_id, parent.c.parent_run_id, ancestors.c.distance + 1).join_from(
            ancestors, parent, parent.c.run_id == ancestors.c.parent_run_id
        )
    )


_ancestors = _ancestors_of_many()
_LINE_UP = select(_ancestors.c.nearest_id, _ancestors.c.run_id).order_by(_ancestors.c.nearest_id, _ancestors.c.distance)


def fetch_ancestries(run_ids: Iterable[str]) -> Script[dict[str, list[str]]]:
    """By run, for those that exist: the ids from it to its root."""
    found: dict[str, list[str]] = {}
    for nearest_id, run_id in (yield _LINE_UP, {"nearest_ids": list(run_ids)}):
        found.setdefault(nearest_id, []).append(run_id)
    return found


def fetch_lineages(
    run_ids: Iterable[str], *, whole: bool, step_keys: Collection[str] | None = None
) -> Script[dict[str, Lineage]]:
    """By run, for those that exist: its lineage.

    `whole`: with all attempts and outputs of the steps, else the steps in outline. With `step_keys`, only those steps.
    """
    ancestries = yield from fetch_ancestries(run_ids)
    all_ids = sorted({run_id for ancestry in ancestries.values() for run_id in ancestry})
    found = yield from fetch_runs(all_ids)
    if whole:
        steps = yield from fetch_steps(all_ids, with_attempts=True, step_keys=step_keys)
    else:
        steps = yield from fetch_step_outlines(all_ids, step_keys)
    members = {run_id: LineageRun(run=found[run_id], steps=steps[run_id]) for run_id in all_ids}
    return {nearest: Lineage(tuple(members[run_id] for run_id in line)) for nearest, line in ancestries.items()}
