"""The machine learning example, by the command line alone: run, fail, mend, ask, re-execute from the failure."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DALSEGNO = Path(sys.executable).with_name("dalsegno")
EXAMPLE = Path(__file__).parents[2] / "examples" / "ml.py"
# As examples/README.md has it for the impatient.
SMALL = "steps: {train: {config: {trees: [20], depths: [4], folds: 2}}}"


@pytest.fixture
def folder(tmp_path):
    """A project's folder with the example in it."""
    shutil.copy(EXAMPLE, tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


def called(folder, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DALSEGNO_")}
    return subprocess.run(
        [DALSEGNO, *arguments], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def mend(folder):
    code = (folder / "ml.py").read_text()
    mended = code.replace("model.predictions(rows)", "model.predict(rows)")
    assert mended != code
    (folder / "ml.py").write_text(mended)


def rows_of(text, *, header):
    """The rows of the first table whose header begins so, by their first word."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.split()[: len(header)] == header:
            break
    rows = {}
    for line in lines:
        if not line:
            break
        rows[line.split()[0]] = line
    return rows


def test_run_fail_mend_ask_and_reexecute_from_the_failure(folder):
    failed = called(folder, "run", "train_and_analyse", "-f", "ml.py", "--config", "small.yaml")
    assert failed.returncode == 1
    assert failed.stderr == ""
    steps = rows_of(failed.stdout, header=["STEP", "STATUS"])
    assert [line.split()[1] for line in steps.values()] == ["success", "success", "failure", "blocked"]
    assert (
        "Step test failed: AttributeError: 'RandomForestClassifier' object has no attribute 'predictions'"
        in failed.stdout
    )
    assert "predicted = model.predictions(rows)" in failed.stdout
    first = json.loads(called(folder, "show", "last", "--json").stdout)["run"]["run_id"]

    mend(folder)

    asked = called(folder, "reexecute", "last", "--from-failure", "--dry-run")
    assert asked.returncode == 0
    plan = rows_of(asked.stdout, header=["STEP", "ACTION"])
    assert plan["train"].split() == ["train", "reuse", "succeeded", "in", "the", "first", "run", first]
    assert "execute  failed in the first run" in plan["test"]
    assert f"model <- train ({first}); held_out <- load.held_out ({first})" in plan["test"]
    assert "execute  was blocked by a failure upstream in the first run" in plan["analyses"]
    assert "report <- test (this run)" in plan["analyses"]
    assert "2 steps to execute, 2 reused (saves " in asked.stdout
    assert "Missing outputs: none" in asked.stdout
    assert len(json.loads(called(folder, "runs", "--flat", "--json").stdout)["runs"]) == 1

    again = called(folder, "reexecute", "last", "--from-failure")
    assert again.returncode == 0
    assert "train     started" in failed.stdout
    assert "train     started" not in again.stdout
    assert "test      started" in again.stdout

    shown = called(folder, "show", "last")
    assert shown.returncode == 0
    steps = rows_of(shown.stdout, header=["STEP", "STATUS"])
    assert {key: line.split()[1] for key, line in steps.items()} == {
        "load": "reused",
        "train": "reused",
        "test": "success",
        "analyses": "success",
    }
    assert steps["train"].endswith(first)
    assert "Run group (2 runs)" in shown.stdout
    document = json.loads(called(folder, "show", "last", "--json").stdout)
    assert document["group"]["status"] == "SUCCESS"
    (drawn,) = [step["outputs"] for step in document["steps"] if step["step_key"] == "analyses"]
    assert drawn[0]["metadata"]["confusion matrix"]["media_type"] == "image/png"
