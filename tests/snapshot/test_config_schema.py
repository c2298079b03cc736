"""A run config is checked against what the steps to execute read, and completed with defaults."""

from __future__ import annotations

import json
import subprocess
import sys
from enum import Enum
from typing import Literal

import jsonschema
import numpy
import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, create_model

from dalsegno import In, ModeDefinition, Nothing, Out, io_manager, pipeline, resource, step
from dalsegno.errors import InvalidRunConfigError
from dalsegno.snapshot.config_schema import check_run_config, resources_read, run_config_schema
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot


class Forest(BaseModel):
    trees: int = 100
    depth: int | None = None


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"


class TrainConfig(BaseModel):
    rate: float
    forest: Forest = Forest(trees=7)
    stages: list[Forest] = []
    given: Forest | None = None
    limit: int | None = Field(default=None, ge=1)
    pet: Cat | Dog = Field(default=Cat(), discriminator="kind")


class LoadConfig(BaseModel):
    path: str = "here"


class Free(BaseModel):
    model_config = ConfigDict(extra="allow")


class Secret(BaseModel):
    url: str


class Lucky(RootModel[int]):
    pass


class Level(RootModel[int]):
    root: int = 3


@resource(config=Secret, required_resource_keys={"clock"})
def db(context): ...


@resource(config=LoadConfig)
def clock(context): ...


@io_manager(config=Secret)
def lake(context): ...


@step(config=LoadConfig)
def load(context): ...


@step(config=TrainConfig, ins={"go": In(Nothing)}, out=Out(io_manager_key="lake"))
def train(context, rows): ...


@step(required_resource_keys={"db"})
def judge(model): ...


@step(config=Lucky)
def guess(context): ...


@step(config=Level)
def level(context): ...


@step(config=Free)
def free(context): ...


@step
def plain(x=1): ...


@pipeline(mode_defs=[ModeDefinition("live", {"db": db, "lake": lake, "clock": clock})])
def training():
    judge(train(load(), go=plain()))
    guess()
    level()
    free()


LIVE = training.snapshot
OTHER_DEFAULTS = {"load": {"config": {"path": "here"}}, "level": {"config": 3}}
CLOCK = {"clock": {"config": {"path": "here"}}}
DEFAULTS = {
    "forest": {"trees": 7, "depth": None},
    "stages": [],
    "given": None,
    "limit": None,
    "pet": {"kind": "cat", "lives": 9},
}


@step(config=LoadConfig)
def configured(context): ...


def of(*steps) -> PipelineSnapshot:
    """The snapshot of a pipeline of these steps, connected to nothing."""

    @pipeline(name="p")
    def body():
        for one in steps:
            one()

    return body.snapshot


def problems(run_config, executed=None, snapshot=LIVE):
    """What is wrong, as "path: message"."""
    with pytest.raises(InvalidRunConfigError) as raised:
        check_run_config(snapshot, snapshot.modes[0].name, run_config, executed=executed)
    return [f"{one.path}: {one.message}" for one in raised.value.problems]


@pytest.mark.parametrize(
    "given", [None, {}, {"steps": {}}, {"steps": None, "resources": None}, {"steps": {"plain": None}}]
)
def test_a_pipeline_that_reads_nothing_needs_nothing(given):
    assert check_run_config(of(plain), "default", given) == {}


def test_defaults_are_filled_in_at_every_depth():
    given = {
        "steps": {
            "train": {"config": {"rate": 1, "stages": [{"trees": 1}], "given": {}, "limit": 3}},
            "guess": {"config": 4},
        },
        "resources": {"db": {"config": {"url": "u"}}, "lake": {"config": {"url": "v"}}},
    }
    assert check_run_config(LIVE, "live", given) == {
        "steps": {
            **OTHER_DEFAULTS,
            "train": {
                "config": {
                    **DEFAULTS,
                    "rate": 1,
                    "stages": [{"trees": 1, "depth": None}],
                    "given": {},
                    "limit": 3,
                }
            },
            "guess": {"config": 4},
        },
        "resources": {**given["resources"], **CLOCK},
    }


