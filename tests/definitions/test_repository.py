"""Authors' files and modules are loaded as they are now, and what is wrong with them is told plainly."""

from __future__ import annotations

import sys
import textwrap

import pytest

from dalsegno import StepContext
from dalsegno.definitions.repository import load_pipelines
from dalsegno.errors import CodeLoadError, PipelineNotFoundError

TWO_PIPELINES = """
    from dalsegno import pipeline, step
    from values import VALUE

    @step
    def load():
        return VALUE

    @pipeline
    def first():
        load()

    @pipeline(name="second")
    def body():
        load()

    again = first
"""


@pytest.fixture
def write(tmp_path):
    """Writes a file of the author's; its path."""

    def written(text, name="pipelines.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return path

    written("VALUE = 1", "values.py")
    return written


@pytest.fixture(autouse=True)
def _path_as_it_was(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))


def loaded_value(repository):
    (output,) = repository.pipeline("first").steps["load"].definition.invoke(StepContext(), {})
    return output.value


def test_a_file_gives_its_pipelines_by_name(write):
    path = write(TWO_PIPELINES)
    repository = load_pipelines(file=path)
    assert list(repository.pipelines) == ["first", "second"]
    assert repository.pipeline("second").name == "second"
    assert repository.location == str(path)
    assert loaded_value(repository) == 1


def test_a_file_is_loaded_anew_with_what_lies_beside_it(write):
    path = write(TWO_PIPELINES)
    before = load_pipelines(file=path)
    # Of the same size and within the same second, as a quick edit may be.
    write("VALUE = 2", "values.py")
    assert loaded_value(load_pipelines(file=path)) == 2
    write(TWO_PIPELINES.replace("return VALUE", "return 12345"))
    assert loaded_value(load_pipelines(file=path)) == 12345
    assert loaded_value(before) == 1


def test_a_load_that_fails_leaves_what_was_loaded(write):
    path = write(TWO_PIPELINES)
    load_pipelines(file=path)
    before = {name: sys.modules[name] for name in ("dalsegno_file_pipelines", "values")}
    write("import values\n1 / 0")
    with pytest.raises(CodeLoadError):
        load_pipelines(file=path)
    assert {name: sys.modules[name] for name in before} == before


def test_files_of_two_folders_each_find_what_lies_beside_them(write, tmp_path):
    there = tmp_path / "there"
    there.mkdir()
    here = write(TWO_PIPELINES, "here.py")
    write(TWO_PIPELINES, "there/there.py")
    write("VALUE = 2", "there/values.py")
    for _ in range(2):
        assert loaded_value(load_pipelines(file=here)) == 1
        assert loaded_value(load_pipelines(file=there / "there.py")) == 2
    assert "dalsegno_file_here" in sys.modules


def test_classes_of_a_file_are_found_by_the_name_of_their_module(write):
    path = write("class Model: ...\n", "my-models.py")
    load_pipelines(file=path)
    module = sys.modules["dalsegno_file_my-models"]
    assert module.Model.__module__ == "dalsegno_file_my-models"


def test_a_module_is_found_in_the_current_folder(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "proj").mkdir()
    write(TWO_PIPELINES, "proj/graphs.py")
    repository = load_pipelines(module="proj.graphs")
    assert list(repository.pipelines) == ["first", "second"]
    assert repository.location == "proj.graphs"
    write(TWO_PIPELINES.replace("return VALUE", "return 3"), "proj/graphs.py")
    assert loaded_value(load_pipelines(module="proj.graphs")) == 3


def test_a_pipeline_that_is_not_there_is_told_with_those_that_are(write):
    repository = load_pipelines(file=write(TWO_PIPELINES))
    with pytest.raises(PipelineNotFoundError) as raised:
        repository.pipeline("third")
    assert raised.value.known == ("first", "second")
    assert "'first', 'second'" in str(raised.value)


def test_a_file_without_pipelines_is_no_error_until_one_is_asked_for(write):
    repository = load_pipelines(file=write("x = 1", "nothing.py"))
    assert repository.pipelines == {}
    with pytest.raises(PipelineNotFoundError, match="It defines no pipeline"):
        repository.pipeline("first")


@pytest.mark.parametrize(
    ("text", "problem", "in_traceback"),
    [
        pytest.param("1 / 0", "ZeroDivisionError: division by zero", "1 / 0", id="raises"),
        pytest.param("def f(:\n    pass", "SyntaxError: invalid syntax", "def f(:", id="no Python"),
        pytest.param(
            "import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'", "import", id="import"
        ),
        pytest.param("import sys\nsys.exit(3)", "SystemExit: 3", "sys.exit(3)", id="exits"),
        pytest.param(
            "from dalsegno import pipeline\n@pipeline\ndef p(): pass",
            "InvalidDefinitionError: pipeline 'p': it has no steps",
            "@pipeline",
            id="a definition fault",
        ),
        pytest.param("import broken_values", "NameError: name 'VALUE' is not defined", "print(VALUE)", id="beside it"),
        pytest.param("text = '\0'", "null bytes", "", id="null bytes"),
    ],
)
def test_code_that_does_not_load_is_told_with_the_authors_own_frames(write, text, problem, in_traceback):
    write("print(VALUE)", "broken_values.py")
    path = write(text)
    with pytest.raises(CodeLoadError) as raised:
        load_pipelines(file=path)
    error = raised.value
    assert error.source == str(path)
    assert problem in error.problem
    assert error.traceback is not None
    assert in_traceback in error.traceback
    assert "repository.py" not in error.traceback
    assert "importlib" not in error.traceback


def test_two_pipelines_of_one_name_are_refused(write):
    text = TWO_PIPELINES.replace('"second"', '"first"')
    with pytest.raises(CodeLoadError, match="two pipelines are named 'first'"):
        load_pipelines(file=write(text))


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(CodeLoadError, match="there is no such file"):
        load_pipelines(file=tmp_path / "nowhere.py")
    with pytest.raises(CodeLoadError, match="it is a folder"):
        load_pipelines(file=tmp_path)
    with pytest.raises(CodeLoadError, match="no module is named 'nowhere_at_all'"):
        load_pipelines(module="nowhere_at_all.deeper")
    with pytest.raises(CodeLoadError, match="one of them"):
        load_pipelines()


def test_a_module_whose_own_import_fails_is_told_by_that_import(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("import no_such_module", "lacking.py")
    with pytest.raises(CodeLoadError, match="No module named 'no_such_module'"):
        load_pipelines(module="lacking")
