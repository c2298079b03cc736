"""The selection language: what each clause picks."""

from __future__ import annotations

import networkx as nx
import pytest

from dalsegno.plan.selection import normalise_texts, resolve_selection, select_steps
from dalsegno.plan.selection_context import SelectionContext
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.step_graph import StepGraph
from tests.plan.selections import draw, graph_of, picked, refused

CHAIN = draw("a -> b -> c -> d -> e -> f")
LADDER = draw("a -> b -> d -> e; a -> c -> d; b -> e; x -> y")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        pytest.param("c", "c", id="a name is that step"),
        pytest.param("c+", "c d", id="one plus behind: one level downstream"),
        pytest.param("c++", "c d e", id="two plus behind: two levels"),
        pytest.param("c+2", "c d e", id="plus and a number: that many levels"),
        pytest.param("c+0", "c", id="no level"),
        pytest.param("c+99999999999999999999", "c d e f", id="more levels than there are"),
        pytest.param("c*", "c d e f", id="star behind: everything downstream"),
        pytest.param("c+*", "c d e f", id="plus and star behind"),
        pytest.param("c*+", "c d e f", id="star and plus behind"),
        pytest.param("+c", "b c", id="one plus before: one level upstream"),
        pytest.param("++c", "a b c", id="two plus before"),
        pytest.param("1+c", "b c", id="a number and plus before"),
        pytest.param("002+d", "b c d", id="a number with zeros before it"),
        pytest.param("*c", "a b c", id="star before: everything upstream"),
        pytest.param("*+c", "a b c", id="star and plus before"),
        pytest.param("+*c", "a b c", id="plus and star before"),
        pytest.param("+c+", "b c d", id="both sides"),
        pytest.param("1+d+2", "c d e f", id="numbers on both sides"),
        pytest.param("*c+", "a b c d", id="each side by itself"),
        pytest.param("*", "a b c d e f", id="star alone is everything"),
        pytest.param(" *\n", "a b c d e f", id="star alone among blanks"),
        pytest.param("f a", "a f", id="a blank is a union"),
        pytest.param("a,f", "a f", id="a comma is a union"),
        pytest.param(" a ,\tf, ", "a f", id="blanks and commas in any number"),
        pytest.param("a\u00a0f\u3000c\n+b", "a b c f", id="every blank of Unicode"),
        pytest.param(["a", "e+"], "a e f", id="a list is a union"),
        pytest.param(("e+", "*", "a"), "a b c d e f", id="star is the whole of one text of a list"),
        pytest.param("a a+ a", "a b", id="a step named twice"),
    ],
)
def test_a_clause_picks_what_the_language_says(selection, expected):
    assert picked(selection, CHAIN) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("b+", "b d e"),
        ("+e", "b d e"),
        ("++e", "a b c d e"),
        ("a++", "a b c d e"),
        ("a+1", "a b c"),
        ("*d*", "a b c d e"),
        ("x*", "x y"),
        ("*y b", "b x y"),
    ],
)
def test_levels_are_counted_by_the_shortest_way(selection, expected):
    assert picked(selection, LADDER) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        pytest.param("*d and a*", "a b c d", id="and: what both pick"),
        pytest.param("a or f", "a f", id="or is a union"),
        pytest.param("not c", "a b d e f", id="not: every other step"),
        pytest.param("a and b", "", id="nothing is in both"),
        pytest.param("a b and b", "a b", id="and is tighter than a blank"),
        pytest.param("a, b and b", "a b", id="and is tighter than a comma"),
        pytest.param("a or b and b", "a b", id="and is tighter than or"),
        pytest.param("(a b) and b", "b", id="parentheses are tightest"),
        pytest.param("not a and b+", "b c", id="not is tighter than and"),
        pytest.param("not (a and b+)", "a b c d e f", id="not of parentheses"),
        pytest.param("not a or b", "b c d e f", id="not is tighter than or"),
        pytest.param("b* and not d* and not c", "b", id="three joined by and"),
        pytest.param("not not c", "c", id="not twice"),
        pytest.param("not+c", "a d e f", id="level operators are tighter than not"),
        pytest.param("f not b*", "a f", id="not behind a blank"),
        pytest.param("(a or c)+", "a b c d", id="levels of parentheses"),
        pytest.param("2+(d and d)", "b c d", id="a number of levels before parentheses"),
        pytest.param("((a)+)+", "a b c", id="levels of levels"),
        pytest.param("+(not a*)", "", id="levels of nothing are nothing"),
        pytest.param("(b, d)", "b d", id="a comma in parentheses"),
        pytest.param("( b\n d ,)", "b d", id="blanks in parentheses"),
        pytest.param("(c) (d)", "c d", id="parentheses side by side"),
        pytest.param("(c)and(c+)", "c", id="words right at parentheses"),
        pytest.param("not(c)", "a b d e f", id="not right at parentheses"),
        pytest.param("* and not c", "a b d e f", id="star beside and"),
        pytest.param("not *", "", id="star behind not"),
        pytest.param("f or *", "a b c d e f", id="star beside or"),
        pytest.param("(*)", "a b c d e f", id="star in parentheses"),
        pytest.param("e, (*) and b", "b e", id="star in parentheses, in a union"),
        pytest.param("roots(*)", "a", id="where everything begins"),
        pytest.param("sinks(*)", "f", id="where everything ends"),
        pytest.param("roots(b d)", "b", id="a step that no other leads to"),
        pytest.param("sinks(b, d)+", "d e", id="levels of ends"),
        pytest.param("*roots(c*)", "a b c", id="everything upstream of roots"),
        pytest.param("roots(sinks(not f)) or sinks((a))", "a e", id="ends of ends"),
        pytest.param('name:c or name:"d"+', "c d e", id="names by attribute"),
    ],
)
def test_clauses_are_combined_as_in_set_algebra(selection, expected):
    assert picked(selection, CHAIN) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("roots(b or c or e)", "b c"),
        ("sinks(a or b or c)", "b c"),
        ("roots(a or d or y)", "a y"),
        ("sinks(*)", "e y"),
        ("+(d or y)", "b c d x y"),
        ("(b and c)+ x", "x"),
    ],
)
def test_ends_look_at_every_way_through_the_graph(selection, expected):
    assert picked(selection, LADDER) == expected


