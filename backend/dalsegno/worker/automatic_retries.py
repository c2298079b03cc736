"""Launches the re-executions that failed runs are due, as their tags say."""

from __future__ import annotations

import logging

from msgspec.structs import replace

from dalsegno.errors import DalsegnoError, PipelineNotFoundError, StoreUnavailableError
from dalsegno.launch import LaunchOptions, new_run, plan_relaunch
from dalsegno.output_storage import OutputStorage
from dalsegno.runs.automatic_retry import LAUNCHED_BY, RETRY_NUMBER_TAG
from dalsegno.runs.status import ReexecutionStrategy
from dalsegno.store.automatic_retries import DueRetry, fetch_due_retries, launch_retry, refuse_retry
from dalsegno.store.database import Database
from dalsegno.store.lineage import fetch_lineage
from dalsegno.store.pipelines import fetch_current

_log = logging.getLogger(__name__)


def launch_due_retries(database: Database, storage: OutputStorage) -> None:
    """Launch each once, whichever workers do this at the same time. Raises StoreUnavailableError."""
    for due in database.read(fetch_due_retries()):
        try:
            _launch(database, storage, due)
        except StoreUnavailableError:
            raise
        except DalsegnoError as error:
            _log.warning("Run %s is not re-executed. %s", due.parent_run_id, error)
            database.write(refuse_retry(due.parent_run_id, error.message))


def _launch(database: Database, storage: OutputStorage, due: DueRetry) -> None:
    lineage = database.read(fetch_lineage(due.parent_run_id))
    assert lineage is not None  # a foreign key holds it
    parent = lineage.nearest
    snapshot = database.read(fetch_current(parent.pipeline_name))
    if snapshot is None:
        raise PipelineNotFoundError(pipeline_name=parent.pipeline_name)
    options = LaunchOptions(
        strategy=ReexecutionStrategy.FROM_FAILURE, launched_by=LAUNCHED_BY, code_location=parent.code_location
    )
    plan = plan_relaunch(snapshot, lineage, options, storage, verify=False)
    run = new_run(plan, options, parent)
    run = replace(run, tags={**run.tags, RETRY_NUMBER_TAG: str(due.number)})
    if database.write(launch_retry(due.parent_run_id, run, plan)) is not None:
        _log.info("Run %s failed; run %s re-executes it from failure.", parent.run_id, run.run_id)
