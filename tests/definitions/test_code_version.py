"""The code version of a step changes with what its code says, and with nothing else."""

from __future__ import annotations

import importlib
import json
import linecache
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from dalsegno.definitions.code_version import code_version_of
from dalsegno.definitions.repository import load_pipelines

HEADER = "import dalsegno\nimport helpers\nfrom helpers import clean, Cleaner\n"
BODY = """
RATE = 0.5
PARAMETERS = {"depth": 3}
STAGES = {"first": clean}

def scale(rows):
    return [row * RATE for row in rows]

def unused():
    return 1

@dalsegno.step
def train(context, rows=(), limit=10):
    '''Trains.'''
    # the heart of it
    kept = helpers.select(scale(rows))
    return Cleaner().run(kept, PARAMETERS, STAGES)

@dalsegno.pipeline
def training():
    train()
"""
HELPERS = """
import functools
WORDS = ("a", "b")

def select(rows):
    return deeper(rows), WORDS

@functools.cache
def deeper(rows):
    return rows

def clean(rows):
    return rows

def never_reached():
    return 1

class Base:
    def prepare(self):
        return clean([])

class Cleaner(Base):
    def run(self, *parts):
        return parts, tidy(parts)

def tidy(parts):
    return parts
"""


@pytest.fixture
def version(tmp_path):
    """The version of the step `train` of a file with these edits, each from one text to another."""

    def found(*edits):
        text, helpers = HEADER + BODY, HELPERS
        for old, new in edits:
            assert (old in text) + (old in helpers) == 1, old
            text, helpers = text.replace(old, new), helpers.replace(old, new)
        (tmp_path / "pipelines.py").write_text(text)
        (tmp_path / "helpers.py").write_text(helpers)
        pipelines = load_pipelines(file=tmp_path / "pipelines.py")
        return pipelines.pipeline("training").snapshot.by_key["train"].code_version

    return found


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(("# the heart of it", "# the very heart of it,\n    # explained"), id="a comment"),
        pytest.param(("'''Trains.'''", '"""Trains well."""'), id="a docstring"),
        pytest.param(("helpers.select(scale(rows))", "(helpers . select(\n        scale( rows )))"), id="layout"),
        pytest.param(("def unused():\n    return 1", "def unused():\n    return 2"), id="what it does not reach"),
        pytest.param(("def never_reached():\n    return 1", ""), id="what it does not reach in another module"),
        pytest.param(("@dalsegno.step", '@dalsegno.step(tags={"a": "b"}, description="x")'), id="what is said of it"),
        pytest.param(("\nRATE = 0.5", "\nIRRELEVANT = 3\nRATE = 1 / 2"), id="another way to write a constant"),
        pytest.param(("import helpers\n", "import helpers\n\n\n\n"), id="empty lines"),
    ],
)
def test_what_says_the_same_has_the_same_version(version, edit):
    assert version(edit) == version()


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(("scale(rows))", "scale(rows)[1:])"), id="its own body"),
        pytest.param(("limit=10", "limit=20"), id="a default"),
        pytest.param(("return [row * RATE", "return [row + RATE"), id="a function that it calls"),
        pytest.param(("RATE = 0.5", "RATE = 0.6"), id="a constant that such a function reads"),
        pytest.param(('{"depth": 3}', '{"depth": 4}'), id="a dict that it reads"),
        pytest.param(("return deeper(rows), WORDS", "return deeper(rows)"), id="a function of a module"),
        pytest.param(('WORDS = ("a", "b")', 'WORDS = ("a", "c")'), id="a constant of another module"),
        pytest.param(
            ("def deeper(rows):\n    return rows", "def deeper(rows):\n    return rows[:]"), id="behind a cache"
        ),
        pytest.param(("return parts, tidy(parts)", "return tidy(parts)"), id="a method"),
        pytest.param(("def tidy(parts):\n    return parts", "def tidy(parts):\n    return []"), id="behind a method"),
        pytest.param(("return clean([])", "return clean([1])"), id="a method of a base class"),
        pytest.param(
            ("def clean(rows):\n    return rows", "def clean(rows):\n    return []"), id="in a dict of functions"
        ),
    ],
)
def test_what_says_something_else_has_another_version(version, edit):
    assert version(edit) != version()


