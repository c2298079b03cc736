"""Whatever way a function gives its outputs, they arrive by name, checked."""

from __future__ import annotations

import numpy
import pytest

from dalsegno import In, Nothing, Out, Output, StepContext, step
from dalsegno.errors import InvalidOutputError

BOTH = {"left": Out(), "right": Out()}
OPTIONAL = {"left": Out(is_required=False), "right": Out(is_required=False)}


def outputs(definition, **inputs):
    """What it gives, by name, in the order in which it gives it."""
    context = StepContext(step_key=definition.name)
    return [(one.output_name, one.value) for one in definition.invoke(context, inputs)]


def yields(*items):
    yield from items


@pytest.mark.parametrize(
    ("out", "returned", "expected"),
    [
        pytest.param(None, 1, [("result", 1)], id="a value"),
        pytest.param(None, None, [("result", None)], id="None is a value"),
        pytest.param(None, (1, 2), [("result", (1, 2))], id="a tuple is the value of a single output"),
        pytest.param(None, Output(1), [("result", 1)], id="an Output"),
        pytest.param({"rows": Out()}, 1, [("rows", 1)], id="the value of a single named output"),
        pytest.param(Out(is_required=False), None, [("result", None)], id="None returned for an optional output"),
        pytest.param(BOTH, (1, 2), [("left", 1), ("right", 2)], id="a tuple in order"),
        pytest.param(
            BOTH, (Output(1, "right"), Output(2, "left")), [("right", 1), ("left", 2)], id="a tuple of Outputs"
        ),
        pytest.param(
            BOTH, [Output(1, "right"), Output(2, "left")], [("right", 1), ("left", 2)], id="a list of Outputs"
        ),
        pytest.param(BOTH, (Output(1, "left"), 2), [("left", 1), ("right", 2)], id="an Output among values"),
        pytest.param(OPTIONAL, Output(1, "right"), [("right", 1)], id="one of two optional outputs"),
        pytest.param(OPTIONAL, None, [], id="none of two optional outputs"),
        pytest.param(Out(Nothing), None, [("result", None)], id="order alone"),
        pytest.param({"a": Out(Nothing), "b": Out(Nothing)}, None, [("a", None), ("b", None)], id="order alone, twice"),
        pytest.param(Out(int), True, [("result", True)], id="a bool is an int"),
        pytest.param(Out(float), 1, [("result", 1)], id="an int will do for a float"),
        pytest.param(Out(list[int]), "text", [("result", "text")], id="what is no class is not checked"),
    ],
)
def test_what_a_function_returns_becomes_outputs(out, returned, expected):
    assert outputs(step(out=out)(lambda_named("give", returned))) == expected


def lambda_named(name, returned):
    def function():
        return returned

    function.__name__ = name
    return function


@pytest.mark.parametrize(
    ("out", "items", "expected"),
    [
        pytest.param(None, [Output(1)], [("result", 1)], id="one"),
        pytest.param(BOTH, [Output(2, "right"), Output(1, "left")], [("right", 2), ("left", 1)], id="two in any order"),
        pytest.param(OPTIONAL, [], [], id="none where all are optional"),
        pytest.param(Out(is_required=False), [], [], id="the only one left out"),
    ],
)
def test_what_a_generator_yields_becomes_outputs(out, items, expected):
    assert outputs(step(name="give", out=out)(lambda: yields(*items))) == expected


def test_an_output_is_given_before_the_function_goes_on():
    happened = []

    @step(out=BOTH)
    def give():
        yield Output(1, "left")
        happened.append("after left")
        yield Output(2, output_name="right", metadata={"rows": 3})

    given = give.invoke(StepContext(), {})
    assert next(given).output_name == "left"
    assert happened == []
    assert next(given).metadata == {"rows": 3}


@pytest.mark.parametrize(
    ("out", "returned", "output_name", "problem"),
    [
        pytest.param(BOTH, (1, 2, 3), "left, right", "3 values", id="too many values"),
        pytest.param(BOTH, 1, "left, right", "returned an int", id="one value for two"),
        pytest.param(BOTH, {"left": 1, "right": 2}, "left, right", "returned a dict", id="a dict"),
        pytest.param(BOTH, None, "left", "was not given", id="None for two required ones"),
        pytest.param(BOTH, Output(1, "left"), "right", "was not given", id="one required output left out"),
        pytest.param(BOTH, (Output(1, "left"), Output(2, "left")), "left", "given twice", id="twice"),
        pytest.param(BOTH, (Output(1, "left"), Output(2, "rigth")), "rigth", "Did you mean 'right'", id="misspelt"),
        pytest.param(None, Output(1, "rows"), "rows", "does not declare it. Known: 'result'", id="undeclared"),
        pytest.param(Out(int), "1", "result", "declared int, but the step gave a str", id="of another class"),
        pytest.param(Out(Nothing), 5, "result", "would be lost", id="a value for Nothing"),
    ],
)
def test_outputs_that_do_not_fit_what_is_declared_are_an_error(out, returned, output_name, problem):
    with pytest.raises(InvalidOutputError) as raised:
        outputs(step(out=out)(lambda_named("give", returned)))
    assert (raised.value.step_key, raised.value.output_name) == ("give", output_name)
    assert problem in raised.value.problem


@pytest.mark.parametrize(
    ("items", "output_name", "problem"),
    [
        pytest.param([Output(1, "left")], "right", "was not given", id="a required one left out"),
        pytest.param([1], "left, right", "yielded an int; what it yields is Output", id="a plain value"),
        pytest.param([Output(1, "left"), Output(1, "left")], "left", "given twice", id="twice"),
    ],
)
def test_what_a_generator_yields_is_checked(items, output_name, problem):
    with pytest.raises(InvalidOutputError) as raised:
        outputs(step(name="give", out=BOTH)(lambda: yields(*items)))
    assert raised.value.output_name == output_name
    assert problem in raised.value.problem


def test_inputs_are_given_by_name_and_order_is_not_given():
    @step(ins={"go": In(Nothing), "rows": In(list)})
    def train(context, rows, rate=0.5, waited: Nothing = None):
        return rows, rate, waited

    assert outputs(train, rows=[1], go="ignored") == [("result", ([1], 0.5, None))]


def test_an_order_only_parameter_without_a_default_is_given_none():
    @step
    def train(waited: Nothing):
        return waited

    assert train.inputs["waited"].is_order_only
    assert outputs(train) == [("result", None)]


def test_any_keywords_receive_the_inputs_that_ins_names():
    @step(ins={"left": In(), "right": In()})
    def merge(**parts):
        return parts

    assert outputs(merge, left=1, right=2) == [("result", {"left": 1, "right": 2})]


def test_an_input_of_another_class_than_declared_is_refused_before_the_function_runs():
    @step(ins={"rows": In(list)})
    def train(rows):
        raise AssertionError("it ran")

    with pytest.raises(TypeError, match="'train', input 'rows': it is declared list, but was given a str"):
        outputs(train, rows="text")


def test_annotations_are_not_checked():
    @step
    def train(rows: list) -> int:
        return rows  # type: ignore[return-value]

    assert outputs(train, rows="text") == [("result", "text")]


def test_numbers_of_numpy_are_numbers():
    assert len(outputs(step(out=Out(int))(lambda_named("give", numpy.int64(1))))) == 1
    assert len(outputs(step(out=Out(float))(lambda_named("give", numpy.float32(1))))) == 1


def test_what_the_function_raises_comes_through():
    @step
    def fail():
        raise LookupError("here")

    with pytest.raises(LookupError, match="here"):
        outputs(fail)
