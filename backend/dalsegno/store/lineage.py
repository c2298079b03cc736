"""Lineages, read as a plan needs them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, literal, select

from dalsegno.runs.attempts import StepState
from dalsegno.runs.lineage import Lineage, LineageRun
from dalsegno.store.run_rows import run_of
from dalsegno.store.script import Script
from dalsegno.store.steps import fetch_steps
from dalsegno.store.tables import runs

_NONE: Mapping[str, Mapping[str, StepState]] = {}

_ancestors = (
    select(runs.c.run_id, runs.c.parent_run_id, literal(0).label("distance"))
    .where(runs.c.run_id == bindparam("wanted_id"))
    .cte("ancestors", recursive=True)
)
_parent = runs.alias("parent")
_ancestors = _ancestors.union_all(
    select(_parent.c.run_id, _parent.c.parent_run_id, _ancestors.c.distance + 1).join_from(
        _ancestors, _parent, _parent.c.run_id == _ancestors.c.parent_run_id
    )
)
_FETCH_ANCESTORS = (
    select(runs).join_from(_ancestors, runs, runs.c.run_id == _ancestors.c.run_id).order_by(_ancestors.c.distance)
)


def fetch_lineage(run_id: str, known: Mapping[str, Mapping[str, StepState]] = _NONE) -> Script[Lineage | None]:
    """The runs from this one to its root, with the steps that each touched; of attempts only the successful ones.

    `known` holds the steps of runs that have ended, by run id, which need not be read: they never change.
    """
    rows = yield _FETCH_ANCESTORS, {"wanted_id": run_id}
    if not rows:
        return None
    unknown = [row.run_id for row in rows if row.run_id not in known]
    read = (yield from fetch_steps(unknown, with_attempts=False)) if unknown else {}
    steps = {row.run_id: known[row.run_id] if row.run_id in known else read[row.run_id] for row in rows}
    return Lineage(tuple(LineageRun(run=run_of(row), steps=steps[row.run_id]) for row in rows))
