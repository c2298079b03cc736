"""The body of a pipeline connects steps, or says plainly what is wrong with it."""

from __future__ import annotations

import pytest

from dalsegno import In, ModeDefinition, Nothing, Out, pipeline, step
from dalsegno.definitions import PipelineDefinition
from dalsegno.definitions.wiring import Connection, PlacedStep
from dalsegno.errors import InvalidDefinitionError, InvalidRunConfigError
from dalsegno.snapshot.pipeline_snapshot import OutputRef


@step
def a():
    return 1


@step
def b():
    return 2


@step
def train(rows, labels=None): ...


@step(out={"left": Out(), "right": Out()})
def split(): ...


@step(out={"only": Out()})
def one_named(): ...


@step(ins={"go": In(Nothing)})
def notify(rows=None): ...


@step(out=Out(Nothing))
def tidy(): ...


@step(ins={"x": In(), "y": In()})
def merge(**parts): ...


def wired(pipeline_definition: PipelineDefinition) -> list[str]:
    """Each connection as "key.input <- output", a fan-in as "<= [outputs]"."""
    lines = []
    for key, placed in pipeline_definition.steps.items():
        for name, connection in placed.connections.items():
            sources = " ".join(map(str, connection.sources))
            lines.append(f"{key}.{name} " + (f"<= [{sources}]" if connection.is_fan_in else f"<- {sources}"))
    return lines


def by_position():
    train(a(), b())


def by_name():
    train(labels=b(), rows=a())


def fan_in():
    train([a(), b()])


def fan_in_of_one():
    train((a(),))


def unpacked():
    left, right = split()
    train(right, left)


def by_attribute():
    parts = split()
    train(parts.left, parts.right)


def by_item():
    parts = split()
    train(parts["left"], parts["right"])


def one_output_by_its_name():
    train(one_named().only, a()["result"])


def used_twice():
    rows = a()
    train(rows, rows)


def declared_order():
    notify(go=a())


def order_undeclared():
    train(a(), start=b())


def order_of_several():
    b(start=[tidy(), a()])


