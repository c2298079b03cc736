"""Dynamic outputs in a pipeline's body: mapped, collected, or refused with what is wrong."""

from __future__ import annotations

import pytest

from dalsegno import DynamicOut, DynamicOutput, InvalidDefinitionError, Nothing, Out, StepContext, pipeline, step
from dalsegno.definitions import PipelineDefinition
from dalsegno.definitions.wiring import Connection, PlacedStep
from dalsegno.errors import InvalidOutputError
from dalsegno.snapshot.pipeline_snapshot import OutputRef


@step(out=DynamicOut())
def gen():
    yield DynamicOutput(1, "a")


@step(out=DynamicOut())
def other_gen():
    yield DynamicOutput(1, "a")


@step(out={"small": DynamicOut(), "big": DynamicOut(), "count": Out()})
def several(): ...


@step
def work(item, factor=1):
    return item


@step
def post(item, factor=1):
    return item


@step(out={"left": Out(), "right": Out()})
def split(item): ...


@step
def total(items):
    return sum(items)


@step(out=DynamicOut())
def gen_of(item): ...


@step
def plain():
    return 1


@pipeline
def inner(item):
    return post(work(item))


def shape(definition: PipelineDefinition) -> dict[str, str]:
    """Per step: what it is mapped over, and its inputs; "<=" for a collect."""
    found = {}
    for one in definition.snapshot.steps:
        inputs = (
            f"{each.name}{'<=' if each.is_collect else '<-'}{' '.join(map(str, each.sources))}"
            for each in one.inputs
            if each.sources
        )
        found[one.key] = " ".join([f"[{one.mapped_over}]" if one.mapped_over else "", *inputs]).strip()
    return found


def test_mapped_chained_and_collected():
    @pipeline
    def drawn():
        total(gen().map(work).map(post).collect())

    assert shape(drawn) == {
        "gen": "",
        "work": "[gen.result] item<-gen.result",
        "post": "[gen.result] item<-work.result",
        "total": "items<=post.result",
    }


def test_several_steps_of_an_element_with_further_inputs_in_one_function():
    @pipeline
    def drawn():
        factor = plain()

        def each(item):
            worked = work(item, factor)
            return post(worked, item)

        total(gen().map(each).collect())

    assert shape(drawn)["work"] == "[gen.result] item<-gen.result factor<-plain.result"
    assert shape(drawn)["post"] == "[gen.result] item<-work.result factor<-gen.result"


def test_a_pipeline_is_mapped_as_a_step_is():
    @pipeline
    def drawn():
        total(gen().map(inner).collect())

    assert shape(drawn)["inner.post"] == "[gen.result] item<-inner.work.result"
    assert shape(drawn)["total"] == "items<=inner.post.result"


def test_a_map_in_a_pipeline_called_inside_another():
    @pipeline
    def within():
        return total(gen().map(work).collect())

    @pipeline
    def drawn():
        post(within())

    assert shape(drawn)["within.work"] == "[within.gen.result] item<-within.gen.result"
    assert shape(drawn)["post"] == "item<-within.total.result"


def test_several_dynamic_outputs_are_mapped_each_by_itself():
    @pipeline
    def drawn():
        made = several()
        total(made.small.map(work).collect())
        total(made.big.map(lambda item: post(item, made.count)).collect())

    assert shape(drawn)["work"] == "[several.small] item<-several.small"
    assert shape(drawn)["post"] == "[several.big] item<-several.big factor<-several.count"


def test_the_elements_themselves_are_collected_and_outputs_of_mapped_steps_by_name():
    @pipeline
    def drawn():
        elements = gen()
        total(elements.collect())
        left, right = elements.map(split)
        total.alias("lefts")(left.collect())
        total.alias("rights")(elements.map(split.alias("again")).right.collect())
        total.alias("order")(start=right.collect())

    assert shape(drawn)["total"] == "items<=gen.result"
    assert shape(drawn)["lefts"] == "items<=split.left"
    assert shape(drawn)["rights"] == "items<=again.right"
    assert shape(drawn)["order"] == "start<=split.right"


def map_inside_a_map():
    gen().map(gen_of)


def map_of_an_element():
    gen().map(lambda item: item.map(work))


def collect_of_an_element():
    gen().map(lambda item: total(item.collect()))


def elements_of_two():
    gen().map(lambda item: other_gen().map(lambda other: work(item, other)))


def elements_given_whole():
    work(gen())


def mapped_given_whole():
    work(gen().map(post))


def collected_in_a_list():
    total([gen().collect(), plain()])


def map_of_no_dynamic_output():
    plain().map(work)


def collect_of_no_dynamic_output():
    total(plain().collect())


def map_gives_what_is_not_mapped():
    gen().map(lambda item: plain())


def map_of_no_function():
    gen().map(3)


def map_of_a_parameter(items):
    items.map(work)


