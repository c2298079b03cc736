"""What docs/selection.md says: every row of its tables, and every block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from dalsegno import Instance, InvalidSelectionError, execute_pipeline, pipeline, plan_reexecution, step
from dalsegno.definitions import PipelineDefinition
from dalsegno.definitions.repository import load_pipelines
from dalsegno.plan import selection_parser
from dalsegno.plan.selection_tree import STATUS_WORDS
from tests.docs.documents import Row, blocks, code, document, edges_in, edges_of, section, tables
from tests.docs.readers_folder import ReadersFolder
from tests.end_to_end.service_processes import Processes, running

ROOT = Path(__file__).parents[2]
TEXT = document("selection.md")
SCOPE = section(TEXT, "Scope")
NAMES = section(TEXT, "Names that need quotes")
KNOWN = section(TEXT, "What is known of a step")
ELEMENTS = section(TEXT, "Elements of dynamic steps")
ELSEWHERE = TEXT
for other in (SCOPE, NAMES, KNOWN, ELEMENTS):
    ELSEWHERE = ELSEWHERE.replace(other, "")


def rows_of(text: str, *header: str) -> list[Row]:
    return [row for table in tables(text, *header) for row in table]


def each_row(text: str, *header: str) -> pytest.MarkDecorator:
    rows = rows_of(text, *header)
    assert rows
    return pytest.mark.parametrize("row", [pytest.param(row, id=row[0].strip("`")) for row in rows])


class Group:
    """A pipeline, and a first run of it to re-execute."""

    def __init__(self, instance: Instance, definition: PipelineDefinition, selection: str | None = None) -> None:
        self.instance = instance
        self.definition = definition
        self.run_id = execute_pipeline(definition, solid_selection=selection, instance=instance).run_id

    def picked(self, selection: str | list[str]) -> set[str]:
        plan = plan_reexecution(self.definition, self.run_id, step_selection=selection, instance=self.instance)
        return set(plan.step_keys_to_execute)

    def check(self, row: Row) -> None:
        (selection,) = code(row[0])
        assert self.picked(selection) == set(code(row[1]))

    def check_refused(self, row: Row) -> None:
        (selection,), (part,), (message,) = map(code, row)
        with pytest.raises(InvalidSelectionError) as caught:
            self.picked(selection)
        error = caught.value
        assert (selection[error.start : error.end], error.message) == (part, message)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ReadersFolder:
    return ReadersFolder(tmp_path_factory.mktemp("selection"), TEXT)


@pytest.fixture(scope="module")
def forecast(folder: ReadersFolder) -> PipelineDefinition:
    return load_pipelines(file=folder.path / "forecast.py").pipeline("forecast")


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    with Instance.ephemeral() as opened:
        yield opened


@pytest.fixture(scope="module")
def whole(instance: Instance, forecast: PipelineDefinition) -> Group:
    return Group(instance, forecast)


@pytest.fixture(scope="module")
def in_scope(instance: Instance, forecast: PipelineDefinition) -> Group:
    (first,) = re.findall(r"first run that was launched with\s`(.+?)`", SCOPE)
    return Group(instance, forecast, first)


@pytest.fixture(scope="module")
def named(instance: Instance) -> Group:
    """The pipeline of the names that need quotes: a chain."""
    keys = re.findall(r"\w+", blocks(NAMES, "")[0])

    @step
    def first() -> int:
        return 1

    @step
    def further(number: int) -> int:
        return number

    @pipeline
    def chain() -> None:
        made = first.alias(keys[0])()
        for key in keys[1:]:
            made = further.alias(key)(made)

    assert edges_of(chain.snapshot) == edges_in(blocks(NAMES, "")[0])
    return Group(instance, chain)


@pytest.fixture(scope="module")
def mended(instance: Instance, folder: ReadersFolder) -> Group:
    """The pipeline of regions after a first run in which one failed, and after what its author has mended since."""
    file = folder.path / "regions.py"
    group = Group(instance, load_pipelines(file=file).pipeline("regions"))
    (now,) = re.findall(r"has mended it: `(.+?)`", KNOWN)
    mended = file.with_name("mended.py")
    mended.write_text(file.read_text().replace('{"eu": 3}', now))
    group.definition = load_pipelines(file=mended).pipeline("regions")
    return group


def test_the_pipeline_is_as_it_is_drawn(forecast: PipelineDefinition) -> None:
    drawing = blocks(section(TEXT, "The example"), "")[0]
    assert edges_in(drawing) == edges_of(forecast.snapshot)
    assert set(re.findall(r"\w+", drawing)) == set(forecast.steps)


def test_the_pipeline_with_elements_is_as_it_is_drawn(mended: Group) -> None:
    assert edges_in(blocks(KNOWN, "")[0]) == edges_of(mended.definition.snapshot)


@each_row(ELSEWHERE, "selection", "picks")
def test_a_selection_picks_what_its_row_says(whole: Group, row: Row) -> None:
    whole.check(row)


@each_row(NAMES, "selection", "picks")
def test_a_name_is_written_as_its_row_says(named: Group, row: Row) -> None:
    named.check(row)


@each_row(KNOWN + ELEMENTS, "selection", "picks")
def test_steps_are_picked_by_what_is_known_of_them_and_by_element(mended: Group, row: Row) -> None:
    mended.check(row)


def test_every_word_of_a_status_is_there() -> None:
    assert {word for row in rows_of(KNOWN, "word") for word in code(row[0])} == set(STATUS_WORDS)


@each_row(SCOPE, "selection", "picks")
def test_operators_stop_at_the_edge_of_the_scope(in_scope: Group, row: Row) -> None:
    in_scope.check(row)


@each_row(ELSEWHERE, "selection", "refused at")
def test_a_selection_is_refused_as_its_row_says(whole: Group, row: Row) -> None:
    whole.check_refused(row)


@each_row(ELEMENTS, "selection", "refused at")
def test_an_element_is_refused_as_its_row_says(mended: Group, row: Row) -> None:
    mended.check_refused(row)


def test_a_first_run_takes_elements_as_a_whole_and_asks_nothing_of_runs_before(mended: Group) -> None:
    for selection in ("fit[us]", "status:failed", "is:stale"):
        with pytest.raises(InvalidSelectionError):
            execute_pipeline(mended.definition, solid_selection=selection, instance=mended.instance)
    plan = execute_pipeline(mended.definition, solid_selection="*fit[?]", instance=mended.instance).run
    assert plan.step_keys_to_execute == ("split", "fit[?]")


@each_row(SCOPE, "selection", "refused at")
def test_a_step_outside_the_scope_is_refused_as_its_row_says(in_scope: Group, row: Row) -> None:
    in_scope.check_refused(row)


def test_a_list_is_the_union_of_its_texts(whole: Group) -> None:
    assert whole.picked(["train", "stats"]) == whole.picked("train, stats") == {"train", "stats"}
    assert whole.picked(["train", "*"]) == set(whole.definition.steps)


@pytest.mark.parametrize("selection", ["", " , ,", [], ["train", ""], "train and stats", "tag:team"])
def test_nothing_never_means_everything(whole: Group, selection: str | list[str]) -> None:
    with pytest.raises(InvalidSelectionError):
        whole.picked(selection)


def test_the_grammar_is_the_parsers() -> None:
    (grammar,) = blocks(section(TEXT, "The grammar"), "")
    said = [line.strip() for line in (selection_parser.__doc__ or "").splitlines()]
    lines = [line.strip() for line in grammar.splitlines()]
    start = said.index(lines[0])
    assert said[start : start + len(lines) + 1] == [*lines, ""]


def test_commands_do_what_is_said_and_errors_are_pointed_at(folder: ReadersFolder) -> None:
    (commands,) = blocks(TEXT, "sh")
    done = folder.call("sh", "-eu", "-c", commands)
    assert (done.returncode, done.stderr) == (0, "")
    (script,) = [block for block in blocks(TEXT, "python") if not block.startswith("# ")]
    folder.call("dalsegno", "run", "-f", "forecast.py")
    assert folder.call("python", "-c", script).stdout == "train test report\n"
    (shown,) = blocks(TEXT, "console")
    command, expected = shown.split("\n", 1)
    refused = folder.call("sh", "-c", command.removeprefix("$ "))
    assert (refused.returncode, refused.stderr) == (2, expected)


def test_the_service_gives_the_same_answers(tmp_path: Path, folder: ReadersFolder) -> None:
    (query,) = blocks(TEXT, "graphql")
    assert validate(build_schema((ROOT / "schema.graphql").read_text()), parse(query)) == []
    code_of_the_page = (folder.path / "forecast.py").read_text()
    with running(tmp_path, f"sqlite:///{tmp_path}/dalsegno.db", code_of_the_page, workers=1) as processes:
        processes.until_served("forecast")
        with processes.client() as client:
            run_id = client.launch_run("forecast").id
        for row in rows_of(ELSEWHERE, "selection", "picks"):
            answer = asked(processes, query, run_id, row)
            assert set(answer["stepKeys"]) == set(code(row[1]))
        for row in rows_of(ELSEWHERE, "selection", "refused at"):
            answer = asked(processes, query, run_id, row)
            selection, part, message = (code(cell)[0] for cell in row)
            assert (selection[answer["start"] : answer["end"]], answer["message"]) == (part, message)


def asked(processes: Processes, query: str, run_id: str, row: Row) -> dict:
    answer = processes.ask(query, run=run_id, selection=code(row[0]))["run"]["selectSteps"]
    return dict(answer)