def test_a_closure_counts_by_what_it_holds(tmp_path):
    (tmp_path / "pipelines.py").write_text(
        textwrap.dedent("""
            import dalsegno

            def made(name, factor, function):
                @dalsegno.step(name=name)
                def times():
                    return function(factor)
                return times

            def double(x):
                return 2 * x

            def triple(x):
                return 3 * x

            @dalsegno.pipeline
            def p():
                made("a", 1, double)()
                made("a_again", 1, double)()
                made("b", 2, double)()
                made("c", 1, triple)()
        """)
    )
    steps = load_pipelines(file=tmp_path / "pipelines.py").pipeline("p").snapshot.by_key
    assert steps["a"].code_version == steps["a_again"].code_version
    assert len({steps[key].code_version for key in "abc"}) == 3


def test_the_version_that_the_author_gives_stands(tmp_path):
    (tmp_path / "pipelines.py").write_text(
        (HEADER + BODY).replace("@dalsegno.step", '@dalsegno.step(code_version="3")')
    )
    (tmp_path / "helpers.py").write_text(HELPERS)
    pipelines = load_pipelines(file=tmp_path / "pipelines.py")
    assert pipelines.pipeline("training").snapshot.by_key["train"].code_version == "3"


def test_the_version_is_the_same_in_another_process(version, tmp_path):
    here = version()
    code = (
        "import sys; from pathlib import Path; from dalsegno.definitions.repository import load_pipelines\n"
        "print(load_pipelines(file=Path(sys.argv[1])).pipeline('training').snapshot.by_key['train'].code_version)"
    )
    for seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "pipelines.py")],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path("backend").absolute())},
            capture_output=True,
            text=True,
            check=True,
        )
        assert there.stdout.strip() == here


def test_the_code_of_an_installed_package_counts_for_its_own_steps(tmp_path, monkeypatch):
    folder = tmp_path / "lib" / "site-packages"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(str(folder))
    versions = []
    for number in (1, 2):
        (folder / "shipped.py").write_text(
            "from dalsegno import pipeline, step\n"
            f"def helper():\n    return {number}\n"
            "@step\ndef train():\n    return helper()\n"
            "@pipeline\ndef p():\n    train()\n"
        )
        monkeypatch.delitem(sys.modules, "shipped", raising=False)
        shutil.rmtree(folder / "__pycache__", ignore_errors=True)
        versions.append(importlib.import_module("shipped").p.snapshot.steps[0].code_version)
    assert versions[0] != versions[1]


def defined_without_source(text: str) -> str:
    """The version of the step that this code defines, with no file to read it from."""
    names: dict = {"__name__": "prompt"}
    exec(compile(textwrap.dedent(text), "<prompt>", "exec"), names)
    linecache.cache.pop("<prompt>", None)
    return names["p"].snapshot.steps[0].code_version


AT_THE_PROMPT = """
    from dalsegno import pipeline, step
    KINDS = {"a", "b", "c"}
    def helper(x):
        return x in {"a", "b", "c"}
    @step
    def train(rows=1):
        return [helper(row) for row in (rows,)]
    @pipeline
    def p():
        train()
"""


@pytest.mark.parametrize(
    ("edit", "is_same"),
    [
        pytest.param(("@step", "# a comment\n\n    @step"), True, id="a comment"),
        pytest.param(("(rows,)", "(rows, 1)"), False, id="its own body"),
        pytest.param(('"b", "c"}\n    @step', '"b", "d"}\n    @step'), False, id="a function that it calls"),
    ],
)
def test_without_source_the_bytecode_counts(edit, is_same):
    assert (defined_without_source(AT_THE_PROMPT.replace(*edit)) == defined_without_source(AT_THE_PROMPT)) is is_same


def test_functions_of_a_library_have_versions_by_their_names():
    assert code_version_of(json.loads) == code_version_of(json.loads)
    assert code_version_of(json.loads) != code_version_of(json.dumps)