@pytest.mark.parametrize(
    ("body", "place", "problem"),
    [
        (map_inside_a_map, "step 'gen_of'", "a map inside a map is not possible"),
        (map_of_an_element, "step 'gen'", "a map inside a map is not possible"),
        (collect_of_an_element, "step 'gen'", ".collect is called on what .map(...) gives"),
        (elements_of_two, "step 'work'", "elements of gen.result and of other_gen.result; collect one"),
        (elements_given_whole, "step 'work', input 'item'", "use .map(...) for each by itself, or .collect()"),
        (mapped_given_whole, "step 'work', input 'item'", "use .map(...) for each by itself, or .collect()"),
        (collected_in_a_list, "step 'total', input 'items'", "is a list itself, so give it alone"),
        (map_of_no_dynamic_output, "step 'plain'", "'result' is not declared DynamicOut()"),
        (collect_of_no_dynamic_output, "step 'plain'", "'result' is not declared DynamicOut()"),
        (map_gives_what_is_not_mapped, "step 'gen'", "which is not made from its element"),
        (map_of_no_function, "step 'gen'", "a function of one element, not 3"),
        (map_of_a_parameter, "parameter 'items'", "has no 'map'"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_fault_in_a_body_raises_there(body, place, problem):
    with pytest.raises(InvalidDefinitionError) as raised:
        pipeline(body)
    assert raised.value.place.endswith(place)
    assert problem in raised.value.problem


def test_elements_carry_values():
    with pytest.raises(InvalidDefinitionError) as raised:
        step(name="x", out=DynamicOut(Nothing))(lambda: None)
    assert "its elements carry values" in raised.value.problem


def given(definition, returned):
    """What the step gives where its function returns so."""
    copy = step(name="gen", out=definition)(lambda: returned)
    return [(one.output_name, one.mapping_key, one.value) for one in copy.invoke(StepContext(step_key="gen"), {})]


def test_elements_are_given_one_by_one_in_a_list_or_not_at_all():
    elements = [DynamicOutput(1, "a"), DynamicOutput(2, mapping_key="b_2")]
    expected = [("result", "a", 1), ("result", "b_2", 2)]
    assert given(DynamicOut(), elements) == expected
    assert given(DynamicOut(), tuple(elements)) == expected
    assert given(DynamicOut(), (one for one in elements)) == expected
    assert given(DynamicOut(), elements[0]) == expected[:1]
    assert given(DynamicOut(), None) == given(DynamicOut(), []) == []


@pytest.mark.parametrize(
    ("returned", "problem"),
    [
        ([DynamicOutput(1, "a"), DynamicOutput(2, "a")], "the mapping key 'a' was given twice"),
        (DynamicOutput(1, "a.b"), "'a.b' can't be a mapping key"),
        (DynamicOutput(1, "a[b]"), "'a[b]' can't be a mapping key"),
        (DynamicOutput(1, "?"), "'?' can't be a mapping key"),
        (DynamicOutput(1, ""), "'' can't be a mapping key"),
        (DynamicOutput(1, "ä"), "'ä' can't be a mapping key"),
        (DynamicOutput(1, 7), "a mapping key is a str, not int; write str(...)"),
        (DynamicOutput(1, "k" * 201), "longer than 200"),
        ([1, 2], "the step returned an int; give each element as DynamicOutput(value, mapping_key)"),
        (5, "the step returned an int"),
        ((one for one in [5]), "what it yields is DynamicOutput(value, key)"),
        (DynamicOutput(1, "a", "reslt"), "does not declare it. Did you mean 'result'"),
        ([DynamicOutput("text", "a")], "it is declared int, but the step gave a str"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_in_what_is_given_fails_the_attempt(returned, problem):
    with pytest.raises(InvalidOutputError) as raised:
        given(DynamicOut(int), returned)
    assert problem in raised.value.problem


def test_an_element_of_an_output_that_is_not_dynamic_fails_the_attempt():
    plain_one = step(name="x")(lambda: DynamicOutput(1, "a"))
    with pytest.raises(InvalidOutputError) as raised:
        list(plain_one.invoke(StepContext(step_key="x"), {}))
    assert "it is not dynamic" in raised.value.problem


@pytest.mark.parametrize(
    ("connection", "problem"),
    [
        (Connection((OutputRef("gen", "result"),)), "gen.result has elements; map the step over gen.result"),
        (Connection((OutputRef("plain", "result"),), is_collect=True), "plain.result, which has no elements"),
    ],
    ids=["not mapped", "nothing to collect"],
)
def test_elements_wired_by_hand_are_mapped_or_collected(connection, problem):
    steps = [PlacedStep("gen", gen), PlacedStep("plain", plain), PlacedStep("work", work, {"item": connection})]
    with pytest.raises(InvalidDefinitionError) as raised:
        PipelineDefinition("by_hand", steps)
    assert problem in raised.value.problem
