"""Databases that earlier versions wrote are upgraded where they are, and their runs are re-executed by this one.

What they hold was recorded by those versions themselves: tests/store/older/record.py.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Boolean, Connection, MetaData, Table, insert

from dalsegno import Instance, execute_pipeline, reexecute_pipeline
from dalsegno.definitions import PipelineDefinition
from dalsegno.definitions.repository import load_pipelines
from dalsegno.errors import SchemaVersionError
from dalsegno.runs.bulk import Bulk, BulkAction
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus
from dalsegno.store.bulks import start_bulk
from dalsegno.store.database import Database, open_driver, parse_url
from dalsegno.store.migrate import alembic_config, migrate
from dalsegno.store.queue import claim
from dalsegno.store.run_filter import RunFilter
from dalsegno.store.schema import HEAD_REVISION
from tests.drawing import NOON
from tests.store.records import lease_of

OLDER = Path(__file__).parent / "older"
REVISIONS = sorted(file.stem for file in OLDER.glob("*.json"))
MENDED = {"steps": {"mill": {"config": {"breaks": False}}, "bake": {"config": {"burns": False}}}}


@pytest.fixture(params=REVISIONS)
def revision(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def recorded(revision: str, tmp_path: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows that a version wrote, by table; its files are where they say."""
    text = (OLDER / f"{revision}.json").read_text("utf-8").replace("@FOLDER@", str(tmp_path))
    document = json.loads(text)
    for name, content in document["files"].items():
        file = tmp_path / "storage" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(content))
    rows: dict[str, list[dict[str, Any]]] = document["rows"]
    return rows


@pytest.fixture
def old_url(revision: str, recorded: dict[str, list[dict[str, Any]]], empty_database_url: str) -> str:
    """A database as that version left it."""
    parsed, display_name = parse_url(empty_database_url)
    driver = open_driver(parsed, display_name, create=True)
    driver.change_schema(lambda connection: command.upgrade(alembic_config(connection), revision))
    driver.write(partial(_insert, recorded=recorded))
    driver.close()
    return empty_database_url


def _insert(connection: Connection, recorded: dict[str, list[dict[str, Any]]]) -> None:
    tables = MetaData()
    tables.reflect(connection)
    assert tables.tables.keys() == recorded.keys()
    for table in tables.sorted_tables:
        if recorded[table.name] and table.name != "alembic_version":
            connection.execute(insert(table), [_typed(table, row) for row in recorded[table.name]])


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """SQLite keeps truth as a number."""
    truths = {column.name for column in table.columns if isinstance(column.type, Boolean)}
    return {name: bool(value) if name in truths and value is not None else value for name, value in row.items()}


@pytest.fixture
def harvest() -> PipelineDefinition:
    sys.modules.pop("harvest", None)
    return load_pipelines(file=OLDER / "harvest.py").pipeline("harvest")


@pytest.fixture
def instance(old_url: str, tmp_path: Path) -> Iterator[Instance]:
    """The same database after its upgrade."""
    migrate(old_url)
    with Instance.open(old_url, storage_url=str(tmp_path / "storage")) as opened:
        yield opened


def reexecuted_failure(instance: Instance) -> tuple[Run, Run]:
    """A run that failed, and its re-execution by that version, which failed further on."""
    again, failed = instance.runs(RunFilter(statuses=(RunStatus.FAILURE,), tags={"team": "mill"}))
    assert again.parent_run_id == failed.run_id
    return failed, again


def the_one(instance: Instance, status: RunStatus) -> Run:
    (found,) = instance.runs(RunFilter(statuses=(status,)))
    return found


def test_the_upgrade_is_in_place_and_said(revision: str, old_url: str) -> None:
    with pytest.raises(SchemaVersionError, match="dalsegno migrate"):
        Database.open(old_url)
    done = migrate(old_url)
    assert (done.before, done.after) == (revision, HEAD_REVISION)
    Database.open(old_url, create=False).close()


def test_every_run_is_there_as_it_was(recorded: dict[str, list[dict[str, Any]]], instance: Instance) -> None:
    assert {run.run_id: (run.status, run.version) for run in instance.runs()} == {
        row["run_id"]: (row["status"], row["last_event_number"]) for row in recorded["runs"]
    }
    for row in recorded["runs"]:
        events = [event.number for event in instance.events(row["run_id"])]
        assert events == list(range(1, row["last_event_number"] + 1))
        assert instance.plan_of(row["run_id"]).steps
        states = instance.step_states(row["run_id"])
        stored = {one["step_key"]: one["status"] for one in recorded["steps"] if one["run_id"] == row["run_id"]}
        assert {key: states[key].status for key in stored} == stored
    (log,) = {
        one.stdout for run in instance.runs(RunFilter(tags={"team": "field"})) for one in _attempts(instance, run)
    }
    assert log is not None and instance.read_log(log) == "reaping\n"


def _attempts(instance: Instance, run: Run) -> list[Any]:
    return list(instance.step_states(run.run_id)["reap"].attempts)


def test_a_failed_run_is_reexecuted_from_failure_on_what_it_had_stored(
    instance: Instance, harvest: PipelineDefinition
) -> None:
    failed, newest = reexecuted_failure(instance)
    again = reexecute_pipeline(harvest, newest.run_id, MENDED, strategy="FROM_FAILURE", instance=instance)
    assert again.success
    assert again.output_for_solid("bake") == "bread of 8"
    states = instance.step_states(again.run_id)
    assert {key: state.status.value for key, state in states.items()} == {
        "reap": "REUSED",
        "mill": "REUSED",
        "bake": "SUCCESS",
    }
    group = instance.group(failed.run_id)
    assert (group.status, group.run_count) == (RunStatus.SUCCESS, 3)


def test_it_is_reexecuted_in_every_other_way_too(instance: Instance, harvest: PipelineDefinition) -> None:
    _, newest = reexecuted_failure(instance)
    for strategy in ("ALL_STEPS", "FROM_CHANGED"):
        assert reexecute_pipeline(harvest, newest.run_id, MENDED, strategy=strategy, instance=instance).success
    success = the_one_success(instance)
    again = reexecute_pipeline(harvest, success, step_selection="mill+", instance=instance)
    assert again.output_for_solid("bake") == "bread of 8"


def the_one_success(instance: Instance) -> str:
    (found,) = instance.runs(RunFilter(statuses=(RunStatus.SUCCESS,), tags={"team": "field"}))
    return found.run_id


def test_what_this_version_can_do_it_does_to_runs_of_before(instance: Instance, harvest: PipelineDefinition) -> None:
    waiting = the_one(instance, RunStatus.QUEUED)
    claimed = instance.database.write(claim("one", [waiting.snapshot_id], lease_of("one")))
    assert claimed is not None and claimed.run_id == waiting.run_id
    assert execute_pipeline(harvest, instance=instance).success
    failed = RunFilter(statuses=(RunStatus.FAILURE,), tags={"team": "mill"})
    bulk = Bulk(bulk_id="bulk", action=BulkAction.REEXECUTE, started_at=NOON)
    assert instance.database.write(start_bulk(bulk, failed, 2)).total == 2
    assert len(instance.prune(keep_last=0).groups) == 3
    assert {run.tags.get("team") for run in instance.runs()} == {"mill", "night"}


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    old_url: str, revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade

    def fails_late(*arguments: Any) -> None:
        upgrade(*arguments)
        raise RuntimeError("the last statement failed")

    with monkeypatch.context() as patched:
        patched.setattr(command, "upgrade", fails_late)
        with pytest.raises(RuntimeError):
            migrate(old_url)
    assert migrate(old_url).before == revision
