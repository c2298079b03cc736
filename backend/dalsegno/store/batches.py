"""Reads for many runs at once, one statement each."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import bindparam, select

from dalsegno.plan.plan import Plan
from dalsegno.runs.run import Run, RunGroup
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.run_groups import group_of
from dalsegno.store.run_rows import run_of
from dalsegno.store.script import Script
from dalsegno.store.tables import run_groups, run_plans, runs, snapshots

_GROUPS = select(run_groups).where(run_groups.c.root_run_id.in_(bindparam("roots", expanding=True)))
_OF_GROUPS = select(runs).where(runs.c.root_run_id.in_(bindparam("roots", expanding=True))).order_by(runs.c.run_id)
_CHILDREN = select(runs).where(runs.c.parent_run_id.in_(bindparam("parents", expanding=True))).order_by(runs.c.run_id)
_PLANS = select(run_plans).where(run_plans.c.run_id.in_(bindparam("wanted", expanding=True)))
_SNAPSHOTS = select(snapshots.c.id, snapshots.c.content).where(snapshots.c.id.in_(bindparam("wanted", expanding=True)))


def fetch_groups(root_run_ids: Iterable[str]) -> Script[dict[str, RunGroup]]:
    """Those of the groups that exist, by root."""
    rows = yield _GROUPS, {"roots": list(root_run_ids)}
    return {row.root_run_id: group_of(row) for row in rows}


def runs_of_groups(root_run_ids: Iterable[str]) -> Script[dict[str, list[Run]]]:
    """By root: all runs of the group, oldest first."""
    found: dict[str, list[Run]] = {root: [] for root in root_run_ids}
    rows = yield _OF_GROUPS, {"roots": list(found)}
    for row in rows:
        found[row.root_run_id].append(run_of(row))
    return found


def fetch_children(run_ids: Iterable[str]) -> Script[dict[str, list[Run]]]:
    """By run: the runs whose parent it is, oldest first."""
    found: dict[str, list[Run]] = {run_id: [] for run_id in run_ids}
    rows = yield _CHILDREN, {"parents": list(found)}
    for row in rows:
        found[row.parent_run_id].append(run_of(row))
    return found


def fetch_plans(run_ids: Iterable[str]) -> Script[dict[str, Plan]]:
    """By run: the plan that it was launched with, as `fetch_plan` gives it."""
    rows = yield _PLANS, {"wanted": list(run_ids)}
    return {row.run_id: msgspec.json.decode(row.plan, type=Plan) for row in rows}


def fetch_snapshots(snapshot_ids: Iterable[str]) -> Script[dict[str, PipelineSnapshot]]:
    """Those of the snapshots that are kept, by id."""
    rows = yield _SNAPSHOTS, {"wanted": list(snapshot_ids)}
    return {row.id: PipelineSnapshot.from_content(row.content.encode()) for row in rows}
