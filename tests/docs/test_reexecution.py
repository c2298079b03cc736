"""What docs/reexecution.md says: its blocks as they stand, on the runs that it draws."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dalsegno import Instance
from dalsegno.plan.plan import Plan, PlanReason, PlanWarningKind
from dalsegno.plan.reexecution import ReexecutionRequest, plan_reexecution
from dalsegno.runs.status import ReexecutionStrategy
from dalsegno.settings import Settings
from dalsegno.worker.run_execution import MAX_LOSSES
from dalsegno.worker.worker import PATIENCE_SECONDS
from tests.docs.documents import blocks, code, document, edges_in, edges_of, section, tables
from tests.docs.readers_folder import ReadersFolder
from tests.docs.reexecution_guide import BEGINNING, MENDED, TEXT, WAYS, Outcome, drawn, drawn_in, outcome
from tests.drawing import draw, history
from tests.in_process.mapped import Mapped
from tests.plan.playing import World

OPENING = next(block for block in blocks(TEXT, "python") if block.startswith("from dalsegno import Instance"))
each_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> ReadersFolder:
    """A folder in which the first run has failed, and its code is mended."""
    folder = ReadersFolder(tmp_path_factory.mktemp("reexecution"), TEXT)
    assert folder.call("dalsegno", "run", "-f", "forecast.py").returncode == 1
    (folder.path / "forecast.py").write_text(MENDED)
    shutil.copytree(folder.path / ".dalsegno", folder.path / "before")
    return folder


@pytest.fixture
def folder(first_run: ReadersFolder) -> ReadersFolder:
    """The same, with nothing re-executed yet."""
    shutil.rmtree(first_run.path / ".dalsegno")
    shutil.copytree(first_run.path / "before", first_run.path / ".dalsegno")
    (first_run.path / "forecast.py").write_text(MENDED)
    return first_run


@contextmanager
def opened(folder: ReadersFolder) -> Iterator[Instance]:
    kept = folder.path / ".dalsegno"
    with Instance.open(f"sqlite:///{kept}/dalsegno.db", storage_url=str(kept / "storage")) as instance:
        yield instance


def outcome_in(folder: ReadersFolder) -> Outcome:
    with opened(folder) as instance:
        return outcome(instance, instance.resolve_run_id("last"))


def shell(folder: ReadersFolder, commands: str, *, exit_code: int = 0) -> str:
    done = folder.call("sh", "-eu", "-c", commands)
    assert done.returncode == exit_code, done.stdout + done.stderr
    return done.stdout + done.stderr


def script(folder: ReadersFolder, block: str) -> str:
    done = folder.call("python", "-c", OPENING + block)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def planned(folder: ReadersFolder, *options: str) -> dict[str, str]:
    """Action by step of what a dry run on the folder's code says."""
    said = folder.call("dalsegno", "reexecute", "last", *options, "--dry-run", "--json")
    assert said.returncode == 0, said.stderr
    return {step["step_key"]: step["action"] for step in json.loads(said.stdout)["plan"]["steps"]}


def edit(folder: ReadersFolder, old: str, new: str) -> None:
    assert old in MENDED
    (folder.path / "forecast.py").write_text(MENDED.replace(old, new))


def words(text: str) -> Counter[str]:
    """What is said, whatever the ids of runs and plans, the times and the layout."""
    text = re.sub(r"\b01[0-9a-f]{6}-[0-9a-f-]+|\b[0-9a-f]{32}\b", "ID", text)
    text = re.sub(r"\d+(\.\d+)? m?s\b", "TIME", text)
    return Counter(text.replace("<-", "←").replace(";", "").split())


def test_the_first_run_comes_to_what_is_drawn(folder: ReadersFolder) -> None:
    assert outcome_in(folder) == drawn(BEGINNING)


def test_drawings_are_of_the_pipeline(folder: ReadersFolder) -> None:
    with opened(folder) as instance:
        edges = edges_of(instance.snapshot(instance.resolve_run_id("last")))
    for part in (BEGINNING, *(section(TEXT, way) for way in WAYS)):
        assert edges_in(drawn_in(part)) == edges