NAMED = draw("load -> train_1 -> train_12 -> eval; load -> retrain -> eval; TRAIN_1; inner.load -> inner.deep.fit")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("name:train_*", "train_1 train_12"),
        ("name:train_?", "train_1"),
        ("name:*train*", "retrain train_1 train_12"),
        ("name:load", "load"),
        ("name:*", " ".join(NAMED)),
        ('name:"train_*"', "train_1 train_12"),
        ('name:"train_*"+', "train_1 train_12 eval"),
        ('name:"train_?"*', "train_1 train_12 eval"),
        ("name:train_?+1", "train_1 train_12"),
        ("*name:retrain", "load retrain"),
        ("2+name:eval", "load retrain train_1 train_12 eval"),
        ("name:inner.*", "inner.load inner.deep.fit"),
        ("name:*.load+", "inner.load inner.deep.fit"),
        ("name:train_* and not name:*2", "train_1"),
        ("(name:t*)+", "train_1 train_12 eval"),
        ("in:inner", "inner.load inner.deep.fit"),
        ("in:inner.deep", "inner.deep.fit"),
        ("+in:inner.deep", "inner.load inner.deep.fit"),
        ("in:inn", ""),
        ('in:"inner" and not in:inner.deep', "inner.load"),
        ("roots(in:inner)", "inner.load"),
    ],
)
def test_names_and_patterns(selection, expected):
    assert sorted(picked(selection, NAMED).split()) == sorted(expected.split())


KNOWN = SelectionContext(
    tags={"b": {"team": "ml", "stage": ""}, "c": {"team": "data eng"}, "d": {"url": "http://x", "a=b": "c"}},
    statuses={
        "a": StepStatus.SUCCESS,
        "b": StepStatus.FAILURE,
        "c": StepStatus.BLOCKED,
        "d": StepStatus.SKIPPED,
        "e": StepStatus.PENDING,
    },
    changed=lambda: ["b", "elsewhere"],
    stale=lambda: {"c", "d"},
)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("status:failed", "b"),
        ("status:failure", "b"),
        ("status:success", "a"),
        ("status:blocked", "c"),
        ("status:skipped", "d"),
        ("status:pending", "e f"),
        ("status:canceled status:running status:retrying", ""),
        ("status:failed*", "b c d e f"),
        ("+status:failed", "a b"),
        ("1+status:failed+1", "a b c"),
        ('status:"failed"', "b"),
        ("not status:success", "b c d e f"),
        ("status:failed or status:blocked", "b c"),
        ("is:changed", "b"),
        ("is:changed+", "b c"),
        ("is:stale", "c d"),
        ("is:stale and not is:changed+", "d"),
        ("tag:team=ml", "b"),
        ("tag:team", "b c"),
        ("tag:team+", "b c d"),
        ("tag:team=", ""),
        ("tag:stage=", "b"),
        ("tag:stage", "b"),
        ('tag:team="data eng"', "c"),
        ('tag:"team=data eng"+', "c d"),
        ('tag:"team"=ml', "b"),
        ('tag:url="http://x"', "d"),
        ('tag:"url=http://x"', "d"),
        ("tag:a=b=c", "d"),
        ("tag:nobody", ""),
        ("tag:team not *e", "b c f"),
        ("(tag:team and status:failed)+", "b c"),
    ],
)
def test_attributes(selection, expected):
    assert picked(selection, CHAIN, KNOWN) == expected


