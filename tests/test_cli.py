"""The command: what it answers, where, and with which exit code."""

from __future__ import annotations

import json

import pytest

from dalsegno.cli import app

PIPELINES = """
from pydantic import BaseModel
from dalsegno import pipeline, step


class Config(BaseModel):
    broken: bool = False


@step
def load() -> int:
    print("loading")
    return 3


@step(config=Config)
def check(context, number: int) -> int:
    if context.config.broken:
        raise ValueError("three is too few")
    return number


@step
def report(number: int) -> str:
    return f"it is {number}"


@pipeline
def counting():
    report(check(load()))


@pipeline
def loading():
    load()
"""
BROKEN = "steps: {check: {config: {broken: true}}}"
SOUND = '{"steps": {"check": {"config": {"broken": false}}}}'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project's folder, as the working directory, with `count.py` in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("DALSEGNO_DATABASE_URL", "DALSEGNO_STORAGE_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "count.py").write_text(PIPELINES)
    (tmp_path / "broken.yaml").write_text(BROKEN)
    (tmp_path / "sound.json").write_text(SOUND)
    return tmp_path


@pytest.fixture
def dalsegno(folder, capfd):
    """Calls the command; gives exit code, standard output and standard error."""

    def call(*arguments):
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            app(arguments, prog_name="dalsegno")
        captured = capfd.readouterr()
        return ended.value.code, captured.out, captured.err

    return call


def failed_run(dalsegno):
    code, out, _ = dalsegno("run", "counting", "-f", "count.py", "--config", "broken.yaml", "--json")
    assert code == 1
    return json.loads(out)["run"]["run_id"]


def test_a_run_that_succeeds_exits_0_and_keeps_its_record(dalsegno):
    code, out, _ = dalsegno(
        "run", "counting", "-f", "count.py", "--tag", "team=ml", "--reason", "to see", "--config", "sound.json"
    )
    assert code == 0
    assert "| loading" in out
    shown = dalsegno("show", "last")[1]
    assert "team=ml" in shown
    assert "to see" in shown
    assert str(out).count("success") >= 4


def test_a_run_that_fails_exits_1_and_shows_the_step_its_error_and_what_to_do_next(dalsegno):
    code, out, _ = dalsegno("run", "counting", "-f", "count.py", "--config", "broken.yaml")
    assert code == 1
    assert "Step check failed: ValueError: three is too few" in out
    assert 'raise ValueError("three is too few")' in out
    assert "report  blocked" in out.replace("   ", "  ")
    assert "--from-failure --dry-run" in out


