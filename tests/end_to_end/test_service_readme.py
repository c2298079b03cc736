"""What README.md says to other tools, done: each of its blocks as it stands there, on a service and a worker."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.service_processes import OPERATOR, Processes, running

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SECTION = README.split("## For other tools and automation")[1].split("\n## ")[0]
(SHELL,) = re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
WITH_OUR_CLIENT, WITH_ANY_CLIENT = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
(WORKFLOW,) = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)

# Instead of by chance, it fails as often as a file beside it says.
EXAMPLE = (ROOT / "examples/unreliable.py").read_text()
CHANCE = "if random() < 0.5:"
BY_TURNS = "if fails_now():"
FAILS_NOW = """

from pathlib import Path


def fails_now():
    file = Path(__file__).with_name("failures-to-come")
    left = int(file.read_text())
    file.write_text(str(max(0, left - 1)))
    return left > 0
"""


@pytest.fixture(scope="module")
def processes(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """A service and a worker for the example, on each database."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "failures-to-come").write_text("0")
    assert CHANCE in EXAMPLE
    code = EXAMPLE.replace(CHANCE, BY_TURNS).replace("\n\n\n@solid", FAILS_NOW + "\n\n@solid", 1)
    with running(folder, module_database_url, code, workers=1) as started:
        started.until_served("unreliable_pipeline")
        yield started


def done(processes: Processes, *command: str, failures: int, **environment: str) -> str:
    """What a tool prints, in whose way the step fails so often first."""
    (processes.folder / "failures-to-come").write_text(str(failures))
    own = {"PATH": processes.environment["PATH"], "DALSEGNO_URL": processes.url, "DALSEGNO_TOKEN": OPERATOR}
    called = subprocess.run(
        command, cwd=processes.folder, env=own | environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert called.returncode == 0, called.stdout + called.stderr
    assert called.stderr == ""
    return called.stdout


def failed_run(processes: Processes) -> str:
    (processes.folder / "failures-to-come").write_text("1")
    with processes.client() as client:
        run = client.wait(client.launch_run("unreliable_pipeline").id, timeout=30)
        assert run.status == "FAILURE"
        return run.id


def newest_group(processes: Processes) -> list[str]:
    """The statuses of its runs, oldest first."""
    (edge,) = processes.ask("{ runGroups(first: 1) { edges { node { runs { status } } } } }")["runGroups"]["edges"]
    return [run["status"] for run in edge["node"]["runs"]]


def test_curl_alone_launches_follows_and_reexecutes(processes: Processes) -> None:
    assert done(processes, "sh", "-eu", "-c", SHELL, failures=2) == "SUCCESS\n"
    assert newest_group(processes) == ["FAILURE", "FAILURE", "SUCCESS"]


def test_the_client_launches_follows_and_reexecutes(processes: Processes) -> None:
    said = done(processes, sys.executable, "-c", WITH_OUR_CLIENT, failures=2)
    assert said.splitlines() == [
        "executes unreliable unreliable_end",
        "executes unreliable unreliable_end",
        "unreliable_start REUSED",
        "unreliable SUCCESS",
        "unreliable_end SUCCESS",
    ]
    assert newest_group(processes) == ["FAILURE", "FAILURE", "SUCCESS"]


def test_any_client_reexecutes_and_follows_the_events(processes: Processes) -> None:
    failed_run(processes)
    said = done(processes, sys.executable, "-c", WITH_ANY_CLIENT, failures=0)
    happened = [line.split()[:2] for line in said.splitlines()]
    assert [step for kind, step in happened if kind == "STEP_SUCCEEDED"] == ["unreliable", "unreliable_end"]
    assert happened[-1][0] == "RUN_SUCCEEDED"
    assert newest_group(processes) == ["FAILURE", "SUCCESS"]


def test_the_workflow_is_what_workflows_may_be(tmp_path: Path) -> None:
    (tmp_path / "workflow.yml").write_text(WORKFLOW)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    checked = subprocess.run([*command, tmp_path / "workflow.yml"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_the_step_of_the_workflow_reexecutes_and_waits(processes: Processes) -> None:
    parent = failed_run(processes)
    (step,) = yaml.safe_load(WORKFLOW)["jobs"]["reexecute"]["steps"]
    # As it is called there.
    shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"])
    given = {"PARENT": parent, "KEY": f"github-{parent}"}
    assert set(step["env"]) == {"DALSEGNO_URL", "DALSEGNO_TOKEN", *given}
    said = done(processes, *shell, failures=0, **given)
    assert said.endswith(": SUCCESS\n")
    assert done(processes, *shell, failures=0, **given) == said
    assert newest_group(processes) == ["FAILURE", "SUCCESS"]


def test_the_step_of_the_workflow_fails_where_the_launch_is_refused(processes: Processes) -> None:
    (step,) = yaml.safe_load(WORKFLOW)["jobs"]["reexecute"]["steps"]
    with pytest.raises(AssertionError, match="::error::.*No run"):
        done(processes, "bash", "-eo", "pipefail", "-c", step["run"], failures=0, PARENT="no-run", KEY="none")