def test_a_completed_config_is_complete():
    given = {"steps": {"train": {"config": {"rate": 1}}, "guess": {"config": 1}, "free": {"config": {"any": [1]}}}}
    given["resources"] = {"db": {"config": {"url": "u"}}, "lake": {"config": {"url": "v"}}}
    once = check_run_config(LIVE, "live", given)
    assert check_run_config(LIVE, "live", once) == once
    assert once["steps"]["free"] == {"config": {"any": [1]}}


def test_the_given_document_stays_as_it_is_and_shares_nothing():
    given = {"steps": {"configured": {"config": {"path": "x"}}}}
    checked = check_run_config(of(configured), "default", given)
    checked["steps"]["configured"]["config"]["path"] = "y"
    assert given == {"steps": {"configured": {"config": {"path": "x"}}}}


@pytest.mark.parametrize(
    ("executed", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["load", "level", "free", "plain"], [], id="steps that have defaults"),
        pytest.param(
            ["train"],
            ["/steps/train/config/rate: it is required", "/resources/lake/config/url: it is required"],
            id="a step and the IO manager that stores its output",
        ),
        pytest.param(
            ["judge"],
            ["/resources/db/config/url: it is required", "/resources/lake/config/url: it is required"],
            id="a step's resource and the IO manager of what it is given",
        ),
        pytest.param(["guess"], ["/steps/guess/config: {} is not of type 'integer'"], id="a config that is no mapping"),
        pytest.param(
            None,
            [
                "/steps/train/config/rate: it is required",
                "/steps/guess/config: {} is not of type 'integer'",
                "/resources/db/config/url: it is required",
                "/resources/lake/config/url: it is required",
            ],
            id="every step",
        ),
    ],
)
def test_only_what_executed_steps_read_is_required(executed, expected):
    if expected:
        assert sorted(problems({}, executed)) == sorted(expected)
    else:
        checked = check_run_config(LIVE, "live", {}, executed=executed)
        assert checked == {"steps": OTHER_DEFAULTS, "resources": CLOCK}


