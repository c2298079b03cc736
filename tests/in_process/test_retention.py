"""Pruning an instance: what goes, what stays, and that it may be stopped anywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from sqlalchemy import text

from dalsegno import Instance, RunNotFoundError, execute_pipeline, pipeline, reexecute_pipeline, step
from dalsegno.errors import FilesNotDeletedError, InvalidArgumentsError
from dalsegno.output_storage import OutputStorage
from dalsegno.output_storage.run_folders import RunFolders
from dalsegno.settings import Settings
from dalsegno.store.database import Database
from dalsegno.store.script import Script
from tests.stored import TABLES_OF_A_RUN, everything_of
from tests.waiting import until

broken = True


@step
def load() -> list[int]:
    print("loading")
    return [1, 2, 3]


@step
def check(rows: list[int]) -> int:
    if broken:
        raise ValueError("too few")
    return sum(rows)


@step
def report(total: int) -> str:
    return f"it is {total}"


@pipeline
def counting() -> None:
    report(check(load()))


@pytest.fixture(params=["folder", "fsspec"])
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "storage") if request.param == "folder" else f"memory://{uuid.uuid4().hex}"


@pytest.fixture
def instance(database: Database, storage_url: str, tmp_path: Path) -> Instance:
    settings = Settings.load(environ={"DALSEGNO_STORAGE_URL": storage_url}, directory=tmp_path)
    return Instance(database, OutputStorage(storage_url), settings)


def group_of_two(instance: Instance) -> tuple[str, str]:
    """A run that failed, and its re-execution from failure, which reuses what the first one loaded."""
    global broken
    broken = True
    failed = execute_pipeline(counting, instance=instance).run_id
    broken = False
    return failed, reexecute_pipeline(counting, failed, strategy="FROM_FAILURE", instance=instance).run_id


def files_of(instance: Instance, *run_ids: str) -> list[str]:
    folders = instance.storage.run_folders()
    return [file.uri for run_id in run_ids for file in folders.files(run_id)]


def rows_of(instance: Instance, *run_ids: str) -> int:
    def count() -> Script[int]:
        found = 0
        for table in (*TABLES_OF_A_RUN, "pruned_runs"):
            for run_id in run_ids:
                rows = yield text(f"SELECT COUNT(*) FROM {table} WHERE run_id = :run_id"), {"run_id": run_id}
                found += rows[0][0]
        return found

    return instance.database.read(count())


def put(uri: str, age: timedelta = timedelta(days=1)) -> None:
    """A file of this age."""
    fs, path = fsspec.core.url_to_fs(uri)
    fs.makedirs(path.rpartition("/")[0], exist_ok=True)
    fs.pipe_file(path, b"left over")
    make_old(uri, age)


def make_old(uri: str, age: timedelta = timedelta(days=1)) -> None:
    """The file was changed so long ago."""
    fs, path = fsspec.core.url_to_fs(uri)
    then = datetime.now(UTC) - age
    if isinstance(fs, MemoryFileSystem):
        fs.store[path].created = then
    else:
        os.utime(path, (then.timestamp(), then.timestamp()))


def test_a_group_goes_whole_with_all_that_was_stored_of_it_and_others_stay_as_they_are(instance: Instance) -> None:
    gone, kept = group_of_two(instance), group_of_two(instance)
    before = [everything_of(instance, run_id) for run_id in kept]
    size = sum(file.size_bytes for run_id in gone for file in instance.storage.run_folders().files(run_id))
    seen = []
    pruned = instance.prune(keep_last=1, observer=lambda group: seen.append(group.root_run_id))
    assert [one.group.root_run_id for one in pruned.groups] == seen == [gone[0]]
    assert (pruned.size_bytes, pruned.dry_run) == (size, False)
    assert size > 0
    assert files_of(instance, *gone) == []
    assert rows_of(instance, *gone) == 0
    assert [everything_of(instance, run_id) for run_id in kept] == before
    assert set(instance.storage.run_folders().names()) == set(kept)
    with pytest.raises(RunNotFoundError, match="pruned"):
        reexecute_pipeline(counting, gone[1], instance=instance)


def test_what_a_kept_run_reuses_is_kept_however_old_it_is(instance: Instance) -> None:
    group_of_two(instance)
    first, second = group_of_two(instance)
    instance.prune(keep_last=1)
    again = reexecute_pipeline(counting, second, step_selection="check", instance=instance)
    assert again.success
    (executed,) = (one for one in instance.plan_of(again.run_id).steps if one.step_key == "check")
    assert [source.run_id for given in executed.inputs for source in given.sources] == [first]


def test_a_dry_run_tells_the_same_and_changes_nothing(instance: Instance) -> None:
    group = group_of_two(instance)
    before = [everything_of(instance, run_id) for run_id in group]
    told = instance.prune(keep_last=0, dry_run=True)
    assert [everything_of(instance, run_id) for run_id in group] == before
    done = instance.prune(keep_last=0)
    assert told.dry_run and not done.dry_run
    assert (told.groups, told.size_bytes) == (done.groups, done.size_bytes)


def test_a_pipeline_of_which_everything_was_pruned_runs_again_from_the_same_process(instance: Instance) -> None:
    group_of_two(instance)
    instance.prune(keep_last=0)
    instance.database.write(_without_snapshots())
    assert execute_pipeline(counting, instance=instance).success


def _without_snapshots() -> Script[None]:
    yield text("DELETE FROM snapshots")


class Killed(BaseException):
    """The process is gone."""


def killed_at(moment: int, monkeypatch: pytest.MonkeyPatch, instance: Instance) -> Callable[[], bool]:
    """The process ends before or after the transaction or the deletion of files that is the `moment`th."""
    passed = 0

    def die_in_time() -> None:
        nonlocal passed
        passed += 1
        if passed > moment:
            raise Killed

    def deadly(act: Callable[..., Any]) -> Callable[..., Any]:
        def do(*arguments: Any, **named: Any) -> Any:
            die_in_time()
            result = act(*arguments, **named)
            die_in_time()
            return result

        return do

    monkeypatch.setattr(instance.database, "write", deadly(instance.database.write))
    monkeypatch.setattr(RunFolders, "delete", deadly(RunFolders.delete))
    return lambda: passed > moment


@pytest.mark.parametrize("storage_url", ["folder"], indirect=True)
def test_stopped_anywhere_nothing_is_half_there_and_the_next_call_goes_on(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    global broken
    kept = group_of_two(instance)
    broken = True
    before = [everything_of(instance, run_id) for run_id in kept]
    fates, moment, was_killed = set(), 0, True
    while was_killed:
        doomed = execute_pipeline(counting, instance=instance).run_id
        whole = everything_of(instance, doomed)
        with monkeypatch.context() as patched, suppress(Killed):
            is_dead = killed_at(moment, patched, instance)
            instance.prune(keep_last=0, statuses=["FAILURE"])
        was_killed = is_dead()
        is_listed = doomed in {run.run_id for run in instance.runs()}
        if is_listed:
            assert everything_of(instance, doomed) == whole
        else:
            with pytest.raises(RunNotFoundError):
                instance.plan_of(doomed)
        fates.add(is_listed)
        instance.prune(keep_last=0, statuses=["FAILURE"])
        assert files_of(instance, doomed) == []
        assert rows_of(instance, doomed) == 0
        assert [everything_of(instance, run_id) for run_id in kept] == before
        moment += 1
    assert fates == {True, False}
    # Two moments for each transaction, and for the deletion of the files.
    assert moment > 12


# It stands still once a group is gone, so that it can't be done before it is killed.
PRUNING = """
import threading
from dalsegno import Instance

