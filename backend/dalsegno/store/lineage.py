"""Lineages, read as a plan needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sqlalchemy import bindparam, literal, select

from dalsegno.runs.attempts import StepState
from dalsegno.runs.lineage import Lineage, LineageRun
from dalsegno.store.run_rows import run_of
from dalsegno.store.script import Script
from dalsegno.store.steps import fetch_steps
from dalsegno.store.tables import runs


class KnownSteps(Protocol):
    """By run id: the steps of runs that have ended, as far as they are at hand; they never change."""

    def get(self, key: str, /) -> Mapping[str, StepState] | None:
        """Those of a run; None where they have to be read."""


_NONE: KnownSteps = dict[str, Mapping[str, StepState]]()

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


def fetch_lineage(run_id: str, known: KnownSteps = _NONE) -> Script[Lineage | None]:
    """The runs from this one to its root, with the steps that each touched; of attempts only the successful ones.

    The steps of runs that are `known` are not read.
    """
    rows = yield _FETCH_ANCESTORS, {"wanted_id": run_id}
    if not rows:
        return None
    steps = {row.run_id: found for row in rows if (found := known.get(row.run_id)) is not None}
    unknown = [row.run_id for row in rows if row.run_id not in steps]
    if unknown:
        steps |= yield from fetch_steps(unknown, with_attempts=False)
    return Lineage(tuple(LineageRun(run=run_of(row), steps=steps[row.run_id]) for row in rows))