def test_what_changed_is_worked_out_only_when_it_is_asked_for():
    asked = []
    context = SelectionContext(statuses={}, changed=lambda: asked.append("changed") or ["a"], stale=lambda: 1 / 0)
    assert picked("a tag:x status:pending", CHAIN, context) == "a b c d e f"
    assert asked == []
    assert picked("is:changed", CHAIN, context) == "a"
    assert asked == ["changed"]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("work[k1]", ["work[k1]"]),
        ("work[?]+", ["work[?]", "sum"]),
        ("inner.step*", ["inner.step", "h-1"]),
        ("h-1", ["h-1"]),
        ("7up", ["7up"]),
        ("7+7up", ["7up"]),
        ("3+s/t", ["s/t"]),
        ("3", ["3"]),
        ("3+ 3*", ["3"]),
        ('"3"+1 1+"3"', ["3"]),
        ("1+(3)+1", ["3"]),
        ("étape 名前*", ["étape", "名前"]),
        ('"and"', ["and"]),
        ('"and" and not "or"', ["and"]),
        ('*"inner.step"+', ["inner.step", "h-1"]),
        ('"one, two"', ["one, two"]),
        ("roots roots(roots)", ["roots"]),
    ],
)
def test_any_name_can_be_written(selection, expected):
    keys = "work[k1];work[?] -> sum;inner.step -> h-1;7up;s/t;3;étape;名前;and;or;roots"
    graph = StepGraph({**draw(keys).upstream, "one, two": ()})
    assert sorted(select_steps(selection, graph)) == sorted(expected)


def test_names_are_case_sensitive_and_exact():
    graph = draw("load -> Load -> load_2")
    assert picked("load", graph) == "load"
    assert picked("Load", graph) == "Load"
    assert refused("LOAD", graph).suggestions == ("load", "Load", "load_2")


def test_texts_are_kept_as_given():
    assert normalise_texts(" a+ , b") == (" a+ , b",)
    assert normalise_texts(["a+", " b "]) == ("a+", " b ")


def test_operators_stop_at_the_edge_of_the_scope():
    scope = SelectionContext(scope={"a", "b", "d"})
    whole = draw("a -> b -> c -> d")
    assert picked("a*", whole, scope) == "a b"
    assert picked("*", whole, scope) == "a b d"
    assert picked("not a", whole, scope) == "b d"
    assert picked("name:?", whole, scope) == "a b d"
    assert picked("sinks(*)", whole, scope) == "b d"


def test_a_launch_is_refused_where_nothing_is_picked():
    assert select_steps("tag:nobody", CHAIN) == ()
    assert resolve_selection("tag:nobody a", CHAIN) == ("a",)
    for selection in ("tag:nobody", ["a and b", "tag:x"], "not *"):
        with pytest.raises(Exception, match="picks no step") as caught:
            resolve_selection(selection, CHAIN)
        text = selection if isinstance(selection, str) else selection[0]
        assert (caught.value.clause, caught.value.start, caught.value.end) == (text, 0, len(text))
    with pytest.raises(Exception, match="picks no step"):
        resolve_selection("*", StepGraph({}))


def test_many_clauses_over_a_long_chain_are_one_walk():
    keys = [f"s{number}" for number in range(3_000)]
    chain = graph_of(nx.path_graph(keys, create_using=nx.DiGraph))
    assert select_steps(",".join(f"*{key}+7" for key in keys), chain) == tuple(chain)
    assert select_steps([f"{key}+" for key in keys], chain) == tuple(chain)
