"""Selections on steps that run once per key: elements, all of them, and what a generator among them means."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dalsegno import DynamicOut, pipeline, step
from dalsegno.errors import InvalidSelectionError
from dalsegno.plan.planned_rows import picked_by_row
from dalsegno.plan.selection import select_steps
from dalsegno.plan.selection_context import SelectionContext
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import OutputRef, PipelineSnapshot
from dalsegno.snapshot.step_rows import StepRows, rows_of


@step
def plain(): ...


@step(out=DynamicOut())
def gen(item): ...


@step(tags={"team": "ml"})
def work(item, side): ...


@step
def post(item): ...


@step
def total(items): ...


@pipeline
def mapped():
    side = plain.alias("side")()
    worked = gen(plain.alias("pre")()).map(lambda item: work(item, side))
    total.alias("sum")(worked.map(post).collect())
    total.alias("sum2")(worked.collect())


def expanded(snapshot: PipelineSnapshot, keys: tuple[str, ...] | None) -> StepRows:
    """The rows where `gen` gave these keys; None: none yet."""
    return rows_of(snapshot, {} if keys is None else {OutputRef("gen", "result"): keys})


NOT_YET = expanded(mapped.snapshot, None)
NOTHING_TO_MAP = expanded(mapped.snapshot, ())
TWO = expanded(mapped.snapshot, ("k1", "k2"))
KNOWN = SelectionContext(
    tags=mapped.snapshot.tags_by_key,
    statuses={"pre": StepStatus.SUCCESS, "work[k1]": StepStatus.FAILURE, "post[k1]": StepStatus.BLOCKED},
)


def picked(selection: str, rows: StepRows, context: SelectionContext = KNOWN) -> str:
    """The keys by the rows of the plan that would execute them, with a blank between them."""
    return " ".join(picked_by_row(rows, select_steps(selection, rows.graph, context)))


def refused(selection: str, rows: StepRows, context: SelectionContext = KNOWN) -> InvalidSelectionError:
    with pytest.raises(InvalidSelectionError) as caught:
        select_steps(selection, rows.graph, context)
    return caught.value


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
    assert set(picked(selection, TWO).split()) == set(expected.split())


@pytest.mark.parametrize("rows", [NOT_YET, NOTHING_TO_MAP], ids=["not expanded", "mapped over nothing"])
@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("work", "work[?]"),
        ("work[?]+", "work[?] post[?] sum2"),
        ("name:work", "work[?]"),
        ("name:w*[?]", "work[?]"),
        ("tag:team", "work[?]"),
        ("*post", "pre gen side work[?] post[?]"),
        ("not gen*", "pre side"),
    ],
)
def test_without_elements_the_whole_step_stands_for_them(rows, selection, expected):
    assert set(picked(selection, rows).split()) == set(expected.split())


def test_keys_come_in_topological_order_and_elements_in_that_of_the_generator():
    rows = expanded(mapped.snapshot, ("z", "a", "m"))
    assert picked("work", rows) == "work[z] work[a] work[m]"
    assert picked("sum gen+2", rows) == "gen work[?] post[?] sum sum2"


def test_an_element_that_does_not_exist_is_told_with_close_ones():
    error = refused("side +work[k9]", TWO)
    assert "has no such element; it has 'work[k1]', 'work[k2]'." in error.message
    assert set(error.suggestions) == {"work[k1]", "work[k2]"}
    assert (error.start, error.end) == (6, 14)
    many = expanded(mapped.snapshot, tuple(f"k{number}" for number in range(9)))
    assert "'work[k3]', 'work[k4]' and 4 more." in refused("work[x]", many).message


@pytest.mark.parametrize("rows", [NOT_YET, NOTHING_TO_MAP], ids=["not expanded", "mapped over nothing"])
def test_an_element_of_a_step_without_elements_is_told_so(rows):
    error = refused("work[k1]", rows)
    assert "has no such element; it has 'work[?]'." in error.message
    assert error.suggestions == ("work[?]",)


def test_steps_that_are_not_mapped_have_no_elements():
    assert refused("side[k1]", TWO).suggestions[0] == "side"
    assert refused("wrok", TWO).suggestions == ("work",)


def test_the_scope_holds_mapped_steps_whole():
    scope = replace(KNOWN, scope={"gen", "work[k1]", "work[k2]"})
    assert picked("work[k1]*", TWO, scope) == "work[k1]"
    for outside in ("post", "post[k1]", "post[k9]", "post[?]", "sum", "name:post", "name:post[k?]"):
        assert "outside the run group's scope" in refused(outside, TWO, scope).message


def test_an_element_is_in_the_pipeline_that_its_step_was_called_in():
    @pipeline
    def outer():
        mapped()

    rows = rows_of(outer.snapshot, {OutputRef("mapped.gen", "result"): ("a",)})
    assert picked("in:mapped and tag:team", rows, SelectionContext(tags=outer.snapshot.tags_by_key)) == "mapped.work[a]"
    assert picked("mapped.work+ and in:mapped", rows) == "mapped.work[a] mapped.post[a] mapped.sum2"
    assert picked("in:outer", rows) == ""