@each_way
def test_a_way_in_python_comes_to_what_is_drawn(folder: ReadersFolder, way: str) -> None:
    script(folder, blocks(section(TEXT, way), "python")[0])
    assert outcome_in(folder) == drawn(section(TEXT, way))


@each_way
def test_a_way_on_the_command_line_comes_to_what_is_drawn(folder: ReadersFolder, way: str) -> None:
    shell(folder, blocks(section(TEXT, way), "sh")[0])
    assert outcome_in(folder) == drawn(section(TEXT, way))


def test_what_selected_steps_leave_is_executed_from_failure(folder: ReadersFolder) -> None:
    shell(folder, blocks(section(TEXT, "Selected steps"), "sh")[0])
    assert [key for key, action in planned(folder, "--from-failure").items() if action == "EXECUTE"] == ["report"]


def test_the_plan_is_shown_as_it_stands_there(folder: ReadersFolder) -> None:
    command, shown = blocks(section(TEXT, "The plan"), "console")[0].split("\n", 1)
    assert words(shell(folder, command.removeprefix("$ "))) == words(shown)


def test_a_missing_output_is_refused_as_it_stands_there(folder: ReadersFolder) -> None:
    command, shown = blocks(section(TEXT, "What is reused, and from which run"), "console")[0].split("\n", 1)
    assert shell(folder, command.removeprefix("$ "), exit_code=2) == shown


def test_a_deleted_output_is_refused_as_it_stands_there_and_made_again(folder: ReadersFolder) -> None:
    questions = section(TEXT, "Questions people ask")
    for made in (folder.path / ".dalsegno" / "storage").glob("*/train.*"):
        made.unlink()
    command, shown = blocks(questions, "console")[0].split("\n", 1)
    assert shell(folder, command.removeprefix("$ "), exit_code=2) == shown
    (mend,) = re.findall(r"Here `(dalsegno .*?)` does it", " ".join(questions.split()))
    shell(folder, mend)
    assert outcome_in(folder).group == "success"


def test_a_plan_is_shown_and_launched_by_its_id(folder: ReadersFolder) -> None:
    said = script(folder, blocks(section(TEXT, "The plan"), "python")[0])
    assert [line.split()[:2] for line in said.splitlines()] == [
        ["load", "REUSE"],
        ["train", "REUSE"],
        ["test", "EXECUTE"],
        ["stats", "REUSE"],
        ["report", "EXECUTE"],
    ]
    assert outcome_in(folder) == drawn(section(TEXT, "From failure"))


def test_a_key_launches_once(folder: ReadersFolder) -> None:
    part = section(TEXT, "Launching at most once")
    script(folder, blocks(part, "python")[0])
    with opened(folder) as instance:
        assert len(instance.runs()) == 2


def test_a_key_may_be_given_on_the_command_line(folder: ReadersFolder) -> None:
    shell(folder, blocks(section(TEXT, "Launching at most once"), "sh")[0])
    assert outcome_in(folder) == drawn(section(TEXT, "From failure"))


def test_config_tags_and_reason_are_given_as_it_stands_there(folder: ReadersFolder) -> None:
    shell(folder, blocks(section(TEXT, "Config, mode and tags"), "sh")[0])
    with opened(folder) as instance:
        run = instance.run(instance.resolve_run_id("last"))
    assert run.run_config == {"steps": {"train": {"config": {"weight": 2.0}}}}
    assert (run.tags, run.reason) == ({"why": "heavier"}, "The weight was too small")


def test_a_default_that_was_changed_since_does_not_count_where_config_is_inherited(folder: ReadersFolder) -> None:
    edit(folder, "weight: float = 1.0", "weight: float = 3.0")
    (folder.path / "empty.yaml").write_text("{}")
    weights = []
    for config in ((), ("--config", "empty.yaml")):
        assert folder.call("dalsegno", "reexecute", "last", "--all", *config).returncode == 0
        with opened(folder) as instance:
            weights.append(instance.run(instance.resolve_run_id("last")).run_config["steps"]["train"]["config"])
    assert weights == [{"weight": 1.0}, {"weight": 3.0}]


