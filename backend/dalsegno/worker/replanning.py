"""Runs whose code no worker has any more are planned again: the same plan goes on, another one is refused."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec.structs import replace

from dalsegno.errors import DalsegnoError
from dalsegno.launch import LaunchOptions, plan_launch, plan_relaunch
from dalsegno.output_storage import OutputStorage
from dalsegno.plan.plan import Plan
from dalsegno.plan.same_work import difference_in_work
from dalsegno.runs.run import Run
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.abandoned_runs import lost_steps
from dalsegno.store.database import Database
from dalsegno.store.lineage import fetch_lineage
from dalsegno.store.pipelines import current_snapshot_ids
from dalsegno.store.steps import fetch_steps
from dalsegno.store.unserved_runs import UnservedRun, fail_for_changed_code, fetch_unserved, move_to_snapshot
from dalsegno.store.workers import served_snapshot_ids

_log = logging.getLogger(__name__)


def replan_unserved(
    database: Database, storage: OutputStorage, own: Iterable[PipelineSnapshot], patience_seconds: float
) -> None:
    """Of the pipelines that this worker serves: move, or end, the runs whose code nobody has had for so long.

    `own` is the code as it is now. Where another worker serves code of the pipeline that was published later, it is
    that one's to do.
    """
    current = database.read(current_snapshot_ids())
    served = database.read(served_snapshot_ids())
    by_name = {one.name: one for one in own if current.get(one.name) not in served - {one.id}}
    if not by_name:
        return
    for unserved in database.read(fetch_unserved(tuple(by_name), served, patience_seconds)):
        _replan(database, storage, unserved, by_name[unserved.run.pipeline_name])


def _replan(database: Database, storage: OutputStorage, unserved: UnservedRun, snapshot: PipelineSnapshot) -> None:
    run = unserved.run
    states = database.read(fetch_steps([run.run_id], with_attempts=True))[run.run_id]
    if any(state.attempts for state in states.values()):
        difference = "its first steps have been executed with that code"
        events, steps = lost_steps(datetime.now(UTC), states)
        database.write(fail_for_changed_code(run, difference, tuple(events), steps))
        return
    try:
        plan = _planned_again(database, storage, run, snapshot)
        found = difference_in_work(unserved.plan, plan)
    except DalsegnoError as error:
        found = error.message
        plan = unserved.plan
    if found is not None:
        database.write(fail_for_changed_code(run, found))
    elif database.write(move_to_snapshot(run, replace(plan, warnings=unserved.plan.warnings))):
        _log.info("Run %s goes on with the code as it is now.", run.run_id)


def _planned_again(database: Database, storage: OutputStorage, run: Run, snapshot: PipelineSnapshot) -> Plan:
    options = LaunchOptions(mode=run.mode, run_config=run.run_config, selection=run.selection, strategy=run.strategy)
    if run.parent_run_id is None:
        return plan_launch(snapshot, options)
    lineage = database.read(fetch_lineage(run.parent_run_id))
    assert lineage is not None  # a foreign key holds it
    return plan_relaunch(snapshot, lineage, options, storage, verify=False)