def test_from_failure_reuses_what_succeeded(dalsegno):
    run_id = failed_run(dalsegno)
    code, out, _ = dalsegno("reexecute", run_id, "--from-failure", "--config", "sound.json", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["run"]["parent_run_id"] == run_id
    assert {step["step_key"]: step["status"] for step in document["steps"]} == {
        "load": "REUSED",
        "check": "SUCCESS",
        "report": "SUCCESS",
    }


def test_a_dry_run_tells_the_plan_and_starts_nothing(dalsegno):
    run_id = failed_run(dalsegno)
    code, out, _ = dalsegno("reexecute", run_id[:18], "--from-failure", "--dry-run", "--json")
    assert code == 0
    plan = json.loads(out)["plan"]
    assert [(step["step_key"], step["action"]) for step in plan["steps"]] == [
        ("load", "REUSE"),
        ("check", "EXECUTE"),
        ("report", "EXECUTE"),
    ]
    assert len(json.loads(dalsegno("runs", "--flat", "--json")[1])["runs"]) == 1


def test_a_previewed_plan_is_launched_by_its_id_and_another_is_refused(dalsegno):
    run_id = failed_run(dalsegno)
    plan_id = json.loads(dalsegno("reexecute", run_id, "--all", "--dry-run", "--json")[1])["plan"]["plan_id"]
    code, _, err = dalsegno("reexecute", run_id, "--from-failure", "--plan-id", plan_id)
    assert code == 2
    assert plan_id in err
    assert dalsegno("reexecute", run_id, "--all", "--plan-id", plan_id)[0] == 1


def test_without_a_strategy_it_is_from_failure_and_once_all_is_settled_every_step(dalsegno):
    failed_run(dalsegno)
    strategies = []
    for _ in range(2):
        code, out, _ = dalsegno("reexecute", "last", "--config", "sound.json", "--json")
        assert code == 0
        strategies.append(json.loads(out)["run"]["strategy"])
    assert strategies == ["FROM_FAILURE", "ALL_STEPS"]


@pytest.mark.parametrize(
    ("option", "executed"),
    [
        pytest.param(("--select", "load"), ["load"], id="exactly what is selected"),
        pytest.param(("--select", "load", "--select", "report"), ["load", "report"], id="several selections"),
        pytest.param(("--select", "name:*o* and status:success"), ["load", "report"], id="by name and status"),
        pytest.param(("--from", "check"), ["check", "report"], id="from a step on"),
        pytest.param(("--all",), ["load", "check", "report"], id="all"),
    ],
)
def test_each_strategy_has_its_option(dalsegno, option, executed):
    dalsegno("run", "counting", "-f", "count.py")
    code, out, _ = dalsegno("reexecute", "last", *option, "--json")
    assert code == 0
    assert json.loads(out)["run"]["step_keys_to_execute"] == executed


def test_from_changed_executes_what_was_edited_and_show_tells_what_is_stale(dalsegno, folder):
    dalsegno("run", "counting", "-f", "count.py")
    code, _, err = dalsegno("reexecute", "last", "--changed")
    assert code == 2
    assert "Nothing has changed" in err
    (folder / "count.py").write_text(PIPELINES.replace("return 3", "return 4  # and a comment"))
    code, out, _ = dalsegno("reexecute", "last", "--select", "load", "--dry-run")
    assert code == 0
    assert "Warning: check, report are reused, but what they were made from has been replaced since, or will be." in out
    assert "Add check, report to the selection." in out
    assert "(about " in out
    code, out, _ = dalsegno("reexecute", "last", "--select", "load")
    assert code == 0
    assert out.count("(stale)") == 2
    code, out, _ = dalsegno("show", "last")
    assert "Stale now, for what they were made from was replaced since: check, report" in out
    code, out, _ = dalsegno("show", "last", "--json")
    shown = json.loads(out)
    assert [step["is_stale"] for step in shown["steps"]] == [False, True, True]
    assert shown["stale_now"] == ["check", "report"]
    for option, picked in (("--select", "is:changed"), ("--from", "is:stale")):
        code, out, _ = dalsegno("reexecute", "last", option, picked, "--dry-run", "--json")
        actions = [step["action"] for step in json.loads(out)["plan"]["steps"]]
        assert actions == ["REUSE", "EXECUTE", "EXECUTE" if option == "--from" else "REUSE"]
    code, out, _ = dalsegno("reexecute", "last", "--from-changed", "--json")
    assert code == 0
    executed = json.loads(out)
    assert [step["action"] for step in executed["steps"]] == ["REUSE", "EXECUTE", "EXECUTE"]
    assert executed["steps"][1]["reason"] == "input number changed: load ran again in the parent run"
    code, out, _ = dalsegno("show", "last")
    assert "Stale now" not in out


def test_an_idempotency_key_launches_once(dalsegno):
    ids = {
        json.loads(dalsegno("run", "loading", "-f", "count.py", "--idempotency-key", "nightly", "--json")[1])["run"][
            "run_id"
        ]
        for _ in range(2)
    }
    assert len(ids) == 1


def test_runs_are_listed_by_group_and_flat_and_filtered(dalsegno):
    run_id = failed_run(dalsegno)
    dalsegno("reexecute", run_id, "--config", "sound.json")
    dalsegno("run", "loading", "-f", "count.py")
    groups = json.loads(dalsegno("runs", "--json")[1])["groups"]
    assert [(group["pipeline_name"], group["status"], len(group["runs"])) for group in groups] == [
        ("loading", "SUCCESS", 1),
        ("counting", "SUCCESS", 2),
    ]
    flat = json.loads(dalsegno("runs", "--flat", "--status", "failure", "--json")[1])["runs"]
    assert [run["run_id"] for run in flat] == [run_id]
    assert (
        json.loads(dalsegno("runs", "--pipeline", "loading", "--limit", "5", "--json")[1])["groups"][0]["run_count"]
        == 1
    )
    table = dalsegno("runs")[1]
    assert f"  {run_id}" in table
    assert "`- " in table
    assert "\x1b" not in table


def test_where_there_is_no_run_the_list_says_so(dalsegno):
    assert dalsegno("runs") == (0, "No runs.\n", "")
    assert "There is no run here yet." in dalsegno("show", "last")[2]


def test_show_tells_steps_events_and_the_group(dalsegno):
    run_id = failed_run(dalsegno)
    document = json.loads(dalsegno("show", run_id, "--events", "--json")[1])
    assert [event["number"] for event in document["events"]] == list(range(1, len(document["events"]) + 1))
    assert document["group"]["status"] == "FAILURE"
    code, out, _ = dalsegno("show", run_id, "--events")
    assert code == 0
    assert "Blocked, because check failed." in out


def test_a_run_made_from_a_module_is_reexecuted_from_it(dalsegno):
    assert dalsegno("run", "loading", "-m", "count")[0] == 0
    code, out, _ = dalsegno("reexecute", "last", "--json")
    assert code == 0
    assert json.loads(out)["run"]["code_location"] == "count"


def test_another_database_is_named_by_its_url(dalsegno, folder):
    assert dalsegno("run", "loading", "-f", "count.py", "--database-url", "sqlite:///other.db")[0] == 0
    assert (folder / "other.db").exists()
    assert dalsegno("runs")[1] == "No runs.\n"


BAD_INPUT = [
    pytest.param("run counting", "-f FILE or -m MODULE", id="no code named"),
    pytest.param("run counting -f count.py -m count", "not by both", id="code named twice"),
    pytest.param("run -f count.py", "Name one of the pipelines", id="several pipelines, none named"),
    pytest.param("run countin -f count.py", "'counting'", id="unknown pipeline"),
    pytest.param("run counting -f nowhere.py", "no such file", id="no such file"),
    pytest.param("run counting -m no_such_module", "no_such_module", id="no such module"),
    pytest.param("run counting -f count.py --config nowhere.yaml", "can't be read", id="no such config"),
    pytest.param("run counting -f count.py --config bad.yaml", "is not YAML", id="malformed YAML"),
    pytest.param("run counting -f count.py --config bad.json", "is not JSON", id="malformed JSON"),
    pytest.param("run counting -f count.py --config list.yaml", "no mapping", id="a config that is a list"),
    pytest.param(
        "run counting -f count.py --config wrong.yaml", "/steps/check/config/broken", id="a config that does not fit"
    ),
    pytest.param("run counting -f count.py --tag team", "name=value", id="a malformed tag"),
    pytest.param("run counting -f count.py --mode fast", "fast", id="unknown mode"),
    pytest.param("run counting -f count.py --select chek", "'check'", id="unknown step, with a close name"),
    pytest.param(
        "run counting -f count.py --select report", "report needs check.result", id="a step without its input"
    ),
    pytest.param("reexecute nowhere", "'nowhere'", id="unknown run"),
    pytest.param("reexecute last --all --from-failure", "Give one of", id="two strategies"),
    pytest.param("reexecute last --from-failure", "Nothing is left to do", id="nothing to do"),
    pytest.param("reexecute last --select load+-f", "^", id="a malformed selection is pointed at"),
    pytest.param("reexecute last -m no_such_module", "no_such_module", id="re-executed with code that is not there"),
    pytest.param("show nowhere", "'nowhere'", id="unknown run to show"),
    pytest.param("runs --status odd", "odd", id="unknown status"),
    pytest.param("runs --limit 0", "--limit", id="a limit out of range"),
    pytest.param("runs --database-url mysql://x/y", "mysql", id="unknown database"),
    pytest.param("dance", "dance", id="unknown command"),
]


@pytest.mark.parametrize(("line", "told"), BAD_INPUT)
def test_bad_input_exits_2_with_a_clear_error_and_starts_nothing(dalsegno, folder, line, told):
    (folder / "bad.yaml").write_text("steps: [")
    (folder / "bad.json").write_text("{")
    (folder / "list.yaml").write_text("- steps")
    (folder / "wrong.yaml").write_text("steps: {check: {config: {broken: maybe}}}")
    dalsegno("run", "loading", "-f", "count.py")
    code, out, err = dalsegno(*line.split())
    assert code == 2
    assert out == ""
    assert told in err
    assert "Traceback" not in err
    assert len(json.loads(dalsegno("runs", "--flat", "--json")[1])["runs"]) == 1


def test_code_that_does_not_import_is_told_with_the_authors_lines(dalsegno, folder):
    (folder / "count.py").write_text("import math\n\nhalf = math.pi / 0\n")
    code, _, err = dalsegno("run", "counting", "-f", "count.py")
    assert code == 2
    assert "ZeroDivisionError" in err
    assert "line 3" in err
    assert "dalsegno/" not in err


def test_a_file_that_is_gone_is_told_with_what_to_give_instead(dalsegno, folder):
    dalsegno("run", "loading", "-f", "count.py")
    (folder / "count.py").rename(folder / "moved.py")
    code, _, err = dalsegno("reexecute", "last")
    assert code == 2
    assert "-f FILE" in err
    assert dalsegno("reexecute", "last", "-f", "moved.py")[0] == 0


def test_migrate_says_that_the_schema_is_current(dalsegno):
    dalsegno("run", "loading", "-f", "count.py")
    code, out, _ = dalsegno("migrate")
    assert code == 0
    assert "up to date" in out


def test_a_priority_that_is_no_number_is_refused_before_anything_runs(dalsegno):
    code, _, err = dalsegno("run", "loading", "-f", "count.py", "--tag", "dalsegno/priority=high")
    assert code == 2
    assert "dalsegno/priority" in err and "whole number" in err
    assert dalsegno("runs", "--json")[1].strip() == '{\n  "groups": []\n}'


def test_a_reexecution_has_its_parents_priority(dalsegno):
    dalsegno("run", "counting", "-f", "count.py", "--config", "broken.yaml", "--tag", "dalsegno/priority=7")
    out = dalsegno("reexecute", "last", "--from-failure", "--config", "sound.json", "--json")[1]
    assert json.loads(out)["run"]["tags"] == {"dalsegno/priority": "7"}


def test_prune_tells_what_would_go_then_deletes_it(dalsegno, folder):
    old = failed_run(dalsegno)
    dalsegno("run", "counting", "-f", "count.py", "--config", "sound.json")
    code, out, _ = dalsegno("prune", "--keep-last", "1", "--dry-run")
    assert code == 0
    assert old in out and "To be deleted: 1 group with 1 run (" in out
    assert (folder / ".dalsegno" / "storage" / old).is_dir()
    code, out, _ = dalsegno("prune", "--keep-last", "1", "--yes", "--json")
    pruned = json.loads(out)
    assert (code, pruned["dry_run"]) == (0, False)
    assert [one["group"]["root_run_id"] for one in pruned["groups"]] == [old]
    assert pruned["size_bytes"] > 0
    assert not (folder / ".dalsegno" / "storage" / old).exists()
    code, _, err = dalsegno("reexecute", old, "--from-failure")
    assert code == 2
    assert "may have been pruned" in err
    assert dalsegno("prune", "--older-than", "30d", "--yes")[1].startswith("Deleted: 0 groups")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["--keep-last", "1"], "--yes", id="nobody to ask"),
        pytest.param(["--older-than", "a month", "--yes"], "30d", id="no age"),
        pytest.param(["--status", "FAILURE", "--yes"], "how old", id="neither age nor number"),
    ],
)
def test_prune_deletes_nothing_that_was_not_plainly_asked_for(dalsegno, arguments, told):
    run_id = failed_run(dalsegno)
    code, _, err = dalsegno("prune", *arguments)
    assert code == 2
    assert told in err
    assert json.loads(dalsegno("show", run_id, "--json")[1])["run"]["run_id"] == run_id