def test_config_of_a_step_that_is_not_executed_need_not_fit_any_more():
    given = {"steps": {"train": {"config": {"rate": "old", "removed": 1}}}}
    checked = check_run_config(LIVE, "live", given, executed=["load"])
    assert checked["steps"]["train"]["config"]["removed"] == 1


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param({"rate": "fast"}, ["/rate: 'fast' is not of type 'number'"], id="another type"),
        pytest.param({"rate": 1, "limit": 0}, ["/limit: 0 is less than the minimum of 1"], id="out of bounds"),
        pytest.param({"rate": 1, "limit": "x"}, ["/limit: 'x' is not of type integer or null"], id="of neither type"),
        pytest.param({"rate": 1, "raet": 2}, ["/raet: 'raet' is not known here. Did you mean 'rate'?"], id="misspelt"),
        pytest.param(
            {"rate": 1, "forest": {"trees": 1.5}}, ["/forest/trees: 1.5 is not of type 'integer'"], id="nested"
        ),
        pytest.param(
            {"rate": 1, "stages": [{}, {"a/b~": 1}]},
            ["/stages/1/a~1b~0: 'a/b~' is not known here. Known: 'trees', 'depth'."],
            id="within a list, with signs of pointers",
        ),
        pytest.param(
            {"rate": 1, "given": {"tres": 1}},
            ["/given/tres: 'tres' is not known here. Did you mean 'trees'?"],
            id="the alternative that is nearest",
        ),
        pytest.param({"forest": 3}, ["/forest: 3 is not of type 'object'", "/rate: it is required"], id="all at once"),
        pytest.param([], [": [] is not of type 'object'"], id="a list"),
    ],
)
def test_what_does_not_fit_is_told_with_its_path(config, expected):
    found = problems({"steps": {"train": {"config": config}}}, ["train"])
    assert [one for one in found if "/resources" not in one] == [f"/steps/train/config{one}" for one in expected]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([], ": it is a mapping of names, not a list", id="a list"),
        pytest.param("steps", ": it is a mapping of names, not 'steps'", id="a text"),
        pytest.param({"step": {}}, "/step: 'step' is not known here. Did you mean 'steps'?", id="an unknown section"),
        pytest.param(
            {"steps": {"tarin": {}}}, "/steps/tarin: 'tarin' is not known here. Did you mean 'train'?", id="step"
        ),
        pytest.param(
            {"steps": {"load": []}}, "/steps/load: it is a mapping of names, not a list", id="a list for a step"
        ),
        pytest.param(
            {"steps": {"load": {"path": "x"}}},
            "/steps/load/path: 'path' is not known here. Known: 'config', 'inputs'.",
            id="config one level too high",
        ),
        pytest.param(
            {"steps": {"plain": {"config": {"a": 1}}}},
            "/steps/plain/config: it takes no config; leave it out",
            id="no config",
        ),
        pytest.param(
            {"resources": {"dbs": {}}}, "/resources/dbs: 'dbs' is not known here. Did you mean 'db'?", id="a resource"
        ),
        pytest.param(
            {"steps": {"train": {"inputs": {"row": 1}}}},
            "/steps/train/inputs/row: 'row' is not known here. Did you mean 'rows'?",
            id="an input",
        ),
        pytest.param(
            {"steps": {"train": {"inputs": {"go": 1}}}},
            "/steps/train/inputs/go: 'go' is not known here. Known: 'rows'.",
            id="an input that takes no value",
        ),
    ],
)
def test_every_key_must_be_known_whatever_is_executed(given, expected):
    assert problems(given, []) == [expected]


def test_inputs_are_given_as_they_are():
    given = {"steps": {"train": {"inputs": {"rows": [1, {"a": None}]}}}}
    assert check_run_config(LIVE, "live", given, executed=[])["steps"]["train"] == given["steps"]["train"]


class Colour(Enum):
    RED = "red"


DEEP: list = []
DEEP.append(DEEP)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        pytest.param(float("nan"), "nan is not JSON", id="not a number"),
        pytest.param(float("inf"), "inf is not JSON", id="infinity"),
        pytest.param({1, 2}, "type set is not JSON; give a list", id="a set"),
        pytest.param(object(), "type object is not JSON", id="an object"),
        pytest.param(Forest(), "give its .model_dump(mode='json')", id="a model"),
        pytest.param(numpy.int64(1), "type int64 is not JSON", id="an integer of numpy"),
        pytest.param({1: "a"}, "the key 1 is not a str; write '1' in quotes", id="a number for a key"),
        pytest.param(2**64, "more than 64 bits", id="a huge integer"),
        pytest.param("\ud800", "half a character", id="half a character"),
        pytest.param({"\ud800": 1}, "half a character", id="half a character in a key"),
        pytest.param(DEEP, "deeper than 100 levels", id="a list that holds itself"),
    ],
)
def test_what_is_not_json_is_a_problem_and_no_crash(value, problem):
    found = problems({"steps": {"free": {"config": {"any": value}}}}, [])
    assert len(found) == 1
    assert found[0].startswith("/steps/free/config/any")
    assert problem in found[0]


def test_what_is_nearly_json_is_taken():
    given = {"any": (1, Colour.RED, numpy.float64(0.5), True)}
    checked = check_run_config(LIVE, "live", {"steps": {"free": {"config": given}}}, executed=["free"])
    found = checked["steps"]["free"]["config"]["any"]
    assert json.dumps(found) == '[1, "red", 0.5, true]'
    assert [type(one) for one in found] == [int, str, float, bool]