Instance.open().prune(keep_last=1, observer=lambda group: threading.Event().wait())
"""


@pytest.mark.parametrize("storage_url", ["folder"], indirect=True)
def test_a_process_that_was_killed_while_it_deleted_is_followed_by_one_that_finishes_it(
    instance: Instance, storage_url: str, tmp_path: Path
) -> None:
    doomed = [run_id for _ in range(2) for run_id in group_of_two(instance)]
    kept = group_of_two(instance)
    before = [everything_of(instance, run_id) for run_id in kept]
    for number in range(1_000):
        put(f"{storage_url}/{doomed[0]}/left/{number}")
    stored = files_of(instance, *doomed)
    url = instance.database.url.render_as_string(hide_password=False)
    settings = {"DALSEGNO_DATABASE_URL": url, "DALSEGNO_STORAGE_URL": storage_url}
    with subprocess.Popen([sys.executable, "-c", PRUNING], cwd=tmp_path, env={**os.environ, **settings}) as process:
        until(lambda: not all(map(os.path.exists, stored)), what="the first file to go")
        process.kill()
    assert process.returncode == -signal.SIGKILL
    # The second group has not had its turn; of the first nobody hears any more.
    assert len(files_of(instance, *doomed[2:])) > 0
    assert {run.run_id for run in instance.runs()} == {*doomed[2:], *kept}
    pruned = instance.prune(keep_last=1)
    assert [one.group.root_run_id for one in pruned.groups] == [doomed[2]]
    assert files_of(instance, *doomed) == []
    assert rows_of(instance, *doomed) == 0
    assert [everything_of(instance, run_id) for run_id in kept] == before
    # It loads what the first run of its group has made.
    assert reexecute_pipeline(counting, kept[1], step_selection="check", instance=instance).success


def test_files_that_no_successful_attempt_made_go_once_they_are_old(instance: Instance) -> None:
    failed, _ = group_of_two(instance)
    before = files_of(instance, failed)
    leftover = instance.storage.location(failed, "check", "killed", "result")
    partial = f"{instance.storage.location(failed, 'load', 'killed', 'result')}~0a0b0c0d"
    young = instance.storage.location(failed, "check", "going on", "result")
    theirs = leftover.replace("check.killed.result", "notes.txt")
    for uri in (leftover, partial, theirs):
        put(uri)
    put(young, timedelta(minutes=10))
    for uri in before:
        make_old(uri)
    told = instance.prune(dry_run=True)
    assert (told.leftover_files, told.leftover_bytes, told.groups) == (2, 18, ())
    assert sorted(files_of(instance, failed)) == sorted([*before, leftover, partial, theirs, young])
    assert instance.prune().leftover_files == 2
    assert sorted(files_of(instance, failed)) == sorted([*before, theirs, young])


def test_the_files_of_a_run_that_goes_on_are_left_alone(instance: Instance) -> None:
    failed, _ = group_of_two(instance)
    leftover = instance.storage.location(failed, "check", "killed", "result")
    put(leftover)
    instance.database.write(_goes_on(failed))
    assert instance.prune(keep_last=0).leftover_files == 0
    assert leftover in files_of(instance, failed)


def _goes_on(run_id: str) -> Script[None]:
    yield text("UPDATE runs SET status = 'RUNNING', ended_at = NULL WHERE run_id = :run_id"), {"run_id": run_id}


def test_folders_of_runs_that_another_database_may_know_are_told_and_left_unless_they_are_asked_for(
    instance: Instance,
) -> None:
    theirs = instance.storage.location(str(uuid.uuid4()), "load", "token", "result")
    put(theirs)
    named = instance.storage.location("not a run's", "load", "token", "result")
    put(named)
    pruned = instance.prune()
    assert (pruned.unknown_folders, pruned.unknown_bytes, pruned.size_bytes) == (1, 9, 0)
    assert len(instance.storage.run_folders().names()) == 2
    assert instance.prune(unknown_folders=True).size_bytes == 9
    assert len(instance.storage.run_folders().names()) == 1


def test_files_that_cannot_be_deleted_are_told_and_deleted_when_they_can(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = group_of_two(instance)

    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(RunFolders, "delete", refuse)
        with pytest.raises(FilesNotDeletedError, match="Permission denied.*prune again") as refused:
            instance.prune(keep_last=0)
    assert refused.value.run_id == gone[0]
    assert instance.runs() == []
    assert instance.prune().resumed_runs == 2
    assert files_of(instance, *gone) == []
    assert rows_of(instance, *gone) == 0


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param({"statuses": ["SUCCESS"]}, id="a status alone"),
        pytest.param({"pipeline_name": "counting"}, id="a pipeline alone"),
        pytest.param({"keep_last": -1}, id="a negative number"),
        pytest.param({"older_than": timedelta(days=-1)}, id="a negative age"),
    ],
)
def test_what_would_delete_more_than_was_meant_is_refused(instance: Instance, wanted: dict[str, Any]) -> None:
    group = group_of_two(instance)
    with pytest.raises(InvalidArgumentsError):
        instance.prune(**wanted)
    assert {run.run_id for run in instance.runs()} == set(group)
