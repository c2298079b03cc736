"""Selections on steps that run once per key: elements, all of them, and what a generator among them means."""

from __future__ import annotations

import pytest

from dalsegno.plan.mapped_steps import MappedStep, element_graph
from dalsegno.plan.selection_context import SelectionContext
from dalsegno.runs.status import StepStatus
from tests.plan.selections import draw, picked, refused

PIPELINE = draw("pre -> gen -> work -> post -> sum; side -> work; work -> sum2")


def expanded(*keys: str, scope: set[str] | None = None) -> SelectionContext:
    """The elements of `work` and `post` for keys that `gen` made."""
    return SelectionContext(
        scope=scope,
        mapped={
            step: MappedStep(generator="gen", elements=tuple(f"{step}[{key}]" for key in keys))
            for step in ("work", "post")
        },
        tags={"work": {"team": "ml"}},
        statuses={"pre": StepStatus.SUCCESS, "work[k1]": StepStatus.FAILURE, "post[k1]": StepStatus.BLOCKED},
    )


TWO = expanded("k1", "k2")
NOTHING_TO_MAP = expanded()
NOT_YET = SelectionContext(mapped={step: MappedStep(generator="gen") for step in ("work", "post")})


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        pytest.param("work[k1]", "work[k1]", id="one element"),
        pytest.param("work", "work[k1] work[k2]", id="the bare name is all elements"),
        pytest.param("work[?]", "work[k1] work[k2]", id="so is the name with a question mark"),
        pytest.param("work[k1]+", "work[k1] post[k1] sum2", id="levels follow the same key"),
        pytest.param("work[k1]*", "work[k1] post[k1] sum sum2", id="down to what collects"),
        pytest.param("+post[k2]", "work[k2] post[k2]", id="up along the same key"),
        pytest.param("+sum", "post[k1] post[k2] sum", id="what collects has all above it"),
        pytest.param("++sum", "work[k1] work[k2] post[k1] post[k2] sum", id="two levels up"),
        pytest.param("gen", "gen", id="a generator alone"),
        pytest.param("*gen", "pre gen", id="a generator with what is above it"),
        pytest.param("gen+", "gen work[?]", id="with a generator, all elements of its steps"),
        pytest.param("*work[k1]", "pre gen side work[?]", id="upstream through the generator"),
        pytest.param("gen work[k1]", "gen work[?]", id="a generator and one element"),
        pytest.param("*post[k2]", "pre gen side work[?] post[?]", id="all along the chain"),
        pytest.param("*work[k1]*", "pre gen side work[?] post[?] sum sum2", id="both ways"),
        pytest.param("side+", "side work[k1] work[k2]", id="another step above is no generator"),
        pytest.param("side*", "side work[k1] work[k2] post[k1] post[k2] sum sum2", id="nor further down"),
        pytest.param("work and not work[k1]", "work[k2]", id="all but one"),
        pytest.param("*work[k1] and work", "work[k1]", id="the generator counts in the result alone"),
        pytest.param("roots(work or post)", "work[k1] work[k2]", id="roots"),
        pytest.param("name:work[*]", "work[k1] work[k2]", id="a pattern of elements"),
        pytest.param("name:*[k1]", "work[k1] post[k1]", id="a pattern of keys"),
        pytest.param("name:w*", "work[k1] work[k2]", id="a pattern of steps"),
        pytest.param("name:*[?]", "work[k1] work[k2] post[k1] post[k2]", id="all elements of all mapped steps"),
        pytest.param("status:failed*", "work[k1] post[k1] sum sum2", id="elements have states of their own"),
        pytest.param("tag:team=ml", "work[k1] work[k2]", id="an element has its step's tags"),
        pytest.param("not sinks(*)", "pre gen side work[?] post[?]", id="every step but the ends"),
        pytest.param("*", "pre gen side work[?] post[?] sum sum2", id="everything"),
    ],
)
def test_elements_are_picked_one_by_one(selection, expected):
    assert set(picked(selection, PIPELINE, TWO).split()) == set(expected.split())


@pytest.mark.parametrize("context", [NOT_YET, NOTHING_TO_MAP], ids=["not expanded", "mapped over nothing"])
@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("work", "work[?]"),
        ("work[?]+", "work[?] post[?] sum2"),
        ("name:work", "work[?]"),
        ("*post", "pre gen side work[?] post[?]"),
        ("not gen*", "pre side"),
    ],
)
def test_without_elements_the_whole_step_stands_for_them(context, selection, expected):
    assert set(picked(selection, PIPELINE, context).split()) == set(expected.split())


def test_keys_come_in_topological_order_and_elements_in_that_of_the_generator():
    context = expanded("z", "a", "m")
    assert picked("work", PIPELINE, context) == "work[z] work[a] work[m]"
    assert picked("sum gen+2", draw("gen -> work -> post -> sum"), context) == "gen work[?] post[?] sum"


def test_an_element_that_does_not_exist_is_told_with_close_ones():
    error = refused("side +work[k9]", PIPELINE, TWO)
    assert "has no element 'work[k9]'" in error.message
    assert set(error.suggestions) == {"work[k1]", "work[k2]"}
    assert (error.start, error.end) == (6, 14)
    assert "no element" in refused("work[k1]", PIPELINE, NOTHING_TO_MAP).message
    assert refused("work[k1]", PIPELINE, NOTHING_TO_MAP).suggestions == ("work[?]",)


def test_an_element_before_its_generator_ran_is_told_so():
    error = refused("work[k1]", PIPELINE, NOT_YET)
    assert "not known before 'gen' has succeeded" in error.message
    assert error.suggestions == ("work[?]",)


def test_steps_that_are_not_mapped_have_no_elements():
    assert refused("side[k1]", PIPELINE, TWO).suggestions[0] == "side"
    assert refused("wrok", PIPELINE, TWO).suggestions == ("work",)


def test_the_scope_holds_mapped_steps_whole():
    scope = expanded("k1", "k2", scope={"gen", "work"})
    assert picked("work[k1]*", PIPELINE, scope) == "work[k1]"
    for outside in ("post", "post[k1]", "post[?]", "sum"):
        assert "outside the run group's scope" in refused(outside, PIPELINE, scope).message


def test_steps_of_different_generators_are_bound_whole():
    graph = draw("gen -> work -> other; another -> other")
    mapped = {
        "work": MappedStep(generator="gen", elements=("work[a]", "work[b]")),
        "other": MappedStep(generator="another", elements=("other[a]",)),
    }
    assert element_graph(graph, mapped).upstream["other[a]"] == ("work[a]", "work[b]", "another")