def test_an_unknown_mode_is_told_with_those_there_are():
    for ask in (lambda: check_run_config(LIVE, "dev", {}), lambda: run_config_schema(LIVE, "dev")):
        with pytest.raises(InvalidRunConfigError, match="no mode 'dev'. Known: 'live'"):
            ask()


def test_what_running_a_step_takes_includes_what_its_resources_require():
    assert resources_read(LIVE, "live", ["judge"]) == {"db", "clock", "lake", "io_manager"}
    assert resources_read(LIVE, "live", ["train"]) == {"lake", "io_manager"}
    assert resources_read(LIVE, "live", ["guess"]) == {"io_manager"}
    assert resources_read(LIVE, "live", []) == frozenset()


GOOD = {
    "steps": {"train": {"config": {"rate": 1, "pet": {"kind": "dog"}}, "inputs": {"rows": 1}}, "guess": {"config": 1}},
    "resources": {"db": {"config": {"url": "u"}}, "lake": {"config": {"url": "u"}}},
}


@pytest.mark.parametrize(
    ("changed", "fits"),
    [
        pytest.param({}, True, id="a good one"),
        pytest.param({"resources": {}}, False, id="a required section left out"),
        pytest.param({"steps": {**GOOD["steps"], "guess": {}}}, False, id="a required config left out"),
        pytest.param({"steps": {**GOOD["steps"], "gess": {}}}, False, id="an unknown step"),
        pytest.param({"steps": {**GOOD["steps"], "load": {"config": {"path": 1}}}}, False, id="another type"),
        pytest.param({"steps": {**GOOD["steps"], "plain": {"inputs": {"x": [1]}}}}, True, id="an input"),
        pytest.param(
            {"steps": {**GOOD["steps"], "train": {"config": {"rate": 1, "forest": {"x": 1}}}}}, False, id="$defs"
        ),
        pytest.param(
            {"steps": {**GOOD["steps"], "train": {"config": {"rate": 1, "pet": {"kind": 1}}}}}, False, id="pet"
        ),
    ],
)
def test_the_schema_of_the_whole_document_judges_as_the_check_does(changed, fits):
    schema = run_config_schema(LIVE, "live")
    jsonschema.Draft202012Validator.check_schema(schema)
    assert jsonschema.Draft202012Validator(schema).is_valid(GOOD | changed) is fits
    try:
        check_run_config(LIVE, "live", GOOD | changed)
    except InvalidRunConfigError:
        assert not fits
    else:
        assert fits


def test_definitions_of_two_steps_do_not_mix_in_the_schema():
    def configured_by(part, name):
        model = create_model("Config", part=(create_model("Part", **{part: (int, ...)}), ...))
        return step(config=model, name=name)(lambda context: 1)

    first, second = configured_by("a", "first"), configured_by("b", "second")
    schema = run_config_schema(of(first, second), "default")
    validator = jsonschema.Draft202012Validator(schema)
    good = {"steps": {"first": {"config": {"part": {"a": 1}}}, "second": {"config": {"part": {"b": 1}}}}}
    swapped = {"steps": {"first": good["steps"]["second"], "second": good["steps"]["first"]}}
    assert validator.is_valid(good)
    assert not validator.is_valid(swapped)


def test_jsonschema_is_loaded_only_for_a_config_that_is_given():
    code = """
import sys
from dalsegno.snapshot.config_schema import check_run_config
from dalsegno.snapshot.pipeline_snapshot import ModeSnapshot, PipelineSnapshot, StepSnapshot
schema = {"type": "object", "properties": {"rate": {"type": "number", "default": 1}}}
snapshot = PipelineSnapshot(
    name="p", steps=(StepSnapshot(key="a", config_schema=schema),), modes=(ModeSnapshot(name="m"),)
)
assert check_run_config(snapshot, "m", {}) == {"steps": {"a": {"config": {"rate": 1}}}}
print("jsonschema" in sys.modules)
check_run_config(snapshot, "m", {"steps": {"a": {"config": {"rate": 2}}}})
print("jsonschema" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
