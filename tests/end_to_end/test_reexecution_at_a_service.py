"""`dalsegno reexecute --url`: planned by a service, executed by its worker, shown as if it ran here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dalsegno.cli import app
from tests.end_to_end.service_processes import DALSEGNO, OPERATOR, VIEWER, Processes, running
from tests.waiting import until

CODE = """
import pathlib, time
from dalsegno import DynamicOut, DynamicOutput, pipeline, step

HERE = pathlib.Path(__file__).parent

@step
def load():
    return [1, 2]

@step
def train(context, rows):
    context.log.info("training on %s rows", len(rows))
    while (HERE / "wait").exists():
        time.sleep(0.005)
    if (HERE / "broken").exists():
        raise ValueError("no model comes of it")
    return sum(rows)

@step(out=DynamicOut())
def split(rows):
    for row in rows:
        yield DynamicOutput(row, f"k{row}")

@step
def work(row):
    return row

@step
def report(score, results):
    return score + sum(results)

@pipeline
def training():
    rows = load()
    report(train(rows), split(rows).map(work).collect())
"""
Called = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    folder = tmp_path_factory.mktemp("served")
    with running(folder, f"sqlite:///{folder}/dalsegno.db", CODE, workers=1) as processes:
        processes.until_served("training")
        yield processes


@pytest.fixture
def dalsegno(served: Processes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Called]:
    """Calls the command; gives exit code, standard output and standard error."""
    monkeypatch.chdir(served.folder)
    monkeypatch.setenv("DALSEGNO_TOKEN", OPERATOR)
    for name in ("DALSEGNO_DATABASE_URL", "DALSEGNO_STORAGE_URL"):
        monkeypatch.setenv(name, served.environment[name])

    def call(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            app(arguments, prog_name="dalsegno")
        captured = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    yield call
    for name in ("broken", "wait"):
        (served.folder / name).unlink(missing_ok=True)


def ended_run(served: Processes, *, broken: bool) -> str:
    """A first run, to its end."""
    if broken:
        (served.folder / "broken").touch()
    with served.client() as client:
        run = client.launch_run("training", tags={"team": "ml"})
        assert client.wait(run.id, timeout=60).success is not broken
    (served.folder / "broken").unlink(missing_ok=True)
    return run.id


@pytest.mark.parametrize(
    "option", [(), ("--from-failure",), ("--select", "*report"), ("--select", "*work[k1]"), ("--all",)]
)
def test_a_dry_run_tells_the_very_plan_that_the_command_tells_of_the_database(served, dalsegno, option):
    run_id = ended_run(served, broken=True)
    there = dalsegno("reexecute", run_id[:18], *option, "--dry-run", "--url", served.url)
    here = dalsegno("reexecute", run_id, *option, "--dry-run", "-f", str(served.file))
    assert there == here
    assert there[0] == 0
    assert "Plan id: " in there[1]


def test_it_is_executed_there_and_followed_to_its_end(served, dalsegno):
    run_id = ended_run(served, broken=True)
    code, out, err = dalsegno("reexecute", "last", "--from-failure", "--url", served.url, "--reason", "mended")
    assert (code, err) == (0, "")
    assert f"Re-executing run {run_id}, from failure: 2 steps to execute" in out
    lines = [line.split(maxsplit=1)[1] for line in out.splitlines() if "  train " in line]
    assert [" ".join(line.split()) for line in lines[:3]] == [
        "train started",
        "train info: training on 2 rows",
        next(" ".join(line.split()) for line in lines if "success in" in line),
    ]
    assert "work[k1]  reused" in out
    assert "mended" in out


def test_the_document_is_the_one_of_a_run_that_was_executed_here(served, dalsegno):
    run_id = ended_run(served, broken=True)
    documents = []
    for where in (("--url", served.url), ("-f", str(served.file))):
        code, out, _ = dalsegno("reexecute", run_id, "--from-failure", "--tag", "by=hand", *where, "--json")
        assert code == 0
        documents.append(json.loads(out))
    there, here = documents
    assert _shape(there) == _shape(here)
    assert there["run"]["tags"] == {"team": "ml", "by": "hand"}
    for name in ("step_key", "status", "action", "reason", "reused_from_run_id"):
        assert [step[name] for step in there["steps"]] == [step[name] for step in here["steps"]]


def test_a_run_that_fails_there_exits_1_and_says_what_to_do_next(served, dalsegno):
    run_id = ended_run(served, broken=True)
    (served.folder / "broken").touch()
    code, out, _ = dalsegno("reexecute", run_id, "--url", served.url)
    assert code == 1
    assert "Step train failed: ValueError: no model comes of it" in out
    assert "report    blocked" in out
    assert out.rstrip().endswith(f"--from-failure --dry-run --url {served.url}")


def test_once_all_is_settled_every_step_is_executed(served, dalsegno):
    run_id = ended_run(served, broken=False)
    code, out, _ = dalsegno("reexecute", run_id, "--url", served.url, "--json")
    assert code == 0
    assert json.loads(out)["run"]["strategy"] == "ALL_STEPS"


def test_a_previewed_plan_and_an_idempotency_key_count_there_too(served, dalsegno):
    run_id = ended_run(served, broken=True)
    asked = ("reexecute", run_id, "--url", served.url, "--json")
    plan_id = json.loads(dalsegno(*asked, "--all", "--dry-run")[1])["plan"]["plan_id"]
    for only_look in ((), ("--dry-run",)):
        code, out, err = dalsegno(*asked, "--from-failure", "--plan-id", plan_id, *only_look)
        assert (code, out) == (2, "")
        assert plan_id in err
    key = ("--idempotency-key", run_id)
    runs = {json.loads(dalsegno(*asked, "--all", "--plan-id", plan_id, *key)[1])["run"]["run_id"] for _ in range(2)}
    assert len(runs) == 1


def test_bad_input_exits_2_with_what_the_service_says_and_starts_nothing(served, dalsegno, monkeypatch):
    run_id = ended_run(served, broken=False)

    def refused(*arguments: str) -> str:
        code, out, err = dalsegno("reexecute", *arguments)
        assert (code, out) == (2, "")
        assert "Traceback" not in err
        return err

    there = ("--url", served.url)
    assert "'nowhere'" in refused("nowhere", *there)
    assert "Nothing is left to do" in refused(run_id, "--from-failure", *there)
    assert "^^^" in refused(run_id, "--select", "trian", *there)
    assert "leave out -f" in refused(run_id, "-f", str(served.file), *there)
    assert "leave out -f" in refused(run_id, "--database-url", "sqlite:///other.db", *there)
    assert "can't be reached" in refused(run_id, "--url", "http://127.0.0.1:1")
    monkeypatch.setenv("DALSEGNO_TOKEN", VIEWER)
    assert "operator" in refused(run_id, *there)
    with served.client() as client:
        assert client.runs(limit=1)[0].id == run_id


def test_ctrl_c_ends_the_display_and_the_run_goes_on(served, dalsegno):
    run_id = ended_run(served, broken=False)
    (served.folder / "wait").touch()
    command = [DALSEGNO, "reexecute", run_id, "--url", served.url]
    environment = {**os.environ, "DALSEGNO_TOKEN": OPERATOR, "PYTHONUNBUFFERED": "1"}
    with (served.folder / "followed").open("wb") as told:
        following = subprocess.Popen(command, stdout=told, env=environment)
    until(lambda: "train" in (served.folder / "followed").read_text(), what="the start of train")
    following.send_signal(signal.SIGINT)
    assert following.wait(30) == 130
    assert "goes on" in (served.folder / "followed").read_text()
    (served.folder / "wait").unlink()
    with served.client() as client:
        (run,) = client.runs(limit=1)
        assert run.parent_run_id == run_id
        assert client.wait(run.id, timeout=60).success


def _shape(value: Any) -> Any:
    """The names in a document; not those within what only the run that stands in for a reused step has."""
    if isinstance(value, dict):
        closed = ("tags", "attempts", "outputs", "expansions")
        return {name: None if name in closed else _shape(one) for name, one in value.items()}
    return [_shape(one) for one in value] if isinstance(value, list) else None
