"""A pipeline definition becomes a snapshot that says all of it, the same in any process."""

from __future__ import annotations

from pydantic import BaseModel

from dalsegno import (
    Backoff,
    In,
    ModeDefinition,
    Nothing,
    Out,
    RetryPolicy,
    io_manager,
    mem_io_manager,
    pipeline,
    resource,
    step,
)
from dalsegno.snapshot.pipeline_snapshot import InputSnapshot, OutputRef, OutputSnapshot, PipelineSnapshot


class Config(BaseModel):
    rate: float = 0.5


@resource(config=Config, required_resource_keys={"clock"}, description="The database.")
def db(context): ...


@io_manager
def lake(context): ...


@step(out={"left": Out(list, "the left half"), "right": Out(is_required=False, io_manager_key="lake")})
def split():
    """Splits."""


@step(
    ins={"rows": In(list, "what was read"), "go": In(Nothing)},
    config=Config,
    required_resource_keys={"db"},
    retry_policy=RetryPolicy(max_retries=2, delay=1.0, backoff=Backoff.EXPONENTIAL),
    code_version="3",
    tags={"team": "ml"},
)
def train(context, rows, others=(), rate: float = 0.5): ...


@step
def tidy() -> Nothing: ...


RESOURCES = {"db": db, "clock": "noon", "lake": lake}


@pipeline(
    tags={"a": "b"}, mode_defs=[ModeDefinition("live", RESOURCES, "For real."), ModeDefinition("test", RESOURCES)]
)
def training():
    """Trains."""
    left, right = split()
    train(left, [left, right], go=tidy())


def test_a_snapshot_says_what_the_definition_says():
    snapshot = training.snapshot
    assert (snapshot.name, snapshot.description, snapshot.tags) == ("training", "Trains.", {"a": "b"})
    assert list(snapshot.by_key) == ["split", "tidy", "train"]
    assert snapshot.by_key["split"].description == "Splits."
    assert snapshot.by_key["split"].outputs == (
        OutputSnapshot(name="left", type_name="list", description="the left half"),
        OutputSnapshot(name="right", is_required=False, io_manager_key="lake"),
    )
    assert snapshot.by_key["tidy"].outputs == (OutputSnapshot(name="result", type_name="Nothing", io_manager_key=None),)


def test_a_snapshot_says_all_of_a_step():
    step_snapshot = training.snapshot.by_key["train"]
    assert step_snapshot.inputs == (
        InputSnapshot(
            name="rows", sources=(OutputRef("split", "left"),), type_name="list", description="what was read"
        ),
        InputSnapshot(
            name="others",
            sources=(OutputRef("split", "left"), OutputRef("split", "right")),
            is_fan_in=True,
            has_default=True,
        ),
        InputSnapshot(name="rate", has_default=True, type_name="float"),
        InputSnapshot(name="go", sources=(OutputRef("tidy", "result"),), is_order_only=True, type_name="Nothing"),
    )
    assert step_snapshot.config_schema == {
        "additionalProperties": False,
        "properties": {"rate": {"default": 0.5, "title": "Rate", "type": "number"}},
        "title": "Config",
        "type": "object",
    }
    assert step_snapshot.required_resource_keys == ("db",)
    assert step_snapshot.retry_policy == RetryPolicy(max_retries=2, delay=1.0, backoff=Backoff.EXPONENTIAL)
    assert step_snapshot.code_version == "3"
    assert step_snapshot.tags == {"team": "ml"}


def test_a_snapshot_says_all_of_its_modes():
    live, test = training.snapshot.modes
    assert (live.name, live.description, test.name) == ("live", "For real.", "test")
    resources = {one.key: one for one in live.resources}
    assert list(resources) == ["io_manager", "db", "clock", "lake"]
    assert resources["db"].description == "The database."
    assert resources["db"].required_resource_keys == ("clock",)
    assert resources["db"].config_schema is not None
    assert resources["clock"].config_schema is None


def test_a_snapshot_comes_back_from_its_content():
    assert PipelineSnapshot.from_content(training.snapshot.content) == training.snapshot
    assert training.snapshot is training.snapshot


def defined(*, tags=None, description=None, extra=False):
    @step(tags=tags, description=description)
    def load(): ...

    @pipeline(name="p", mode_defs=[ModeDefinition(resource_defs={"io_manager": mem_io_manager})])
    def body():
        load()
        if extra:
            load()

    return body.snapshot.id


def test_equal_pipelines_have_one_id_and_others_have_others():
    assert defined() == defined()
    assert len({defined(), defined(tags={"a": "b"}), defined(description="x"), defined(extra=True)}) == 4
