"""A pipeline called inside a pipeline: its steps get keys of their own there, and are plain steps from then on."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from dalsegno import (
    Instance,
    InvalidDefinitionError,
    InvalidRunConfigError,
    Out,
    execute_pipeline,
    pipeline,
    reexecute_pipeline,
    step,
)


class Limit(BaseModel):
    most: int = 100


@step
def load() -> int:
    return 3


@step
def double(value: int) -> int:
    return 2 * value


@step(config=Limit)
def cut(context, value: int) -> int:
    return min(value, context.config.most)


@step(out={"left": Out(), "right": Out()}, tags={"team": "ml"})
def split(value):
    return value, -value


@step
def add(one, other):
    return one + other


@pipeline(tags={"team": "core", "tier": "gold"})
def inner(value):
    """Doubles and cuts."""
    return cut(double(value))


@pipeline
def halves(value):
    parts = split(value)
    return parts.left, inner(parts.right)


def ran(definition, **arguments: Any) -> Any:
    with Instance.ephemeral() as instance:
        return execute_pipeline(definition, instance=instance, raise_on_error=True, **arguments)


def test_steps_get_keys_that_begin_with_the_pipelines_name():
    @pipeline
    def outer():
        double(inner(load()))

    assert list(outer.steps) == ["load", "inner.double", "inner.cut", "double"]
    assert [str(ref) for ref in outer.steps["double"].connections["value"].sources] == ["inner.cut.result"]
    result = ran(outer)
    assert result.output_value("inner.cut") == 6
    assert result.output_value("double") == 12


def test_called_twice_under_an_alias_and_nested_twice():
    @pipeline
    def outer():
        left, right = halves(load())
        add(inner(left), right)
        inner.alias("eu")(right)

    assert list(outer.steps) == [
        "load",
        "halves.split",
        "halves.inner.double",
        "halves.inner.cut",
        "inner.double",
        "inner.cut",
        "add",
        "eu.double",
        "eu.cut",
    ]

    @pipeline
    def twice():
        inner(inner(load()))

    assert list(twice.steps) == ["load", "inner.double", "inner.cut", "inner_2.double", "inner_2.cut"]
    assert ran(twice).output_value("inner_2.cut") == 12


def test_a_step_has_the_tags_of_the_pipelines_that_it_is_in():
    @pipeline
    def outer():
        halves(load())

    by_key = outer.snapshot.by_key
    assert by_key["load"].tags == {}
    assert by_key["halves.inner.cut"].tags == {"team": "core", "tier": "gold"}
    assert by_key["halves.split"].tags == {"team": "ml"}


def test_config_stands_under_the_step_key():
    @pipeline
    def outer():
        inner(load())

    assert ran(outer, run_config={"steps": {"inner.cut": {"config": {"most": 5}}}}).output_value("inner.cut") == 5


def test_a_pipeline_with_parameters_runs_by_itself_too():
    result = ran(inner, run_config={"steps": {"double": {"inputs": {"value": 21}}}})
    assert result.output_value("cut") == 42
    with pytest.raises(InvalidRunConfigError) as raised:
        ran(inner)
    assert raised.value.problems[0].path == "/steps/double/inputs/value"


def test_an_argument_left_out_is_left_to_the_run_config():
    @pipeline
    def outer():
        inner()

    config = {"steps": {"inner.double": {"inputs": {"value": 1}}}}
    assert ran(outer, run_config=config).output_value("inner.cut") == 2


def test_selections_and_re_executions_treat_them_as_plain_steps():
    @pipeline
    def outer():
        double(inner(load()))

    with Instance.ephemeral() as instance:
        first = execute_pipeline(outer, instance=instance)
        again = reexecute_pipeline(outer, first.run_id, step_selection=["inner.cut*"], instance=instance)
        assert again.run.step_keys_to_execute == ("inner.cut", "double")
        assert again.output_value("double") == 12


def calls_with_an_unknown_argument():
    inner(rows=load())


def calls_with_too_many():
    inner(load(), load())


def alias_taken():
    inner.alias("eu")(load())
    inner.alias("eu")(load())


@pytest.mark.parametrize(
    ("body", "place", "problem"),
    [
        (calls_with_an_unknown_argument, "step 'inner'", "rows"),
        (calls_with_too_many, "step 'inner'", "too many positional arguments"),
        (alias_taken, "step 'eu'", "has this key already"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_fault_in_a_call_raises_where_it_is_made(body, place, problem):
    with pytest.raises(InvalidDefinitionError) as raised:
        pipeline(body)
    assert raised.value.place.endswith(place)
    assert problem in raised.value.problem


def test_outside_of_a_body_a_pipeline_is_not_called():
    with pytest.raises(InvalidDefinitionError) as raised:
        inner(3)
    assert "execute_pipeline(...) runs it" in raised.value.problem
