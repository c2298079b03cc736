"""A plain function becomes a step, and stays a plain function."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

import dalsegno
from dalsegno import Backoff, In, Jitter, Nothing, Out, RetryPolicy, StepContext, solid, step
from dalsegno.definitions import StepDefinition
from dalsegno.errors import InvalidDefinitionError

if TYPE_CHECKING:
    from decimal import Decimal

    from dalsegno import StepContext as ContextForCheckers


class TrainConfig(BaseModel):
    rate: float = 0.1


def by_name(context, rows): ...
def by_underscored_name(_context, rows): ...
def by_underscore(_, rows): ...
def by_two_underscores(__, rows): ...
def by_annotation(ctx: StepContext, rows): ...
def by_dotted_annotation(ctx: dalsegno.StepContext, rows): ...
def by_annotation_for_checkers(ctx: ContextForCheckers, rows): ...
def by_quoted_annotation(ctx: StepContext, rows): ...
def without(rows): ...
def with_another_annotation(rows: Decimal): ...
def with_a_context_that_is_not_first(rows, context): ...


by_quoted_annotation.__annotations__["ctx"] = "'StepContext'"


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (by_name, ["rows"]),
        (by_underscored_name, ["rows"]),
        (by_underscore, ["rows"]),
        (by_two_underscores, ["rows"]),
        (by_annotation, ["rows"]),
        (by_dotted_annotation, ["rows"]),
        (by_quoted_annotation, ["rows"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_first_parameter_is_the_context_by_name_or_annotation(function, inputs):
    definition = step(function)
    assert definition.takes_context
    assert list(definition.inputs) == inputs


def test_an_annotation_that_only_a_checker_can_resolve_counts_by_its_name():
    def train(ctx: StepContext, rows): ...

    train.__annotations__["ctx"] = "unknown_here.StepContext"
    assert step(train).takes_context


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (without, ["rows"]),
        (with_another_annotation, ["rows"]),
        (with_a_context_that_is_not_first, ["rows", "context"]),
        # It is no StepContext, whatever it is called where it is imported for checkers alone.
        (by_annotation_for_checkers, ["ctx", "rows"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_any_other_parameter_is_an_input(function, inputs):
    definition = step(function)
    assert not definition.takes_context
    assert list(definition.inputs) == inputs


def test_bare_and_called_and_by_its_older_name_make_the_same():
    def load(): ...

    for definition in (step(load), step()(load), solid(load), solid(name="load")(load)):
        assert isinstance(definition, StepDefinition)
        assert definition.name == "load"
        assert list(definition.outputs) == ["result"]


def test_outside_of_a_pipeline_a_step_is_its_function():
    @step
    def double(rows, times=2):
        """Repeats."""
        return rows * times

    @step(config=TrainConfig)
    def train(context, rows):
        return context.config.rate, rows

    assert double([1]) == [1, 1]
    assert double(rows=[1], times=3) == [1, 1, 1]
    assert double.alias("other")([1]) == [1, 1]
    assert train(StepContext(config=TrainConfig(rate=0.5)), 7) == (0.5, 7)
    assert (double.__name__, double.__doc__, double.description) == ("double", "Repeats.", "Repeats.")


def test_inputs_say_what_parameters_and_ins_say():
    @step(ins={"rows": In(list, "what was read"), "go": In(Nothing)})
    def train(rows, rate: float = 0.1, labels: list[str] | None = None): ...

    rows, rate, labels, go = train.inputs.values()
    assert (rows.name, rows.type_name, rows.description, rows.has_default) == ("rows", "list", "what was read", False)
    assert (rate.name, rate.type_name, rate.has_default) == ("rate", "float", True)
    assert (labels.name, labels.type_name) == ("labels", "list[str] | None")
    assert (go.name, go.is_order_only, go.is_parameter) == ("go", True, False)


def test_ins_with_any_keywords_makes_inputs_by_name():
    @step(ins={"left": In(), "right": In(int)})
    def merge(context, **parts): ...

    assert list(merge.inputs) == ["left", "right"]


@pytest.mark.parametrize(
    ("annotation", "out", "shown"),
    [
        (int, None, "int"),
        ("list[Decimal]", None, "list[Decimal]"),
        (None, None, "None"),
        (Any, None, "Any"),
        (int, Out(float), "float"),
        (int, Out(), "int"),
        (dict[str, int], None, "dict[str, int]"),
    ],
    ids=str,
)
def test_the_one_output_is_named_result_and_typed_as_declared_else_as_annotated(annotation, out, shown):
    def load(): ...

    load.__annotations__["return"] = annotation
    (output,) = step(out=out)(load).outputs.values()
    assert (output.name, output.type_name, output.is_order_only) == ("result", shown, False)


@pytest.mark.parametrize("declared", ["by Out", "by annotation", "by a quoted annotation"])
def test_an_output_of_nothing_is_order_alone(declared):
    def tidy(): ...

    if declared != "by Out":
        tidy.__annotations__["return"] = Nothing if declared == "by annotation" else "Nothing"
    definition = step(out=Out(Nothing) if declared == "by Out" else None)(tidy)
    assert definition.outputs["result"].is_order_only


def test_several_outputs_keep_their_order():
    @step(out={"right": Out(), "left": Out(is_required=False, io_manager_key="lake", metadata={"unit": "m"})})
    def split(): ...

    assert list(split.outputs) == ["right", "left"]
    left = split.outputs["left"]
    assert (left.is_required, left.io_manager_key, left.metadata) == (False, "lake", {"unit": "m"})


def test_a_function_that_another_decorator_has_wrapped_keeps_its_parameters():
    def loud(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    @step
    @loud
    def train(context, rows): ...

    assert train.takes_context
    assert list(train.inputs) == ["rows"]


async def asynchronous(): ...
async def asynchronous_generator():
    yield 1


def takes_any_positional(*rows): ...
def takes_positional_only(rows, /): ...


@pytest.mark.parametrize(
    ("make", "place", "problem"),
    [
        pytest.param(lambda: step("train"), "@step", "decorates a function", id="a name instead of a function"),
        pytest.param(lambda: step(step(without)), "@step", "decorates a function", id="a step of a step"),
        pytest.param(lambda: step(TrainConfig), "@step", "decorates a function", id="a class"),
        pytest.param(lambda: step(asynchronous), "step 'asynchronous'", "async", id="async"),
        pytest.param(lambda: step(asynchronous_generator), "step 'asynchronous_generator'", "async", id="async yields"),
        pytest.param(lambda: step(takes_any_positional), "step 'takes_any_positional'", r"\*rows", id="star args"),
        pytest.param(
            lambda: step(takes_positional_only), "'takes_positional_only'", "positional-only", id="positional"
        ),
        pytest.param(lambda: step(lambda: 1), "'<lambda>'", "letters, digits", id="a lambda without a name"),
        pytest.param(lambda: step(name="a b")(without), "'a b'", "letters, digits", id="a blank in a name"),
        pytest.param(lambda: step(name="")(without), "step ''", "letters, digits", id="no name"),
        pytest.param(lambda: step(name="x" * 201)(without), "xxx", "200 bytes", id="a name too long for a path"),
        pytest.param(lambda: step(name=7)(without), "step 7", "is a str", id="a number for a name"),
        pytest.param(lambda: step(ins=["rows"])(without), "step 'without'", "dict of name to In", id="ins a list"),
        pytest.param(lambda: step(ins={"rows": int})(without), "input 'rows'", r"write In\(", id="ins of a type"),
        pytest.param(lambda: step(ins={"row": In()})(without), "input 'row'", "Did you mean 'rows'", id="misspelt ins"),
        pytest.param(lambda: step(ins={"a.b": In()})(without), "ins", "letters, digits", id="a bad name of an input"),
        pytest.param(lambda: step(out=int)(without), "step 'without'", "out is an Out", id="out a type"),
        pytest.param(lambda: step(out={})(without), "step 'without'", "declares no output", id="out empty"),
        pytest.param(lambda: step(out={"a": int})(without), "output 'a'", r"write Out\(", id="out of a type"),
        pytest.param(lambda: step(out={"a*": Out()})(without), "out", "letters, digits", id="a bad name of an output"),
        pytest.param(lambda: step(out=Out(metadata=[1]))(without), "'result'", "is a dict", id="metadata a list"),
        pytest.param(lambda: step(config=dict)(without), "step 'without'", "pydantic model", id="config a dict"),
        pytest.param(lambda: step(config=TrainConfig())(without), "'without'", "pydantic", id="config an instance"),
        pytest.param(lambda: step(required_resource_keys="db")(without), "'without'", "a set of str", id="keys a str"),
        pytest.param(lambda: step(required_resource_keys={1})(without), "'without'", "is a str", id="keys of numbers"),
        pytest.param(
            lambda: step(tags={"a": 1})(without), "step 'without'", "is not str to str", id="a number in tags"
        ),
        pytest.param(lambda: step(tags=["a"])(without), "step 'without'", "dict of str", id="tags a list"),
        pytest.param(
            lambda: step(code_version=3)(without), "step 'without'", "code_version", id="a number for version"
        ),
        pytest.param(lambda: step(retry_policy=3)(without), "'without'", "RetryPolicy", id="a number for a policy"),
        pytest.param(lambda: step(config_schema=dict), "@step", "no argument 'config_schema'", id="unknown argument"),
        pytest.param(lambda: without_alias().alias("a/b"), "alias", "letters, digits", id="a bad alias"),
    ],
)
def test_a_fault_names_its_place_and_what_to_do(make, place, problem):
    with pytest.raises(InvalidDefinitionError, match=problem) as raised:
        make()
    assert place in raised.value.place


def without_alias():
    return step(without)


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        (RetryPolicy(max_retries=-1), "max_retries"),
        (RetryPolicy(max_retries=1.5), "max_retries"),  # type: ignore[arg-type]
        (RetryPolicy(max_retries=True), "max_retries"),
        (RetryPolicy(delay=-0.1), "delay"),
        (RetryPolicy(delay=float("nan")), "delay"),
        (RetryPolicy(delay="1"), "delay"),  # type: ignore[arg-type]
        (RetryPolicy(delay=1, backoff="LINEAR"), "Backoff.LINEAR"),  # type: ignore[arg-type]
        (RetryPolicy(delay=1, jitter="FULL"), "Jitter.FULL"),  # type: ignore[arg-type]
        (RetryPolicy(backoff=Backoff.LINEAR), "change a delay"),
        (RetryPolicy(jitter=Jitter.FULL), "change a delay"),
    ],
    ids=str,
)
def test_a_retry_policy_that_can_not_be_kept_is_a_fault(policy, problem):
    with pytest.raises(InvalidDefinitionError, match=problem):
        step(retry_policy=policy)(without)


def test_names_in_any_script_are_taken():
    assert step(name="обучение-2_列")(without).name == "обучение-2_列"
