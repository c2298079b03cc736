"""What is recorded is on the disk already, where the setting asks for it: files, their folders, and commits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from dalsegno import Instance, execute_pipeline, pipeline, step
from dalsegno.errors import InvalidSettingError
from dalsegno.output_storage import OutputStorage
from dalsegno.runs.events import StepSucceeded
from dalsegno.runs.status import RunStatus
from dalsegno.settings import Durability
from dalsegno.store.database import SYNCING, Database, refuse_unsynced
from tests.postgres_server import execute
from tests.worker.site import Site


@step
def first() -> int:
    print("printed by first")
    return 1


@step
def second(one: int) -> int:
    return one + 1


@pipeline
def chain():
    second(first())


class Disk:
    """What was synced, in order: a file by its path, a folder by the paths of what it held then."""

    def __init__(self) -> None:
        self.story: list[str | set[str]] = []

    def sync(self, file: int) -> None:
        path = os.readlink(f"/proc/self/fd/{file}")
        self.story.append({f"{path}/{name}" for name in os.listdir(path)} if os.path.isdir(path) else path)

    def has_file(self, path: str, before: int) -> bool:
        """Its bytes were synced under the name that it had while it was written, or its own."""
        return any(isinstance(one, str) and one.partition("~")[0] == path for one in self.story[:before])

    def has_name(self, path: str, before: int) -> bool:
        return any(isinstance(one, set) and path in one for one in self.story[:before])


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    watched = Disk()
    monkeypatch.setattr(os, "fsync", watched.sync)
    return watched


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Instance]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALSEGNO_DURABILITY", request.param)
    with Instance.open() as instance:
        yield instance


@pytest.mark.parametrize("opened", ["power"], indirect=True)
def test_an_output_and_its_name_are_synced_before_its_success_is_recorded(disk: Disk, opened: Instance) -> None:
    successes: dict[str, int] = {}

    def observe(_at: object, event: object) -> None:
        if isinstance(event, StepSucceeded):
            successes[event.step_key] = len(disk.story)

    result = execute_pipeline(chain, instance=opened, observer=observe)
    for key in ("first", "second"):
        (output,) = result.step_stats[key].outputs
        assert output.uri is not None
        assert disk.has_file(output.uri, before=successes[key])
        assert disk.has_name(output.uri, before=successes[key])
    printed = result.step_stats["first"].attempts[-1].stdout
    assert printed is not None
    assert disk.has_name(printed.uri, before=successes["first"])


@pytest.mark.parametrize("opened", ["power"], indirect=True)
def test_so_is_every_folder_that_was_made_for_it(disk: Disk, opened: Instance, tmp_path: Path) -> None:
    result = execute_pipeline(chain, instance=opened)
    made = [
        tmp_path / ".dalsegno",
        tmp_path / ".dalsegno/storage",
        tmp_path / ".dalsegno/storage" / result.run_id,
    ]
    # The first one was made with the database, before anybody watched the disk.
    assert [str(folder) for folder in made[1:] if not disk.has_name(str(folder), before=len(disk.story))] == []


@pytest.mark.parametrize("opened", ["process"], indirect=True)
def test_by_default_nobody_waits_for_the_disk(disk: Disk, opened: Instance) -> None:
    assert execute_pipeline(chain, instance=opened).success
    assert disk.story == []


def test_the_folder_of_a_database_is_synced_as_it_is_made(disk: Disk, tmp_path: Path) -> None:
    Database.open(f"sqlite:///{tmp_path}/a/b/runs.db", durability=Durability.POWER).close()
    for folder in (tmp_path / "a", tmp_path / "a/b"):
        assert disk.has_name(str(folder), before=len(disk.story))


@pytest.mark.parametrize(("durability", "level"), [(Durability.PROCESS, 1), (Durability.POWER, 2)])
async def test_sqlite_syncs_each_commit_where_it_is_asked_to(
    tmp_path: Path, durability: Durability, level: int
) -> None:
    def asked():
        rows = yield text("PRAGMA synchronous")
        return rows[0][0]

    database = Database.open(f"sqlite:///{tmp_path}/runs.db", durability=durability)
    assert database.write(asked()) == await database.write_async(asked()) == level
    await database.close_async()
    database.close()


def test_a_postgres_server_that_may_lose_commits_is_refused_by_name(postgres, empty_postgres_url: str) -> None:
    name = empty_postgres_url.rpartition("/")[2].partition("?")[0]
    execute(postgres, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    with pytest.raises(InvalidSettingError) as refused:
        Database.open(empty_postgres_url, durability=Durability.POWER)
    assert refused.value.name == "DALSEGNO_DURABILITY"
    assert "synchronous_commit" in refused.value.problem
    Database.open(empty_postgres_url).close()


def test_a_postgres_server_that_syncs_its_commits_will_do() -> None:
    on = dict.fromkeys(SYNCING, "on")
    refuse_unsynced(on)
    refuse_unsynced(on | {"synchronous_commit": "remote_apply"})
    for name in SYNCING:
        with pytest.raises(InvalidSettingError):
            refuse_unsynced(on | {name: "off"})


@pytest.mark.parametrize("durability", ["power", "process"])
def test_a_worker_s_steps_sync_what_they_store(sqlite_site: Site, durability: str) -> None:
    sqlite_site.write("""
def noted(file):
    note("synced", os.readlink(f"/proc/self/fd/{file}"))

os.fsync = noted

@step
def made() -> int:
    return 1

@pipeline
def single():
    made()
""")
    sqlite_site.start(durability=durability).until_serving()
    run = sqlite_site.run("single")
    assert run.status is RunStatus.SUCCESS
    (output,) = sqlite_site.step(run.run_id, "made").outputs
    assert output.uri is not None
    synced = {path.partition("~")[0] for path in sqlite_site.notes("synced")}
    assert ({output.uri, os.path.dirname(output.uri)} <= synced) is (durability == "power")


def test_where_the_disk_fails_to_sync_the_output_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_file: int) -> None:
        raise OSError(5, "Input/output error")

    storage = OutputStorage(str(tmp_path), Durability.POWER)
    uri = storage.location("run", "step", "token", "result")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"), storage.write(uri) as file:
        file.write(b"bytes")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
