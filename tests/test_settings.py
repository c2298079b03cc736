"""Settings come from the environment, else a file, else defaults; what can't be used is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from dalsegno.errors import InvalidSettingError
from dalsegno.settings import ListenAddress, Settings
from dalsegno.store.database import parse_url


def test_without_anything_given_all_lies_in_the_project_s_folder(tmp_path: Path) -> None:
    settings = Settings.load(environ={}, directory=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/.dalsegno/dalsegno.db"
    assert settings.storage_url == f"{tmp_path}/.dalsegno/storage"
    assert (settings.lease_seconds, settings.heartbeat_seconds) == (15.0, 3.0)
    assert (settings.commit_interval_ms, settings.commit_events) == (20.0, 500)
    assert list(tmp_path.iterdir()) == []


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "dalsegno.toml").write_text('storage_url = "s3://bucket/runs"\nlease_seconds = 30\ncommit_events = 7\n')
    settings = Settings.load(
        environ={"DALSEGNO_LEASE_SECONDS": "45.5", "DALSEGNO_DATABASE_URL": "postgresql://h/x", "UNRELATED": "x"},
        directory=tmp_path,
    )
    assert (settings.database_url, settings.storage_url) == ("postgresql://h/x", "s3://bucket/runs")
    assert (settings.lease_seconds, settings.commit_events, settings.heartbeat_seconds) == (45.5, 7, 3.0)


def test_the_file_may_have_another_name(tmp_path: Path) -> None:
    (tmp_path / "dalsegno.toml").write_text("not = even read")
    (tmp_path / "other.toml").write_text("commit_events = 3")
    assert Settings.load(environ={"DALSEGNO_CONFIG": "other.toml"}, directory=tmp_path).commit_events == 3
    named = {"DALSEGNO_CONFIG": str(tmp_path / "other.toml")}
    assert Settings.load(environ=named, directory=tmp_path / "elsewhere").commit_events == 3


def test_by_default_those_of_this_process_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALSEGNO_COMMIT_EVENTS", "11")
    settings = Settings.load()
    assert settings.commit_events == 11
    assert settings.storage_url == f"{tmp_path}/.dalsegno/storage"


@pytest.mark.parametrize("folder", ["with blanks", "with%20signs?and#more", "ünïcode"])
def test_any_folder_may_be_a_project_s(tmp_path: Path, folder: str) -> None:
    settings = Settings.load(environ={}, directory=tmp_path / folder)
    assert parse_url(settings.database_url)[1] == f"{tmp_path}/{folder}/.dalsegno/dalsegno.db"


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        pytest.param("DALSEGNO_LEASE_SECONDS", "soon", "number of seconds", id="no number"),
        pytest.param("DALSEGNO_LEASE_SECONDS", "-1", "above 0", id="a negative number"),
        pytest.param("DALSEGNO_HEARTBEAT_SECONDS", "0", "above 0", id="nothing"),
        pytest.param("DALSEGNO_HEARTBEAT_SECONDS", "nan", "above 0", id="not a number"),
        pytest.param("DALSEGNO_COMMIT_INTERVAL_MS", "inf", "milliseconds above 0", id="for ever"),
        pytest.param("DALSEGNO_COMMIT_EVENTS", "2.5", "whole number", id="a fraction"),
        pytest.param("DALSEGNO_HEARTBEAT_SECONDS", "15", "within a lease", id="a heartbeat after the lease's end"),
        pytest.param("DALSEGNO_CONFIG", "missing.toml", "no such file", id="a file that is not there"),
    ],
)
def test_a_value_that_can_not_be_used_is_named_with_its_variable(
    tmp_path: Path, variable: str, value: str, problem: str
) -> None:
    with pytest.raises(InvalidSettingError) as refused:
        Settings.load(environ={variable: value}, directory=tmp_path)
    assert (refused.value.name, refused.value.value) == (variable, value)
    assert problem in refused.value.problem


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        pytest.param('storage = "x"', "storage in", "storage_url", id="an unknown name"),
        pytest.param("storage_url = 3", "storage_url in", "must be a text", id="no text"),
        pytest.param('storage_url = ""', "storage_url in", "must be a text", id="an empty text"),
        pytest.param('lease_seconds = "x"', "lease_seconds in", "number of seconds", id="no number"),
        pytest.param("commit_events = true", "commit_events in", "whole number", id="a truth value"),
        pytest.param("commit_events = [", "DALSEGNO_CONFIG", "can't be read", id="no TOML"),
    ],
)
def test_a_value_in_the_file_that_can_not_be_used_is_named_with_the_file(
    tmp_path: Path, content: str, name: str, problem: str
) -> None:
    (tmp_path / "dalsegno.toml").write_text(content)
    with pytest.raises(InvalidSettingError) as refused:
        Settings.load(environ={}, directory=tmp_path)
    assert refused.value.name.startswith(name)
    assert str(tmp_path / "dalsegno.toml") in refused.value.message
    assert problem in refused.value.problem


def limits(value: str) -> list[tuple[str, str | None, bool, int]]:
    found = Settings.load(environ={"DALSEGNO_TAG_LIMITS": value}).tag_limits
    return [(limit.key, limit.value, limit.by_value, limit.most) for limit in found]


def test_limits_by_tag_are_of_one_value_of_all_together_or_of_each() -> None:
    assert limits("team=ml:2, database:1,customer=*:3") == [
        ("team", "ml", False, 2),
        ("database", None, False, 1),
        ("customer", None, True, 3),
    ]
    assert limits("url=http://x:8080:1,pair=a=b:0") == [("url", "http://x:8080", False, 1), ("pair", "a=b", False, 0)]


def test_limits_by_tag_may_be_a_list_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "dalsegno.toml").write_text('tag_limits = ["names=a,b:1"]')
    (limit,) = Settings.load(environ={}, directory=tmp_path).tag_limits
    assert (limit.value, limit.most, str(limit)) == ("a,b", 1, "names=a,b:1")


@pytest.mark.parametrize(
    "value", ["team=ml", "team=ml:two", "team:-1", ":1", "=ml:1", "team=:1", "a:1,a:2", "team:1.5"]
)
def test_a_limit_that_means_nothing_is_refused(value: str) -> None:
    with pytest.raises(InvalidSettingError, match="DALSEGNO_TAG_LIMITS"):
        limits(value)


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        pytest.param("DALSEGNO_DURABILITY", "forever", "process, power", id="no durability"),
        pytest.param("DALSEGNO_LOG_FORMAT", "xml", "auto, json, text", id="no format"),
        pytest.param("DALSEGNO_LOG_LEVEL", "loud", "debug, info, warning, error", id="no level"),
        pytest.param("DALSEGNO_WORKER_METRICS", "somewhere", "HOST:PORT", id="no port"),
        pytest.param("DALSEGNO_WORKER_METRICS", "99999", "HOST:PORT", id="a port that is none"),
    ],
)
def test_a_choice_that_there_is_not_is_refused_with_those_that_there_are(
    tmp_path: Path, variable: str, value: str, problem: str
) -> None:
    with pytest.raises(InvalidSettingError) as refused:
        Settings.load(environ={variable: value}, directory=tmp_path)
    assert refused.value.name == variable
    assert problem in refused.value.problem


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("9464", ListenAddress(host="127.0.0.1", port=9464)),
        ("0.0.0.0:9464", ListenAddress(host="0.0.0.0", port=9464)),
        ("[::1]:9464", ListenAddress(host="::1", port=9464)),
    ],
)
def test_metrics_are_for_this_machine_alone_unless_a_host_is_named(
    tmp_path: Path, value: str, address: ListenAddress
) -> None:
    settings = Settings.load(environ={"DALSEGNO_WORKER_METRICS": value}, directory=tmp_path)
    assert settings.worker_metrics == address


def test_what_steps_may_take_is_given_with_a_unit_and_in_seconds(tmp_path):
    given = {"DALSEGNO_STEP_MEMORY_LIMIT": "2GiB", "DALSEGNO_STEP_TIME_LIMIT": "90"}
    settings = Settings.load(given, tmp_path)
    assert (settings.step_memory_limit, settings.step_time_limit) == (2 << 30, 90.0)
    none = Settings.load({}, tmp_path)
    assert (none.step_memory_limit, none.step_time_limit) == (None, None)
    with pytest.raises(InvalidSettingError, match="DALSEGNO_STEP_MEMORY_LIMIT='lots': it must be an amount of memory"):
        Settings.load({"DALSEGNO_STEP_MEMORY_LIMIT": "lots"}, tmp_path)