def inputs_by_name():
    merge(a(), y=b())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (by_position, ["train.rows <- a.result", "train.labels <- b.result"]),
        (by_name, ["train.labels <- b.result", "train.rows <- a.result"]),
        (fan_in, ["train.rows <= [a.result b.result]"]),
        (fan_in_of_one, ["train.rows <= [a.result]"]),
        (unpacked, ["train.rows <- split.right", "train.labels <- split.left"]),
        (by_attribute, ["train.rows <- split.left", "train.labels <- split.right"]),
        (by_item, ["train.rows <- split.left", "train.labels <- split.right"]),
        (one_output_by_its_name, ["train.rows <- one_named.only", "train.labels <- a.result"]),
        (used_twice, ["train.rows <- a.result", "train.labels <- a.result"]),
        (declared_order, ["notify.go <- a.result"]),
        (order_undeclared, ["train.rows <- a.result", "train.start <- b.result"]),
        (order_of_several, ["b.start <= [tidy.result a.result]"]),
        (inputs_by_name, ["merge.x <- a.result", "merge.y <- b.result"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_steps_are_called_on_each_others_results(body, expected):
    assert wired(pipeline(body)) == expected


def test_a_step_called_twice_gets_a_number_and_an_alias_its_own_key():
    @pipeline
    def repeated():
        train(a(), a())
        train.alias("train_b")(a())
        train(b())

    assert list(repeated.steps) == ["a", "a_2", "train", "a_3", "train_b", "b", "train_2"]
    assert repeated.steps["train_b"].definition is train


def test_a_number_that_is_taken_is_passed_over():
    @pipeline
    def numbered():
        b.alias("a_2")()
        a()
        a()

    assert list(numbered.steps) == ["a_2", "a", "a_3"]


def test_order_without_data_is_an_input_of_that_place_alone():
    @pipeline
    def ordered():
        train(a(), start=b())
        train(a())

    first, second = ordered.steps["train"], ordered.steps["train_2"]
    assert first.inputs["start"].is_order_only
    assert not first.inputs["start"].is_parameter
    assert "start" not in second.inputs
    assert "start" not in train.inputs


def test_a_pipeline_says_what_its_author_says():
    @pipeline(
        name="training",
        tags={"team": "ml"},
        mode_defs=[ModeDefinition(), ModeDefinition("test")],
    )
    def body():
        """Trains."""
        a()

    assert (body.name, body.description, body.tags) == ("training", "Trains.", {"team": "ml"})
    assert list(body.modes) == ["default", "test"]
    assert body.mode("test").name == "test"


@pytest.mark.parametrize("name", [None, "live"])
def test_a_mode_must_be_named_where_there_are_several_and_must_be_there(name):
    @pipeline(mode_defs=[ModeDefinition("dev"), ModeDefinition("test")])
    def body():
        a()

    with pytest.raises(InvalidRunConfigError, match="'dev', 'test'") as raised:
        body.mode(name)
    assert raised.value.problems[0].path == ""


def test_a_pipeline_without_modes_has_one():
    @pipeline
    def body():
        a()

    assert body.mode().name == "default"
    assert list(body.mode().resources) == ["io_manager"]


handle_of_another = []


@pipeline
def another():
    handle_of_another.append(a())


def unknown_input():
    train(a(), label=b())


def unknown_near_start():
    train(a(), strat=b())


def connected_twice():
    train(a(), rows=b())


def too_many():
    train(a(), b(), a())


def positional_where_none_is_taken():
    b(a())


def constant():
    train(5)


def constant_in_a_list():
    train([a(), 5])


def nested_list():
    train([[a()]])


def empty_list():
    train([])


def several_whole():
    train(split())


def several_whole_in_a_list():
    train([split()])


def step_itself():
    train(a)


def alias_itself():
    train(a.alias("x"))


def of_another_pipeline():
    train(handle_of_another[0])


def decided_on_a_result():
    if a():
        b()


def unpacked_one():
    _left, _right = a()


def no_such_output():
    train(split().lefft)


def no_such_output_of_one():
    train(a().left)


def alias_twice():
    a.alias("x")()
    a.alias("x")()


def two_steps_of_one_name():
    a()
    step(name="a")(lambda: 2)()


def value_of_nothing():
    train(tidy())


def no_steps():
    pass


def with_any_parameters(*rows):
    train(rows[0])


def decided_on_a_parameter(rows):
    if rows:
        train(rows)


@pytest.mark.parametrize(
    ("body", "place", "problem"),
    [
        (unknown_input, "step 'train'", "no input 'label'. Did you mean 'labels'"),
        (unknown_near_start, "step 'train'", "no input 'strat'"),
        (connected_twice, "step 'train', input 'rows'", "connected twice"),
        (too_many, "step 'train'", "given 3 inputs, and takes 2"),
        (positional_where_none_is_taken, "step 'b'", "given 1 inputs, and takes 0; for order alone write start"),
        (constant, "step 'train', input 'rows'", "the value 5, but inputs take results of steps; use config"),
        (constant_in_a_list, "step 'train', input 'rows'", "use config"),
        (nested_list, "step 'train', input 'rows'", "one list of results"),
        (empty_list, "step 'train', input 'rows'", "an empty list"),
        (several_whole, "step 'train', input 'rows'", "choose one of them: .left or .right"),
        (several_whole_in_a_list, "step 'train', input 'rows'", "choose one of them: .left or .right"),
        (step_itself, "step 'train', input 'rows'", "call it"),
        (alias_itself, "step 'train', input 'rows'", "call it"),
        (of_another_pipeline, "step 'train', input 'rows'", "a result of another pipeline"),
        (decided_on_a_result, "step 'a'", "decide inside a step"),
        (unpacked_one, "step 'a'", "nothing to unpack"),
        (no_such_output, "step 'split'", "no output 'lefft'. Did you mean 'left'"),
        (no_such_output_of_one, "step 'a'", "no output 'left': its only one is 'result'"),
        (alias_twice, "step 'x'", "has this key already"),
        (two_steps_of_one_name, "step 'a'", "has this key already"),
        (value_of_nothing, "step 'train', input 'rows'", "tidy.result is declared Nothing"),
        (no_steps, "pipeline 'no_steps'", "it has no steps"),
        (with_any_parameters, "pipeline 'with_any_parameters'", "is given by name"),
        (decided_on_a_parameter, "parameter 'rows'", "decide inside a step"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_fault_in_a_body_raises_there(body, place, problem):
    with pytest.raises(InvalidDefinitionError) as raised:
        pipeline(body)
    assert raised.value.place.endswith(place)
    assert problem in raised.value.problem


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"name": "a b"}, "letters, digits"),
        ({"modes": []}, "no argument 'modes'. Did you mean 'mode_defs'"),
        ({"tags": {"a": None}}, "str to str"),
        ({"mode_defs": ModeDefinition()}, "list of ModeDefinition"),
        ({"mode_defs": ["test"]}, "write ModeDefinition"),
        ({"mode_defs": [ModeDefinition("x"), ModeDefinition("x")]}, "two modes are named 'x'"),
    ],
    ids=str,
)
def test_a_fault_in_what_is_said_of_a_pipeline_raises(options, problem):
    with pytest.raises(InvalidDefinitionError, match=problem):
        pipeline(**options)(by_position)


def test_after_a_fault_steps_are_plain_functions_again():
    with pytest.raises(InvalidDefinitionError):
        pipeline(constant)
    assert a() == 1


def place(key: str, definition=train, **connections: str) -> PlacedStep:
    """A placed step; each connection as "step.output"."""
    refs = {name: OutputRef(*source.split(".")) for name, source in connections.items()}
    return PlacedStep(key, definition, {name: Connection((ref,)) for name, ref in refs.items()})


def test_steps_wired_by_hand_are_put_in_order_and_otherwise_left_as_they_were_given():
    steps = [place("z", rows="y.result"), place("x"), place("y", rows="x.result"), place("w")]
    assert list(PipelineDefinition("by_hand", steps).steps) == ["x", "y", "z", "w"]


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        pytest.param(
            [place("x", rows="y.result"), place("y", rows="x.result")], "in a circle: x -> y -> x", id="cycle"
        ),
        pytest.param([place("x", rows="x.result")], "in a circle", id="a step that waits for itself"),
        pytest.param([place("x"), place("x")], "two steps have the key 'x'", id="duplicate key"),
        pytest.param([place("x", rows="y.result")], "no step has the key 'y'", id="unknown step"),
        pytest.param([place("x"), place("y", rows="x.left")], "no output 'left'", id="unknown output"),
        pytest.param([place("x"), place("y", row="x.result")], "no such input", id="unknown input"),
        pytest.param([place("x", tidy), place("y", rows="x.result")], "declared Nothing", id="a value of nothing"),
        pytest.param([place("x.y")], "letters, digits", id="a bad key"),
        pytest.param([], "no steps", id="no steps"),
    ],
)
def test_a_fault_in_wiring_by_hand_raises(steps, problem):
    with pytest.raises(InvalidDefinitionError) as raised:
        PipelineDefinition("by_hand", steps)
    assert problem in raised.value.message