def test_a_renamed_step_has_never_run(folder: ReadersFolder) -> None:
    edit(folder, "stats(rows))", 'stats.alias("summary")(rows))')
    assert planned(folder, "--from-failure") == {
        "load": "REUSE",
        "train": "REUSE",
        "test": "EXECUTE",
        "summary": "EXECUTE",
        "report": "EXECUTE",
    }


def test_from_failure_is_refused_where_what_was_left_is_gone(folder: ReadersFolder) -> None:
    edit(folder, "report(test(train(rows)), stats(rows))", "train(rows)")
    assert "Nothing is left to do" in shell(folder, "dalsegno reexecute last --from-failure", exit_code=2)


def test_without_a_strategy_the_command_goes_from_failure_then_executes_all(folder: ReadersFolder) -> None:
    shell(folder, "dalsegno reexecute last")
    assert outcome_in(folder) == drawn(section(TEXT, "From failure"))
    shell(folder, "dalsegno reexecute last")
    assert outcome_in(folder) == drawn(section(TEXT, "All steps"))


def test_the_table_has_every_reason_with_its_action() -> None:
    (rows,) = tables(TEXT, "reason", "action")
    told = {(code(reason)[0], action) for reason, action, _ in rows}
    assert told == {(str(step.reason_code), step.action.lower()) for plan in plans() for step in plan.steps}
    assert {reason for reason, _ in told} == set(PlanReason)


def plans() -> Iterator[Plan]:
    """Plans in which every reason comes up."""
    snapshot = draw("a -> b -> c; a -> d; a -> e; a -> f; s.left? -> t; outside")
    lineage = history(
        snapshot, "a:ok b:failed c:blocked d:canceled e:running f s:ok() t:skipped", selection=("a*", "s*")
    )
    for strategy, selection in (
        (ReexecutionStrategy.FROM_FAILURE, None),
        (ReexecutionStrategy.SELECTED_STEPS, ("a",)),
        (ReexecutionStrategy.FROM_SELECTED, ("a",)),
        (ReexecutionStrategy.ALL_STEPS, None),
    ):
        request = ReexecutionRequest(strategy=strategy, mode="default", run_config={}, selection=selection)
        yield plan_reexecution(snapshot, lineage, request)
    world = World(snapshot=draw("code; config; changed -> input"))
    ran = world.first()
    world.edit(changed="2")
    ran = world.again(ran, ReexecutionStrategy.SELECTED_STEPS, ("changed",))
    world.edit(code="2")
    world.config = {"steps": {"config": {"config": {"rate": 2}}}}
    yield world.plan(ran, ReexecutionStrategy.FROM_CHANGED)
    with Instance.ephemeral() as instance:
        mapped = Mapped(instance)
        yield mapped.plan(mapped.run(), "*work[b]")


def test_the_warnings_of_the_table_are_there() -> None:
    (rows,) = tables(TEXT, "warning")
    assert {code(warning)[0] for warning, _ in rows} <= set(PlanWarningKind)


@pytest.mark.parametrize("name", ["reexecution.md", "selection.md"])
def test_options_that_are_named_are_there(folder: ReadersFolder, name: str) -> None:
    helped = "".join(folder.call("dalsegno", command, "--help").stdout for command in ("run", "reexecute"))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", document(name)))
    assert named
    assert {option for option in named if option not in helped} == set()


@pytest.mark.parametrize(
    "told",
    [
        f"under a lease of {Settings.load(environ={}).lease_seconds:g} seconds",
        f"the grace period of {Settings.load(environ={}).grace_seconds:g} seconds",
        f"a run's code for {PATIENCE_SECONDS:g} seconds",
        f"lost for the {['first', 'second', 'third', 'fourth'][MAX_LOSSES - 1]} time fails",
    ],
)
def test_times_and_numbers_are_those_of_the_code(told: str) -> None:
    assert told in " ".join(TEXT.split())
